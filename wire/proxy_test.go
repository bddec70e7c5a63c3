package wire

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

// A socksServer is a small SOCKS 5 proxy (RFC 1928) that connects to one
// server, whatever it is asked for, or replies with a refusal.
type socksServer struct {
	listener net.Listener
	leadsTo  string // host:port
	reply    byte   // 0 to connect
	user     string // "" for no sign-in
	password string

	mu    sync.Mutex
	asked []string // host:port, as clients wrote it
	wait  sync.WaitGroup
}

func startSOCKS(t *testing.T, s *socksServer) *SOCKS {
	t.Helper()
	var err error
	if s.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	s.wait.Go(func() {
		for {
			conn, err := s.listener.Accept()
			if err != nil {
				return
			}
			s.wait.Go(func() {
				defer func() { _ = conn.Close() }()
				_ = s.serve(conn) // the client sees what went wrong
			})
		}
	})
	t.Cleanup(func() {
		_ = s.listener.Close()
		s.wait.Wait()
	})
	return &SOCKS{Address: s.listener.Addr().String(), Username: s.user, Password: mail.NewSecret([]byte(s.password))}
}

func (s *socksServer) serve(conn net.Conn) error {
	if err := s.greet(conn); err != nil {
		return err
	}
	var head [4]byte // version, command, reserved, type of the address
	if _, err := io.ReadFull(conn, head[:]); err != nil {
		return err
	}
	address := make([]byte, map[byte]int{1: 4, 4: 16}[head[3]])
	var port [2]byte
	if _, err := io.ReadFull(conn, address); err != nil {
		return err
	}
	if _, err := io.ReadFull(conn, port[:]); err != nil {
		return err
	}
	ip, ok := netip.AddrFromSlice(address)
	if !ok {
		return errors.New("asked for a name")
	}
	s.mu.Lock()
	s.asked = append(s.asked, netip.AddrPortFrom(ip, binary.BigEndian.Uint16(port[:])).String())
	s.mu.Unlock()
	if _, err := conn.Write([]byte{5, s.reply, 0, 1, 0, 0, 0, 0, 0, 0}); err != nil || s.reply != 0 {
		return err
	}
	server, err := net.Dial("tcp", s.leadsTo)
	if err != nil {
		return err
	}
	defer func() { _ = server.Close() }()
	s.wait.Go(func() {
		_, _ = io.Copy(server, conn)
		_ = server.Close()
	})
	_, err = io.Copy(conn, server)
	return err
}

// greet agrees on a method: none, or the user and password of RFC 1929.
func (s *socksServer) greet(conn net.Conn) error {
	var head [2]byte
	if _, err := io.ReadFull(conn, head[:]); err != nil {
		return err
	}
	if _, err := io.ReadFull(conn, make([]byte, head[1])); err != nil {
		return err
	}
	if s.user == "" {
		_, err := conn.Write([]byte{5, 0})
		return err
	}
	if _, err := conn.Write([]byte{5, 2}); err != nil {
		return err
	}
	read := func() string {
		var length [1]byte
		_, _ = io.ReadFull(conn, length[:])
		text := make([]byte, length[0])
		_, _ = io.ReadFull(conn, text)
		return string(text)
	}
	if _, err := io.ReadFull(conn, head[:1]); err != nil {
		return err
	}
	if user, password := read(), read(); user != s.user || password != s.password {
		_, err := conn.Write([]byte{1, 1})
		return errors.Join(err, errors.New("wrong password"))
	}
	_, err := conn.Write([]byte{1, 0})
	return err
}

// greeter is a mail server that says one line.
func greeter(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	wait.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Write([]byte("* OK hello\r\n"))
			_ = conn.Close()
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		wait.Wait()
	})
	return l.Addr().String()
}

func TestConnectionsGoThroughAProxy(t *testing.T) {
	t.Parallel()
	server := greeter(t)
	e := mail.Endpoint{Protocol: mail.IMAP, Security: mail.None, Host: "192.0.2.7", Port: 143}
	for _, test := range []struct {
		name     string
		proxy    *socksServer
		password string
		class    mail.Class
		detail   string
		blamed   bool // the proxy is
	}{
		{"it connects", &socksServer{leadsTo: server}, "", "", "", false},
		{"it wants a password", &socksServer{leadsTo: server, user: "anna", password: "hemlock"}, "hemlock", "", "", false},
		{"the password is wrong", &socksServer{user: "anna", password: "hemlock"}, "oleander", mail.Unreachable, "the proxy cannot be used: username/password authentication failed", true},
		{"the server refuses", &socksServer{reply: 5}, "", mail.Refused, "connection refused by 192.0.2.7:143, by the proxy's word", false},
		{"the server cannot be reached", &socksServer{reply: 4}, "", mail.Unreachable, "no way to 192.0.2.7:143, by the proxy's word", false},
		{"the proxy forbids it", &socksServer{reply: 2}, "", mail.Unreachable, "the proxy does not connect to 192.0.2.7:143 (connection not allowed by ruleset), by the proxy's word", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := startSOCKS(t, test.proxy)
			p.Password = mail.NewSecret([]byte(test.password))
			n, err := New(Options{SOCKS: p})
			if err != nil {
				t.Fatal(err)
			}
			defer n.Close()
			d := n.Dial(t.Context(), e)
			o := d.Observations[len(d.Observations)-1]
			if o.DialFacts == nil || o.Via != p.String() || o.ViaFailed != test.blamed {
				t.Errorf("facts %+v", o.DialFacts)
			}
			if classIn(d.Failure) != test.class || d.Failure != nil && d.Failure.Detail != test.detail {
				t.Fatalf("failure %+v, want %s: %s", d.Failure, test.class, test.detail)
			}
			if d.Conn == nil {
				return
			}
			defer func() { _ = d.Conn.Close() }()
			if said, _ := io.ReadAll(d.Conn); string(said) != "* OK hello\r\n" {
				t.Errorf("heard %q", said)
			}
			if len(test.proxy.asked) != 1 || test.proxy.asked[0] != "192.0.2.7:143" {
				t.Errorf("the proxy was asked for %q", test.proxy.asked)
			}
		})
	}
}

func TestAProxyThatIsNotThereIsToBlame(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone := l.Addr().String()
	_ = l.Close()
	n, err := New(Options{SOCKS: &SOCKS{Address: gone}})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	d := n.Dial(t.Context(), mail.Endpoint{Protocol: mail.IMAP, Security: mail.TLS, Host: "192.0.2.7", Port: 993})
	o := d.Observations[0]
	if d.Failure == nil || d.Failure.Detail != "the proxy cannot be used: connection refused by "+gone || o.DialFacts == nil || !o.ViaFailed {
		t.Errorf("%+v, %+v", d.Failure, o.DialFacts)
	}
}

// A proxy answers the first message whatever is beyond it, so that silence is its own.
func TestAProxyThatSaysNothingIsToBlame(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }()
	p := &SOCKS{Address: silent.Addr().String()}
	n, err := New(Options{SOCKS: p})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	d := n.Dial(ctx, mail.Endpoint{Protocol: mail.IMAP, Security: mail.TLS, Host: "192.0.2.7", Port: 993})
	if o := d.Observations[0]; o.DialFacts == nil || !o.ViaFailed {
		t.Errorf("%+v, %+v", d.Failure, o.DialFacts)
	}
	if _, blamed := errors.AsType[*proxyFault](p.explain(ctx, context.DeadlineExceeded, true, netip.MustParseAddrPort("192.0.2.7:993"))); blamed {
		t.Error("a proxy that has answered is blamed for a silent server")
	}
}

func TestConnectionsHaveTheSourceAddress(t *testing.T) {
	t.Parallel()
	server := netip.MustParseAddrPort(greeter(t))
	source := netip.MustParseAddr("127.0.0.1")
	n, err := New(Options{Source: source})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	d := n.Dial(t.Context(), mail.Endpoint{Protocol: mail.IMAP, Security: mail.None, Host: "127.0.0.1", Port: server.Port()})
	if d.Conn == nil {
		t.Fatal(d.Failure)
	}
	defer func() { _ = d.Conn.Close() }()
	if host, _, _ := net.SplitHostPort(d.Conn.LocalAddr().String()); host != source.String() {
		t.Errorf("the source is %s", host)
	}
	if o := d.Observations[0]; o.DialFacts == nil || o.From != source.String() {
		t.Errorf("facts %+v", o.DialFacts)
	}
	if d := n.Dial(t.Context(), mail.Endpoint{Protocol: mail.IMAP, Security: mail.None, Host: "::1", Port: 143}); classIn(d.Failure) != mail.PolicyRefused {
		t.Errorf("an address of the other family: %+v", d.Failure)
	}
	if _, err := New(Options{Source: netip.MustParseAddr("192.0.2.77")}); !errors.Is(err, ErrSource) {
		t.Errorf("an address that is not here: %v", err)
	}
}

func TestParseSOCKS(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"socks5://127.0.0.1:9050":         "socks5://127.0.0.1:9050 ",
		"socks5://anna@proxy.example":     "socks5://proxy.example:" + strconv.Itoa(1080) + " anna",
		"socks5://[2001:db8::1]:1080/":    "socks5://[2001:db8::1]:1080 ",
		"socks5://anna:secret@proxy.test": "", "http://proxy.example:8080": "", "127.0.0.1:9050": "", "socks5://": "", "socks5://h:1/x": "",
	} {
		got := ""
		if p, err := ParseSOCKS(text); err == nil {
			got = p.String() + " " + p.Username
		}
		if got != want {
			t.Errorf("%s is %q, want %q", text, got, want)
		}
	}
}
