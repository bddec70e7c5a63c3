package wire

import (
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// systemConfig is whom to ask and how patiently.
type systemConfig struct {
	servers  []netip.AddrPort
	attempts int           // how often each server is asked
	try      time.Duration // at most, before the next is asked; 0 for our own measure
}

const dnsPort = 53

// errResolver is wrapped by the error of New.
var errResolver = errors.New("not a DNS resolver")

// resolversOf reads Options.Resolver, or the system's configuration.
func resolversOf(o Options) (systemConfig, error) {
	if o.Resolver == "" {
		return systemServers(), nil
	}
	server, err := parseResolver(o.Resolver)
	if err != nil {
		return systemConfig{}, err
	}
	return systemConfig{servers: []netip.AddrPort{server}, attempts: 3}, nil
}

// parseResolver reads an IP address with or without a port.
func parseResolver(s string) (netip.AddrPort, error) {
	if server, err := netip.ParseAddrPort(s); err == nil && server.Port() != 0 {
		return netip.AddrPortFrom(server.Addr().Unmap(), server.Port()), nil
	}
	bare := s
	if len(s) > 2 && s[0] == '[' && s[len(s)-1] == ']' {
		bare = s[1 : len(s)-1]
	}
	addr, err := netip.ParseAddr(bare)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("%w: %q; write its IP address, with a port where it is not 53: 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:5353", errResolver, s)
	}
	return netip.AddrPortFrom(addr.Unmap(), dnsPort), nil
}
