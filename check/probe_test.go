package check_test

import (
	"slices"
	"testing"
	"time"

	"github.com/mailmedic/mailmedic/check"
	"github.com/mailmedic/mailmedic/lab"
	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

// probe runs check.Probe in a world, without a sign-in unless change wants one.
func probe(tb testing.TB, w *lab.World, change func(*check.Options), servers ...string) run {
	tb.Helper()
	return probeThrough(tb, w, func(dial wire.DialFunc) wire.DialFunc { return dial }, change, servers...)
}

// probeThrough is probe with another way into the world. An address that asks
// for patience is left alone for a moment only.
func probeThrough(tb testing.TB, w *lab.World, through func(wire.DialFunc) wire.DialFunc, change func(*check.Options), servers ...string) run {
	tb.Helper()
	running, err := w.Start(tb.Context(), lab.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	defer running.Close()
	way := running.Network()
	way.Dial = through(way.Dial)
	network, err := wire.New(way)
	if err != nil {
		tb.Fatal(err)
	}
	defer network.Close()
	var named []mail.Endpoint
	for _, text := range servers {
		e, err := mail.ParseServer(text)
		if err != nil {
			tb.Fatal(err)
		}
		named = append(named, e)
	}
	o := check.Options{Network: network, FailOn: mail.Error}
	o.SetBackOff(50 * time.Millisecond)
	if change != nil {
		change(&o)
	}
	var r run
	r.closing = check.Probe(tb.Context(), named, o, func(e mail.Event) { r.events = append(r.events, e) })
	r.journal = running.Journal()
	return r
}

func TestProbeAsksWhatItIsToldAndNothingElse(t *testing.T) {
	t.Parallel()
	w, err := lab.Parse("three", []byte(`A host that serves three ports
-- zone --
$ORIGIN three.example.
@     MX 10 mail
mail  A  192.0.2.10
-- servers.toml --
[demo]
address = "anna@three.example"
[[server]]
endpoints = ["imaps://mail.three.example:993"]
[[server]]
endpoints = ["smtps://mail.three.example:465", "smtp+starttls://mail.three.example:25"]
`))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name    string
		all     bool
		servers []string
		dialled []uint16
		answers []string // candidates
	}{
		{"one port", false, []string{"mail.three.example:993"}, []uint16{993}, []string{"imaps://mail.three.example:993"}},
		{
			"a host alone", false,
			[]string{"mail.three.example"},
			[]uint16{465, 587, 993, 995},
			[]string{"imaps://mail.three.example:993", "smtps://mail.three.example:465"},
		},
		{
			"all ports", true,
			[]string{"mail.three.example"},
			[]uint16{25, 110, 143, 465, 587, 993, 995},
			[]string{"imaps://mail.three.example:993", "smtps://mail.three.example:465", "smtp+starttls://mail.three.example:25"},
		},
		{
			"a closed port that was named, and the host alone", false,
			[]string{"mail.three.example", "mail.three.example:587"},
			[]uint16{465, 587, 993, 995},
			[]string{"imaps://mail.three.example:993", "smtps://mail.three.example:465", "smtp+starttls://mail.three.example:587"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := probe(t, w, func(o *check.Options) { o.AllPorts = test.all }, test.servers...)
			var ports []uint16
			for _, d := range r.journal.Dials {
				ports = append(ports, d.To.Port())
			}
			slices.Sort(ports)
			if !slices.Equal(slices.Compact(ports), test.dialled) {
				t.Errorf("dialled %v, want %v", ports, test.dialled)
			}
			var answers []string
			for _, e := range r.events {
				if c := e.Candidate; c != nil && !slices.Contains(answers, c.Endpoint.String()) {
					answers = append(answers, c.Endpoint.String())
				}
			}
			slices.Sort(answers)
			want := slices.Sorted(slices.Values(test.answers))
			if !slices.Equal(answers, want) {
				t.Errorf("candidates %v, want %v", answers, want)
			}
			for _, e := range r.events {
				if o := e.Observation; o != nil && (o.Kind == mail.KindDNS && o.Type != "A" && o.Type != "AAAA" || o.Kind == mail.KindHTTP) {
					t.Errorf("%s was asked", o.ID)
				}
			}
		})
	}
}

func TestProbeKeepsToTheBudgetOfTheAccount(t *testing.T) {
	t.Parallel()
	w := world(t, "wrong-password")
	r := probe(t, w, func(o *check.Options) {
		o.SignIn = &check.SignIn{Username: w.Demo.Address, Secret: mail.NewSecret([]byte("not the password"))}
	}, endpointsOf(w)...)
	if n := len(r.journal.Logins); n == 0 || n > 2 {
		t.Errorf("%d tries were made, want one or two", n)
	}
	for _, c := range r.settings() {
		if c == mail.SignedIn {
			t.Error("somebody signed in")
		}
	}
}

func endpointsOf(w *lab.World) []string {
	var list []string
	for _, e := range w.Endpoints() {
		list = append(list, e.String())
	}
	return list
}
