package check

import (
	"net/netip"
	"slices"
	"time"

	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/probe"
)

// A coolness is what a run owes an IP address that turned a connection away for
// the moment, whatever the names and ports behind it: a pause, after it one
// connection at a time, and no second try any more once one was in vain.
type coolness struct {
	until  time.Time // before it nothing is begun
	inVain bool
}

// patience is what the addresses of a run have asked for.
type patience struct {
	cooling    map[netip.Addr]*coolness
	turnedAway map[mail.Endpoint]string // the greetings with which first connections were refused
	addresses  map[string][]netip.Addr  // by host, once something is cooling; nil while they are looked up
}

func newPatience() patience {
	return patience{map[netip.Addr]*coolness{}, map[mail.Endpoint]string{}, map[string][]netip.Addr{}}
}

// isPostponed reports whether a server turned the connection away for the moment
// and is to be asked again later.
func (c *conductor) isPostponed(p *probing, s *probe.Session) bool {
	said := s.Postponed()
	if said == "" {
		return false
	}
	again := make(chan bool, 1)
	c.tell(func() { again <- p.state != ended && c.coolDown(p.endpoint, s.Peer().Unmap(), said) })
	select {
	case yes := <-again:
		return yes
	case <-c.run.Done():
		return false
	}
}

// coolDown takes in what an address said, and reports whether the endpoint is to
// be asked again.
func (c *conductor) coolDown(e mail.Endpoint, addr netip.Addr, said string) bool {
	cool := c.cooling[addr]
	if cool == nil {
		cool = &coolness{}
		c.cooling[addr] = cool
	}
	cool.inVain = cool.inVain || c.turnedAway[e] != ""
	if cool.inVain {
		return false
	}
	cool.until = time.Now().Add(c.times.backOff)
	c.turnedAway[e] = said
	return true
}

// mayConnect reports whether a connection to a host may be begun now: it has a
// place, and none of its addresses asks for patience.
func (c *conductor) mayConnect(host string) bool {
	return !c.waits(host) && c.atHost[host] < maxAtHost && !c.takesTurns(host)
}

// waits reports whether a host is to be left alone for now. While an address is
// cooling, nobody is asked whose addresses are not known, nor anybody while those
// of a host with connections are not.
func (c *conductor) waits(host string) bool {
	if len(c.cooling) == 0 {
		return false
	}
	known := c.knows(host)
	for other := range c.atHost {
		known = c.knows(other) && known
	}
	return !known || slices.ContainsFunc(c.addresses[host], func(a netip.Addr) bool {
		cool := c.cooling[a]
		return cool != nil && time.Now().Before(cool.until)
	})
}

// knows reports whether the addresses of a host are known, and has them looked
// up; the network remembers them.
func (c *conductor) knows(host string) bool {
	if addrs, asked := c.addresses[host]; asked {
		return addrs != nil
	}
	c.addresses[host] = nil
	c.start(func() {
		addrs, _ := c.o.Network.Addresses(c.run, host)
		c.tell(func() { c.addresses[host] = append([]netip.Addr{}, addrs...) })
	})
	return false
}

// takesTurns reports whether a host has an address that takes one connection at
// a time and has one.
func (c *conductor) takesTurns(host string) bool {
	return slices.ContainsFunc(c.addresses[host], func(a netip.Addr) bool {
		return c.cooling[a] != nil && c.atAddress(a) > 0
	})
}

// atAddress counts the connections to hosts that have an address.
func (c *conductor) atAddress(a netip.Addr) int {
	n := 0
	for host, connections := range c.atHost {
		if slices.Contains(c.addresses[host], a) {
			n += connections
		}
	}
	return n
}

// shareTurns reports whether two hosts take turns with each other.
func (c *conductor) shareTurns(one, other string) bool {
	return one == other || slices.ContainsFunc(c.addresses[one], func(a netip.Addr) bool {
		return c.cooling[a] != nil && slices.Contains(c.addresses[other], a)
	})
}

// cooled gives when the addresses that cool may be asked again.
func (c *conductor) cooled() []time.Time {
	var moments []time.Time
	for _, cool := range c.cooling {
		moments = append(moments, cool.until)
	}
	return moments
}
