package rules

import (
	"slices"
	"strings"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

// addressRules are about hosts with several addresses that do not do the same.
func addressRules() []rule {
	return []rule{
		{
			id: "ipv6.unreachable", looksFor: "a server's IPv6 address does not answer, another one does",
			severity: mail.Warning, owner: mail.OwnerProvider, confidence: mail.Likely,
			references: []string{"RFC 8305 section 5"},
			words: words{
				title:  "{host} also has an IPv6 address that does not answer ({addresses})",
				detail: "Mail programs may wait up to 20 seconds before they try the other address.",
				fix:    "Repair the service on that address or remove the AAAA record. If every IPv6 address fails from here, this network's IPv6 is what is broken.",
			},
			variants: map[string]words{"refused": {
				title:  "{host} also has an IPv6 address that refuses connections ({addresses})",
				detail: "Most mail programs try the other address then, and some do not.",
				fix:    "Let the service listen on that address too, or remove the AAAA record.",
			}},
			check: func(x *index) []hit { return x.findDeadAddress(isIPv6) },
		},
		{
			id: "server.address-dead", looksFor: "one of a server's IPv4 addresses does not answer",
			severity: mail.Warning, owner: mail.OwnerProvider, confidence: mail.Likely,
			references: []string{"RFC 8305 section 5", "RFC 5321 section 5.1"},
			words: words{
				title:  "{host} has several addresses, and {addresses} {addresses:does|do} not answer",
				detail: "Mail programs that choose the dead address wait or fail, so the trouble comes and goes.",
				fix:    "Repair the service on that address or remove its A record.",
			},
			variants: map[string]words{"refused": {
				title:  "{host} has several addresses, and {addresses} {addresses:refuses|refuse} connections",
				detail: "Mail programs that choose that address may fail, so the trouble comes and goes.",
				fix:    "Let the service listen on that address too, or remove its A record.",
			}},
			check: func(x *index) []hit {
				return x.findDeadAddress(func(o mail.Observation) bool { return !isIPv6(o) })
			},
		},
		{
			id: "server.address-certificate", looksFor: "some of a server's addresses have a bad certificate, others a good one",
			severity: mail.Warning, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 9525 section 6.3", "RFC 5280 section 6"},
			words: words{
				title:  "{host} has a bad certificate on one of its addresses only ({addresses})",
				detail: "On the others it is good[ until {until}]. Mail programs that come to the bad one warn or refuse, so the trouble comes and goes ({ports:port|ports} {ports}).[ There: {fault}.]",
				fix:    "Install the good certificate on every machine behind the name, and reload the service there.",
			},
			check: func(x *index) []hit { return x.findOddAddress(mail.Class.Certificate) },
		},
		{
			id: "server.address-broken", looksFor: "a server works on some of its addresses and not on others",
			severity: mail.Warning, owner: mail.OwnerProvider, confidence: mail.Likely,
			references: []string{"RFC 8305 section 5"},
			words: words{
				title:  "{host} does not work on one of its addresses ({addresses})",
				detail: "That address takes connections, and then something goes wrong that does not go wrong on the others, so the trouble comes and goes ({ports:port|ports} {ports}).[ There: {fault}.]",
				fix:    "Look into the log of the machine with that address, and give it the configuration of the others.",
			},
			check: func(x *index) []hit {
				return x.findOddAddress(func(c mail.Class) bool { return !c.Certificate() })
			},
		},
		{
			id: "server.many-addresses", looksFor: "a server has more addresses than are asked",
			severity: mail.Notice, owner: mail.OwnerUser, confidence: mail.Certain,
			references: []string{"RFC 8305 section 4"},
			words: words{
				title:  "{host} has more addresses than were asked",
				detail: "What is said of it holds for the addresses that were asked. These were not: {addresses}.",
				fix:    "Nothing, as a rule. To ask one of them, name it: mailmedic probe {probe}; its certificate is then not for that name.",
			},
			check: (*index).findManyAddresses,
		},
	}
}

// An addressed is one address of a server, and what stopped the server there: nil
// where nothing did.
type addressed struct {
	address string
	fault   *fault
}

// separate leaves to a server what was seen at the address that its session is
// with, and puts aside what was seen at its other addresses.
func (s *server) separate() {
	if s.session == nil || s.session.Address == "" {
		return
	}
	var here, elsewhere []mail.Observation
	for _, o := range s.handshakes {
		if o.Address == s.session.Address || o.Address == "" {
			here = append(here, o)
		} else {
			elsewhere = append(elsewhere, o)
		}
	}
	s.handshakes, s.elsewhere = here, append(elsewhere, s.elsewhere...)
}

// atFurtherAddress reports whether a session is one with a further address of a host.
func atFurtherAddress(session mail.Observation) bool { return strings.Contains(session.ID, "#") }

// places gives the addresses of a server to which a connection was made, that
// of its session first.
func (s *server) places() []addressed {
	if s.session == nil || s.session.Address == "" {
		return nil
	}
	list := []addressed{{s.session.Address, s.fault}}
	for _, o := range s.elsewhere { // handshakes, then sessions
		i := slices.IndexFunc(list, func(p addressed) bool { return p.address == o.Address })
		if i < 0 {
			i, list = len(list), append(list, addressed{address: o.Address})
		}
		if list[i].fault == nil && o.Failure != nil && i > 0 {
			list[i].fault = &fault{o.Failure.Class, o}
		}
	}
	return list
}

// tellsOfServer reports whether a fault says something of the server at one
// address: not of this run, and not of its many connections.
func (f *fault) tellsOfServer() bool {
	if f.class == mail.Deadline || f.class == mail.PolicyRefused {
		return false
	}
	facts := f.observation.SessionFacts
	return facts == nil || greetingMeaning(facts.Greeting) != "server.too-many-connections"
}

// findDeadAddress looks for servers that answer on one address and not on
// another. A missing route says nothing of the server: this network may lack IPv6.
func (x *index) findDeadAddress(family func(mail.Observation) bool) []hit {
	var hits []hit
	for _, kind := range []struct {
		class   mail.Class
		variant string
	}{{mail.Timeout, ""}, {mail.Refused, "refused"}} {
		dead := func(o mail.Observation) bool {
			return o.Address != "" && family(o) && failureClass(o) == kind.class
		}
		found := grouped(x.serversWhere(func(s *server) bool { return s.connected() && slices.ContainsFunc(s.dials, dead) }), byHost)
		for _, h := range found {
			var addresses []string
			for _, s := range h.servers {
				for _, o := range s.dials {
					if dead(o) {
						addresses, h.evidence = append(addresses, o.Address), append(h.evidence, o.ID)
					}
				}
			}
			h.variant, h.params = kind.variant, params{"addresses": distinct(addresses)}
			if kind.class == mail.Refused {
				h.confidence = mail.Certain
			}
			hits = append(hits, h)
		}
	}
	return hits
}

// findOddAddress looks for servers that work on one address and are stopped on
// another for a reason of the given classes.
func (x *index) findOddAddress(class func(mail.Class) bool) []hit {
	odd := func(p addressed) bool { return p.fault != nil && p.fault.tellsOfServer() && class(p.fault.class) }
	good := func(p addressed) bool { return p.fault == nil }
	hits := grouped(x.serversWhere(func(s *server) bool {
		places := s.places()
		return slices.ContainsFunc(places, odd) && slices.ContainsFunc(places, good)
	}), byHost)
	for i, h := range hits {
		var addresses []string
		var first *fault
		for _, s := range h.servers {
			for _, p := range s.places() {
				if !odd(p) {
					continue
				}
				addresses, hits[i].evidence = append(addresses, p.address), append(hits[i].evidence, p.fault.observation.ID)
				if first == nil {
					first = p.fault
				}
			}
		}
		hits[i].params = params{"addresses": distinct(addresses), "fault": said(strings.TrimRight(first.observation.Failure.Detail, "."))}
		if until, ok := h.servers[0].goodUntil(); ok {
			hits[i].params["until"] = until
		}
	}
	return hits
}

// goodUntil gives the end of a good certificate at one of the addresses of a server.
func (s *server) goodUntil() (time.Time, bool) {
	for _, o := range s.everywhere() {
		if o.TLSFacts != nil && o.Failure == nil && len(o.Certificates) > 0 {
			return o.Certificates[0].NotAfter, true
		}
	}
	return time.Time{}, false
}

// findManyAddresses looks for addresses that were left out for their number.
func (x *index) findManyAddresses() []hit {
	left := func(s *server) []string {
		var addresses []string
		for _, n := range x.NotChecked {
			if address, ok := strings.CutPrefix(n.Subject, s.text+"#"); ok && n.Why == mail.WhyPolicy {
				addresses = append(addresses, address)
			}
		}
		return addresses
	}
	return with(grouped(x.serversWhere(func(s *server) bool { return len(left(s)) > 0 }), byHost), func(h hit) params {
		var addresses []string
		for _, s := range h.servers {
			addresses = append(addresses, left(s)...)
		}
		addresses = distinct(addresses)
		one := h.servers[0].endpoint
		one.Host = addresses[0]
		return params{"addresses": addresses, "probe": one.String()}
	})
}
