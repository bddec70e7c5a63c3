package lab

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

func (r *Running) openDNS() error {
	at := netip.AddrPortFrom(r.world.dns.Resolver, dnsPort)
	udp, err := r.listenUDP()
	if err != nil {
		return err
	}
	r.udp[at] = realAddress(udp.LocalAddr())
	r.spawn(func() { r.answerUDP(udp) })
	void, err := r.listenUDP()
	if err != nil {
		return err
	}
	r.void = realAddress(void.LocalAddr())
	return r.listen([]netip.AddrPort{at}, r.answerTCP)
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

func (r *Running) answerUDP(conn net.PacketConn) {
	buffer := make([]byte, dns.MaxMsgSize)
	for {
		n, from, err := conn.ReadFrom(buffer)
		if r.ctx.Err() != nil {
			return
		}
		if err != nil {
			continue // such as a refused answer to a client that has left
		}
		reply := r.answer(buffer[:n], "udp")
		if reply == nil {
			continue
		}
		if packed, err := reply.Pack(); err == nil {
			_, _ = conn.WriteTo(packed, from) // nobody else can be told
		}
	}
}

func (r *Running) answerTCP(conn net.Conn) {
	c := &dns.Conn{Conn: conn}
	buffer := make([]byte, dns.MaxMsgSize)
	for {
		n, err := c.Read(buffer)
		if err != nil {
			return
		}
		if reply := r.answer(buffer[:n], "tcp"); reply != nil && c.WriteMsg(reply) != nil {
			return
		}
	}
}

// answer gives the reply to a packed question, and nil when there is to be none.
func (r *Running) answer(packed []byte, network string) *dns.Msg {
	query := new(dns.Msg)
	if query.Unpack(packed) != nil || query.Response || len(query.Question) != 1 {
		return nil
	}
	q := query.Question[0]
	name, qtype := dns.CanonicalName(q.Name), dns.TypeToString[q.Qtype]
	r.recorder.record(func(j *Journal) {
		j.Questions = append(j.Questions, strings.ToLower(qtype)+":"+strings.TrimSuffix(name, "."))
	})
	reply := new(dns.Msg).SetReply(query)
	reply.RecursionAvailable = true
	switch fault := r.world.dnsFaultOf(name, qtype); {
	case fault == "timeout":
		return nil
	case fault == "servfail":
		reply.Rcode = dns.RcodeServerFailure
	case fault == "refused":
		reply.Rcode = dns.RcodeRefused
	case fault == "truncate" && network == "udp":
		reply.Truncated = true
	default:
		reply.Answer, reply.Rcode = r.world.zone.resolve(name, q.Qtype)
		reply.AuthenticatedData = wantsAD(query) && r.world.secure(name, reply.Answer)
	}
	size := dns.MinMsgSize
	if opt := query.IsEdns0(); opt != nil {
		size = max(size, int(opt.UDPSize()))
		reply.SetEdns0(1232, opt.Do())
	}
	if network == "udp" {
		reply.Truncate(size)
	}
	return reply
}

// wantsAD reports whether a client understands the AD bit (RFC 6840 section 5.7).
func wantsAD(query *dns.Msg) bool {
	opt := query.IsEdns0()
	return query.AuthenticatedData || opt != nil && opt.Do()
}

// secure reports whether a name and all names of an answer are signed.
func (w *World) secure(name string, answer []dns.RR) bool {
	names := []string{name}
	for _, rr := range answer {
		names = append(names, rr.Header().Name)
	}
	for _, name := range names {
		signed := slices.ContainsFunc(w.dns.Secure, func(zone string) bool {
			return dns.IsSubDomain(dns.CanonicalName(zone), dns.CanonicalName(name))
		})
		if !signed {
			return false
		}
	}
	return true
}

// dnsFaultOf gives the first fault that a question meets.
func (w *World) dnsFaultOf(name, qtype string) string {
	for _, f := range w.dns.Faults {
		if f.meets(name) && (f.Type == "" || strings.EqualFold(f.Type, qtype)) {
			return f.Fault
		}
	}
	return ""
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
