package lab_test

import (
	"crypto/tls"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/mailmedic/mailmedic/lab"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// run starts the world of a file in testdata/world.
func run(t *testing.T, name string, o lab.Options) *lab.Running {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "testdata", "world", name+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	return start(t, name+".txtar", string(data), o)
}

// start starts a world that a test writes itself.
func start(t *testing.T, name, text string, o lab.Options) *lab.Running {
	t.Helper()
	w, err := lab.Parse(name, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	r, err := w.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// dial connects to a virtual address such as 192.0.2.10:993.
func dial(t *testing.T, r *lab.Running, to string) net.Conn {
	t.Helper()
	conn, err := r.Dial(t.Context(), "tcp4", netip.MustParseAddrPort(to))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// dialTLS connects and does a handshake that verifies the certificate.
func dialTLS(t *testing.T, r *lab.Running, to, host string) *tls.Conn {
	t.Helper()
	conn := tls.Client(dial(t, r, to), clientTLS(r, host))
	if err := conn.HandshakeContext(t.Context()); err != nil {
		t.Fatalf("handshake with %s: %v", host, err)
	}
	return conn
}

func clientTLS(r *lab.Running, host string) *tls.Config {
	return &tls.Config{ServerName: host, RootCAs: r.Roots()}
}
