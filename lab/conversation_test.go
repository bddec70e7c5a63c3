package lab_test

import (
	"testing"

	"github.com/mailmedic/mailmedic/lab"
)

const mailWorld = `Mail servers of every temper
-- zone --
mail.example. A 192.0.2.1
open.example. A 192.0.2.2
odd.example.  A 192.0.2.3
bad.example.  A 192.0.2.4
-- servers.toml --
[[account]]
user = "anna@mail.example"
password = "pa\"ss\\word"
messages = 3
quota_used = 2048
quota_limit = 4096
[[account]]
user = "ben"
password = "ben's own"

[[server]]
endpoints = ["imap+starttls://mail.example:143"]
software = "Dovecot"
[[server]]
endpoints = ["pop3+starttls://mail.example:110"]
software = "Dovecot"
apop = true
[[server]]
endpoints = ["smtp+starttls://mail.example:587", "smtp+starttls://mail.example:25"]
software = "Postfix"
delivery = { lost = true }

[[server]]
endpoints = ["imap://open.example:143"]
[[server]]
endpoints = ["pop3://open.example:110"]
mechanisms = ["PLAIN"]
[[server]]
endpoints = ["smtp://open.example:587"]
mechanisms = ["LOGIN"]
accounts = ["ben"]

[[server]]
endpoints = ["imap+starttls://odd.example:143"]
greeting = "* OK hello"
starttls = "refused"
starttls_reply = "NO [UNAVAILABLE] not today"
capabilities_before_tls = ["IMAP4rev1", "STARTTLS"]
mechanisms_before_tls = ["PLAIN"]
auth_reply = "* BYE Too many tries\nNO [LIMIT] Too many tries"
[[server]]
endpoints = ["pop3+starttls://odd.example:110"]
starttls = "unadvertised"
mechanisms_before_tls = ["PLAIN"]
fault = "close-at-auth"
[[server]]
endpoints = ["smtp+starttls://odd.example:587"]
starttls = "injection"
mechanisms_before_tls = ["PLAIN"]
auth_reply = "534-5.7.9 First\n534 5.7.9 second"
[[server]]
endpoints = ["smtp+starttls://odd.example:25"]
starttls = "absent"

[[server]]
endpoints = ["imap://bad.example:143"]
greeting = "* BYE not now"
[[server]]
endpoints = ["smtp://bad.example:587"]
greeting = "421-too many\n421 4.7.0 come back later"
[[server]]
endpoints = ["imap://bad.example:1143"]
greeting = "* PREAUTH you are expected"
[[server]]
endpoints = ["pop3://bad.example:110"]
fault = "close-after-greeting"
[[server]]
endpoints = ["smtp+starttls://bad.example:25"]
starttls = "refused"
`

// conversations are held word by word. annaPlain and friends are SASL messages
// of the accounts above.
var conversations = []struct{ name, to, text string }{
	{"IMAP forgets what was said before TLS", "192.0.2.1:143", `
S: * OK [CAPABILITY IMAP4rev1 SASL-IR ID LITERAL+ NAMESPACE QUOTA SPECIAL-USE LIST-EXTENDED IDLE UIDPLUS STARTTLS LOGINDISABLED] Dovecot ready.
C: a1 LOGIN anna@mail.example x
S: a1 NO [PRIVACYREQUIRED] Plaintext authentication disallowed on non-secure (SSL/TLS) connections.
C: a2 AUTHENTICATE PLAIN
S: a2 NO [CANNOT] Unsupported authentication mechanism.
C: a3 STARTTLS
S: a3 OK Begin TLS negotiation now.
TLS
C: a4 CAPABILITY
S: * CAPABILITY IMAP4rev1 SASL-IR ID LITERAL+ NAMESPACE QUOTA SPECIAL-USE LIST-EXTENDED IDLE UIDPLUS AUTH=PLAIN AUTH=LOGIN
S: a4 OK Capability completed.
C: a5 STARTTLS
S: a5 BAD Unknown command.
C: a6 ID ("name" "mailmedic" "version" NIL)
S: * ID ("name" "Dovecot")
S: a6 OK ID completed.
C: a7 LOGIN anna@mail.example "pa\"ss\\word"
S: a7 OK [CAPABILITY IMAP4rev1 SASL-IR ID LITERAL+ NAMESPACE QUOTA SPECIAL-USE LIST-EXTENDED IDLE UIDPLUS AUTH=PLAIN AUTH=LOGIN] Logged in
C: a8 STATUS inbox (MESSAGES)
S: * STATUS INBOX (MESSAGES 3 UIDNEXT 4 UIDVALIDITY 1)
S: a8 OK Status completed.
C: a9 GETQUOTAROOT "INBOX"
S: * QUOTAROOT INBOX "User quota"
S: * QUOTA "User quota" (STORAGE 2 4)
S: a9 OK Getquotaroot completed.
C: b1 SELECT Nowhere
S: b1 NO [NONEXISTENT] Mailbox doesn't exist.
C: b2 LOGOUT
S: * BYE Logging out
S: b2 OK Logout completed.
S: (end)`},
	{"IMAP LOGIN takes literals", "192.0.2.2:143", `
S: * OK [CAPABILITY IMAP4rev1 SASL-IR ID LITERAL+ NAMESPACE QUOTA SPECIAL-USE LIST-EXTENDED IDLE UIDPLUS AUTH=PLAIN AUTH=LOGIN] IMAP4rev1 ready.
C: a1 LOGIN {3}
S: + OK
C: ben {9+}
C: ben's own
S: a1 OK [CAPABILITY IMAP4rev1 SASL-IR ID LITERAL+ NAMESPACE QUOTA SPECIAL-USE LIST-EXTENDED IDLE UIDPLUS AUTH=PLAIN AUTH=LOGIN] Logged in
C: a2 EXAMINE INBOX
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
S: * 0 EXISTS
S: * 0 RECENT
S: * OK [UIDVALIDITY 1] UIDs valid
S: * OK [UIDNEXT 1] Predicted next UID
S: a2 OK [READ-ONLY] EXAMINE completed.
C: a3 GETQUOTAROOT INBOX
S: * QUOTAROOT INBOX
S: a3 OK Getquotaroot completed.
C: a4 NAMESPACE
S: * NAMESPACE (("" "/")) NIL NIL
S: a4 OK Namespace completed.
C: a5 LIST "" (INBOX "A)B")
S: * LIST (\HasNoChildren) "/" INBOX
S: * LIST (\HasNoChildren) "/" Sent
S: * LIST (\HasNoChildren) "/" Drafts
S: * LIST (\HasNoChildren) "/" Junk
S: * LIST (\HasNoChildren) "/" Trash
S: a5 OK LIST completed.
C: a6 CLOSE
S: a6 OK CLOSE completed.
C: a7 CLOSE
S: a7 BAD Unknown command.
C: a8 LOGIN ben again
S: a8 BAD Error in IMAP command LOGIN.
C: a9 ID NIL
S: * ID NIL
S: a9 OK ID completed.`},
	{"IMAP survives what it cannot read", "192.0.2.2:143", `
S: * OK [CAPABILITY IMAP4rev1 SASL-IR ID LITERAL+ NAMESPACE QUOTA SPECIAL-USE LIST-EXTENDED IDLE UIDPLUS AUTH=PLAIN AUTH=LOGIN] IMAP4rev1 ready.
C: a1 LOGIN "ben
S: * BAD Error in IMAP command
C: a2
S: * BAD Error in IMAP command
C: a3 LOGIN {4294967295}
S: * BAD Error in IMAP command
C: a4 LOGIN ben
S: a4 BAD Error in IMAP command LOGIN.
C: a5 SELECT INBOX
S: a5 BAD Error in IMAP command SELECT: not authenticated or unknown.
C: a6 NOOP
S: a6 OK NOOP completed.`},
	{"IMAP AUTHENTICATE in both mechanisms, refused, cancelled, malformed", "192.0.2.2:143", `
S: * OK [CAPABILITY IMAP4rev1 SASL-IR ID LITERAL+ NAMESPACE QUOTA SPECIAL-USE LIST-EXTENDED IDLE UIDPLUS AUTH=PLAIN AUTH=LOGIN] IMAP4rev1 ready.
C: a1 AUTHENTICATE PLAIN AGJlbgB3cm9uZw==
S: a1 NO [AUTHENTICATIONFAILED] Authentication failed.
C: a2 AUTHENTICATE LOGIN
S: + VXNlcm5hbWU6
C: *
S: a2 BAD Authentication aborted by client.
C: a3 AUTHENTICATE PLAIN
S: + 
C: ???
S: a3 BAD Invalid base64 data.
C: a4 AUTHENTICATE LOGIN
S: + VXNlcm5hbWU6
C: YmVu
S: + UGFzc3dvcmQ6
C: YmVuJ3Mgb3du
S: a4 OK [CAPABILITY IMAP4rev1 SASL-IR ID LITERAL+ NAMESPACE QUOTA SPECIAL-USE LIST-EXTENDED IDLE UIDPLUS AUTH=PLAIN AUTH=LOGIN] Logged in`},
	{"IMAP has the world's own words", "192.0.2.3:143", `
S: * OK hello
C: a1 CAPABILITY
S: * CAPABILITY IMAP4rev1 STARTTLS
S: a1 OK Capability completed.
C: a2 STARTTLS
S: a2 NO [UNAVAILABLE] not today
C: a3 LOGIN ben "ben's own"
S: * BYE Too many tries
S: a3 NO [LIMIT] Too many tries
S: (end)`},
	{"IMAP turns away in its greeting", "192.0.2.4:143", "S: * BYE not now\nS: (end)"},
	{"IMAP greets somebody who is signed in", "192.0.2.4:1143", `
S: * PREAUTH you are expected
C: a1 STATUS INBOX (MESSAGES)
S: * STATUS INBOX (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 1)
S: a1 OK Status completed.`},

	{"POP3 offers a password after STLS only", "192.0.2.1:110", `
S: +OK Dovecot ready. <1896.697170952@mail.example>
C: CAPA
S: +OK
S: TOP
S: UIDL
S: RESP-CODES
S: PIPELINING
S: AUTH-RESP-CODE
S: STLS
S: IMPLEMENTATION Dovecot
S: .
C: USER anna@mail.example
S: -ERR [AUTH] Plaintext authentication disallowed on non-secure (SSL/TLS) connections.
C: STLS
S: +OK Begin TLS negotiation now.
TLS
C: CAPA
S: +OK
S: TOP
S: UIDL
S: RESP-CODES
S: PIPELINING
S: AUTH-RESP-CODE
S: USER
S: SASL PLAIN LOGIN
S: IMPLEMENTATION Dovecot
S: .
C: STAT
S: -ERR Unknown command.
C: USER anna@mail.example
S: +OK
C: PASS wrong
S: -ERR [AUTH] Authentication failed.
C: USER anna@mail.example
S: +OK
C: PASS pa"ss\word
S: +OK Logged in.
C: STAT
S: +OK 3 6144
C: UIDL
S: +OK
S: 1 00000001
S: 2 00000002
S: 3 00000003
S: .
C: LIST 4
S: -ERR There's no such message.
C: LIST 2
S: +OK 2 2048
C: NOOP
S: +OK
C: USER anna@mail.example
S: -ERR Already signed in.
C: XYZZY
S: -ERR Unknown command.
C: QUIT
S: +OK Logging out.
S: (end)`},
	{"POP3 AUTH with and without initial response", "192.0.2.2:110", `
S: +OK ready.
C: AUTH LOGIN
S: -ERR Unsupported authentication mechanism.
C: AUTH PLAIN
S: + 
C: *
S: -ERR Authentication aborted by client.
C: AUTH PLAIN AGJlbgBiZW4ncyBvd24=
S: +OK Logged in.`},
	{"POP3 upgrades without saying that it can, and leaves at sign-in", "192.0.2.3:110", `
S: +OK ready.
C: CAPA
S: +OK
S: TOP
S: UIDL
S: RESP-CODES
S: PIPELINING
S: AUTH-RESP-CODE
S: USER
S: SASL PLAIN
S: .
C: STLS
S: +OK Begin TLS negotiation now.
TLS
C: AUTH PLAIN AGJlbgB3cm9uZw==
S: (end)`},
	{"POP3 closes after the greeting", "192.0.2.4:110", "S: +OK ready.\nS: (end)"},

	{"SMTP forgets what was said before TLS", "192.0.2.1:587", `
S: 220 mail.example ESMTP Postfix
C: MAIL FROM:<>
S: 503 5.5.1 Error: send HELO/EHLO first
C: EHLO
S: 501 Syntax: EHLO hostname
C: EHLO client.example
S: 250-mail.example
S: 250-PIPELINING
S: 250-SIZE 52428800
S: 250-8BITMIME
S: 250-SMTPUTF8
S: 250-ENHANCEDSTATUSCODES
S: 250 STARTTLS
C: AUTH PLAIN
S: 530 5.7.0 Must issue a STARTTLS command first
C: STARTTLS
S: 220 2.0.0 Ready to start TLS
TLS
C: AUTH PLAIN
S: 503 5.5.1 Error: send HELO/EHLO first
C: EHLO client.example
S: 250-mail.example
S: 250-PIPELINING
S: 250-SIZE 52428800
S: 250-8BITMIME
S: 250-SMTPUTF8
S: 250-ENHANCEDSTATUSCODES
S: 250 AUTH PLAIN LOGIN
C: STARTTLS
S: 502 5.5.1 Error: command not implemented
C: MAIL FROM:<anna@mail.example>
S: 530 5.7.0 Authentication required
C: AUTH PLAIN AGJlbgBiZW4ncyBvd24=
S: 235 2.7.0 Authentication successful
C: AUTH PLAIN AGJlbgBiZW4ncyBvd24=
S: 503 5.5.1 Error: already authenticated
C: RCPT TO:<anna@mail.example>
S: 503 5.5.1 Error: need MAIL command
C: MAIL TO:<ben@mail.example>
S: 501 5.5.4 Syntax: MAIL FROM:<address>
C: MAIL FROM:<ben@mail.example> BODY=8BITMIME
S: 250 2.1.0 Ok
C: DATA
S: 503 5.5.1 Error: need RCPT command
C: RCPT TO:<>
S: 501 5.5.4 Syntax: RCPT TO:<address>
C: RCPT TO:<a@elsewhere.example>
S: 250 2.1.5 Ok
C: RSET
S: 250 2.0.0 Ok
C: QUIT
S: 221 2.0.0 Bye
S: (end)`},
	{"SMTP on port 25 takes mail for its own domains only", "192.0.2.1:25", `
S: 220 mail.example ESMTP Postfix
C: HELO client.example
S: 250 mail.example
C: AUTH PLAIN
S: 530 5.7.0 Must issue a STARTTLS command first
C: MAIL FROM:<x@elsewhere.example>
S: 250 2.1.0 Ok
C: RCPT TO:<y@elsewhere.example>
S: 554 5.7.1 <y@elsewhere.example>: Relay access denied
C: RCPT TO:<anna@mail.example>
S: 250 2.1.5 Ok
C: DATA
S: 354 End data with <CR><LF>.<CR><LF>
C: hello
C: .
S: 250 2.0.0 Ok: queued
C: VRFY anna
S: 500 5.5.2 Error: command not recognized`},
	{"SMTP AUTH LOGIN asks for name and password", "192.0.2.2:587", `
S: 220 open.example ESMTP
C: EHLO client.example
S: 250-open.example
S: 250-PIPELINING
S: 250-SIZE 52428800
S: 250-8BITMIME
S: 250-SMTPUTF8
S: 250-ENHANCEDSTATUSCODES
S: 250 AUTH LOGIN
C: AUTH PLAIN AGJlbgBiZW4ncyBvd24=
S: 504 5.5.4 Unrecognized authentication type
C: AUTH LOGIN
S: 334 VXNlcm5hbWU6
C: *
S: 501 5.7.0 Authentication aborted
C: AUTH LOGIN ???
S: 501 5.5.2 Invalid base64 data in response
C: AUTH LOGIN YW5uYUBtYWlsLmV4YW1wbGU=
S: 334 UGFzc3dvcmQ6
C: cGEic3Ncd29yZA==
S: 535 5.7.8 Error: authentication failed
C: AUTH LOGIN
S: 334 VXNlcm5hbWU6
C: YmVu
S: 334 UGFzc3dvcmQ6
C: YmVuJ3Mgb3du
S: 235 2.7.0 Authentication successful`},
	{"SMTP injects a reply after STARTTLS, and rejects in several lines", "192.0.2.3:587", `
S: 220 odd.example ESMTP
C: EHLO client.example
S: 250-odd.example
S: 250-PIPELINING
S: 250-SIZE 52428800
S: 250-8BITMIME
S: 250-SMTPUTF8
S: 250-ENHANCEDSTATUSCODES
S: 250-STARTTLS
S: 250 AUTH PLAIN
C: AUTH PLAIN AGJlbgBiZW4ncyBvd24=
S: 534-5.7.9 First
S: 534 5.7.9 second
C: STARTTLS
S: 220 2.0.0 Ready to start TLS
S: 250 injected`},
	{"SMTP without STARTTLS does not know the command", "192.0.2.3:25", `
S: 220 odd.example ESMTP
C: EHLO client.example
S: 250-odd.example
S: 250-PIPELINING
S: 250-SIZE 52428800
S: 250-8BITMIME
S: 250-SMTPUTF8
S: 250 ENHANCEDSTATUSCODES
C: STARTTLS
S: 502 5.5.1 Error: command not implemented
C: AUTH PLAIN
S: 503 5.5.1 Error: authentication not enabled`},
	{"SMTP turns away in its greeting", "192.0.2.4:587", "S: 421-too many\nS: 421 4.7.0 come back later\nS: (end)"},
	{"SMTP refuses STARTTLS that it offered", "192.0.2.4:25", `
S: 220 bad.example ESMTP
C: EHLO client.example
S: 250-bad.example
S: 250-PIPELINING
S: 250-SIZE 52428800
S: 250-8BITMIME
S: 250-SMTPUTF8
S: 250-ENHANCEDSTATUSCODES
S: 250 STARTTLS
C: STARTTLS
S: 454 4.7.0 TLS not available due to local problem
C: NOOP
S: 250 2.0.0 Ok`},
}

func TestServersSpeakTheirProtocols(t *testing.T) {
	t.Parallel()
	r := start(t, "mail.txtar", mailWorld, lab.Options{})
	for _, c := range conversations {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			converse(t, dial(t, r, c.to), c.text)
		})
	}
}

func TestJournalKnowsWhoSentAPassword(t *testing.T) {
	t.Parallel()
	r := start(t, "mail.txtar", mailWorld, lab.Options{})
	converse(t, dial(t, r, "192.0.2.1:143"), `
S: * OK [CAPABILITY IMAP4rev1 SASL-IR ID LITERAL+ NAMESPACE QUOTA SPECIAL-USE LIST-EXTENDED IDLE UIDPLUS STARTTLS LOGINDISABLED] Dovecot ready.
C: a1 LOGIN ben "ben's own"
S: a1 NO [PRIVACYREQUIRED] Plaintext authentication disallowed on non-secure (SSL/TLS) connections.
C: a2 STARTTLS
S: a2 OK Begin TLS negotiation now.
TLS
C: a3 AUTHENTICATE PLAIN AGJlbgBiZW4ncyBvd24=
S: a3 OK [CAPABILITY IMAP4rev1 SASL-IR ID LITERAL+ NAMESPACE QUOTA SPECIAL-USE LIST-EXTENDED IDLE UIDPLUS AUTH=PLAIN AUTH=LOGIN] Logged in`)
	j := r.Journal()
	if len(j.Logins) != 2 || len(j.Sessions) != 1 || len(j.Dials) != 1 {
		t.Fatalf("%+v", j)
	}
	for i, want := range []struct {
		mechanism           string
		encrypted, accepted bool
	}{{"login", false, false}, {"plain", true, true}} {
		got := j.Logins[i]
		if got.Mechanism != want.mechanism || got.Encrypted != want.encrypted || got.Accepted != want.accepted || got.User != "ben" || got.Password != "ben's own" {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	if s := j.Sessions[0]; !s.Encrypted || len(s.Commands) != 3 || s.Commands[1] != "a2 STARTTLS" || s.Endpoint.String() != "imap+starttls://mail.example:143" {
		t.Errorf("%+v", s)
	}
	j.Sessions[0].Commands[0] = "changed"
	if r.Journal().Sessions[0].Commands[0] == "changed" {
		t.Error("a journal that was handed out is still written to")
	}
}
