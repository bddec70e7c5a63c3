package probe

import (
	"bufio"
	"crypto/rand"
	"fmt"
	"io"
	"net/textproto"
	"strings"
	"time"
)

// markerField is the header field by which a test message is known again. Its
// value nobody can guess, so that no other message is taken for it.
const markerField = "Mailmedic-Test"

// A testMessage is one message from an address to the same address.
type testMessage struct {
	address string
	token   string // random, of letters and digits
	date    time.Time
}

func newTestMessage(address string, date time.Time) testMessage {
	return testMessage{address: address, token: rand.Text(), date: date}
}

// id is the Message-ID (RFC 5322 section 3.6.4). A server on the way may give it another one.
func (m testMessage) id() string {
	return "<" + m.token + ".mailmedic@" + m.address[strings.LastIndexByte(m.address, '@')+1:] + ">"
}

// text gives the message with line ends of LF alone. It says itself what it is,
// and asks for no automatic answer (RFC 3834 section 5).
func (m testMessage) text() string {
	return fmt.Sprintf(`From: <%[1]s>
To: <%[1]s>
Date: %[2]s
Message-ID: %[3]s
Subject: mailmedic test message %[4]s (may be deleted)
Auto-Submitted: auto-generated
%[5]s: %[6]s
MIME-Version: 1.0
Content-Type: text/plain; charset=us-ascii

This is a test message. It was sent with the program mailmedic, by somebody
who signed in to this mailbox, to see whether mail goes out and comes back.

mailmedic deletes it when it has arrived in time. If you can read it here, it
came later than that, or was meant to stay. It may be deleted.
`, m.address, m.date.Format("Mon, 02 Jan 2006 15:04:05 -0700"), m.id(), m.token[:8], markerField, m.token)
}

// size is how many bytes SIZE announces (RFC 1870 section 6.1): those on the wire but for dot-stuffing.
func (m testMessage) size() int {
	text := m.text()
	return len(text) + strings.Count(text, "\n")
}

// send sends the message with CRLF, dots stuffed and the final dot (RFC 5321 section 4.5.2).
func (m testMessage) send(w io.Writer) error {
	out := bufio.NewWriter(w)
	body := textproto.NewWriter(out).DotWriter()
	if _, err := io.WriteString(body, m.text()); err != nil {
		return err
	}
	return body.Close()
}

// Mailable reports whether an address can stand in a command and in a header as
// it is: its local part is a dot-atom (RFC 5322 section 3.2.3), beyond ASCII too (RFC 6532).
func Mailable(address string) bool {
	at := strings.LastIndexByte(address, '@')
	if !sendable(address) || at < 1 || strings.ContainsFunc(address, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return false
	}
	for _, atom := range strings.Split(address[:at], ".") {
		if atom == "" || strings.ContainsAny(atom, "()[]:;@,") {
			return false
		}
	}
	return true
}
