package check

import (
	"slices"
	"time"

	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/probe"
)

// settle is how long the first sign-in waits for a better server than the one
// that is ready: it goes alone and is spent on the best, not on the fastest.
const settle = 250 * time.Millisecond

// signIn starts the tries that may start now, and sends home the sessions that
// nothing more will be tried at.
func (c *conductor) signIn() {
	if c.o.SignIn == nil {
		return
	}
	logins := c.logins()
	if c.settled(logins) {
		for t, ok := c.account.next(logins); ok; t, ok = c.account.next(logins) {
			c.account.start(t)
			p := c.probes[t.endpoint]
			p.state = signing
			p.orders <- t
			logins = slices.DeleteFunc(logins, func(l login) bool { return l.endpoint == t.endpoint })
		}
	}
	for _, l := range logins {
		c.sendHome(l)
	}
}

// settled reports whether the first try need not wait any longer.
func (c *conductor) settled(logins []login) bool {
	if !slices.ContainsFunc(logins, func(l login) bool { return l.ready }) {
		return false
	}
	if c.firstReady.IsZero() {
		c.firstReady = time.Now()
	}
	return len(c.account.made) > 0 || time.Since(c.firstReady) >= settle || c.published && !c.betterOpening()
}

// betterOpening reports whether a server that ranks before every waiting one is still being connected to.
func (c *conductor) betterOpening() bool {
	for _, candidate := range c.book.candidateList() {
		p := c.probes[candidate.Endpoint]
		if candidate.Role != mail.MX && p != nil && p.state != ended {
			return p.state == opening
		}
	}
	return false
}

// logins gives the servers where the account may sign in, best first. It asks
// the user about hosts that need consent.
func (c *conductor) logins() []login {
	var logins []login
	for _, candidate := range c.book.candidateList() {
		p := c.probes[candidate.Endpoint]
		if p != nil && p.state == waiting && candidate.Role != mail.MX {
			logins = append(logins, c.login(p))
		}
	}
	return logins
}

func (c *conductor) login(p *probing) login {
	claims := c.book.claims(p.endpoint)
	l := login{endpoint: p.endpoint}
	l.forms, l.explicit = userForms(c.o.SignIn.Username, c.target, claims)
	if c.o.SignIn.Token {
		// A token says itself whose it is: where it is refused, another name does not help.
		l.forms = l.forms[:min(1, len(l.forms))]
	}
	allowed, answered := c.mayHaveSecret(p.endpoint, claims)
	if !answered && c.heardAll() {
		c.ask(p.endpoint.Host, claims)
	}
	l.ready = allowed
	return l
}

// heardAll reports whether no source is left that could still vouch for a host.
func (c *conductor) heardAll() bool { return c.published || time.Since(c.started) >= trustedLimit }

// tried takes in what came of a try.
func (c *conductor) tried(p *probing, t try, outcome probe.Outcome) {
	switch outcome {
	case probe.Accepted:
		c.account.accepted(t)
	case probe.Rejected:
		c.account.refused(t, c.login(p))
	case probe.Throttled:
		c.account.failed(t)
		c.account.throttled = true
	default:
		c.account.failed(t)
	}
	if p.state == signing {
		p.state = waiting
	}
}

// sendHome ends a session that waits in vain, and says why where nothing was tried.
func (c *conductor) sendHome(l login) {
	_, answered := c.mayHaveSecret(l.endpoint, c.book.claims(l.endpoint))
	why := c.account.exhausted()
	switch {
	case !l.ready && !c.heardAll():
		return
	case !l.ready && answered:
		why = mail.WhyConsent
	case why == "" && !c.account.spent[l.endpoint] && c.stillMoving():
		return
	case why == "":
		why = mail.WhyBudget
	}
	if !c.account.triedAt(l.endpoint) {
		c.skip(mail.NotChecked{Subject: l.endpoint.String(), Why: why})
	}
	c.dismiss(c.probes[l.endpoint])
}

// stillMoving reports whether something may yet happen that lets a waiting session sign in.
func (c *conductor) stillMoving() bool {
	if !c.published || c.account.learned != "" {
		return true
	}
	for _, p := range c.probes {
		if p.state == opening || p.state == signing {
			return true
		}
	}
	for _, g := range c.guesses {
		if g == begun {
			return true
		}
	}
	for _, asked := range c.consents {
		if asked == begun {
			return true
		}
	}
	return false
}

// sender is the address that a rehearsal of sending is made with: that of the
// target, else a user name that is one.
func (c *conductor) sender() string {
	if c.target.Address != "" || c.o.SignIn == nil {
		return c.target.Address
	}
	return c.o.SignIn.Username
}
