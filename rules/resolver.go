package rules

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// resolverRules are about answers of the DNS that must not be believed, or that
// not everybody gets. They come before the rules that take the DNS at its word.
func resolverRules() []rule {
	notFound := []string{
		"dns.servfail", "dns.timeout", "dns.no-such-domain", "dns.no-mx", "dns.host-not-found", "dns.srv-target-missing",
		"dns.mx-target-missing", "discovery.*", "run.incomplete",
	}
	return []rule{
		{
			id: "dns.dnssec-bogus", looksFor: "the DNSSEC signatures of a domain are not valid",
			severity: mail.Critical, weighed: true, owner: mail.OwnerAdmin, confidence: mail.Certain,
			references: []string{"RFC 4035 section 5.5", "RFC 8914 section 4"},
			words: words{
				title:  "The DNSSEC signatures of {name} are not valid",
				detail: "Resolvers that check signatures treat the name as if it did not exist; others still find it, so that mail works for some and fails for others.[ The resolver says: {reason}.]",
				fix:    "Have the host of the DNS zone check that the DS record at the registry fits the zone's key and that the signatures are renewed in time.",
			},
			headline: "The settings for {who} could not be found: the DNSSEC signatures of {name} are not valid.",
			silences: []silence{{notFound, sameServers}},
			check:    (*index).findBogus,
		},
		{
			id: "dns.filtered", looksFor: "a resolver blocks a name on purpose",
			severity: mail.Error, weighed: true, owner: mail.OwnerNetwork, confidence: mail.Certain,
			references: []string{"RFC 8914 section 4.16"},
			words: words{
				title:  "The DNS resolver of this network blocks {names}",
				detail: "It does not give the real answer[: {reason}]. The name works elsewhere, so the mail servers may be in order.",
				fix:    "Ask whoever runs the network or its filter ({resolvers}) to allow the name, or use another resolver; --resolver shows whether that helps.",
			},
			variants: map[string]words{"sinkhole": {
				title:  "{names} {names:leads|lead} to an address that filters use instead of the real one ({addresses})",
				detail: "No server can be reached there. Either the resolver of this network blocks {names}, or the zone says so itself.",
			}},
			headline: "The DNS resolver of this network blocks {names}.",
			silences: []silence{{append(notFound[:len(notFound):len(notFound)], "server.*"), sameServers}},
			check:    (*index).findFiltered,
		},
		{
			id: "dns.hijacked", looksFor: "the resolver invents answers for names that do not exist",
			severity: mail.Warning, owner: mail.OwnerNetwork, confidence: mail.Certain,
			references: []string{"RFC 8020 section 2", "RFC 6761 section 6.4"},
			words: words{
				title:  "The DNS resolver of this network invents addresses for names that do not exist",
				detail: "{name}, which nobody can have, leads to {addresses} here. A mistyped server name then looks like a server that is broken; names that were only guessed are not believed.",
				fix:    "Switch off the search help of the internet provider or router that does this, or use another resolver; --resolver shows whether that helps.",
			},
			silences: []silence{{[]string{"dns.wildcard"}, everything}},
			check:    (*index).findHijacked,
		},
		{
			id: "dns.wildcard", looksFor: "every name below the domain exists, so that none can be guessed",
			severity: mail.Notice, owner: mail.OwnerAdmin, confidence: mail.Certain,
			references: []string{"RFC 4592 section 2"},
			words: words{
				title:  "Every name below {domain} exists (a wildcard), so that servers cannot be guessed",
				detail: "A name that resolves says nothing there: mail programs that try usual names end up at a server that is no mail server.",
				fix:    "Remove the wildcard record if it is not needed, or publish the mail servers with SRV records.",
			},
			check: (*index).findWildcard,
		},
		resolversDifferRule(notFound), resolverSilentRule(),
		unansweredSRVRule(),
	}
}

// findBogus looks for a domain, or the hosts of servers, that fail validation.
func (x *index) findBogus() []hit {
	if o, ok := x.dns("mx", x.Target.Domain); ok && isBogus(o) {
		hits := x.domainHit(o.ID)
		hits[0].severity, hits[0].confidence = mail.Critical, sureness(o)
		hits[0].params = params{"name": x.Target.DisplayDomain(), "reason": bogusReason(o)}
		return hits
	}
	var hits []hit
	for _, h := range grouped(x.serversWhere(func(s *server) bool { return !s.connected() && len(x.bogusAnswers(s.endpoint.Host)) > 0 }), byHost) {
		answers := x.bogusAnswers(h.servers[0].endpoint.Host)
		h.evidence, h.confidence = ids(answers), sureness(answers[0])
		h.params = params{"name": mail.DisplayName(h.servers[0].endpoint.Host), "reason": bogusReason(answers[0])}
		hits = append(hits, h)
	}
	return hits
}

func isBogus(o mail.Observation) bool { return o.DNSFacts != nil && o.Bogus }

func (x *index) bogusAnswers(host string) []mail.Observation {
	return slices.DeleteFunc(x.addressAnswers(host), func(o mail.Observation) bool { return !isBogus(o) })
}

// addressAnswers gives what was answered to the questions for a host's addresses.
func (x *index) addressAnswers(host string) []mail.Observation {
	var found []mail.Observation
	for _, qtype := range []string{"a", "aaaa"} {
		if o, ok := x.dns(qtype, host); ok && o.DNSFacts != nil {
			found = append(found, o)
		}
	}
	return found
}

// sureness tells what a resolver says from what is concluded from its answering
// with checking disabled only.
func sureness(o mail.Observation) mail.Confidence {
	if len(o.ExtendedErrors) > 0 {
		return mail.Certain
	}
	return mail.Likely
}

// bogusReason gives the words for the first extended error that is a reason.
func bogusReason(o mail.Observation) string {
	return explained(o, map[uint16]string{
		7: "the signatures have expired", 8: "the signatures are not valid yet", 9: "no key of the zone fits the DS record",
		10: "signatures are missing", 11: "the zone's key is not marked as one", 12: "the proof that a name does not exist is missing",
	})
}

// explained gives the words for the first extended error that has any, "" without.
func explained(o mail.Observation, words map[uint16]string) string {
	if o.DNSFacts == nil {
		return ""
	}
	for _, code := range o.ExtendedErrors {
		if text, ok := words[code]; ok {
			return text
		}
	}
	return ""
}

// lameReason gives the words for an extended error that blames the zone's name
// servers (RFC 8914 sections 4.23 and 4.24).
func lameReason(o mail.Observation) string {
	return explained(o, map[uint16]string{
		22: "none of the zone's name servers answers it", 23: "an error on the way to the zone's name servers",
	})
}

// findFiltered makes one finding of all names that are blocked in the same way.
func (x *index) findFiltered() []hit {
	said, sinks := x.hitOfNames(func(o mail.Observation) bool { return filterReason(o) != "" }),
		x.hitOfNames(func(o mail.Observation) bool { return filterReason(o) == "" && len(sinkholes(o)) > 0 })
	for i, h := range said {
		o := x.byID[h.evidence[0]]
		said[i].params["reason"] = filterReason(o)
	}
	for i, h := range sinks {
		sinks[i].variant, sinks[i].confidence = "sinkhole", mail.Possible
		sinks[i].params["addresses"] = sinkholes(x.byID[h.evidence[0]])
	}
	return append(said, sinks...)
}

// hitOfNames makes one hit of the names whose answers match: those that the
// run is about, in the order of the questions.
func (x *index) hitOfNames(match func(mail.Observation) bool) []hit {
	var names, resolvers []string
	var answers []mail.Observation
	for _, o := range x.ofKind(mail.KindDNS) {
		if o.DNSFacts != nil && match(o) {
			names, resolvers, answers = append(names, o.Name), append(resolvers, o.Resolver), append(answers, o)
		}
	}
	if len(answers) == 0 {
		return nil
	}
	h := hit{subject: distinct(names)[0], evidence: ids(answers), severity: mail.Notice}
	h.servers = x.serversWhere(func(s *server) bool { return slices.Contains(names, s.endpoint.Host) && s.session == nil })
	if len(h.servers) > 0 {
		h.severity = "" // weighed
	}
	if slices.Contains(names, x.Target.Domain) && failureClass(answers[slices.Index(names, x.Target.Domain)]) != "" {
		h.subject, h.severity = x.subject(), mail.Critical
	}
	shown := distinct(names)
	for i, name := range shown {
		shown[i] = mail.DisplayName(name)
	}
	h.params = params{"names": shown, "resolvers": distinct(resolvers)}
	return []hit{h}
}

// filterReason gives the words for an extended error that says that an answer
// is withheld or forged on purpose (RFC 8914 sections 4.5 and 4.16 to 4.19).
func filterReason(o mail.Observation) string {
	return explained(o, map[uint16]string{
		4: "the answer is forged", 15: "whoever runs the resolver has blocked it", 16: "a law or an order has it censored",
		17: "a filter that the customer asked for leaves it out", 18: "the resolver does not serve this computer",
	})
}

// sinkholes gives the addresses in an answer at which filters let names end.
func sinkholes(o mail.Observation) []string {
	if o.Type != "A" && o.Type != "AAAA" {
		return nil
	}
	blockPages := []netip.Prefix{
		netip.MustParsePrefix("146.112.61.0/24"),  // Cisco Umbrella, which was OpenDNS
		netip.MustParsePrefix("208.91.112.55/32"), // FortiGuard
	}
	var found []string
	for _, record := range o.Records {
		addr, err := netip.ParseAddr(record)
		onPage := func(p netip.Prefix) bool { return p.Contains(addr) }
		if err == nil && (addr.IsUnspecified() || slices.ContainsFunc(blockPages, onPage)) {
			found = append(found, record)
		}
	}
	return found
}

// invented gives the answers with records for a random name below a domain.
func (x *index) invented(domain string) []mail.Observation {
	return slices.DeleteFunc(x.ofKind(mail.KindDNS), func(o mail.Observation) bool {
		return o.DNSFacts == nil || len(o.Records) == 0 || !strings.HasPrefix(o.Name, "mailmedic-") || !strings.HasSuffix(o.Name, "."+domain)
	})
}

func (x *index) findHijacked() []hit {
	proof := x.invented("invalid")
	if len(proof) == 0 {
		return nil
	}
	hits := x.domainHit(ids(proof)...)
	hits[0].params = params{"name": proof[0].Name, "addresses": distinct(proof[0].Records)}
	return hits
}

// findWildcard says so only where guesses would have been of use.
func (x *index) findWildcard() []hit {
	proof := x.invented(x.Target.Domain)
	if len(proof) == 0 || len(x.published()) > 0 {
		return nil
	}
	return x.domainHit(ids(proof)...)
}

// triedResolvers gives what became of the resolvers where none answered, as the
// first such failure tells it.
func triedResolvers(questions []mail.Observation) string {
	for _, o := range questions {
		if failureClass(o) == mail.DNSTimeout {
			if _, tried, ok := strings.Cut(o.Failure.Detail, "no resolver answered ("); ok {
				return strings.TrimSuffix(tried, ")")
			}
		}
	}
	return ""
}
