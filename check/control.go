package check

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/probe"
	"github.com/mailmedic/mailmedic/wire"
)

// DefaultControl gives the control hosts that are asked where the user names
// none: servers of two operators whose availability nobody doubts, so that one
// may be down. They see a connection and nothing of what the run is about.
func DefaultControl() []mail.Endpoint {
	return []mail.Endpoint{
		{Protocol: mail.IMAP, Security: mail.TLS, Host: "imap.gmail.com", Port: 993},
		{Protocol: mail.SMTP, Security: mail.TLS, Host: "smtp.gmail.com", Port: 465},
		{Protocol: mail.SMTP, Security: mail.StartTLS, Host: "gmail-smtp-in.l.google.com", Port: 25},
		{Protocol: mail.IMAP, Security: mail.TLS, Host: "outlook.office365.com", Port: 993},
		{Protocol: mail.SMTP, Security: mail.StartTLS, Host: "smtp.office365.com", Port: 587},
		{Protocol: mail.SMTP, Security: mail.StartTLS, Host: "outlook-com.olc.protection.outlook.com", Port: 25},
	}
}

// ControlOf gives the endpoints to ask of a control host that a user names: the
// one, or those of a mail host where no port is named.
func ControlOf(named mail.Endpoint) []mail.Endpoint {
	if named.Port != 0 {
		return []mail.Endpoint{named}
	}
	var list []mail.Endpoint
	for _, std := range mail.StandardPorts() {
		if std.Protocol == mail.IMAP && std.Security == mail.TLS || std.Protocol == mail.SMTP {
			list = append(list, mail.Endpoint{Protocol: std.Protocol, Security: std.Security, Host: named.Host, Port: std.Port})
		}
	}
	return list
}

// controls are the control hosts that a run has asked.
type controls struct {
	asked   map[mail.Endpoint]bool
	pending int // conversations under way
}

// A suspicion is a kind of thing that goes wrong with every server so far.
type suspicion struct {
	about   func(mail.Endpoint) bool // the servers, and the control hosts to ask
	settles func(mail.Observation) (said, good bool)
	silence func(*conductor, mail.Endpoint) bool // whether one that has not answered for long counts
	nearby  bool                                 // whether private addresses count: who answers for everybody may have one
}

// suspicions are what a control host can settle. A connection that is made settles
// the first three; a handshake that proves the server settles the last.
func suspicions() []suspicion {
	var list []suspicion
	for _, role := range []mail.Role{mail.Incoming, mail.Outgoing, mail.MX} {
		about := func(e mail.Endpoint) bool { return e.Role() == role }
		list = append(list, suspicion{about, settlesConnection, func(*conductor, mail.Endpoint) bool { return true }, false})
	}
	settings := func(e mail.Endpoint) bool { return e.Role() != mail.MX }
	hangs := func(c *conductor, e mail.Endpoint) bool {
		_, connected := c.verdictOf(e, settlesConnection)
		return connected && e.Security == mail.TLS
	}
	return append(list, suspicion{settings, settlesHandshake, hangs, true})
}

// settlesConnection tells what an observation says of connecting: packets that
// vanish and those that somebody turns back look like a block.
func settlesConnection(o mail.Observation) (said, good bool) {
	switch {
	case o.Kind == mail.KindTLS, o.Kind == mail.KindSession, o.Kind == mail.KindDial && o.Failure == nil:
		return true, true
	case o.Kind != mail.KindDial, o.DialFacts != nil && o.ViaFailed: // the proxy is to blame
		return false, false
	}
	switch o.Failure.Class {
	case mail.Timeout, mail.Refused, mail.Reset, mail.Unreachable:
		return true, false
	default:
		return false, false
	}
}

// settlesHandshake tells what an observation says of TLS: certificates that are
// bad and handshakes that hang may be the fault of something in between.
func settlesHandshake(o mail.Observation) (said, good bool) {
	foreign := o.Kind == mail.KindSession && o.Failure != nil && o.Failure.Class == mail.ProtocolFault
	switch {
	case foreign:
		return true, false
	case o.Kind != mail.KindTLS || o.TLSFacts == nil || o.Attempt != "":
		return false, false
	case o.Failure == nil:
		return true, true
	}
	switch o.Failure.Class {
	case mail.Timeout, mail.Reset, mail.Closed, mail.TLSNotSpoken, mail.CertExpired, mail.CertNotYetValid, mail.CertName, mail.CertUntrusted, mail.CertChain:
		return true, false
	default:
		return false, false
	}
}

// askControls asks the control hosts about what goes wrong with every server so
// far, beside what is still under way. As long as sources may be expected to name
// further servers, it is too early to say every.
func (c *conductor) askControls() {
	known := c.published && !c.guessing() || time.Since(c.started) >= c.times.doubt
	if len(c.o.Control) == 0 || !known {
		return
	}
	for _, d := range suspicions() {
		if c.suspects(d) {
			for _, e := range c.o.Control {
				if d.about(e) {
					c.askControl(e)
				}
			}
		}
	}
}

// suspects reports whether every server that a suspicion is about fails in the way
// of a fault between here and there: what has an answer has a bad one, and what
// has none is over, or has been silent for long.
func (c *conductor) suspects(s suspicion) bool {
	bad, waiting, silent := 0, 0, 0
	for e, p := range c.probes {
		if !s.about(e) {
			continue
		}
		said, good := c.verdictOf(e, s.settles)
		switch {
		case good:
			return false
		case c.isNear(e, s.nearby): // the way to it is another one
		case c.isGuess(e) && c.refuses(e): // of course it does
		case said:
			bad++
		case p.state == opening && time.Since(p.began) < c.times.doubt:
			waiting++
		case p.state == opening && s.silence(c, e):
			silent++
		}
	}
	return bad+silent > 0 && waiting == 0
}

// verdictOf tells what the observations of an endpoint say to a suspicion.
func (c *conductor) verdictOf(e mail.Endpoint, settles func(mail.Observation) (said, good bool)) (said, good bool) {
	for _, id := range c.book.bySubject[e.String()] {
		o := c.book.observations[id]
		s, g := settles(o)
		if !o.Control {
			said, good = said || s, good || g
		}
	}
	return said, good
}

func (c *conductor) isGuess(e mail.Endpoint) bool {
	return !slices.ContainsFunc(c.book.claims(e), func(claim mail.Claim) bool { return claim.Source != mail.SourceGuess })
}

// refuses reports whether an endpoint's host turns connections down.
func (c *conductor) refuses(e mail.Endpoint) bool {
	return slices.ContainsFunc(c.book.bySubject[e.String()], func(id string) bool {
		o := c.book.observations[id]
		return o.Kind == mail.KindDial && o.Failure != nil && o.Failure.Class == mail.Refused
	})
}

// isNear reports whether an endpoint is inside this computer or network, as far as
// it is known by now where it is: the way to such a server is not the way to
// those that everybody knows. A private address may be allowed.
func (c *conductor) isNear(e mail.Endpoint, allowPrivate bool) bool {
	near := false
	note := func(text string) {
		if addr, err := netip.ParseAddr(text); err == nil {
			near = near || addr.IsLoopback() || addr.IsPrivate() && !allowPrivate
		}
	}
	note(e.Host)
	for _, kind := range []string{"a:", "aaaa:"} {
		if o := c.book.observations[kind+e.Host]; o.DNSFacts != nil {
			for _, record := range o.Records {
				note(record)
			}
		}
	}
	for _, id := range c.book.bySubject[e.String()] {
		note(c.book.observations[id].Address)
	}
	return near
}

// nextDoubt gives when a connection that is under way will have been silent for long.
func (c *conductor) nextDoubt() (when time.Time, waits bool) {
	if len(c.o.Control) == 0 {
		return time.Time{}, false
	}
	if at := c.started.Add(c.times.doubt); at.After(time.Now()) {
		when, waits = at, true
	}
	for _, p := range c.probes {
		at := p.began.Add(c.times.doubt)
		if p.state == opening && at.After(time.Now()) && (!waits || at.Before(when)) {
			when, waits = at, true
		}
	}
	return when, waits
}

// askControl asks one control host, once, unless it belongs to those whom the
// run is about: it would prove nothing beside them.
func (c *conductor) askControl(e mail.Endpoint) {
	if c.controls.asked[e] || c.concerned(e.Host) {
		return
	}
	if c.controls.asked == nil {
		c.controls.asked = map[mail.Endpoint]bool{}
	}
	c.controls.asked[e] = true
	c.controls.pending++
	ctx, cancel := context.WithCancel(c.run)
	c.start(func() {
		defer cancel()
		probe.Control(ctx, c.o.Network, e, func(o mail.Observation) { c.tell(func() { c.observe(o) }) })
		c.tell(func() { c.controls.pending-- })
	})
}

func (c *conductor) concerned(host string) bool {
	if wire.SameOrganisation(host, c.target.Domain) {
		return true
	}
	return slices.ContainsFunc(c.book.candidateList(), func(candidate mail.Candidate) bool {
		return wire.SameOrganisation(candidate.Endpoint.Host, host)
	})
}
