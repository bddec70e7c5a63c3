package report

import (
	"testing"

	"github.com/mailmedic/mailmedic/mail"
)

func TestASubjectIsSaidInWords(t *testing.T) {
	t.Parallel()
	p := newPage(Options{}, mail.Target{})
	for subject, want := range map[string]string{
		"imaps://imap.example.org:993":                  "imap.example.org 993 (IMAP, SSL/TLS)",
		"imaps://imap.example.org:993#2001:db8::25":     "imap.example.org 993 at 2001:db8::25",
		"imaps://imap.example.org:993#192.0.2.1/survey": "the TLS survey of imap.example.org 993 at 192.0.2.1",
		"mx:example.org":                                "MX record of example.org",
		"https://example.org/#part":                     "https://example.org/#part",
	} {
		if got := p.subjectWords(subject); got != want {
			t.Errorf("%s is %q, want %q", subject, got, want)
		}
	}
}
