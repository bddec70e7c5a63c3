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
	lead  netip.AddrPort // where connections end up in place of where they are to go; port 0 for the same
}

func (w *World) parseWay(c networkConfig) (way, error) {
	result := way{ports: c.Ports, fault: c.Fault, lead: netip.AddrPortFrom(c.Address, c.Port)}
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

// wayTo gives what happens on the way to an address; without a fault, packets arrive.
func (w *World) wayTo(to netip.AddrPort) way {
	for _, way := range w.ways {
		if way.meets(to) && way.fault == "none" {
			break
		}
		if way.meets(to) {
			return way
		}
	}
	return way{}
}

// end gives the address to which connections really lead.
func (w way) end(to netip.AddrPort) netip.AddrPort {
	switch {
	case w.fault != "lead-to":
		return to
	case w.lead.Port() == 0:
		return netip.AddrPortFrom(w.lead.Addr(), to.Port())
	default:
		return w.lead
	}
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
