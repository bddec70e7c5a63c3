package check_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/mailmedic/mailmedic/check"
	"github.com/mailmedic/mailmedic/lab"
	"github.com/mailmedic/mailmedic/mail"
)

// signInWorld is a domain with an account and two servers, whose faults are the test's.
const signInWorld = `An account and its servers
-- zone --
$ORIGIN case.example.
@ MX 10 mx
mx A 192.0.2.25
imap A 192.0.2.10
smtp A 192.0.2.12
_imaps._tcp SRV 0 1 993 imap
_submissions._tcp SRV 0 1 465 smtp
-- servers.toml --
[demo]
address = "anna@case.example"
%DEMO%
[[account]]
user = "anna@case.example"
password = "right-Horse-12"
token = "ya29.right"
messages = 3
[[account]]
user = "anna"
password = "right-Horse-12"
[[server]]
endpoints = ["imaps://imap.case.example:993"]
%IMAP%
[[server]]
endpoints = ["smtps://smtp.case.example:465"]
%SMTP%
[[server]]
endpoints = ["smtp+starttls://mx.case.example:25"]
-- script/gbk --
TLS
S: 220 smtp.case.example ESMTP
C: EHLO *
S: 250-smtp.case.example
S: 250 AUTH LOGIN PLAIN
C: AUTH *
S: 535 Error: \xc7\xeb\xca\xb9\xd3\xc3\xca\xda\xc8\xa8\xc2\xeb\xb5\xc7\xc2\xbc
-- script/bye --
TLS
S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready
C: m1 AUTHENTICATE *
S: * BYE leaving at once
S: m1 NO sorry
CLOSE
-- script/hangup --
TLS
S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready
C: m1 AUTHENTICATE *
CLOSE
-- script/later --
TLS
S: 220 smtp.case.example ESMTP
C: EHLO *
S: 250-smtp.case.example
S: 250 AUTH PLAIN
C: AUTH *
S: 421 4.7.0 come back another day
CLOSE
-- script/unsafe --
TLS
S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready
C: m1 AUTHENTICATE *
S: m1 OK [CAPABILITY IMAP4rev1] in
C: m2 EXAMINE *
S: m2 NO EXAMINE Unsafe Login. Please contact the service
C: m3 LOGOUT
S: * BYE
S: m3 OK
-- script/shut --
TLS
S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready
C: m1 AUTHENTICATE *
S: m1 BAD User is authenticated but not connected.
C: m2 LOGOUT
S: * BYE
S: m2 OK
`

// The numbers in the names are those of the catalogue of server behaviours.
func TestEveryCaseOfASignInHasItsFinding(t *testing.T) {
	t.Parallel()
	const right, wrong = `password = "right-Horse-12"`, `password = "wrong-Horse-12"`
	for _, test := range []struct {
		name, demo, imap, smtp string
		insecure               bool
		user                   string
		receive, send          mail.State
		finding, words         string // "" for none that matters
		rejected               int    // tries that the account was charged with
		beside                 []string
	}{
		{name: "case 77: a wrong password", demo: wrong, receive: mail.Broken, send: mail.Broken, finding: "auth.rejected", words: "imap.case.example rejects the user name or the password of anna@case.example", rejected: 2},
		{name: "case 77: a wrong password for a user who is named", demo: wrong, user: "anna@case.example", receive: mail.Broken, send: mail.Broken, finding: "auth.rejected", words: "imap.case.example and smtp.case.example reject", rejected: 2},
		{name: "case 77: a wrong password is said not to be understood", demo: wrong, user: "anna@case.example", smtp: "auth_reply = \"501 no\"\nmechanisms = [\"PLAIN\", \"LOGIN\"]", receive: mail.Broken, send: mail.Broken, finding: "auth.rejected", words: "imap.case.example", rejected: 2},
		{name: "case 86: IMAP is closed to the account, and no other name opens it", demo: right, imap: `auth_reply = "NO IMAP access is disabled"`, receive: mail.Broken, send: mail.Works, finding: "auth.imap-disabled", words: "IMAP is switched off", rejected: 1},
		{name: "case 78: the local part is the user name", demo: right, imap: `accounts = ["anna"]`, smtp: `accounts = ["anna"]`, receive: mail.Works, send: mail.Works, finding: "auth.username-form", words: "knows the account as anna, not as anna@case.example", rejected: 1},
		{name: "case 79: words in GB18030", demo: wrong, user: "anna@case.example", imap: `fault = "close"`, smtp: `script = "gbk"`, receive: mail.Broken, send: mail.Broken, finding: "auth.app-password", words: "请使用授权码登录", beside: []string{"tls.handshake-failed"}},
		{name: "case 82: a token that has expired", demo: `token = "ya29.old"`, imap: `mechanisms = ["XOAUTH2"]`, smtp: `mechanisms = ["OAUTHBEARER"]`, receive: mail.Broken, send: mail.Broken, finding: "auth.token-rejected", words: "It wants the scope https://mail.example/.", rejected: 2},
		{name: "case 83: a wrong signature", demo: right, imap: "scram = \"wrong-signature\"\nmechanisms = [\"PLAIN\", \"SCRAM-SHA-256\"]", receive: mail.Broken, send: mail.Works, finding: "auth.not-authentic", words: "imap.case.example does not prove to know the password"},
		{name: "case 83: somebody else's nonce", demo: right, imap: "scram = \"wrong-nonce\"\nmechanisms = [\"PLAIN\", \"SCRAM-SHA-256\"]", receive: mail.Broken, send: mail.Works, finding: "auth.not-authentic", words: "imap.case.example does not prove to know the password"},
		{name: "case 83: one round of hashing", demo: right, imap: "scram = \"one-iteration\"\nmechanisms = [\"PLAIN\", \"SCRAM-SHA-256\"]", receive: mail.Works, send: mail.Works, finding: "auth.mechanism-broken", words: "offers SCRAM-SHA-256, which does not work"},
		{name: "case 83: a thousand million rounds", demo: right, imap: "scram = \"many-iterations\"\nmechanisms = [\"PLAIN\", \"SCRAM-SHA-256\"]", receive: mail.Works, send: mail.Works, finding: "auth.mechanism-broken", words: "1000000000 rounds of hashing"},
		{name: "case 83: the server is in another TLS session", demo: right, imap: "scram = \"other-binding\"\nmechanisms = [\"PLAIN\", \"SCRAM-SHA-256\", \"SCRAM-SHA-256-PLUS\"]", receive: mail.Broken, send: mail.Works, finding: "auth.intercepted", words: "Somebody ends the encryption between here and imap.case.example", rejected: 1},
		{name: "case 83: the server does not know the channel binding", demo: right, imap: "scram = \"unknown-binding\"\nmechanisms = [\"SCRAM-SHA-256\", \"SCRAM-SHA-256-PLUS\"]", receive: mail.Works, send: mail.Works, finding: "auth.binding-unsupported", words: "does not know tls-exporter", rejected: 1},
		{name: "case 85: the mailbox opens only to programs with a name", demo: right, imap: `script = "unsafe"`, receive: mail.Broken, send: mail.Works, finding: "mailbox.not-opened", words: "name themselves"},
		{name: "case 86: a right password without a mailbox", demo: right, imap: `script = "shut"`, receive: mail.Broken, send: mail.Works, finding: "auth.imap-disabled", words: "IMAP is switched off for anna@case.example"},
		{name: "case 87: BYE and then NO", demo: right, user: "anna@case.example", imap: `script = "bye"`, receive: mail.Broken, send: mail.Works, finding: "auth.rejected", words: "BYE leaving at once / NO sorry"},
		{name: "case 87: the server hangs up", demo: right, imap: `script = "hangup"`, receive: mail.Broken, send: mail.Works, finding: "auth.interrupted", words: "breaks during the sign-in"},
		{name: "case 87: 421", demo: right, smtp: `script = "later"`, receive: mail.Works, send: mail.Broken, finding: "auth.temporary", words: "come back another day"},
		{name: "case 89: the password comes back", demo: wrong, imap: `auth_reply = "NO [AUTHENTICATIONFAILED] wrong-Horse-12 is not it"`, receive: mail.Broken, send: mail.Broken, finding: "auth.rejected", words: "[redacted] is not it", rejected: 2},
		{name: "case 90: a bad certificate keeps the password", demo: right, imap: `certificate = { kind = "expired" }`, receive: mail.Broken, send: mail.Works, finding: "tls.certificate-expired", words: "imap.case.example expired"},
		{name: "case 90: and may have it with leave", demo: right, insecure: true, imap: `certificate = { kind = "expired" }`, receive: mail.Broken, send: mail.Works, finding: "safety.insecure-auth", words: "was sent to imap.case.example", beside: []string{"tls.certificate-expired"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			text := strings.NewReplacer("%DEMO%", test.demo, "%IMAP%", test.imap, "%SMTP%", test.smtp).Replace(signInWorld)
			w, err := lab.Parse("case", []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			r := play(t, w, lab.Options{}, func(o *check.Options) {
				if w.Demo.Token != "" {
					o.SignIn = &check.SignIn{Secret: mail.NewSecret([]byte(w.Demo.Token)), Token: true}
				}
				o.SignIn.Username, o.SignIn.Insecure = test.user, test.insecure
			})
			if r.closing.Receive != test.receive || r.closing.Send != test.send {
				t.Errorf("receive %s, send %s", r.closing.Receive, r.closing.Send)
			}
			r.wantFinding(t, test.finding, test.words, test.beside...)
			if r.rejected() != test.rejected {
				t.Errorf("%d rejected tries: %+v", r.rejected(), r.journal.Logins)
			}
			r.wantDiscretion(t, w.Demo, test.insecure)
		})
	}
}

// wantDiscretion holds a run to the rules about a secret: it went out under TLS,
// to no server whose certificate is bad, and stands in no event.
func (r run) wantDiscretion(t *testing.T, demo lab.Demo, insecure bool) {
	t.Helper()
	if !slices.ContainsFunc(r.journal.Logins, func(l lab.Login) bool { return l.Encrypted }) && len(r.journal.Logins) > 0 {
		t.Errorf("a sign-in in the clear: %+v", r.journal.Logins)
	}
	expired := slices.Contains(r.findings(), "tls.certificate-expired")
	at := slices.ContainsFunc(r.journal.Logins, func(l lab.Login) bool { return l.Endpoint.Protocol == mail.IMAP })
	if expired && at != insecure {
		t.Errorf("sign-ins %+v", r.journal.Logins)
	}
	for _, e := range r.events {
		text, err := json.Marshal(e)
		if secret := demo.Password + demo.Token; err != nil || strings.Contains(string(text), secret) {
			t.Errorf("%v: an event holds the secret: %s", err, text)
		}
	}
}
