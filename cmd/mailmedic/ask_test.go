package main

import (
	"testing"

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
