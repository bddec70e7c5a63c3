package rules

import (
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// slowGreeting is the time in milliseconds from which people notice the wait.
const slowGreeting = 5000

// greetingRules are about the first words of a server.
func greetingRules() []rule {
	return []rule{
		{
			id: "server.too-many-connections", looksFor: "a server refuses further connections for now",
			severity: mail.Error, weighed: true, owner: mail.OwnerUser, confidence: mail.Likely,
			references: []string{"RFC 5321 section 3.8", "RFC 3463 section 3.4"},
			words: words{
				title:  "{host} accepts no more connections for now ({ports:port|ports} {ports})",
				detail: "The server limits how many connections it takes from one address or account. mailmedic waited, tried once more, and asked what else is behind that address one after another.[ It said: {said}]",
				fix:    "Close other mail programs and devices that use the account, wait ten minutes and try again. If it goes on, the provider has to look at the server's load.",
			},
			check: func(x *index) []hit {
				return x.findRefusedGreeting(func(s *server) bool { return greetingMeaning(s.greeting()) == "server.too-many-connections" })
			},
		},
		{
			id: "server.address-blocked", looksFor: "a server refuses this network's address",
			severity: mail.Error, weighed: true, owner: mail.OwnerNetwork, confidence: mail.Likely,
			references: []string{"RFC 5321 section 3.1", "RFC 5782"},
			words: words{
				title:  "{host} refuses this network's address ({ports:port|ports} {ports})",
				detail: "The server has the address of this connection on a block list and talks to nobody who comes from it.[ It said: {said}]",
				fix:    "Try from another network. Have who runs this network follow the link or the list that the server names, and look for a computer here that sends spam.",
			},
			check: func(x *index) []hit {
				return x.findRefusedGreeting(func(s *server) bool { return greetingMeaning(s.greeting()) == "server.address-blocked" })
			},
		},
		{
			id: "server.greeting-rejected", looksFor: "a server's first words are a refusal",
			severity: mail.Error, weighed: true, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 5321 section 3.1", "RFC 9051 section 7.1.5", "RFC 7504 section 3"},
			words: words{
				title:  "{host} turns connections to {ports:port|ports} {ports} away",
				detail: "The server answers and refuses service before anybody can sign in, so mail programs cannot {task} mail.[ It said: {said}]",
				fix:    "Find the reason in the server's log: the service may be switched off, under maintenance, or closed to this address.",
			},
			variants: map[string]words{"moment": {
				title: "{host} turns connections to {ports:port|ports} {ports} away for the moment",
				fix:   "Try again in an hour. If it goes on, find the reason in the server's log: maintenance, load, or something behind the service that does not answer.",
			}},
			check: func(x *index) []hit {
				hits := x.findRefusedGreeting(func(s *server) bool { return greetingMeaning(s.greeting()) == "" })
				for i, h := range hits {
					if !slices.ContainsFunc(h.servers, func(s *server) bool { return !forTheMoment(s) }) {
						hits[i].variant = "moment"
					}
				}
				return hits
			},
		},
		{
			id: "server.no-greeting", looksFor: "a server accepts connections and says nothing",
			severity: mail.Error, weighed: true, owner: mail.OwnerProvider, confidence: mail.Likely,
			references: []string{"RFC 5321 section 4.5.3.2.1", "RFC 9051 section 3"},
			words: words{
				title:  "{host} accepts connections on {ports:port|ports} {ports} but never says a word",
				detail: "Mail programs wait for the greeting until they give up. Something listens, but the mail service behind it does not work.",
				fix:    "Restart the {protocols} service, and check the proxy or load balancer in front of it.",
			},
			check: faults(mail.KindSession, mail.GreetingTimeout),
		},
		{
			id: "server.slow-greeting", looksFor: "a server's greeting takes long",
			severity: mail.Notice, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 5321 section 4.5.3.2.1"},
			words: words{
				title:  "{host} takes {seconds} seconds to greet ({ports:port|ports} {ports})",
				detail: "Everything works after that, but mail programs seem slow, and impatient ones give up.",
				fix:    "If the wait is meant against spammers, keep it to port 25. Else look for a reverse DNS lookup or a block list query that times out on the server.",
			},
			check: (*index).findSlowGreeting,
		},
		{
			id: "server.other-protocol", looksFor: "a port answers in another protocol than its setting says",
			severity: mail.Error, weighed: true, owner: mail.OwnerAdmin, confidence: mail.Certain,
			references: []string{"RFC 8314 section 7", "RFC 9051 section 7.1", "RFC 1939 section 4"},
			words: words{
				title:  "{host} speaks {other} on port {ports}, not {protocols}",
				detail: "The port or the protocol of this setting is wrong, so mail programs report a strange answer.",
				fix:    "Correct the setting where it is published. With SSL/TLS, IMAP has port 993, POP3 has 995 and sending has 465.",
			},
			variants: map[string]words{
				"proved": {
					detail: "The port or the protocol of this setting is wrong, so mail programs report a strange answer. Asked in {other}, the port works.",
					fix:    "In the mail program choose {other} for port {ports}[, or port {open} for {protocols}], and correct the setting where it is published.",
				},
				"web": {
					title:  "A web server answers on port {ports} of {host}, not {protocols}",
					detail: "A web server or a proxy in between listens there, so mail programs report a strange answer.",
					fix:    "Correct the setting where it is published.[ In the mail program use port {open}.] In a guest network, open a web page first: its sign-in page may stand in for every server.",
				},
				"portal": {
					title:  "The sign-in page of this network answers in place of {host} (port {ports})",
					detail: "The network sends everybody to a web page first, mail programs too, so they report a strange answer.",
					fix:    "Open a web browser, sign in to the network, and try again.",
				},
			},
			check: func(x *index) []hit {
				hits := x.findForeign(true)
				for i, h := range hits {
					x.explainForeign(&hits[i], h.servers[0])
				}
				return hits
			},
		},
		{
			id: "server.protocol-fault", looksFor: "a server's answers are not what the protocol allows",
			severity: mail.Error, weighed: true, owner: mail.OwnerProvider, confidence: mail.Likely,
			references: []string{"RFC 5321 section 4.2", "RFC 9051 section 2.2.2", "RFC 1939 section 3"},
			words: words{
				title:  "{host} does not speak {protocols} properly on {ports:port|ports} {ports}",
				detail: "Its answers break the rules of the protocol, so mail programs give up.[ It said: {said}]",
				fix:    "Check which service listens on the port, and whether a firewall or antivirus program changes what passes through it.",
			},
			variants: map[string]words{
				"preauth": {
					title:  "{host} takes everybody on port {ports} as signed in already",
					detail: "The server greets with PREAUTH, which makes encryption and sign-in impossible. On a public server this is a grave mistake, or somebody in between pretends to be it.",
					fix:    "Use port 993 with SSL/TLS. The provider must switch the preauthenticated service off.",
				},
				"endless": {
					title:  "{host} sends more than any mail server has to say (port {ports})",
					detail: "One answer of it is longer than 64 KiB or 100 lines, so mailmedic hung up. Mail programs may hang or crash on it.",
				},
				"binary": {
					title:  "What answers on port {ports} of {host} is not a mail server",
					detail: "It speaks first and sends bytes that are no text ({bytes}), so mail programs report a strange answer.",
					fix:    "Check which service listens on the port, and correct the setting where it is published.",
				},
			},
			check: func(x *index) []hit { return x.findForeign(false) },
		},
	}
}

// greeting gives the first words of a server.
func (s *server) greeting() string {
	if s.session == nil || s.session.SessionFacts == nil {
		return ""
	}
	return s.session.Greeting
}

func (x *index) findRefusedGreeting(match func(*server) bool) []hit {
	hits := grouped(x.serversWhere(func(s *server) bool {
		return s.failedAt(mail.KindSession, mail.GreetingRejected) && match(s)
	}), byHost)
	return with(hits, func(h hit) params { return params{"said": said(h.servers[0].greeting())} })
}

func (x *index) findSlowGreeting() []hit {
	slow := func(s *server) bool {
		return s.fault == nil && s.session != nil && s.session.SessionFacts != nil && s.session.GreetingMS >= slowGreeting
	}
	hits := grouped(x.serversWhere(slow), byHost)
	for i, h := range hits {
		longest := int64(0)
		for _, s := range h.servers {
			longest = max(longest, s.session.GreetingMS)
			hits[i].evidence = append(hits[i].evidence, s.session.ID)
		}
		hits[i].params = params{"seconds": int((longest + 500) / 1000)}
	}
	return hits
}

// findForeign looks for servers that answer in another protocol, where it is
// known which, or else break their own.
func (x *index) findForeign(known bool) []hit {
	var hits []hit
	for _, s := range x.serversWhere(func(s *server) bool {
		return s.failedAt(mail.KindSession, mail.ProtocolFault, mail.TooLarge)
	}) {
		other := s.spokenInstead()
		if foreign := other != "" && other != protocolName(s.endpoint.Protocol); foreign != known {
			continue
		}
		h := about([]*server{s})
		h.params = params{"other": other, "said": said(s.greeting())}
		switch bytes, binary := strings.CutPrefix(s.firstWords(), "bytes "); {
		case strings.HasPrefix(strings.ToUpper(s.greeting()), "* PREAUTH"):
			h.variant, h.severity = "preauth", mail.Critical
		case s.fault.class == mail.TooLarge:
			h.variant = "endless"
		case binary && !known:
			h.variant, h.params["bytes"] = "binary", bytes
		}
		hits = append(hits, h)
	}
	return hits
}

// explainForeign chooses the words for a port that answers in another protocol:
// one of mail that was proved to work there, the web's, or the sign-in page of a
// guest network, which redirects or says that it is one (RFC 6585 section 6).
func (x *index) explainForeign(h *hit, s *server) {
	h.params["open"] = x.openPorts(h.servers)
	_, status, _ := strings.Cut(s.firstWords(), " ")
	switch {
	case h.params["other"] != "HTTP":
		other := s.endpoint
		other.Protocol = mail.Protocol(strings.ToLower(h.params["other"].(string)))
		if o, ok := x.byID["session:"+other.String()]; ok && succeeded(o) {
			h.variant, h.evidence = "proved", []string{o.ID}
		}
	case strings.HasPrefix(status, "30"), strings.HasPrefix(status, "511"):
		h.variant, h.owner = "portal", mail.OwnerNetwork
	default:
		h.variant = "web"
	}
}

// firstWords gives the greeting, or where it was not taken as one, what the failure quotes of it.
func (s *server) firstWords() string {
	if g := s.greeting(); g != "" {
		return g
	}
	return afterColon(s.fault.observation.Failure.Detail)
}

// spokenInstead names the protocol that the server speaks, as far as that shows.
func (s *server) spokenInstead() string {
	if rest, ok := strings.CutPrefix(s.fault.observation.Failure.Detail, "the server speaks "); ok {
		name, _, _ := strings.Cut(rest, " ")
		return name
	}
	return protocolOf(s.firstWords())
}

// forTheMoment recognises a refusal that may soon be over, by its code (RFC 5321
// section 4.2.1, RFC 5530 section 3, RFC 3206 section 4).
func forTheMoment(s *server) bool {
	words := strings.ToLower(s.greeting())
	return s.endpoint.Protocol == mail.SMTP && strings.HasPrefix(words, "4") ||
		strings.Contains(words, "[unavailable]") || strings.Contains(words, "[sys/temp]") || strings.Contains(words, "[inuse]")
}

// protocolOf names the protocol that the first words of a server belong to.
func protocolOf(first string) string {
	upper := strings.ToUpper(first)
	for _, known := range []struct{ prefix, protocol string }{
		{"SSH-", "SSH"},
		{"HTTP/", "HTTP"},
		{"+OK", "POP3"},
		{"-ERR", "POP3"},
		{"* OK", "IMAP"},
		{"* BYE", "IMAP"},
		{"* PREAUTH", "IMAP"},
		{"* NO", "IMAP"},
		{"* BAD", "IMAP"},
	} {
		if strings.HasPrefix(upper, known.prefix) {
			return known.protocol
		}
	}
	switch {
	case len(upper) < 4 || upper[:3] < "200" || upper[:3] > "599" || upper[3] != ' ' && upper[3] != '-':
		return ""
	case strings.Contains(upper, "FTP"):
		return "FTP"
	default:
		return "SMTP"
	}
}
