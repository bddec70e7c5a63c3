package wire

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"

	"github.com/mailmedic/mailmedic/mail"
)

var imaps = mail.Endpoint{Protocol: mail.IMAP, Security: mail.TLS, Host: "imap.example.com", Port: 993}

const dualZone = zone("imap.example.com. A 192.0.2.1\nimap.example.com. AAAA 2001:db8::1\n")

// greet is a server that says one line and waits for the end.
func greet(conn net.Conn) {
	_, _ = conn.Write([]byte("* OK hello\r\n"))
	drain(conn)
}

// dialIn dials in a world with the clock of a bubble, and gives the time it took.
func dialIn(t *testing.T, w *world, o Options, e mail.Endpoint) (Dialed, time.Duration) {
	t.Helper()
	n := w.network(t, o)
	begin := time.Now()
	d := n.Dial(t.Context(), e)
	took := time.Since(begin)
	if d.Conn != nil {
		_ = d.Conn.Close()
	}
	if (d.Conn == nil) != (d.Failure != nil) {
		t.Errorf("a connection and a failure: %v", d.Failure)
	}
	return d, took
}

// summary writes the dial observations of d as "192.0.2.1 refused".
func summary(d Dialed) string {
	var words []string
	for _, o := range d.Observations {
		if o.Kind == mail.KindDial {
			words = append(words, strings.TrimSpace(o.Address+" "+string(classIn(o.Failure))))
		}
	}
	return strings.Join(words, ", ")
}

func TestDial(t *testing.T) {
	t.Parallel()
	const v4, v6 = "tcp4 192.0.2.1:993", "tcp6 [2001:db8::1]:993"
	for _, c := range []struct {
		name    string
		zone    zone
		servers map[string]func(net.Conn)
		options Options
		want    string // the dial observations
		class   mail.Class
		took    time.Duration
	}{
		{"IPv6 wins when both work", dualZone, map[string]func(net.Conn){v4: greet, v6: greet}, Options{}, "2001:db8::1", "", 0},
		{"IPv4 follows after 250 ms when IPv6 is silent, which is no observation then", dualZone, map[string]func(net.Conn){v4: greet, v6: nil}, Options{}, "192.0.2.1", "", 250 * time.Millisecond},
		{"IPv4 follows at once when IPv6 fails", dualZone, map[string]func(net.Conn){v4: greet}, Options{}, "2001:db8::1 refused, 192.0.2.1", "", 0},
		{"both are refused", dualZone, nil, Options{}, "2001:db8::1 refused, 192.0.2.1 refused", mail.Refused, 0},
		{"both are silent", dualZone, map[string]func(net.Conn){v4: nil, v6: nil}, Options{}, "2001:db8::1 timeout, 192.0.2.1 timeout", mail.Timeout, 8250 * time.Millisecond},
		{"an answer tells more than silence", dualZone, map[string]func(net.Conn){v6: nil}, Options{}, "2001:db8::1 timeout, 192.0.2.1 refused", mail.Refused, 8 * time.Second},
		{"only IPv4 is wanted", dualZone, map[string]func(net.Conn){v4: greet, v6: greet}, Options{OnlyIPv4: true}, "192.0.2.1", "", 0},
		{"only IPv6 is wanted", dualZone, map[string]func(net.Conn){v4: greet, v6: greet}, Options{OnlyIPv6: true}, "2001:db8::1", "", 0},
		{"the name does not exist", "", nil, Options{}, "dns-nxdomain", mail.DNSNXDomain, 0},
		{"the name has no address", `imap.example.com. TXT "x"`, nil, Options{}, "dns-nodata", mail.DNSNoData, 0},
		{"the name has no address of the only family", "imap.example.com. AAAA 2001:db8::1\n", nil, Options{OnlyIPv4: true}, "policy", mail.PolicyRefused, 0},
		{"nor of the other", "imap.example.com. A 192.0.2.1\n", nil, Options{OnlyIPv6: true}, "policy", mail.PolicyRefused, 0},
		{"the name does not exist for the only family", "", nil, Options{OnlyIPv4: true}, "dns-nxdomain", mail.DNSNXDomain, 0},
		{"a metadata address is never tried", "imap.example.com. A 169.254.169.254\n", nil, Options{}, "policy", mail.PolicyRefused, 0},
		{"a mapped one is no way around", "imap.example.com. AAAA ::ffff:169.254.169.254\n", nil, Options{}, "policy", mail.PolicyRefused, 0},
		{"a refused address beside another is observed", "imap.example.com. A 192.0.2.1\nimap.example.com. A 224.0.0.1\n", map[string]func(net.Conn){v4: greet}, Options{}, "192.0.2.1, 224.0.0.1 policy", "", 0},
		{"private addresses are allowed", "imap.example.com. A 10.0.0.1\n", map[string]func(net.Conn){"tcp4 10.0.0.1:993": greet}, Options{}, "10.0.0.1", "", 0},
		{"private addresses are refused when told", "imap.example.com. A 10.0.0.1\n", map[string]func(net.Conn){"tcp4 10.0.0.1:993": greet}, Options{RefusePrivate: true}, "policy", mail.PolicyRefused, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := &world{servers: map[string]func(net.Conn){"udp4 192.0.2.53:53": c.zone.answerer(t).overPipe}}
				for at, serve := range c.servers {
					w.servers[at] = serve
				}
				d, took := dialIn(t, w, c.options, imaps)
				if got := summary(d); got != c.want {
					t.Errorf("dial observations: %s, want %s", got, c.want)
				}
				if classIn(d.Failure) != c.class || took != c.took {
					t.Errorf("failure %v after %v, want %q after %v", d.Failure, took, c.class, c.took)
				}
			})
		})
	}
}

// Who tries one address after the other learns how long that takes; where one
// was enough there is nothing to tell.
func TestARaceTellsHowLongItTook(t *testing.T) {
	t.Parallel()
	const v4, v6 = "tcp4 192.0.2.1:993", "tcp6 [2001:db8::1]:993"
	for _, c := range []struct {
		name    string
		servers map[string]func(net.Conn)
		want    int64 // ms, -1 for not told
	}{
		{"the first address is silent", map[string]func(net.Conn){v4: greet, v6: nil}, 250},
		{"the first address refuses", map[string]func(net.Conn){v4: greet}, 0},
		{"the first address answers", map[string]func(net.Conn){v4: greet, v6: greet}, -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := &world{servers: map[string]func(net.Conn){"udp4 192.0.2.53:53": dualZone.answerer(t).overPipe}}
				for at, serve := range c.servers {
					w.servers[at] = serve
				}
				d, _ := dialIn(t, w, Options{}, imaps)
				got := int64(-1)
				for _, o := range d.Observations {
					if o.Kind == mail.KindDial && o.Failure == nil && o.DialFacts != nil {
						got = o.RacedMS
					}
				}
				if got != c.want {
					t.Errorf("raced for %d ms, want %d", got, c.want)
				}
			})
		})
	}
}

func TestTheObservationsOfADial(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &world{servers: map[string]func(net.Conn){"udp4 192.0.2.53:53": dualZone.answerer(t).overPipe}}
		d, _ := dialIn(t, w, Options{}, imaps)
		var ids []string
		for _, o := range d.Observations {
			ids = append(ids, o.ID)
		}
		want := []string{
			"a:imap.example.com", "aaaa:imap.example.com",
			"dial:imaps://imap.example.com:993#2001:db8::1", "dial:imaps://imap.example.com:993#192.0.2.1",
		}
		if !slices.Equal(ids, want) {
			t.Errorf("ids are %v", ids)
		}
		last := d.Observations[3]
		if last.Subject != imaps.String() || last.Failure.Detail != "connection refused by 192.0.2.1:993" {
			t.Errorf("%s: %s", last.Subject, last.Failure.Detail)
		}
	})
}

func TestDialToAnAddressAsksNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &world{servers: map[string]func(net.Conn){"tcp6 [2001:db8::9]:993": greet}}
		literal := imaps
		literal.Host = "2001:db8::9"
		d, _ := dialIn(t, w, Options{}, literal)
		if got := w.tries(); len(got) != 1 || d.Failure != nil || d.Observations[0].ID != "dial:imaps://[2001:db8::9]:993#2001:db8::9" {
			t.Errorf("dialed %v: %v", got, d.Failure)
		}
		literal.Host = "::ffff:127.0.0.1"
		if d, _ = dialIn(t, w, Options{RefusePrivate: true}, literal); classIn(d.Failure) != mail.PolicyRefused {
			t.Errorf("a mapped loopback address: %v", d.Failure)
		}
		literal.Host = "192.0.2.1"
		if d, _ = dialIn(t, w, Options{OnlyIPv6: true}, literal); classIn(d.Failure) != mail.PolicyRefused {
			t.Errorf("an address of the other family: %v", d.Failure)
		}
	})
}

func TestALostAddressIsNamed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &world{servers: map[string]func(net.Conn){
			"udp4 192.0.2.53:53": dualZone.answerer(t).overPipe, "tcp6 [2001:db8::1]:993": nil, "tcp4 192.0.2.1:993": greet,
		}}
		if d, _ := dialIn(t, w, Options{}, imaps); addressList(d.Lost) != "2001:db8::1" {
			t.Errorf("lost are %v", d.Lost)
		}
		w.servers["tcp6 [2001:db8::1]:993"] = greet
		if d, _ := dialIn(t, w, Options{}, imaps); d.Lost != nil {
			t.Errorf("an address that was not tried has lost: %v", d.Lost)
		}
	})
}

func TestDialAddressGoesToOneAddressOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &world{servers: map[string]func(net.Conn){"tcp6 [2001:db8::1]:993": nil, "tcp4 192.0.2.1:993": greet}}
		n := w.network(t, Options{})
		begin := time.Now()
		d := n.DialAddress(t.Context(), imaps, netip.MustParseAddr("2001:db8::1"))
		if summary(d) != "2001:db8::1 timeout" || time.Since(begin) != 1750*time.Millisecond {
			t.Errorf("%s after %v", summary(d), time.Since(begin))
		}
		if d.Failure.Detail != "no answer from [2001:db8::1]:993 within 1.75 s" {
			t.Error(d.Failure.Detail)
		}
		if d.Observations[0].ID != "dial:imaps://imap.example.com:993#2001:db8::1" {
			t.Error(d.Observations[0].ID)
		}
	})
}

// slowly answers questions of one type after a time, never for a negative one.
func slowly(t *testing.T, z zone, times map[uint16]time.Duration) func(net.Conn) {
	answer := z.answerer(t)
	return answerer(func(q *dns.Msg) *dns.Msg {
		wait := times[q.Question[0].Qtype]
		if wait < 0 {
			return nil
		}
		<-time.After(wait) // on the clock of the bubble
		return answer(q)
	}).overPipe
}

func TestTheOrderOfTheAnswers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		times   map[uint16]time.Duration
		first   string
		took    time.Duration
		answers int
	}{
		{"IPv4 waits 50 ms for the other answer", map[uint16]time.Duration{dns.TypeAAAA: 40 * time.Millisecond}, "tcp6 [2001:db8::1]:993", 40 * time.Millisecond, 2},
		{"and no longer", map[uint16]time.Duration{dns.TypeAAAA: 100 * time.Millisecond}, "tcp4 192.0.2.1:993", 100 * time.Millisecond, 2},
		{"IPv6 waits for nobody", map[uint16]time.Duration{dns.TypeA: 100 * time.Millisecond}, "tcp6 [2001:db8::1]:993", 100 * time.Millisecond, 2},
		{"a connection is not held up by an answer that never comes", map[uint16]time.Duration{dns.TypeAAAA: -1}, "tcp4 192.0.2.1:993", 300 * time.Millisecond, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := &world{servers: map[string]func(net.Conn){
					"udp4 192.0.2.53:53": slowly(t, dualZone, c.times),
					"tcp4 192.0.2.1:993": greet, "tcp6 [2001:db8::1]:993": greet,
				}}
				d, took := dialIn(t, w, Options{}, imaps)
				tries := slices.DeleteFunc(w.tries(), func(s string) bool { return strings.HasPrefix(s, "udp") })
				if len(tries) == 0 || tries[0] != c.first || took != c.took {
					t.Errorf("tried %v in %v", tries, took)
				}
				if got := len(d.Observations) - 1; got != c.answers {
					t.Errorf("%d answers are observed, want %d", got, c.answers)
				}
			})
		})
	}
}

func TestALateAnswerIsTriedWhenTheOthersFail(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &world{servers: map[string]func(net.Conn){
			"udp4 192.0.2.53:53":     slowly(t, dualZone, map[uint16]time.Duration{dns.TypeAAAA: time.Second}),
			"tcp6 [2001:db8::1]:993": greet,
		}}
		if d, took := dialIn(t, w, Options{}, imaps); d.Failure != nil || took != time.Second {
			t.Errorf("%v after %v", d.Failure, took)
		}
	})
}

func TestOnlySomeOfManyAddressesAreTried(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		many := strings.Builder{}
		for _, last := range strings.Fields("1 2 3 4 5 6 7 8 9 10 11 12") {
			many.WriteString("imap.example.com. A 192.0.2." + last + "\n")
		}
		w := &world{servers: map[string]func(net.Conn){"udp4 192.0.2.53:53": zone(many.String()).answerer(t).overPipe}}
		d, _ := dialIn(t, w, Options{}, imaps)
		if got := strings.Count(summary(d), "refused"); got != MaxAddresses || !strings.HasPrefix(summary(d), "192.0.2.1 ") {
			t.Errorf("tried %s", summary(d))
		}
	})
}

func TestAddressesAlternateBetweenTheFamilies(t *testing.T) {
	t.Parallel()
	var q addressQueue
	for _, s := range strings.Fields("192.0.2.1 192.0.2.2 2001:db8::1 2001:db8::2 2001:db8::3 2001:db8::4") {
		q.add(netip.MustParseAddr(s))
	}
	var got []netip.Addr
	for addr, ok := q.peek(); ok; addr, ok = q.peek() {
		got = append(got, addr)
		q.pop()
	}
	if want := "2001:db8::1 192.0.2.1 2001:db8::2 192.0.2.2 2001:db8::3 2001:db8::4"; addressList(got) != want {
		t.Errorf("the order is %s", addressList(got))
	}
}

func TestTheEndOfTheRunEndsADial(t *testing.T) {
	t.Parallel()
	for name, resolver := range map[string]func(net.Conn){"while connecting": dualZone.answerer(t).overPipe, "while resolving": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := &world{servers: map[string]func(net.Conn){
					"udp4 192.0.2.53:53": resolver, "tcp4 192.0.2.1:993": nil, "tcp6 [2001:db8::1]:993": nil,
				}}
				n := w.network(t, Options{})
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				begin := time.Now()
				d := n.Dial(ctx, imaps)
				if classIn(d.Failure) != mail.Deadline || time.Since(begin) != time.Second {
					t.Errorf("%v after %v", d.Failure, time.Since(begin))
				}
			})
		})
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	n := networkAt(t, resolverAt(t, mailZone.answerer(t)), Options{})
	addrs, answers := n.Addresses(t.Context(), "mx1.example.com")
	if got := addressList(addrs); got != "2001:db8::1 192.0.2.1 192.0.2.2" || len(answers) != 2 || answers[0].Observation.Type != "A" {
		t.Errorf("%s, %d answers", got, len(answers))
	}
	for host, want := range map[string]string{"192.0.2.9": "192.0.2.9", "::ffff:192.0.2.9": "192.0.2.9", "localhost": "::1 127.0.0.1", "mail.localhost": "::1 127.0.0.1"} {
		if addrs, answers = n.Addresses(t.Context(), host); addressList(addrs) != want || answers != nil {
			t.Errorf("%s: %v", host, addrs)
		}
	}
}

func addressList(addrs []netip.Addr) string {
	var words []string
	for _, addr := range addrs {
		words = append(words, addr.String())
	}
	return strings.Join(words, " ")
}
