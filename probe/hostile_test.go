package probe

import (
	"context"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

const (
	// hostileMemory bounds all that one session allocates, both sides of it and
	// what is free again included, so that it bounds how far memory can grow.
	hostileMemory = 32 << 20
	// hostileTime is what a session may take that only the deadline ends. Another
	// one ends by a bound, long before its patience.
	hostileTime = 500 * time.Millisecond
	atMost      = 15 * time.Second
)

// TestHostileServersCostLittle is not parallel to any other test, since it
// measures the memory of the process.
func TestHostileServersCostLittle(t *testing.T) {
	authority()
	for _, test := range []struct {
		name, at, script string
		class            mail.Class // "" for any failure
	}{
		{"case 4: a greeting of lines without end", smtpStart, "FLOOD 220-and another line\\r\\n", mail.TooLarge},
		{"case 4: a line without end", imapStart, "FLOOD * OK and so on", mail.TooLarge},
		{"case 3: a line without end in single bytes", pop3Start, "FLOOD +", mail.TooLarge},
		{"case 3: a byte at a time", smtpStart, strings.Repeat("RAW 2\nPAUSE 20ms\n", 100), mail.Deadline},
		{"case 34: extensions without end", smtpPlain, "S: 220 x\nC: EHLO\nFLOOD 250-X-EXTENSION\\r\\n", mail.TooLarge},
		{"case 34: POP3 capabilities without end", pop3Plain, "S: +OK\nC: CAPA\nS: +OK\nFLOOD X\\r\\n", mail.TooLarge},
		{"case 34: 100,000 IMAP capabilities in one line", imapPlain, "S: * OK x\nC: m1 CAPABILITY\nRAW * CAPABILITY" + strings.Repeat(" AUTH=X", 100_000) + "\\r\\n\nHOLD", mail.TooLarge},
		{"case 34: IMAP capabilities again and again", imapPlain, "S: * OK x\nC: m1 CAPABILITY\nFLOOD * CAPABILITY IMAP4rev1\\r\\n", mail.TooLarge},
		{"case 46: a literal of 4 GiB", imapStart, "S: * OK {4294967295}\nFLOOD x", mail.TooLarge},
		{"case 46: a literal that never comes", imapStart, "S: * OK {60000}\nHOLD", mail.Deadline},
		{"case 46: a literal that never ends", imapStart, "S: * OK {60000}\nFLOOD literal", mail.TooLarge},
		{"case 46: literals without end", imapStart, "FLOOD * OK {3}\\r\\nabc", mail.TooLarge},
		{"case 46: 100,000 nested lists", imapPlain, "S: * OK x\nC: m1 CAPABILITY\nRAW * LIST " + strings.Repeat("(", 100_000) + "\\r\\n\nHOLD", mail.TooLarge},
		{"case 6: random bytes", imapStart, "FLOOD \\x8f\\x1a\\xd3\\x00\\xff\\r\\x7f\\xee", mail.ProtocolFault},
		{"case 6: NULs", smtpStart, "FLOOD \\x00", mail.ProtocolFault},
		{"case 6: random bytes under TLS", smtpTLS, "TLS\nFLOOD \\x8f\\x1a\\xd3\\x00\\xff\\r\\x7f\\xee", mail.ProtocolFault},
		{"case 54: empty records without end", imapTLS, "HELLO\nFLOOD \\x16\\x03\\x03\\x00\\x00", ""},
		{"case 54: warnings without end", imapTLS, "HELLO\nFLOOD \\x15\\x03\\x03\\x00\\x02\\x01\\x5a", ""},
		{"case 54: changes of the cipher without end", imapTLS, "HELLO\nFLOOD \\x14\\x03\\x03\\x00\\x01\\x01", ""},
		{"case 54: a handshake message of 16 MiB", imapTLS, "HELLO\nRAW \\x16\\x03\\x03\\x00\\x04\\x02\\xff\\xff\\xff\nFLOOD \\x16\\x03\\x03\\x40\\x00" + strings.Repeat("x", 16384), ""},
		{"case 54: random bytes for a ServerHello", imapTLS, "HELLO\nFLOOD \\x8f\\x1a\\xd3\\x00\\xff\\r\\x7f\\xee", mail.TLSNotSpoken},
		{"case 68: a chain of 100 KB", imapTLS, "TLS chain-100k", mail.Deadline},
		{"case 68: a chain of 1 MB", imapTLS, "TLS chain-1m", ""},
		{"case 68: 8,000 names", imapTLS, "TLS names", mail.Deadline},
		{"case 68: a key of 16384 bits", imapTLS, "TLS rsa-16384", ""},
		{"case 74: key updates without end", imapTLS, "KEYUPDATES", ""},
		{"case 74: session tickets without end", imapTLS, "TICKETS", ""},
		{"case 74: requests to renegotiate without end", imapTLS, "RENEGOTIATE", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, test.script)
			n := w.network()
			due := atMost
			if test.class == mail.Deadline {
				due = hostileTime
			}
			ctx, cancel := context.WithTimeout(t.Context(), due)
			defer cancel()
			got, began, before := &seen{}, time.Now(), allocated()
			s := Open(ctx, n, endpoint(t, test.at), Options{Transcript: true}, got.emit)
			s.Close(ctx)
			grown, took := allocated()-before, time.Since(began)
			o := got.session(t, test.at)
			if o.Failure == nil || test.class != "" && o.Failure.Class != test.class {
				t.Errorf("failure %+v, want %s", o.Failure, test.class)
			}
			if grown > hostileMemory {
				t.Errorf("%d MiB were allocated", grown>>20)
			}
			if took > atMost {
				t.Errorf("it took %s", took)
			}
			t.Logf("%d KiB, %s", grown>>10, took.Round(time.Millisecond))
		})
	}
}

// TestHostileMailboxesCostLittle is about servers that turn hostile when somebody signs in.
func TestHostileMailboxesCostLittle(t *testing.T) {
	authority()
	const (
		imapReady = "TLS\nS: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=LOGIN QUOTA NAMESPACE SPECIAL-USE ID] x\nC: m1 AUTHENTICATE\n"
		imapIn    = imapReady + "S: m1 OK [CAPABILITY IMAP4rev1 QUOTA NAMESPACE SPECIAL-USE ID] in\n"
		smtpReady = "TLS\nS: 220 x\nC: EHLO\nS: 250-x\nS: 250 AUTH LOGIN\nC: AUTH LOGIN\n"
		pop3In    = "TLS\nS: +OK x\nC: CAPA\nS: +OK\nS: USER\nS: UIDL\nS: .\nC: USER\nS: +OK\nC: PASS\nS: +OK in\n"
	)
	for _, test := range []struct{ name, at, script string }{
		{"case 83: challenges without end", smtpTLS, smtpReady + "FLOOD 334 VXNlcm5hbWU6\\r\\n"},
		{"case 83: a challenge without end", smtpTLS, smtpReady + "RAW 334 \nFLOOD VXNlcm5hbWU6"},
		{"case 83: continuations of IMAP without end", imapTLS, imapReady + "FLOOD + \\r\\n"},
		{"case 87: untagged words without end", imapTLS, imapReady + "FLOOD * OK [ALERT] read this\\r\\n"},
		{"case 91: folders without end", imapTLS, imapIn + "FLOOD * LIST (\\\\Sent) \\\"/\\\" Sent\\r\\n"},
		{"case 91: quota roots without end", imapTLS, imapIn + "FLOOD * QUOTA \\\"\\\" (STORAGE 1 2)\\r\\n"},
		{"case 91: 60,000 nested lists of names", imapTLS, imapIn + "RAW * NAMESPACE " + strings.Repeat("(", 60_000) + "\\r\\n\nFLOOD * OK\\r\\n"},
		{"case 91: literals in a list without end", imapTLS, imapIn + "RAW * LIST () NIL \nFLOOD {3}\\r\\nabc"},
		{"case 91: messages of POP3 without end", pop3TLS, pop3In + "FLOOD +OK 1 1\\r\\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			n := newWorld(t, test.script).network()
			ctx, cancel := context.WithTimeout(t.Context(), atMost)
			defer cancel()
			got, began, before := &seen{}, time.Now(), allocated()
			s := Open(ctx, n, endpoint(t, test.at), Options{Transcript: true}, got.emit)
			if o := got.session(t, test.at); o.Failure != nil {
				t.Fatalf("failure %+v", o.Failure)
			}
			s.SignIn(ctx, Credentials{Username: "anna", Secret: mail.NewSecret([]byte("secret"))}, false)
			s.Mailbox(ctx)
			s.Close(ctx)
			grown, took := allocated()-before, time.Since(began)
			if grown > hostileMemory || took > atMost {
				t.Errorf("%d MiB were allocated in %s", grown>>20, took)
			}
			t.Logf("%d KiB, %s: %q", grown>>10, took.Round(time.Millisecond), got.ids)
		})
	}
}

// allocated gives the bytes that were ever allocated.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}
