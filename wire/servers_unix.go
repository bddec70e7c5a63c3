//go:build !windows

package wire

import (
	"bytes"
	"io"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// resolvConf reads resolv.conf(5). Like libc it falls back to a resolver on
// this machine where the file is missing or names none.
func resolvConf() systemConfig {
	file, err := os.Open("/etc/resolv.conf")
	if err != nil {
		return localConfig()
	}
	defer func() { _ = file.Close() }()
	return parseResolvConf(file)
}

func localConfig() systemConfig {
	local := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), dnsPort)
	return systemConfig{servers: []netip.AddrPort{local}, attempts: 2}
}

func parseResolvConf(r io.Reader) systemConfig {
	text, err := io.ReadAll(io.LimitReader(r, 1<<16))
	if err != nil {
		return localConfig()
	}
	conf, err := dns.ClientConfigFromReader(bytes.NewReader(text))
	if err != nil {
		return localConfig()
	}
	c := systemConfig{trustAD: trustsAD(string(text)), attempts: min(conf.Attempts, 5), try: time.Duration(conf.Timeout) * time.Second}
	for _, server := range conf.Servers {
		addr, err := netip.ParseAddr(server)
		if err == nil && len(c.servers) < maxServers {
			c.servers = append(c.servers, netip.AddrPortFrom(addr.Unmap(), dnsPort))
		}
	}
	if len(c.servers) == 0 {
		return localConfig()
	}
	c.named = true
	return c
}

// trustsAD reports whether resolv.conf has the option trust-ad. Without it a
// server on this machine may be one that only passes on what another one says,
// as those of containers and of many home networks do.
func trustsAD(text string) bool {
	for line := range strings.Lines(text) {
		if words := strings.Fields(line); len(words) > 0 && words[0] == "options" && slices.Contains(words, "trust-ad") {
			return true
		}
	}
	return false
}
