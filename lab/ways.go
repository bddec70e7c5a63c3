package lab

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// The ports whose packets a fault has to name in order to meet them.
const (
	dnsPort = 53
	dotPort = 853 // DNS over TLS
)

// way is what happens to packets for some addresses and ports.
type way struct {
	to    []netip.Prefix // everywhere when empty
	ports []uint16       // every port but those of the DNS when empty
	fault string
}

func (w *World) parseWay(c networkConfig) (way, error) {
	result := way{ports: c.Ports, fault: c.Fault}
	for _, text := range c.To {
		if strings.Contains(text, "/") {
			prefix, err := netip.ParsePrefix(text)
			if err != nil {
				return way{}, err
			}
			result.to = append(result.to, prefix)
			continue
		}
		addrs := w.zone.addresses(text)
		if len(addrs) == 0 {
			return way{}, fmt.Errorf("%s has no address", text)
		}
		for _, addr := range addrs {
			result.to = append(result.to, netip.PrefixFrom(addr, addr.BitLen()))
		}
	}
	return result, nil
}

func (w way) meets(to netip.AddrPort) bool {
	isDNS := to.Port() == dnsPort || to.Port() == dotPort
	if len(w.ports) == 0 && isDNS || len(w.ports) > 0 && !slices.Contains(w.ports, to.Port()) {
		return false
	}
	return len(w.to) == 0 || slices.ContainsFunc(w.to, func(p netip.Prefix) bool { return p.Contains(to.Addr()) })
}

// faultTo gives the network's fault on the way to an address, and "" when packets arrive.
func (w *World) faultTo(to netip.AddrPort) string {
	for _, way := range w.ways {
		if way.meets(to) {
			return way.fault
		}
	}
	return ""
}

// has reports whether an address belongs to the world, whatever listens there.
func (w *World) has(addr netip.Addr) bool {
	for _, s := range w.resolvers {
		if addr == s.Address {
			return true
		}
	}
	for _, s := range w.services {
		if slices.Contains(s.at, addr) {
			return true
		}
	}
	for _, s := range w.sites {
		if slices.Contains(s.at, addr) {
			return true
		}
	}
	return slices.Contains(w.zone.everyAddress(), addr)
}
