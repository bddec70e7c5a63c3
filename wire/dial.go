package wire

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

// Dialed is what came of connecting to a host. Conn is nil when nothing worked,
// and only then there is a Failure.
//
// The observations are the answers of the DNS and one of kind dial for each
// address tried that connected or failed, with the ID "dial:" endpoint "#"
// address. When there was no address to try, one has the ID without an address.
//
// An attempt that lost the race was cancelled and is no observation. Since each
// attempt has a head start before the next, an address that lost is a slow one
// or a dead one; DialAddress tells which.
type Dialed struct {
	Conn         *Conn
	Observations []mail.Observation
	Lost         []netip.Addr  // tried without an answer up to when another address won
	Failure      *mail.Failure // of the attempt that tells most
}

// Dial resolves the endpoint's host and connects to the first of its addresses
// that answers (RFC 8305), each within 8 s. The policy is applied to the
// addresses. The context bounds the connection too, for its whole life.
func (n *Network) Dial(ctx context.Context, e mail.Endpoint) Dialed {
	return n.dialWithin(ctx, e, n.timeouts.connect)
}

// DialControl is Dial within 4 s for each address: a control host is one that
// answers at once wherever the way to it is open.
func (n *Network) DialControl(ctx context.Context, e mail.Endpoint) Dialed {
	return n.dialWithin(ctx, e, n.timeouts.connectControl)
}

func (n *Network) dialWithin(ctx context.Context, e mail.Endpoint, each time.Duration) Dialed {
	got := n.connect(ctx, e.Host, e.Port, each, n.policy)
	d := Dialed{}
	answers := n.settled(ctx, e.Host)
	for _, a := range answers {
		d.Observations = append(d.Observations, a.Observation)
	}
	d.Observations = append(d.Observations, got.observations(e, n.dialFacts)...)
	if got.conn != nil {
		d.Conn, d.Lost = n.newConn(ctx, got.conn, e, got.peer), got.lost()
		return d
	}
	d.Failure = got.failure(ctx, e.Host, answers)
	if len(got.attempts) == 0 {
		d.Observations = append(d.Observations, mail.Observation{
			ID: "dial:" + e.String(), Kind: mail.KindDial, Subject: e.String(), At: got.began,
			TookMS: time.Since(got.began).Milliseconds(), Failure: d.Failure,
		})
	}
	return d
}

// DialAddress is Dial to one address of the host only, such as one that lost,
// within 1.75 s: another address is known to answer. The policy holds; the DNS is not asked.
func (n *Network) DialAddress(ctx context.Context, e mail.Endpoint, addr netip.Addr) Dialed {
	got := n.connect(ctx, addr.Unmap().String(), e.Port, n.timeouts.connectBeside, n.policy)
	d := Dialed{Observations: got.observations(e, n.dialFacts)}
	if got.conn != nil {
		d.Conn = n.newConn(ctx, got.conn, e, got.peer)
		return d
	}
	d.Failure = got.failure(ctx, addr.String(), nil)
	return d
}

// reached is what came of connecting to a host by name.
type reached struct {
	conn     net.Conn // nil when nothing worked
	peer     netip.AddrPort
	began    time.Time
	attempts []attempt[netip.Addr, net.Conn]
	refused  []netip.Addr // by policy
	rules    policy
	port     uint16
	only     string // the address family, where one is switched off
}

// connect races the addresses of host.
func (n *Network) connect(ctx context.Context, host string, port uint16, timeout time.Duration, rules policy) reached {
	r := reached{began: time.Now(), rules: rules, port: port, only: n.onlyFamily()}
	supplyCtx, stop := context.WithCancel(ctx)
	defer stop()
	targets := make(chan netip.Addr)
	supplied := make(chan *Crash, 1)
	go func() {
		supplied <- Catch(func() { r.refused = n.supply(supplyCtx, host, rules, targets) })
	}()
	var winner int
	r.attempts, winner = race(ctx, targets, n.timeouts.attemptDelay,
		func(ctx context.Context, addr netip.Addr) (net.Conn, error) {
			return n.connectTo(ctx, netip.AddrPortFrom(addr, port), timeout)
		},
		func(late net.Conn) { _ = late.Close() })
	stop()
	(<-supplied).Raise()
	if winner >= 0 {
		r.conn = r.attempts[winner].result
		r.peer = netip.AddrPortFrom(r.attempts[winner].target, port)
	}
	return r
}

// connectTo makes one connection. Its errors are faults with words of ours.
func (n *Network) connectTo(ctx context.Context, to netip.AddrPort, timeout time.Duration) (net.Conn, error) {
	own, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	conn, err := n.dial(own, networkFor("tcp", to.Addr()), to)
	if err == nil {
		return conn, nil
	}
	if _, ours := errors.AsType[*proxyFault](err); ours {
		return nil, err
	}
	failure := classify(err, to.String())
	if failure.Class == mail.Timeout || failure.Class == mail.Deadline {
		failure = &mail.Failure{Class: mail.Timeout, Detail: fmt.Sprintf("no answer from %s within %s", to, inWords(timeout))}
		if over(ctx) {
			failure = classify(context.DeadlineExceeded, to.String())
		}
	}
	return nil, &fault{*failure}
}

// observations gives one observation for each attempt that came to an end of its
// own, in the order of their starts, and for each address that is refused beside
// others that are not.
func (r reached) observations(e mail.Endpoint, facts func(error) *mail.DialFacts) []mail.Observation {
	var list []mail.Observation
	observe := func(addr netip.Addr, at time.Time, took time.Duration, err error, failure *mail.Failure) {
		list = append(list, mail.Observation{
			ID: "dial:" + e.String() + "#" + addr.String(), Kind: mail.KindDial, Subject: e.String(),
			Address: addr.String(), At: at, TookMS: took.Milliseconds(), Failure: failure, DialFacts: facts(err),
		})
	}
	for _, a := range r.attempts {
		if a.ended {
			observe(a.target, a.started, a.took, a.err, Classify(a.err))
		}
		if a.ended && a.err == nil && len(r.attempts) > 1 {
			list[len(list)-1].DialFacts = raced(list[len(list)-1].DialFacts, a.started.Add(a.took).Sub(r.attempts[0].started))
		}
	}
	if len(r.attempts) > 0 {
		slices.SortFunc(r.refused, netip.Addr.Compare)
		for _, addr := range r.refused {
			observe(addr, r.began, 0, nil, r.policyFailure([]netip.Addr{addr}))
		}
	}
	return list
}

// raced adds to facts how long a race took until it was won.
func raced(facts *mail.DialFacts, took time.Duration) *mail.DialFacts {
	won := mail.DialFacts{}
	if facts != nil {
		won = *facts
	}
	won.RacedMS = took.Milliseconds()
	return &won
}

// lost gives the addresses whose attempts were cancelled, in the order of their starts.
func (r reached) lost() []netip.Addr {
	var lost []netip.Addr
	for _, a := range r.attempts {
		if !a.ended {
			lost = append(lost, a.target)
		}
	}
	return lost
}

// failure says why there is no connection.
func (r reached) failure(ctx context.Context, host string, answers []Answer) *mail.Failure {
	switch {
	case len(r.attempts) > 0:
		return r.worst()
	case len(r.refused) > 0:
		return r.policyFailure(r.refused)
	case over(ctx):
		return classify(context.DeadlineExceeded, host)
	}
	f := noAddress(host, answers)
	if r.only != "" && f.Class == mail.DNSNoData {
		return &mail.Failure{Class: mail.PolicyRefused, Detail: "only " + r.only + " was asked for: " + f.Detail}
	}
	return f
}

// worst gives the failure that tells most of the server: an answer before silence.
func (r reached) worst() *mail.Failure {
	order := []mail.Class{mail.Refused, mail.Reset, mail.Closed, mail.Timeout, mail.Unreachable}
	rank := func(f *mail.Failure) int {
		if i := slices.Index(order, f.Class); i >= 0 {
			return i
		}
		return len(order)
	}
	var best *mail.Failure
	for _, a := range r.attempts {
		if f := Classify(a.err); f != nil && (best == nil || rank(f) < rank(best)) {
			best = f
		}
	}
	return best
}

func (r reached) policyFailure(refused []netip.Addr) *mail.Failure {
	var words []string
	for _, addr := range refused {
		words = append(words, fmt.Sprintf("%s is %s", addr, r.rules.refuses(addr)))
	}
	slices.Sort(words)
	return &mail.Failure{Class: mail.PolicyRefused, Detail: "not connected: " + strings.Join(words, ", ")}
}

// noAddress says why a name leads nowhere: what makes it certain comes first.
func noAddress(host string, answers []Answer) *mail.Failure {
	if len(answers) == 0 {
		return &mail.Failure{Class: mail.PolicyRefused, Detail: host + " is an address of the family that is switched off"}
	}
	for _, class := range []mail.Class{mail.DNSNXDomain, mail.DNSTimeout, mail.DNSServFail} {
		for _, a := range answers {
			if f := a.Failure(); f != nil && f.Class == class {
				return f
			}
		}
	}
	types := make([]string, len(answers))
	for i, a := range answers {
		types[i] = a.Observation.Type
	}
	return &mail.Failure{Class: mail.DNSNoData, Detail: host + " has no " + strings.Join(types, " or ") + " record"}
}
