package check

import (
	"context"
	"time"

	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/probe"
)

// backOff is how long a host that turned a connection away for the moment is
// left alone before the one retry. It fits into the grace of a run.
const backOff = 1500 * time.Millisecond

// open opens a session, and once more where the server turned the connection
// away for the moment. Until the retry no other connection to the host is begun;
// where that fails as well, none at all.
func (c *conductor) open(ctx context.Context, p *probing, observe func(mail.Observation)) *probe.Session {
	e, o := p.endpoint, c.probeOptions(p.knowsUs)
	session := probe.Open(ctx, c.o.Network, e, o, observe)
	said := session.Postponed()
	if said == "" {
		return session
	}
	c.tell(func() { c.cooling[e.Host] = begun })
	session.Close(ctx)
	wait := time.NewTimer(backOff)
	defer wait.Stop()
	select {
	case <-ctx.Done():
		return session
	case <-wait.C:
	}
	o.TurnedAway = said
	session = probe.Open(ctx, c.o.Network, e, o, observe)
	after := notBegun
	if session.Postponed() != "" {
		after = done
	}
	c.tell(func() { c.cooling[e.Host] = after })
	return session
}

// mayConnect reports whether a connection to a host may be begun now: it has a
// place, and it does not ask for patience.
func (c *conductor) mayConnect(host string) bool {
	return c.cooling[host] == notBegun && c.atHost[host] < maxAtHost
}

// giveUp leaves out what is still to be asked of hosts that asked twice for
// fewer connections.
func (c *conductor) giveUp() {
	for _, candidate := range c.book.candidateList() {
		if e := candidate.Endpoint; c.cooling[e.Host] == done && c.probes[e] == nil {
			c.skip(mail.NotChecked{Subject: e.String(), Why: mail.WhyThrottled})
			c.probes[e] = &probing{endpoint: e, state: ended}
		}
	}
	for _, f := range c.furthers.list {
		if c.cooling[f.endpoint.Host] == done && f.state == notBegun {
			c.skip(mail.NotChecked{Subject: f.name(), Why: mail.WhyThrottled})
			f.state = done
		}
	}
}
