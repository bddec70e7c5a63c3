package rules

import (
	"slices"

	"github.com/mailmedic/mailmedic/mail"
)

// mxRules are about the servers that take the domain's mail on port 25. Nobody
// types them into a mail program, so they never weigh more than a warning here.
func mxRules() []rule {
	return []rule{
		{
			id: "mx.unreachable", looksFor: "the servers that take the domain's mail do not answer on port 25",
			severity: mail.Notice, owner: mail.OwnerNetwork, confidence: mail.Possible,
			references: []string{"RFC 5321 section 5.1", "RFC 5068 section 3.1"},
			words: words{
				title:  "Port 25 of {hosts} cannot be reached from here",
				detail: "Most networks block port 25 for ordinary computers, so this says little about the server. Mail programs do not use it.",
				fix:    "Nothing, if mail arrives. If mail to {domain} does not arrive, test port 25 from another server.",
			},
			variants: map[string]words{"refused": {
				title:  "{hosts} {hosts:refuses|refuse} connections on port 25",
				detail: "Other servers deliver mail for {domain} there. While nothing listens, mail to the domain waits and comes back after some days.",
				fix:    "Start the SMTP service on the host, or correct the MX record.",
			}, "alone": {
				title:  "{hosts} {hosts:does|do} not answer on port 25, while other mail servers do",
				detail: "Port 25 is open from here: {controls} {controls:answers|answer}. As long as nothing answers at {hosts}, mail for {domain} waits at its senders and comes back after some days.",
				fix:    "Start the SMTP service on the host and let port 25 through its firewall, or correct the MX record. If other networks reach it, the firewall leaves this one out.",
			}},
			check: (*index).findUnreachableMX,
		},
		{
			id: "mx.rejected", looksFor: "a server that takes the domain's mail turns this computer away",
			severity: mail.Notice, owner: mail.OwnerNetwork, confidence: mail.Likely,
			references: []string{"RFC 5321 section 3.1"},
			words: words{
				title:  "{host} turns this computer away on port 25",
				detail: "Mail servers often refuse addresses of homes and offices. Mail programs do not use port 25.[ It said: {said}]",
				fix:    "Nothing, if mail arrives. A server that sends from this network has to look at what the reply names.",
			},
			check: func(x *index) []hit {
				return with(x.mxWhere(func(s *server) bool { return s.failedAt(mail.KindSession, mail.GreetingRejected) }),
					func(h hit) params { return params{"said": said(h.servers[0].greeting())} })
			},
		},
		{
			id: "mx.no-starttls", looksFor: "a server that takes the domain's mail offers no encryption",
			severity: mail.Warning, owner: mail.OwnerProvider, confidence: mail.Likely,
			references: []string{"RFC 3207 section 4", "RFC 8461 section 1"},
			words: words{
				title:  "{host} takes mail for {domain} without encryption: it offers no STARTTLS on port 25",
				detail: "Mail to the domain travels in clear text, and senders that insist on encryption cannot deliver. Some networks strip STARTTLS, so test from elsewhere too.",
				fix:    "Install a certificate on the MX host and enable STARTTLS on port 25.",
			},
			check: func(x *index) []hit {
				return x.mxWhere(func(s *server) bool { return s.failedAt(mail.KindSession, mail.StartTLSNotOffered) })
			},
		},
	}
}

// mxWhere makes one hit for each MX host that matches. One that the user named
// is judged like any other server.
func (x *index) mxWhere(match func(*server) bool) []hit {
	return grouped(slices.DeleteFunc(x.serversIn(mail.MX), func(s *server) bool { return s.concerns() || !match(s) }), byHost)
}

// findUnreachableMX says in one finding which MX hosts are silent, and in one
// for each which host refuses.
func (x *index) findUnreachableMX() []hit {
	hits := x.mxWhere(func(s *server) bool { return s.failedAt(mail.KindDial, mail.Refused, mail.Reset) })
	for i := range hits {
		hits[i].variant, hits[i].severity, hits[i].owner, hits[i].confidence = "refused", mail.Warning, mail.OwnerProvider, mail.Likely
	}
	var silent []*server
	for _, h := range x.mxWhere(func(s *server) bool { return s.failedAt(mail.KindDial, mail.Timeout, mail.Unreachable) }) {
		silent = append(silent, h.servers...)
	}
	if len(silent) == 0 {
		return hits
	}
	h := about(silent)
	if way, controls := x.passage(silent[0]); way == open {
		h.variant, h.severity, h.owner, h.confidence = "alone", mail.Warning, mail.OwnerProvider, mail.Likely
		h.evidence, h.params = seen(controls), params{"controls": distinct(hostsOf(controls))}
	}
	return append(hits, h)
}
