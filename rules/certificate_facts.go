package rules

import (
	"slices"
	"strconv"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// certificateFactRules are about certificates that are weak, revoked, not made
// for servers, or sent in a strange way.
func certificateFactRules() []rule {
	return []rule{
		{
			id: "tls.certificate-revoked", looksFor: "a server's certificate was revoked",
			severity: mail.Error, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 6960 section 2.2", "RFC 6066 section 8"},
			words: words{
				title:  "The certificate of {hosts} was revoked by the authority that issued it",
				detail: "The server itself sends the authority's word that the certificate must not be believed any more. Mail programs that look at it refuse to {task} mail ({ports:port|ports} {ports}).",
				fix:    "Get a new certificate with a new key, and find out why this one was revoked: its key may be in strange hands.",
			},
			check: stapled(mail.OCSPRevoked),
		},
		{
			id: "tls.certificate-usage", looksFor: "a server's certificate is not made for servers",
			severity: mail.Error, weighed: true, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 5280 section 4.2.1.12", "RFC 5280 section 4.2.1.9"},
			words: words{
				title:  "The certificate of {hosts} is not made for servers[, but for: {usages}]",
				detail: "Mail programs refuse to {task} mail with a certificate that was issued for something else ({ports:port|ports} {ports}).",
				fix:    "Install a certificate that was issued for TLS servers (extended key usage serverAuth).",
			},
			variants: map[string]words{"authority": {
				title:  "The certificate of {hosts} is one of an authority and not of a server",
				detail: "It may sign other certificates, which no server's own should: whoever gets hold of its key can pretend to be anybody. Some programs refuse to {task} mail with it ({ports:port|ports} {ports}).",
				fix:    "Install a certificate that was issued for this server alone (basic constraints CA:FALSE).",
			}},
			check: (*index).findWrongUsage,
		},
		{
			id: "tls.certificate-weak", looksFor: "a server's certificate has a weak key or signature",
			severity: mail.Warning, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 9325 section 4.5", "RFC 9155 section 2", "NIST SP 800-57 part 1"},
			words: words{
				title:  "The certificate of {hosts} is weak: {weakness}",
				detail: "Up-to-date systems and mail programs refuse such certificates, others will follow ({ports:port|ports} {ports}).",
				fix:    "Issue the certificate anew with an ECDSA key or an RSA key of 2048 bits or more, signed with SHA-256.",
			},
			check: (*index).findWeak,
		},
		{
			id: "tls.stale-status", looksFor: "a server staples a status that cannot be used",
			severity: mail.Notice, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 6066 section 8", "RFC 6960 section 4.2.2.1"},
			words: words{
				title:  "{hosts} {hosts:sends|send} a status of {hosts:its|their} certificate that cannot be used",
				detail: "The stapled OCSP answer is out of date or not signed by the authority. Some mail programs refuse the connection then.",
				fix:    "Let the server fetch the status anew: check that it can reach the authority, and reload it. Or switch stapling off.",
			},
			check: stapled(mail.OCSPStale, mail.OCSPInvalid),
		},
		{
			id: "tls.chain-order", looksFor: "a server sends its certificate chain in disorder",
			severity: mail.Notice, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 8446 section 4.4.2", "RFC 5246 section 7.4.2"},
			words: words{
				title:  "{hosts} {hosts:sends|send} the certificate chain in disorder: {disorder}",
				detail: "Most programs put it in order by themselves; some devices and older programs do not.",
				fix:    "Put the server's own certificate first into the chain file and after it each that signed the one before; leave all others out.",
			},
			check: (*index).findDisorder,
		},
	}
}

// shown gives the facts of the handshake that shows a certificate.
func (s *server) shown() (mail.TLSFacts, bool) {
	for _, o := range s.handshakes {
		if o.TLSFacts != nil && len(o.Certificates) > 0 {
			return *o.TLSFacts, true
		}
	}
	return mail.TLSFacts{}, false
}

// byCertificate makes one hit of each certificate whose facts match, with the handshakes as evidence.
func (x *index) byCertificate(match func(mail.TLSFacts) bool) []hit {
	hits := groupedByCertificate(x.serversWhere(func(s *server) bool {
		facts, ok := s.shown()
		return ok && match(facts)
	}), anyKey)
	for i, h := range hits {
		hits[i].evidence = h.servers[0].handshakeIDs()
	}
	return hits
}

func stapled(states ...mail.OCSPStatus) func(*index) []hit {
	return func(x *index) []hit {
		return x.byCertificate(func(f mail.TLSFacts) bool { return slices.Contains(states, f.Stapled) })
	}
}

// notForServers reports whether a certificate was issued for something else.
func notForServers(c mail.Certificate) bool {
	return len(c.Usages) > 0 && !slices.Contains(c.Usages, "server") && !slices.Contains(c.Usages, "any")
}

// findWrongUsage speaks where that is what is wrong, and not a date or a name.
func (x *index) findWrongUsage() []hit {
	hits := groupedByCertificate(x.serversWhere(func(s *server) bool {
		facts, ok := s.shown()
		return ok && s.faultClass() == mail.CertUntrusted && notForServers(facts.Certificates[0])
	}), anyKey)
	for _, h := range x.byCertificate(func(f mail.TLSFacts) bool { return f.Certificates[0].Authority && !f.Certificates[0].SelfSigned }) {
		h.variant, h.severity = "authority", mail.Warning
		hits = append(hits, h)
	}
	return with(hits, func(h hit) params {
		facts, _ := h.servers[0].shown()
		return params{"usages": facts.Certificates[0].Usages}
	})
}

func (x *index) findWeak() []hit {
	hits := x.byCertificate(func(f mail.TLSFacts) bool { return len(weaknesses(f.Certificates)) > 0 })
	return with(hits, func(h hit) params {
		facts, _ := h.servers[0].shown()
		return params{"weakness": weaknesses(facts.Certificates)}
	})
}

// weaknesses names what is weak about a server's own certificate and those that
// signed it. Nobody looks at the signature of a root.
func weaknesses(chain []mail.Certificate) []string {
	const enough = 2048 // bits of an RSA key, NIST SP 800-57 part 1 table 2
	var list []string
	for i, c := range chain {
		whose := ""
		if i > 0 {
			whose = " of an intermediate certificate"
		}
		bits, isRSA := strings.CutPrefix(c.Key, "RSA ")
		if n, err := strconv.Atoi(bits); isRSA && err == nil && n < enough {
			list = append(list, "an RSA key of "+bits+" bits"+whose)
		}
		if c.Key == "ECDSA P-224" {
			list = append(list, "a key on the curve P-224"+whose)
		}
		if c.Exponent > 0 {
			list = append(list, "an RSA key with the exponent "+strconv.Itoa(c.Exponent)+whose)
		}
		for _, hash := range []string{"MD2", "MD5", "SHA1"} {
			if strings.Contains(c.Signature, hash) && !c.SelfSigned {
				list = append(list, "a signature with "+hash+whose)
			}
		}
	}
	return distinct(list)
}

func (x *index) findDisorder() []hit {
	disorder := func(f mail.TLSFacts) []string {
		words := map[mail.ChainNote]string{
			mail.ChainOrder: "the order is wrong", mail.ChainExtra: "some do not belong to it", mail.ChainRepeated: "some stand in it twice",
		}
		var list []string
		for _, note := range f.ChainNotes {
			if words[note] != "" {
				list = append(list, words[note])
			}
		}
		return list
	}
	hits := x.byCertificate(func(f mail.TLSFacts) bool { return len(disorder(f)) > 0 })
	return with(hits, func(h hit) params {
		facts, _ := h.servers[0].shown()
		return params{"disorder": disorder(facts)}
	})
}
