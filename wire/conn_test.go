package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

var peer = netip.MustParseAddrPort("192.0.2.1:993")

// connected gives a Conn whose other end is a TCP socket on loopback.
func connected(ctx context.Context, t testing.TB) (*Conn, *net.TCPConn) {
	t.Helper()
	return connectedIn(ctx, t, (&world{}).network(t, Options{}), imaps)
}

// connectedIn is connected for a Network and an endpoint of its own.
func connectedIn(ctx context.Context, t testing.TB, n *Network, e mail.Endpoint) (*Conn, *net.TCPConn) {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	here, err := net.Dial("tcp4", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	there, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	c := n.newConn(ctx, here, e, peer)
	t.Cleanup(func() {
		_ = c.Close()
		_ = there.Close()
	})
	return c, there.(*net.TCPConn)
}

func TestConnNamesWhoWasMeant(t *testing.T) {
	t.Parallel()
	c, _ := connected(t.Context(), t)
	if c.RemoteAddr().String() != "192.0.2.1:993" || c.Peer() != peer.Addr() || c.Endpoint() != imaps || c.Encrypted() || c.Verified() {
		t.Errorf("%v %v %v", c.RemoteAddr(), c.Peer(), c.Endpoint())
	}
}

func TestFailuresOfAConnection(t *testing.T) {
	t.Parallel()
	lost := errors.New("imapclient: something went wrong") // as a library hides the cause
	for _, c := range []struct {
		name  string
		do    func(t *testing.T, c *Conn, server *net.TCPConn) error
		class mail.Class
		words string
	}{
		{"an end of file is closed", func(_ *testing.T, _ *Conn, s *net.TCPConn) error { return s.Close() }, mail.Closed, "connection closed by 192.0.2.1:993"},
		{"a RST is reset", func(_ *testing.T, _ *Conn, s *net.TCPConn) error {
			return errors.Join(s.SetLinger(0), s.Close())
		}, mail.Reset, "connection reset by 192.0.2.1:993"},
		{"silence is a timeout", func(_ *testing.T, c *Conn, _ *net.TCPConn) error {
			return c.SetReadDeadline(time.Now().Add(time.Millisecond))
		}, mail.Timeout, "no answer from 192.0.2.1:993"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			conn, server := connected(t.Context(), t)
			if err := c.do(t, conn, server); err != nil {
				t.Fatal(err)
			}
			_, err := io.ReadAll(conn)
			if err == nil {
				err = io.EOF
			}
			for _, err := range []error{err, lost} {
				if f := conn.Failure(err); classIn(f) != c.class || f.Detail != c.words {
					t.Errorf("%v is %v", err, f)
				}
			}
		})
	}
}

func TestFailureWithoutAFaultOfTheSocket(t *testing.T) {
	t.Parallel()
	c, _ := connected(t.Context(), t)
	if c.Failure(nil) != nil {
		t.Error("nil is a failure")
	}
	f := c.Failure(errors.New("expected CRLF, got \x1b"))
	if classIn(f) != mail.ProtocolFault || f.Detail != `expected CRLF, got \x1b` {
		t.Errorf("got %v", f)
	}
}

func TestAWaitThatEndedWellIsForgotten(t *testing.T) {
	t.Parallel()
	c, server := connected(t.Context(), t)
	_ = c.SetReadDeadline(time.Unix(1, 0))
	if _, err := c.Read(make([]byte, 1)); !timedOut(err) {
		t.Fatal(err)
	}
	_ = c.SetReadDeadline(time.Time{})
	_, _ = server.Write([]byte("x"))
	if _, err := c.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if f := c.Failure(errors.New("syntax error")); classIn(f) != mail.ProtocolFault {
		t.Errorf("got %v", f)
	}
}

func TestNoMoreThanTheBoundIsRead(t *testing.T) {
	t.Parallel()
	c, server := connected(t.Context(), t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		chunk := make([]byte, 1<<16)
		for {
			if _, err := server.Write(chunk); err != nil {
				return
			}
		}
	}()
	n, err := io.Copy(io.Discard, c)
	if n != MaxSession || classIn(c.Failure(err)) != mail.TooLarge {
		t.Errorf("%d bytes, %v", n, c.Failure(err))
	}
	_ = c.Close()
	<-done
}

// inBubble runs f with a Conn over a pipe, on the clock of a bubble.
func inBubble(ctx context.Context, t *testing.T, f func(c *Conn, server net.Conn)) {
	n := (&world{}).network(t, Options{})
	here, there := net.Pipe()
	c := n.newConn(ctx, here, imaps, peer)
	f(c, there)
	_ = c.Close()
	_ = there.Close()
}

func TestNothingExtendsTheLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		inBubble(t.Context(), t, func(c *Conn, _ net.Conn) {
			begin := time.Now()
			c.Limit(begin.Add(time.Second))
			for _, deadline := range []time.Time{{}, begin.Add(time.Hour)} { // as libraries do
				_ = c.SetDeadline(deadline)
				_ = c.SetReadDeadline(deadline)
				_ = c.SetWriteDeadline(deadline)
			}
			_, err := c.Read(make([]byte, 1))
			if classIn(c.Failure(err)) != mail.Timeout || time.Since(begin) != time.Second {
				t.Errorf("%v after %v", err, time.Since(begin))
			}
			if _, err = c.Write([]byte("x")); classIn(c.Failure(err)) != mail.Timeout {
				t.Errorf("a write after the limit: %v", err)
			}
		})
	})
}

func TestAnEarlierDeadlineHolds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		inBubble(t.Context(), t, func(c *Conn, _ net.Conn) {
			begin := time.Now()
			c.Limit(begin.Add(time.Hour))
			_ = c.SetReadDeadline(begin.Add(time.Second))
			_, err := c.Read(make([]byte, 1))
			if !timedOut(err) || time.Since(begin) != time.Second {
				t.Errorf("%v after %v", err, time.Since(begin))
			}
		})
	})
}

func TestTheLimitCanBeMovedAndLifted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		inBubble(t.Context(), t, func(c *Conn, server net.Conn) {
			begin := time.Now()
			c.Limit(begin.Add(time.Second))
			c.Limit(begin.Add(2 * time.Second))
			_, _ = c.Read(make([]byte, 1))
			if time.Since(begin) != 2*time.Second {
				t.Errorf("the moved limit came after %v", time.Since(begin))
			}
			c.Limit(time.Time{})
			go func() {
				<-time.After(time.Hour) // on the clock of the bubble
				_, _ = server.Write([]byte("x"))
			}()
			if _, err := c.Read(make([]byte, 1)); err != nil {
				t.Errorf("the lifted limit: %v", err)
			}
		})
	})
}

func TestTheContextUnblocksARead(t *testing.T) {
	t.Parallel()
	for name, limit := range map[string]func(context.Context) (context.Context, context.CancelFunc){
		"at its deadline": func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Second)
		},
		"when it is cancelled": func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(time.Second, cancel)
			return ctx, cancel
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := limit(t.Context())
				defer cancel()
				inBubble(ctx, t, func(c *Conn, _ net.Conn) {
					begin := time.Now()
					_, err := c.Read(make([]byte, 1))
					if classIn(c.Failure(err)) != mail.Deadline || time.Since(begin) != time.Second {
						t.Errorf("%v after %v", c.Failure(err), time.Since(begin))
					}
					c.Limit(time.Time{})
					_ = c.SetDeadline(time.Time{})
					if _, err = c.Read(make([]byte, 1)); classIn(c.Failure(err)) != mail.Deadline {
						t.Errorf("a later read: %v", err)
					}
				})
			})
		})
	}
}

func TestTranscript(t *testing.T) {
	t.Parallel()
	secret := mail.NewSecret([]byte("pä55\x07word"))
	script := []struct {
		from mail.Side
		mask bool
		text string
	}{
		{mail.Server, false, "220 hello\r\n"},
		{mail.Client, false, "EHLO me"},
		{mail.Client, false, "\r\n"},
		{mail.Server, false, "250-mx\r\n250 AUTH PL"},
		{mail.Server, false, "AIN\r\n"},
		{mail.Client, false, "AUTH PLAIN\r\n"},
		{mail.Server, false, "334 \r\n"},
		{mail.Client, true, "AGFubmEA"},
		{mail.Client, true, "c2VjcmV0\r\n"},
		{mail.Server, true, "535 no \x1b[2J, not \"pä55\x07word\"\r\n"},
		{mail.Client, false, "QUIT\r\n"},
	}
	tr := newTranscript()
	for _, s := range script {
		tr.Mask(s.mask)
		tr.record(s.from, []byte(s.text))
	}
	want := []string{
		"S: 220 hello", "C: EHLO me", "S: 250-mx", "S: 250 AUTH PLAIN", "C: AUTH PLAIN", "S: 334 ",
		"C: [redacted]", `S: 535 no \x1b[2J, not "[redacted]"`, "C: QUIT",
	}
	got := tr.Lines(mail.NewRedactor(secret, "anna"))
	if len(got) != len(want) {
		t.Fatalf("the lines are %q", got)
	}
	for i := range want {
		if got[i].String() != want[i] || got[i].AfterMS < 0 {
			t.Errorf("line %d is %q, want %q", i, got[i], want[i])
		}
	}
}

// A secret is looked for in what was sent: escaped, and cut to what is shown,
// it would not be found. That goes for each of several redactors.
func TestEveryRedactorSeesALineAsItWasSent(t *testing.T) {
	t.Parallel()
	first, second := mail.NewSecret([]byte("one of the secrets")), mail.NewSecret([]byte("pä55\x07word"))
	redactors := []*mail.Redactor{nil, mail.NewRedactor(first, "anna"), mail.NewRedactor(second, "anna")}
	tr := newTranscript()
	tr.record(mail.Server, []byte(strings.Repeat("x", maxShownLine-8)+"pä55\x07word\r\n"))
	tr.record(mail.Server, []byte(strings.Repeat("x", maxKeptLine)+"pä55\x07word\r\n"))
	for _, l := range tr.Lines(redactors...) {
		if strings.Contains(l.Text, "pä55") || strings.Contains(l.Text, "p\\") || strings.HasSuffix(strings.TrimSuffix(l.Text, "…"), "xp") {
			t.Errorf("a part of the secret is shown: %q", l.Text[max(0, len(l.Text)-40):])
		}
	}
}

func TestATranscriptIsBounded(t *testing.T) {
	t.Parallel()
	tr := newTranscript()
	for range 1000 {
		tr.record(mail.Server, []byte(strings.Repeat("x", 10000)+"\n\n\n"))
	}
	total := 0
	lines := tr.Lines()
	for _, line := range lines {
		total += len(line.Text)
		if len(line.Text) > maxShownLine+20 {
			t.Fatalf("a line of %d bytes", len(line.Text))
		}
	}
	if total > maxTranscript || tr.size > maxTranscript+maxKeptLine+perLineExpense || !strings.Contains(lines[len(lines)-1].Text, "not kept") {
		t.Errorf("%d bytes are shown, %d kept, the last line is %q", total, tr.size, lines[len(lines)-1])
	}
}

func TestASecretAtTheEndOfALongLineIsRemoved(t *testing.T) {
	t.Parallel()
	tr := newTranscript()
	tr.record(mail.Server, []byte(strings.Repeat("x", maxShownLine-4)+"hunter22"+strings.Repeat("y", 9000)))
	for _, line := range tr.Lines(mail.NewRedactor(mail.NewSecret([]byte("hunter22")))) {
		if strings.Contains(line.Text, "hun") {
			t.Error("a part of the secret is shown")
		}
	}
}

func TestALineThatIsNotKeptWholeIsNotShownBesideASecret(t *testing.T) {
	t.Parallel()
	token := strings.Repeat("a token that is as long as tokens are ", 150)
	tr := newTranscript()
	tr.record(mail.Server, []byte("535 "+token+"\r\n"))
	lines := tr.Lines(mail.NewRedactor(mail.NewSecret([]byte(token))))
	if len(lines) != 1 || strings.Contains(lines[0].Text, "as long as") {
		t.Errorf("a part of the secret is shown: %q", lines)
	}
	if open := tr.Lines(); !strings.Contains(open[0].Text, "as long as") {
		t.Error("without a secret the line is shown as far as it is kept")
	}
}

func TestClassify(t *testing.T) {
	t.Parallel()
	remote := &net.OpError{Op: "remote error", Err: errors.New("tls: handshake failure")}
	for _, c := range []struct {
		name  string
		err   error
		class mail.Class
		words string
	}{
		{"a cancelled run", context.Canceled, mail.Deadline, "the time was over before an answer came"},
		{"an alert", remote, mail.TLSAlert, "TLS alert: handshake failure"},
		{"an alert about versions", &net.OpError{Op: "remote error", Err: errors.New("tls: protocol version not supported")}, mail.TLSVersion, "the server has no TLS version in common with us (1.2 and 1.3)"},
		{"an old server", errors.New("tls: server selected unsupported protocol version 301"), mail.TLSVersion, "the server speaks TLS 1.0 only, which is out of use; TLS 1.2 or later is needed"},
		{"plain text", tls.RecordHeaderError{Msg: "x"}, mail.TLSNotSpoken, "the answer to the TLS handshake is not TLS"},
		{"our own end", net.ErrClosed, mail.Closed, "connection closed"},
		{"a fault in wraps", &net.OpError{Op: "dial", Err: newFault(mail.PolicyRefused, "no")}, mail.PolicyRefused, "no"},
		{"anything else", errors.New("\x00" + strings.Repeat("x", 1000)), mail.ProtocolFault, `\x00` + strings.Repeat("x", 196) + "…"},
	} {
		if f := Classify(c.err); classIn(f) != c.class || f.Detail != c.words {
			t.Errorf("%s is %v", c.name, f)
		}
	}
	if Classify(nil) != nil {
		t.Error("nil is a failure")
	}
}
