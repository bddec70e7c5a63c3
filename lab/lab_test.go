package lab_test

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mailmedic/mailmedic/lab"
)

// expired is a deadline that has passed.
var expired = time.Unix(1, 0)

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

// readLine reads one line, byte by byte, and gives it without its end.
func readLine(conn net.Conn) (string, error) {
	var line []byte
	for b := make([]byte, 1); ; {
		if _, err := conn.Read(b); err != nil {
			return string(line), err
		}
		if b[0] == '\n' {
			return strings.TrimSuffix(string(line), "\r"), nil
		}
		line = append(line, b[0])
	}
}

// converse plays a conversation: lines "C: …" are sent, lines "S: …" have to be
// read, a last "S: (end)" is an end of file. The line "TLS" starts TLS.
func converse(t *testing.T, conn net.Conn, text string) {
	t.Helper()
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		kind, rest, _ := strings.Cut(line, " ")
		switch {
		case kind == "C:":
			if _, err := conn.Write([]byte(rest + "\r\n")); err != nil {
				t.Fatal(err)
			}
		case line == "TLS":
			conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
		case rest == "(end)":
			if got, err := readLine(conn); !errors.Is(err, io.EOF) {
				t.Fatalf("got %q, %v; want the end", got, err)
			}
		default:
			if got, err := readLine(conn); err != nil || got != rest {
				t.Fatalf("got %q, %v; want %q", got, err, rest)
			}
		}
	}
}
