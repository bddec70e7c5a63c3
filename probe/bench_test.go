package probe

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/netip"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/mailmedic/mailmedic/lab"
	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

// BenchmarkProbe measures one endpoint of a good server on loopback, from the
// first packet to the goodbye, the server's own work included. Beside it stands
// what a bare TLS handshake with the same server costs.
func BenchmarkProbe(b *testing.B) {
	r, n := labWorld(b, "good")
	b.Run("handshake alone", func(b *testing.B) {
		for b.Loop() {
			bareHandshake(b, r, "192.0.2.10:993", "imap.good.example")()
		}
	})
	for _, at := range []string{
		"imaps://imap.good.example:993", "imap+starttls://imap.good.example:143",
		"smtps://smtp.good.example:465", "smtp+starttls://smtp.good.example:587",
		"pop3s://pop.good.example:995", "pop3+starttls://pop.good.example:110",
	} {
		b.Run(at, func(b *testing.B) {
			for b.Loop() {
				probeOnce(b, n, at).Close(b.Context())
			}
		})
	}
}

// BenchmarkProbesAtOnce measures many probes side by side: how many are made in
// a second, and what one costs in memory while it is open. Both ends of every
// connection are in this process; what they cost without a probe is told apart.
func BenchmarkProbesAtOnce(b *testing.B) {
	const at, to, host = "imaps://imap.good.example:993", "192.0.2.10:993", "imap.good.example"
	for _, atOnce := range []int{1, 10, 100, 1000} {
		b.Run(fmt.Sprintf("%d", atOnce), func(b *testing.B) {
			r, n := labWorld(b, "good")
			bare := memoryOf(atOnce, func() func() { return bareHandshake(b, r, to, host) })
			whole := memoryOf(atOnce, func() func() {
				s := probeOnce(b, n, at)
				return func() { s.Close(b.Context()) }
			})
			places := make(chan struct{}, atOnce)
			var all sync.WaitGroup
			began := time.Now()
			for b.Loop() {
				places <- struct{}{}
				all.Go(func() {
					probeOnce(b, n, at).Close(b.Context())
					<-places
				})
			}
			all.Wait()
			b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "probes/s")
			b.ReportMetric(whole/1024, "KiB/open-probe")
			b.ReportMetric(bare/1024, "KiB/open-TLS")
		})
	}
}

func probeOnce(b *testing.B, n *wire.Network, at string) *Session {
	e, err := mail.ParseEndpoint(at)
	if err != nil {
		b.Error(err)
	}
	ctx, cancel := context.WithTimeout(b.Context(), 30*time.Second)
	defer cancel()
	s := Open(ctx, n, e, Options{}, func(mail.Observation) {})
	if !s.Ready() {
		b.Errorf("%s: %+v", at, s.failure)
	}
	return s
}

// bareHandshake connects and does a handshake; what it gives ends the connection.
func bareHandshake(b *testing.B, r *lab.Running, to, host string) (end func()) {
	conn, err := r.Dial(b.Context(), "tcp4", netip.MustParseAddrPort(to))
	if err != nil {
		b.Error(err)
		return func() {}
	}
	c := tls.Client(conn, &tls.Config{ServerName: host, RootCAs: r.Roots()})
	if err := c.HandshakeContext(b.Context()); err != nil {
		b.Error(err)
	}
	return func() { _ = c.Close() }
}

// memoryOf opens so many at once and gives what one of them holds, in bytes.
func memoryOf(n int, open func() (end func())) float64 {
	held := func() uint64 {
		runtime.GC()
		runtime.GC() // what a finalizer let go of, too
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc + m.StackInuse
	}
	before := held()
	ends := make([]func(), n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { ends[i] = open() })
	}
	all.Wait()
	during := held()
	for _, end := range ends {
		all.Go(end)
	}
	all.Wait()
	return (float64(during) - float64(before)) / float64(n)
}
