package wire

import (
	"context"
	"net/netip"
	"time"
)

// A supplier looks a host up and hands its addresses to a race, as they are
// wanted and become known.
type supplier struct {
	network  *Network
	rules    policy
	queue    addressQueue
	refused  []netip.Addr // by the rules
	pending  int          // lookups that have not ended
	arrivals chan arrival
	hold     <-chan time.Time // until it comes, IPv4 waits for IPv6
	crash    *Crash           // of a lookup
}

// An arrival is the end of a lookup.
type arrival struct {
	qtype string
	addrs []netip.Addr
	crash *Crash
}

// supply sends the addresses of host to out: IPv6 first, and waited for a
// moment when IPv4 has come before (RFC 8305 section 3). It closes out when
// there are no more, and gives those that the rules refuse.
func (n *Network) supply(ctx context.Context, host string, rules policy, out chan<- netip.Addr) (refused []netip.Addr) {
	defer close(out)
	s := &supplier{network: n, rules: rules, arrivals: make(chan arrival)}
	ctx, cancel := context.WithCancel(ctx)
	s.begin(ctx, host)
	s.run(ctx, out)
	cancel() // the lookups go on for others, not for us
	for s.pending > 0 {
		s.end(<-s.arrivals)
	}
	s.crash.Raise()
	return s.refused
}

func (s *supplier) begin(ctx context.Context, host string) {
	if known, ok := s.network.knownAddresses(host); ok {
		s.add(known)
		return
	}
	for _, qtype := range s.network.addressTypes() {
		s.pending++
		go func() {
			a := arrival{qtype: qtype}
			a.crash = Catch(func() { a.addrs = s.network.Lookup(ctx, host, qtype).Addrs })
			s.arrivals <- a
		}()
	}
}

func (s *supplier) run(ctx context.Context, out chan<- netip.Addr) {
	for given := 0; given < MaxAddresses; {
		next, ready := s.queue.peek()
		if !ready && s.pending == 0 {
			return
		}
		send := out
		if !ready || s.hold != nil {
			send = nil
		}
		select {
		case send <- next:
			s.queue.pop()
			given++
		case a := <-s.arrivals:
			s.arrive(a)
		case <-s.hold:
			s.hold = nil
		case <-ctx.Done():
			return
		}
	}
}

// end notes that a lookup has ended.
func (s *supplier) end(a arrival) {
	s.pending--
	if s.crash == nil {
		s.crash = a.crash
	}
}

func (s *supplier) arrive(a arrival) {
	s.end(a)
	s.add(a.addrs)
	s.hold = nil
	if a.qtype == "A" && s.pending > 0 {
		s.hold = time.After(s.network.timeouts.resolutionDelay)
	}
}

func (s *supplier) add(addrs []netip.Addr) {
	for _, addr := range addrs {
		if s.rules.refuses(addr) != "" {
			s.refused = append(s.refused, addr)
			continue
		}
		s.queue.add(addr)
	}
}
