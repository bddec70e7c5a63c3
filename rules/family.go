package rules

import (
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// familyRules are about servers that only the other address family leads to:
// nothing is known of them, good or bad.
func familyRules() []rule {
	return []rule{
		{
			id: "net.no-ipv6", looksFor: "a server has only IPv6 addresses, and this network has no IPv6",
			severity: mail.Error, weighed: true, owner: mail.OwnerNetwork, confidence: mail.Likely,
			references: []string{"RFC 4291", "RFC 6724 section 2"},
			words: words{
				title:  "{hosts} could not be tested: there are only IPv6 addresses, and this network has no IPv6",
				detail: "There is no way from here to any IPv6 address. Mail programs in this network cannot {task} mail either; whether the servers work elsewhere is not known.",
				fix:    "Run again from a network that has IPv6. As long as there are networks without, the servers need an IPv4 address (an A record) too.",
			},
			headline: "The servers of {domain} could not be tested: they have only IPv6 addresses, and this network has no IPv6.",
			silences: []silence{{[]string{"run.incomplete"}, sameServers}},
			check: func(x *index) []hit {
				return grouped(x.serversWhere(func(s *server) bool { return s.noRoute }), anyKey)
			},
		},
		{
			id: "policy.family-off", looksFor: "a server has no address of the family that the run was held to",
			severity: mail.Warning, owner: mail.OwnerUser, confidence: mail.Certain,
			references: []string{"RFC 6724 section 2"},
			words: words{
				title:  "{hosts} {hosts:was|were} not asked: -4 or -6 rules the only addresses out",
				detail: "Nothing is known about {ports:port|ports} {ports} there, good or bad.",
				fix:    "Run again without -4 and -6.",
			},
			check: func(x *index) []hit {
				return grouped(x.serversWhere((*server).familyOff), anyKey)
			},
		},
	}
}

// familyOff reports whether the user switched off the address family of s.
func (s *server) familyOff() bool {
	if !s.failedAt(mail.KindDial, mail.PolicyRefused) {
		return false
	}
	detail := s.fault.observation.Failure.Detail
	return strings.HasPrefix(detail, "only IPv") || strings.HasSuffix(detail, "switched off")
}

// markUnroutable marks the servers that have only IPv6 addresses where no IPv6
// address has a route.
func (x *index) markUnroutable() {
	routed := func(o mail.Observation) bool { return isIPv6(o) && failureClass(o) != mail.Unreachable }
	if slices.ContainsFunc(x.ofKind(mail.KindDial), routed) {
		return
	}
	for _, s := range x.servers {
		s.noRoute = s.failedAt(mail.KindDial, mail.Unreachable) &&
			!slices.ContainsFunc(s.dials, func(o mail.Observation) bool { return !isIPv6(o) })
	}
}
