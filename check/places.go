package check

import (
	"context"
	"slices"

	"github.com/mailmedic/mailmedic/mail"
)

// maxAtHost keeps a run gentle: so many connections to one host at once.
const maxAtHost = 4

// A besider is a session that waits for a place at its host for a second
// connection beside its own.
type besider struct {
	host    string
	granted chan struct{} // closed when it has the place
	has     bool
	over    bool // it waits no longer
}

// beside gives what a session asks before it makes a connection beside its own.
func (c *conductor) beside(host string) func(context.Context) func() {
	return func(ctx context.Context) func() {
		b := &besider{host: host, granted: make(chan struct{})}
		c.tell(func() { c.besiders = append(c.besiders, b) })
		leave := func() {
			c.tell(func() {
				b.over = true
				if b.has {
					c.atHost[host]--
				}
			})
		}
		select {
		case <-b.granted:
			return leave
		case <-ctx.Done():
			leave()
			return nil
		}
	}
}

// grant gives places to those who wait for a second one. Where all places of a
// host are held by sessions that do, one of them gets one more: else nobody
// would ever leave.
func (c *conductor) grant() {
	c.besiders = slices.DeleteFunc(c.besiders, func(b *besider) bool { return b.over || b.has })
	for _, b := range c.besiders {
		stuck := c.besideAt(b.host) >= c.atHost[b.host] && !c.waits(b.host) && !c.takesTurns(b.host)
		if stuck || c.mayConnect(b.host) {
			b.has = true
			c.atHost[b.host]++
			close(b.granted)
		}
	}
}

// besideAt counts who waits for a second place at a host.
func (c *conductor) besideAt(host string) int {
	n := 0
	for _, b := range c.besiders {
		if b.host == host && !b.has && !b.over {
			n++
		}
	}
	return n
}

// isSpare reports whether an endpoint is nothing but a guess for a task that
// somebody has published a server for: why it fails is of no use to anybody.
func (c *conductor) isSpare(e mail.Endpoint) bool {
	guessed := func(claim mail.Claim) bool { return claim.Source == mail.SourceGuess }
	all := func(claims []mail.Claim) bool {
		return !slices.ContainsFunc(claims, func(claim mail.Claim) bool { return !guessed(claim) })
	}
	if !all(c.book.claims(e)) {
		return false
	}
	return slices.ContainsFunc(c.book.ofRole(e.Role()), func(other mail.Candidate) bool { return !all(other.Claims) })
}
