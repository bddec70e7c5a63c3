package probe

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mailmedic/mailmedic/mail"
)

func TestEnvelopeIsTriedAndTakenBack(t *testing.T) {
	t.Parallel()
	in := smtpBoth + "C: AUTH\nS: 235 ok\n"
	from, to := "C: MAIL FROM:<"+anna+">\n", "C: RCPT TO:<"+anna+">\n"
	for _, test := range []struct {
		name, script string
		facts        *mail.SendFacts
		class        mail.Class
		usable       bool
	}{
		{"both are taken", in + from + "S: 250 2.1.0 Ok\n" + to + "S: 250 2.1.5 Ok\nC: RSET\nS: 250 ok", &mail.SendFacts{Sender: anna, MailReply: "250 2.1.0 Ok", RcptReply: "250 2.1.5 Ok"}, "", true},
		{"the sender is refused", in + from + "S: 553 5.7.1 not owned by user", &mail.SendFacts{Sender: anna, MailReply: "553 5.7.1 not owned by user"}, mail.PolicyRefused, true},
		{"the recipient is refused", in + from + "S: 250 ok\n" + to + "S: 554 5.7.1 Relay access denied\nC: RSET\nS: 250 ok", &mail.SendFacts{Sender: anna, MailReply: "250 ok", RcptReply: "554 5.7.1 Relay access denied"}, mail.PolicyRefused, true},
		{"a server that says the password back", in + from + "S: 550 " + plainMessage(), &mail.SendFacts{Sender: anna, MailReply: "550 [redacted]="}, mail.PolicyRefused, true},
		{"the server hangs up", in + from + "CLOSE", nil, mail.Closed, false},
		{"the server hangs up in the middle", in + from + "S: 250 ok\n" + to + "CLOSE", &mail.SendFacts{Sender: anna, MailReply: "250 ok"}, mail.Closed, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, test.script)
			s, got, outcome := w.signIn(smtpTLS, Options{}, false)
			if outcome != Accepted {
				t.Fatalf("outcome %s", outcome)
			}
			s.Rehearse(t.Context(), anna)
			o := got.get(t, "send:"+smtpTLS)
			if diff := cmp.Diff(test.facts, o.SendFacts); diff != "" || class(o) != test.class || s.Usable() != test.usable {
				t.Errorf("%+v, usable %v: %s", o.Failure, s.Usable(), diff)
			}
			w.mu.Lock()
			defer w.mu.Unlock()
			if slices.ContainsFunc(w.heard, func(line string) bool { return strings.HasPrefix(line, "DATA") }) {
				t.Errorf("the server heard %q", w.heard)
			}
		})
	}
}

func TestNoEnvelopeWhereThereIsNothingToTry(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ at, script, address string }{
		"nobody has signed in":                  {smtpTLS, smtpBoth + "C: AUTH\nS: 535 no", anna},
		"a server that is read from":            {imapTLS, imapBoth + "C: m1\nS: m1 OK [CAPABILITY IMAP4rev1]\nC: m2 EXAMINE\nS: m2 OK", anna},
		"no address":                            {smtpTLS, smtpBoth + "C: AUTH\nS: 235 ok", "anna"},
		"an address that would end the command": {smtpTLS, smtpBoth + "C: AUTH\nS: 235 ok", "anna@example.org>\r\nDATA\r\n"},
		"an address that needs SMTPUTF8":        {smtpTLS, smtpBoth + "C: AUTH\nS: 235 ok", "jürgen@example.org"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c.script)
			s, got, _ := w.signIn(c.at, Options{}, false)
			s.Rehearse(t.Context(), c.address)
			if _, told := got.all["send:"+c.at]; told {
				t.Error("something was tried")
			}
		})
	}
}

func TestAddressInUTF8SaysSo(t *testing.T) {
	t.Parallel()
	const address = "jürgen@example.org"
	w := newWorld(t, "TLS\nS: 220 x\nC: EHLO\nS: 250-x\nS: 250-SMTPUTF8\nS: 250 AUTH PLAIN\nC: AUTH\nS: 235 ok\nC: MAIL FROM:<"+address+
		"> SMTPUTF8\nS: 250 ok\nC: RCPT TO:<"+address+">\nS: 250 ok\nC: RSET\nS: 250 ok")
	s, got, _ := w.signIn(smtpTLS, Options{}, false)
	s.Rehearse(t.Context(), address)
	if o := got.get(t, "send:"+smtpTLS); o.Failure != nil {
		t.Errorf("failure %+v", o.Failure)
	}
}
