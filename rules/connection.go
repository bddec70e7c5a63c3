package rules

import (
	"slices"

	"github.com/mailmedic/mailmedic/mail"
)

// serverRules are about connections that are not made, or break.
func serverRules() []rule {
	return []rule{
		{
			id: "server.refused", looksFor: "nothing listens on a published port",
			severity: mail.Error, weighed: true, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 9293 section 3.5.3", "RFC 8314 section 3"},
			words: words{
				title:  "{host} refuses connections on {ports:port|ports} {ports}",
				detail: "The host is there, but no {protocols} service listens on {ports:that port|those ports}. Mail programs that are set so cannot {task} mail.",
				fix:    "Start the service on {ports:that port|those ports}, or correct the published settings.[ In the mail program use port {open}, which does answer.]",
			},
			check: (*index).findRefused,
		},
		{
			id: "server.timeout", looksFor: "a server does not answer at all",
			severity: mail.Error, weighed: true, owner: mail.OwnerProvider, confidence: mail.Likely,
			references: []string{"RFC 9293 section 3.8.3"},
			words: words{
				title:  "{host} does not answer on {ports:port|ports} {ports}",
				detail: "Connections are neither accepted nor refused: the server is down, or a firewall in between drops the packets. Mail programs wait for a long time and then fail to {task} mail.",
				fix:    "Check that the server runs and that its firewall lets {ports:port|ports} {ports} through.[ In the mail program use port {open}, which does answer.] If it works from another network, such as a phone's hotspot, this network is what drops them.",
			},
			variants: map[string]words{"alone": {
				detail: "Connections are neither accepted nor refused: the server is down, or its firewall drops what comes from here. Other mail servers answer there ({controls}), so it is not this network. Mail programs wait for a long time and then fail to {task} mail.",
				fix:    "Check that the server runs and that its firewall lets {ports:port|ports} {ports} through, also from this network.[ In the mail program use port {open}, which does answer.]",
			}},
			check: (*index).findSilent,
		},
		{
			id: "server.unreachable", looksFor: "there is no way to a server",
			severity: mail.Error, weighed: true, owner: mail.OwnerProvider, confidence: mail.Likely,
			references: []string{"RFC 792", "RFC 4443 section 3.1"},
			words: words{
				title:  "There is no way to {host}: the network reports it as unreachable",
				detail: "The name is known, but packets do not get to the server, so mail programs cannot {task} mail.",
				fix:    "Check that the server is up and that its address in the DNS is right. If the host has only an IPv6 address, this network may lack IPv6.",
			},
			check: func(x *index) []hit {
				return grouped(x.serversWhere(func(s *server) bool { return s.failedAt(mail.KindDial, mail.Unreachable) && !s.noRoute }), byHost)
			},
		},
		{
			id: "server.reset", looksFor: "a connection is cut off by a reset",
			severity: mail.Error, weighed: true, owner: mail.OwnerProvider, confidence: mail.Likely,
			references: []string{"RFC 9293 section 3.5.2"},
			words: words{
				title:  "{host} cuts connections to {ports:port|ports} {ports} off",
				detail: "The connection is made and reset before anybody can sign in. A security product in between, a block of this address, or a crashing service does that.",
				fix:    "Look into the server's log for this moment. Test from another network: if it works there, a firewall, VPN or antivirus program here is the cause.",
			},
			check: func(x *index) []hit {
				return grouped(x.serversWhere(func(s *server) bool {
					return s.failedAt(mail.KindDial, mail.Reset) || s.failedAt(mail.KindSession, mail.Reset)
				}), byHost)
			},
		},
		{
			id: "server.closed", looksFor: "a server ends the conversation without a word",
			severity: mail.Error, weighed: true, owner: mail.OwnerProvider, confidence: mail.Likely,
			references: []string{"RFC 5321 section 3.8", "RFC 9051 section 7.1.5"},
			words: words{
				title:  "{host} closes connections to {ports:port|ports} {ports} too early",
				detail: "The connection is accepted and ended before the mail program can sign in.",
				fix:    "Look into the server's log for this moment: the service may crash, have reached a limit, or have this address on a block list.",
			},
			check: faults(mail.KindSession, mail.Closed),
		},
		{
			id: "server.stalled", looksFor: "a server stops answering in the middle of the conversation",
			severity: mail.Error, weighed: true, owner: mail.OwnerProvider, confidence: mail.Likely,
			references: []string{"RFC 5321 section 4.5.3.2"},
			words: words{
				title:  "{host} stops answering in the middle of the conversation ({ports:port|ports} {ports})",
				detail: "The connection is made, then answers stay away. Mail programs hang and give up.",
				fix:    "Check the load of the server and what stands behind it. If it works from another network, look for a broken path here: a VPN or a wrong packet size (MTU).",
			},
			check: faults(mail.KindSession, mail.Timeout),
		},
		{
			id: "policy.private-refused", looksFor: "a server has a private address, and those were not to be asked",
			severity: mail.Warning, owner: mail.OwnerAdmin, confidence: mail.Certain,
			references: []string{"RFC 1918", "RFC 6890"},
			words: words{
				title:  "{host} was not asked, because its address is not a public one",
				detail: "It has a private or local address, and this run was told to leave those alone. From the internet such a server cannot be reached.",
				fix:    "If the server is meant to be inside this network, allow it with --allow-private. If not, correct its address in the DNS.",
			},
			check: func(x *index) []hit {
				return grouped(x.serversWhere(func(s *server) bool { return s.failedAt(mail.KindDial, mail.PolicyRefused) && !s.familyOff() }), byHost)
			},
		},
	}
}

func (x *index) findRefused() []hit {
	return with(faults(mail.KindDial, mail.Refused)(x), func(h hit) params { return params{"open": x.openPorts(h.servers)} })
}

// findSilent tells whether others answer where the servers are silent.
func (x *index) findSilent() []hit {
	hits := faults(mail.KindDial, mail.Timeout)(x)
	for i, h := range hits {
		hits[i].params = params{"open": x.openPorts(h.servers)}
		if way, controls := x.passage(h.servers[0]); way == open {
			hits[i].variant, hits[i].evidence = "alone", seen(controls)
			hits[i].params["controls"] = distinct(hostsOf(controls))
		}
	}
	return hits
}

// openPorts gives the ports that do the work of the servers, on the same host.
func (x *index) openPorts(servers []*server) []string {
	var open []*server
	for _, s := range x.servers {
		same := func(o *server) bool {
			return o.endpoint.Host == s.endpoint.Host && o.endpoint.Protocol == s.endpoint.Protocol && o.endpoint.Port != s.endpoint.Port
		}
		if x.canUse(s) && slices.ContainsFunc(servers, same) {
			open = append(open, s)
		}
	}
	return portsOf(open)
}
