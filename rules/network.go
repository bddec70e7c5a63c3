package rules

import (
	"slices"

	"github.com/mailmedic/mailmedic/mail"
)

// networkRules are about the way from this computer to the servers.
func networkRules() []rule {
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
			silences: []silence{{[]string{"server.timeout", "server.unreachable", "net.smtp-blocked", "mx.unreachable", "discovery.no-*"}, everything}},
			check:    (*index).findMailBlocked,
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
			silences: []silence{
				{[]string{"server.timeout", "server.unreachable"}, sameServers},
				{[]string{"mx.unreachable", "discovery.no-outgoing"}, everything},
			},
			check: (*index).findSMTPBlocked,
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

// findMailBlocked needs two hosts, since a single one may just be down.
func (x *index) findMailBlocked() []hit {
	dialed := x.dialed(func(*server) bool { return true })
	quiet := x.dialed(silent)
	web := slices.ContainsFunc(x.ordered, answeredWeb)
	if len(quiet) == 0 || len(quiet) < len(dialed) || len(hostsOf(quiet)) < 2 || !web {
		return nil
	}
	h := about(quiet)
	h.subject = x.subject()
	return []hit{h}
}

// findSMTPBlocked tells a blocked port from a server that is down: likely where
// two hosts are silent, or one that answers for receiving; else it is possible.
// A silent port 25 proves nothing, one that answers proves that SMTP gets through.
func (x *index) findSMTPBlocked() []hit {
	isSMTP := func(s *server) bool { return s.endpoint.Protocol == mail.SMTP }
	dialed := x.dialed(isSMTP)
	quiet := x.dialed(func(s *server) bool { return isSMTP(s) && silent(s) })
	answering := x.dialed(func(s *server) bool { return !isSMTP(s) && s.connected() })
	submission := slices.DeleteFunc(slices.Clone(quiet), func(s *server) bool { return !s.in(mail.Outgoing) })
	hosts := len(hostsOf(submission)) // guesses that are silent count as well
	if published := slices.DeleteFunc(slices.Clone(submission), func(s *server) bool { return !s.concerns() }); len(published) > 0 {
		submission = published
	}
	if len(answering) == 0 || len(submission) == 0 || len(quiet) < 2 || len(quiet) < len(dialed) {
		return nil
	}
	h := about(submission)
	h.subject = x.subject()
	shared := slices.ContainsFunc(answering, func(a *server) bool { return a.endpoint.Host == submission[0].endpoint.Host })
	if hosts < 2 && !shared {
		h.confidence = mail.Possible
	}
	return []hit{h}
}

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
