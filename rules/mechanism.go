package rules

import (
	"slices"

	"github.com/mailmedic/mailmedic/mail"
)

// mechanismRules are about the ways to sign in that servers offer.
func mechanismRules() []rule {
	return []rule{
		{
			id: "auth.no-mechanism", looksFor: "a server offers no usable way to sign in",
			severity: mail.Error, weighed: true, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 4954 section 3", "RFC 9051 section 6.2.2", "RFC 8314 section 3.3"},
			words: words{
				title:  "{hosts} {hosts:offers|offer} no way to sign in on {ports:port|ports} {ports}",
				detail: "The connection and the encryption work, but mail programs have no way to say who they are. A server that only takes mail from other servers looks like this.",
				fix:    "Enable SASL authentication for this service on the server, or publish the one that has it.[ In the mail program use port {open}.]",
			},
			variants: map[string]words{"special": {
				title:  "{hosts} {hosts:offers|offer} no sign-in with a password, only {offered}",
				detail: "Such sign-ins work on computers that belong to the organisation and nowhere else.",
				fix:    "Enable PLAIN over TLS or OAuth 2.0 on the server, or use a computer that is a member of the organisation's domain.",
			}, "refused": {
				title:  "{hosts} {hosts:refuses|refuse} every way to sign in that {hosts:it offers|they offer} on {ports:port|ports} {ports}",
				detail: "The server names {offered} and takes none of that, as when no password store stands behind it, or a program in between changes what is sent.[ It said: {said}]",
				fix:    "Check on the server that its authentication service runs and knows the mechanisms that are offered. If it works from another network, something on this one changes the commands.",
			}, "certificate": {
				title:  "{hosts} {hosts:lets|let} people in by a personal certificate and not with a password",
				detail: "A mail program has to show a certificate that the organisation issued.",
				fix:    "Import the personal certificate into the mail program and choose \"TLS certificate\" as the way to sign in; to test it, give it to mailmedic with --client-cert. Or enable PLAIN over TLS or OAuth 2.0 on the server.",
			}},
			check: (*index).findNoMechanism,
		},
		{
			id: "auth.cleartext-offered", looksFor: "a server offers to take passwords before encryption begins",
			severity: mail.Warning, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 8314 section 4.1", "RFC 4954 section 4", "RFC 9051 section 11"},
			words: words{
				title:  "{host} offers to take passwords before the connection is encrypted ({ports:port|ports} {ports})",
				detail: "A mail program that is set wrongly sends the password in clear text, and nobody notices.",
				fix:    "Offer sign-in only after STARTTLS on the server. In mail programs use SSL/TLS, or STARTTLS as a must.",
			},
			check: (*index).findCleartextOffer,
		},
	}
}

func (x *index) findNoMechanism() []hit {
	var none, special, refusing []*server
	for _, s := range x.serversWhere(func(s *server) bool { return s.verified() && s.fault == nil && s.capable() }) {
		offered := s.offered()
		r, refused := x.refusalAt(s)
		switch {
		case s.signedIn():
		case s.offersNothing():
			none = append(none, s)
		case x.Certificate && slices.ContainsFunc(offered, takesCertificate): // a rule of its own says what became of that
		case len(offered) > 0 && !slices.ContainsFunc(offered, takesPassword) && !slices.ContainsFunc(offered, takesToken):
			special = append(special, s)
		case refused && r.rule == "auth.no-mechanism" && len(offered) == 0:
			none = append(none, s)
		case refused && r.rule == "auth.no-mechanism":
			refusing = append(refusing, s)
		}
	}
	hits := with(grouped(none, byHost), func(h hit) params { return params{"open": x.openPorts(h.servers)} })
	for _, h := range grouped(refusing, byHost) {
		h.variant, h.confidence, h.params = "refused", mail.Likely, params{"offered": h.servers[0].offered()}
		if r := h.servers[0].refusal(); r.AuthFacts != nil {
			h.params["said"] = said(r.Reply)
		}
		hits = append(hits, h)
	}
	for _, h := range grouped(special, byHost) {
		h.variant, h.params = "special", params{"offered": h.servers[0].offered()}
		if slices.ContainsFunc(h.servers[0].offered(), takesCertificate) {
			h.variant = "certificate"
		}
		if x.canUse(h.servers[0]) {
			h.severity = mail.Warning
		}
		hits = append(hits, h)
	}
	return seenInSession(hits)
}

// findCleartextOffer looks at what is offered before STARTTLS. A POP3 server
// that lists nothing offers nothing in so many words.
func (x *index) findCleartextOffer() []hit {
	hits := seenInSession(grouped(x.serversWhere(func(s *server) bool {
		if s.endpoint.Security != mail.StartTLS || !s.verified() || s.session == nil || s.session.SessionFacts == nil {
			return false
		}
		before := s.session.Mechanisms.BeforeTLS
		bare := slices.ContainsFunc([]string{"plain", "login", "user"}, func(m string) bool { return slices.Contains(before, m) })
		return bare && len(s.session.Capabilities.BeforeTLS) > 0
	}), byHost))
	for i, h := range hits {
		// Courier lists USER also where it answers it with "TLS required to log in".
		if h.servers[0].session.Software == "Courier" && h.servers[0].endpoint.Protocol == mail.POP3 {
			hits[i].confidence = mail.Possible
		}
	}
	return hits
}
