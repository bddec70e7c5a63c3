package check

import (
	"cmp"
	"slices"
	"time"

	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/probe"
	"github.com/mailmedic/mailmedic/rules"
)

// signIn starts the tries that may start now, and sends home the sessions that
// nothing more will be tried at.
func (c *conductor) signIn() {
	if c.o.SignIn == nil {
		return
	}
	for _, role := range roles {
		c.noteReady(role)
	}
	settled := slices.DeleteFunc(c.logins(), func(l login) bool { return !c.settled(roleOf(l.endpoint)) })
	for t, ok := c.account.next(settled); ok; t, ok = c.account.next(settled) {
		c.account.start(t)
		p := c.probes[t.endpoint]
		p.state = signing
		p.orders <- t
		settled = slices.DeleteFunc(settled, func(l login) bool { return l.endpoint == t.endpoint })
	}
	for _, l := range c.logins() {
		c.sendHome(l)
	}
}

// roleOf gives the role for which the account signs in at an endpoint.
func roleOf(e mail.Endpoint) mail.Role {
	if e.Protocol == mail.SMTP {
		return mail.Outgoing
	}
	return mail.Incoming
}

// noteReady notes when the first session of a role was ready to sign in.
func (c *conductor) noteReady(role mail.Role) {
	ready := slices.ContainsFunc(c.logins(), func(l login) bool { return l.ready && roleOf(l.endpoint) == role })
	if ready && c.firstReady[role].IsZero() {
		c.firstReady[role] = time.Now()
	}
}

// settled reports whether a try at a server of the role need not wait any
// longer for a better one, of its own role or, where the tries are few, of the other.
func (c *conductor) settled(role mail.Role) bool {
	since, ready := c.firstReady[role]
	if !ready || c.account.learned != "" && c.account.triedRole(role) {
		return ready
	}
	if c.account.triedRole(role) { // in vain: the second try belongs to the other role
		return time.Since(since) >= 4*c.times.settle || !c.betterOpening(otherRole(role))
	}
	first := len(c.account.made) == 0 // it is spent on reading mail, where that is possible
	return time.Since(since) >= c.times.settle ||
		c.published && !c.betterOpening(role) && !(first && c.betterOpening(mail.Incoming))
}

func otherRole(role mail.Role) mail.Role {
	if role == mail.Incoming {
		return mail.Outgoing
	}
	return mail.Incoming
}

// betterOpening reports whether a server that ranks before every waiting one of its role is still being connected to.
func (c *conductor) betterOpening(role mail.Role) bool {
	for _, candidate := range c.book.ofRole(role) {
		p := c.probes[candidate.Endpoint]
		if p == nil || p.state == opening {
			return true
		}
		if p.state == waiting {
			return false
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
	switch in := c.o.SignIn; {
	case in.Secret.IsZero(): // the certificate says itself whose it is
		l.forms, l.explicit = []string{cmp.Or(in.Username, in.ClientCertificate.Name())}, true
	case in.Token: // so does a token: where it is refused, another name does not help
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
func (c *conductor) heardAll() bool {
	return c.published || time.Since(c.started) >= c.times.trustedLimit
}

// notTried is what came of a try in which nothing was sent.
const notTried probe.Outcome = "not tried"

// tried takes in what came of a try.
func (c *conductor) tried(p *probing, t try, outcome probe.Outcome, doubtful bool) {
	switch outcome {
	case notTried:
		c.account.end(t)
	case probe.Accepted:
		c.account.accepted(t)
		c.plainly.Store(c.account.plainly)
	case probe.Rejected:
		l := c.login(p)
		if !rules.NameMayBeWrong(c.replyTo(t)) {
			l.forms = l.forms[:min(1, len(l.forms))] // a further one would only be one more rejection
		}
		c.account.refused(t, l, doubtful)
	case probe.Impostor, probe.Intercepted: // who does not know the password, or sits in between, must not see it, on no port
		c.account.failed(t)
		for e := range c.probes {
			if e.Host == t.endpoint.Host {
				c.account.spent[e] = true
			}
		}
	case probe.Throttled:
		c.account.throttled = true
		c.account.failed(t)
	default:
		c.account.failed(t)
	}
	if p.state == signing {
		p.state = waiting
	}
}

// replyTo gives what the server said last to a try.
func (c *conductor) replyTo(t try) string {
	reply := ""
	for _, id := range c.book.bySubject[t.endpoint.String()] {
		if o := c.book.observations[id]; o.AuthFacts != nil && o.Username == t.username && o.Failure != nil {
			reply = o.Reply
		}
	}
	return reply
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
	case why == "" && !c.account.spent[l.endpoint] && (c.stillMoving() || !c.settled(roleOf(l.endpoint))):
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
// target, else a user name that is one, else that of the certificate.
func (c *conductor) sender() string {
	in := c.o.SignIn
	if c.target.Address != "" || in == nil {
		return c.target.Address
	}
	if in.Username == "" && in.ClientCertificate != nil {
		return in.ClientCertificate.Name()
	}
	return in.Username
}
