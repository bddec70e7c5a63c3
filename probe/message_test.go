package probe

import (
	"bufio"
	"bytes"
	"io"
	netmail "net/mail"
	"net/textproto"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

// theMessage is a test message that every run has alike.
func theMessage(address string) testMessage {
	return testMessage{address: address, token: "ABCDEFGHIJKLMNOPQRSTUVWXYZ", date: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
}

func TestTheTestMessageSaysWhatItIs(t *testing.T) {
	t.Parallel()
	for _, address := range []string{anna, "anna@[192.0.2.1]", "jürgen@example.org"} {
		m := theMessage(address)
		var raw bytes.Buffer
		if err := m.send(&raw); err != nil {
			t.Fatal(err)
		}
		wire := raw.String()
		if strings.Contains(strings.ReplaceAll(wire, "\r\n", ""), "\n") || !strings.HasSuffix(wire, "\r\n.\r\n") {
			t.Errorf("line ends: %q", wire)
		}
		if len(wire)-len(".\r\n") != m.size() {
			t.Errorf("SIZE says %d, the message has %d bytes", m.size(), len(wire)-len(".\r\n"))
		}
		body, err := io.ReadAll(textproto.NewReader(bufio.NewReader(&raw)).DotReader())
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := netmail.ReadMessage(bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]string{
			"From": "<" + address + ">", "To": "<" + address + ">", "Auto-Submitted": "auto-generated", "Mailmedic-Test": m.token,
			"Message-Id": m.id(), "Subject": "mailmedic test message ABCDEFGH (may be deleted)", "Date": "Sun, 22 Nov 2026 12:00:00 +0000",
		} {
			if got := parsed.Header.Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		if !m.carries(headerFields(string(body))) {
			t.Error("it does not know itself again")
		}
	}
	if first, second := newTestMessage(anna, time.Now()), newTestMessage(anna, time.Now()); first.token == second.token {
		t.Error("two messages have one token")
	}
}

func TestOnlyAnAddressThatFitsIsMailable(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		anna: true, "a.b+c@example.org": true, "jürgen@example.org": true, "o'neil@[192.0.2.1]": true,
		"anna": false, "@example.org": false, "a b@example.org": false, `"a b"@example.org`: false, "a..b@example.org": false, ".a@example.org": false,
		"a,b@example.org": false, "a>\r\nDATA@example.org": false, "a@b@example.org": false, "a\x00@example.org": false, "a(c)@example.org": false,
	} {
		if got := Mailable(address); got != want {
			t.Errorf("%q: %v", address, got)
		}
	}
}

func TestTheTestMessageIsSubmitted(t *testing.T) {
	t.Parallel()
	lines := strings.Repeat("C: \n", strings.Count(theMessage(anna).text(), "\n")) + "C: .\n"
	in := "TLS\nS: 220 x\nC: EHLO\nS: 250-x\nS: 250-SIZE 1000000\nS: 250-8BITMIME\nS: 250-SMTPUTF8\nS: 250 AUTH PLAIN\nC: AUTH\nS: 235 ok\n"
	from := "C: MAIL FROM:<" + anna + "> SIZE=" + strconv.Itoa(theMessage(anna).size()) + "\n"
	envelope := from + "S: 250 2.1.0 Ok\nC: RCPT TO:<" + anna + ">\nS: 250 2.1.5 Ok\nC: DATA\n"
	for _, test := range []struct {
		name, address, script string
		sent                  bool
		reply                 string
		class                 mail.Class
	}{
		{"it is taken", anna, in + envelope + "S: 354 go\n" + lines + "S: 250 2.0.0 queued", true, "250 2.0.0 queued", ""},
		{"in one group where the server knows that", anna, strings.Replace(in, "8BITMIME", "PIPELINING", 1) + from + "C: RCPT\nS: 250 ok\nS: 250 ok\nC: DATA\nS: 354 go\n" + lines + "S: 250 ok", true, "250 ok", ""},
		{"the sender is refused", anna, in + from + "S: 553 5.7.1 not owned by user", false, "", mail.PolicyRefused},
		{"the recipient is refused", anna, in + from + "S: 250 ok\nC: RCPT\nS: 550 5.1.1 no", false, "", mail.PolicyRefused},
		{"DATA is refused", anna, in + envelope + "S: 451 4.3.0 not now", false, "451 4.3.0 not now", mail.PolicyRefused},
		{"the message is refused", anna, in + envelope + "S: 354 go\n" + lines + "S: 554 5.7.1 spam", false, "554 5.7.1 spam", mail.PolicyRefused},
		{"a reply with the password in it", anna, in + envelope + "S: 354 go\n" + lines + "S: 554 5.7.1 " + plainMessage(), false, "554 5.7.1 [redacted]=", mail.PolicyRefused},
		{"nobody says whether it was taken", anna, in + envelope + "S: 354 go\n" + lines + "CLOSE", true, "", mail.Closed},
		{"the connection ends before", anna, in + envelope + "CLOSE", false, "", mail.Closed},
		{"an address that is not ASCII", "jürgen@example.org", in + "C: MAIL FROM:<jürgen@example.org> SIZE=" + strconv.Itoa(theMessage("jürgen@example.org").size()) + " BODY=8BITMIME SMTPUTF8\nS: 250 ok\nC: RCPT\nS: 550 no", false, "", mail.PolicyRefused},
		{"an address that is not ASCII, without SMTPUTF8", "jürgen@example.org", smtpBoth + "C: AUTH\nS: 235 ok\n", false, "", mail.ProtocolFault},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, test.script)
			s, got, outcome := w.signIn(smtpTLS, Options{}, false)
			if outcome != Accepted {
				t.Fatalf("outcome %s", outcome)
			}
			h := s.submit(t.Context(), theMessage(test.address))
			o := got.get(t, "send:"+smtpTLS+"/test")
			if class(o) != test.class || !h.sent.IsZero() != test.sent {
				t.Errorf("%+v, sent %v", o.Failure, !h.sent.IsZero())
			}
			if test.class == mail.ProtocolFault {
				return
			}
			if o.SendFacts == nil || o.Test == nil || o.Test.Reply != test.reply || o.Test.MessageID != theMessage(test.address).id() {
				t.Fatalf("facts %+v", o.SendFacts)
			}
			if o.Test.At.IsZero() == (test.class == "") {
				t.Errorf("taken at %v", o.Test.At)
			}
		})
	}
}
