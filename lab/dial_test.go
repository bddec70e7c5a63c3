package lab_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mailmedic/mailmedic/lab"
)

const faultyWorld = `Ways that lead nowhere
-- zone --
$ORIGIN faults.example.
mail     A     192.0.2.1
mail     AAAA  2001:db8::1
idle     A     192.0.2.2
dropped  A     192.0.2.3
cut      A     192.0.2.4
closed   A     192.0.2.5
reset    A     192.0.2.6
-- servers.toml --
[[network]]
to = ["dropped.faults.example", "2001:db8::/32"]
fault = "drop"
[[network]]
to = ["192.0.2.4"]
ports = [143]
fault = "unreachable"
[[network]]
to = ["192.0.2.4"]
fault = "refuse"
[[server]]
endpoints = ["imap://mail.faults.example:143"]
[[server]]
endpoints = ["imap://dropped.faults.example:143"]
[[server]]
endpoints = ["imap://cut.faults.example:143", "imaps://cut.faults.example:993"]
[[server]]
endpoints = ["imap://closed.faults.example:143"]
fault = "close"
[[server]]
endpoints = ["imap://reset.faults.example:143"]
fault = "reset"
`

func TestDialFailsAsTheOperatingSystemDoes(t *testing.T) {
	t.Parallel()
	r := start(t, "faults.txtar", faultyWorld, lab.Options{})
	for _, c := range []struct {
		what, to string
		want     error
	}{
		{"a port that nobody listens on", "192.0.2.1:993", syscall.ECONNREFUSED},
		{"an address that only the zone has", "192.0.2.2:143", syscall.ECONNREFUSED},
		{"an address of nobody", "198.51.100.1:143", syscall.EHOSTUNREACH},
		{"the first fault that fits", "192.0.2.4:143", syscall.EHOSTUNREACH},
		{"the second fault", "192.0.2.4:993", syscall.ECONNREFUSED},
		{"the resolver's address at another port", "192.0.2.53:80", syscall.ECONNREFUSED},
	} {
		t.Run(c.what, func(t *testing.T) {
			conn, err := r.Dial(t.Context(), "tcp4", netip.MustParseAddrPort(c.to))
			if !errors.Is(err, c.want) || conn != nil {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if !strings.HasPrefix(err.Error(), "dial tcp4 "+c.to+": connect: ") {
				t.Errorf("the error reads %q", err)
			}
		})
	}
}

func TestDroppedPacketsWaitForTheContext(t *testing.T) {
	t.Parallel()
	r := start(t, "faults.txtar", faultyWorld, lab.Options{})
	for _, to := range []string{"192.0.2.3:143", "192.0.2.3:9", "[2001:db8::1]:143"} {
		ctx, cancel := context.WithDeadline(t.Context(), expired)
		_, err := r.Dial(ctx, "tcp", netip.MustParseAddrPort(to))
		cancel()
		var timeout net.Error
		if !errors.As(err, &timeout) || !timeout.Timeout() {
			t.Errorf("%s: %v is no timeout", to, err)
		}
		ctx, cancel = context.WithCancel(t.Context())
		cancel()
		if _, err = r.Dial(ctx, "tcp", netip.MustParseAddrPort(to)); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v does not say that it was cancelled", to, err)
		}
	}
}

func TestConnectionsShowVirtualAddressesOnly(t *testing.T) {
	t.Parallel()
	r := start(t, "faults.txtar", faultyWorld, lab.Options{})
	conn := dial(t, r, "192.0.2.1:143")
	if got := conn.RemoteAddr().String(); got != "192.0.2.1:143" {
		t.Errorf("the remote address is %s", got)
	}
	if got := conn.LocalAddr().String(); got != "198.51.100.254:49152" {
		t.Errorf("the local address is %s", got)
	}
	if err := conn.SetReadDeadline(expired); err != nil {
		t.Fatal(err)
	}
	_, err := conn.Read(make([]byte, 1))
	if want := "read tcp4 198.51.100.254:49152->192.0.2.1:143: i/o timeout"; err == nil || err.Error() != want {
		t.Errorf("the error reads %v, want %s", err, want)
	}
}

const narrowWorld = `Ways that change what passes
-- zone --
$ORIGIN ways.example.
mail    A  192.0.2.1
narrow  A  192.0.2.2
led     A  192.0.2.3
portal  A  192.0.2.4
free    A  192.0.2.5
-- servers.toml --
[time]
days_ahead = 400
[[network]]
to = ["free.ways.example"]
fault = "none"
[[network]]
to = ["narrow.ways.example"]
fault = "drop-large"
[[network]]
to = ["192.0.2.3", "192.0.2.5"]
fault = "lead-to"
address = "192.0.2.4"
port = 80
[[server]]
endpoints = ["imaps://mail.ways.example:993", "imap+starttls://mail.ways.example:143"]
greeting = "* OK it is {date}"
[[server]]
endpoints = ["imaps://narrow.ways.example:993", "imap+starttls://narrow.ways.example:143"]
[[server]]
endpoints = ["imap+starttls://free.ways.example:143"]
[[web]]
host = "portal.ways.example"
schemes = ["http"]
catch_all = "http://portal.ways.example/hello"
`

func TestANarrowWayLosesLargeAnswersAndNoSmallOnes(t *testing.T) {
	t.Parallel()
	r := start(t, "ways.txtar", narrowWorld, lab.Options{})
	if greeting, err := bufio.NewReader(dial(t, r, "192.0.2.2:143")).ReadString('\n'); err != nil {
		t.Errorf("%q, %v", greeting, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := tls.Client(dial(t, r, "192.0.2.2:993"), clientTLS(r, "narrow.ways.example")).HandshakeContext(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the handshake ended with %v", err)
	}
}

func TestAWayMayLeadSomewhereElse(t *testing.T) {
	t.Parallel()
	r := start(t, "ways.txtar", narrowWorld, lab.Options{})
	conn := dial(t, r, "192.0.2.3:993")
	if got := conn.RemoteAddr().String(); got != "192.0.2.3:993" {
		t.Errorf("the remote address is %s", got)
	}
	_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: anywhere.example\r\n\r\n")
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || answer.StatusCode != http.StatusFound || answer.Header.Get("Location") != "http://portal.ways.example/hello" {
		t.Fatalf("%v, %+v", err, answer)
	}
	_ = answer.Body.Close()
	if greeting, _ := bufio.NewReader(dial(t, r, "192.0.2.5:143")).ReadString('\n'); !strings.HasPrefix(greeting, "* OK") {
		t.Errorf("where nothing is wrong, there stands %q", greeting)
	}
}

func TestAWorldMayLiveAtAnotherTime(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	r := start(t, "ways.txtar", narrowWorld, lab.Options{Now: func() time.Time { return now }})
	if greeting, _ := bufio.NewReader(dial(t, r, "192.0.2.1:143")).ReadString('\n'); !strings.Contains(greeting, "Mon, 27 Dec 2027 12:00:00 +0000") {
		t.Errorf("the greeting is %q", greeting)
	}
	conn := dial(t, r, "192.0.2.4:80")
	_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: anywhere.example\r\n\r\n")
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || answer.Header.Get("Date") != "Mon, 27 Dec 2027 12:00:00 GMT" {
		t.Fatalf("%v, %+v", err, answer)
	}
	_ = answer.Body.Close()
	client := tls.Client(dial(t, r, "192.0.2.1:993"), &tls.Config{InsecureSkipVerify: true})
	if err := client.HandshakeContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	if from := client.ConnectionState().PeerCertificates[0].NotBefore; !from.After(now) || r.Network().Now() != now {
		t.Errorf("the certificate is valid from %s, and the client's time is %s", from, r.Network().Now())
	}
}

func TestServersCloseAndResetAtOnce(t *testing.T) {
	t.Parallel()
	r := start(t, "faults.txtar", faultyWorld, lab.Options{})
	if _, err := dial(t, r, "192.0.2.5:143").Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("closed: %v", err)
	}
	if _, err := dial(t, r, "192.0.2.6:143").Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("reset: %v", err)
	}
}

func TestCloseEndsWhatIsStillOpen(t *testing.T) {
	t.Parallel()
	r := start(t, "faults.txtar", faultyWorld, lab.Options{})
	conn := dial(t, r, "192.0.2.1:143")
	if _, err := bufio.NewReader(conn).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	waiting := make(chan error)
	go func() {
		_, err := r.Dial(context.Background(), "tcp4", netip.MustParseAddrPort("192.0.2.3:143"))
		waiting <- err
	}()
	r.Close()
	if err := <-waiting; !errors.Is(err, net.ErrClosed) {
		t.Errorf("a dial that waited ended with %v", err)
	}
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Error("the connection still gives something")
	}
	if _, err := r.Dial(t.Context(), "tcp4", netip.MustParseAddrPort("192.0.2.1:143")); err == nil {
		t.Error("the world still takes connections")
	}
	r.Close() // again, without harm
}
