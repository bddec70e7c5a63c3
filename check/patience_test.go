package check_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/mailmedic/mailmedic/check"
	"github.com/mailmedic/mailmedic/lab"
	"github.com/mailmedic/mailmedic/mail"
)

func TestOneHostWithEveryPortIsSignedInEverywhere(t *testing.T) {
	t.Parallel()
	const text = `One host for everything
-- zone --
$ORIGIN one.example.
@                  MX    10 mail
mail               A     192.0.2.10
_imaps._tcp        SRV   0 1 993 mail
_imap._tcp         SRV   10 1 143 mail
_pop3s._tcp        SRV   20 1 995 mail
_pop3._tcp         SRV   30 1 110 mail
_submissions._tcp  SRV   0 1 465 mail
_submission._tcp   SRV   10 1 587 mail
-- servers.toml --
[demo]
address = "anna@one.example"
password = "correct horse"

[[account]]
user = "anna@one.example"
password = "correct horse"

[[server]]
endpoints = ["imaps://mail.one.example:993", "imap+starttls://mail.one.example:143"]

[[server]]
endpoints = ["pop3s://mail.one.example:995", "pop3+starttls://mail.one.example:110"]

[[server]]
endpoints = ["smtps://mail.one.example:465", "smtp+starttls://mail.one.example:587", "smtp+starttls://mail.one.example:25"]
`
	w, err := lab.Parse("one", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	r := play(t, w, lab.Options{}, nil)
	if len(r.settings()) != 6 {
		t.Errorf("settings %v", r.settings())
	}
	for e, proof := range r.settings() {
		if proof != mail.SignedIn {
			t.Errorf("%s is %s; not checked %v; logins %v", e, proof, r.closing.NotChecked, r.journal.Logins)
		}
	}
}

func TestAHostThatNobodyVouchesForNeedsConsent(t *testing.T) {
	t.Parallel()
	w := world(t, "unknown-hoster")
	consents := func(r run) []mail.NotChecked {
		return slices.DeleteFunc(slices.Clone(r.closing.NotChecked), func(n mail.NotChecked) bool { return n.Why != mail.WhyConsent })
	}
	alone := play(t, w, lab.Options{}, nil)
	if len(alone.journal.Logins) > 0 || len(consents(alone)) == 0 || !slices.Contains(alone.findings(), "auth.not-allowed-host") {
		t.Errorf("without anybody to ask: logins %v, not checked %v, findings %v", alone.journal.Logins, alone.closing.NotChecked, alone.findings())
	}
	for _, answer := range []bool{true, false} {
		var mu sync.Mutex
		var hosts []string
		r := play(t, w, lab.Options{}, func(o *check.Options) {
			o.SignIn.Consent = func(ctx context.Context, host string, sources []mail.Source) bool {
				if _, bounded := ctx.Deadline(); bounded {
					t.Error("the time runs while somebody thinks")
				}
				mu.Lock()
				defer mu.Unlock()
				hosts = append(hosts, host)
				if len(sources) == 0 {
					t.Error("no source is named")
				}
				return answer
			}
		})
		slices.Sort(hosts)
		if len(hosts) == 0 || len(slices.Compact(slices.Clone(hosts))) != len(hosts) {
			t.Errorf("asked about %v", hosts)
		}
		if got := len(r.journal.Logins) > 0; got != answer {
			t.Errorf("answered %v: logins %v", answer, r.journal.Logins)
		}
		if !answer && len(consents(r)) == 0 {
			t.Errorf("a refusal is not reported: %v", r.closing.NotChecked)
		}
	}
	trusting := play(t, w, lab.Options{}, func(o *check.Options) { o.SignIn.TrustDiscovered = true })
	if len(trusting.journal.Logins) == 0 || !slices.Contains(trusting.findings(), "safety.trust-discovered") {
		t.Errorf("trusted: logins %v, findings %v", trusting.journal.Logins, trusting.findings())
	}
}

func TestWhatIsPendingWhenAllIsProvedGetsAGraceAndNoMore(t *testing.T) {
	t.Parallel()
	w := worldWith(t, "good", drop("autoconfig.good.example", "mx.good.example"), "")
	began := time.Now()
	r := play(t, w, lab.Options{}, func(o *check.Options) { o.SetGrace(500 * time.Millisecond) })
	if took := time.Since(began); took > 6*time.Second {
		t.Errorf("it took %s, so a dead host held up the run", took)
	}
	if r.closing.Complete || r.closing.Receive != mail.Works || r.closing.Send != mail.Works {
		t.Errorf("%+v", r.closing)
	}
	if want := (mail.NotChecked{Subject: "smtp+starttls://mx.good.example:25", Why: mail.WhyGrace}); !slices.Contains(r.closing.NotChecked, want) {
		t.Errorf("not checked: %v", r.closing.NotChecked)
	}
}

func TestTheTimeOfARunIsKept(t *testing.T) {
	t.Parallel()
	began := time.Now()
	r := play(t, world(t, "smtp-blocked"), lab.Options{}, func(o *check.Options) { o.Timeout = 700 * time.Millisecond })
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
	if r.closing.Complete || r.closing.Receive != mail.Works || r.closing.Send == mail.Works || r.closing.ExitCode != 1 {
		t.Errorf("%+v", r.closing)
	}
	if !slices.ContainsFunc(r.closing.NotChecked, func(n mail.NotChecked) bool { return n.Why == mail.WhyDeadline }) {
		t.Errorf("not checked: %v", r.closing.NotChecked)
	}
}
