package probe

import (
	"encoding/base64"
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// Credentials are what a person signs in with.
type Credentials struct {
	Username string
	Secret   mail.Secret
}

// unsendable reports whether a mail protocol has no way to carry the
// credentials: a NUL ends a SASL PLAIN field, a line end ends a command.
func (c Credentials) unsendable() bool {
	return strings.ContainsAny(c.Username, "\x00\r\n") || strings.ContainsAny(c.Secret.Reveal(), "\x00\r\n")
}

// methodsOf picks from what a server offers the ways to sign in with a password
// that a protocol's speaker knows, strongest first.
func methodsOf(p mail.Protocol, mechanisms []string) []string {
	known := []string{"plain", "login"}
	if p == mail.POP3 {
		known = append(known, "user")
	}
	return slices.DeleteFunc(known, func(m string) bool { return !slices.Contains(mechanisms, m) })
}

// A script is what a client says in a SASL exchange, in order. Servers word
// their prompts as they like, so the answers go by order and not by prompt.
type script struct {
	answers  []string // in base64
	initial  bool     // the first answer goes along with the command
	repeated bool     // it was asked for once more
}

// scriptOf gives the script of PLAIN (RFC 4616) or LOGIN (draft-murchison-sasl-login).
// With initial set, PLAIN's only message goes along with the command.
func scriptOf(method string, c Credentials, initial bool) *script {
	encode := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	if method == "plain" {
		return &script{answers: []string{encode("\x00" + c.Username + "\x00" + c.Secret.Reveal())}, initial: initial}
	}
	return &script{answers: []string{encode(c.Username), encode(c.Secret.Reveal())}}
}

// next gives the answer to a challenge, and false where the server has no reason to ask.
func (s *script) next(challenge string) (string, bool) {
	if len(s.answers) > 0 {
		answer := s.answers[0]
		if s.initial {
			// The command had the answer already. An empty challenge says that
			// the server did not take it from there.
			if s.repeated || strings.TrimSpace(challenge) != "" {
				return "", false
			}
			s.repeated = true
			return answer, true
		}
		s.answers = s.answers[1:]
		return answer, true
	}
	return "", false
}

// sasl runs a script: it sends command, answers the challenges that read gives
// and returns at the final reply. Where the server asks for more than there is
// it cancels (RFC 4954 section 4, RFC 9051 section 6.2.2) and sane is false.
func (d *dialogue) sasl(command string, s *script, read func() (challenge string, more bool, err error)) (sane bool, err error) {
	if s.initial {
		err = d.sendSecret(command + " " + s.answers[0])
	} else {
		err = d.send(command)
	}
	for err == nil {
		challenge, more, readErr := read()
		if readErr != nil || !more {
			return true, readErr
		}
		answer, ok := s.next(challenge)
		if !ok {
			return false, d.cancel(read)
		}
		err = d.sendSecret(answer)
	}
	return true, err
}

// cancel takes an exchange back and reads the reply to that.
func (d *dialogue) cancel(read func() (string, bool, error)) error {
	if err := d.send("*"); err != nil {
		return err
	}
	_, more, err := read()
	if err == nil && more {
		err = faultf(mail.ProtocolFault, "the server asks on without end")
	}
	return err
}

// settle makes an attempt of what a SASL exchange came to.
func (d *dialogue) settle(sane bool, err error, judge func() attempt) attempt {
	switch {
	case !sane:
		return attempt{outcome: Mechanism, reply: "the server asks for more than the mechanism has", err: err}
	case err != nil:
		return attempt{outcome: Failed, err: err}
	default:
		return judge()
	}
}
