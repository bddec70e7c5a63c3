package probe

import (
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mailmedic/mailmedic/mail"
)

func TestCapabilities(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, at, script string
		capabilities     mail.BothWays
		mechanisms       mail.BothWays
		usable           []string
		software         string
	}{
		{
			"case 28: STARTTLS on the last line of EHLO is found, and case 37: AUTH after TLS only", smtpStart,
			"S: 220 mail.example ESMTP Postfix\nC: EHLO [127.0.0.1]\nS: 250-mail.example\nS: 250-size 10240000\nS: 250 STARTTLS\n" +
				"C: STARTTLS\nS: 220 go\nTLS\nC: EHLO [127.0.0.1]\nS: 250-mail.example\nS: 250 AUTH LOGIN PLAIN XOAUTH2",
			mail.BothWays{BeforeTLS: []string{"SIZE 10240000", "STARTTLS"}, AfterTLS: []string{"AUTH LOGIN PLAIN XOAUTH2"}},
			mail.BothWays{BeforeTLS: []string{}, AfterTLS: []string{"login", "plain", "xoauth2"}},
			[]string{"plain", "login"},
			"Postfix",
		},
		{
			"case 36: AUTH before TLS is a fact", smtpStart,
			"S: 220 x\nC: EHLO\nS: 250-x\nS: 250-AUTH=LOGIN\nS: 250-AUTH PLAIN LOGIN\nS: 250 STARTTLS\nC: STARTTLS\nS: 220 go\nTLS\nC: EHLO\nS: 250 x",
			mail.BothWays{BeforeTLS: []string{"AUTH=LOGIN", "AUTH PLAIN LOGIN", "STARTTLS"}, AfterTLS: []string{}},
			mail.BothWays{BeforeTLS: []string{"login", "plain"}, AfterTLS: []string{}},
			[]string{},
			"",
		},
		{
			"case 30: HELO where EHLO is not known", smtpTLS,
			"TLS\nS: 220 x\nC: EHLO [127.0.0.1]\nS: 500 what\nC: HELO [127.0.0.1]\nS: 250 fine",
			mail.BothWays{AfterTLS: []string{}},
			mail.BothWays{AfterTLS: []string{}},
			[]string{},
			"",
		},
		{
			"case 33: a size beyond all numbers is kept as it was said", smtpTLS,
			"TLS\nS: 220 x\nC: EHLO\nS: 250-x\nS: 250 SIZE 99999999999999999999",
			mail.BothWays{AfterTLS: []string{"SIZE 99999999999999999999"}},
			mail.BothWays{AfterTLS: []string{}},
			[]string{},
			"",
		},
		{
			"case 20: IMAP is asked where the greeting says nothing", imapTLS,
			"TLS\nS: * OK Dovecot ready.\nC: m1 CAPABILITY\nS: * CAPABILITY IMAP4rev1 sasl-ir AUTH=PLAIN\nS: m1 OK done",
			mail.BothWays{AfterTLS: []string{"IMAP4REV1", "SASL-IR", "AUTH=PLAIN"}},
			mail.BothWays{AfterTLS: []string{"plain", "login"}},
			[]string{"plain", "login"},
			"Dovecot",
		},
		{
			"case 21: capabilities in the greeting save a round trip, and are asked for again after TLS", imapStart,
			"S: * OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] hi\nC: m1 STARTTLS\nS: m1 OK go\nTLS\n" +
				"C: m2 CAPABILITY\nS: * CAPABILITY IMAP4rev1 AUTH=PLAIN\nS: m2 OK done",
			mail.BothWays{BeforeTLS: []string{"IMAP4REV1", "STARTTLS", "LOGINDISABLED"}, AfterTLS: []string{"IMAP4REV1", "AUTH=PLAIN"}},
			mail.BothWays{BeforeTLS: []string{}, AfterTLS: []string{"plain", "login"}},
			[]string{"plain", "login"},
			"",
		},
		{
			"case 21: a greeting that leaves STARTTLS out is not the last word", imapStart,
			"S: * OK [CAPABILITY IMAP4rev1] hi\nC: m1 CAPABILITY\nS: * CAPABILITY IMAP4rev1 STARTTLS\nS: m1 OK done\nC: m2 STARTTLS\nS: m2 OK go\nTLS\n" +
				"C: m3 CAPABILITY\nS: * CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=XOAUTH2\nS: m3 OK done",
			mail.BothWays{BeforeTLS: []string{"IMAP4REV1", "STARTTLS"}, AfterTLS: []string{"IMAP4REV1", "LOGINDISABLED", "AUTH=XOAUTH2"}},
			mail.BothWays{BeforeTLS: []string{"login"}, AfterTLS: []string{"xoauth2"}},
			[]string{},
			"",
		},
		{
			"case 40: LOGINDISABLED under TLS leaves no way to sign in", imapTLS,
			"TLS\nS: * OK [CAPABILITY IMAP4rev1 LOGINDISABLED] hi",
			mail.BothWays{AfterTLS: []string{"IMAP4REV1", "LOGINDISABLED"}},
			mail.BothWays{AfterTLS: []string{}},
			[]string{},
			"",
		},
		{
			"case 41: mechanisms without a password are offered and not usable", smtpTLS,
			"TLS\nS: 220 x\nC: EHLO\nS: 250-x\nS: 250 AUTH GSSAPI NTLM EXTERNAL",
			mail.BothWays{AfterTLS: []string{"AUTH GSSAPI NTLM EXTERNAL"}},
			mail.BothWays{AfterTLS: []string{"gssapi", "ntlm", "external"}},
			[]string{},
			"",
		},
		{
			"case 43: a POP3 server without CAPA takes USER and PASS", pop3TLS,
			"TLS\nS: +OK ready\nC: CAPA\nS: -ERR unknown command",
			mail.BothWays{AfterTLS: []string{}},
			mail.BothWays{AfterTLS: []string{"user"}},
			[]string{"user"},
			"",
		},
		{
			"case 43: STLS is tried without CAPA, since it was asked for", pop3Start,
			"S: +OK\nC: CAPA\nS: -ERR\nC: STLS\nS: +OK\nTLS\nC: CAPA\nS: +OK\nS: USER\nS: .",
			mail.BothWays{BeforeTLS: []string{}, AfterTLS: []string{"USER"}},
			mail.BothWays{BeforeTLS: []string{"user"}, AfterTLS: []string{"user"}},
			[]string{"user"},
			"",
		},
		{
			"case 44: POP3 capabilities keep their parameters, and case 24: a timestamp offers APOP", pop3TLS,
			"TLS\nS: +OK <1.2@mail.example>\nC: CAPA\nS: +OK\nS: Expire 0\nS: LOGIN-DELAY 300\nS: SASL PLAIN LOGIN\nS: IMPLEMENTATION Cyrus POP3\nS: .",
			mail.BothWays{AfterTLS: []string{"EXPIRE 0", "LOGIN-DELAY 300", "SASL PLAIN LOGIN", "IMPLEMENTATION Cyrus POP3"}},
			mail.BothWays{AfterTLS: []string{"plain", "login", "apop"}},
			[]string{"plain", "login", "apop"},
			"Cyrus",
		},
		{
			"without encryption the facts are there all the same", pop3Plain,
			"S: +OK\nC: CAPA\nS: +OK\nS: USER\nS: .",
			mail.BothWays{BeforeTLS: []string{"USER"}},
			mail.BothWays{BeforeTLS: []string{"user"}},
			[]string{"user"},
			"",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s, got := newWorld(t, test.script).open(test.at, Options{})
			o := got.session(t, test.at)
			if o.Failure != nil || !s.Usable() {
				t.Fatalf("failure %+v", o.Failure)
			}
			if diff := cmp.Diff(test.capabilities, o.Capabilities); diff != "" {
				t.Errorf("capabilities: %s", diff)
			}
			if diff := cmp.Diff(test.mechanisms, o.Mechanisms); diff != "" {
				t.Errorf("mechanisms: %s", diff)
			}
			if usable := s.Ways(withPassword()); !slices.Equal(usable, test.usable) {
				t.Errorf("usable %q, want %q", usable, test.usable)
			}
			if o.Software != test.software {
				t.Errorf("software %q, want %q", o.Software, test.software)
			}
			if s.Ready() != (endpoint(t, test.at).Security != mail.None) {
				t.Errorf("ready is %t", s.Ready())
			}
		})
	}
}

func TestCapabilitiesThatFail(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, at, script string
		class            mail.Class
		detail           string
	}{
		{"case 32: 421 at EHLO", smtpTLS, "TLS\nS: 220 x\nC: EHLO\nS: 421 go away", mail.GreetingRejected, "421 go away"},
		{"case 32: hanging up at EHLO", smtpTLS, "TLS\nS: 220 x", mail.Closed, ""},
		{"case 30: neither EHLO nor HELO", smtpTLS, "TLS\nS: 220 x\nC: EHLO\nS: 502 no\nC: HELO\nS: 550 no", mail.GreetingRejected, "550 no"},
		{"case 34: EHLO with lines without end", smtpTLS, "TLS\nS: 220 x\nC: EHLO\nFLOOD 250-X-LINE\\r\\n", mail.TooLarge, ""},
		{"case 34: CAPA with lines without end", pop3TLS, "TLS\nS: +OK\nC: CAPA\nS: +OK\nFLOOD X-LINE\\r\\n", mail.TooLarge, ""},
		{"case 34: untagged responses without end", imapTLS, "TLS\nS: * OK\nC: m1\nFLOOD * 1 EXISTS\\r\\n", mail.TooLarge, ""},
		{"case 46: a reply with another tag", imapTLS, "TLS\nS: * OK\nC: m1\nS: m9 OK done", mail.ProtocolFault, "m9 OK done"},
		{"case 46: a literal of 4 GiB", imapTLS, "TLS\nS: * OK\nC: m1\nS: * CAPABILITY {4294967295}", mail.TooLarge, ""},
		{"case 46: a hundred thousand parentheses", imapTLS, "TLS\nS: * OK\nC: m1\nS: * CAPABILITY " + strings.Repeat("(", 100_000), mail.TooLarge, ""},
		{"a BYE instead of capabilities keeps its words", imapTLS, "TLS\nS: * OK\nC: m1\nS: * BYE shutting down\nCLOSE", mail.Closed, "shutting down"},
		{"CAPABILITY is refused", imapTLS, "TLS\nS: * OK\nC: m1\nS: m1 BAD what", mail.ProtocolFault, "BAD what"},
		{"a reply that is none", smtpTLS, "TLS\nS: 220 x\nC: EHLO\nS: hello", mail.ProtocolFault, "not an answer of SMTP: hello"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s, got := newWorld(t, test.script).open(test.at, Options{})
			o := got.session(t, test.at)
			if class(o) != test.class || !strings.Contains(o.Failure.Detail, test.detail) {
				t.Errorf("failure %+v, want class %s and %q in the detail", o.Failure, test.class, test.detail)
			}
			if s.Usable() {
				t.Error("the session says that it can be used")
			}
		})
	}
}

func TestRepliesHaveABoundOnTheirLines(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		protocol            mail.Protocol
		first, middle, last string
	}{
		{mail.SMTP, "", "250-\r\n", "250 \r\n"},
		{mail.POP3, "+OK\r\n", "\r\n", ".\r\n"},
		{mail.IMAP, "", "* \r\n", "* CAPABILITY X\r\nm1 OK\r\n"},
	} {
		t.Run(string(test.protocol), func(t *testing.T) {
			t.Parallel()
			for lines, fits := range map[int]bool{maxLines - 2: true, maxLines + 1: false} {
				input := strings.NewReader(test.first + strings.Repeat(test.middle, lines) + test.last)
				d := &dialogue{out: io.Discard, lines: newLineReader(input)}
				_, err := newSpeaker(mail.Endpoint{Protocol: test.protocol}, d, "[192.0.2.1]").capabilities()
				if fits != (err == nil) || !fits && !isTooLarge(err) {
					t.Errorf("%d lines: %v", lines, err)
				}
			}
		})
	}
}

func TestSoftwareIsNotReadFromHostNames(t *testing.T) {
	t.Parallel()
	if got := softwareOf("220 postfix.example ESMTP Exim 4.98 ready", "", nil); got != "Exim" {
		t.Errorf("got %q", got)
	}
	if got := softwareOf("220 smtp.gmail.com ESMTP 5b1f17b1804b1 - gsmtp", "", nil); got != "Gmail" {
		t.Errorf("got %q", got)
	}
	if got := softwareOf("* OK ready", "", []string{"IMAP4REV1", "X-GM-EXT-1"}); got != "Gmail" {
		t.Errorf("got %q", got)
	}
}
