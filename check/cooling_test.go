package check_test

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/mailmedic/mailmedic/check"
	"github.com/mailmedic/mailmedic/lab"
	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

// busy is a connection to a server that has no time.
func busy(t *testing.T, port uint16) net.Conn {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Error(err)
		return nil
	}
	defer func() { _ = l.Close() }()
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Error(err)
		return nil
	}
	server, err := l.Accept()
	if err != nil {
		t.Error(err)
		return client
	}
	words := "421 4.7.0 too many connections\r\n"
	switch port {
	case 110:
		words = "-ERR [SYS/TEMP] too many connections\r\n"
	case 143:
		words = "* BYE [UNAVAILABLE] too many connections\r\n"
	}
	_, _ = server.Write([]byte(words))
	_ = server.Close()
	return client
}

// A crowd counts the connections to one address, as the server behind it does.
type crowd struct {
	dial func(context.Context, string, netip.AddrPort) (net.Conn, error)
	busy func(open int, port uint16) bool // whether the next connection is turned away

	mu    sync.Mutex
	open  int
	most  int      // at once
	ports []uint16 // of all connections, in their order
	alone []bool   // whether no other was open when that one was made
}

func (c *crowd) enter(ctx context.Context, t *testing.T, to netip.AddrPort) (net.Conn, error) {
	c.mu.Lock()
	turnedAway := c.busy(c.open, to.Port())
	c.ports, c.alone = append(c.ports, to.Port()), append(c.alone, c.open == 0)
	c.open++
	c.most = max(c.most, c.open)
	c.mu.Unlock()
	conn, err := c.dial(ctx, "tcp4", to)
	if turnedAway {
		if err == nil {
			_ = conn.Close()
		}
		conn, err = busy(t, to.Port()), nil
	}
	return &member{Conn: conn, leave: sync.OnceFunc(func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.open--
	})}, err
}

// member is a connection that is counted.
type member struct {
	net.Conn
	leave func()
}

func (m *member) Close() error {
	m.leave()
	return m.Conn.Close()
}

const crowdWorld = `One address with two names, for every port
-- zone --
$ORIGIN crowd.example.
imap  A  192.0.2.10
smtp  A  192.0.2.10
-- servers.toml --
[[server]]
endpoints = ["imaps://imap.crowd.example:993", "imaps://imap.crowd.example:1993", "imap+starttls://imap.crowd.example:143"]
certificate = { names = ["imap.crowd.example", "smtp.crowd.example"] }
[[server]]
endpoints = ["smtps://smtp.crowd.example:465", "smtp+starttls://smtp.crowd.example:587", "smtp+starttls://smtp.crowd.example:25"]
certificate = { names = ["imap.crowd.example", "smtp.crowd.example"] }
[[server]]
endpoints = ["pop3s://imap.crowd.example:995", "pop3+starttls://imap.crowd.example:110"]
certificate = { names = ["imap.crowd.example", "smtp.crowd.example"] }
`

// inCrowd probes servers of that world, which turn connections away as busy says;
// they do so in plain text.
func inCrowd(t *testing.T, busy func(open int, port uint16) bool, servers ...string) (run, *crowd) {
	t.Helper()
	w, err := lab.Parse("crowd", []byte(crowdWorld))
	if err != nil {
		t.Fatal(err)
	}
	c := &crowd{busy: busy}
	r := probeThrough(t, w, func(dial wire.DialFunc) wire.DialFunc {
		c.dial = dial
		return func(ctx context.Context, network string, to netip.AddrPort) (net.Conn, error) {
			if to.Addr() != netip.MustParseAddr("192.0.2.10") {
				return dial(ctx, network, to)
			}
			return c.enter(ctx, t, to)
		}
	}, func(o *check.Options) { o.AllPorts = true }, servers...)
	return r, c
}

// TestAnAddressIsAskedOneAtATimeOnceItHasAskedTwiceForFewerConnections: one port
// of seven never has time, and is among the first four.
func TestAnAddressIsAskedOneAtATimeOnceItHasAskedTwiceForFewerConnections(t *testing.T) {
	t.Parallel()
	r, c := inCrowd(t, func(_ int, port uint16) bool { return port == 110 }, "smtp.crowd.example", "imaps://imap.crowd.example:993")
	settings := r.settings()
	for _, e := range []string{
		"imaps://imap.crowd.example:993", "imap+starttls://smtp.crowd.example:143", "smtps://smtp.crowd.example:465",
		"pop3s://smtp.crowd.example:995", "smtp+starttls://smtp.crowd.example:587",
	} {
		if settings[e] != mail.Handshake {
			t.Errorf("%s: %q", e, settings[e])
		}
	}
	if len(r.closing.NotChecked) > 0 {
		t.Errorf("not checked: %+v", r.closing.NotChecked)
	}
	r.wantFinding(t, "server.too-many-connections", "one after another")
	var asked []int
	for i, port := range c.ports {
		if port == 110 {
			asked = append(asked, i)
		}
	}
	if len(asked) != 2 || len(c.ports) != 9 {
		t.Fatalf("connections to %v", c.ports)
	}
	for i := asked[1]; i < len(c.ports); i++ {
		if !c.alone[i] {
			t.Errorf("connection %d (port %d) is beside another: %v", i, c.ports[i], c.ports)
		}
	}
}

func TestAServerThatTakesOneConnectionAtATimeIsSeenWhole(t *testing.T) {
	t.Parallel()
	smtp := func(port uint16) bool { return port == 465 || port == 587 || port == 25 }
	r, c := inCrowd(t, func(open int, port uint16) bool { return open > 0 && port != 465 && smtp(port) },
		"smtp+starttls://smtp.crowd.example:587", "smtp+starttls://smtp.crowd.example:25", "imaps://imap.crowd.example:993", "pop3s://imap.crowd.example:995")
	for _, e := range []string{"smtp+starttls://smtp.crowd.example:587", "imaps://imap.crowd.example:993", "pop3s://imap.crowd.example:995"} {
		if p := r.settings()[e]; p != mail.Handshake {
			t.Errorf("%s: %q", e, p)
		}
	}
	if slices.Contains(r.findings(), "server.too-many-connections") || r.closing.ExitCode != 0 {
		t.Errorf("findings %v, exit code %d, connections %v", r.findings(), r.closing.ExitCode, c.ports)
	}
}

func TestWhoIsRefusedForTheMomentIsAskedTwiceAndNoMore(t *testing.T) {
	t.Parallel()
	r, c := inCrowd(t, func(_ int, port uint16) bool { return port == 587 || port == 25 }, "smtp+starttls://smtp.crowd.example:587", "smtp+starttls://smtp.crowd.example:25")
	for _, port := range []uint16{587, 25} {
		if n := len(slices.DeleteFunc(slices.Clone(c.ports), func(p uint16) bool { return p != port })); n != 2 {
			t.Errorf("port %d was asked %d times: %v", port, n, c.ports)
		}
	}
	if got := r.findings(); !slices.Contains(got, "server.too-many-connections") || r.closing.ExitCode != 1 {
		t.Errorf("findings %v, exit code %d", got, r.closing.ExitCode)
	}
}

// TestAnAccountIsProvedWhereOneConnectionIsTakenAtATime: whoever waits with a
// session for its turn to sign in must not keep the others out.
func TestAnAccountIsProvedWhereOneConnectionIsTakenAtATime(t *testing.T) {
	t.Parallel()
	w, err := lab.Parse("one", []byte(`One connection at a time
-- zone --
$ORIGIN crowd.example.
@ MX 10 mail
mail A 192.0.2.10
imap A 192.0.2.10
_imap._tcp SRV 0 1 143 imap
_submission._tcp SRV 0 1 587 mail
-- servers.toml --
[demo]
address = "anna@crowd.example"
password = "five blue jars"
[[account]]
user = "anna@crowd.example"
password = "five blue jars"
[[server]]
endpoints = ["imap+starttls://imap.crowd.example:143"]
[[server]]
endpoints = ["smtp+starttls://mail.crowd.example:587", "smtp+starttls://mail.crowd.example:25"]
`))
	if err != nil {
		t.Fatal(err)
	}
	running, _, target, leave := enter(t, w, lab.Options{})
	defer leave()
	o := running.Network()
	c := &crowd{dial: o.Dial, busy: func(open int, _ uint16) bool { return open > 0 }}
	o.Dial = func(ctx context.Context, network string, to netip.AddrPort) (net.Conn, error) {
		if to.Addr() != netip.MustParseAddr("192.0.2.10") || to.Port() == 443 || to.Port() == 80 {
			return c.dial(ctx, network, to)
		}
		return c.enter(ctx, t, to)
	}
	network, err := wire.New(o)
	if err != nil {
		t.Fatal(err)
	}
	defer network.Close()
	options := check.Options{Network: network, SignIn: &check.SignIn{Secret: mail.NewSecret([]byte(w.Demo.Password))}}
	options.SetBackOff(50 * time.Millisecond)
	closing := check.Run(t.Context(), target, options, func(mail.Event) {})
	if closing.Receive != mail.Works || closing.Send != mail.Works || closing.ExitCode != 0 {
		t.Errorf("%+v, connections to %v", closing.Verdict, c.ports)
	}
}
