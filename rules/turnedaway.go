package rules

import "github.com/mailmedic/mailmedic/mail"

// turnedAwayRule is about servers that take a connection only when asked again.
func turnedAwayRule() rule {
	return rule{
		id: "server.turned-away-once", looksFor: "a server turns a first connection away and takes the second",
		severity: mail.Notice, owner: mail.OwnerProvider, confidence: mail.Likely,
		references: []string{"RFC 5321 section 4.5.4.1", "RFC 3463 section 3.5"},
		words: words{
			title:  "{host} turned the first connection away and took the second ({ports:port|ports} {ports})",
			detail: "It is busy, or limits how many connections it takes. Mail programs show such an error now and then.[ It said: {said}]",
			fix:    "If it happens often, raise the limits of the service or look at its load.",
		},
		check: func(x *index) []hit {
			hits := grouped(x.serversWhere(func(s *server) bool { return s.fault == nil && s.turnedAway() != "" }), byHost)
			return seenInSession(with(hits, func(h hit) params { return params{"said": said(h.servers[0].turnedAway())} }))
		},
	}
}

// turnedAway gives the greeting with which a first connection was refused.
func (s *server) turnedAway() string {
	if s.session == nil || s.session.SessionFacts == nil {
		return ""
	}
	return s.session.TurnedAway
}
