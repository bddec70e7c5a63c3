package discover

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

// The places of Autodiscover on a host, [MS-OXDISCO] section 3.1.5.
const (
	poxPath  = "/autodiscover/autodiscover.xml"
	jsonPath = "/autodiscover/autodiscover.json/v1.0/"
)

// maxAutodiscover bounds how often one place of Autodiscover may send to another.
const maxAutodiscover = 10

// pox is one place that is asked by POST, "plain old XML".
type pox struct {
	url   string
	trust mail.Trust  // of its claims
	about mail.Target // whom it is asked about; another one once RedirectAddr was followed
	hops  int         // places that sent here
}

// askAutodiscover asks for what is published for Outlook.
func (s *Search) askAutodiscover() {
	s.askAutodiscoverOf(s.target, mail.TrustAuthenticated, 0)
	for _, host := range autodiscoverHosts(s.target.Domain) {
		s.askAutodiscoverJSON(host)
	}
}

// askAutodiscoverOf asks all places of a domain at once: its https hosts, what
// its http host redirects to, and what its SRV record names.
func (s *Search) askAutodiscoverOf(about mail.Target, trust mail.Trust, hops int) {
	for _, host := range autodiscoverHosts(about.Domain) {
		s.askPOX(pox{"https://" + host + poxPath, trust, about, hops})
	}
	s.askAutodiscoverHTTP(about, hops)
	s.askAutodiscoverSRV(about, trust, hops)
}

// autodiscoverHosts are the domain's own. Nothing above it is ever asked, since
// whoever owned autodiscover.com would get the addresses of all of it.
func autodiscoverHosts(domain string) []string {
	return []string{domain, "autodiscover." + domain}
}

// askPOX asks one place.
func (s *Search) askPOX(p pox) {
	about := "" // told apart where one place is asked about several domains
	if p.about.Domain != s.target.Domain {
		about = "#" + p.about.Domain
	}
	s.ask(Pending{mail.SourceAutodiscover, p.url + about, p.trust}, func(ctx context.Context) bool {
		address := s.named(p)
		fetched := s.net.Post(ctx, p.url, "text/xml; charset=utf-8", poxRequest(address))
		if cut(fetched.Observation.Failure) {
			return false
		}
		fetched.Observation.ID += about
		s.readPOX(p, address, fetched)
		return true
	})
}

// named gives the address that a place is told: the user's at an https host of
// the user's own domain, and nobody's anywhere else.
func (s *Search) named(p pox) string {
	place, err := url.Parse(p.url)
	if err == nil && p.about.Address != "" && wire.InDomain(place.Hostname(), s.target.Domain) {
		return p.about.Address
	}
	return standIn(p.about.Domain)
}

// readPOX emits what a place said and follows where it sends to.
func (s *Search) readPOX(p pox, address string, fetched wire.Fetched) {
	seen := fetched.Observation
	var c content
	switch {
	case fetched.Location != nil:
		s.follow(p, fetched.Location.String(), &c.notes)
	case seen.Failure == nil:
		answer, err := parsePOX(fetched.Body)
		if err != nil {
			seen.Failure = &mail.Failure{Class: mail.HTTPBody, Detail: err.Error()}
			break
		}
		c = answer.content
		if answer.code != "" {
			seen.Failure = &mail.Failure{Class: mail.HTTPBody, Detail: answer.refusal()}
		}
		s.followPOX(p, address, answer, &c.notes)
		c.noteStandIn(address, s.target)
		for i := range c.servers {
			c.servers[i].username = s.ownName(c.servers[i].username, address, p.about, &c.notes)
		}
	}
	noteLogin(&c.notes, seen)
	s.publish(c, mail.SourceAutodiscover, p.trust, fetched.Related, seen)
}

// noteStandIn says it where a place was asked about somebody else.
func (c *content) noteStandIn(address string, t mail.Target) {
	if t.Address != "" && strings.HasPrefix(address, standInUser+"@") && address != t.Address {
		c.notes.add("asked about %s, since the host is not the domain's own and must not learn the address", address)
	}
}

// ownName turns the user name that a place gave into the user's. Where the
// address was redirected and nobody told to which, there is none.
func (s *Search) ownName(name, asked string, about mail.Target, n *notes) string {
	switch {
	case about.Domain == s.target.Domain:
		return accountName(name, asked, s.target, n)
	case about.Address == "" && s.target.Address != "":
		return ""
	}
	return accountName(name, asked, about, n)
}

// askAutodiscoverHTTP asks the http host, which may do nothing but redirect to
// https. It is not told an address.
func (s *Search) askAutodiscoverHTTP(about mail.Target, hops int) {
	place := "http://autodiscover." + about.Domain + poxPath
	s.ask(Pending{mail.SourceAutodiscover, place, mail.TrustCleartext}, func(ctx context.Context) bool {
		fetched := s.net.GetOnce(ctx, place)
		if cut(fetched.Observation.Failure) {
			return false
		}
		seen := fetched.Observation
		var n notes
		switch {
		case fetched.Location != nil:
			s.follow(pox{place, mail.TrustCleartext, about, hops}, fetched.Location.String(), &n)
		case seen.Failure == nil:
			n.add("it answers over http, where nothing is sent: only a redirect to https would be followed")
		}
		noteLogin(&n, seen)
		seen.Notes = n.list
		s.found(mail.SourceAutodiscover, append(fetched.Related, seen), nil)
		return true
	})
}

// askAutodiscoverSRV asks for the record that names a host and port.
func (s *Search) askAutodiscoverSRV(about mail.Target, trust mail.Trust, hops int) {
	name := "_autodiscover._tcp." + about.Domain
	s.ask(Pending{mail.SourceAutodiscover, "srv:" + name, trust}, func(ctx context.Context) bool {
		answer := s.net.Lookup(ctx, name, "SRV")
		if cut(answer.Failure()) {
			return false
		}
		s.found(mail.SourceAutodiscover, []mail.Observation{answer.Observation}, nil)
		for i, srv := range answer.SRV {
			host, err := mail.ParseDomain(srv.Target)
			if err != nil || srv.Port == 0 || i == maxMXHosts {
				continue
			}
			at := host
			if srv.Port != 443 {
				at += ":" + strconv.Itoa(int(srv.Port))
			}
			place := "https://" + at + poxPath
			if s.isOwnPlace(place) {
				continue // asked already, at a better trust
			}
			s.askPOX(pox{place, lower(trust, srvTrust(answer.Authentic(), host, s.target.Domain)), about, hops + 1})
		}
		return true
	})
}

// askAutodiscoverJSON asks the second version of the protocol, which tells
// where the first one is.
func (s *Search) askAutodiscoverJSON(host string) {
	address := s.target.Address
	if address == "" {
		address = standIn(s.target.Domain)
	}
	place := "https://" + host + jsonPath + url.PathEscape(address) + "?Protocol=AutodiscoverV1"
	s.ask(Pending{mail.SourceAutodiscover, place, mail.TrustAuthenticated}, func(ctx context.Context) bool {
		fetched := s.net.GetOnce(ctx, place)
		if cut(fetched.Observation.Failure) {
			return false
		}
		seen := fetched.Observation
		var n notes
		from := pox{place, mail.TrustAuthenticated, s.target, 0}
		switch {
		case fetched.Location != nil:
			n.add("it sends to %s, which is not followed: the address is told to the domain's own hosts only", quote(fetched.Location.String()))
		case seen.Failure == nil:
			answer, err := parseAutodiscoverJSON(fetched.Body)
			if err != nil {
				seen.Failure = &mail.Failure{Class: mail.HTTPBody, Detail: err.Error()}
			} else if answer.URL != "" {
				s.follow(from, answer.URL, &n)
			} else {
				n.add("it knows no Autodiscover service: %s", quote(answer.ErrorCode+" "+answer.ErrorMessage))
			}
		}
		noteLogin(&n, seen)
		seen.Notes = n.list
		s.found(mail.SourceAutodiscover, append(fetched.Related, seen), nil)
		return true
	})
}
