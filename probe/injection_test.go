package probe

import (
	"slices"
	"testing"

	"github.com/mailmedic/mailmedic/mail"
)

// Case 53: a command that was sent before the handshake.
func TestACommandInFrontOfTheHandshake(t *testing.T) {
	t.Parallel()
	const (
		goodSMTP = smtpOffer + "S: 220 go\nTLS\nC: EHLO\nS: 250 x"
		goodIMAP = imapOffer + "S: m1 OK go\nTLS\nC: m2\nS: * CAPABILITY IMAP4\nS: m2 OK"
		goodPOP3 = pop3Offer + "S: +OK\nTLS\nC: CAPA\nS: +OK\nS: USER\nS: ."
		imapTest = "S: * OK [CAPABILITY IMAP4rev1 STARTTLS]\nC: i1 STARTTLS\nC: i2 NOOP\n"
	)
	for _, test := range []struct {
		name, at    string
		good, tried string
		want        mail.InjectionResult
	}{
		{"SMTP executes it", smtpStart, goodSMTP, smtpOffer + "C: NOOP\nS: 220 go\nTLS\nS: 250 2.0.0 OK\nC: QUIT\nS: 221 bye", mail.InjectionExecuted},
		{"SMTP discards it", smtpStart, goodSMTP, smtpOffer + "C: NOOP\nS: 220 go\nTLS\nC: QUIT\nS: 221 bye", mail.InjectionDiscarded},
		{"SMTP rejects it", smtpStart, goodSMTP, smtpOffer + "C: NOOP\nS: 554 5.5.0 Error: SMTP protocol synchronization", mail.InjectionRejected},
		{"SMTP rejects it for now", smtpStart, goodSMTP, smtpOffer + "C: NOOP\nS: 454 4.5.0 no commands allowed to pipeline after STARTTLS", mail.InjectionRejected},
		{"SMTP takes it for a broken handshake", smtpStart, goodSMTP, smtpOffer + "S: 220 go\nCLOSE", mail.InjectionRejected},
		{"SMTP answers it in plain text", smtpStart, goodSMTP, smtpOffer + "C: NOOP\n" + `RAW 220 go\r\n250 ok\r\n` + "\nHOLD", ""},
		{"SMTP has had enough", smtpStart, goodSMTP, "S: 421 too many connections", ""},
		{"IMAP executes it", imapStart, goodIMAP, imapTest + "S: i1 OK go\nTLS\nS: i2 OK done\nC: i3 LOGOUT\nS: * BYE\nS: i3 OK", mail.InjectionExecuted},
		{"IMAP discards it", imapStart, goodIMAP, imapTest + "S: i1 OK go\nTLS\nC: i3 LOGOUT\nS: * BYE\nS: i3 OK", mail.InjectionDiscarded},
		{"IMAP rejects it", imapStart, goodIMAP, imapTest + "S: i1 BAD no pipelining", mail.InjectionRejected},
		{"POP3 executes it", pop3Start, goodPOP3, pop3Offer + "C: NOOP\nS: +OK\nTLS\nS: -ERR unknown\nC: QUIT\nS: +OK bye", mail.InjectionExecuted},
		{"POP3 discards it", pop3Start, goodPOP3, pop3Offer + "C: NOOP\nS: +OK\nTLS\nC: QUIT\nS: +OK bye", mail.InjectionDiscarded},
		{"POP3 rejects it", pop3Start, goodPOP3, pop3Offer + "C: NOOP\nS: -ERR no", mail.InjectionRejected},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, test.good, test.tried)
			s, got := w.open(test.at, Options{InjectionTest: true})
			o := got.session(t, test.at)
			if o.Failure != nil || o.Injection != test.want {
				t.Errorf("failure %+v, result %q, want %q", o.Failure, o.Injection, test.want)
			}
			if !s.Usable() || w.dials != 2 {
				t.Errorf("usable %t after %d connections", s.Usable(), w.dials)
			}
		})
	}
}

func TestNothingIsInjectedUnasked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, smtpOffer+"S: 220 go\nTLS\nC: EHLO\nS: 250 x")
	_, got := w.open(smtpStart, Options{})
	if o := got.session(t, smtpStart); o.Injection != "" || w.dials != 1 || slices.Contains(w.heard, "NOOP") {
		t.Errorf("%q, %d connections, heard %q", o.Injection, w.dials, w.heard)
	}
	w = newWorld(t, "TLS\nS: * OK [CAPABILITY IMAP4rev1] hi")
	if _, _ = w.open(imapTLS, Options{InjectionTest: true}); w.dials != 1 {
		t.Errorf("%d connections to a port without STARTTLS", w.dials)
	}
}
