package check_test

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/mailmedic/mailmedic/check"
	"github.com/mailmedic/mailmedic/lab"
	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

// busyOnce probes servers of the world good, one of which turns its first
// connections away.
func busyOnce(t *testing.T, port uint16, turned int32, servers ...string) run {
	t.Helper()
	running, err := world(t, "good").Start(t.Context(), lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer running.Close()
	o := running.Network()
	dial, seen := o.Dial, atomic.Int32{}
	o.Dial = func(ctx context.Context, network string, to netip.AddrPort) (net.Conn, error) {
		if to.Port() != port || seen.Add(1) > turned {
			return dial(ctx, network, to)
		}
		return busy(t), nil
	}
	network, err := wire.New(o)
	if err != nil {
		t.Fatal(err)
	}
	defer network.Close()
	var named []mail.Endpoint
	for _, text := range servers {
		e, err := mail.ParseServer(text)
		if err != nil {
			t.Fatal(err)
		}
		named = append(named, e)
	}
	var r run
	r.closing = check.Probe(t.Context(), named, check.Options{Network: network, FailOn: mail.Error}, func(e mail.Event) { r.events = append(r.events, e) })
	return r
}

// busy is a connection to a server that has no time.
func busy(t *testing.T) net.Conn {
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
	_, _ = server.Write([]byte("421 4.7.0 too many connections\r\n"))
	_ = server.Close()
	return client
}

func TestAServerThatIsBusyOnceIsAskedAgain(t *testing.T) {
	t.Parallel()
	const smtp = "smtp+starttls://smtp.good.example:587"
	r := busyOnce(t, 587, 1, smtp)
	if r.settings()[smtp] != mail.Handshake || !slices.Contains(r.findings(), "server.turned-away-once") || r.closing.ExitCode != 0 {
		t.Errorf("settings %v, findings %v, verdict %+v", r.settings(), r.findings(), r.closing.Verdict)
	}
}

func TestAHostThatAsksTwiceForFewerConnectionsIsLeftAlone(t *testing.T) {
	t.Parallel()
	const all = 100
	r := busyOnce(t, 587, all, "smtp+starttls://smtp.good.example:587")
	if !slices.Contains(r.findings(), "server.too-many-connections") {
		t.Errorf("findings %v", r.findings())
	}
	attempts := 0
	for _, e := range r.events {
		if o := e.Observation; o != nil && o.ID == "session:smtp+starttls://smtp.good.example:587" {
			attempts++
		}
	}
	if attempts != 2 {
		t.Errorf("%d sessions, want a first and one retry", attempts)
	}
	left := func(n mail.NotChecked) bool {
		return n.Why == mail.WhyThrottled && strings.HasPrefix(n.Subject, "smtp+starttls://smtp.good.example:587#")
	}
	// The other address is asked beside the first, before anybody knows, and then left alone too.
	other := 0
	for _, e := range r.events {
		if o := e.Observation; o != nil && o.Kind == mail.KindSession && strings.HasPrefix(o.ID, "session:smtp+starttls://smtp.good.example:587#") {
			other++
		}
	}
	for _, n := range r.closing.NotChecked {
		if !left(n) {
			t.Errorf("not checked: %+v", n)
		}
	}
	if other+len(r.closing.NotChecked) != 1 {
		t.Errorf("the other address was asked %d times, not checked: %+v", other, r.closing.NotChecked)
	}
}
