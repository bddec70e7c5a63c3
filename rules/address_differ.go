package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// addressDifferRules are about hosts whose addresses all work, and yet are not alike.
func addressDifferRules() []rule {
	return []rule{
		{
			id: "server.address-other-certificate", looksFor: "a server's addresses have different certificates, all good",
			severity: mail.Notice, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 9525 section 6.3"},
			words: words{
				title:  "{host} does not have the same certificate on all of its addresses ({ports:port|ports} {ports})",
				detail: "All are good today: {differences}. Where one machine is forgotten at the next renewal, mail programs that come to it will warn or refuse while others are fine.",
				fix:    "Make sure that the certificate is renewed on every machine behind the name; nothing else needs to be done.",
			},
			check: (*index).findOtherCertificates,
		},
		{
			id: "server.address-other-sign-in", looksFor: "a server's addresses offer different ways to sign in",
			severity: mail.Warning, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 4422 section 3.1"},
			words: words{
				title:  "{host} offers different ways to sign in on its addresses ({ports:port|ports} {ports})",
				detail: "A mail program may be let in at one and refused at another, so the trouble comes and goes: {differences}.",
				fix:    "Give every machine behind the name the same configuration of sign-in methods.",
			},
			check: (*index).findOtherSignIn,
		},
	}
}

// A trait is what one address of a server shows, for comparison and for people.
type trait struct {
	address, key, words, evidence string
}

// findOtherCertificates compares the certificates that are good.
func (x *index) findOtherCertificates() []hit {
	return x.findDifferent(func(o mail.Observation) (key, words string, ok bool) {
		if o.TLSFacts == nil || o.Failure != nil || len(o.Certificates) == 0 {
			return "", "", false
		}
		c := o.Certificates[0]
		words = fmt.Sprintf("by %s, until %s", issuerName(c), c.NotAfter.UTC().Format("2 Jan 2006"))
		return strings.Join([]string{c.Subject, c.Issuer, strings.Join(c.Names, " "), c.Key, c.NotAfter.UTC().String()}, "|"), words, true
	})
}

// issuerName gives the short name of who issued a certificate.
func issuerName(c mail.Certificate) string {
	if name := commonName(c.Issuer); name != "" {
		return name
	}
	return c.Issuer
}

// findOtherSignIn compares the ways to sign in under encryption.
func (x *index) findOtherSignIn() []hit {
	return x.findDifferent(func(o mail.Observation) (key, words string, ok bool) {
		if o.SessionFacts == nil || o.Failure != nil || o.Mechanisms.AfterTLS == nil {
			return "", "", false
		}
		ways := slices.Sorted(slices.Values(o.Mechanisms.AfterTLS))
		key = strings.Join(ways, " ")
		if key == "" {
			return key, "none", true
		}
		return key, key, true
	})
}

// findDifferent makes one hit of each host on whose addresses something differs
// that should not; read gives it, where an observation has it.
func (x *index) findDifferent(read func(mail.Observation) (key, words string, ok bool)) []hit {
	differing := func(s *server) []trait {
		var traits []trait
		for _, o := range s.everywhere() {
			if key, words, ok := read(o); ok {
				traits = append(traits, trait{o.Address, key, words, o.ID})
			}
		}
		if len(traits) == 0 || !slices.ContainsFunc(traits, func(t trait) bool { return t.key != traits[0].key }) {
			return nil
		}
		return traits
	}
	hits := grouped(x.serversWhere(func(s *server) bool { return differing(s) != nil }), byHost)
	for i, h := range hits {
		var differences []string
		for _, t := range differing(h.servers[0]) {
			differences = append(differences, t.address+" "+t.words)
			hits[i].evidence = append(hits[i].evidence, t.evidence)
		}
		hits[i].params = params{"differences": said(strings.Join(differences, "; "))}
	}
	return hits
}

// everywhere gives the handshakes and sessions with every address of a server,
// those at the address of its session first.
func (s *server) everywhere() []mail.Observation {
	if s.session == nil {
		return nil
	}
	return slices.Concat(s.handshakes, []mail.Observation{*s.session}, s.elsewhere)
}
