package probe

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/mailmedic/mailmedic/lab"
	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

// labWorld starts a world of the lab and gives the way into it.
func labWorld(t testing.TB, name string) (*lab.Running, *wire.Network) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "testdata", "world", name+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	w, err := lab.Parse(name, data)
	if err != nil {
		t.Fatal(err)
	}
	r, err := w.Start(t.Context(), lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	n, err := wire.New(r.Network())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	return r, n
}

func TestGoodWorldSignsInEverywhere(t *testing.T) {
	t.Parallel()
	r, n := labWorld(t, "good")
	demo := r.World().Demo
	for at, commands := range map[string]int{ // what must be said before the farewell, and no more
		"imaps://imap.good.example:993":         6,
		"imap+starttls://imap.good.example:143": 8,
		"pop3s://pop.good.example:995":          5,
		"pop3+starttls://pop.good.example:110":  7,
		"smtps://smtp.good.example:465":         2,
		"smtp+starttls://smtp.good.example:587": 4,
	} {
		t.Run(at, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			e := endpoint(t, at)
			got := &seen{}
			s := Open(ctx, n, e, Options{}, got.emit)
			if o := got.session(t, at); o.Failure != nil || !s.Ready() {
				t.Fatalf("failure %+v", o.Failure)
			}
			outcome := s.SignIn(ctx, Credentials{Username: demo.Address, Secret: mail.NewSecret([]byte(demo.Password))}, false)
			s.Mailbox(ctx)
			s.Close(ctx)
			if outcome != Accepted {
				t.Errorf("outcome %s", outcome)
			}
			for _, id := range got.ids {
				if o := got.all[id]; o.Kind != mail.KindDNS && o.Failure != nil {
					t.Errorf("%s: %+v", id, o.Failure)
				}
			}
			if e.Protocol != mail.SMTP && got.get(t, "mailbox:"+at).Messages != 1204 {
				t.Errorf("mailbox %+v", got.get(t, "mailbox:"+at).MailboxFacts)
			}
			if said := commandsAt(r, e); len(said) > commands+1 {
				t.Errorf("said %q, which is more than %d commands and a farewell", said, commands)
			}
		})
	}
}

// commandsAt gives what the sessions with an endpoint heard.
func commandsAt(r *lab.Running, e mail.Endpoint) []string {
	var commands []string
	for _, s := range r.Journal().Sessions {
		if s.Endpoint == e {
			commands = append(commands, s.Commands...)
		}
	}
	return commands
}

func TestWrongModeIsProvedAndTold(t *testing.T) {
	t.Parallel()
	_, n := labWorld(t, "wrong-mode")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	got := &seen{}
	at := "imaps://imap.wrong-mode.example:993"
	Open(ctx, n, endpoint(t, at), Options{}, got.emit).Close(ctx)
	if o := got.session(t, at); class(o) != mail.TLSNotSpoken {
		t.Errorf("failure %+v", o.Failure)
	}
	other := "imap+starttls://imap.wrong-mode.example:993"
	if o := got.session(t, other); o.Failure != nil || !slices.Contains(o.Mechanisms.AfterTLS, "plain") {
		t.Errorf("the other mode: %+v", o)
	}
}

func TestNothingIsSignedInToWithoutACall(t *testing.T) {
	t.Parallel()
	r, n := labWorld(t, "wrong-password")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	demo := r.World().Demo
	target, err := mail.ParseTarget(demo.Address)
	if err != nil {
		t.Fatal(err)
	}
	at := "imaps://imap." + target.Domain + ":993"
	s := Open(ctx, n, endpoint(t, at), Options{}, func(mail.Observation) {})
	defer s.Close(ctx)
	if logins := r.Journal().Logins; len(logins) != 0 {
		t.Errorf("logins %+v before anybody asked for one", logins)
	}
	if outcome := s.SignIn(ctx, Credentials{Username: demo.Address, Secret: mail.NewSecret([]byte(demo.Password))}, false); outcome != Rejected {
		t.Errorf("outcome %s", outcome)
	}
	if logins := r.Journal().Logins; len(logins) != 1 || !logins[0].Encrypted || logins[0].Accepted {
		t.Errorf("logins %+v, want exactly one, rejected and under TLS", logins)
	}
}
