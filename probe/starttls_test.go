package probe

import (
	"strings"
	"testing"

	"github.com/mailmedic/mailmedic/mail"
)

const (
	smtpOffer = "S: 220 x\nC: EHLO\nS: 250-x\nS: 250 STARTTLS\nC: STARTTLS\n"
	imapOffer = "S: * OK [CAPABILITY IMAP4rev1 STARTTLS]\nC: m1 STARTTLS\n"
	pop3Offer = "S: +OK\nC: CAPA\nS: +OK\nS: STLS\nS: .\nC: STLS\n"
)

func TestStartTLSThatFails(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, at, script string
		class            mail.Class
		detail           string
	}{
		{"case 49: 454", smtpStart, smtpOffer + "S: 454 4.7.0 TLS not available due to local problem", mail.StartTLSRefused, "454 4.7.0 TLS not available"},
		{"case 49: 501", smtpStart, smtpOffer + "S: 501 syntax", mail.StartTLSRefused, "501 syntax"},
		{"case 49: 502", smtpStart, smtpOffer + "S: 502 unknown", mail.StartTLSRefused, "502 unknown"},
		{"case 49: 503", smtpStart, smtpOffer + "S: 503 sequence", mail.StartTLSRefused, "503 sequence"},
		{"case 49: 554", smtpStart, smtpOffer + "S: 554 already active", mail.StartTLSRefused, "554 already active"},
		{"case 49: IMAP says NO", imapStart, imapOffer + "S: m1 NO not today", mail.StartTLSRefused, "NO not today"},
		{"case 49: POP3 says -ERR", pop3Start, pop3Offer + "S: -ERR not today", mail.StartTLSRefused, "-ERR not today"},
		{"case 47: not offered on SMTP", mx, "S: 220 x\nC: EHLO\nS: 250-x\nS: 250 SIZE 1", mail.StartTLSNotOffered, ""},
		{"case 30: not offered where EHLO is not known", smtpStart, "S: 220 x\nC: EHLO\nS: 502\nC: HELO\nS: 250 x", mail.StartTLSNotOffered, ""},
		{"not offered on IMAP, in greeting and list", imapStart, "S: * OK [CAPABILITY IMAP4rev1]\nC: m1 CAPABILITY\nS: * CAPABILITY IMAP4rev1\nS: m1 OK", mail.StartTLSNotOffered, ""},
		{"not offered on POP3", pop3Start, "S: +OK\nC: CAPA\nS: +OK\nS: USER\nS: .", mail.StartTLSNotOffered, ""},
		{"case 43: neither CAPA nor STLS", pop3Start, "S: +OK\nC: CAPA\nS: -ERR\nC: STLS\nS: -ERR what", mail.StartTLSNotOffered, "-ERR what"},
		{"case 51: plain text behind the answer on SMTP", smtpStart, smtpOffer + `RAW 220 go\r\n250 injected\r\n` + "\nHOLD", mail.StartTLSInjection, "250 injected"},
		{"case 51: plain text behind the answer on IMAP", imapStart, imapOffer + `RAW m1 OK go\r\n* CAPABILITY EVIL\r\n` + "\nHOLD", mail.StartTLSInjection, "EVIL"},
		{"case 51: plain text behind the answer on POP3", pop3Start, pop3Offer + `RAW +OK\r\n+` + "\nHOLD", mail.StartTLSInjection, ""},
		{"the handshake is answered in plain text", imapStart, imapOffer + "S: m1 OK go\nC: \nS: * BAD what was that", mail.TLSNotSpoken, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, test.script)
			s, got := w.open(test.at, Options{})
			o := got.session(t, test.at)
			if class(o) != test.class || !strings.Contains(o.Failure.Detail, test.detail) {
				t.Errorf("failure %+v, want class %s and %q in the detail", o.Failure, test.class, test.detail)
			}
			if s.Usable() || s.Encrypted() || o.Capabilities.AfterTLS != nil {
				t.Error("the session went on")
			}
			if w.dials != 1 {
				t.Errorf("%d connections were made", w.dials)
			}
		})
	}
}

func TestInjectedTextIsNotBelieved(t *testing.T) {
	t.Parallel()
	w := newWorld(t, smtpOffer+`RAW 220 go\r\n250 AUTH PLAIN\r\n`+"\nTLS\nHOLD")
	s, _ := w.open(smtpStart, Options{})
	if len(s.Ways(withPassword())) != 0 {
		t.Errorf("mechanisms %q came from plain text", s.Ways(withPassword()))
	}
}

func TestWhatWasSaidBeforeTLSIsForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "S: 220 x\nC: EHLO\nS: 250-x\nS: 250-AUTH PLAIN\nS: 250 STARTTLS\nC: STARTTLS\nS: 220 go\nTLS\nC: EHLO\nCLOSE")
	s, got := w.open(smtpStart, Options{})
	if o := got.session(t, smtpStart); class(o) != mail.Closed || o.Capabilities.AfterTLS != nil {
		t.Errorf("failure %+v, capabilities %+v", o.Failure, o.Capabilities)
	}
	if len(s.Ways(withPassword())) != 0 {
		t.Errorf("mechanisms %q are left over", s.Ways(withPassword()))
	}
}

func TestBadCertificateKeepsTheFacts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "TLS expired\nS: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi")
	s, got := w.open(imapTLS, Options{})
	if o := got.get(t, "tls:"+imapTLS+"#192.0.2.7"); class(o) != mail.CertExpired || len(o.Certificates) == 0 {
		t.Errorf("failure %+v", o.Failure)
	}
	o := got.session(t, imapTLS)
	if o.Failure != nil || len(o.Capabilities.AfterTLS) != 2 {
		t.Errorf("failure %+v, capabilities %+v", o.Failure, o.Capabilities)
	}
	if !s.Usable() || !s.Encrypted() || s.Verified() || s.Ready() {
		t.Errorf("usable %t, encrypted %t, verified %t, ready %t", s.Usable(), s.Encrypted(), s.Verified(), s.Ready())
	}
}

// Case 48, one half: a port that greets in plain text is asked with a ClientHello.
func TestPlainTextOnATLSPort(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, at, other, first, second string
		detail                         string
		otherClass                     mail.Class
	}{
		{
			"SMTP with STARTTLS", smtpTLS, "smtp+starttls://192.0.2.7:465",
			"S: 220 mail.example ESMTP\nHOLD", smtpOffer + "S: 220 go\nTLS\nC: EHLO\nS: 250 x",
			"in plain text (220 x), so STARTTLS and not SSL/TLS is the right setting", "",
		},
		{
			"IMAP with STARTTLS", imapTLS, "imap+starttls://192.0.2.7:993",
			"S: * OK hi\nHOLD", imapOffer + "S: m1 OK go\nTLS\nC: m2\nS: * CAPABILITY IMAP4\nS: m2 OK",
			"so STARTTLS and not SSL/TLS is the right setting", "",
		},
		{
			"POP3 with STLS", pop3TLS, "pop3+starttls://192.0.2.7:995",
			"S: +OK hi\nHOLD", pop3Offer + "S: +OK\nTLS\nC: CAPA\nS: +OK\nS: .",
			"so STARTTLS and not SSL/TLS is the right setting", "",
		},
		{
			"SMTP without any encryption", smtpTLS, "smtp+starttls://192.0.2.7:465",
			"S: 220 x\nHOLD", "S: 220 x\nC: EHLO\nS: 250 x",
			"in plain text (220 x), and offers no encryption on this port at all", mail.StartTLSNotOffered,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, test.first, test.second)
			s, got := w.open(test.at, Options{})
			o := got.session(t, test.at)
			if class(o) != mail.TLSNotSpoken || !strings.Contains(o.Failure.Detail, test.detail) {
				t.Errorf("failure %+v, want %q in the detail", o.Failure, test.detail)
			}
			if class(got.session(t, test.other)) != test.otherClass {
				t.Errorf("the other mode: %+v", got.session(t, test.other).Failure)
			}
			if s.Usable() || w.dials != 2 {
				t.Errorf("usable %t after %d connections", s.Usable(), w.dials)
			}
		})
	}
}

func TestAnotherProtocolInPlainTextOnATLSPort(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "S: +OK POP3 ready\nHOLD", "S: +OK POP3 ready\nHOLD")
	_, got := w.open(imapTLS, Options{})
	o := got.session(t, imapTLS)
	if class(o) != mail.TLSNotSpoken || !strings.Contains(o.Failure.Detail, "speaks POP3 and not IMAP") {
		t.Errorf("failure %+v", o.Failure)
	}
	if _, told := got.all["session:imap+starttls://192.0.2.7:993"]; told {
		t.Error("the second connection proves nothing about STARTTLS and is told all the same")
	}
}
