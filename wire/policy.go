package wire

import "net/netip"

// policy says which addresses are never connected to. It is applied after
// resolution, so that no name can lead around it.
type policy struct {
	refusePrivate bool
	anything      bool // for a proxy, which the environment named
}

// metadata are the addresses at which clouds answer their machines, outside
// the link-local ranges that are refused as a whole.
var metadata = []netip.Addr{
	netip.MustParseAddr("fd00:ec2::254"),   // AWS
	netip.MustParseAddr("fd20:ce::254"),    // Google
	netip.MustParseAddr("100.100.100.200"), // Alibaba
	netip.MustParseAddr("192.0.0.192"),     // Oracle
	netip.MustParseAddr("168.63.129.16"),   // Azure
}

var (
	thisNetwork = netip.MustParsePrefix("0.0.0.0/8")     // RFC 1122 section 3.2.1.3
	broadcast   = netip.MustParseAddr("255.255.255.255") // RFC 919
	nat64       = netip.MustParsePrefix("64:ff9b::/96")  // RFC 6052 section 2.1

	// private has what netip.Addr.IsPrivate does not know.
	private = []netip.Prefix{
		netip.MustParsePrefix("100.64.0.0/10"), // RFC 6598, carrier-grade NAT
		netip.MustParsePrefix("198.18.0.0/15"), // RFC 2544, benchmarks
		netip.MustParsePrefix("192.0.0.0/24"),  // RFC 6890
		netip.MustParsePrefix("fec0::/10"),     // RFC 3879, site-local
	}
)

// refuses says why addr must not be connected to, "" if it may.
func (p policy) refuses(addr netip.Addr) string {
	addr = plainAddr(addr)
	switch {
	case p.anything:
		return ""
	case addr.IsUnspecified() || addr.Is4() && thisNetwork.Contains(addr):
		return "not an address of a host"
	case addr.IsLinkLocalUnicast():
		return "a link-local address"
	case addr.IsMulticast() || addr == broadcast:
		return "an address of a group"
	}
	for _, m := range metadata {
		if addr == m {
			return "a cloud's metadata service"
		}
	}
	if !p.refusePrivate {
		return ""
	}
	if addr.IsLoopback() {
		return "a loopback address"
	}
	if addr.IsPrivate() {
		return "a private address"
	}
	for _, prefix := range private {
		if prefix.Contains(addr) {
			return "a private address"
		}
	}
	return ""
}

// plainAddr gives the address that is meant: without a zone, and the IPv4
// address inside a mapped (RFC 4291 section 2.5.5.2) or NAT64 one.
func plainAddr(addr netip.Addr) netip.Addr {
	addr = addr.WithZone("").Unmap()
	if nat64.Contains(addr) {
		b := addr.As16()
		return netip.AddrFrom4([4]byte(b[12:]))
	}
	return addr
}
