package lab

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// openDNS opens every resolver of the world.
func (r *Running) openDNS() error {
	void, err := r.listenUDP()
	if err != nil {
		return err
	}
	r.void = realAddress(void.LocalAddr())
	for _, s := range r.world.resolvers {
		if err := r.openResolver(s); err != nil {
			return fmt.Errorf("resolver %s: %w", s.Address, err)
		}
	}
	return nil
}

func (r *Running) openResolver(s *resolver) error {
	at := netip.AddrPortFrom(s.Address, dnsPort)
	udp, err := r.listenUDP()
	if err != nil {
		return err
	}
	r.udp[at] = realAddress(udp.LocalAddr())
	r.spawn(func() { r.answerUDP(s, udp) })
	if err := r.listen([]netip.AddrPort{at}, func(conn net.Conn, _ int) { r.answerStream(s, conn) }); err != nil {
		return err
	}
	return r.openEncrypted(s)
}

func (r *Running) listenUDP() (net.PacketConn, error) {
	conn, err := new(net.ListenConfig).ListenPacket(r.ctx, "udp4", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen on loopback: %w", err)
	}
	if !r.own(conn) {
		return nil, net.ErrClosed
	}
	return conn, nil
}

func (r *Running) answerUDP(s *resolver, conn net.PacketConn) {
	buffer := make([]byte, dns.MaxMsgSize)
	for {
		n, from, err := conn.ReadFrom(buffer)
		if r.ctx.Err() != nil {
			return
		}
		if err != nil {
			continue // such as a refused answer to a client that has left
		}
		reply := r.answer(s, buffer[:n], true)
		if reply == nil {
			continue
		}
		if packed, err := reply.Pack(); err == nil {
			_, _ = conn.WriteTo(packed, from) // nobody else can be told
		}
	}
}

// answerStream answers over TCP or TLS.
func (r *Running) answerStream(s *resolver, conn net.Conn) {
	c := &dns.Conn{Conn: conn}
	buffer := make([]byte, dns.MaxMsgSize)
	for {
		n, err := c.Read(buffer)
		if err != nil {
			return
		}
		if reply := r.answer(s, buffer[:n], false); reply != nil && c.WriteMsg(reply) != nil {
			return
		}
	}
}

// answer gives the reply to a packed question, and nil when there is to be none.
func (r *Running) answer(s *resolver, packed []byte, datagram bool) *dns.Msg {
	query := new(dns.Msg)
	if query.Unpack(packed) != nil || query.Response || len(query.Question) != 1 {
		return nil
	}
	q := query.Question[0]
	name, qtype := dns.CanonicalName(q.Name), dns.TypeToString[q.Qtype]
	r.recorder.record(func(j *Journal) {
		j.Questions = append(j.Questions, strings.ToLower(qtype)+":"+strings.TrimSuffix(name, "."))
	})
	fault := s.faultOf(name, qtype)
	reply := fault.reply(s, query, datagram)
	if reply == nil {
		return nil
	}
	size := dns.MinMsgSize
	if opt := query.IsEdns0(); opt != nil {
		size = max(size, int(opt.UDPSize()))
		reply.SetEdns0(1232, opt.Do())
		if fault.EDE != nil {
			extended := &dns.EDNS0_EDE{InfoCode: *fault.EDE, ExtraText: fault.EDEText}
			reply.IsEdns0().Option = append(reply.IsEdns0().Option, extended)
		}
	}
	if datagram {
		reply.Truncate(size)
	}
	return reply
}

// reply answers a question as the fault, which may be none, wants it.
func (f dnsFault) reply(s *resolver, query *dns.Msg, datagram bool) *dns.Msg {
	reply := new(dns.Msg).SetReply(query)
	reply.RecursionAvailable = true
	q := query.Question[0]
	switch {
	case f.Fault == "timeout", f.Fault == "no-edns" && query.IsEdns0() != nil:
		return nil
	case f.Fault == "servfail", f.Fault == "bogus" && !query.CheckingDisabled:
		reply.Rcode = dns.RcodeServerFailure
	case f.Fault == "refused":
		reply.Rcode = dns.RcodeRefused
	case f.Fault == "nxdomain":
		reply.Rcode = dns.RcodeNameError
	case f.Fault == "truncate" && datagram:
		reply.Truncated = true
	default:
		name := dns.CanonicalName(q.Name)
		reply.Answer, reply.Rcode = s.zone.resolve(name, q.Qtype)
		reply.AuthenticatedData = wantsAD(query) && s.secure(name, reply.Answer)
		if f.Fault == "rewrite" && reply.Rcode == dns.RcodeNameError {
			f.rewrite(reply)
		}
	}
	return reply
}

// rewrite makes a name that does not exist lead to an address, as resolvers
// with a search page do.
func (f dnsFault) rewrite(reply *dns.Msg) {
	q := reply.Question[0]
	header := dns.RR_Header{Name: q.Name, Rrtype: q.Qtype, Class: dns.ClassINET, Ttl: 60}
	switch {
	case q.Qtype == dns.TypeA && f.Address.Is4():
		reply.Answer, reply.Rcode = []dns.RR{&dns.A{Hdr: header, A: f.Address.AsSlice()}}, dns.RcodeSuccess
	case q.Qtype == dns.TypeAAAA && f.Address.Is6():
		reply.Answer, reply.Rcode = []dns.RR{&dns.AAAA{Hdr: header, AAAA: f.Address.AsSlice()}}, dns.RcodeSuccess
	}
}

// wantsAD reports whether a client understands the AD bit (RFC 6840 section 5.7).
func wantsAD(query *dns.Msg) bool {
	opt := query.IsEdns0()
	return query.AuthenticatedData || opt != nil && opt.Do()
}

// secure reports whether a name and all names of an answer are signed.
func (s *resolver) secure(name string, answer []dns.RR) bool {
	names := []string{name}
	for _, rr := range answer {
		names = append(names, rr.Header().Name)
	}
	for _, name := range names {
		signed := slices.ContainsFunc(s.signed, func(zone string) bool {
			return dns.IsSubDomain(dns.CanonicalName(zone), dns.CanonicalName(name))
		})
		if !signed {
			return false
		}
	}
	return true
}

// faultOf gives the first fault that a question meets; the zero one is none.
func (s *resolver) faultOf(name, qtype string) dnsFault {
	for _, f := range s.faults {
		if f.meets(name) && (f.Type == "" || strings.EqualFold(f.Type, qtype)) {
			return f
		}
	}
	return dnsFault{}
}

func (f dnsFault) meets(name string) bool {
	if f.Name == "*" {
		return true
	}
	if below, ok := strings.CutPrefix(f.Name, "*."); ok {
		below = dns.CanonicalName(below)
		return name != below && dns.IsSubDomain(below, name)
	}
	return name == dns.CanonicalName(f.Name)
}
