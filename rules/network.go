package rules

import "github.com/mailmedic/mailmedic/mail"

// networkRules are about the way from this computer to the servers.
func networkRules() []rule {
	unreached := []string{"server.timeout", "server.refused", "server.reset", "server.unreachable"}
	return []rule{
		{
			id: "net.no-dns", looksFor: "no name server answers this computer",
			severity: mail.Critical, owner: mail.OwnerNetwork, confidence: mail.Certain,
			references: []string{"RFC 1035 section 7"},
			words: words{
				title:  "This computer has no working DNS",
				detail: "No name could be looked up, so no mail server was reached. Nothing is known about the mail service itself.[ What was tried: {tried}.]",
				fix:    "Connect this computer to the network and open any web page. If that fails too, check the DNS server in the network settings[ ({resolvers} did not help)], and switch a VPN or security program off for a test.",
			},
			headline: "Nothing could be tested: this computer has no working DNS.",
			silences: []silence{{[]string{"*"}, everything}},
			check:    (*index).findNoDNS,
		},
		{
			id: "net.offline", looksFor: "no connection gets out of this computer",
			severity: mail.Critical, owner: mail.OwnerNetwork, confidence: mail.Certain,
			references: []string{"RFC 1122 section 3.2.2.1"},
			words: words{
				title:  "This computer has no network connection",
				detail: "No server could be reached, whatever its address. Nothing is known about the mail service itself.",
				fix:    "Connect this computer to the network and open any web page; then check the VPN, if one is on.",
			},
			headline: "Nothing could be tested: this computer has no network connection.",
			silences: []silence{{[]string{"*"}, everything}},
			check:    (*index).findOffline,
		},
		{
			id: "net.mail-blocked", looksFor: "every mail port is silent while the web works",
			severity: mail.Critical, owner: mail.OwnerNetwork, confidence: mail.Likely,
			references: []string{"RFC 8314 section 3.3"},
			words: words{
				title:  "This network seems to block mail: no mail server answers, web servers do",
				detail: "{hosts} {hosts:does|do} not answer on {ports:port|ports} {ports}. A firewall or a guest network drops the connections, so mail programs here wait and then give up.",
				fix:    "Test from another network, such as a phone's hotspot. If mail works there, ask who runs this network to open ports 993, 995, 465 and 587. If it fails there too, the provider's servers are down.",
			},
			variants: map[string]words{"control": {
				title:  "This network {blocks} mail: no mail server can be reached, whoever runs it",
				detail: "{hosts} {hosts:does|do} not answer on {ports:port|ports} {ports}, and neither {controls:does|do} {controls}, which others run[ and which {controls:is|are} {known}]. So nothing is known about the servers themselves.[ But {single} may be down as well: --control-host takes others to compare with.]",
				fix:    "Use another network, such as a phone's hotspot, or ask who runs this one to open ports 993, 995, 465 and 587. Look for a VPN or a security program on this computer that filters mail, too.",
			}},
			headline: "Nothing could be tested: this network seems to block mail.",
			silences: []silence{{unreached, sameServers}, {[]string{"net.port-25-blocked", "mx.*", "discovery.no-*", "run.incomplete"}, everything}},
			check:    findBlock("net.mail-blocked"),
		},
		{
			id: "net.smtp-blocked", looksFor: "every SMTP port is silent while other mail ports answer",
			severity: mail.Critical, owner: mail.OwnerNetwork, confidence: mail.Likely,
			references: []string{"RFC 8314 section 3.3", "RFC 5068 section 3.1"},
			words: words{
				title:  "This network seems to block sending: no SMTP server answers, servers for receiving do",
				detail: "{hosts} {hosts:does|do} not answer on {ports:port|ports} {ports}, so mail can be read here but not sent.",
				fix:    "Test from another network, such as a phone's hotspot. If sending works there, ask who runs this network to open ports 465 and 587, and look for a VPN, router or security program that filters SMTP. If it fails there too, the provider's SMTP servers are down.",
			},
			variants: map[string]words{"control": {
				title:  "This network {blocks} sending: no SMTP server can be reached, whoever runs it",
				detail: "{hosts} {hosts:does|do} not answer on {ports:port|ports} {ports}, and neither {controls:does|do} {controls}, which others run[ and which {controls:is|are} {known}]. So nothing is known about the servers themselves.[ But {single} may be down as well: --control-host takes others to compare with.]",
				fix:    "Send from another network, such as a phone's hotspot, or ask who runs this one to open ports 465 and 587. Look for a VPN, router or security program that filters SMTP, too.",
			}},
			silences: []silence{
				{unreached, sameServers},
				{[]string{"net.port-25-blocked", "mx.unreachable", "discovery.no-outgoing", "run.incomplete"}, everything},
			},
			check: findBlock("net.smtp-blocked"),
		},
		{
			id: "net.port-blocked", looksFor: "a port is closed to every server, whoever runs it",
			severity: mail.Error, weighed: true, owner: mail.OwnerNetwork, confidence: mail.Certain,
			references: []string{"RFC 8314 section 3.3"},
			words: words{
				title:  "This network {blocks} {ports:port|ports} {ports}: {hosts} cannot be reached there",
				detail: "Neither {controls:does|do} {controls} answer there, which others run[ and which {controls:is|are} {known}]. So nothing is known about the {hosts:server itself|servers themselves}.[ But {single} may be down as well: --control-host takes others to compare with.]",
				fix:    "[In the mail program use port {open}, which does answer. ]Ask who runs this network to open {ports:port|ports} {ports}, or use another one, such as a phone's hotspot.",
			},
			silences: []silence{{unreached, sameServers}, {[]string{"run.incomplete"}, sameServers}},
			check:    findBlock("net.port-blocked"),
		},
		{
			id: "net.port-25-blocked", looksFor: "port 25 is closed to every server, whoever runs it",
			severity: mail.Notice, owner: mail.OwnerNetwork, confidence: mail.Certain,
			references: []string{"RFC 5068 section 3.1", "RFC 8314 section 3.3"},
			words: words{
				title:  "This network {blocks} port 25, as most networks of homes and offices do",
				detail: "{hosts} cannot be reached there, and {controls} cannot either, so this says nothing about the {hosts:server|servers}.[ But {single} may be down as well: --control-host takes others to compare with.] Mail programs do not use port 25.",
				fix:    "Nothing: mail programs send on port 465 or 587. Only a mail server that stands in this network needs port 25; the internet provider can open it.",
			},
			variants: map[string]words{"needed": {
				title:  "This network {blocks} port 25: {hosts} cannot be reached there",
				detail: "{controls} cannot be reached there either, so this says nothing about the {hosts:server|servers}.[ But {single} may be down as well: --control-host takes others to compare with.] Most networks of homes and offices block port 25 against spam, and mail programs should not send through it.",
				fix:    "[In the mail program use port {open}, which does answer. ]To send, set port 465 with SSL/TLS or port 587 with STARTTLS. A test of port 25 itself has to run somewhere else.",
			}},
			headline: "Nothing could be tested: this network {blocks} port 25.",
			silences: []silence{{append([]string{"mx.unreachable"}, unreached...), sameServers}, {[]string{"run.incomplete"}, sameServers}},
			check:    findBlock("net.port-25-blocked"),
		},
	}
}

func (x *index) findNoDNS() []hit {
	if !x.noDNS() {
		return nil
	}
	questions := x.ofKind(mail.KindDNS)
	var resolvers []string
	for _, o := range questions {
		if o.DNSFacts != nil && o.Resolver != "" {
			resolvers = append(resolvers, o.Resolver)
		}
	}
	hits := x.domainHit(ids(questions)...)
	hits[0].params = params{"resolvers": distinct(resolvers), "tried": said(triedResolvers(questions))}
	return hits
}

func (x *index) findOffline() []hit {
	if !x.noNetwork() {
		return nil
	}
	return x.domainHit(ids(x.ofKind(mail.KindDial))...)
}

// silent reports whether packets to s vanish.
func silent(s *server) bool { return s.failedAt(mail.KindDial, mail.Timeout) }

// dialed gives the servers, guesses and MX hosts among them, that connections were tried to.
func (x *index) dialed(match func(*server) bool) []*server {
	var found []*server
	for _, s := range x.servers {
		if resolved := s.connected() || s.failedAt(mail.KindDial, mail.Timeout, mail.Refused, mail.Reset, mail.Unreachable); resolved && match(s) {
			found = append(found, s)
		}
	}
	return found
}
