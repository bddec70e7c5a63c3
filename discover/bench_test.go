package discover

import (
	"strings"
	"testing"
	"time"

	"github.com/mailmedic/mailmedic/lab"
	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

// benchmarkParsing measures how many documents of a format are read in a second.
func benchmarkParsing(b *testing.B, document string, parse func([]byte) error) {
	b.Helper()
	b.SetBytes(int64(len(document)))
	b.ReportAllocs()
	for b.Loop() {
		if err := parse([]byte(document)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "documents/s")
}

func BenchmarkPACC(b *testing.B) {
	benchmarkParsing(b, paccGood, func(body []byte) error { _, err := parsePACC(body, anna); return err })
}

func BenchmarkPOX(b *testing.B) {
	document := poxOf(strings.Repeat("<Protocol><Type>IMAP</Type><Server>imap.example.org</Server><Port>993</Port><SSL>on</SSL></Protocol>", 3))
	benchmarkParsing(b, document, func(body []byte) error { _, err := parsePOX(body); return err })
}

func BenchmarkAutodiscoverJSON(b *testing.B) {
	document := `{"Protocol":"AutodiscoverV1","Url":"https://autodiscover.example.org/autodiscover/autodiscover.xml"}`
	benchmarkParsing(b, document, func(body []byte) error { _, err := parseAutodiscoverJSON(body); return err })
}

// roundTrip is the simulated round trip of the benchmarks.
const roundTrip = 50 * time.Millisecond

// everywhere is a domain that publishes by every source; its servers are all
// the same, so that what is known last is known by its claim.
const everywhere = `A domain that publishes everywhere
-- zone --
$ORIGIN example.org.
@ MX 10 mx.hoster.example.
@ A 192.0.2.80
autoconfig A 192.0.2.81
autodiscover A 192.0.2.82
ua-auto-config A 192.0.2.83
imap A 192.0.2.2
_imaps._tcp SRV 0 0 993 imap
autoconfig.hoster.example. A 192.0.2.90
autodiscover.hoster.example. A 192.0.2.91
-- servers.toml --
[[web]]
host = "autodiscover.example.org"
schemes = ["https", "http"]
[[page]]
url = "http://autodiscover.example.org/autodiscover/autodiscover.xml"
status = 302
location = "https://autodiscover.hoster.example/autodiscover/autodiscover.xml"
`

const everyDocument = "-- web/example.org/index.html --\n<!DOCTYPE html>\n" +
	"-- web/ua-auto-config.example.org/.well-known/user-agent-configuration.json --\n{\"protocols\": {\"imap\": {\"host\": \"imap.example.org\"}}}\n"

// BenchmarkDiscovery measures one domain as multiples of the round trip: until
// the first and the last setting that the domain itself publishes are known,
// and until everything was answered.
func BenchmarkDiscovery(b *testing.B) {
	documents := everyDocument + "-- web/autoconfig.example.org/mail/config-v1.1.xml --\n" + imapDocument("imap.example.org") +
		"-- web/autoconfig.hoster.example/mail/config-v1.1.xml --\n" + imapDocument("imap.example.org") +
		"-- web/autodiscover.example.org" + poxDocument + poxIMAP("imap.example.org", "anna@example.org") +
		"-- web/autodiscover.hoster.example" + poxDocument + poxIMAP("imap.example.org", "")
	b.Run("without dead hosts", func(b *testing.B) { benchmarkDiscovery(b, everywhere+documents) })
	holes := "[[network]]\nto = [\"192.0.2.80\", \"192.0.2.82\"]\nfault = \"drop\"\n"
	b.Run("two hosts drop packets", func(b *testing.B) { benchmarkDiscovery(b, everywhere+holes+documents) })
}

func benchmarkDiscovery(b *testing.B, text string) {
	b.Helper()
	w, err := lab.Parse("bench.txtar", []byte(text))
	if err != nil {
		b.Fatal(err)
	}
	var first, known, end time.Duration
	for b.Loop() {
		f, k, e := timedDiscovery(b, w)
		first, known, end = first+f, known+k, end+e
	}
	n := float64(b.N) * float64(roundTrip)
	b.ReportMetric(float64(first)/n, "first-rtts")
	b.ReportMetric(float64(known)/n, "known-rtts")
	b.ReportMetric(float64(end)/n, "end-rtts")
}

// timedDiscovery runs once and gives the time to the first claim about the IMAP
// server, to the claim of the domain's own autoconfig document, and to the end.
func timedDiscovery(b *testing.B, w *lab.World) (first, known, end time.Duration) {
	b.Helper()
	running, err := w.Start(b.Context(), lab.Options{RTT: roundTrip})
	if err != nil {
		b.Fatal(err)
	}
	defer running.Close()
	network, err := wire.New(running.Network())
	if err != nil {
		b.Fatal(err)
	}
	defer network.Close()
	began := time.Now()
	search := Start(b.Context(), network, anna, Options{}, func(e mail.Event) {
		if e.Candidate == nil || e.Candidate.Role == mail.MX {
			return
		}
		if first == 0 {
			first = time.Since(began)
		}
		if known == 0 && e.Candidate.Trust() == mail.TrustAuthenticated {
			known = time.Since(began)
		}
	})
	search.Wait()
	if known == 0 {
		b.Fatal("the settings were not found")
	}
	return first, known, time.Since(began)
}
