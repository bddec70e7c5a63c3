package wire

import (
	"context"
	"net/netip"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// Addresses asks for A and AAAA in parallel, as OnlyIPv4 and OnlyIPv6 allow. The
// addresses alternate between the families, IPv6 first (RFC 8305 section 4); the
// answers stand in the order of their types. A host that is an IP address, or
// localhost (RFC 6761 section 6.3), needs no question. Policy is not applied.
func (n *Network) Addresses(ctx context.Context, host string) (addrs []netip.Addr, answers []Answer) {
	if known, ok := n.knownAddresses(host); ok {
		return known, nil
	}
	types := n.addressTypes()
	answers = make([]Answer, len(types))
	var questions Group
	for i, qtype := range types {
		questions.Go(func() { answers[i] = n.Lookup(ctx, host, qtype) })
	}
	questions.Wait()
	var q addressQueue
	for _, a := range answers {
		for _, addr := range a.Addrs {
			q.add(addr)
		}
	}
	for next, ok := q.peek(); ok; next, ok = q.peek() {
		addrs = append(addrs, next)
		q.pop()
	}
	return addrs, answers
}

// knownAddresses gives the addresses of hosts that nobody has to be asked about.
func (n *Network) knownAddresses(host string) ([]netip.Addr, bool) {
	var known []netip.Addr
	if addr, err := netip.ParseAddr(host); err == nil {
		known = []netip.Addr{addr.Unmap()}
	} else if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		known = []netip.Addr{netip.IPv6Loopback(), netip.AddrFrom4([4]byte{127, 0, 0, 1})}
	} else {
		return nil, false
	}
	var wanted []netip.Addr
	for _, addr := range known {
		if addr.Is4() && !n.options.OnlyIPv6 || addr.Is6() && !n.options.OnlyIPv4 {
			wanted = append(wanted, addr)
		}
	}
	return wanted, true
}

// addressTypes gives the types to ask for, in the order of their answers.
func (n *Network) addressTypes() []string {
	switch {
	case n.options.OnlyIPv4:
		return []string{"A"}
	case n.options.OnlyIPv6:
		return []string{"AAAA"}
	}
	return []string{"A", "AAAA"}
}

// onlyFamily names the address family that is left where the other is switched
// off, and gives "" where both are used.
func (n *Network) onlyFamily() string {
	switch {
	case n.options.OnlyIPv4:
		return "IPv4"
	case n.options.OnlyIPv6:
		return "IPv6"
	}
	return ""
}

// An addressQueue gives addresses of both families in turn, IPv6 first.
type addressQueue struct {
	v6, v4 []netip.Addr
	last4  bool // the last one given was IPv4, or none was
	begun  bool
}

func (q *addressQueue) add(addr netip.Addr) {
	if addr.Is4() {
		q.v4 = append(q.v4, addr)
	} else {
		q.v6 = append(q.v6, addr)
	}
}

func (q *addressQueue) take4() bool { return len(q.v6) == 0 || q.begun && !q.last4 && len(q.v4) > 0 }

func (q *addressQueue) peek() (netip.Addr, bool) {
	switch {
	case len(q.v6)+len(q.v4) == 0:
		return netip.Addr{}, false
	case q.take4():
		return q.v4[0], true
	}
	return q.v6[0], true
}

func (q *addressQueue) pop() {
	if q.begun, q.last4 = true, q.take4(); q.last4 {
		q.v4 = q.v4[1:]
	} else {
		q.v6 = q.v6[1:]
	}
}

// settled gives the answers for the host's addresses that are there, and waits a
// moment for those that are not: they tell of the host, but nobody needs them
// any more.
func (n *Network) settled(ctx context.Context, host string) []Answer {
	if _, ok := n.knownAddresses(host); ok {
		return nil
	}
	short, cancel := context.WithTimeout(ctx, n.timeouts.answerGrace)
	defer cancel()
	_, answers := n.Addresses(short, host)
	var there []Answer
	for _, a := range answers {
		if f := a.Failure(); f == nil || f.Class != mail.Deadline || over(ctx) {
			there = append(there, a)
		}
	}
	return there
}

// remembered gives the answers for the host's addresses that are there.
func (n *Network) remembered(host string) []Answer {
	if _, ok := n.knownAddresses(host); ok {
		return nil
	}
	var there []Answer
	for _, qtype := range n.addressTypes() {
		if a, ok := n.answers.peek(questionFor(host, qtype)); ok {
			there = append(there, a)
		}
	}
	return there
}
