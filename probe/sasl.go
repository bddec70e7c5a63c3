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
	Secret   mail.Secret // may be none where a certificate was shown in the handshake
	Token    bool        // the secret is an OAuth 2.0 access token, not a password

	// ActAs is whom a certificate is to sign in, the authorization identity of
	// RFC 4422 section 3.4.1; "" for the one that the server takes from the certificate.
	ActAs string
}

// The kinds of what tells who somebody is.
const (
	ofPassword    = "password"
	ofToken       = "token"
	ofCertificate = "certificate"
)

// kind says what the credentials are, for people.
func (c Credentials) kind() string {
	switch {
	case c.Secret.IsZero():
		return ofCertificate
	case c.Token:
		return ofToken
	}
	return ofPassword
}

// kindOf says what a mechanism uses of the credentials.
func kindOf(method string, c Credentials) string {
	if method == "external" {
		return ofCertificate
	}
	return c.kind()
}

// unsendable reports whether a mail protocol has no way to carry the
// credentials: a NUL ends a SASL PLAIN field, a line end ends a command, and
// ^A ends a field of a message with a token (RFC 7628 section 3.1).
func (c Credentials) unsendable() bool {
	forbidden := "\x00\r\n"
	if c.Token {
		forbidden += "\x01"
	}
	return strings.ContainsAny(c.Username+c.ActAs, forbidden) || strings.ContainsAny(c.Secret.Reveal(), forbidden)
}

// methodsOf picks from what a server offers the ways to sign in that a
// protocol's speaker knows, strongest first: the certificate, which leaves
// nothing to steal, what binds the sign-in to the connection, what keeps the password from the server, what keeps it from the
// wire, and then what only TLS protects. "user" and "apop" are POP3's own; APOP
// comes last, since under TLS it is only the one that fewer servers can check.
func methodsOf(p mail.Protocol, mechanisms []string) []string {
	known := []string{
		"external",
		"scram-sha-512-plus", "scram-sha-256-plus", "scram-sha-1-plus", "scram-sha-512", "scram-sha-256", "scram-sha-1",
		"cram-md5", "plain", "login",
	}
	if p == mail.POP3 {
		known = append(known, "user", "apop")
	}
	known = append(known, "oauthbearer", "xoauth2")
	return slices.DeleteFunc(known, func(m string) bool { return !slices.Contains(mechanisms, m) })
}

// takesToken reports whether a mechanism wants an OAuth 2.0 token.
func takesToken(method string) bool { return method == "oauthbearer" || method == "xoauth2" }

// takesPassword reports whether a mechanism wants a password.
func takesPassword(method string) bool { return !takesToken(method) && method != "external" }

// A mechanism is the client's side of one SASL exchange (RFC 4422). Challenges
// and answers are in base64 as they stand on the wire: servers word their
// prompts as they like, and not all of them encode them.
type mechanism interface {
	// begin gives the message that a client may send with the command, not
	// encoded; false where the server speaks first.
	begin() (message string, first bool)
	// answer gives the answer to a challenge, encoded, and false where the
	// server has no reason to ask.
	answer(challenge string) (string, bool)
	// conclude has the last word on what came of it.
	conclude(attempt) attempt
}

// mechanismFor gives the client's side of a method, nil for one that is no SASL exchange.
func (s *Session) mechanismFor(method string, c Credentials) (mechanism, error) {
	switch method {
	case "external":
		return &external{c.ActAs}, nil
	case "plain":
		return &plain{c}, nil
	case "login":
		return &login{answers: []string{c.Username, c.Secret.Reveal()}}, nil
	case "cram-md5":
		return &cramMD5{credentials: c}, nil
	case "oauthbearer", "xoauth2":
		return &bearer{method: method, credentials: c, endpoint: s.endpoint}, nil
	case "user", "apop":
		return nil, nil //nolint:nilnil // these are commands of POP3
	default:
		return s.scram(method, c)
	}
}

// initial gives the first message as it stands in the command, where one
// without any content is an equals sign (RFC 4954 section 4, RFC 4959 section 3, RFC 5034 section 4).
func initial(message string) string {
	if message == "" {
		return "="
	}
	return encode(message)
}

func encode(message string) string { return base64.StdEncoding.EncodeToString([]byte(message)) }

// decode reads a challenge of a mechanism that cannot do without it.
func decode(challenge string) (string, bool) {
	message, err := base64.StdEncoding.DecodeString(strings.TrimSpace(challenge))
	return string(message), err == nil
}

// sasl runs an exchange: it sends command, with the first message of the client
// where the line has room for it (in bytes), answers the challenges that read gives and returns at the
// final reply. Where the server asks for more than there is it cancels (RFC 4954
// section 4, RFC 9051 section 6.2.2) and sane is false.
func (d *dialogue) sasl(command string, m mechanism, room int, read func() (challenge string, more bool, err error)) (sane bool, err error) {
	message, first := m.begin()
	inline := first && len(command)+len(" ")+base64.StdEncoding.EncodedLen(len(message))+len("\r\n") <= room
	if inline {
		err = d.sendSecret(command + " " + initial(message))
	} else {
		err = d.send(command)
	}
	for err == nil {
		challenge, more, readErr := read()
		if readErr != nil || !more {
			return true, readErr
		}
		// Whatever a server says before it has the first message is a prompt. One
		// that had it with the command and asks with nothing did not take it from there.
		prompt := first && (!inline || strings.TrimSpace(challenge) == "")
		first = false
		answer, ok := encode(message), true
		if !prompt {
			answer, ok = m.answer(challenge)
		}
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

// CanUse reports whether this package can sign in with a mechanism that a server
// offers, given as a SASL name in lower case: with an OAuth 2.0 access token
// where asToken is set, else with a password.
func CanUse(mechanism string, asToken bool) bool {
	usable := takesPassword(mechanism)
	if asToken {
		usable = takesToken(mechanism)
	}
	return usable && len(methodsOf(mail.POP3, []string{mechanism})) > 0
}
