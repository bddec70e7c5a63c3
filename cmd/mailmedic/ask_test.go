package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/mailmedic/mailmedic/check"
	"github.com/mailmedic/mailmedic/mail"
)

func TestNobodyIsAskedForASecretThatNoServerTakes(t *testing.T) {
	t.Parallel()
	session := func(at string, mechanisms ...string) mail.Observation {
		return mail.Observation{Kind: mail.KindSession, Subject: at, SessionFacts: &mail.SessionFacts{Mechanisms: mail.BothWays{AfterTLS: mechanisms}}}
	}
	failed := session("imaps://imap.a.example:993", "xoauth2")
	failed.Failure = &mail.Failure{Class: mail.ProtocolFault}
	for name, c := range map[string]struct {
		token bool
		seen  []mail.Observation
		worth bool
		names string
	}{
		"OAuth 2.0 only, and a password":   {false, []mail.Observation{session("imaps://imap.a.example:993", "xoauth2", "oauthbearer"), session("smtps://smtp.a.example:465", "xoauth2")}, false, "oauthbearer, xoauth2"},
		"OAuth 2.0 only, and a token":      {true, []mail.Observation{session("imaps://imap.a.example:993", "xoauth2")}, true, ""},
		"computers of the organisation":    {false, []mail.Observation{session("smtps://smtp.a.example:465", "ntlm", "gssapi")}, false, "gssapi, ntlm"},
		"passwords only, and a token":      {true, []mail.Observation{session("imaps://imap.a.example:993", "plain", "login")}, false, "login, plain"},
		"one of two takes a password":      {false, []mail.Observation{session("imaps://imap.a.example:993", "xoauth2"), session("smtps://smtp.a.example:465", "login")}, true, "xoauth2"},
		"a mechanism of the strong kind":   {false, []mail.Observation{session("imaps://imap.a.example:993", "scram-sha-256")}, true, ""},
		"a server for other servers":       {false, []mail.Observation{session("smtp+starttls://mx.a.example:25", "ntlm")}, true, ""},
		"a session that failed":            {false, []mail.Observation{failed}, true, ""},
		"nothing is offered, nothing seen": {false, []mail.Observation{session("smtps://smtp.a.example:465")}, true, ""},
	} {
		o := offers{token: c.token}
		for _, seen := range c.seen {
			o.hear(seen)
		}
		if o.worthAsking() != c.worth || o.names() != c.names {
			t.Errorf("%s: worth asking %v, offered %q", name, o.worthAsking(), o.names())
		}
	}
}

func TestALookGoesBeforeTheQuestionAndEndsEarly(t *testing.T) {
	t.Parallel()
	var n networkFlags
	n.register(&cobra.Command{}, time.Second)
	target := mail.Target{Address: "anna@a.example", Domain: "a.example"}
	for name, c := range map[string]struct {
		flags     signInFlags
		mechanism string
		looks     bool
		asked     bool
	}{
		"a server takes it":         {signInFlags{password: secretFlags{ask: true}}, "plain", true, true},
		"no server takes it":        {signInFlags{password: secretFlags{ask: true}}, "xoauth2", true, false},
		"a token where it is taken": {signInFlags{token: secretFlags{ask: true}}, "xoauth2", true, true},
		"nobody has to be asked":    {signInFlags{password: secretFlags{stdin: true}}, "xoauth2", false, false},
	} {
		s, errs, prompts := person(t, "hunter2", nil)
		s.in = strings.NewReader("from stdin\n")
		looked, cut := false, false
		in, err := c.flags.askedFor(t.Context(), s, &n, target, func(ctx context.Context, o check.Options, emit func(mail.Event)) {
			if looked = true; o.SignIn != nil || o.Network == nil {
				t.Errorf("%s: the look signs in: %+v", name, o)
			}
			emit(mail.Event{Observation: &mail.Observation{
				Kind: mail.KindSession, Subject: "imaps://imap.a.example:993",
				SessionFacts: &mail.SessionFacts{Mechanisms: mail.BothWays{AfterTLS: []string{c.mechanism}}},
			}})
			cut = ctx.Err() != nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if looked != c.looks || cut != (c.looks && c.asked) || (len(*prompts) > 0) != c.asked || (in != nil) != (c.asked || !c.looks) {
			t.Errorf("%s: looked %v, cut short %v, prompts %q, sign-in %v", name, looked, cut, *prompts, in)
		}
		if told := strings.Contains(errs.String(), "you are not asked"); told != (c.looks && !c.asked) {
			t.Errorf("%s: told %q", name, errs)
		}
	}
}
