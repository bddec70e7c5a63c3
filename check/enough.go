package check

import (
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

var roles = [...]mail.Role{mail.Incoming, mail.Outgoing}

// finished reports whether nothing is left to wait for.
func (c *conductor) finished() bool {
	switch {
	case c.run.Err() != nil:
		return true
	case c.graceOver && (time.Since(c.started) >= c.times.trustedLimit || !c.betterSourcePending()):
		return !c.probing() || time.Since(c.started) >= c.times.trustedLimit
	default:
		return c.published && !c.probing() && !c.guessing() && !c.awaitsFurther() && c.controls.pending == 0
	}
}

// probing reports whether a server is still to be asked or being asked.
func (c *conductor) probing() bool {
	for _, candidate := range c.book.candidateList() {
		if c.probes[candidate.Endpoint] == nil {
			return true
		}
	}
	for _, p := range c.probes {
		if p.state != ended {
			return true
		}
	}
	return false
}

func (c *conductor) guessing() bool {
	for _, g := range c.guesses {
		if g == begun {
			return true
		}
	}
	return false
}

// nextMoment is when the loop has something to do even if nothing is learned.
func (c *conductor) nextMoment() time.Time {
	moments := []time.Time{c.started.Add(c.times.headStart), c.started.Add(c.times.guessAnyway), c.started.Add(2 * c.times.guessAnyway), c.started.Add(c.times.trustedLimit)}
	if doubt, waits := c.nextDoubt(); waits {
		moments = append(moments, doubt)
	}
	for _, ready := range c.firstReady {
		moments = append(moments, ready.Add(c.times.settle), ready.Add(4*c.times.settle))
	}
	if !c.proved.IsZero() {
		moments = append(moments, c.proved.Add(c.times.grace))
	}
	moments = append(moments, c.cooled()...)
	if !c.furthers.alone.IsZero() {
		moments = append(moments, c.furthers.alone.Add(c.times.grace))
	}
	now := time.Now()
	next := now.Add(time.Hour)
	for _, m := range moments {
		if m.After(now) && m.Before(next) {
			next = m
		}
	}
	return next
}

// noteProof notes when every role has a proved setting, and after the grace
// stops what cannot better it.
func (c *conductor) noteProof() {
	if c.graceOver {
		return
	}
	if c.proved.IsZero() {
		for _, role := range roles {
			if _, proved := c.bestProved(role); !proved {
				return
			}
		}
		c.proved = time.Now()
	}
	if time.Since(c.proved) >= c.times.grace {
		c.graceOver = true
		c.cutProbes(mail.WhyGrace)
		c.search.Stop(c.provedTrust())
	}
}

// bestProved gives the trust of the best setting of a role that is proved as far as this run can prove it.
func (c *conductor) bestProved(role mail.Role) (mail.Trust, bool) {
	enough := mail.Handshake
	if c.o.SignIn != nil && c.account.exhausted() == "" {
		enough = mail.SignedIn
	}
	for _, candidate := range c.book.ofRole(role) {
		if c.book.proof(candidate.Endpoint).Rank() >= enough.Rank() {
			return candidate.Trust(), true
		}
	}
	return "", false
}

// provedTrust is the trust that a source must be able to better to be worth waiting for.
func (c *conductor) provedTrust() mail.Trust {
	worst := mail.TrustUser
	for _, role := range roles {
		if trust, proved := c.bestProved(role); proved && trust.Rank() > worst.Rank() {
			worst = trust
		}
	}
	return worst
}

func (c *conductor) betterSourcePending() bool {
	for _, p := range c.search.Pending() {
		if p.Best.Rank() < c.provedTrust().Rank() {
			return true
		}
	}
	return false
}

// cutProbes ends every probe that is still under way or to come.
func (c *conductor) cutProbes(why mail.Why) {
	for _, candidate := range c.book.candidateList() {
		if e := candidate.Endpoint; c.probes[e] == nil {
			c.skip(mail.NotChecked{Subject: e.String(), Why: why})
			c.probes[e] = &probing{endpoint: e, state: ended}
		}
	}
	for _, p := range c.probes {
		if p.state == ended {
			continue
		}
		if p.state != leaving {
			c.skip(mail.NotChecked{Subject: p.endpoint.String(), Why: why})
		}
		c.dismiss(p)
		p.state = ended
		p.cancel()
	}
	c.cutFurther(why)
}

// guess releases the guesses of a role when nothing published can be expected to do.
func (c *conductor) guess(role mail.Role) {
	if c.guesses[role] != notBegun || !c.needsGuess(role) {
		return
	}
	c.guesses[role] = begun
	c.start(func() {
		c.search.Guess(role)
		c.tell(func() { c.guesses[role] = done })
	})
}

func (c *conductor) needsGuess(role mail.Role) bool {
	passed := time.Since(c.started)
	if !c.published && passed < c.times.headStart {
		return false
	}
	hopeful := false // a published server of the role may still do
	for _, candidate := range c.book.ofRole(role) {
		if c.book.proof(candidate.Endpoint).Rank() >= mail.Handshake.Rank() {
			return false
		}
		p := c.probes[candidate.Endpoint]
		asking := p == nil || p.state == opening
		if asking && c.turnedAway[candidate.Endpoint] != "" && passed < 2*c.times.guessAnyway {
			return false // it is about to be asked again
		}
		hopeful = hopeful || asking
	}
	return !hopeful || passed >= c.times.guessAnyway
}
