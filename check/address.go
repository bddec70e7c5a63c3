package check

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/probe"
)

// maxAddresses is how many addresses of an endpoint's host are asked. Mail
// programs try hardly more, and the rest of a large cluster is like the first.
const maxAddresses = 4

// A further is an address of a host beside the one that its session is with.
type further struct {
	endpoint mail.Endpoint
	addr     netip.Addr
	state    phase
	cancel   context.CancelFunc // once it has begun
}

// name is what the address is called where it was not checked.
func (f *further) name() string { return f.endpoint.String() + "#" + f.addr.String() }

// furthers are the further addresses of a run. They get what is left of the
// places at their host, and nobody waits for them longer than the grace.
type furthers struct {
	list    []*further
	lookups int       // of addresses, under way
	alone   time.Time // since when nothing else is waited for
}

// lookFurtherOnce looks for further addresses as soon as one has answered.
func (c *conductor) lookFurtherOnce(p *probing, o mail.Observation) {
	if !p.looked && o.Kind == mail.KindDial && o.Failure == nil && o.Subject == p.endpoint.String() {
		p.looked = true
		c.lookFurther(p.endpoint)
	}
}

// lookFurther looks for further addresses of a server that answers.
func (c *conductor) lookFurther(e mail.Endpoint) {
	if c.book.proof(e).Rank() < mail.Reachable.Rank() {
		return // all of its addresses have been tried
	}
	c.furthers.lookups++
	c.start(func() {
		addrs, _ := c.o.Network.Addresses(c.run, e.Host)
		c.tell(func() {
			c.furthers.lookups--
			c.noteFurther(e, addrs)
		})
	})
}

// noteFurther notes which addresses are still to be asked: those that the race
// for a connection has not settled, up to the limit.
func (c *conductor) noteFurther(e mail.Endpoint, addrs []netip.Addr) {
	asked, tooMany := 0, []*further{}
	for _, addr := range addrs {
		f := &further{endpoint: e, addr: addr}
		_, known := c.book.observations["dial:"+f.name()]
		switch {
		case known:
			asked++
		case asked < maxAddresses:
			asked++
			c.furthers.list = append(c.furthers.list, f)
		default:
			tooMany = append(tooMany, f)
		}
	}
	for _, f := range tooMany {
		c.skip(mail.NotChecked{
			Subject: f.name(), Why: mail.WhyPolicy,
			Detail: fmt.Sprintf("no more than %d addresses of one server are asked", maxAddresses),
		})
	}
}

// askFurther starts what can start: the endpoints of a host go first.
func (c *conductor) askFurther() {
	for _, f := range c.furthers.list {
		if f.state == notBegun && c.mayConnect(f.endpoint.Host) && !c.waitsAtHost(f.endpoint.Host) {
			c.startFurther(f)
		}
	}
}

// waitsAtHost reports whether an endpoint of a host is still to be asked.
func (c *conductor) waitsAtHost(host string) bool {
	return slices.ContainsFunc(c.book.candidateList(), func(candidate mail.Candidate) bool {
		return candidate.Endpoint.Host == host && c.probes[candidate.Endpoint] == nil
	})
}

func (c *conductor) startFurther(f *further) {
	ctx, cancel := context.WithCancel(c.run)
	f.state, f.cancel = begun, cancel
	c.atHost[f.endpoint.Host]++
	options := c.probeOptions(c.mayKnowUs(f.endpoint))
	c.start(func() {
		defer cancel()
		probe.Address(ctx, c.o.Network, f.endpoint, f.addr, options, func(o mail.Observation) {
			c.tell(func() {
				if f.state != done {
					c.observe(o)
				}
			})
		})
		c.tell(func() {
			f.state = done
			c.atHost[f.endpoint.Host]--
		})
	})
}

// asksFurther reports whether further addresses are still to be asked or being asked.
func (c *conductor) asksFurther() bool {
	return c.furthers.lookups > 0 || slices.ContainsFunc(c.furthers.list, func(f *further) bool { return f.state != done })
}

// awaitsFurther reports whether they are still worth waiting for when all else
// is done: for the length of the grace.
func (c *conductor) awaitsFurther() bool {
	if !c.asksFurther() {
		return false
	}
	if c.furthers.alone.IsZero() {
		c.furthers.alone = time.Now()
	}
	return time.Since(c.furthers.alone) < c.times.grace
}

// cutFurther ends what is still under way or to come.
func (c *conductor) cutFurther(why mail.Why) {
	for _, f := range c.furthers.list {
		if f.state == done {
			continue
		}
		c.skip(mail.NotChecked{Subject: f.name(), Why: why})
		f.state = done
		if f.cancel != nil {
			f.cancel()
		}
	}
}
