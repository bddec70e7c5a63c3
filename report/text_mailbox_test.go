package report

import (
	"strings"
	"testing"

	"github.com/mailmedic/mailmedic/mail"
)

func TestWhatAMailboxHoldsIsSaid(t *testing.T) {
	t.Parallel()
	week, none := 7, 0
	for _, tc := range []struct {
		name  string
		facts mail.MailboxFacts
		want  []string
	}{
		{
			"IMAP",
			mail.MailboxFacts{
				Messages: 1204, Quota: &mail.Quota{Used: 6_700_000_000, Limit: 10_700_000_000}, ServerID: "Dovecot 2.4", Alerts: []string{"the password ends soon"},
				Folders:    []mail.Folder{{Name: "Gesendet", Use: "sent"}, {Name: "Junk", Use: "junk"}},
				Namespaces: []mail.Namespace{{Kind: "personal"}, {Kind: "shared", Prefix: "shared/", Delimiter: "/"}},
			},
			[]string{
				"Mailbox       1204 messages, 6.7 GB of 10.7 GB used", "Calls itself  Dovecot 2.4", "Tells you     the password ends soon",
				"Folders       Gesendet (sent), Junk", "Namespaces    shared below shared/",
			},
		},
		{"a limit on messages", mail.MailboxFacts{Messages: 99, Quota: &mail.Quota{Used: 99, Limit: 100, Resource: "message"}}, []string{"Mailbox       99 messages, 99 of 100 messages used"}},
		{"POP3 that keeps a week", mail.MailboxFacts{Messages: 1, Octets: 2048, ExpireDays: &week, StableIDs: mail.No, LoginDelayS: 300}, []string{"Mailbox       1 message, 2 kB", "Keeps mail    for 7 days, without names that last, one sign-in in 300 s"}},
		{"POP3 that keeps nothing", mail.MailboxFacts{Octets: 7, ExpireDays: &none}, []string{"Mailbox       0 messages, 7 bytes", "Keeps mail    until it was fetched"}},
		{"hostile words", mail.MailboxFacts{Alerts: []string{"a\x1b[31mb"}}, []string{`Tells you     a\x1b[31mb`}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := string(printed(t, "text", Options{Verbose: 1, Width: 80, Unicode: true}, trial(mail.SignedIn, mail.Works, mail.Observation{Kind: mail.KindMailbox, MailboxFacts: &tc.facts})))
			for _, want := range tc.want {
				if !strings.Contains(got, want+"\n") {
					t.Errorf("%q is missing in\n%s", want, got)
				}
			}
		})
	}
}

func TestWhatAServerSaidToAnEnvelopeIsSaid(t *testing.T) {
	t.Parallel()
	got := string(printed(t, "text", Options{Verbose: 1, Width: 80}, trial(mail.SignedIn, mail.Works, mail.Observation{
		Kind: mail.KindSend, SendFacts: &mail.SendFacts{Sender: "anna@example.org", MailReply: "250 2.1.0 Ok", RcptReply: "554 5.7.1 no"},
	})))
	for _, want := range []string{"Sender        anna@example.org, the server said: 250 2.1.0 Ok", "Recipient     anna@example.org, the server said: 554 5.7.1 no"} {
		if !strings.Contains(got, want+"\n") {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
}
