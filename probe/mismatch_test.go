package probe

import (
	"testing"

	"github.com/mailmedic/mailmedic/mail"
)

// Case 26: another protocol of mail on the port is proved by speaking it.
func TestAnotherProtocolIsProvedBySpeakingIt(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, at, other, first, second string
		told                           bool
	}{
		{"POP3 where IMAP was meant", imapTLS, "pop3s://192.0.2.7:993", "TLS\nS: +OK ready", "TLS\nS: +OK ready\nC: CAPA\nS: +OK\nS: USER\nS: .", true},
		{"IMAP where POP3 was meant", pop3TLS, "imaps://192.0.2.7:995", "TLS\nS: * OK ready", "TLS\nS: * OK [CAPABILITY IMAP4rev1] ready", true},
		{
			"SMTP where IMAP was meant, with STARTTLS", imapStart, "smtp+starttls://192.0.2.7:143", "S: 220 mail.example ESMTP",
			"S: 220 mail.example ESMTP\nC: EHLO\nS: 250-x\nS: 250 STARTTLS\nC: STARTTLS\nS: 220 go\nTLS\nC: EHLO\nS: 250 x", true,
		},
		{"a service that answers something else the second time", imapTLS, "pop3s://192.0.2.7:993", "TLS\nS: +OK ready", "TLS\nS: SSH-2.0-x", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, test.first, test.second)
			s, got := w.open(test.at, Options{})
			if o := got.session(t, test.at); class(o) != mail.ProtocolFault || s.Usable() {
				t.Errorf("failure %+v", o.Failure)
			}
			o, told := got.all["session:"+test.other]
			if told != test.told || o.Failure != nil {
				t.Errorf("told %t, failure %+v", told, o.Failure)
			}
			if w.dials != 2 {
				t.Errorf("%d connections were made", w.dials)
			}
		})
	}
}

func TestAProtocolThatIsNotOfMailIsNotSpoken(t *testing.T) {
	t.Parallel()
	for _, first := range []string{"S: SSH-2.0-OpenSSH_9.2", "S: HTTP/1.1 302 Found", `RAW \x4a\x00\x00\x00\x0a8.0.36`} {
		w := newWorld(t, first+"\nHOLD")
		_, got := w.open(imapStart, Options{})
		if o := got.session(t, imapStart); class(o) != mail.ProtocolFault || w.dials != 1 {
			t.Errorf("%s: failure %+v after %d connections", first, o.Failure, w.dials)
		}
	}
}
