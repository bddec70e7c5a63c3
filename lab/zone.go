package lab

import (
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// maxAliases is how many CNAMEs are followed before a chain counts as a loop.
const maxAliases = 16

// zone is everything that the DNS of a world knows. Names are lower case and
// absolute.
type zone struct {
	records map[string][]dns.RR
	inner   map[string]bool // names that exist only because there is something below them
}

func parseZone(text, file string) (*zone, error) {
	z := &zone{records: map[string][]dns.RR{}, inner: map[string]bool{".": true}}
	parser := dns.NewZoneParser(strings.NewReader(text), ".", file)
	parser.SetDefaultTTL(300)
	for rr, ok := parser.Next(); ok; rr, ok = parser.Next() {
		z.add(rr)
	}
	return z, parser.Err()
}

// with gives a zone in which the names of other are as they are there.
func (z *zone) with(other *zone) *zone {
	merged := &zone{records: maps.Clone(z.records), inner: maps.Clone(z.inner)}
	if other != nil {
		maps.Copy(merged.records, other.records)
		maps.Copy(merged.inner, other.inner)
	}
	return merged
}

func (z *zone) add(rr dns.RR) {
	name := dns.CanonicalName(rr.Header().Name)
	z.records[name] = append(z.records[name], rr)
	for off, end := dns.NextLabel(name, 0); !end; off, end = dns.NextLabel(name, off) {
		z.inner[name[off:]] = true
	}
}

// resolve answers as a recursive resolver does: with the chain of aliases and
// the records at its end. A name without records of the type is a success
// without answer (NODATA), RFC 2308.
func (z *zone) resolve(name string, qtype uint16) (answer []dns.RR, rcode int) {
	name = dns.CanonicalName(name)
	for range maxAliases {
		records, exists := z.at(name)
		if !exists {
			return answer, dns.RcodeNameError
		}
		var alias string
		for _, rr := range records {
			switch {
			case rr.Header().Rrtype == qtype:
				answer = append(answer, rr)
			case rr.Header().Rrtype == dns.TypeCNAME:
				answer = append(answer, rr)
				alias = dns.CanonicalName(rr.(*dns.CNAME).Target)
			}
		}
		if alias == "" {
			return answer, dns.RcodeSuccess
		}
		name = alias
	}
	return nil, dns.RcodeServerFailure
}

// at gives the records of a name, those of a wildcard under the name's own
// (RFC 4592), and whether the name exists.
func (z *zone) at(name string) ([]dns.RR, bool) {
	if records, ok := z.records[name]; ok {
		return records, true
	}
	if z.inner[name] {
		return nil, true
	}
	for off, end := dns.NextLabel(name, 0); !end; off, end = dns.NextLabel(name, off) {
		closest := name[off:]
		if wild, ok := z.records["*."+closest]; ok {
			return rename(wild, name), true
		}
		if _, ok := z.records[closest]; ok || z.inner[closest] {
			break // only a wildcard at the closest encloser counts
		}
	}
	return nil, false
}

func rename(records []dns.RR, name string) []dns.RR {
	renamed := make([]dns.RR, len(records))
	for i, rr := range records {
		renamed[i] = dns.Copy(rr)
		renamed[i].Header().Name = name
	}
	return renamed
}

// addresses gives the A and AAAA records of a host, or the host itself when it is an address.
func (z *zone) addresses(host string) []netip.Addr {
	if addr, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{addr}
	}
	var found []netip.Addr
	for _, qtype := range []uint16{dns.TypeA, dns.TypeAAAA} {
		answer, _ := z.resolve(dns.Fqdn(host), qtype)
		found = append(found, addressesOf(answer)...)
	}
	return found
}

func addressesOf(records []dns.RR) []netip.Addr {
	var found []netip.Addr
	for _, rr := range records {
		switch rr := rr.(type) {
		case *dns.A:
			if addr, ok := netip.AddrFromSlice(rr.A); ok {
				found = append(found, addr.Unmap())
			}
		case *dns.AAAA:
			if addr, ok := netip.AddrFromSlice(rr.AAAA); ok {
				found = append(found, addr)
			}
		}
	}
	return found
}

// everyAddress gives all addresses that the zone names.
func (z *zone) everyAddress() []netip.Addr {
	var found []netip.Addr
	for _, records := range z.records {
		found = append(found, addressesOf(records)...)
	}
	slices.SortFunc(found, netip.Addr.Compare)
	return slices.Compact(found)
}
