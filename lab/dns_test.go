package lab_test

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/mailmedic/mailmedic/lab"
)

const dnsWorld = `Names of all kinds
-- zone --
$ORIGIN zone.example.
@              MX     10 mail
mail           A      192.0.2.1
mail           A      192.0.2.2
alias          CNAME  mail
outward        CNAME  nowhere.example.
round          CNAME  trip
trip           CNAME  round
_imaps._tcp    SRV    0 1 993 mail
*.wild         TXT    "anything"
there.wild     A      192.0.2.3
signed         A      192.0.2.4
mixed          CNAME  mail.signed
mail.signed    CNAME  mail
broken         A      192.0.2.5
below.broken   A      192.0.2.6
refused        A      192.0.2.7
quiet          A      192.0.2.8
cut            A      192.0.2.9
halfquiet      A      192.0.2.10
-- servers.toml --
[dns]
secure = ["signed.zone.example", "mixed.zone.example"]
[[dns.fault]]
name = "*.broken.zone.example"
fault = "servfail"
[[dns.fault]]
name = "refused.zone.example"
fault = "refused"
[[dns.fault]]
name = "quiet.zone.example"
fault = "timeout"
[[dns.fault]]
name = "halfquiet.zone.example"
type = "AAAA"
fault = "timeout"
[[dns.fault]]
name = "cut.zone.example"
fault = "truncate"
`

// ask asks one question over the network, which is udp4 or tcp4.
func ask(t *testing.T, r *lab.Running, network, name, qtype string) *dns.Msg {
	t.Helper()
	query := new(dns.Msg).SetQuestion(name, dns.StringToType[qtype])
	query.SetEdns0(1232, true)
	conn, err := r.Dial(t.Context(), network, netip.MustParseAddrPort("192.0.2.53:53"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	reply, _, err := new(dns.Client).ExchangeWithConnContext(t.Context(), query, &dns.Conn{Conn: conn})
	if err != nil {
		t.Fatalf("%s %s over %s: %v", name, qtype, network, err)
	}
	return reply
}

func TestResolverAnswersAsResolversDo(t *testing.T) {
	t.Parallel()
	r := start(t, "dns.txtar", dnsWorld, lab.Options{})
	for _, c := range []struct {
		what, name, qtype string
		rcode             int
		answers           int
		authentic         bool
	}{
		{"records of one name", "mail.zone.example.", "A", dns.RcodeSuccess, 2, false},
		{"letters of any case", "MAIL.Zone.Example.", "A", dns.RcodeSuccess, 2, false},
		{"a name without records of the type", "mail.zone.example.", "MX", dns.RcodeSuccess, 0, false},
		{"a name with names below it only", "_tcp.zone.example.", "SRV", dns.RcodeSuccess, 0, false},
		{"a name that is not there", "gone.zone.example.", "A", dns.RcodeNameError, 0, false},
		{"a name in no zone", "gone.test.", "A", dns.RcodeNameError, 0, false},
		{"the record of a service", "_imaps._tcp.zone.example.", "SRV", dns.RcodeSuccess, 1, false},
		{"an alias and its end", "alias.zone.example.", "A", dns.RcodeSuccess, 3, false},
		{"an alias that ends without records of the type", "alias.zone.example.", "AAAA", dns.RcodeSuccess, 1, false},
		{"an alias to a name that is not there", "outward.zone.example.", "A", dns.RcodeNameError, 1, false},
		{"the alias itself", "alias.zone.example.", "CNAME", dns.RcodeSuccess, 1, false},
		{"aliases in a circle", "round.zone.example.", "A", dns.RcodeServerFailure, 0, false},
		{"a wildcard", "some.thing.wild.zone.example.", "TXT", dns.RcodeSuccess, 1, false},
		{"a name that stands beside the wildcard", "there.wild.zone.example.", "TXT", dns.RcodeSuccess, 0, false},
		{"a name below one that stands beside the wildcard", "x.there.wild.zone.example.", "TXT", dns.RcodeNameError, 0, false},
		{"a signed name", "signed.zone.example.", "A", dns.RcodeSuccess, 1, true},
		{"the signed absence of a record", "signed.zone.example.", "MX", dns.RcodeSuccess, 0, true},
		{"a signed alias to an unsigned name", "mixed.zone.example.", "A", dns.RcodeSuccess, 4, false},
		{"a name above those with a fault", "broken.zone.example.", "A", dns.RcodeSuccess, 1, false},
		{"a name with a fault", "below.broken.zone.example.", "A", dns.RcodeServerFailure, 0, false},
		{"a refused name", "refused.zone.example.", "A", dns.RcodeRefused, 0, false},
		{"another type than the fault's", "halfquiet.zone.example.", "A", dns.RcodeSuccess, 1, false},
		{"the ISPDB that every world has", "autoconfig.thunderbird.net.", "A", dns.RcodeSuccess, 1, false},
	} {
		t.Run(c.what, func(t *testing.T) {
			for _, network := range []string{"udp4", "tcp4"} {
				got := ask(t, r, network, c.name, c.qtype)
				if got.Rcode != c.rcode || len(got.Answer) != c.answers || got.AuthenticatedData != c.authentic || got.Truncated {
					t.Errorf("over %s:\n%v\nwant %s, %d records, AD %t", network, got, dns.RcodeToString[c.rcode], c.answers, c.authentic)
				}
			}
		})
	}
	if q := r.Journal().Questions; !slices.Contains(q, "srv:_imaps._tcp.zone.example") {
		t.Errorf("the journal has %q", q)
	}
}

func TestTruncatedAnswersAreWholeOverTCP(t *testing.T) {
	t.Parallel()
	r := start(t, "dns.txtar", dnsWorld, lab.Options{})
	if got := ask(t, r, "udp4", "cut.zone.example.", "A"); !got.Truncated || len(got.Answer) != 0 {
		t.Errorf("over UDP: %v", got)
	}
	if got := ask(t, r, "tcp4", "cut.zone.example.", "A"); got.Truncated || len(got.Answer) != 1 {
		t.Errorf("over TCP: %v", got)
	}
}

func TestResolverThatDoesNotAnswerStillAnswersOthers(t *testing.T) {
	t.Parallel()
	r := start(t, "dns.txtar", dnsWorld, lab.Options{})
	conn, err := r.Dial(t.Context(), "udp4", netip.MustParseAddrPort("192.0.2.53:53"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	c := &dns.Conn{Conn: conn}
	for _, name := range []string{"quiet.zone.example.", "mail.zone.example."} {
		if err := c.WriteMsg(new(dns.Msg).SetQuestion(name, dns.TypeA)); err != nil {
			t.Fatal(err)
		}
	}
	reply, err := c.ReadMsg()
	if err != nil || reply.Question[0].Name != "mail.zone.example." {
		t.Errorf("the first answer is %v, %v; want one for mail.zone.example", reply, err)
	}
}

func TestDroppedQuestionsAreSentAndNeverAnswered(t *testing.T) {
	t.Parallel()
	r := start(t, "drop.txtar", "T\n-- servers.toml --\n[[network]]\nports = [53]\nfault = \"drop\"\n", lab.Options{})
	conn, err := r.Dial(t.Context(), "udp4", netip.MustParseAddrPort("192.0.2.53:53"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	c := &dns.Conn{Conn: conn}
	if err := c.WriteMsg(new(dns.Msg).SetQuestion("mail.example.", dns.TypeA)); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	var timeout net.Error
	if _, err := c.ReadMsg(); !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("%v is no timeout", err)
	}
	if q := r.Journal().Questions; len(q) != 0 {
		t.Errorf("the question arrived: %q", q)
	}
}
