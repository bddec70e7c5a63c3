package check_test

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/mailmedic/mailmedic/check"
	"github.com/mailmedic/mailmedic/lab"
	"github.com/mailmedic/mailmedic/mail"
)

// TestWhoIsTriedAndInWhichOrder plays worlds in which the account is at risk.
func TestWhoIsTriedAndInWhichOrder(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{
		"case/crowded-host":   {"imaps://mail.six.example:993 anna@six.example", "smtps://mail.six.example:465 anna@six.example"},
		"case/hangup":         {"imaps://imap.hangup.example:993 anna@hangup.example", "smtps://smtp.hangup.example:465 anna@hangup.example"},
		"case/two-user-names": {"imaps://imap.re.example:993 anna@re.example", "imaps://imap.re.example:993 anna", "smtps://smtp.re.example:465 anna@re.example"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := play(t, world(t, name), lab.Options{}, unhurried)
			var tries []string
			for _, l := range r.journal.Logins {
				tries = append(tries, l.Endpoint.String()+" "+l.User)
			}
			if !slices.Equal(tries, want) {
				t.Errorf("tried\n%s\nwant\n%s", strings.Join(tries, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

func TestAPinIsAskedAndTheRestIsDiscovered(t *testing.T) {
	t.Parallel()
	r := play(t, world(t, "unknown-hoster"), lab.Options{}, func(o *check.Options) {
		for p, host := range map[mail.Protocol]string{mail.IMAP: "imap.hoster.example", mail.SMTP: "smtp.hoster.example"} {
			pin, err := mail.ParsePin(p, host)
			if err != nil {
				t.Fatal(err)
			}
			o.Discovery.Pins = append(o.Discovery.Pins, pin)
		}
	})
	if r.closing.Receive != mail.Works || r.closing.Send != mail.Works || r.closing.ExitCode != 0 {
		t.Errorf("%+v %v", r.closing, r.findings())
	}
	if slices.Contains(r.findings(), "server.refused") {
		t.Error("a port that the user did not name is held against the server")
	}
}

func TestTheUserIsAskedAboutOneHostAtATime(t *testing.T) {
	t.Parallel()
	var open atomic.Int32
	asked := 0
	play(t, world(t, "unknown-hoster"), lab.Options{}, func(o *check.Options) {
		o.SignIn.Consent = func(context.Context, string, []mail.Source) bool {
			if open.Add(1) > 1 {
				t.Error("two questions are open at once")
			}
			asked++ // the questions come one after another, or the race detector speaks
			open.Add(-1)
			return asked > 1
		}
	})
	if asked != 2 {
		t.Errorf("asked %d times", asked)
	}
}

func TestAPanicOfAGoroutineReachesTheCaller(t *testing.T) {
	t.Parallel()
	w := world(t, "unknown-hoster")
	_, network, target, leave := enter(t, w, lab.Options{})
	defer leave()
	defer func() {
		if value := recover(); value == nil || !strings.Contains(value.(error).Error(), "on purpose") {
			t.Errorf("recovered %v", value)
		}
	}()
	check.Run(t.Context(), target, check.Options{Network: network, SignIn: &check.SignIn{
		Secret:  mail.NewSecret([]byte("secret")),
		Consent: func(context.Context, string, []mail.Source) bool { panic("on purpose") },
	}}, func(mail.Event) {})
	t.Error("the panic is lost")
}

func TestAPasswordStoreWithoutDigestsIsNoWrongPassword(t *testing.T) {
	t.Parallel()
	r := play(t, world(t, "case/no-digests"), lab.Options{}, nil)
	if r.closing.Receive != mail.Works || r.closing.Send != mail.Works {
		t.Errorf("%+v %v", r.closing, r.findings())
	}
	if !slices.Contains(r.findings(), "auth.mechanism-useless") {
		t.Errorf("it is not said: %v", r.findings())
	}
}

func TestARefusalInAnyLanguageCountsAsOne(t *testing.T) {
	t.Parallel()
	r := play(t, world(t, "case/local-words"), lab.Options{}, nil)
	byServer := map[string]int{}
	for _, l := range r.journal.Logins {
		byServer[l.Endpoint.Host]++
	}
	for host, n := range byServer {
		if n > 2 {
			t.Errorf("%s was tried %d times", host, n)
		}
	}
	if len(r.journal.Logins) > 4 {
		t.Errorf("%d tries in all: %v", len(r.journal.Logins), r.journal.Logins)
	}
}
