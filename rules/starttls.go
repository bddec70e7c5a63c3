package rules

import (
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// startTLSRules are about servers that offer no encryption, or not in earnest.
func startTLSRules() []rule {
	return []rule{
		{
			id: "starttls.injection", looksFor: "plain text stands where the encryption should begin",
			severity: mail.Critical, owner: mail.OwnerProvider, confidence: mail.Likely,
			references: []string{"RFC 3207 section 4.2", "CVE-2021-38371"},
			words: words{
				title:  "{host} sends plain text into the start of the encryption on {ports:port|ports} {ports}",
				detail: "Somebody between here and the server may be adding words to the conversation, or the server is broken. Nothing was sent there.",
				fix:    "Update the mail server. Test from another network: if it does not happen there, somebody on this network tampers with mail.",
			},
			check: faults(mail.KindSession, mail.StartTLSInjection),
		},
		{
			id: "starttls.command-injection", looksFor: "a server obeys commands that were slipped in before the encryption",
			severity: mail.Critical, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 3207 section 6", "CVE-2011-0411", "CVE-2021-38084", "CVE-2021-38371"},
			words: words{
				title:  "{host} obeys commands that were sent before the encryption began ({ports:port|ports} {ports})",
				detail: "A command sent together with STARTTLS was answered under TLS as if it had been said there. Somebody on the way can so put words into the mouth of a mail program, up to making it sign in to an account of theirs.",
				fix:    "Update the mail server: it must forget all that it has read when the encryption begins. Until then use SSL/TLS (993, 995, 465) and close the ports with STARTTLS.",
			},
			check: func(x *index) []hit {
				return seenInSession(grouped(x.serversWhere(func(s *server) bool { return s.said().Injection == mail.InjectionExecuted }), byHost))
			},
		},
		{
			id: "tls.none-offered", looksFor: "a host offers no encryption at all",
			severity: mail.Error, weighed: true, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 8314 section 3", "RFC 8314 section 4.1"},
			words: words{
				title:  "{host} offers no encryption at all ({ports:port|ports} {ports})",
				detail: "Everybody on the way could read mail and password. Good mail programs refuse to sign in there, and no password should ever be sent to it.",
				fix:    "Install a certificate on the server and enable SSL/TLS on ports 993 and 465 and STARTTLS on the others. If other networks do see STARTTLS, this network strips it.",
			},
			variants: map[string]words{"mx": {
				detail: "Other servers deliver mail there, which then travels in clear text; those that insist on encryption cannot deliver.",
				fix:    "Install a certificate on the server and enable STARTTLS on port 25. If other networks do see STARTTLS, this network strips it.",
			}},
			silences: []silence{{[]string{"starttls.not-offered", "discovery.no-encryption", "auth.cleartext-offered"}, sameServers}},
			check:    (*index).findNoTLS,
		},
		{
			id: "starttls.not-offered", looksFor: "a port is to use STARTTLS and does not offer it",
			severity: mail.Error, weighed: true, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 3207 section 4", "RFC 9051 section 6.2.1", "RFC 2595 section 4"},
			words: words{
				title:  "{host} does not offer STARTTLS on {ports:port|ports} {ports}",
				detail: "The settings say STARTTLS, so mail programs refuse to {task} mail there rather than send the password in clear text.",
				fix:    "Enable STARTTLS on the server, or publish a port with SSL/TLS.[ In the mail program use port {open}.] If other networks do see STARTTLS, this network strips it.",
			},
			check: func(x *index) []hit {
				return with(faults(mail.KindSession, mail.StartTLSNotOffered)(x), func(h hit) params { return params{"open": x.openPorts(h.servers)} })
			},
		},
		{
			id: "starttls.refused", looksFor: "a server offers STARTTLS and then refuses it",
			severity: mail.Error, weighed: true, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 3207 section 4", "RFC 4954 section 4"},
			words: words{
				title:  "{host} offers STARTTLS on {ports:port|ports} {ports} and then refuses it",
				detail: "The server usually does so when it cannot read its certificate or key. Mail programs cannot {task} mail.[ It said: {said}]",
				fix:    "Check the path, the permissions and the content of the certificate and key files on the server, and its log.",
			},
			check: func(x *index) []hit {
				return with(grouped(x.serversWhere((*server).refusesStartTLS), byHost), func(h hit) params {
					return params{"said": said(h.servers[0].fault.refusedWith())}
				})
			},
		},
		{
			id: "discovery.no-encryption", looksFor: "a setting without encryption is published",
			severity: mail.Error, weighed: true, owner: mail.OwnerAdmin, confidence: mail.Certain,
			references: []string{"RFC 8314 section 3", "RFC 8314 section 4.1"},
			words: words{
				title:  "{hosts} {hosts:is|are} published for use without encryption ({ports:port|ports} {ports})",
				detail: "A mail program that follows this sends the password and all mail in clear text.",
				fix:    "Withdraw the setting without encryption and publish one with SSL/TLS, which is what the mail program should use.",
			},
			check: (*index).findUnencrypted,
		},
	}
}

// refusesStartTLS reports whether s offers STARTTLS and does not do it: it says
// so at once, or in plain text where the handshake should begin.
func (s *server) refusesStartTLS() bool {
	return s.failedAt(mail.KindSession, mail.StartTLSRefused) || s.endpoint.Security == mail.StartTLS && s.faultClass() == mail.TLSNotSpoken
}

// refusedWith gives the words of the server that stand in a failure, after a colon or in quotation marks.
func (f *fault) refusedWith() string {
	detail := f.observation.Failure.Detail
	if _, quoted, ok := strings.Cut(detail, `"`); ok && f.class == mail.TLSNotSpoken {
		return strings.TrimSuffix(quoted, `"`)
	}
	return afterColon(detail)
}

// withoutTLS reports whether s showed that it offers no STARTTLS.
func (s *server) withoutTLS() bool {
	if s.faultClass() == mail.StartTLSNotOffered {
		return true
	}
	if s.endpoint.Security != mail.None || s.fault != nil || s.session == nil || s.session.SessionFacts == nil {
		return false
	}
	offered := s.session.Capabilities.BeforeTLS
	return offered != nil && !slices.Contains(offered, "STARTTLS") && !slices.Contains(offered, "STLS")
}

// findNoTLS looks for hosts where no port offers encryption.
func (x *index) findNoTLS() []hit {
	hits := slices.DeleteFunc(grouped(x.serversWhere((*server).withoutTLS), byHost), func(h hit) bool {
		return slices.ContainsFunc(x.servers, func(s *server) bool {
			return s.endpoint.Host == h.servers[0].endpoint.Host && (s.encrypted() || s.verified() || s.faultClass() == mail.PlaintextExpected)
		})
	})
	for i, h := range hits {
		if !slices.ContainsFunc(h.servers, func(s *server) bool { return s.in(mail.Incoming) || s.in(mail.Outgoing) }) {
			hits[i].variant = "mx"
		}
	}
	return seenInSession(hits)
}

// findUnencrypted looks for published settings without encryption. Where only
// others recommend one beside settings that work, it is not worth a word.
func (x *index) findUnencrypted() []hit {
	open := x.serversWhere(func(s *server) bool {
		return s.endpoint.Security == mail.None && s.fault == nil && x.weigh([]*server{s}) != mail.Warning
	})
	return seenInSession(grouped(open, byHost))
}

// seenInSession gives hits the session of their first server as evidence.
func seenInSession(hits []hit) []hit {
	for i, h := range hits {
		hits[i].evidence = h.servers[0].sessionID()
	}
	return hits
}
