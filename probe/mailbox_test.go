package probe

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mailmedic/mailmedic/mail"
)

func TestMailbox(t *testing.T) {
	t.Parallel()
	in := func(capabilities string) string {
		return imapBoth + "C: m1 AUTHENTICATE\nS: m1 OK [CAPABILITY IMAP4rev1" + capabilities + "] in\n"
	}
	quota := func(answer string) string {
		return in(" QUOTA") + "C: m2 EXAMINE INBOX\nS: * FLAGS ()\nS: * 1204 EXISTS\nS: m2 OK\nC: m3 GETQUOTAROOT INBOX\n" + answer
	}
	list := func(capabilities, command, answer string) string {
		return in(capabilities) + "C: m2 EXAMINE INBOX\nS: * 1 EXISTS\nS: m2 OK\nC: m3 " + command + "\n" + answer + "S: m3 OK"
	}
	pop := pop3Both + "C: AUTH\nS: +OK\n"
	seven, none := 7, 0
	for _, test := range []struct {
		name, at, script string
		facts            *mail.MailboxFacts
		detail           string
	}{
		{
			"case 91: the fullest of two roots", imapTLS,
			quota("S: * QUOTAROOT INBOX a b\nS: * QUOTA a (MESSAGE 1 2 STORAGE 10 100)\nS: * QUOTA b (STORAGE 90 100)\nS: m3 OK"),
			&mail.MailboxFacts{Messages: 1204, Quota: &mail.Quota{Used: 90 << 10, Limit: 100 << 10}}, "",
		},
		{
			"a limit on the number of messages is nearer", imapTLS,
			quota("S: * QUOTA a (MESSAGE 99 100 STORAGE 10 100 ANNOTATION 5 5)\nS: m3 OK"),
			&mail.MailboxFacts{Messages: 1204, Quota: &mail.Quota{Used: 99, Limit: 100, Resource: "message"}}, "",
		},
		{
			"what the server wants its user told since the sign-in", imapTLS,
			"TLS\nS: * OK [ALERT] before\nC: m1 CAPABILITY\nS: * CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN\nS: m1 OK\n" +
				"C: m2 AUTHENTICATE\nS: * OK [ALERT] the password ends soon\nS: m2 OK [CAPABILITY IMAP4rev1] in\nC: m3 EXAMINE\nS: * NO [OVERQUOTA] no room\nS: * OK [ALERT] the password ends soon\nS: * 1 EXISTS\nS: m3 OK",
			&mail.MailboxFacts{Messages: 1, Alerts: []string{"the password ends soon", "[OVERQUOTA] no room"}}, "",
		},
		{"case 91: no limit is no quota", imapTLS, quota("S: * QUOTAROOT INBOX \"\"\nS: * QUOTA \"\" ()\nS: m3 OK"), &mail.MailboxFacts{Messages: 1204}, ""},
		{"case 91: a refused question about the quota", imapTLS, quota("S: m3 NO [NOPERM] no"), &mail.MailboxFacts{Messages: 1204}, ""},
		{"case 91: without QUOTA nothing is asked", imapTLS, in("") + "C: m2 EXAMINE\nS: * 4 EXISTS\nS: m2 OK\nC: m3 LOGOUT", &mail.MailboxFacts{Messages: 4}, ""},
		{
			"the capabilities are asked for where the sign-in does not tell them", imapTLS,
			imapBoth + "C: m1\nS: m1 OK\nC: m2 CAPABILITY\nS: * CAPABILITY IMAP4rev1 ID\nS: m2 OK\nC: m3 ID\nS: m3 OK\nC: m4 EXAMINE\nS: * 4 EXISTS\nS: m4 OK",
			&mail.MailboxFacts{Messages: 4}, "",
		},
		{
			"case 85: a program says its name before it opens the mailbox", imapTLS,
			in(" ID") + "C: m2 ID (\"name\" \"mailmedic\")\nS: * ID (\"name\" \"Dovecot\" \"support-url\" NIL \"version\" \"2.4\")\nS: m2 OK\nC: m3 EXAMINE\nS: * 5 EXISTS\nS: m3 OK",
			&mail.MailboxFacts{Messages: 5, ServerID: "Dovecot 2.4"}, "",
		},
		{"a server without a name", imapTLS, in(" ID") + "C: m2 ID\nS: * ID NIL\nS: m2 BAD what\nC: m3 EXAMINE\nS: * 5 EXISTS\nS: m3 OK", &mail.MailboxFacts{Messages: 5}, ""},
		{"a mailbox that does not open", imapTLS, in("") + "C: m2 EXAMINE\nS: m2 NO [NOPERM] no", nil, "signed in, but INBOX cannot be opened: NO [NOPERM] no"},
		{
			"folders with a use of their own", imapTLS,
			list(" SPECIAL-USE LIST-EXTENDED", `LIST (SPECIAL-USE) "" "*" RETURN (SPECIAL-USE)`,
				"S: * LIST (\\HasNoChildren \\Sent) \"/\" \"Gesendete Objekte\"\nS: * LIST (\\Junk) NIL Spam\nS: * LIST (\\Trash) \"/\" {5}\nS: Trash\nS: * LIST (\\Drafts) \"/\" Entw&APw-rfe\n"),
			&mail.MailboxFacts{Messages: 1, Folders: []mail.Folder{
				{Name: "Gesendete Objekte", Use: "sent"},
				{Name: "Spam", Use: "junk"},
				{Name: "Trash", Use: "trash"},
				{Name: "Entwürfe", Use: "drafts"},
			}}, "",
		},
		{
			"folders where all have to be listed", imapTLS,
			list(" SPECIAL-USE", `LIST "" "*"`, "S: * LIST () \"/\" INBOX\nS: * LIST (\\All \\Subscribed) \"/\" \"All & \\\"more\\\"\"\nS: * LIST broken\nS: * LIST (\\Sent\n"),
			&mail.MailboxFacts{Messages: 1, Folders: []mail.Folder{{Name: `All & "more"`, Use: "all"}}}, "",
		},
		{
			"namespaces", imapTLS,
			list(" NAMESPACE", "NAMESPACE", "S: * NAMESPACE ((\"INBOX.\" \".\")) NIL ((\"shared/\" \"/\" \"X-P\" (\"a\"))(\"#news.\" NIL))\n"),
			&mail.MailboxFacts{Messages: 1, Namespaces: []mail.Namespace{
				{Kind: "personal", Prefix: "INBOX.", Delimiter: "."},
				{Kind: "shared", Prefix: "shared/", Delimiter: "/"},
				{Kind: "shared", Prefix: "#news."},
			}}, "",
		},
		{
			"POP3 that keeps nothing and wants pauses", pop3TLS,
			pop + "C: STAT\nS: +OK 12 3456\nC: CAPA\nS: +OK\nS: EXPIRE 0\nS: LOGIN-DELAY 300\nS: UIDL\nS: .\nC: UIDL 1\nS: +OK 1 0000abcd",
			&mail.MailboxFacts{Messages: 12, Octets: 3456, StableIDs: mail.Yes, FirstID: "0000abcd", ExpireDays: &none, LoginDelayS: 300}, "",
		},
		{
			"POP3 that keeps for a week", pop3TLS,
			pop + "C: STAT\nS: +OK 0 0\nC: CAPA\nS: +OK\nS: EXPIRE 7 USER\nS: UIDL\nS: .",
			&mail.MailboxFacts{StableIDs: mail.Yes, ExpireDays: &seven}, "",
		},
		{
			"POP3 that never expires and cannot tell messages apart", pop3TLS,
			pop + "C: STAT\nS: +OK 3 30\nC: CAPA\nS: +OK\nS: EXPIRE NEVER\nS: LOGIN-DELAY x\nS: .",
			&mail.MailboxFacts{Messages: 3, Octets: 30, StableIDs: mail.No}, "",
		},
		{
			"POP3 with UIDL that does not work", pop3TLS,
			pop + "C: STAT\nS: +OK 3 30\nC: CAPA\nS: +OK\nS: UIDL\nS: .\nC: UIDL 1\nS: -ERR what",
			&mail.MailboxFacts{Messages: 3, Octets: 30, StableIDs: mail.No}, "",
		},
		{"POP3 without CAPA after the sign-in", pop3TLS, pop + "C: STAT\nS: +OK 3 30\nC: CAPA\nS: -ERR", &mail.MailboxFacts{Messages: 3, Octets: 30}, ""},
		{"POP3 with a size that is none", pop3TLS, pop + "C: STAT\nS: +OK 3 -30\nC: CAPA\nS: -ERR", &mail.MailboxFacts{Messages: 3}, ""},
		{"POP3 without a count", pop3TLS, pop + "C: STAT\nS: +OK many", nil, "the answer to STAT has no count"},
		{"POP3 refuses", pop3TLS, pop + "C: STAT\nS: -ERR locked", nil, "cannot be opened: -ERR locked"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, got, outcome := newWorld(t, test.script).signIn(test.at, Options{}, false)
			if outcome != Accepted {
				t.Errorf("outcome %s", outcome)
			}
			o := got.get(t, "mailbox:"+test.at)
			if diff := cmp.Diff(test.facts, o.MailboxFacts); diff != "" {
				t.Error(diff)
			}
			if (o.Failure == nil) != (test.detail == "") || o.Failure != nil && !strings.Contains(o.Failure.Detail, test.detail) {
				t.Errorf("failure %+v", o.Failure)
			}
		})
	}
}

func TestNamesOfFolders(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"INBOX":           "INBOX",
		"Entw&APw-rfe":    "Entwürfe",
		"&U,BTFw-":        "台北",
		"Q&-A":            "Q&A",
		"A & B":           "A & B", // no such encoding, and so as it stands
		"&####-":          "&####-",
		"&2D3eAA-":        "😀",
		"~peter/&U,BTFw-": "~peter/台北",
	} {
		if got := decodeName(name); got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
}
