package probe

import (
	"strings"
	"testing"

	"github.com/mailmedic/mailmedic/mail"
)

const (
	smtpTLS   = "smtps://192.0.2.7:465"
	smtpStart = "smtp+starttls://192.0.2.7:587"
	smtpPlain = "smtp://192.0.2.7:587"
	mx        = "smtp+starttls://192.0.2.7:25"
	imapTLS   = "imaps://192.0.2.7:993"
	imapStart = "imap+starttls://192.0.2.7:143"
	imapPlain = "imap://192.0.2.7:143"
	pop3TLS   = "pop3s://192.0.2.7:995"
	pop3Start = "pop3+starttls://192.0.2.7:110"
	pop3Plain = "pop3://192.0.2.7:110"
)

// The numbers in the names are those of the catalogue of server behaviours.
func TestGreetingThatEndsTheSession(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, at, script string
		class            mail.Class
		detail, greeting string
	}{
		{
			"case 6: bytes that are no text are shown in hexadecimal", smtpStart,
			"RAW \\x00\\x01\\xfe\\xff\nHOLD", mail.ProtocolFault, "bytes 0001feff", "",
		},
		{
			"case 11: 421 is a refusal in the server's words", smtpStart,
			"S: 421 4.7.0 too many connections", mail.GreetingRejected, "421 4.7.0 too many connections", "421 4.7.0 too many connections",
		},
		{
			"case 13: a block notice of three lines is kept whole", mx,
			"S: 554-mail.example\nS: 554-192.0.2.99 is listed\nS: 554 see https://block.example/",
			mail.GreetingRejected, "see https://block.example/", "554 mail.example 192.0.2.99 is listed see https://block.example/",
		},
		{"case 14: 521 is a refusal", mx, "S: 521 mail.example does not accept mail", mail.GreetingRejected, "does not accept mail", "521 mail.example does not accept mail"},
		{"case 16: a reset instead of a greeting", smtpStart, "RESET", mail.Reset, "", ""},
		{"case 16: an end of file instead of a greeting", mx, "RAW \\x32\\x32\nCLOSE", mail.Closed, "", ""},
		{"case 17: BYE is a refusal with its text", imapStart, "S: * BYE no service for you", mail.GreetingRejected, "no service for you", "* BYE no service for you"},
		{"case 18: PREAUTH before TLS is the end", imapStart, "S: * PREAUTH welcome back", mail.ProtocolFault, "PREAUTH welcome back", "* PREAUTH welcome back"},
		{"case 23: an untagged BAD is no greeting", imapStart, "S: * BAD what", mail.ProtocolFault, "* BAD what", "* BAD what"},
		{"case 25: -ERR is a refusal with its text", pop3Start, "S: -ERR [SYS/TEMP] down", mail.GreetingRejected, "[SYS/TEMP] down", "-ERR [SYS/TEMP] down"},
		{"case 26: POP3 on an IMAP port", imapStart, "S: +OK ready", mail.ProtocolFault, "speaks POP3 and not IMAP: +OK ready", ""},
		{"case 26: IMAP on a POP3 port", pop3Start, "S: * OK ready", mail.ProtocolFault, "speaks IMAP and not POP3", ""},
		{"case 26: SMTP on an IMAP port with TLS", imapTLS, "TLS\nS: 220 mail.example ESMTP", mail.ProtocolFault, "speaks SMTP and not IMAP", ""},
		{"case 26: SSH", smtpStart, "S: SSH-2.0-OpenSSH_9.9", mail.ProtocolFault, "speaks SSH", ""},
		{"case 26: HTTP", pop3Start, "S: HTTP/1.1 400 Bad Request", mail.ProtocolFault, "speaks HTTP", ""},
		{"case 26: MySQL", imapStart, "RAW J\\x00\\x00\\x00\\n8.4\\x00\nHOLD", mail.ProtocolFault, "speaks MySQL and not IMAP: bytes 4a000000", ""},
		{"case 26: FTP greets like SMTP to everybody but an IMAP client", imapStart, "S: 220 FTP server ready", mail.ProtocolFault, "speaks FTP", ""},
		{"case 48: a TLS alert instead of a greeting", smtpStart, "RAW \\x15\\x03\\x01\\x00\\x02\\x02\\x46\nHOLD", mail.PlaintextExpected, "SSL/TLS and not STARTTLS", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s, got := newWorld(t, test.script).open(test.at, Options{})
			o := got.session(t, test.at)
			if class(o) != test.class || !strings.Contains(o.Failure.Detail, test.detail) {
				t.Errorf("failure %+v, want class %s and %q in the detail", o.Failure, test.class, test.detail)
			}
			if o.Greeting != test.greeting {
				t.Errorf("greeting %q, want %q", o.Greeting, test.greeting)
			}
			if s.Usable() || s.Ready() {
				t.Error("the session says that it can be used")
			}
		})
	}
}

func TestGreetingThatIsFine(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, at, script, greeting string }{
		{
			"case 7: control characters of a banner stay in the fact, for printers to escape", smtpPlain,
			"RAW 220 \\x1b[31mred\\x07 a\\rb \\u202e\\r\\n\nC: EHLO\nS: 250 ok", "220 \x1b[31mred\x07 a\rb \u202e",
		},
		{"case 8: bytes that are not UTF-8 are written as such", smtpPlain, "RAW 220 gr\\xfc\\xdfe\\r\\n\nC: EHLO\nS: 250 ok", `220 gr\xfc\xdfe`},
		{"case 8: UTF-8 stays", smtpPlain, "S: 220 grüße\nC: EHLO\nS: 250 ok", "220 grüße"},
		{"case 10: a line that ends with LF alone", pop3Plain, "RAW +OK bare\\n\nC: CAPA\nS: -ERR", "+OK bare"},
		{"case 10: a greeting in single bytes", imapPlain, "RAW *\nRAW  OK\nRAW  x\nRAW \\r\nRAW \\n\nC: m1 CAPABILITY\nS: * CAPABILITY IMAP4\nS: m1 OK", "* OK x"},
		{"case 20: IMAP without capabilities is asked for them", imapPlain, "S: * OK The Microsoft Exchange IMAP4 service is ready.\nC: m1 CAPABILITY\nS: * CAPABILITY IMAP4\nS: m1 OK done", "* OK The Microsoft Exchange IMAP4 service is ready."},
		{
			"one of two kilobytes is kept whole", smtpPlain, strings.Repeat("S: 220-"+strings.Repeat("n", 69)+"\n", 30) + "S: 220 end\nC: EHLO\nS: 250 ok",
			"220 " + strings.Repeat(strings.Repeat("n", 69)+" ", 30) + "end",
		},
		{"case 24: a POP3 greeting with a timestamp", pop3Plain, "S: +OK <1.2@mail.example>\nC: CAPA\nS: -ERR what", "+OK <1.2@mail.example>"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, got := newWorld(t, test.script).open(test.at, Options{})
			if o := got.session(t, test.at); o.Greeting != test.greeting {
				t.Errorf("greeting %q, want %q; failure %+v", o.Greeting, test.greeting, o.Failure)
			}
		})
	}
}

func TestHostileGreetingIsBounded(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, at, script string }{
		{"case 4: a multi-line greeting without end", smtpStart, "FLOOD 220-and so on\\r\\n"},
		{"case 4: a line without end", imapStart, "FLOOD * OK and so on"},
		{"case 4: a line without end on POP3", pop3Start, "FLOOD +OK and so on"},
		{"case 46: a literal of 4 GiB", imapStart, "S: * OK {4294967295}\nFLOOD x"},
		{"case 46: a literal without end of its announcements", imapStart, "FLOOD * OK {3}\\r\\nabc"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, test.script)
			s, got := w.open(test.at, Options{})
			o := got.session(t, test.at)
			if class(o) != mail.TooLarge {
				t.Errorf("failure %+v, want %s", o.Failure, mail.TooLarge)
			}
			if n := cap(s.lines.buf); n > 4*maxReply {
				t.Errorf("%d bytes of memory were used for a line", n)
			}
			if len(o.Greeting) > maxGreeting || len(o.Failure.Detail) > 2*maxWords {
				t.Error("the observation is as large as the server wanted")
			}
		})
	}
}
