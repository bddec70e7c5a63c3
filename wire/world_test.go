package wire

import (
	"context"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/miekg/dns"
)

// A world is what a Network's dial function leads to: servers by "udp4
// 192.0.2.53:53" or the like, each at the other end of a pipe, so that tests
// with the clock of testing/synctest can use it. A nil server drops what is
// sent to it; where there is none, the connection is refused.
type world struct {
	servers map[string]func(net.Conn)
	mu      sync.Mutex
	dialed  []string // addresses in the order of the attempts
	running sync.WaitGroup
}

func (w *world) dial(ctx context.Context, network string, to netip.AddrPort) (net.Conn, error) {
	key := network + " " + to.String()
	w.mu.Lock()
	w.dialed = append(w.dialed, key)
	w.mu.Unlock()
	serve, ok := w.servers[key]
	switch {
	case !ok && strings.HasPrefix(network, "tcp"):
		return nil, &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	case serve == nil && strings.HasPrefix(network, "tcp"):
		<-ctx.Done()
		return nil, ctx.Err()
	case !ok:
		serve = func(conn net.Conn) {} // a datagram to nobody
	case serve == nil:
		serve = func(conn net.Conn) { drain(conn) }
	}
	here, there := net.Pipe()
	w.running.Go(func() {
		serve(there)
		_ = there.Close()
	})
	return here, nil
}

func (w *world) tries() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.dialed...)
}

func drain(conn net.Conn) {
	buffer := make([]byte, 4096)
	for {
		if _, err := conn.Read(buffer); err != nil {
			return
		}
	}
}

const resolverAddress = "192.0.2.53"

// network makes a Network whose resolver is 192.0.2.53 in w.
func (w *world) network(t testing.TB, o Options) *Network {
	t.Helper()
	if len(o.Resolvers) == 0 {
		o.Resolvers = []string{resolverAddress}
	}
	o.Dial = w.dial
	n, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		n.Close()
		w.running.Wait()
	})
	return n
}

// An answerer gives the answer to a DNS question, nil for silence.
type answerer func(q *dns.Msg) *dns.Msg

// overPipe serves DNS over the pipe of a UDP "socket".
func (a answerer) overPipe(conn net.Conn) {
	buffer := make([]byte, 4096)
	for {
		n, err := conn.Read(buffer)
		if err != nil {
			return
		}
		q := new(dns.Msg)
		if q.Unpack(buffer[:n]) != nil {
			return
		}
		if answer := a(q); answer != nil {
			packed, _ := answer.Pack()
			if _, err := conn.Write(packed); err != nil {
				return
			}
		}
	}
}

// zone is a zone file with its answers. Names without any record do not exist.
type zone string

func (z zone) records(t testing.TB) []dns.RR {
	t.Helper()
	var records []dns.RR
	p := dns.NewZoneParser(strings.NewReader(string(z)), ".", "")
	p.SetDefaultTTL(60)
	for rr, ok := p.Next(); ok; rr, ok = p.Next() {
		records = append(records, rr)
	}
	if err := p.Err(); err != nil {
		t.Fatal(err)
	}
	return records
}

// answerer answers as a recursive resolver does, following aliases.
func (z zone) answerer(t testing.TB) answerer {
	records := z.records(t)
	return func(q *dns.Msg) *dns.Msg {
		answer := new(dns.Msg).SetReply(q)
		answer.RecursionAvailable = true
		name := q.Question[0].Name
		for range 20 {
			found, exists, alias := z.find(records, name, q.Question[0].Qtype)
			answer.Answer = append(answer.Answer, found...)
			if !exists {
				answer.Rcode = dns.RcodeNameError
			}
			if alias == "" {
				break
			}
			name = alias
		}
		return answer
	}
}

func (zone) find(records []dns.RR, name string, qtype uint16) (found []dns.RR, exists bool, alias string) {
	for _, rr := range records {
		if !strings.EqualFold(rr.Header().Name, name) {
			continue
		}
		exists = true
		if c, ok := rr.(*dns.CNAME); ok && qtype != dns.TypeCNAME {
			return []dns.RR{rr}, true, c.Target
		}
		if rr.Header().Rrtype == qtype {
			found = append(found, rr)
		}
	}
	return found, exists, ""
}

// resolverAt starts a DNS server on loopback, UDP and TCP on the same port.
func resolverAt(t testing.TB, a answerer) netip.AddrPort {
	t.Helper()
	handler := dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		if answer := a(q); answer != nil {
			if w.LocalAddr().Network() == "udp" {
				answer.Truncate(udpSize)
			}
			_ = w.WriteMsg(answer)
		}
	})
	return serveDNS(t, handler, handler)
}

func serveDNS(t testing.TB, overUDP, overTCP dns.Handler) netip.AddrPort {
	t.Helper()
	for range 10 { // until a port is free for both
		packets, err := net.ListenPacket("udp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		listener, err := net.Listen("tcp4", packets.LocalAddr().String())
		if err != nil {
			_ = packets.Close()
			continue
		}
		for _, server := range []*dns.Server{{PacketConn: packets, Handler: overUDP}, {Listener: listener, Handler: overTCP}} {
			started, done := make(chan struct{}), make(chan struct{})
			server.NotifyStartedFunc = func() { close(started) }
			go func() {
				defer close(done)
				_ = server.ActivateAndServe()
			}()
			<-started
			t.Cleanup(func() {
				_ = server.Shutdown()
				<-done
			})
		}
		return netip.MustParseAddrPort(packets.LocalAddr().String())
	}
	t.Fatal("no port is free for both UDP and TCP")
	return netip.AddrPort{}
}

// networkAt makes a Network with a resolver on loopback.
func networkAt(t testing.TB, server netip.AddrPort, o Options) *Network {
	t.Helper()
	o.Resolvers = []string{server.String()}
	n, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	return n
}
