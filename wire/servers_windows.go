package wire

import (
	"errors"
	"net/netip"
	"slices"
	"strconv"
	"unsafe"

	"golang.org/x/sys/windows"
)

// siteLocalResolvers are what Windows lists for adapters without IPv6 DNS
// servers; nothing answers there.
var siteLocalResolvers = netip.MustParsePrefix("fec0:0:0:ffff::/64")

// systemServers asks Windows for the DNS servers of every adapter that is up,
// those with a gateway first, lower metrics first. Without any the list is
// empty, and every lookup fails.
func systemServers() systemConfig {
	adapters := adapterAddresses()
	slices.SortStableFunc(adapters, func(a, b *windows.IpAdapterAddresses) int {
		if withA, withB := a.FirstGatewayAddress != nil, b.FirstGatewayAddress != nil; withA != withB {
			if withA {
				return -1
			}
			return 1
		}
		return int(a.Ipv4Metric) - int(b.Ipv4Metric)
	})
	c := systemConfig{attempts: 2}
	for _, adapter := range adapters {
		for server := adapter.FirstDnsServerAddress; server != nil; server = server.Next {
			addr, ok := netip.AddrFromSlice(server.Address.IP())
			if !ok || siteLocalResolvers.Contains(addr) {
				continue
			}
			addr = addr.Unmap()
			if addr.Is6() && addr.IsLinkLocalUnicast() {
				addr = addr.WithZone(strconv.FormatUint(uint64(adapter.Ipv6IfIndex), 10))
			}
			if to := netip.AddrPortFrom(addr, dnsPort); !slices.Contains(c.servers, to) && len(c.servers) < 4 {
				c.servers = append(c.servers, to)
			}
		}
	}
	return c
}

// adapterAddresses lists the adapters that are up; none when Windows refuses.
func adapterAddresses() []*windows.IpAdapterAddresses {
	const flags = windows.GAA_FLAG_SKIP_UNICAST | windows.GAA_FLAG_SKIP_ANYCAST |
		windows.GAA_FLAG_SKIP_MULTICAST | windows.GAA_FLAG_INCLUDE_GATEWAYS
	size := uint32(15000) // what the documentation of GetAdaptersAddresses recommends to begin with
	for range 4 {
		buffer := make([]byte, size)
		first := (*windows.IpAdapterAddresses)(unsafe.Pointer(&buffer[0]))
		err := windows.GetAdaptersAddresses(windows.AF_UNSPEC, flags, 0, first, &size)
		if errors.Is(err, windows.ERROR_BUFFER_OVERFLOW) && size > uint32(len(buffer)) {
			continue
		}
		if err != nil || size == 0 {
			return nil
		}
		var up []*windows.IpAdapterAddresses
		for a := first; a != nil; a = a.Next {
			if a.OperStatus == windows.IfOperStatusUp {
				up = append(up, a)
			}
		}
		return up
	}
	return nil
}
