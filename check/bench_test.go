package check_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mailmedic/mailmedic/check"
	"github.com/mailmedic/mailmedic/lab"
	"github.com/mailmedic/mailmedic/mail"
)

// roundTrip is the simulated round trip of the benchmarks.
const roundTrip = 50 * time.Millisecond

// BenchmarkCheck measures a run with a sign-in as multiples of the round trip:
// to the first setting that is proved by sign-in, and to the end.
func BenchmarkCheck(b *testing.B) {
	guesses := func(domain string) string { // names that exist and lead nowhere
		return "$ORIGIN " + domain + ".\nautoconfig A 192.0.2.97\nmail A 192.0.2.98\npop A 192.0.2.99\n"
	}
	dead := drop("192.0.2.96/29")
	b.Run("good", func(b *testing.B) { benchmarkCheck(b, "good", "", "") })
	b.Run("good, autoconfig and a guess drop packets", func(b *testing.B) {
		benchmarkCheck(b, "good", drop("autoconfig.good.example", "mail.good.example"), "$ORIGIN good.example.\nmail A 192.0.2.98\n")
	})
	b.Run("srv-only", func(b *testing.B) { benchmarkCheck(b, "srv-only", "", "") })
	b.Run("guess-only", func(b *testing.B) { benchmarkCheck(b, "guess-only", "", "") })
	b.Run("guess-only, autoconfig and two guesses drop packets", func(b *testing.B) {
		benchmarkCheck(b, "guess-only", dead, guesses("guess-only.example"))
	})
}

// drop is a black hole for a host, as a world file says it.
func drop(hosts ...string) string {
	return "[[network]]\nto = [\"" + strings.Join(hosts, `", "`) + "\"]\nfault = \"drop\"\n"
}

// worldWith reads a world and adds to its servers.toml.
func worldWith(tb testing.TB, name, servers, zone string) *lab.World {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join("..", "testdata", "world", name+".txtar"))
	if err != nil {
		tb.Fatal(err)
	}
	text := strings.Replace(string(data), "-- servers.toml --\n", zone+"-- servers.toml --\n"+servers, 1)
	w, err := lab.Parse(name, []byte(text))
	if err != nil {
		tb.Fatal(err)
	}
	return w
}

func benchmarkCheck(b *testing.B, name, servers, zone string) {
	b.Helper()
	w := worldWith(b, name, servers, zone)
	var first, end time.Duration
	for b.Loop() {
		f, e := timed(b, w)
		first, end = first+f, end+e
	}
	n := float64(b.N) * float64(roundTrip)
	b.ReportMetric(float64(first)/n, "first-rtts")
	b.ReportMetric(float64(end)/n, "end-rtts")
}

// timed runs once and gives the time to the first sign-in and to the verdict.
func timed(b *testing.B, w *lab.World) (first, end time.Duration) {
	b.Helper()
	_, network, target, leave := enter(b, w, lab.Options{RTT: roundTrip})
	defer leave()
	o := check.Options{Network: network, SignIn: &check.SignIn{Secret: mail.NewSecret([]byte(w.Demo.Password))}}
	began := time.Now()
	closing := check.Run(b.Context(), target, o, func(e mail.Event) {
		switch {
		case e.Observation != nil && e.Observation.Kind == mail.KindAuth && e.Observation.Failure == nil && first == 0:
			first = time.Since(began)
		case e.Verdict != nil:
			end = time.Since(began)
		}
	})
	if closing.Receive != mail.Works || closing.Send != mail.Works {
		b.Fatalf("%+v", closing)
	}
	return first, end
}

// BenchmarkProbe measures a whole run of Probe against one endpoint on loopback,
// from the header to the verdict.
func BenchmarkProbe(b *testing.B) {
	_, network, _, leave := enter(b, world(b, "good"), lab.Options{})
	defer leave()
	e, err := mail.ParseEndpoint("imaps://imap.good.example:993")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		closing := check.Probe(b.Context(), []mail.Endpoint{e}, check.Options{Network: network}, func(mail.Event) {})
		if closing.Receive != mail.Ready {
			b.Fatalf("%+v", closing)
		}
	}
}
