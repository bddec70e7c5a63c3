package check_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/mailmedic/mailmedic/check"
	"github.com/mailmedic/mailmedic/lab"
	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/report"
)

// look is one run of check.Discover against a mail world.
func look(ctx context.Context, t *testing.T, name string, change func(*check.Options)) (mail.Report, lab.Journal) {
	t.Helper()
	w := world(t, name)
	running, network, target, leave := enter(t, w, lab.Options{})
	defer leave()
	o := check.Options{Network: network, FailOn: mail.Warning, Tool: mail.Tool{Name: "mailmedic", Version: "test"}}
	if change != nil {
		change(&o)
	}
	var events []mail.Event
	var busy atomic.Bool
	closing := check.Discover(ctx, target, o, func(e mail.Event) {
		if !busy.CompareAndSwap(false, true) {
			t.Error("emit is called twice at once")
		}
		events = append(events, e)
		busy.Store(false)
	})
	if first, last := events[0], events[len(events)-1]; first.Header == nil || last.Verdict == nil {
		t.Fatal("the stream does not begin with a header and end with a verdict")
	} else if last.Verdict.ExitCode != closing.ExitCode {
		t.Errorf("the verdict has exit code %d, the result %d", last.Verdict.ExitCode, closing.ExitCode)
	}
	folded, err := report.Fold(events)
	if err != nil {
		t.Fatal(err)
	}
	return folded, running.Journal()
}

func TestDiscoverAsksNoMailServer(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"good", "guess-only", "expired-certificate", "mx-hosted"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, journal := look(t.Context(), t, name, nil)
			for _, d := range journal.Dials {
				if port := d.To.Port(); port != 80 && port != 443 && port != 53 {
					t.Errorf("dialled %s", d.To)
				}
			}
			for _, o := range r.Observations {
				if _, err := mail.ParseEndpoint(o.Subject); err == nil && o.Kind == mail.KindDial {
					t.Errorf("observed %s", o.ID)
				}
			}
			for _, s := range r.Settings {
				if s.Proof != mail.Published || s.Trust == mail.TrustGuess {
					t.Errorf("%s is %s by %s", s.Endpoint, s.Proof, s.Trust)
				}
			}
		})
	}
}

func TestDiscoverGuessesOnlyWhatNobodyPublishes(t *testing.T) {
	t.Parallel()
	guessed := func(r mail.Report) bool { return slices.ContainsFunc(r.Candidates, mail.Candidate.Guessed) }
	if r, _ := look(t.Context(), t, "good", nil); guessed(r) || len(r.Settings) == 0 {
		t.Error("guesses beside published settings")
	}
	r, _ := look(t.Context(), t, "guess-only", nil)
	if !guessed(r) || len(r.Settings) > 0 || r.Verdict.ExitCode != 4 {
		t.Errorf("guessed %v, settings %v, exit code %d", guessed(r), r.Settings, r.Verdict.ExitCode)
	}
	if r, _ := look(t.Context(), t, "null-mx", nil); guessed(r) || r.Verdict.ExitCode != 4 {
		t.Error("guesses for a domain that says that it has no mail")
	}
}

func TestDiscoverExitsByWhatIsPublished(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]int{
		"good": 0, "expired-certificate": 0, "no-tls": 0, // nothing tested, nothing failed
		"nothing-published": 4, "no-such-domain": 4,
		"no-network": 3, "dns-servfail": 3,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if r, _ := look(t.Context(), t, name, nil); r.Verdict.ExitCode != want {
				t.Errorf("exit code %d, want %d", r.Verdict.ExitCode, want)
			}
		})
	}
}

func TestAnInterruptedDiscoverySaysWhatItDidNotAsk(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r, _ := look(ctx, t, "good", nil)
	if r.Verdict.ExitCode != 130 || r.Complete {
		t.Errorf("exit code %d, complete %v", r.Verdict.ExitCode, r.Complete)
	}
	if !slices.ContainsFunc(r.NotChecked, func(n mail.NotChecked) bool { return n.Source == mail.SourceSRV && n.Why == mail.WhyDeadline }) {
		t.Errorf("not checked: %v", r.NotChecked)
	}
}

func TestADiscoveryKeepsToItsPins(t *testing.T) {
	t.Parallel()
	pin := mail.Endpoint{Protocol: mail.IMAP, Security: mail.TLS, Host: "pinned.good.example", Port: 993}
	r, _ := look(t.Context(), t, "good", func(o *check.Options) { o.Discovery.Pins = []mail.Endpoint{pin} })
	var sends bool
	for _, s := range r.Settings {
		if s.Endpoint.Protocol == mail.IMAP && s.Endpoint != pin {
			t.Errorf("%s although IMAP is fixed", s.Endpoint)
		}
		sends = sends || s.Role == mail.Outgoing
	}
	if !sends {
		t.Error("the rest is not discovered")
	}
}
