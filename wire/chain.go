package wire

import (
	"fmt"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// maxAliases is how long a chain of CNAME records may be.
const maxAliases = 8

// A chain follows the aliases of a name (RFC 1034 section 3.6.2).
type chain struct {
	question          // the name is the one that the chain has led to
	visited  []string // all names, the first one included, in lower case with the final dot
	records  []dns.RR // of the type asked for, at the end
}

// aliases gives the targets of the chain in order, as an observation shows them.
func (c *chain) aliases() []string {
	var targets []string
	for _, name := range c.visited[1:] {
		targets = append(targets, hostName(name))
	}
	return targets
}

// follow takes one answer in. It reports whether the end of the chain has to be
// asked for in its own right, since the answer stops at an alias.
func (c *chain) follow(got *dns.Msg) (more bool, err error) {
	begin := c.name
	for {
		c.records = ownedBy(got.Answer, c.name, c.qtype)
		aliases := ownedBy(got.Answer, c.name, dns.TypeCNAME)
		if len(c.records) > 0 || len(aliases) == 0 {
			break
		}
		if err := c.move(aliases[0].(*dns.CNAME).Target); err != nil {
			return false, err
		}
	}
	stops := len(c.records) == 0 && c.name != begin && got.Rcode == dns.RcodeSuccess
	return stops && !denies(got, c.name), nil
}

func (c *chain) move(target string) error {
	target = strings.ToLower(target)
	if slices.Contains(c.visited, target) {
		return fmt.Errorf("the aliases run in a circle at %s", hostName(target))
	}
	if len(c.visited) > maxAliases {
		return fmt.Errorf("more than %d aliases follow one another", maxAliases)
	}
	c.name = target
	c.visited = append(c.visited, target)
	return nil
}

// ownedBy gives the records of a type that name owns; others may stand beside
// them, and are nobody's business.
func ownedBy(records []dns.RR, name string, qtype uint16) []dns.RR {
	var owned []dns.RR
	for _, rr := range records {
		h := rr.Header()
		if h.Rrtype == qtype && h.Class == dns.ClassINET && strings.EqualFold(h.Name, name) {
			owned = append(owned, rr)
		}
	}
	return owned
}

// denies reports whether the answer says itself that name has no such record
// (RFC 2308 section 2.2), so that asking again tells nothing new.
func denies(got *dns.Msg, name string) bool {
	return slices.ContainsFunc(got.Ns, func(rr dns.RR) bool {
		return rr.Header().Rrtype == dns.TypeSOA && dns.IsSubDomain(rr.Header().Name, name)
	})
}
