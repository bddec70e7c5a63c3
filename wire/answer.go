package wire

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"github.com/mailmedic/mailmedic/mail"
)

// Answer is what the resolver said to one question. The observation is always
// filled; of the other fields, the one of the type that was asked for.
type Answer struct {
	Observation mail.Observation
	MX          []MX         // sorted by preference, then host
	SRV         []SRV        // sorted by priority, heavier weight first, then target, then port
	TXT         []string     // the strings of each record joined (RFC 7208 section 3.3), sorted
	Addrs       []netip.Addr // of A or AAAA, sorted
}

// MX is a mail exchanger (RFC 5321 section 5.1).
type MX struct {
	Preference uint16 // lower first
	Host       string // lower case, no final dot; "." for a null MX (RFC 7505)
}

// SRV is a service location (RFC 2782).
type SRV struct {
	Priority, Weight, Port uint16
	Target                 string // lower case, no final dot; "." where the service is not offered
}

// Failure is nil where there are records of the type asked for.
func (a Answer) Failure() *mail.Failure { return a.Observation.Failure }

// Question gives the ID of the first resolver's answer to the same question,
// which is the observation's own unless it comes from [Network.Comparisons].
func (a Answer) Question() string {
	if a.Observation.DNSFacts == nil || a.Observation.Resolver == "" {
		return a.Observation.ID
	}
	return strings.TrimSuffix(a.Observation.ID, "@"+a.Observation.Resolver)
}

// Authentic reports whether a resolver on this machine that was named for this
// run, or that resolv.conf(5) trusts with it, or one that is asked over TLS, vouches for the answer by DNSSEC (the AD bit, RFC 4035 section
// 3.2.3). Over any other path the bit could be anybody's.
func (a Answer) Authentic() bool {
	return a.Observation.DNSFacts != nil && a.Observation.Authentic == mail.Yes
}

// clone gives a copy whose lists a caller may sort.
func (a Answer) clone() Answer {
	a.MX, a.SRV, a.TXT, a.Addrs = slices.Clone(a.MX), slices.Clone(a.SRV), slices.Clone(a.TXT), slices.Clone(a.Addrs)
	return a
}

// The bounds on what an observation shows of an answer.
const (
	maxRecords     = 100
	maxRecordBytes = 4096
)

// fill takes the records of the type and owner that were asked for.
func (a *Answer) fill(records []dns.RR) {
	shown := []string{} // an empty answer prints as []
	for _, rr := range records {
		shown = append(shown, bounded(strings.TrimPrefix(rr.String(), rr.Header().String()), maxRecordBytes))
		a.add(rr)
	}
	slices.Sort(shown)
	shown = slices.Compact(shown)
	a.Observation.Records = shown[:min(len(shown), maxRecords)]
	slices.SortFunc(a.MX, func(x, y MX) int {
		return cmp.Or(cmp.Compare(x.Preference, y.Preference), strings.Compare(x.Host, y.Host))
	})
	slices.SortFunc(a.SRV, func(x, y SRV) int {
		return cmp.Or(cmp.Compare(x.Priority, y.Priority), cmp.Compare(y.Weight, x.Weight),
			strings.Compare(x.Target, y.Target), cmp.Compare(x.Port, y.Port))
	})
	slices.Sort(a.TXT)
	slices.SortFunc(a.Addrs, netip.Addr.Compare)
	a.MX, a.SRV, a.Addrs = slices.Compact(a.MX), slices.Compact(a.SRV), slices.Compact(a.Addrs)
}

func (a *Answer) add(rr dns.RR) {
	switch rr := rr.(type) {
	case *dns.MX:
		a.MX = append(a.MX, MX{rr.Preference, hostName(rr.Mx)})
	case *dns.SRV:
		a.SRV = append(a.SRV, SRV{rr.Priority, rr.Weight, rr.Port, hostName(rr.Target)})
	case *dns.TXT:
		a.TXT = append(a.TXT, unescape(strings.Join(rr.Txt, "")))
	case *dns.A:
		a.addAddr(rr.A)
	case *dns.AAAA:
		a.addAddr(rr.AAAA)
	}
}

func (a *Answer) addAddr(ip []byte) {
	if addr, ok := netip.AddrFromSlice(ip); ok {
		a.Addrs = append(a.Addrs, addr.Unmap())
	}
}

// hostName gives a DNS name in lower case without the final dot; the root stays ".".
func hostName(name string) string {
	if name == "." {
		return name
	}
	return strings.ToLower(strings.TrimSuffix(name, "."))
}

// unescape undoes the presentation form (RFC 1035 section 5.1) in which the
// parser gives the strings of TXT records.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] != '\\' || i+1 == len(s):
			out = append(out, s[i])
		case i+3 < len(s) && isDigits(s[i+1:i+4]):
			out = append(out, (s[i+1]-'0')*100+(s[i+2]-'0')*10+(s[i+3]-'0'))
			i += 3
		default:
			i++
			out = append(out, s[i])
		}
	}
	return string(out)
}

func isDigits(s string) bool {
	return strings.Trim(s, "0123456789") == ""
}
