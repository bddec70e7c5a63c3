package wire

import (
	"bytes"
	"context"
	"os/exec"
	"time"
)

// systemServers is whom resolv.conf(5) names, and for the names of a VPN the
// resolvers that only the system configuration knows. Without an answer of
// scutil(8) resolv.conf has to do.
func systemServers() systemConfig {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	output, err := exec.CommandContext(ctx, "/usr/sbin/scutil", "--dns").Output()
	if err != nil {
		return resolvConf()
	}
	return withScutil(resolvConf(), bytes.NewReader(output))
}
