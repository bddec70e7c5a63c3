package rules

import (
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// publishedServerRules are about what is published of single servers.
func publishedServerRules() []rule {
	return append(srvRules(), []rule{{
		id: "discovery.unusual-port", looksFor: "a server is published on an unusual port",
		severity: mail.Notice, owner: mail.OwnerProvider, confidence: mail.Likely,
		references: []string{"RFC 8314 section 3.3", "RFC 8314 section 7.3"},
		words: words{
			title:  "{protocols} of {host} is published on the unusual {ports:port|ports} {ports}",
			detail: "Some providers do that, and it works. Networks of hotels and companies often let only the usual ports through, and mail programs may suggest another one.",
			fix:    "Offer {protocols} on port {usual} too, if that is possible.",
		},
		variants: map[string]words{"other-service": {
			title:  "{protocols} of {host} is published on port {ports}, which is for {owner}",
			detail: "That is most likely a slip: mail programs that follow it meet {owner}.",
			fix:    "Correct the port: for {protocols} with {mode} it is {usual}.",
		}},
		check: (*index).findUnusualPorts,
	}, {
		id: "discovery.network-only", looksFor: "a server lets only its own network in",
		severity: mail.Notice, owner: mail.OwnerUser, confidence: mail.Likely,
		references: []string{"draft-ietf-mailmaint-autoconfig"},
		words: words{
			title:  "{host} takes mail only from the network of the provider",
			detail: "It knows its users by their network and not by a password, so a mail program can {task} mail there only at home with that provider and not on the road.",
			fix:    "Elsewhere use another server of the provider, with a password.",
		},
		check: (*index).findNetworkOnly,
	}, {
		id: "discovery.password-not-possible", looksFor: "what is published knows no sign-in with a password",
		severity: mail.Notice, owner: mail.OwnerUser, confidence: mail.Likely,
		references: []string{"RFC 7628", "draft-ietf-mailmaint-autoconfig"},
		words: words{
			title:  "{hosts} {hosts:is|are} published without a sign-in by password: only OAuth 2.0",
			detail: "Mail programs have to send their users to a web page to sign in; those that know only passwords cannot be used.",
			fix:    "Use a mail program that signs in through the web (OAuth 2.0, \"modern authentication\").",
		},
		check: (*index).findPasswordless,
	}, {
		id: "discovery.incomplete", looksFor: "a source had no time to answer",
		severity: mail.Notice, owner: mail.OwnerUser, confidence: mail.Certain,
		references: []string{"RFC 9110 section 15"},
		words: words{
			title:  "Not every source was heard in the time allowed",
			detail: "{subjects} {subjects:was|were} not answered, so something better may be published there.",
			fix:    "Run again with a longer --timeout.",
		},
		check: (*index).findUnheard,
	}}...)
}

func srvRules() []rule {
	return []rule{{
		id: "discovery.srv-alias", looksFor: "an SRV record names an alias",
		severity: mail.Notice, owner: mail.OwnerAdmin, confidence: mail.Certain,
		references: []string{"RFC 2782"},
		words: words{
			title:  "The SRV {records:record|records} of {domain} {records:leads|lead} to {host}, which is an alias (CNAME)",
			detail: "Most mail programs cope, but the standard forbids it, and some resolvers do not follow. The alias stands for {target}.",
			fix:    "Let the SRV {records:record|records} name {target} if its certificate has that name, or give {host} an address of its own.",
		},
		check: (*index).findSRVAliases,
	}, {
		id: "discovery.srv-outside", looksFor: "SRV records lead out of the domain, and nobody signs them",
		severity: mail.Notice, owner: mail.OwnerAdmin, confidence: mail.Certain,
		references: []string{"RFC 6186 section 6"},
		words: words{
			title:  "The SRV records of {domain} lead to {hosts}, outside the domain, without DNSSEC",
			detail: "Somebody who forges the DNS could name any server so, and mail programs should ask before they send a password there.",
			fix:    "Sign the zone with DNSSEC, or name the same servers in an autoconfig document on the domain's own https server.",
		},
		check: (*index).findSRVOutside,
	}}
}

func (x *index) findSRVAliases() []hit {
	named := slices.DeleteFunc(x.settings(), func(s *server) bool { return len(s.srvRecords()) == 0 || x.aliasOf(s.endpoint.Host) == "" })
	hits := grouped(named, byHost)
	for i, h := range hits {
		var records []string
		for _, s := range h.servers {
			records = append(records, s.srvRecords()...)
		}
		host := h.servers[0].endpoint.Host
		hits[i].subject = host
		hits[i].evidence = x.observed([]string{"a:" + host, "aaaa:" + host})
		hits[i].params = params{"records": distinct(records), "target": mail.DisplayName(x.aliasOf(host))}
	}
	return hits
}

// aliasOf gives the name that an alias stands for, "" for a name that is none.
func (x *index) aliasOf(host string) string {
	for _, qtype := range []string{"a", "aaaa"} {
		if o, ok := x.dns(qtype, host); ok && o.DNSFacts != nil && len(o.Aliases) > 0 {
			return strings.TrimSuffix(o.Aliases[len(o.Aliases)-1], ".")
		}
	}
	return ""
}

// findSRVOutside leaves out what another source vouches for.
func (x *index) findSRVOutside() []hit {
	outside := slices.DeleteFunc(x.published(), func(s *server) bool {
		doubtful := func(c mail.Candidate) bool { return c.Role != mail.MX && c.Trust() == mail.TrustRedirected }
		return len(s.srvRecords()) == 0 || !slices.ContainsFunc(s.candidates, doubtful)
	})
	if len(outside) == 0 {
		return nil
	}
	h := about(outside)
	h.subject = x.subject()
	return []hit{h}
}

// findUnusualPorts compares what is published with the registered ports.
func (x *index) findUnusualPorts() []hit {
	odd := slices.DeleteFunc(x.published(), func(s *server) bool {
		return s.endpoint.Security == mail.None || usual(s.endpoint) || s.namedByUserAlone()
	})
	hits := grouped(odd, func(s *server) string { return s.text })
	for i, h := range hits {
		e := h.servers[0].endpoint
		p := params{"usual": int(mail.DefaultPort(e.Protocol, e.Security))}
		if owner := portOwner(e); owner != "" {
			hits[i].variant, p["owner"] = "other-service", owner
			if !x.canUse(h.servers[0]) {
				hits[i].severity = mail.Warning
			}
		}
		hits[i].params = p
	}
	return hits
}

// namedByUserAlone reports whether nobody publishes s.
func (s *server) namedByUserAlone() bool {
	return !slices.ContainsFunc(s.candidates, func(c mail.Candidate) bool {
		return slices.ContainsFunc(c.Claims, func(claim mail.Claim) bool { return claim.Source != mail.SourceUser })
	})
}

// usual reports whether an endpoint is on a registered port of its service.
// Submission is also offered on port 25, as long ago.
func usual(e mail.Endpoint) bool {
	return slices.ContainsFunc(mail.StandardPorts(), func(p mail.StandardPort) bool {
		return p.Port == e.Port && p.Protocol == e.Protocol && p.Security == e.Security
	})
}

// portOwner names the service whose port an endpoint has, "" for a port of none.
func portOwner(e mail.Endpoint) string {
	for _, p := range mail.StandardPorts() {
		if p.Port == e.Port {
			return protocolName(p.Protocol) + " with " + modeName(p.Security)
		}
	}
	return ""
}

func (x *index) findNetworkOnly() []hit {
	return grouped(slices.DeleteFunc(x.published(), func(s *server) bool {
		return !slices.ContainsFunc(s.auths(), func(auth []string) bool { return slices.Contains(auth, "client-ip-address") })
	}), byHost)
}

// auths gives the ways to sign in that sources list for s, where they list any.
func (s *server) auths() [][]string {
	var lists [][]string
	for _, c := range s.candidates {
		for _, claim := range c.Claims {
			if len(claim.Auth) > 0 {
				lists = append(lists, claim.Auth)
			}
		}
	}
	return lists
}

// findPasswordless leaves out what a server itself said, and providers that are
// known to take no password: both have a finding of their own.
func (x *index) findPasswordless() []hit {
	if x.Provider != nil && x.Provider.OAuthOnly {
		return nil
	}
	tokens := slices.DeleteFunc(x.published(), func(s *server) bool {
		lists := s.auths()
		other := func(auth []string) bool {
			return !slices.ContainsFunc(auth, takesToken) || slices.ContainsFunc(auth, takesPassword)
		}
		return len(lists) == 0 || slices.ContainsFunc(lists, other) || s.offered() != nil
	})
	hits := grouped(tokens, anyKey)
	for i := range hits {
		hits[i].subject = x.subject()
	}
	return hits
}

// findUnheard is for a run that asks no server; where servers are asked, what
// was left out is told with them.
func (x *index) findUnheard() []hit {
	var late []string
	for _, n := range x.NotChecked {
		if n.Why == mail.WhyDeadline && !isEndpoint(n.Subject) {
			late = append(late, n.Subject)
		}
	}
	if len(late) == 0 || x.triedAny() {
		return nil
	}
	hits := x.domainHit()
	hits[0].params = params{"subjects": distinct(late)}
	return hits
}
