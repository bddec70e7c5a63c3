package wire

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"

	"github.com/mailmedic/mailmedic/mail"
)

const mailZone = zone(`
example.com.       MX   20 mx2.example.com.
example.com.       MX   10 MX1.Example.com.
example.com.       TXT  "v=spf1 " "-all"
example.com.       TXT  "semi\;colon \"quoted\" \195\188"
mx1.example.com.   A    192.0.2.2
mx1.example.com.   A    192.0.2.1
mx1.example.com.   AAAA 2001:db8::1
null.example.com.  MX   0 .
_imaps._tcp.example.com. SRV 10 1 993 light.example.com.
_imaps._tcp.example.com. SRV 10 9 993 heavy.example.com.
_imaps._tcp.example.com. SRV 0 0 993 first.example.com.
_pop3._tcp.example.com.  SRV 0 0 0 .
`)

func TestLookup(t *testing.T) {
	t.Parallel()
	n := networkAt(t, resolverAt(t, mailZone.answerer(t)), Options{})
	for _, c := range []struct {
		name, ask, qtype string
		id               string
		records          string
		class            mail.Class
	}{
		{"MX records come sorted", "Example.COM.", "mx", "mx:example.com", "10 MX1.Example.com.|20 mx2.example.com.", ""},
		{"a null MX is a record", "null.example.com", "MX", "mx:null.example.com", "0 .", ""},
		{"strings of TXT keep their form", "example.com", "TXT", "txt:example.com", `"semi;colon \"quoted\" \195\188"|"v=spf1 " "-all"`, ""},
		{"addresses", "mx1.example.com", "A", "a:mx1.example.com", "192.0.2.1|192.0.2.2", ""},
		{"a name that does not exist", "nowhere.example.com", "A", "a:nowhere.example.com", "", mail.DNSNXDomain},
		{"a name without such a record", "mx1.example.com", "MX", "mx:mx1.example.com", "", mail.DNSNoData},
		{"a name that is too long", strings.Repeat("long.", 60) + "example.com", "A", "", "", mail.DNSNXDomain},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := n.Lookup(t.Context(), c.ask, c.qtype)
			o := a.Observation
			if c.id != "" && o.ID != c.id {
				t.Errorf("ID is %q, want %q", o.ID, c.id)
			}
			if got := strings.Join(o.Records, "|"); got != c.records || o.Records == nil {
				t.Errorf("records are %s, want %s", got, c.records)
			}
			if classIn(a.Failure()) != c.class {
				t.Errorf("failure is %v, want class %q", a.Failure(), c.class)
			}
		})
	}
}

func classIn(f *mail.Failure) mail.Class {
	if f == nil {
		return ""
	}
	return f.Class
}

func TestLookupGivesRecordsInTheirOrder(t *testing.T) {
	t.Parallel()
	n := networkAt(t, resolverAt(t, mailZone.answerer(t)), Options{})
	mx := n.Lookup(t.Context(), "example.com", "MX").MX
	if len(mx) != 2 || mx[0] != (MX{10, "mx1.example.com"}) || mx[1] != (MX{20, "mx2.example.com"}) {
		t.Errorf("MX is %v", mx)
	}
	if null := n.Lookup(t.Context(), "null.example.com", "MX").MX; len(null) != 1 || null[0].Host != "." {
		t.Errorf("the null MX is %v", null)
	}
	var targets []string
	for _, srv := range n.Lookup(t.Context(), "_imaps._tcp.example.com", "SRV").SRV {
		targets = append(targets, srv.Target)
	}
	if got := strings.Join(targets, " "); got != "first.example.com heavy.example.com light.example.com" {
		t.Errorf("SRV targets are %s", got)
	}
	if srv := n.Lookup(t.Context(), "_pop3._tcp.example.com", "SRV").SRV; len(srv) != 1 || srv[0].Target != "." {
		t.Errorf("a service that is not offered is %v", srv)
	}
	txt := n.Lookup(t.Context(), "example.com", "TXT").TXT
	if len(txt) != 2 || txt[0] != `semi;colon "quoted" ü` || txt[1] != "v=spf1 -all" {
		t.Errorf("TXT is %q", txt)
	}
}

func TestLookupAsksOnceForAll(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	answer := mailZone.answerer(t)
	arrived, release := make(chan struct{}, 10), make(chan struct{})
	n := networkAt(t, resolverAt(t, func(q *dns.Msg) *dns.Msg {
		asked.Add(1)
		arrived <- struct{}{}
		<-release
		return answer(q)
	}), Options{})
	impatient, cancel := context.WithCancel(t.Context())
	first := make(chan Answer)
	go func() { first <- n.Lookup(impatient, "example.com", "MX") }()
	<-arrived
	second := make(chan Answer)
	go func() { second <- n.Lookup(t.Context(), "EXAMPLE.com", "MX") }()
	cancel()
	if a := <-first; classIn(a.Failure()) != mail.Deadline {
		t.Errorf("the cancelled caller got %v", a.Failure())
	}
	close(release)
	if a := <-second; len(a.MX) != 2 {
		t.Errorf("the other caller got %v", a.Failure())
	}
	if a := n.Lookup(impatient, "example.com", "MX"); len(a.MX) != 2 {
		t.Errorf("what is remembered is not told to a caller without time: %v", a.Failure())
	}
	if asked.Load() != 1 {
		t.Errorf("the resolver was asked %d times", asked.Load())
	}
}

func TestLookupGivesEachCallerItsOwnLists(t *testing.T) {
	t.Parallel()
	n := networkAt(t, resolverAt(t, mailZone.answerer(t)), Options{})
	n.Lookup(t.Context(), "example.com", "MX").MX[0].Host = "changed"
	if got := n.Lookup(t.Context(), "example.com", "MX").MX[0].Host; got != "mx1.example.com" {
		t.Errorf("another caller's change shows: %s", got)
	}
}

func TestALongAnswerComesOverTCP(t *testing.T) {
	t.Parallel()
	var long strings.Builder
	for i := range 200 {
		fmt.Fprintf(&long, "big.example.com. TXT \"%03d %s\"\n", i, strings.Repeat("x", 200))
	}
	n := networkAt(t, resolverAt(t, zone(long.String()).answerer(t)), Options{})
	a := n.Lookup(t.Context(), "big.example.com", "TXT")
	if len(a.TXT) != 200 {
		t.Fatalf("%d of 200 records came: %v", len(a.TXT), a.Failure())
	}
	if len(a.Observation.Records) != maxRecords {
		t.Errorf("the observation shows %d records", len(a.Observation.Records))
	}
}

func TestAnswersThatAreNotOurs(t *testing.T) {
	t.Parallel()
	good := mailZone.answerer(t)
	for _, c := range []struct {
		name  string
		spoil func(*dns.Msg)
	}{
		{"another ID", func(m *dns.Msg) { m.Id++ }},
		{"another name", func(m *dns.Msg) { m.Question[0].Name = "example.net." }},
		{"another type", func(m *dns.Msg) { m.Question[0].Qtype = dns.TypeTXT }},
		{"another class", func(m *dns.Msg) { m.Question[0].Qclass = dns.ClassCHAOS }},
		{"no question", func(m *dns.Msg) { m.Question = nil }},
		{"a query", func(m *dns.Msg) { m.Response = false }},
	} {
		t.Run(c.name+" is ignored", func(t *testing.T) {
			t.Parallel()
			handler := dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
				fake := good(q)
				fake.Answer = []dns.RR{&dns.MX{Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeMX, Class: dns.ClassINET}, Mx: "evil.example."}}
				c.spoil(fake)
				_ = w.WriteMsg(fake)
				_ = w.WriteMsg(good(q))
			})
			n := networkAt(t, serveDNS(t, handler, handler), Options{})
			if mx := n.Lookup(t.Context(), "example.com", "MX").MX; len(mx) != 2 {
				t.Errorf("got %v", mx)
			}
		})
	}
}

func TestTheNameOfTheAnswerMayDifferInCase(t *testing.T) {
	t.Parallel()
	good := mailZone.answerer(t)
	n := networkAt(t, resolverAt(t, func(q *dns.Msg) *dns.Msg {
		answer := good(q)
		answer.Question[0].Name = strings.ToUpper(answer.Question[0].Name)
		for _, rr := range answer.Answer {
			rr.Header().Name = "eXaMpLe.com."
		}
		return answer
	}), Options{})
	if a := n.Lookup(t.Context(), "example.com", "MX"); len(a.MX) != 2 {
		t.Error(a.Failure())
	}
}

func TestABrokenDatagramIsAskedForOverTCP(t *testing.T) {
	t.Parallel()
	good := mailZone.answerer(t)
	overTCP := dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) { _ = w.WriteMsg(good(q)) })
	for _, c := range []struct {
		name  string
		spoil func([]byte) []byte
	}{
		{"cut in the middle of a record", func(b []byte) []byte { return b[:len(b)-30] }},
		{"with a count of records that are not there", func(b []byte) []byte {
			binary.BigEndian.PutUint16(b[6:], 65535)
			return b[:12+17]
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			broken := dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
				packed, _ := good(q).Pack()
				_, _ = w.Write(c.spoil(packed))
			})
			n := networkAt(t, serveDNS(t, broken, overTCP), Options{})
			if a := n.Lookup(t.Context(), "example.com", "MX"); len(a.MX) != 2 {
				t.Error(a.Failure())
			}
			sick := networkAt(t, serveDNS(t, broken, broken), Options{})
			a := sick.Lookup(t.Context(), "example.com", "MX")
			if classIn(a.Failure()) == "" || !strings.Contains(a.Failure().Detail, "malformed") {
				t.Error(a.Failure())
			}
		})
	}
}

func TestAServerWithoutEDNS(t *testing.T) {
	t.Parallel()
	good := mailZone.answerer(t)
	n := networkAt(t, resolverAt(t, func(q *dns.Msg) *dns.Msg {
		if q.IsEdns0() != nil {
			refusal := new(dns.Msg).SetRcode(q, dns.RcodeFormatError)
			refusal.Question = nil
			return refusal
		}
		return good(q)
	}), Options{})
	if a := n.Lookup(t.Context(), "example.com", "MX"); len(a.MX) != 2 {
		t.Error(a.Failure())
	}
}

func TestOtherCodesAreServfail(t *testing.T) {
	t.Parallel()
	for rcode, name := range map[int]string{dns.RcodeServerFailure: "SERVFAIL", dns.RcodeRefused: "REFUSED", dns.RcodeNotImplemented: "NOTIMP"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int32
			n := networkAt(t, resolverAt(t, func(q *dns.Msg) *dns.Msg {
				asked.Add(1)
				answer := new(dns.Msg).SetRcode(q, rcode)
				answer.SetEdns0(udpSize, false)
				answer.IsEdns0().Option = []dns.EDNS0{&dns.EDNS0_EDE{InfoCode: dns.ExtendedErrorCodeDNSBogus, ExtraText: "bad\x1bsignature"}}
				return answer
			}), Options{})
			f := n.Lookup(t.Context(), "example.com", "MX").Failure()
			if classIn(f) != mail.DNSServFail || !strings.Contains(f.Detail, name) || !strings.Contains(f.Detail, `DNSSEC Bogus: bad\x1bsignature`) {
				t.Errorf("got %v", f)
			}
			if rcode == dns.RcodeServerFailure && asked.Load() != 1 {
				t.Errorf("a server that has answered was asked %d times", asked.Load())
			}
		})
	}
}

func TestALongAnswerWhereTCPIsBlocked(t *testing.T) {
	t.Parallel()
	cut := dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		m.Truncated = true
		_ = w.WriteMsg(m)
	})
	end := dns.HandlerFunc(func(w dns.ResponseWriter, _ *dns.Msg) { _ = w.Close() })
	n := networkAt(t, serveDNS(t, cut, end), Options{})
	f := n.Lookup(t.Context(), "example.com", "TXT").Failure()
	if classIn(f) != mail.DNSTimeout || !strings.Contains(f.Detail, "the answer needs TCP, and there: connection") {
		t.Errorf("got %v", f)
	}
}

func TestAnUnknownCode(t *testing.T) {
	t.Parallel()
	n := networkAt(t, resolverAt(t, func(q *dns.Msg) *dns.Msg { return new(dns.Msg).SetRcode(q, 12) }), Options{})
	if f := n.Lookup(t.Context(), "example.com", "A").Failure(); classIn(f) != mail.DNSServFail || !strings.Contains(f.Detail, "RCODE 12") {
		t.Errorf("got %v", f)
	}
}

// In the world of pipes every wait has the length that it has in the real one.

func TestADeadResolverCostsFiveSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &world{servers: map[string]func(net.Conn){"udp4 192.0.2.53:53": nil}}
		n := w.network(t, Options{})
		begin := time.Now()
		a := n.Lookup(t.Context(), "example.com", "MX")
		if took := time.Since(begin); took != 5*time.Second {
			t.Errorf("it took %v", took)
		}
		if f := a.Failure(); classIn(f) != mail.DNSTimeout || !strings.Contains(f.Detail, "192.0.2.53:53") {
			t.Errorf("got %v", f)
		}
		if got := len(w.tries()); got != 3 {
			t.Errorf("it was asked %d times, want 3", got)
		}
		begin = time.Now()
		if a = n.Lookup(t.Context(), "example.com", "MX"); a.Failure() == nil || time.Since(begin) != 0 {
			t.Error("the second caller waits again")
		}
	})
}

func TestTheNextResolverIsAskedAfterATry(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		first func(*testing.T) func(net.Conn)
		took  time.Duration
	}{
		{"when the first is silent", func(*testing.T) func(net.Conn) { return nil }, 1500 * time.Millisecond},
		{"at once when the first fails", func(*testing.T) func(net.Conn) {
			return answerer(func(q *dns.Msg) *dns.Msg { return new(dns.Msg).SetRcode(q, dns.RcodeServerFailure) }).overPipe
		}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := &world{servers: map[string]func(net.Conn){
					"udp4 192.0.2.53:53": c.first(t),
					"udp4 192.0.2.54:53": mailZone.answerer(t).overPipe,
				}}
				n := w.network(t, Options{Resolvers: []string{resolverAddress, "192.0.2.54"}})
				begin := time.Now()
				a := n.Lookup(t.Context(), "example.com", "MX")
				if time.Since(begin) != c.took || len(a.MX) != 2 || a.Observation.Resolver != "192.0.2.54:53" {
					t.Errorf("after %v from %s: %v", time.Since(begin), a.Observation.Resolver, a.Failure())
				}
			})
		})
	}
}

func TestALateAnswerOfTheFirstResolverCounts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		good := mailZone.answerer(t)
		w := &world{servers: map[string]func(net.Conn){"udp4 192.0.2.53:53": answerer(func(q *dns.Msg) *dns.Msg {
			<-time.After(4 * time.Second) // on the clock of the bubble
			return good(q)
		}).overPipe}}
		n := w.network(t, Options{})
		if a := n.Lookup(t.Context(), "example.com", "MX"); len(a.MX) != 2 {
			t.Error(a.Failure())
		}
	})
}

func TestNobodyListensAtTheResolver(t *testing.T) {
	t.Parallel()
	socket, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := netip.MustParseAddrPort(socket.LocalAddr().String())
	_ = socket.Close()
	n := networkAt(t, at, Options{})
	f := n.Lookup(t.Context(), "example.com", "MX").Failure()
	if classIn(f) != mail.DNSTimeout || !strings.Contains(f.Detail, at.String()+": connection refused") {
		t.Errorf("got %v", f)
	}
}

func TestAMachineWithoutResolvers(t *testing.T) {
	t.Parallel()
	n := networkAt(t, netip.MustParseAddrPort("127.0.0.1:9"), Options{})
	n.resolver.upstreams = nil
	f := n.Lookup(t.Context(), "example.com", "MX").Failure()
	if classIn(f) != mail.DNSTimeout || !strings.Contains(f.Detail, "--resolver") {
		t.Errorf("got %v", f)
	}
}

func TestLookupAfterClose(t *testing.T) {
	t.Parallel()
	n := networkAt(t, resolverAt(t, mailZone.answerer(t)), Options{})
	n.Close()
	if f := n.Lookup(t.Context(), "example.com", "MX").Failure(); classIn(f) != mail.Deadline {
		t.Errorf("got %v", f)
	}
}
