package probe

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

// BenchmarkSurvey surveys a server of crypto/tls on loopback.
func BenchmarkSurvey(b *testing.B) {
	listener, err := tls.Listen("tcp4", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{authority().good}})
	must(err)
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer conn.Close()
				if conn.(*tls.Conn).Handshake() == nil {
					_, _ = io.WriteString(conn, "* OK [CAPABILITY IMAP4rev1] hi\r\n")
					_, _ = io.Copy(io.Discard, conn)
				}
			})
		}
	})
	defer serving.Wait()
	defer listener.Close()
	n, err := wire.New(wire.Options{
		Roots: authority().pool, Now: func() time.Time { return authority().now },
		Dial: func(ctx context.Context, network string, _ netip.AddrPort) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, listener.Addr().String())
		},
	})
	must(err)
	defer n.Close()
	e, err := mail.ParseEndpoint(imapTLS)
	must(err)
	s := Open(b.Context(), n, e, Options{}, func(mail.Observation) {})
	s.Close(b.Context())
	connections := 0
	for b.Loop() {
		o, _ := s.Survey(b.Context(), n)
		if o.Survey.Stopped != "" || !o.Survey.Versions[0].Complete {
			b.Fatalf("%+v", o.Survey)
		}
		connections = o.Survey.Connections
	}
	b.ReportMetric(float64(connections), "connections/op")
}
