package main

import (
	"bytes"
	"testing"

	"github.com/mailmedic/mailmedic/check"
	"github.com/mailmedic/mailmedic/mail"
)

// Every command that signs in goes through play, which wipes the secret also
// where the run does not come about.
func TestTheSecretIsWipedAfterTheRun(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		format string
		ran    bool
	}{"a run": {"json", true}, "no run": {"nonsense", false}} {
		in := &check.SignIn{Secret: mail.NewSecret([]byte("hunter2hunter2"))}
		s := &streams{out: &bytes.Buffer{}, err: &bytes.Buffer{}, env: func(string) string { return "" }}
		ran := false
		_ = play(s, "probe", &networkFlags{timeout: check.ProbeTimeout}, &outputFlags{format: c.format, failOn: "error", color: "never"}, s.reach, in, func(o check.Options, emit func(mail.Event)) mail.Closing {
			ran = o.SignIn.Secret.Reveal() == "hunter2hunter2"
			emit(mail.Event{Header: &mail.Header{}})
			emit(mail.Event{Verdict: &mail.Closing{}})
			return mail.Closing{}
		})
		if ran != c.ran || !in.Secret.IsZero() {
			t.Errorf("%s: ran %v, wiped %v", name, ran, in.Secret.IsZero())
		}
	}
}
