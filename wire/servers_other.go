//go:build !windows && !darwin

package wire

// systemServers is whom resolv.conf(5) names.
func systemServers() systemConfig { return resolvConf() }
