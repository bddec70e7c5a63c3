package wire

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/miekg/dns"

	"github.com/mailmedic/mailmedic/mail"
)

const aliasZone = zone(`
one.example.com.   CNAME Two.example.com.
two.example.com.   CNAME three.example.net.
three.example.net. A     192.0.2.1
gone.example.com.  CNAME nowhere.example.net.
empty.example.com. CNAME only6.example.net.
only6.example.net. AAAA  2001:db8::1
self.example.com.  CNAME self.example.com.
ping.example.com.  CNAME pong.example.com.
pong.example.com.  CNAME ping.example.com.
`)

// stopping answers as a server does that follows no alias.
func (z zone) stopping(t *testing.T) answerer {
	records := z.records(t)
	return func(q *dns.Msg) *dns.Msg {
		answer := new(dns.Msg).SetReply(q)
		found, exists, _ := z.find(records, q.Question[0].Name, q.Question[0].Qtype)
		answer.Answer = found
		if !exists {
			answer.Rcode = dns.RcodeNameError
		}
		return answer
	}
}

func TestAliases(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, ask string
		aliases   []string
		addrs     int
		class     mail.Class
		detail    string
	}{
		{"are followed to the end", "one.example.com", []string{"two.example.com", "three.example.net"}, 1, "", ""},
		{"may lead to a name that does not exist", "gone.example.com", []string{"nowhere.example.net"}, 0, mail.DNSNXDomain, "nowhere.example.net, of which gone.example.com is an alias"},
		{"may lead to a name without such a record", "empty.example.com", []string{"only6.example.net"}, 0, mail.DNSNoData, "only6.example.net"},
		{"may lead to themselves", "self.example.com", nil, 0, mail.DNSServFail, "circle"},
		{"may run in a circle", "ping.example.com", []string{"pong.example.com"}, 0, mail.DNSServFail, "circle"},
	}
	for mode, answer := range map[string]answerer{"in one answer": aliasZone.answerer(t), "in one answer each": aliasZone.stopping(t)} {
		n := networkAt(t, resolverAt(t, answer), Options{})
		for _, c := range cases {
			t.Run(c.name+" "+mode, func(t *testing.T) {
				t.Parallel()
				a := n.Lookup(t.Context(), c.ask, "A")
				if !slices.Equal(a.Observation.Aliases, c.aliases) || len(a.Addrs) != c.addrs {
					t.Errorf("aliases %v, addresses %v", a.Observation.Aliases, a.Addrs)
				}
				if classIn(a.Failure()) != c.class || c.detail != "" && !strings.Contains(a.Failure().Detail, c.detail) {
					t.Errorf("failure %v, want %s with %q", a.Failure(), c.class, c.detail)
				}
			})
		}
	}
}

func TestALookupOfTheAliasItself(t *testing.T) {
	t.Parallel()
	n := networkAt(t, resolverAt(t, aliasZone.answerer(t)), Options{})
	a := n.Lookup(t.Context(), "one.example.com", "CNAME")
	if a.Failure() != nil || !slices.Equal(a.Observation.Records, []string{"Two.example.com."}) || a.Observation.Aliases != nil {
		t.Errorf("%v, %v", a.Observation.DNSFacts, a.Failure())
	}
}

func TestTheLengthOfAChain(t *testing.T) {
	t.Parallel()
	var z strings.Builder
	for i := range 20 {
		fmt.Fprintf(&z, "n%d.example.com. CNAME n%d.example.com.\n", i, i+1)
	}
	z.WriteString("n20.example.com. A 192.0.2.1\n")
	n := networkAt(t, resolverAt(t, zone(z.String()).stopping(t)), Options{})
	if a := n.Lookup(t.Context(), "n12.example.com", "A"); len(a.Addrs) != 1 || len(a.Observation.Aliases) != 8 {
		t.Errorf("eight aliases: %v after %v", a.Failure(), a.Observation.Aliases)
	}
	if a := n.Lookup(t.Context(), "n11.example.com", "A"); classIn(a.Failure()) != mail.DNSServFail {
		t.Errorf("nine aliases: %v", a.Failure())
	}
}

func TestADenialEndsTheChainWithoutAnotherQuestion(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	answer := aliasZone.answerer(t)
	soa, err := dns.NewRR("example.net. SOA ns.example.net. root.example.net. 1 2 3 4 5")
	if err != nil {
		t.Fatal(err)
	}
	n := networkAt(t, resolverAt(t, func(q *dns.Msg) *dns.Msg {
		asked.Add(1)
		m := answer(q)
		m.Ns = []dns.RR{soa}
		return m
	}), Options{})
	if a := n.Lookup(t.Context(), "empty.example.com", "A"); classIn(a.Failure()) != mail.DNSNoData || asked.Load() != 1 {
		t.Errorf("%v after %d questions", a.Failure(), asked.Load())
	}
}

func TestRecordsOfOtherNamesDoNotCount(t *testing.T) {
	t.Parallel()
	n := networkAt(t, resolverAt(t, func(q *dns.Msg) *dns.Msg {
		m := new(dns.Msg).SetReply(q)
		m.Answer = zone("evil.example.net. A 192.0.2.66\n").records(t)
		return m
	}), Options{})
	if a := n.Lookup(t.Context(), "imap.example.com", "A"); len(a.Addrs) != 0 || classIn(a.Failure()) != mail.DNSNoData {
		t.Errorf("got %v, %v", a.Addrs, a.Failure())
	}
}

func TestAuthenticAnswers(t *testing.T) {
	t.Parallel()
	records := zone("one.example.com. CNAME two.example.com.\ntwo.example.com. A 192.0.2.1\n")
	signed := func(names ...string) answerer {
		plain := records.stopping(t)
		return func(q *dns.Msg) *dns.Msg {
			m := plain(q)
			m.AuthenticatedData = q.AuthenticatedData && slices.Contains(names, q.Question[0].Name)
			return m
		}
	}
	w := &world{servers: map[string]func(net.Conn){"udp4 192.0.2.53:53": signed("one.example.com.", "two.example.com.").overPipe}}
	far := w.network(t, Options{})
	if a := far.Lookup(t.Context(), "one.example.com", "A"); a.Authentic() || a.Observation.Authentic != mail.NotKnown {
		t.Errorf("the bit of a far resolver counts as %v", a.Observation.Authentic)
	}
	w = &world{servers: map[string]func(conn net.Conn){"udp4 192.0.2.53:53": signed("two.example.com.").overPipe}}
	far = w.network(t, Options{})
	if a := far.Lookup(t.Context(), "one.example.com", "A"); a.Observation.Authentic != mail.No {
		t.Errorf("an alias without the bit counts as %v", a.Observation.Authentic)
	}
	for _, c := range []struct {
		name   string
		signed []string
		want   mail.Fact
	}{
		{"all answers are signed", []string{"one.example.com.", "two.example.com."}, mail.Yes},
		{"the last answer is not signed", []string{"one.example.com."}, mail.No},
		{"the first answer is not signed", []string{"two.example.com."}, mail.No},
		{"no answer is signed", nil, mail.No},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n := networkAt(t, resolverAt(t, signed(c.signed...)), Options{})
			a := n.Lookup(t.Context(), "one.example.com", "A")
			if a.Observation.Authentic != c.want || a.Authentic() != (c.want == mail.Yes) {
				t.Errorf("got %v, want %v", a.Observation.Authentic, c.want)
			}
		})
	}
}
