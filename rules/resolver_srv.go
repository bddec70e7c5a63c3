package rules

import "github.com/mailmedic/mailmedic/mail"

// unansweredSRVRule is about routers whose resolver knows addresses only.
func unansweredSRVRule() rule {
	return rule{
		id: "dns.srv-unanswered", looksFor: "a resolver answers no question for SRV records",
		severity: mail.Warning, owner: mail.OwnerNetwork, confidence: mail.Likely,
		references: []string{"RFC 2782", "RFC 5625 section 4.3"},
		words: words{
			title:  "The DNS resolver of this network does not answer questions for SRV records",
			detail: "It answers other questions about {domain}, but not these, so nobody can say here whether {domain} publishes its servers in the DNS. Mail programs that look for them there fail as well.",
			fix:    "Use another resolver; one that is asked over TLS or HTTPS gets past a router that drops such questions: --resolver tls://HOST. If that fails too, the name servers of {domain} are at fault.",
		},
		headline: "The settings for {who} could not be found: the DNS resolver of this network does not answer questions for SRV records.",
		silences: []silence{{[]string{"dns.servfail", "dns.timeout", "discovery.no-incoming", "discovery.no-outgoing", "discovery.guess-only", "run.incomplete"}, sameServers}},
		check:    (*index).findUnansweredSRV,
	}
}

// findUnansweredSRV is an error where the records could have named what is missing.
func (x *index) findUnansweredSRV() []hit {
	unanswered := x.unansweredSRV()
	if len(unanswered) == 0 {
		return nil
	}
	hits := x.domainHit(ids(unanswered)...)
	if len(x.published()) == 0 {
		hits[0].severity = mail.Error
	}
	return hits
}

// unansweredSRV gives the questions for SRV records below the domain, if every
// one failed while the domain's own were answered. One alone may have been lost.
func (x *index) unansweredSRV() []mail.Observation {
	var failed []mail.Observation
	for _, o := range x.ofKind(mail.KindDNS) {
		if o.DNSFacts == nil || o.Type != "SRV" || !within(o.Name, x.Target.Domain) {
			continue
		}
		switch failureClass(o) {
		case mail.DNSServFail, mail.DNSTimeout:
			failed = append(failed, o)
		case mail.Deadline:
		default:
			return nil
		}
	}
	if len(failed) < 2 || !x.answersMX() {
		return nil
	}
	return failed
}
