package wire

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"

	"github.com/mailmedic/mailmedic/mail"
)

// secured serves TLS over a pipe.
func secured(cert *tls.Certificate, serve func(net.Conn)) func(net.Conn) {
	return func(conn net.Conn) {
		secure := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{*cert}, Time: now, SessionTicketsDisabled: true})
		if secure.Handshake() == nil {
			serve(secure)
		}
	}
}

// framedOverPipe serves DNS as a stream.
func (a answerer) framedOverPipe(conn net.Conn) {
	for {
		message, err := readFrame(conn)
		q := new(dns.Msg)
		if err != nil || q.Unpack(message) != nil {
			return
		}
		if answer := a(q); answer != nil {
			packed, _ := answer.Pack()
			_, _ = conn.Write(framed(packed))
		}
	}
}

func TestPatienceWithAResolverOverTLS(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t, "Root")
	cert := ca.issue(t, func(c *x509.Certificate) { c.IPAddresses = []net.IP{net.IPv4(192, 0, 2, 53)} })
	for _, c := range []struct {
		name  string
		serve func(*testing.T) func(net.Conn)
		took  time.Duration
		want  string // in the failure, "" for a good answer
	}{
		{"that drops what is sent to its port", func(*testing.T) func(net.Conn) { return nil }, 5 * time.Second, "tls://192.0.2.53:853: no answer from 192.0.2.53:853 within 2.5 s"},
		{"that never ends the handshake", func(*testing.T) func(net.Conn) { return drain }, 5 * time.Second, "the time was over"},
		{"that never answers", func(*testing.T) func(net.Conn) { return secured(&cert, drain) }, 5 * time.Second, "the time was over"},
		{"whose first connection has fallen silent", func(t *testing.T) func(net.Conn) {
			var opened atomic.Int32
			good := mailZone.answerer(t)
			return secured(&cert, func(conn net.Conn) {
				if opened.Add(1) == 1 {
					drain(conn)
				}
				good.framedOverPipe(conn)
			})
		}, 1500 * time.Millisecond, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := &world{servers: map[string]func(net.Conn){"tcp4 192.0.2.53:853": c.serve(t)}}
				n := w.network(t, Options{Resolvers: []string{"tls://192.0.2.53"}, Roots: ca.pool(), Now: now})
				begin := time.Now()
				f := n.Lookup(t.Context(), "example.com", "MX").Failure()
				if took := time.Since(begin); took != c.took {
					t.Errorf("it took %v", took)
				}
				if (f == nil) != (c.want == "") || f != nil && (f.Class != mail.DNSTimeout || !strings.Contains(f.Detail, c.want)) {
					t.Errorf("got %v", f)
				}
				n.Close()
				w.running.Wait()
			})
		})
	}
}

func TestAFirewallThatSwallowsEDNS(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		good := mailZone.answerer(t)
		w := &world{servers: map[string]func(net.Conn){"udp4 192.0.2.53:53": answerer(func(q *dns.Msg) *dns.Msg {
			if q.IsEdns0() != nil {
				return nil
			}
			return good(q)
		}).overPipe}}
		n := w.network(t, Options{})
		begin := time.Now()
		if a := n.Lookup(t.Context(), "example.com", "MX"); len(a.MX) != 2 || time.Since(begin) != 1500*time.Millisecond {
			t.Errorf("after %v: %v", time.Since(begin), a.Failure())
		}
		begin = time.Now()
		if a := n.Lookup(t.Context(), "example.com", "TXT"); len(a.TXT) != 2 || time.Since(begin) != 0 {
			t.Errorf("nothing was learned: after %v: %v", time.Since(begin), a.Failure())
		}
	})
}

func TestALostDatagramDoesNotCostEDNS(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		good := mailZone.answerer(t)
		var asked, extended atomic.Int32
		w := &world{servers: map[string]func(net.Conn){"udp4 192.0.2.53:53": answerer(func(q *dns.Msg) *dns.Msg {
			if q.IsEdns0() != nil {
				extended.Add(1)
			}
			if asked.Add(1) == 2 {
				return nil
			}
			return good(q)
		}).overPipe}}
		n := w.network(t, Options{})
		for _, qtype := range []string{"MX", "TXT", "A"} {
			n.Lookup(t.Context(), "example.com", qtype)
		}
		if extended.Load() != 3 {
			t.Errorf("%d of 3 questions came with EDNS", extended.Load())
		}
	})
}
