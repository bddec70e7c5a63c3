package probe

import (
	"strconv"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// maxCommandIMAP is how long a command may be, in bytes (RFC 7162 section 4).
const maxCommandIMAP = 8192

// signIn is AUTHENTICATE (RFC 9051 section 6.2.2), with the first message in the
// command where the server knows SASL-IR (RFC 4959), or the LOGIN command.
func (m *imap) signIn(method string, c Credentials, client mechanism) attempt {
	m.renewed, m.alerts = false, nil
	if method == "login" && !offers(m.known, "LOGINDISABLED") {
		return m.login(c)
	}
	var last imapReply
	tag := m.tag()
	room := 0
	if offers(m.known, "SASL-IR") {
		room = maxCommandIMAP
	}
	command := tag + " AUTHENTICATE " + strings.ToUpper(method)
	sane, err := m.sasl(command, client, room, func() (string, bool, error) {
		var err error
		last, err = m.await(tag)
		return last.text, last.status == "+", err
	})
	a := m.settle(sane, err, func() attempt { return judgeIMAP(last) })
	if a.outcome == Failed {
		a.reply = last.bye
	}
	return a
}

// login is the LOGIN command. What a quoted string cannot carry goes as a literal (RFC 9051 section 4.3).
func (m *imap) login(c Credentials) attempt {
	tag := m.tag()
	parts := []string{tag + " LOGIN"}
	for _, s := range []string{c.Username, c.Secret.Reveal()} {
		if quoted, ok := quote(s); ok {
			parts[len(parts)-1] += " " + quoted
		} else {
			parts[len(parts)-1] += " " + announce(s)
			parts = append(parts, s)
		}
	}
	var r imapReply
	for _, part := range parts {
		err := m.sendSecret(part)
		if err == nil {
			r, err = m.await(tag)
		}
		if err != nil {
			return attempt{outcome: Failed, reply: r.bye, err: err}
		}
		if r.status != "+" {
			return judgeIMAP(r)
		}
	}
	return attempt{outcome: Failed, err: faultf(mail.ProtocolFault, "the server waits for more after LOGIN: %s", r.line)}
}

// quote makes a quoted string of text that one can carry.
func quote(s string) (string, bool) {
	for _, b := range []byte(s) {
		if b < ' ' || b > '~' {
			return "", false
		}
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`, true
}

// announce gives the announcement of a literal that the server must ask for.
func announce(s string) string { return "{" + strconv.Itoa(len(s)) + "}" }
