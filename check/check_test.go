package check_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mailmedic/mailmedic/check"
	"github.com/mailmedic/mailmedic/lab"
	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// run is one run against a mail world.
type run struct {
	events  []mail.Event
	closing mail.Closing
	journal lab.Journal
}

func worldText(tb testing.TB, name string) string {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join("..", "testdata", "world", name+".txtar"))
	if err != nil {
		tb.Fatal(err)
	}
	return string(data)
}

func world(tb testing.TB, name string) *lab.World {
	tb.Helper()
	w, err := lab.Parse(name, []byte(worldText(tb, name)))
	if err != nil {
		tb.Fatal(err)
	}
	return w
}

// enter starts a world and gives the way into it, with the address that the
// world is about; leave ends both.
func enter(tb testing.TB, w *lab.World, lo lab.Options) (running *lab.Running, network *wire.Network, target mail.Target, leave func()) {
	tb.Helper()
	running, err := w.Start(tb.Context(), lo)
	if err != nil {
		tb.Fatal(err)
	}
	if network, err = wire.New(running.Network()); err != nil {
		running.Close()
		tb.Fatal(err)
	}
	if target, err = mail.ParseTarget(w.Demo.Address); err != nil {
		tb.Error(err)
	}
	return running, network, target, func() {
		network.Close()
		running.Close()
	}
}

// play runs check.Run in a world, with the world's own account unless change says otherwise.
func play(tb testing.TB, w *lab.World, lo lab.Options, change func(*check.Options)) run {
	tb.Helper()
	return playAs(tb, w, lo, func(o *check.Options, _ *lab.Running) {
		if change != nil {
			change(o)
		}
	})
}

// unhurried takes out of a run what depends on how busy the machine is.
func unhurried(o *check.Options) { o.Unhurried = true }

// playAs is play with what the running world gives to sign in.
func playAs(tb testing.TB, w *lab.World, lo lab.Options, change func(*check.Options, *lab.Running)) run {
	tb.Helper()
	running, network, target, leave := enter(tb, w, lo)
	defer leave()
	o := check.Options{Network: network, FailOn: mail.Error, Tool: mail.Tool{Name: "mailmedic", Version: "test"}}
	if w.Demo.Password != "" {
		o.SignIn = &check.SignIn{Username: w.Demo.User, Secret: mail.NewSecret([]byte(w.Demo.Password))}
	}
	change(&o, running)
	var r run
	var busy atomic.Bool
	r.closing = check.Run(tb.Context(), target, o, func(e mail.Event) {
		if !busy.CompareAndSwap(false, true) {
			tb.Error("emit is called twice at once")
		}
		r.events = append(r.events, e)
		busy.Store(false)
	})
	r.journal = running.Journal()
	return r
}

func (r run) findings() []string {
	var ids []string
	for _, e := range r.events {
		if e.Finding != nil {
			ids = append(ids, e.Finding.ID)
		}
	}
	return ids
}

func (r run) settings() map[string]mail.Proof {
	proofs := map[string]mail.Proof{}
	for _, e := range r.events {
		if e.Setting != nil {
			proofs[e.Setting.Endpoint.String()] = e.Setting.Proof
		}
	}
	return proofs
}

// connected counts the addresses at which an endpoint took a connection.
func (r run) connected(endpoint string) int {
	addresses := map[string]bool{}
	for _, e := range r.events {
		if o := e.Observation; o != nil && o.Kind == mail.KindDial && o.Subject == endpoint && o.Failure == nil {
			addresses[o.Address] = true
		}
	}
	return len(addresses)
}

func (r run) rejected() int {
	n := 0
	for _, l := range r.journal.Logins {
		if !l.Accepted {
			n++
		}
	}
	return n
}

// TestStories plays the worlds that the demo shows and holds each to its verdict.
func TestStories(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		receive, send mail.State
		exit          int
		findings      []string // these, whatever else
		logins        bool     // somebody signs in
	}{
		"good":                  {mail.Works, mail.Works, 0, nil, true},
		"srv-only":              {mail.Works, mail.Works, 0, nil, true},
		"guess-only":            {mail.Works, mail.Works, 0, []string{"discovery.guess-only"}, true},
		"mx-hosted":             {mail.Works, mail.Works, 0, nil, true},
		"expired-certificate":   {mail.Works, mail.Broken, 1, []string{"tls.certificate-expired"}, true},
		"wrong-name":            {mail.Broken, mail.Broken, 1, []string{"tls.certificate-name"}, false},
		"self-signed":           {mail.Broken, mail.Broken, 1, []string{"tls.certificate-self-signed"}, false},
		"starttls-only":         {mail.Works, mail.Works, 0, nil, true},
		"no-tls":                {mail.Broken, mail.Broken, 1, nil, false},
		"wrong-password":        {mail.Broken, mail.Broken, 1, []string{"auth.rejected"}, true},
		"imap-down":             {mail.Works, mail.Works, 1, []string{"server.refused"}, true},
		"app-password-provider": {mail.Broken, mail.Broken, 1, []string{"auth.app-password"}, true},
		"null-mx":               {mail.NoneSet, mail.NoneSet, 4, []string{"dns.null-mx"}, false},
		"no-such-domain":        {mail.NoneSet, mail.NoneSet, 4, []string{"dns.no-such-domain"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := play(t, world(t, name), lab.Options{}, nil)
			v := r.closing.Verdict
			if v.Receive != want.receive || v.Send != want.send || v.ExitCode != want.exit {
				t.Errorf("verdict %+v, want receive %s, send %s, exit code %d; findings %v", v, want.receive, want.send, want.exit, r.findings())
			}
			for _, id := range want.findings {
				if !slices.Contains(r.findings(), id) {
					t.Errorf("%s is missing among %v", id, r.findings())
				}
			}
			if got := len(r.journal.Logins) > 0; got != want.logins {
				t.Errorf("logins: %v", r.journal.Logins)
			}
			if r.rejected() > 2 {
				t.Errorf("%d tries were rejected", r.rejected())
			}
			checkStream(t, r.events)
		})
	}
}

// checkStream holds a stream to its laws: header first, verdict last, one field each.
func checkStream(t *testing.T, events []mail.Event) {
	t.Helper()
	if events[0].Header == nil || events[len(events)-1].Verdict == nil {
		t.Error("the stream does not begin with a header and end with a verdict")
	}
	for _, e := range events {
		var fields map[string]json.RawMessage
		data, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, &fields); err != nil || len(fields) != 1 {
			t.Errorf("%s has not one field", data)
		}
	}
}

func TestEverySettingOfAGoodWorldIsSignedInWithOneConnectionToEachAddress(t *testing.T) {
	t.Parallel()
	r := play(t, world(t, "good"), lab.Options{}, nil)
	for _, e := range []string{
		"imaps://imap.good.example:993", "imap+starttls://imap.good.example:143", "pop3s://pop.good.example:995",
		"pop3+starttls://pop.good.example:110", "smtps://smtp.good.example:465", "smtp+starttls://smtp.good.example:587",
	} {
		if got := r.settings()[e]; got != mail.SignedIn {
			t.Errorf("%s is %q", e, got)
		}
		sessions := 0
		for _, s := range r.journal.Sessions {
			if s.Endpoint.String() == e {
				sessions++
			}
		}
		if addresses := r.connected(e); sessions != addresses || addresses == 0 {
			t.Errorf("%s took %d connections for %d addresses", e, sessions, addresses)
		}
	}
}

func TestThePasswordStaysHomeWithoutOneAndWithABadCertificate(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"good", "self-signed", "wrong-name"} {
		r := play(t, world(t, name), lab.Options{}, func(o *check.Options) {
			if name == "good" {
				o.SignIn = nil
			}
		})
		if len(r.journal.Logins) > 0 {
			t.Errorf("%s: %v", name, r.journal.Logins)
		}
		if name == "good" && (r.closing.Receive != mail.Ready || r.closing.Send != mail.Ready || r.closing.ExitCode != 0) {
			t.Errorf("%+v", r.closing)
		}
	}
}

func TestInsecureAuthSendsThePasswordAndSaysSo(t *testing.T) {
	t.Parallel()
	r := play(t, world(t, "self-signed"), lab.Options{}, func(o *check.Options) { o.SignIn.Insecure = true })
	if len(r.journal.Logins) == 0 {
		t.Error("nobody signed in")
	}
	if !slices.Contains(r.findings(), "safety.insecure-auth") {
		t.Errorf("it is not said: %v", r.findings())
	}
	for _, l := range r.journal.Logins {
		if !l.Encrypted {
			t.Error("the password went in clear text")
		}
	}
}

func TestInterruptedRunsTellWhatIsKnown(t *testing.T) {
	t.Parallel()
	w := world(t, "smtp-blocked")
	_, network, target, leave := enter(t, w, lab.Options{})
	defer leave()
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	closing := check.Run(ctx, target, check.Options{Network: network, FailOn: mail.Error}, func(e mail.Event) {
		if o := e.Observation; o != nil && o.Kind == mail.KindSession {
			interrupt()
		}
	})
	if closing.ExitCode != 130 || closing.Complete || len(closing.NotChecked) == 0 {
		t.Errorf("%+v", closing)
	}
}

func TestWithoutANetworkThereIsOneFindingAndExitCode3(t *testing.T) {
	t.Parallel()
	network, err := wire.New(wire.Options{Resolvers: []string{"127.0.0.1:1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer network.Close()
	target, _ := mail.ParseTarget("anna@good.example")
	var findings []mail.Finding
	closing := check.Run(t.Context(), target, check.Options{Network: network, FailOn: mail.Error, Timeout: 20 * time.Second}, func(e mail.Event) {
		if e.Finding != nil {
			findings = append(findings, *e.Finding)
		}
	})
	if closing.ExitCode != 3 || closing.Receive != mail.Unproven || len(findings) != 1 {
		t.Errorf("%+v\n%+v", closing, findings)
	}
}
