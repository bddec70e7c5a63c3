package check

import (
	"context"
	"slices"
	"time"

	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/probe"
	"github.com/mailmedic/mailmedic/wire"
)

// probing is one endpoint on its way from the first connection to goodbye.
type probing struct {
	endpoint   mail.Endpoint
	cancel     context.CancelFunc
	state      probeState
	session    *probe.Session
	began      time.Time
	looked     bool     // for further addresses of its host
	turnedAway string   // the greeting with which the first connection was refused; this is the second
	knowsUs    bool     // its host may have what tells who we are, so that a certificate was at hand from the beginning
	orders     chan try // what the session is to do next; closed to send it home
}

type probeState int

const (
	opening probeState = iota // connecting, greeting, TLS
	waiting                   // ready to sign in
	signing                   // a try is under way
	leaving                   // nothing more will be tried; its last words are still to come
	ended                     // nothing more is taken from it
)

// probe starts to probe an endpoint, once, as soon as its host has a place: the
// best candidates come first. The goroutine owns the session; the loop sends it
// orders.
func (c *conductor) probe(e mail.Endpoint) {
	if _, known := c.probes[e]; known || c.waits(e.Host) {
		return
	}
	if !c.mayConnect(e.Host) {
		c.makeRoom(e)
		return
	}
	c.atHost[e.Host]++
	ctx, cancel := context.WithCancel(c.run)
	orders := make(chan try, 1)
	p := &probing{
		endpoint: e, began: time.Now(), cancel: cancel, orders: orders, knowsUs: c.mayKnowUs(e), turnedAway: c.turnedAway[e],
	}
	c.probes[e] = p
	observe := func(o mail.Observation) {
		c.tell(func() {
			if p.state != ended {
				c.observe(o)
				c.lookFurtherOnce(p, o)
			}
		})
	}
	o := c.probeOptions(p.knowsUs)
	o.TurnedAway, o.Beside, o.Brief = p.turnedAway, c.beside(e.Host), c.isSpare(e)
	c.start(func() {
		defer cancel()
		defer c.tell(func() {
			c.atHost[e.Host]--
			delete(c.making, p)
		})
		session := probe.Open(ctx, c.o.Network, e, o, observe)
		if c.isPostponed(p, session) {
			session.Close(ctx)
			c.tell(func() { c.askLater(p) })
			return
		}
		c.tell(func() { c.opened(p, session) })
		for t := range orders {
			session = c.obey(ctx, p, session, t, observe)
		}
		session.Mailbox(ctx)
		session.Rehearse(ctx, c.sender())
		if c.search == nil { // servers are all that the user asks about
			session.Introduce(ctx)
		}
		over := func() { c.tell(func() { p.state = ended }) }
		if c.o.Transcript {
			defer over() // the goodbye belongs to the report
		} else {
			over()
		}
		session.Close(ctx)
	})
}

// askLater lets an endpoint begin anew.
func (c *conductor) askLater(p *probing) {
	if p.state != ended {
		p.state = ended
		delete(c.probes, p.endpoint)
	}
}

// makeRoom sends a waiting session home, to come again later, if it ranks after
// e and has a place that e needs: who came first must not decide who signs in.
func (c *conductor) makeRoom(e mail.Endpoint) {
	for p := range c.making {
		if c.shareTurns(p.endpoint.Host, e.Host) {
			return
		}
	}
	ranked := c.book.candidateList()
	slices.Reverse(ranked)
	for _, candidate := range ranked {
		if candidate.Endpoint == e {
			return
		}
		p := c.probes[candidate.Endpoint]
		if p != nil && p.state == waiting && c.shareTurns(p.endpoint.Host, e.Host) && !c.account.triedAt(p.endpoint) {
			c.dismiss(p)
			delete(c.probes, p.endpoint)
			c.making[p] = true
			return
		}
	}
}

// obey makes one try, on a new connection where the server ended the last one,
// or asked for a certificate when it was not yet known that it may have one.
func (c *conductor) obey(ctx context.Context, p *probing, s *probe.Session, t try, observe func(mail.Observation)) *probe.Session {
	if late := !p.knowsUs && c.o.SignIn.ClientCertificate != nil && s.AsksForCertificate(); late || !s.Usable() {
		doubtful := s.Rejected()
		s.Close(ctx)
		s = probe.Open(ctx, c.o.Network, p.endpoint, c.probeOptions(true), observe)
		p.knowsUs = true
		if doubtful {
			s.Plainly()
		}
	}
	if c.plainly.Load() {
		s.Plainly()
	}
	if _, known := c.unbound.Load(p.endpoint.Host); known {
		s.WithoutBinding()
	}
	if c.certless.Load() {
		s.WithoutCertificate()
	}
	s.AskBefore(func(ctx context.Context) bool { return c.mayGoOn(ctx, t) })
	outcome := s.SignIn(ctx, c.o.SignIn.credentials(t.username), c.o.SignIn.Insecure)
	if s.Uncertified() {
		c.certless.Store(true)
	}
	if s.BindsOtherwise() {
		c.unbound.Store(p.endpoint.Host, true)
	}
	doubtful, tries := s.Doubtful(), s.Tries()
	c.tell(func() {
		if outcome == probe.Rejected {
			c.account.spend(t, tries-1)
		}
		if tries == 0 { // nothing left this computer, so that it costs nothing
			outcome = notTried
		}
		c.tried(p, t, outcome, doubtful)
	})
	return s
}

// mayGoOn asks whether a try may go on after an answer that may have been a rejection.
func (c *conductor) mayGoOn(ctx context.Context, t try) bool {
	answer := make(chan bool, 1)
	c.tell(func() { c.account.petition(petition{t, answer}) })
	select {
	case granted := <-answer:
		return granted
	case <-ctx.Done():
		return false
	}
}

// opened takes in a session: it waits where a sign-in may come, else it goes home.
func (c *conductor) opened(p *probing, s *probe.Session) {
	if p.state == ended {
		return
	}
	p.session, p.state = s, waiting
	if !c.wantsSignIn(p) {
		c.dismiss(p)
	}
}

// dismiss lets a session look at the mailbox and go home. Its goodbye is waited
// for only where it belongs to the report.
func (c *conductor) dismiss(p *probing) {
	if p.orders != nil {
		close(p.orders)
		p.orders = nil
	}
	p.state = leaving
}

// wantsSignIn reports whether the session can take the secret, or could once it
// has seen the certificate.
func (c *conductor) wantsSignIn(p *probing) bool {
	want := c.o.SignIn
	if want == nil {
		return false
	}
	late := !p.knowsUs && want.ClientCertificate != nil && p.session.AsksForCertificate()
	if !late && len(p.session.Ways(want.credentials(""))) == 0 {
		return false
	}
	isSetting := slices.ContainsFunc(c.book.candidateList(), func(known mail.Candidate) bool {
		return known.Endpoint == p.endpoint && known.Role != mail.MX
	})
	return isSetting && (late || p.session.Ready() || want.Insecure && p.session.Encrypted())
}

// mayHaveSecret applies the rule of who may see a secret: a host of the
// address's own organisation, one that a strong claim names, and else one that
// the user allows. Not answered means that the user is still to be asked.
func (c *conductor) mayHaveSecret(e mail.Endpoint, claims []mail.Claim) (allowed, answered bool) {
	strong := func(claim mail.Claim) bool { return claim.Trust.Rank() <= mail.TrustVouched.Rank() }
	switch {
	case wire.SameOrganisation(e.Host, c.target.Domain), c.o.SignIn.TrustDiscovered, slices.ContainsFunc(claims, strong):
		return true, true
	case c.o.SignIn.Consent == nil:
		return false, true
	default:
		return c.permitted[e.Host], c.consents[e.Host] == done
	}
}

// mayKnowUs applies the same rule to the certificate of the client, as far as the
// answer is known by now.
func (c *conductor) mayKnowUs(e mail.Endpoint) bool {
	if c.o.SignIn == nil || e.Role() == mail.MX {
		return false
	}
	allowed, _ := c.mayHaveSecret(e, c.book.claims(e))
	return allowed
}

// ask asks the user about a host, once, and about one host at a time: an answer
// must not be taken for another host's. The time of the run stands still meanwhile.
func (c *conductor) ask(host string, claims []mail.Claim) {
	if c.consents[host] != notBegun || c.asking {
		return
	}
	c.consents[host], c.asking = begun, true
	c.run.pause()
	sources := mail.Candidate{Claims: claims}.Sources()
	c.start(func() {
		allowed := c.o.SignIn.Consent(c.run, host, sources)
		c.tell(func() {
			c.permitted[host], c.consents[host], c.asking = allowed, done, false
			c.run.resume()
		})
	})
}
