package rules

import "github.com/mailmedic/mailmedic/mail"

func turnedAwayFixtures() []fixture {
	once := func(s *mail.SessionFacts) { s.TurnedAway = "450 4.3.2 all server ports are busy" }
	return []fixture{
		{
			"server.turned-away-once", "the second connection is taken", good().session(smtps, "", once),
			"smtp.example.org turned the first connection away and took the second (port 465)", mail.Notice,
		},
		{"server.turned-away-once", "the second one is refused too", good().session(smtps, mail.GreetingRejected, once), "", ""},
		{"server.turned-away-once", "the first one was taken", good(), "", ""},
	}
}
