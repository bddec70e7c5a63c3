package probe

import (
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// Postponed gives the greeting with which the server turned the connection away
// for the moment: too many connections, a busy server. It is "" where the server
// did not, or turns it away for good.
func (s *Session) Postponed() string {
	greeting := s.facts.Greeting
	if s.failure == nil || s.failure.Class != mail.GreetingRejected || !forTheMoment(s.endpoint.Protocol, greeting) {
		return ""
	}
	return greeting
}

// forTheMoment recognises a refusal that may soon be over: in SMTP by its code
// (RFC 5321 section 4.2.1), in IMAP and POP3 by the response code (RFC 5530
// section 3, RFC 2449 section 8.1.1, RFC 3206 section 4) or else by its words.
func forTheMoment(p mail.Protocol, greeting string) bool {
	if p == mail.SMTP {
		return strings.HasPrefix(greeting, "4")
	}
	return tooMany(greeting) || containsAny(greeting, "[unavailable]", "[limit]", "[inuse]", "[in-use]", "[sys/temp]", "try again later")
}
