package lab

import (
	"crypto/tls"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
)

// What can be wrong in a SASL exchange besides the credentials.
var (
	errCancelled = errors.New("the client cancelled") // RFC 4954 section 4: "*"
	errMalformed = errors.New("malformed SASL message")
)

// asking sends a challenge and gives the client's answer to it.
type asking func(challenge string) (answer string, err error)

// authenticate runs a mechanism. prompt sends a challenge in base64 in the
// protocol's way. initial is the initial response, nil when the client sent
// none. The error is one of errRejected, errCancelled, errMalformed, or what
// reading gave.
func (s *session) authenticate(mechanism string, initial *string, prompt func(challenge string)) error {
	ask := func(challenge string) (string, error) {
		if initial != nil {
			response := *initial
			initial = nil
			return decodeSASL(response)
		}
		prompt(base64.StdEncoding.EncodeToString([]byte(challenge)))
		line, err := s.line()
		if err != nil {
			return "", err
		}
		return decodeSASL(line)
	}
	switch mechanism = strings.ToUpper(mechanism); mechanism {
	case "PLAIN":
		return s.plain(ask)
	case "EXTERNAL":
		return s.external(ask)
	case "LOGIN":
		return s.login(ask)
	case "CRAM-MD5":
		return s.cramMD5(ask)
	case "XOAUTH2", "OAUTHBEARER":
		return s.bearer(mechanism, ask)
	case "SCRAM-SHA-1", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-512", "SCRAM-SHA-512-PLUS":
		return s.scram(mechanism, ask)
	default: // a mechanism that the world only names; nobody signs in with it
		user, err := ask("")
		if err != nil {
			return err
		}
		return s.decide(mechanism, user, "", Account{}, false)
	}
}

// plain is PLAIN, RFC 4616.
func (s *session) plain(ask asking) error {
	message, err := ask("")
	if err != nil {
		return err
	}
	parts := strings.Split(message, "\x00")
	if len(parts) != 3 {
		return errMalformed
	}
	return s.judge("plain", parts[1], parts[2])
}

// external is EXTERNAL, RFC 4422 appendix A: the client certificate says who it
// is, by its first e-mail address or its common name, and may act as nobody else.
func (s *session) external(ask asking) error {
	actAs, err := ask("")
	if err != nil {
		return err
	}
	user := ""
	if conn, ok := s.conn.(*tls.Conn); ok && len(conn.ConnectionState().PeerCertificates) > 0 {
		leaf := conn.ConnectionState().PeerCertificates[0]
		user = leaf.Subject.CommonName
		if len(leaf.EmailAddresses) > 0 {
			user = leaf.EmailAddresses[0]
		}
	}
	account, known := s.accountOf(user)
	return s.decide("external", user, "", account, known && (actAs == "" || actAs == user))
}

// login is LOGIN, draft-murchison-sasl-login.
func (s *session) login(ask asking) error {
	user, err := ask("Username:")
	if err != nil {
		return err
	}
	password, err := ask("Password:")
	if err != nil {
		return err
	}
	return s.judge("login", user, password)
}

// judge decides by the password itself.
func (s *session) judge(mechanism, user, password string) error {
	if !s.signIn(mechanism, user, password) {
		return errRejected
	}
	return nil
}

// decide decides where the exchange has shown whether the client knows the
// secret. shown is what the client gave away of it.
func (s *session) decide(mechanism, user, shown string, account Account, proved bool) error {
	if !s.admit(mechanism, user, shown, account, proved) {
		return errRejected
	}
	return nil
}

// accountOf finds who may sign in here by name.
func (s *service) accountOf(user string) (Account, bool) {
	for _, a := range s.world.Accounts {
		if a.User == user && (len(s.Accounts) == 0 || slices.Contains(s.Accounts, user)) {
			return a, true
		}
	}
	return Account{}, false
}

func decodeSASL(line string) (string, error) {
	switch line {
	case "*":
		return "", errCancelled
	case "=": // an empty initial response, RFC 4954 section 4
		return "", nil
	}
	message, err := base64.StdEncoding.DecodeString(line)
	if err != nil {
		return "", errMalformed
	}
	return string(message), nil
}
