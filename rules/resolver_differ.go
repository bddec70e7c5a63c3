package rules

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// resolversDifferRule is about questions that were put to several resolvers.
func resolversDifferRule(notFound []string) rule {
	return rule{
		id: "dns.resolvers-differ", looksFor: "two resolvers answer the same question differently",
		severity: mail.Warning, owner: mail.OwnerNetwork, confidence: mail.Likely,
		references: []string{"RFC 9499 section 6"},
		words: words{
			title:  "The resolvers disagree about {name} ({types})",
			detail: "{first} says \"{here}\", {second} says \"{there}\". Programs believe the one that they ask.",
			fix:    "Find out which answer is meant: the name servers of the zone know. A company network may have its own on purpose; else its resolver filters or is out of date, and whoever runs it can tell.",
		},
		variants: map[string]words{"addresses": {
			title:  "The resolvers give different addresses for {name}",
			detail: "{first} says \"{here}\", {second} says \"{there}\". Large providers send users to a server nearby, so that this may be meant.",
			fix:    "Nothing is to be done unless connections to the host fail; then test with each resolver alone.",
		}},
		headline: "The DNS resolver of this network gives another answer about {name} than others.",
		silences: []silence{{notFound, sameServers}},
		check:    (*index).findResolversDiffer,
	}
}

// resolverSilentRule is about a further resolver that cannot be compared with.
func resolverSilentRule() rule {
	return rule{
		id: "dns.resolver-silent", looksFor: "a resolver to compare with answers nothing",
		severity: mail.Warning, owner: mail.OwnerNetwork, confidence: mail.Certain,
		references: []string{"RFC 9499 section 6"},
		words: words{
			title:  "The resolver {resolver} does not answer",
			detail: "It answered none of {n} {n:question|questions}, so that nothing was compared with it.",
			fix:    "Check the address of the resolver. It may be down, serve its own network only, or the network here lets nobody ask other resolvers.",
		},
		check: (*index).findSilentResolvers,
	}
}

// findSilentResolvers counts only questions that another resolver answered: else
// the network may be to blame, or the question.
func (x *index) findSilentResolvers() []hit {
	var resolvers []string
	asked, answered := map[string][]string{}, map[string]bool{}
	for _, o := range x.further {
		resolvers = appendNew(resolvers, o.Resolver)
		first, ok := x.byID[strings.TrimSuffix(o.ID, "@"+o.Resolver)]
		switch {
		case !silentAnswer(o):
			answered[o.Resolver] = true
		case ok && !silentAnswer(first) && failureClass(o) != mail.Deadline:
			asked[o.Resolver] = append(asked[o.Resolver], o.ID)
		}
	}
	var hits []hit
	for _, resolver := range resolvers {
		if ids := asked[resolver]; len(ids) > 0 && !answered[resolver] {
			hits = append(hits, hit{
				subject: resolver, evidence: ids[:min(len(ids), maxList)],
				params: params{"resolver": said(resolver), "n": len(ids)},
			})
		}
	}
	return hits
}

// isFurther reports whether o is what a further resolver says to a question
// that another has answered.
func isFurther(o mail.Observation) bool {
	return o.Kind == mail.KindDNS && o.DNSFacts != nil && o.Resolver != "" && strings.HasSuffix(o.ID, "@"+o.Resolver)
}

// findResolversDiffer makes one hit of each name, of the pair of answers that
// tells most.
func (x *index) findResolversDiffer() []hit {
	var hits []hit
	for _, second := range x.further {
		first, ok := x.byID[strings.TrimSuffix(second.ID, "@"+second.Resolver)]
		if !ok || first.DNSFacts == nil {
			continue
		}
		kind := compareAnswers(first, second)
		if kind == sameAnswer {
			continue
		}
		h := x.differ(first, second, kind)
		i := slices.IndexFunc(hits, func(known hit) bool { return known.subject == h.subject })
		if i < 0 {
			hits = append(hits, h)
			continue
		}
		worse := h.severity.Rank() < hits[i].severity.Rank()
		types := append(hits[i].params["types"].([]string), first.Type)
		evidence := append(hits[i].evidence, first.ID, second.ID)
		if worse {
			hits[i] = h
		}
		hits[i].params["types"], hits[i].evidence = distinct(types), distinct(evidence)
	}
	return hits
}

// A difference says how two answers to one question differ.
type difference int

const (
	sameAnswer       difference = iota // or one of them says nothing
	otherAddresses                     // both have public addresses, others
	otherRecords                       // both have records, others
	missingHere                        // only the second has any
	missingOverThere                   // only the first has any
)

func compareAnswers(first, second mail.Observation) difference {
	here, there := first.Records, second.Records
	switch {
	case silentAnswer(first) || silentAnswer(second), len(here)+len(there) == 0, slices.Equal(plainRecords(first), plainRecords(second)):
		return sameAnswer
	case len(here) == 0:
		return missingHere
	case len(there) == 0:
		return missingOverThere
	case allPublic(here) && allPublic(there):
		return otherAddresses
	default:
		return otherRecords
	}
}

// silentAnswer reports whether nobody said anything about the name.
func silentAnswer(o mail.Observation) bool {
	switch failureClass(o) {
	case "", mail.DNSNXDomain, mail.DNSNoData, mail.DNSServFail:
		return false
	default:
		return true
	}
}

// plainRecords gives the records without what does not matter: order, and the
// case of names.
func plainRecords(o mail.Observation) []string {
	list := slices.Clone(o.Records)
	if o.Type != "TXT" {
		for i := range list {
			list[i] = strings.ToLower(list[i])
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// allPublic reports whether records are addresses that anybody may have.
func allPublic(records []string) bool {
	return !slices.ContainsFunc(records, func(record string) bool {
		addr, err := netip.ParseAddr(record)
		return err != nil || addr.IsPrivate() || addr.IsLoopback() || addr.IsUnspecified() || addr.IsLinkLocalUnicast()
	})
}

// differ makes the hit. A name that only this network does not find is as bad
// as one that does not exist, and explains the same.
func (x *index) differ(first, second mail.Observation, kind difference) hit {
	h := hit{subject: first.Name, evidence: []string{first.ID, second.ID}, severity: mail.Warning}
	switch kind {
	case otherAddresses:
		h.variant, h.severity = "addresses", mail.Notice
	case missingHere:
		h.servers = x.serversWhere(func(s *server) bool { return s.endpoint.Host == first.Name && !s.connected() })
		if len(h.servers) > 0 && x.hasAddress(first.Name) != mail.Yes {
			h.severity = x.weigh(h.servers)
		}
		if first.Name == x.Target.Domain && first.Type == "MX" {
			h.severity = mail.Critical
		}
	case sameAnswer, otherRecords, missingOverThere:
	}
	h.params = params{
		"name": mail.DisplayName(first.Name), "types": []string{first.Type},
		"first": said(first.Resolver), "here": answerWords(first), "second": said(second.Resolver), "there": answerWords(second),
	}
	return h
}

// answerWords gives what a resolver says of a name.
func answerWords(o mail.Observation) said {
	switch failureClass(o) {
	case mail.DNSNXDomain:
		return "no such name"
	case mail.DNSNoData:
		return said("no " + o.Type + " record")
	case mail.DNSServFail:
		if o.Bogus {
			return "an error, since the DNSSEC signatures are not valid"
		}
		return "an error (SERVFAIL)"
	default:
		return said(strings.Join(o.Records, ", "))
	}
}
