package wire

import (
	"bufio"
	"io"
	"net/netip"
	"strconv"
	"strings"

	"github.com/miekg/dns"
)

// A macResolver is one section of what "scutil --dns" prints:
//
//	resolver #2
//	  domain   : corp.example
//	  nameserver[0] : 10.8.0.1
//	  port     : 5353
type macResolver struct {
	domain  string // "" for every name
	servers []netip.Addr
	port    uint16 // 0 for the usual one
	options string // "mdns" for multicast
}

// maxServers is what libc takes from resolv.conf (MAXNS).
const maxServers = 3

// withScutil adds to what resolv.conf says the resolvers that macOS has for
// single domains, as VPNs configure them: resolv.conf cannot hold those. Where
// it names nobody, the first general resolver takes that place too.
func withScutil(c systemConfig, output io.Reader) systemConfig {
	for _, r := range parseScutil(output) {
		var servers []netip.AddrPort
		for _, addr := range r.servers[:min(len(r.servers), maxServers)] {
			servers = append(servers, netip.AddrPortFrom(addr, r.port))
		}
		switch {
		case len(servers) == 0 || strings.Contains(r.options, "mdns"):
		case r.domain != "":
			c.scopes = append(c.scopes, systemScope{dns.CanonicalName(r.domain), servers})
		case !c.named:
			c.servers, c.named = servers, true
		}
	}
	return c
}

// parseScutil reads the general resolvers. Those in the second part, "for scoped
// queries", are for programs that choose a network interface.
func parseScutil(output io.Reader) []macResolver {
	var list []macResolver
	lines := bufio.NewScanner(io.LimitReader(output, 1<<20))
	for lines.Scan() {
		text := strings.TrimSpace(lines.Text())
		if strings.HasPrefix(text, "DNS configuration (for scoped queries)") {
			break
		}
		if strings.HasPrefix(text, "resolver #") {
			list = append(list, macResolver{port: dnsPort})
		}
		if key, value, ok := strings.Cut(text, " : "); ok && len(list) > 0 {
			list[len(list)-1].set(strings.TrimSpace(key), strings.TrimSpace(value))
		}
	}
	return list
}

func (r *macResolver) set(key, value string) {
	switch {
	case key == "domain":
		r.domain = value
	case key == "options":
		r.options = value
	case key == "port":
		if port, err := strconv.ParseUint(value, 10, 16); err == nil && port != 0 {
			r.port = uint16(port)
		}
	case strings.HasPrefix(key, "nameserver["):
		if addr, err := netip.ParseAddr(value); err == nil {
			r.servers = append(r.servers, addr.Unmap())
		}
	}
}
