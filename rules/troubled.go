package rules

import (
	"net/url"
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// troubled gives the web hosts, for people, that gave no usable answer to the
// question for settings: what stands there is not known, or is of no use.
func (x *index) troubled() []string {
	var hosts []string
	for _, o := range x.ofKind(mail.KindHTTP) {
		if o.HTTPFacts == nil || !gaveTrouble(o) {
			continue
		}
		if u, err := url.Parse(o.URL); err == nil && u.Hostname() != "" {
			hosts = append(hosts, mail.DisplayName(u.Hostname()))
		}
	}
	return distinct(hosts)
}

// gaveTrouble reports whether an answer of the web leaves open what is
// published. A host that is missing, a page that is not found and a web page
// that a server gives for any path say no. That nothing answers without
// encryption is as it should be.
func gaveTrouble(o mail.Observation) bool {
	switch failureClass(o) {
	case "", mail.DNSNXDomain, mail.DNSNoData, mail.PolicyRefused, mail.Deadline:
		return false
	case mail.HTTPStatus:
		return o.Status == 401 || o.Status == 407 || o.Status == 408 || o.Status == 429 || o.Status >= 500
	case mail.HTTPBody:
		return isXML(o.MediaType) || strings.Contains(o.MediaType, "json") || wrongDigest(o)
	default:
		return !strings.HasPrefix(o.URL, "http://") || o.Status > 0
	}
}

// digestRule is about a PACC document that its TXT record does not vouch for.
func digestRule() rule {
	return rule{
		id: "discovery.digest-mismatch", looksFor: "a PACC document is not the one whose digest the DNS holds",
		severity: mail.Warning, owner: mail.OwnerAdmin, confidence: mail.Certain,
		references: []string{"draft-ietf-mailmaint-pacc"},
		words: words{
			title:  "The settings document at {url} does not match its digest in the DNS",
			detail: "The TXT record _ua-auto-config.{domain} and the document do not belong together: one of them was changed without the other. Mail programs that keep to the draft take nothing from such a document.",
			fix:    "Publish the SHA-256 digest of the document as it is served in the TXT record _ua-auto-config.{domain}. If nobody changed the document on purpose, find out who did.",
		},
		check: (*index).findWrongDigests,
	}
}

func (x *index) findWrongDigests() []hit {
	var hits []hit
	for _, o := range x.ofKind(mail.KindHTTP) {
		if wrongDigest(o) {
			record := slices.DeleteFunc([]string{"txt:_ua-auto-config." + x.Target.Domain}, func(id string) bool { return x.byID[id].ID == "" })
			hits = append(hits, hit{subject: o.URL, evidence: append(record, o.ID), params: params{"url": said(o.URL)}})
		}
	}
	return hits
}

// wrongDigest reports whether a document was read that the DNS has another digest of.
func wrongDigest(o mail.Observation) bool {
	return o.Source == mail.SourcePACC && o.HTTPFacts != nil && failureClass(o) == mail.HTTPBody &&
		strings.HasPrefix(o.Failure.Detail, "the document is not the one whose digest")
}
