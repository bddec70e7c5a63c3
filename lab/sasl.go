package lab

import (
	"encoding/base64"
	"errors"
	"strings"
)

// What can be wrong in a SASL exchange besides the credentials.
var (
	errCancelled = errors.New("the client cancelled") // RFC 4954 section 4: "*"
	errMalformed = errors.New("malformed SASL message")
)

// authenticate runs a mechanism (RFC 4616 and the LOGIN draft). prompt sends a
// challenge in base64 in the protocol's way. initial is the initial response,
// nil when the client sent none. The error is one of errRejected, errCancelled,
// errMalformed, or what reading gave.
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
	var user, password string
	var err error
	switch strings.ToUpper(mechanism) {
	case "PLAIN":
		user, password, err = askPlain(ask)
	case "LOGIN":
		if user, err = ask("Username:"); err == nil {
			password, err = ask("Password:")
		}
	default:
		user, err = ask("") // the message of a mechanism that the world only names; nobody signs in with it
	}
	if err != nil {
		return err
	}
	if !s.signIn(mechanism, user, password) {
		return errRejected
	}
	return nil
}

func askPlain(ask func(string) (string, error)) (user, password string, err error) {
	message, err := ask("")
	if err != nil {
		return "", "", err
	}
	parts := strings.Split(message, "\x00")
	if len(parts) != 3 {
		return "", "", errMalformed
	}
	return parts[1], parts[2], nil
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
