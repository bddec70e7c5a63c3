package rules

import (
	"slices"
	"strconv"

	"github.com/mailmedic/mailmedic/mail"
)

// identityRules are about the certificate of the client that was given to sign in with.
func identityRules() []rule {
	broken := silence{[]string{"tls.client-certificate", "tls.handshake-failed", "server.closed", "server.reset"}, sameServers}
	return []rule{
		{
			id: "tls.client-certificate-rejected", looksFor: "a server does not accept the certificate of the client that it was shown",
			severity: mail.Error, weighed: true, owner: mail.OwnerAdmin, confidence: mail.Likely,
			references: []string{"RFC 8446 section 6.2", "RFC 5246 section 7.2.2"},
			words: words{
				title:  "{host} refuses the certificate that was shown to it ({ports:port|ports} {ports})",
				detail: "It asked for a certificate of the client and ended the connection after it had seen the one that was given.",
				fix:    "Look into the server's log for this moment, which says what is wrong with the certificate. Often the server does not know the authority that issued it, or wants the intermediate certificates sent along with it.",
			},
			variants: map[string]words{
				"44": {
					detail: "It says that the certificate was revoked.",
					fix:    "Have a new certificate issued, and use it in every mail program in place of this one.",
				},
				"45": {
					detail: "It says that the certificate has expired or is not valid yet.",
					fix:    "Have the certificate renewed, and use the new one in every mail program. Check the clock of the server if it is valid today.",
				},
				"48": {
					detail: "It says that it does not know the authority that issued the certificate.",
					fix:    "Add the authority to those that the server believes for clients (Postfix: smtpd_tls_CAfile, Dovecot: ssl_ca). If it knows the root, put the intermediate certificates into the file of the client certificate too.",
				},
			},
			silences: []silence{broken},
			check:    (*index).findRejectedCertificate,
		},
		{
			id: "tls.client-certificate-kept", looksFor: "the certificate of the client was not shown to a server that asks for one",
			severity: mail.Warning, owner: mail.OwnerUser, confidence: mail.Certain,
			references: []string{"RFC 8446 section 4.3.2", "RFC 8446 section 4.2.4"},
			words: words{
				title:  "The certificate that was given is none that {host} asks for ({ports:port|ports} {ports})",
				detail: "The server lists what it accepts, and the certificate does not fit, so that no program would show it.[ It was issued by {issuer}.][ The server wants one that was issued by {authorities}.]",
				fix:    "Use the certificate that was issued for this server. If the right authority stands above the issuer, put the intermediate certificates into the file too; else have the administrator add the issuer to the authorities that the server believes for clients.",
			},
			variants: map[string]words{"withheld": {
				title:  "The certificate that was given was not shown to {host}, whose own is not to be trusted ({ports:port|ports} {ports})",
				detail: "A certificate tells who somebody is, so that only a server sees it that has proved who it is.",
				fix:    "Mend the certificate of the server first, then sign in again.",
			}},
			silences: []silence{broken},
			check:    (*index).findKeptCertificate,
		},
		{
			id: "auth.certificate-rejected", looksFor: "a server lets nobody in by the certificate of the client",
			severity: mail.Critical, weighed: true, owner: mail.OwnerAdmin, confidence: mail.Likely,
			references: []string{"RFC 4422 appendix A", "RFC 4954 section 6"},
			words: words{
				title:  "{hosts} {hosts:accepts|accept} the certificate and {hosts:lets|let} nobody in by it",
				detail: "The certificate is good, but the server finds no account for it, or not this one.[ Tried for {user}.][ The server said: {said}]",
				fix:    "Check from which field of the certificate the server takes the user name (Dovecot: ssl_cert_username_field), and that an account of exactly this name exists and may sign in without a password (Dovecot: a passdb with mechanisms = external and nopassword). With --user the server is asked for another account than the one in the certificate, which few allow.",
			},
			headline: "The server knows no account for the certificate of {who}.",
			check:    (*index).findRejectedIdentity,
		},
		{
			id: "auth.certificate-not-taken", looksFor: "a server lets nobody in by certificate, and one was given",
			severity: mail.Error, owner: mail.OwnerUser, confidence: mail.Certain,
			references: []string{"RFC 4422 appendix A"},
			words: words{
				title:  "{hosts} {hosts:offers|offer} no sign-in by certificate, only {offered}",
				detail: "So nobody could sign in there with the certificate that was given.",
				fix:    "Give the password too, which is used where the certificate is not.",
			},
			variants: map[string]words{"unasked": {
				title:  "{hosts} {hosts:offers|offer} a sign-in by certificate and {hosts:asks|ask} for none",
				detail: "A mail program can show its certificate only where the server asks for it in the TLS handshake, so EXTERNAL cannot work here.",
				fix:    "Switch the request for client certificates on (Postfix: smtpd_tls_ask_ccert = yes, Dovecot: ssl_verify_client_cert = yes), or take EXTERNAL out of what the server offers.",
			}},
			check: (*index).findUselessCertificate,
		},
	}
}

// takesCertificate reports whether a SASL mechanism works with the certificate of the TLS handshake.
func takesCertificate(mechanism string) bool { return mechanism == "external" }

// withCertificate reports whether somebody tried to sign in by certificate.
func withCertificate(o mail.Observation) bool {
	return o.AuthFacts != nil && takesCertificate(o.Mechanism)
}

// certificateAnswer gives what became of the user's certificate at s, and the handshake that shows it.
func (s *server) certificateAnswer() (mail.CertificateAnswer, *mail.TLSFacts) {
	for _, o := range s.handshakes {
		if o.TLSFacts != nil && o.ClientCertificateAnswer != "" {
			return o.ClientCertificateAnswer, o.TLSFacts
		}
	}
	return "", nil
}

func (x *index) whereCertificate(answers ...mail.CertificateAnswer) []*server {
	return x.serversWhere(func(s *server) bool {
		answer, _ := s.certificateAnswer()
		return answer != "" && slices.Contains(answers, answer)
	})
}

func (x *index) findRejectedCertificate() []hit {
	known := []string{"44", "45", "48"}
	alertOf := func(s *server) string {
		_, facts := s.certificateAnswer()
		if number := strconv.Itoa(int(facts.Alert)); slices.Contains(known, number) {
			return number
		}
		return ""
	}
	hits := grouped(x.whereCertificate(mail.CertificateRejected), func(s *server) string { return s.endpoint.Host + " " + alertOf(s) })
	for i, h := range hits {
		hits[i].variant, hits[i].evidence = alertOf(h.servers[0]), h.servers[0].handshakeIDs()
		switch hits[i].variant {
		case "44", "45":
			hits[i].owner, hits[i].confidence = mail.OwnerUser, mail.Certain
		case "48":
			hits[i].confidence = mail.Certain
		}
	}
	return separate(hits)
}

func (x *index) findKeptCertificate() []hit {
	answerOf := func(s *server) string {
		answer, _ := s.certificateAnswer()
		return string(answer)
	}
	hits := grouped(x.whereCertificate(mail.CertificateUnsuitable, mail.CertificateWithheld), func(s *server) string {
		return s.endpoint.Host + " " + answerOf(s)
	})
	for i, h := range hits {
		_, facts := h.servers[0].certificateAnswer()
		hits[i].evidence = h.servers[0].handshakeIDs()
		hits[i].params = params{"issuer": said(facts.ClientIssuer), "authorities": facts.ClientAuthorities}
		if facts.ClientCertificateAnswer == mail.CertificateWithheld {
			hits[i].variant, hits[i].owner = "withheld", mail.OwnerProvider
		}
		if h.servers[0].fault != nil { // it goes on for nobody without one
			hits[i].severity = mail.Error
		}
	}
	return separate(hits)
}

// findRejectedIdentity also looks where the password was judged after the certificate was not known.
func (x *index) findRejectedIdentity() []hit {
	hits := refusedBy("auth.certificate-rejected")(x)
	rejection := func(s *server) *mail.Observation {
		for i, o := range s.signIns {
			if withCertificate(o) && failureClass(o) == mail.AuthRejected {
				return &s.signIns[i]
			}
		}
		return nil
	}
	var beside []*server
	for _, s := range x.settings() {
		r, refused := x.refusalAt(s)
		if rejection(s) != nil && !(refused && r.rule == "auth.certificate-rejected") {
			beside = append(beside, s)
		}
	}
	for _, h := range grouped(beside, byHost) {
		h.severity = mail.Warning
		for _, s := range h.servers {
			h.evidence = append(h.evidence, rejection(s).ID)
		}
		first := rejection(h.servers[0])
		h.params = params{"said": said(first.Reply), "user": first.Username}
		hits = append(hits, h)
	}
	return separate(hits)
}

// findUselessCertificate looks for servers at which a certificate alone opens nothing.
func (x *index) findUselessCertificate() []hit {
	if !x.Certificate {
		return nil
	}
	var without, unasked []*server
	for _, s := range x.settings() {
		takes := slices.ContainsFunc(s.offered(), takesCertificate)
		switch {
		case !s.ready() || len(s.offered()) == 0 || s.signedIn():
		case takes && s.certificateRequest() == "":
			unasked = append(unasked, s)
		case !takes && x.Secretless:
			without = append(without, s)
		}
	}
	hits := with(grouped(without, byHost), func(h hit) params { return params{"offered": h.servers[0].offered()} })
	for _, h := range grouped(unasked, byHost) {
		h.variant, h.owner = "unasked", mail.OwnerProvider
		hits = append(hits, h)
	}
	return separate(seenInSession(hits))
}
