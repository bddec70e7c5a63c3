package probe

import (
	"testing"

	"github.com/mailmedic/mailmedic/mail"
)

func TestARefusalForTheMomentIsToldFromOneForGood(t *testing.T) {
	t.Parallel()
	for greeting, want := range map[string]bool{
		"421 4.7.0 too many connections":              true,
		"450 4.3.2 all server ports are busy":         true,
		"554 5.7.1 your address is on a block list":   false,
		"521 this host accepts no mail":               false,
		"* BYE Too many connections from your IP":     true,
		"* BYE [UNAVAILABLE] the backend is away":     true,
		"* BYE this service is switched off":          false,
		"-ERR [SYS/TEMP] down for a moment":           true,
		"-ERR you are not welcome":                    false,
		"-ERR Too many connections, try again in 5 s": true,
	} {
		p := mail.SMTP
		switch greeting[0] {
		case '*':
			p = mail.IMAP
		case '-':
			p = mail.POP3
		}
		s := &Session{endpoint: mail.Endpoint{Protocol: p}, failure: &mail.Failure{Class: mail.GreetingRejected}}
		s.facts.Greeting = greeting
		if got := s.Postponed() != ""; got != want {
			t.Errorf("%q for the moment: %v", greeting, got)
		}
	}
	s := &Session{endpoint: mail.Endpoint{Protocol: mail.SMTP}}
	if s.facts.Greeting = "421 later"; s.Postponed() != "" {
		t.Error("a session that did not fail was postponed")
	}
}
