package rules

import (
	"slices"
	"strings"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

// certificateRules are about certificates that must not be believed, and those that soon must not.
func certificateRules() []rule {
	return []rule{
		interceptionRule(),
		{
			id: "tls.certificate-expired", looksFor: "a server's certificate has expired",
			severity: mail.Error, weighed: true, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 5280 section 4.1.2.5", "RFC 8314 section 3"},
			words: words{
				title:  "The certificate of {hosts} expired on {date}[, {days} {days:day|days} ago]",
				detail: "So every mail program warns or refuses to {task} mail ({ports:port|ports} {ports}), whatever the password is.",
				fix:    "Renew the certificate on the server and reload the {protocols} {protocols:service|services}, then see to it that renewal runs by itself. Until then there is nothing to change in the mail program.",
			},
			check: (*index).findExpired,
		},
		{
			id: "tls.certificate-not-yet-valid", looksFor: "a server's certificate is not valid yet",
			severity: mail.Error, weighed: true, owner: mail.OwnerProvider, confidence: mail.Likely,
			references: []string{"RFC 5280 section 4.1.2.5"},
			words: words{
				title:  "The certificate of {hosts} is valid only from {date} on",
				detail: "Mail programs refuse to {task} mail until then. If every server and web site fails like this, the clock of this computer is wrong.",
				fix:    "Check the date and time of this computer first. If they are right, the server needs a certificate that is valid today.",
			},
			check: (*index).findNotYetValid,
		},
		{
			id: "tls.certificate-name", looksFor: "a server's certificate is for other names",
			severity: mail.Error, weighed: true, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 9525 section 6.3", "RFC 7817 section 3"},
			words: words{
				title:  "The certificate of {host} is not for that name[, but for {names}]",
				detail: "Mail programs cannot be sure that they talk to the right server, and refuse to {task} mail ({ports:port|ports} {ports}).",
				fix:    "[In the mail program use {right} as the server. ][The right name for the mail program ends in {under}; ask the provider for it. ]Have {host} added to the certificate, or publish the name that the certificate has.",
			},
			variants: map[string]words{"domain": {
				detail: "It has the mail domain {domain}, which only proves the server to programs that found it by SRV record and look for that name; most look for {host} and refuse to {task} mail ({ports:port|ports} {ports}).",
			}, "service": {
				detail: "It has the service {service}, which proves the server only to programs that found it by SRV record and look for that; most look for {host} and refuse to {task} mail ({ports:port|ports} {ports}).",
			}, "common-name": {
				title:  "The certificate of {host} has that name only where programs no longer look",
				detail: "It stands in the subject (common name) and not in the list of names (subjectAltName), which alone counts. Mail programs refuse to {task} mail ({ports:port|ports} {ports}).",
				fix:    "Issue the certificate anew with {host} in its list of names.",
			}, "wildcard": {
				detail: "A wildcard stands for one label only, so {names} {names:does|do} not cover {host}. Mail programs refuse to {task} mail ({ports:port|ports} {ports}).",
			}},
			check: (*index).findWrongName,
		},
		{
			id: "tls.certificate-self-signed", looksFor: "a server's certificate is signed by itself",
			severity: mail.Error, weighed: true, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 8314 section 4.1", "RFC 5280 section 3.2"},
			words: words{
				title:  "The certificate of {hosts} is signed by itself and vouched for by nobody",
				detail: "Anybody can make such a certificate, so mail programs warn or refuse to {task} mail ({ports:port|ports} {ports}).",
				fix:    "Install a certificate of a public authority on the server; they are free of charge. Within one organisation, its own authority can be installed on the computers instead.",
			},
			check: untrusted(true),
		},
		{
			id: "tls.certificate-untrusted", looksFor: "a server's certificate comes from an unknown authority",
			severity: mail.Error, weighed: true, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 5280 section 6.1", "RFC 8314 section 4.1"},
			words: words{
				title:  "The certificate of {hosts} comes from an authority that is not trusted[: {issuer}]",
				detail: "Mail programs do not know who vouches for the server and warn or refuse to {task} mail ({ports:port|ports} {ports}).",
				fix:    "Install a certificate of a public authority on the server. If the authority is your organisation's own, install it on this computer (here: --ca-file).",
			},
			check: untrusted(false),
		},
		{
			id: "tls.chain-incomplete", looksFor: "a server does not send the intermediate certificates",
			severity: mail.Error, weighed: true, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 8446 section 4.4.2"},
			words: words{
				title:  "{hosts} {hosts:does|do} not send the whole certificate chain",
				detail: "An intermediate certificate is missing. Web browsers repair that by themselves, mail programs do not and refuse to {task} mail ({ports:port|ports} {ports}).",
				fix:    "Configure the server with the full chain file (often fullchain.pem) instead of its own certificate alone, and reload it.",
			},
			variants: map[string]words{"private": {
				title:  "The certificate chain that {hosts} {hosts:sends|send} leads to no authority that is known here",
				detail: "An intermediate certificate is missing, so mail programs refuse to {task} mail ({ports:port|ports} {ports}). Or the certificate comes from an organisation's own authority ({issuer}), which this computer was not told to trust.",
				fix:    "Configure the server with the full chain file (often fullchain.pem) instead of its own certificate alone, and reload it. An authority of one's own is installed on each computer; mailmedic takes it from --ca-file.",
			}},
			check: (*index).findIncompleteChain,
		},
		{
			id: "tls.certificate-expires-soon", looksFor: "a server's certificate should have been renewed by now",
			severity: mail.Warning, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 5280 section 4.1.2.5"},
			words: words{
				title:  "The certificate of {hosts} expires on {date}, in {days} {days:day|days}",
				detail: "It should have been renewed by now. From that day on mail programs refuse to {task} mail.",
				fix:    "Renew the certificate and reload the server; check why automatic renewal did not run.",
			},
			variants: map[string]words{"today": {
				title:  "The certificate of {hosts} expires within a day, on {date}",
				detail: "It should have been renewed long ago. After that mail programs refuse to {task} mail.",
			}},
			check: (*index).findExpiringSoon,
		},
	}
}

// certificates makes a check for a failure class of certificates: one hit for
// each certificate, however many servers show it.
func certificates(class mail.Class) func(*index) []hit {
	return func(x *index) []hit {
		return groupedByCertificate(x.serversWhere(func(s *server) bool { return s.faultClass() == class }), anyKey)
	}
}

// findIncompleteChain looks for chains with a gap. What is missing is an
// intermediate certificate for sure only where a public authority signs, or one
// that is trusted at another server: the root of a private one is missing here in
// just the same way.
func (x *index) findIncompleteChain() []hit {
	hits := certificates(mail.CertChain)(x)
	for i, h := range hits {
		if c, _ := h.servers[0].certificate(); c.Issuer != "" && !isPublicAuthority(c.Issuer) && !x.trusts(c.Issuer) {
			hits[i].variant, hits[i].confidence, hits[i].params = "private", mail.Likely, params{"issuer": said(c.Issuer)}
		}
	}
	return hits
}

// trusts reports whether a good certificate of an issuer was seen.
func (x *index) trusts(issuer string) bool {
	return slices.ContainsFunc(x.wholeView(), func(o mail.Observation) bool {
		return o.TLSFacts != nil && o.Failure == nil && len(o.Certificates) > 0 && o.Certificates[0].Issuer == issuer
	})
}

// certificateKey tells certificates apart. A server that shows none stands for itself.
func certificateKey(s *server) string {
	c, ok := s.certificate()
	if !ok {
		return s.text
	}
	return strings.Join([]string{c.Subject, c.Issuer, strings.Join(c.Names, " "), c.NotBefore.UTC().String(), c.NotAfter.UTC().String()}, "|")
}

func (x *index) findExpired() []hit {
	return with(certificates(mail.CertExpired)(x), func(h hit) params {
		c, ok := h.servers[0].certificate()
		if !ok {
			return params{"date": "an unknown day"}
		}
		p := params{"date": c.NotAfter}
		if days := int(x.Now.Sub(c.NotAfter) / (24 * time.Hour)); days > 0 {
			p["days"] = days
		}
		return p
	})
}

func (x *index) findNotYetValid() []hit {
	return with(certificates(mail.CertNotYetValid)(x), func(h hit) params {
		c, ok := h.servers[0].certificate()
		if !ok {
			return params{"date": "an unknown day"}
		}
		return params{"date": c.NotBefore}
	})
}

// untrusted makes a check for certificates that nobody known has signed: by
// themselves, or by somebody else.
func untrusted(bySelf bool) func(*index) []hit {
	return func(x *index) []hit {
		broken := x.serversWhere(func(s *server) bool {
			c, _ := s.certificate()
			return s.faultClass() == mail.CertUntrusted && c.SelfSigned == bySelf && !notForServers(c)
		})
		return with(groupedByCertificate(broken, anyKey), func(h hit) params {
			c, _ := h.servers[0].certificate()
			return params{"issuer": said(c.Issuer)}
		})
	}
}

// longestNotice bounds how long before its end a certificate of years is worth a warning.
const longestNotice = 30 * 24 * time.Hour

// findExpiringSoon warns when less than a third of the lifetime is left: what
// renews by itself has done so by then. What lives for years gets a month.
func (x *index) findExpiringSoon() []hit {
	soon := x.serversWhere(func(s *server) bool {
		c, ok := s.certificate()
		left := c.NotAfter.Sub(x.Now)
		return ok && s.verified() && left > 0 && left < min(c.NotAfter.Sub(c.NotBefore)/3, longestNotice)
	})
	hits := groupedByCertificate(soon, anyKey)
	for i, h := range hits {
		c, _ := h.servers[0].certificate()
		days := int(c.NotAfter.Sub(x.Now) / (24 * time.Hour))
		hits[i].params = params{"date": c.NotAfter, "days": days}
		hits[i].evidence = h.servers[0].handshakeIDs()
		if days == 0 {
			hits[i].variant, hits[i].severity = "today", mail.Error
		}
	}
	return hits
}

func (s *server) handshakeIDs() []string { return ids(s.handshakes) }
