package rules

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// webRules are about the places on the domain's own web hosts where mail
// programs look for settings. A program that finds trouble there goes on to the
// next place, so that most of them are notices.
func webRules() []rule {
	return slices.Concat([]rule{documentCertificateRule()}, documentAccessRules(), documentContentRules())
}

func documentCertificateRule() rule {
	return rule{
		id: "discovery.document-certificate", looksFor: "the web host of the settings document has a bad certificate",
		severity: mail.Notice, owner: mail.OwnerAdmin, confidence: mail.Certain,
		references: []string{"RFC 9110 section 4.3.4", "RFC 9525 section 6", "draft-ietf-mailmaint-autoconfig"},
		words: words{
			title:  "The certificate of the web host {place} is for another name",
			detail: "Mail programs that look for settings at {place} get none there.[ The certificate is for {names}.] That is usual where every name of a domain leads to the same web server.",
			fix:    "Get a certificate for {place}, or remove the name from the DNS if it serves no settings; a hoster often offers a name of its own to point to.",
		},
		variants: map[string]words{"expired": {
			title:  "The certificate of the web host {place} has expired",
			detail: "Mail programs that look for settings at {place} get none there[; it ended on {ended}].",
			fix:    "Renew the certificate of {place} and have it renewed automatically.",
		}, "not-yet-valid": {
			title:  "The certificate of the web host {place} is not valid yet",
			detail: "Mail programs that look for settings at {place} get none there until it is.",
			fix:    "Check the clock here and on the web server; install a certificate that is valid now.",
		}, "self-signed": {
			title:  "The web host {place} has a certificate that it signed itself",
			detail: "Mail programs that look for settings at {place} get none there, since nobody vouches for the host.",
			fix:    "Get a certificate for {place} from a public authority, for example by ACME.",
		}, "untrusted": {
			title:  "The certificate of the web host {place} comes from an authority that is not trusted",
			detail: "Mail programs that look for settings at {place} get none there.[ The certificate was issued by {issuer}.]",
			fix:    "Serve the whole chain of certificates, or get a certificate from a public authority.",
		}},
		check: (*index).findDocumentCertificates,
	}
}

func documentAccessRules() []rule {
	return []rule{{
		id: "discovery.wants-login", looksFor: "a settings document is behind a login",
		severity: mail.Warning, owner: mail.OwnerAdmin, confidence: mail.Certain,
		references: []string{"draft-ietf-mailmaint-autoconfig", "RFC 9110 section 15.5.2"},
		words: words{
			title:  "The settings document at {url} wants a login",
			detail: "There is something, but mail programs have no password yet when they ask for settings, so they get nothing. mailmedic sent none.",
			fix:    "Serve the document without a login; it holds no secret.",
		},
		variants: map[string]words{"autodiscover": {
			title:  "The Autodiscover service at {url} answers only after a login",
			detail: "That is usual with Exchange. Outlook and Thunderbird ask for the password there; other programs learn nothing, and mailmedic sent none.",
			fix:    "Nothing, if the mailboxes are on Exchange. For other mail programs publish SRV records or an autoconfig document too.",
		}},
		check: (*index).findLogins,
	}, {
		id: "discovery.redirect-loop", looksFor: "the redirects of a settings document lead nowhere",
		severity: mail.Warning, owner: mail.OwnerAdmin, confidence: mail.Certain,
		references: []string{"RFC 9110 section 15.4"},
		words: words{
			title:  "The redirects at {url} lead nowhere",
			detail: "They run in a circle, are too many, or name no target[; the last one leads to {last}]. Mail programs that ask there get nothing.",
			fix:    "Correct the redirect rules of the web server for this path.",
		},
		check: (*index).findRedirectLoops,
	}, {
		id: "discovery.redirect-downgrade", looksFor: "a settings document is redirected from https to http",
		severity: mail.Warning, owner: mail.OwnerAdmin, confidence: mail.Certain,
		references: []string{"RFC 8314 section 5", "draft-ietf-mailmaint-autoconfig"},
		words: words{
			title:  "{url} redirects from https to unencrypted http",
			detail: "Anybody on the way could change what stands at {last}, so mailmedic and careful mail programs do not follow it.",
			fix:    "Let the redirect lead to an https address.",
		},
		check: (*index).findDowngrades,
	}}
}

func documentContentRules() []rule {
	return []rule{{
		id: "discovery.media-type", looksFor: "a settings document is served as something else than XML",
		severity: mail.Warning, owner: mail.OwnerAdmin, confidence: mail.Certain,
		references: []string{"RFC 7303 section 9.1", "draft-ietf-mailmaint-autoconfig"},
		words: words{
			title:  "The settings document at {url} is served as {type} and not as text/xml",
			detail: "It can be read, but Thunderbird does not take it for a settings document.",
			fix:    "Have the web server send it with Content-Type: text/xml.",
		},
		check: (*index).findMediaTypes,
	}, {
		id: "discovery.document-notes", looksFor: "mail programs read parts of a settings document differently, or not at all",
		severity: mail.Notice, owner: mail.OwnerAdmin, confidence: mail.Certain,
		references: []string{"draft-ietf-mailmaint-autoconfig"},
		words: words{
			title:  "Mail programs may read the settings document at {url} differently",
			detail: "{Notes}",
			fix:    "Correct what is not meant. A document with one server for each task, SSL/TLS and the full address as user name is read alike by all.",
		},
		check: (*index).findDocumentNotes,
	}}
}

// ownPages gives what was asked for at the domain's own web hosts.
func (x *index) ownPages() []mail.Observation {
	return slices.DeleteFunc(x.ofKind(mail.KindHTTP), func(o mail.Observation) bool {
		return o.HTTPFacts == nil || !within(hostOf(addressOf(o)), x.Target.Domain)
	})
}

// pageHit makes a finding about a page.
func pageHit(o mail.Observation, p params) hit {
	p["url"] = said(addressOf(o))
	return hit{subject: addressOf(o), evidence: []string{o.ID}, params: p}
}

// oncePerSubject keeps the first of hits about the same thing, which was asked
// for in more than one way.
func oncePerSubject(hits []hit) []hit {
	seen := map[string]bool{}
	return slices.DeleteFunc(hits, func(h hit) bool {
		again := seen[h.subject]
		seen[h.subject] = true
		return again
	})
}

func (x *index) findDocumentCertificates() []hit {
	var hits []hit
	for _, o := range x.ownPages() {
		variant := map[mail.Class]string{
			mail.CertExpired: "expired", mail.CertNotYetValid: "not-yet-valid", mail.CertUntrusted: "untrusted", mail.CertChain: "untrusted",
		}[failureClass(o)]
		if variant == "" && failureClass(o) != mail.CertName {
			continue
		}
		place := hostOf(lastAddress(o))
		h := hit{subject: place, evidence: []string{o.ID}, variant: variant, params: params{"place": mail.DisplayName(place)}}
		if shown, ok := x.webCertificate(place); ok {
			certificate := shown.Certificates[0]
			h.evidence = append(h.evidence, shown.ID)
			h.params["names"], h.params["ended"], h.params["issuer"] = certificate.Names, certificate.NotAfter, said(certificate.Issuer)
			if variant == "untrusted" && certificate.SelfSigned {
				h.variant = "self-signed"
			}
		}
		if len(x.ownVoices()) == 0 {
			h.severity = mail.Warning
		}
		hits = append(hits, h)
	}
	return oncePerSubject(hits)
}

// lastAddress gives where the redirects of a page led.
func lastAddress(o mail.Observation) string {
	if n := len(o.Redirects); n > 0 {
		return o.Redirects[n-1]
	}
	return addressOf(o)
}

// webCertificate gives the handshake in which a web host showed its certificate.
func (x *index) webCertificate(host string) (mail.Observation, bool) {
	for _, o := range x.ofKind(mail.KindTLS) {
		if hostOf(o.Subject) == host && strings.HasPrefix(o.Subject, "https://") && o.TLSFacts != nil && len(o.Certificates) > 0 {
			return o, true
		}
	}
	return mail.Observation{}, false
}

func (x *index) findLogins() []hit {
	var hits []hit
	for _, o := range x.ownPages() {
		if o.Status != 401 {
			continue
		}
		h := pageHit(o, params{})
		if isAutodiscover(o) {
			h.variant, h.severity = "autodiscover", mail.Notice
		}
		hits = append(hits, h)
	}
	return oncePerSubject(hits)
}

func isAutodiscover(o mail.Observation) bool {
	return strings.Contains(strings.ToLower(addressOf(o)), "/autodiscover/")
}

func (x *index) findRedirectLoops() []hit {
	var hits []hit
	for _, o := range x.ownPages() {
		if failureClass(o) == mail.HTTPStatus && o.Status >= 300 && o.Status < 400 && o.Status != 304 {
			last := ""
			if len(o.Redirects) > 0 {
				last = lastAddress(o)
			}
			hits = append(hits, pageHit(o, params{"last": said(last)}))
		}
	}
	return oncePerSubject(hits)
}

func (x *index) findDowngrades() []hit {
	var hits []hit
	for _, o := range x.ownPages() {
		last := lastAddress(o)
		if failureClass(o) == mail.PolicyRefused && len(o.Redirects) > 0 && strings.HasPrefix(last, "http://") && strings.HasPrefix(addressOf(o), "https://") {
			hits = append(hits, pageHit(o, params{"last": said(last)}))
		}
	}
	return oncePerSubject(hits)
}

// findMediaTypes looks at the documents that were read, whatever they were called.
func (x *index) findMediaTypes() []hit {
	var hits []hit
	for _, v := range x.ownDocuments() {
		o := x.byID[v.id]
		if o.HTTPFacts != nil && o.MediaType != "" && !isXML(o.MediaType) {
			hits = append(hits, pageHit(o, params{"type": said(o.MediaType)}))
		}
	}
	return oncePerSubject(hits)
}

// findDocumentNotes passes on what was noted of the domain's documents. One
// whose only fault is its media type has a finding already.
func (x *index) findDocumentNotes() []hit {
	var hits []hit
	for _, v := range x.ownDocuments() {
		o := x.byID[v.id]
		wrongType := o.HTTPFacts != nil && o.MediaType != "" && !isXML(o.MediaType)
		if len(o.Notes) == 0 || wrongType && len(o.Notes) == 1 {
			continue
		}
		hits = append(hits, pageHit(o, params{"Notes": sentences(o.Notes)}))
	}
	return oncePerSubject(hits)
}

// noteRank puts what makes programs refuse a document before what they miss of
// it, and that before what is only odd. That there was more to note comes last.
func noteRank(note string) int {
	switch {
	case strings.Contains(note, " among its domains"):
		return 0
	case strings.HasPrefix(note, "more of it "):
		return 3
	case strings.Contains(note, "passed over"):
		return 1
	default:
		return 2
	}
}

// sentences makes a paragraph of notes, the weightiest first.
func sentences(notes []string) string {
	notes = slices.Clone(notes)
	slices.SortStableFunc(notes, func(a, b string) int { return cmp.Compare(noteRank(a), noteRank(b)) })
	var out []string
	for _, note := range notes[:min(len(notes), maxList)] {
		note = strings.Join(strings.Fields(clip(note, maxSaid)), " ")
		out = append(out, capital(strings.TrimSuffix(note, "."))+".")
	}
	if more := len(notes) - maxList; more > 0 {
		out = append(out, "And "+strconv.Itoa(more)+" more.")
	}
	return strings.Join(out, " ")
}
