package rules

import (
	"slices"
	"strings"
	"unicode"

	"github.com/mailmedic/mailmedic/mail"
)

// interceptionRule is about certificates that somebody in between makes.
func interceptionRule() rule {
	return rule{
		id: "tls.intercepted", looksFor: "a security product stands in for the server",
		severity: mail.Error, weighed: true, owner: mail.OwnerNetwork, confidence: mail.Likely,
		references: []string{"RFC 8446 section 4.4.2"},
		words: words{
			title:  "{product} on this computer or network reads the mail traffic to {hosts}",
			detail: "The certificate does not come from the server but from a security product in between ({issuer}), so the mail program cannot know whom it talks to.",
			fix:    "Exclude the mail servers from the inspection of {product}, or switch its mail scanning off. Ask who runs this computer or network.",
		},
		variants: map[string]words{"believed": {
			detail: "The certificate does not come from the server but from a security product in between ({issuer}), which this computer was told to trust. Mail works, but the product reads it, and programs with a list of authorities of their own refuse to {task} mail.",
			fix:    "Nothing, if that is as it should be. Else exclude the mail servers from the inspection of {product}, or switch its mail scanning off.",
		}, "unnamed": {
			title:  "Something on this computer or network stands in for {hosts} and other servers",
			detail: "{all} have nothing to do with one another, and yet their certificates come from one authority that is not a public one ({issuer}): they are made by a security product, proxy or filter in between. The mail program cannot know whom it talks to, and refuses to {task} mail.",
			fix:    "Exclude the mail servers from the inspection by that product, or switch its mail scanning off. Ask who runs this computer or network. If the authority is your organisation's own, have it installed on this computer.",
		}, "unnamed-believed": {
			title:  "Something on this computer or network reads the mail traffic to {hosts}",
			detail: "{all} have nothing to do with one another, and yet their certificates come from one authority that is not a public one ({issuer}) and that this computer was told to trust. Mail works, but a security product, proxy or filter reads it, and programs with a list of authorities of their own refuse to {task} mail.",
			fix:    "Nothing, if that is as it should be. Else exclude the mail servers from the inspection by that product, or switch its mail scanning off.",
		}},
		silences: []silence{{[]string{"tls.certificate-*", "tls.chain-*"}, sameServers}},
		check:    (*index).findInterception,
	}
}

// interceptors are products that put a certificate of their own in front of
// servers; last looked at in 2026-11.
func interceptors() []string {
	return []string{
		"Avast", "AVG", "Kaspersky", "ESET SSL Filter", "Bitdefender", "Norton", "Sophos", "Zscaler", "Fortinet", "FortiGate",
		"Netskope", "Blue Coat", "Palo Alto", "McAfee", "Dr.Web", "Check Point", "Barracuda", "Cisco Umbrella", "AdGuard",
		"Trend Micro", "Forcepoint", "WatchGuard", "SonicWall", "Untangle", "Bullguard", "G DATA", "Panda Security", "Qustodio", "Net Nanny",
	}
}

// interceptor gives the product whose name stands in an issuer as a word of its own.
func interceptor(issuer string) string {
	isLetter := func(s string) bool { return s != "" && unicode.IsLetter(rune(s[0])) }
	for _, product := range interceptors() {
		before, after, found := strings.Cut(strings.ToLower(issuer), strings.ToLower(product))
		if found && !isLetter(after) && (before == "" || !isLetter(before[len(before)-1:])) {
			return product
		}
	}
	return ""
}

// publicAuthorities are words in the names of authorities that many servers have
// in common; last looked at in 2026-11.
func publicAuthorities() []string {
	return []string{
		"Let's Encrypt", "ISRG", "DigiCert", "GeoTrust", "RapidSSL", "Thawte", "Sectigo", "COMODO", "USERTRUST", "Google Trust Services", "GlobalSign",
		"AlphaSSL", "Amazon", "GoDaddy", "Starfield", "Entrust", "Microsoft", "ZeroSSL", "SSL.com", "SSL Corp", "Buypass", "Actalis", "HARICA",
		"Certum", "Asseco", "D-TRUST", "SwissSign", "Telekom", "T-Systems", "TrustAsia", "Apple", "Cloudflare", "QuoVadis", "certSIGN", "TWCA", "IdenTrust",
		"Certigna", "Chunghwa", "Network Solutions", "GEANT", "Gandi", "InCommon", "WISeKey", "OISTE", "SECOM", "Cybertrust", "Trustwave", "emSign", "CFCA", "WoTrus",
	}
}

func isPublicAuthority(issuer string) bool {
	return slices.ContainsFunc(publicAuthorities(), func(word string) bool {
		return strings.Contains(strings.ToLower(issuer), strings.ToLower(word))
	})
}

// A shared issuer is an authority that signs for servers of several owners.
type sharedIssuer struct {
	hosts, sites, evidence []string
	control                bool // one of them is a control host
}

// sharedIssuers gives, by name, the issuers of the certificates that were seen. A
// certificate that signs itself has none.
func (x *index) sharedIssuers() map[string]*sharedIssuer {
	list := map[string]*sharedIssuer{}
	for _, o := range x.wholeView() {
		if o.TLSFacts == nil || o.Attempt != "" || len(o.Certificates) == 0 || o.Certificates[0].SelfSigned {
			continue
		}
		issuer, host := o.Certificates[0].Issuer, hostSeen(o)
		if list[issuer] == nil {
			list[issuer] = &sharedIssuer{}
		}
		s := list[issuer]
		s.hosts, s.sites = append(s.hosts, mail.DisplayName(host)), append(s.sites, siteOf(host))
		s.evidence, s.control = append(s.evidence, o.ID), s.control || o.Control
	}
	return list
}

// intercepts reports whether no authority but one in between signs for all these
// hosts: a control host and somebody else, or three of different owners. Where a
// control host shows a good certificate of its own, the three may well be one house.
func (x *index) intercepts(s *sharedIssuer) bool {
	sites := len(distinct(s.sites))
	return s.control && sites > 1 || sites > 2 && !slices.ContainsFunc(x.controls, (*server).verified)
}

// findInterception looks for certificates that a product signs which is known by
// name, and for those of an unknown one that signs for everybody.
func (x *index) findInterception() []hit {
	shared := x.sharedIssuers()
	issuerOf := func(s *server) string {
		c, _ := s.certificate()
		return c.Issuer
	}
	product := func(s *server) string { return interceptor(issuerOf(s)) }
	named := func(s *server) bool { return product(s) != "" }
	unnamed := func(s *server) bool {
		issuer := issuerOf(s)
		return shared[issuer] != nil && x.intercepts(shared[issuer]) && !named(s) && !isPublicAuthority(issuer)
	}
	refused := func(s *server) bool { return s.faultClass() == mail.CertUntrusted || s.faultClass() == mail.CertChain }
	believed := func(s *server) bool { return s.verified() && s.fault == nil }
	atControl := func(s *server) bool { return shared[issuerOf(s)] != nil && shared[issuerOf(s)].control }

	var hits []hit
	add := func(variant string, severity mail.Severity, key func(*server) string, conditions ...func(*server) bool) {
		found := x.serversWhere(func(s *server) bool {
			return !slices.ContainsFunc(conditions, func(holds func(*server) bool) bool { return !holds(s) })
		})
		for _, h := range grouped(found, key) {
			h.variant, h.severity, h.evidence = variant, severity, h.servers[0].handshakeIDs()
			if s := shared[issuerOf(h.servers[0])]; s != nil && s.control {
				h.evidence = distinct(s.evidence)
				if named(h.servers[0]) || len(distinct(s.sites)) > 2 { // two may be one house with an authority of its own
					h.confidence = mail.Certain
				}
			}
			hits = append(hits, h)
		}
	}
	add("", "", product, named, refused)
	add("believed", mail.Notice, product, named, believed)
	add("unnamed", "", issuerOf, unnamed, refused)
	add("unnamed-believed", mail.Notice, issuerOf, unnamed, believed, atControl)
	return with(separate(hits), func(h hit) params {
		issuer := issuerOf(h.servers[0])
		p := params{"product": product(h.servers[0]), "issuer": said(issuer)}
		if s := shared[issuer]; s != nil {
			p["all"] = distinct(s.hosts)
		}
		return p
	})
}
