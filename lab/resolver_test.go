package lab_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/mailmedic/mailmedic/lab"
	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

const resolversWorld = `Resolvers that disagree
-- zone --
$ORIGIN many.example.
@     MX  10 mx
@     TXT "here"
mx    A   192.0.2.1
mail  A   192.0.2.2
-- zone@192.0.2.54 --
$ORIGIN many.example.
@     MX  10 elsewhere
-- servers.toml --
[dns]
tls = "dns.example"
https = "https://doh.example/dns-query"
secure = ["many.example"]

[[dns.fault]]
name = "mail.many.example"
resolver = "192.0.2.54"
fault = "nxdomain"
ede = 17
ede_text = "by order"

[[dns.fault]]
name = "*.search.example"
resolver = "192.0.2.54"
fault = "rewrite"
address = "203.0.113.9"

[[dns.fault]]
name = "broken.many.example"
fault = "bogus"

[[dns.fault]]
name = "silent.many.example"
fault = "timeout"

[[resolver]]
address = "192.0.2.54"
tls = "bad.example"
certificate = { kind = "expired" }
`

// lookup asks one resolver of a world.
func lookup(t *testing.T, r *lab.Running, resolver, name, qtype string) wire.Answer {
	t.Helper()
	o := r.Network()
	o.Resolvers = []string{resolver}
	n, err := wire.New(o)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	return n.Lookup(ctx, name, qtype)
}

func TestResolversOfAWorld(t *testing.T) {
	t.Parallel()
	r := start(t, "many.txtar", resolversWorld, lab.Options{})
	for _, c := range []struct {
		what, resolver, name, qtype string
		records                     []string
		class                       mail.Class
		authentic                   mail.Fact
		extended                    []uint16
	}{
		{"the system's", "system", "many.example", "MX", []string{"10 mx.many.example."}, "", mail.NotKnown, nil},
		{"over TLS", "tls://dns.example", "many.example", "MX", []string{"10 mx.many.example."}, "", mail.Yes, nil},
		{"over TLS by address", "tls://192.0.2.53", "many.example", "MX", []string{"10 mx.many.example."}, "", mail.Yes, nil},
		{"over HTTPS", "https://doh.example/dns-query", "many.example", "MX", []string{"10 mx.many.example."}, "", mail.Yes, nil},
		{"over HTTPS at another path", "https://doh.example/dns", "many.example", "MX", nil, mail.DNSTimeout, mail.NotKnown, nil},
		{"another one says otherwise", "192.0.2.54", "many.example", "MX", []string{"10 elsewhere.many.example."}, "", mail.NotKnown, nil},
		{"of that name only", "192.0.2.54", "mx.many.example", "A", []string{"192.0.2.1"}, "", mail.NotKnown, nil},
		{"a name that one filters", "192.0.2.54", "mail.many.example", "A", nil, mail.DNSNXDomain, mail.No, []uint16{17}},
		{"and the other does not", "system", "mail.many.example", "A", []string{"192.0.2.2"}, "", mail.NotKnown, nil},
		{"a name that does not exist and is rewritten", "192.0.2.54", "no.search.example", "A", []string{"203.0.113.9"}, "", mail.No, nil},
		{"but not for another type", "192.0.2.54", "no.search.example", "AAAA", nil, mail.DNSNXDomain, mail.No, nil},
		{"broken signatures", "system", "broken.many.example", "A", nil, mail.DNSServFail, mail.NotKnown, nil},
		{"silence over HTTPS", "https://doh.example/dns-query", "silent.many.example", "A", nil, mail.Deadline, mail.NotKnown, nil},
		{"a certificate that has expired", "tls://bad.example", "many.example", "MX", nil, mail.DNSTimeout, mail.NotKnown, nil},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			a := lookup(t, r, c.resolver, c.name, c.qtype)
			var class mail.Class
			if f := a.Failure(); f != nil {
				class = f.Class
			}
			o := a.Observation
			if !slices.Equal(o.Records, c.records) || class != c.class || o.Authentic != c.authentic || !slices.Equal(o.ExtendedErrors, c.extended) {
				t.Errorf("records %v, failure %v, authentic %d, extended errors %v", o.Records, a.Failure(), o.Authentic, o.ExtendedErrors)
			}
			if o.Bogus != (c.what == "broken signatures") {
				t.Errorf("bogus: %t", o.Bogus)
			}
		})
	}
}

func TestDroppedPacketsEndWithTheKernelsPatience(t *testing.T) {
	t.Parallel()
	const world = `A black hole
-- zone --
hole.example. A 192.0.2.9
-- servers.toml --
[[network]]
to = ["hole.example", "192.0.2.53"]
ports = [53, 993]
fault = "drop"
`
	asked := make(chan time.Duration, 9)
	r := start(t, "hole.txtar", world, lab.Options{After: func(d time.Duration) <-chan time.Time {
		asked <- d
		over := make(chan time.Time, 1)
		over <- time.Time{}
		return over
	}})
	timedOut := func(what string, err error) {
		t.Helper()
		var timeout net.Error
		if !errors.Is(err, syscall.ETIMEDOUT) || !errors.As(err, &timeout) || !timeout.Timeout() {
			t.Errorf("%s: %v", what, err)
		}
		if patience := <-asked; patience < 2*time.Minute {
			t.Errorf("%s: a patience of %v", what, patience)
		}
	}
	_, err := r.Dial(t.Context(), "tcp4", netip.MustParseAddrPort("192.0.2.9:993"))
	timedOut("tcp", err)
	conn, err := r.Dial(t.Context(), "udp4", netip.MustParseAddrPort("192.0.2.53:53"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("hello")); err != nil {
		t.Error(err)
	}
	_, err = conn.Read(make([]byte, 100))
	timedOut("udp", err)
}

func TestDroppedPacketsHeedDeadlines(t *testing.T) {
	t.Parallel()
	const world = "A black hole\n-- servers.toml --\n[[network]]\nports = [53]\nfault = \"drop\"\n"
	r := start(t, "hole.txtar", world, lab.Options{})
	conn, err := r.Dial(t.Context(), "udp4", netip.MustParseAddrPort("192.0.2.53:53"))
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Unix(1, 0))
	var timeout net.Error
	if _, err := conn.Read(make([]byte, 1)); !errors.As(err, &timeout) || !timeout.Timeout() || errors.Is(err, syscall.ETIMEDOUT) {
		t.Errorf("got %v", err)
	}
	_ = conn.Close()
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after closing: %v", err)
	}
}
