package probe

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/mailmedic/mailmedic/lab"
	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

// BenchmarkTrip measures a test message from the first connection to its being
// deleted, where servers deliver at once: on loopback, servers and handshakes
// included, and as multiples of a simulated round trip.
func BenchmarkTrip(b *testing.B) {
	for name, rtt := range map[string]time.Duration{"loopback": 0, "50 ms away": 50 * time.Millisecond} {
		b.Run(name, func(b *testing.B) {
			var seen, whole time.Duration
			for b.Loop() {
				s, w := timedTrip(b, rtt)
				seen, whole = seen+s, whole+w
			}
			n := float64(b.N)
			b.ReportMetric(float64(seen.Microseconds())/n/1000, "ms-arrival")
			b.ReportMetric(float64(whole.Microseconds())/n/1000, "ms-all")
			if rtt > 0 {
				b.ReportMetric(float64(whole)/n/float64(rtt), "rtts-all")
			}
		})
	}
}

// timedTrip gives the time from the message's being taken to its being seen, and that of the whole trip.
func timedTrip(b *testing.B, rtt time.Duration) (seen, whole time.Duration) {
	b.Helper()
	data, err := os.ReadFile(filepath.Join("..", "testdata", "world", "good.txtar"))
	if err != nil {
		b.Fatal(err)
	}
	world, err := lab.Parse("good", data)
	if err != nil {
		b.Fatal(err)
	}
	running, err := world.Start(b.Context(), lab.Options{RTT: rtt})
	if err != nil {
		b.Fatal(err)
	}
	defer running.Close()
	n, err := wire.New(running.Network())
	if err != nil {
		b.Fatal(err)
	}
	defer n.Close()
	ctx, cancel := context.WithTimeout(b.Context(), 20*time.Second)
	defer cancel()
	address := world.Demo.Address
	way := func(at string) Way {
		e, err := mail.ParseEndpoint(at)
		if err != nil {
			b.Fatal(err)
		}
		return Way{Endpoint: e, Username: address, Mechanism: "plain"}
	}
	trip := Trip{
		Network: n, Address: address, Credentials: Credentials{Secret: mail.NewSecret([]byte(world.Demo.Password))},
		In: way("imaps://imap.good.example:993"), Out: way("smtps://smtp.good.example:465"),
	}
	began := time.Now()
	goodbye := trip.Run(ctx, func(o mail.Observation) {
		if o.ArrivalFacts != nil && o.Removed == mail.Yes {
			seen = time.Duration(o.ArrivedMS) * time.Millisecond
		}
	})
	whole = time.Since(began)
	if goodbye(); seen == 0 {
		b.Fatal("it did not come back")
	}
	return seen, whole
}
