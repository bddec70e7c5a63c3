package discover

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

// documentPath is where an autoconfig host keeps its document; a web host
// keeps it under wellKnown.
const (
	documentPath = "/mail/config-v1.1.xml"
	wellKnown    = "/.well-known/autoconfig"
)

// askAutoconfig asks for the domain's own documents, and for those of the
// organisation that the domain is part of.
func (s *Search) askAutoconfig() {
	domain := s.target.Domain
	for _, base := range documentPlaces(domain) {
		s.askDocument(document{source: mail.SourceAutoconfig, url: "https://" + base + addressQuery(s.target.Address), trust: mail.TrustAuthenticated, own: true})
		s.askDocument(document{source: mail.SourceAutoconfig, url: "http://" + base, trust: mail.TrustCleartext, own: true})
	}
	if organisation := wire.OrganisationalDomain(domain); organisation != domain {
		for _, base := range documentPlaces(organisation) {
			s.askDocument(document{source: mail.SourceAutoconfig, url: "https://" + base, trust: mail.TrustRedirected, parent: true})
		}
	}
}

// askMXAutoconfig asks the domain above an MX host. It is told nothing: not
// even the domain, which the document's placeholders stand for.
func (s *Search) askMXAutoconfig(domain string) {
	s.askDocument(document{source: mail.SourceAutoconfig, url: "https://autoconfig." + domain + documentPath, trust: mail.TrustRedirected})
}

// documentPlaces gives the two places of a domain's document, without scheme.
func documentPlaces(domain string) []string {
	return []string{"autoconfig." + domain + documentPath, domain + wellKnown + documentPath}
}

// addressQuery tells the address to the domain's own https hosts, some of
// which answer nothing without it. Everything but letters, digits and "-._~"
// is encoded, once.
func addressQuery(address string) string {
	if address == "" {
		return ""
	}
	return "?emailaddress=" + strings.ReplaceAll(url.QueryEscape(address), "+", "%20")
}

// document is one place to fetch an autoconfig document from. trust is what
// its claims have when every hop was https and led to the same organisation.
type document struct {
	source mail.Source
	url    string
	trust  mail.Trust
	own    bool   // it is the domain's own, so that it should be about the domain
	parent bool   // it is about the organisation that the domain is part of, if there is such a domain
	asked  string // the address that stands in for the user's in the URL; empty for none
}

func (s *Search) askDocument(d document) {
	s.ask(Pending{d.source, d.url, d.trust}, func(ctx context.Context) bool {
		fetched := s.net.GetTelling(ctx, d.url, s.keepBack(d.own && strings.HasPrefix(d.url, "https://")))
		if cut(fetched.Observation.Failure) {
			return false
		}
		if fetched.Observation.Status == http.StatusBadRequest && s.mayName(d) {
			s.askDocument(d.naming(standIn(s.target.Domain)))
		}
		if d.own && strayedWith(fetched, standIn(s.target.Domain)) {
			d.asked = standIn(s.target.Domain)
		}
		if d.parent && !s.survey.existenceKnown(ctx) {
			return false
		}
		s.read(d, fetched)
		return true
	})
}

// mayName reports whether a host that found fault with the request may be asked
// again with an address, since it was not told one.
func (s *Search) mayName(d document) bool {
	return d.source == mail.SourceAutoconfig && d.asked == "" && !strings.Contains(d.url, "?")
}

// naming gives the same place with an address in the query.
func (d document) naming(address string) document {
	d.url, d.asked = d.url+addressQuery(address), address
	return d
}

// read emits what a fetch saw and what the document says, if it is one.
func (s *Search) read(d document, fetched wire.Fetched) {
	seen := fetched.Observation
	trust, why := fetchedTrust(d.trust, d.url, fetched)
	var c content
	if seen.Failure == nil {
		var err error
		if c, err = parseAutoconfig(fetched.Body, s.target); err != nil {
			seen.Failure = &mail.Failure{Class: mail.HTTPBody, Detail: err.Error()}
		} else {
			c.checkCover(d, seen, s.target)
			c.notes.addReason(why)
			if d.parent && s.survey.missing() {
				c = content{}
				c.notes.add("%s does not exist, so that nothing of this is for it", s.target.Domain)
			}
		}
	}
	noteLogin(&c.notes, seen)
	s.publish(c, d.source, trust, fetched.Related, seen)
}

// checkCover looks at how a document came: for whom it is, as what it was
// served, and for which address it was asked.
func (c *content) checkCover(d document, seen mail.Observation, t mail.Target) {
	if d.own && !c.isFor(t.Domain) {
		c.notes.add("the document does not name %s among its domains; some programs refuse it", t.Domain)
	}
	if m := seen.MediaType; m != "" && m != "text/xml" && m != "application/xml" {
		c.notes.add("the document is served as %s; some programs want text/xml", quote(m))
	}
	if d.asked == "" {
		return
	}
	for i := range c.servers {
		if c.servers[i].filled {
			continue // by us, for the user
		}
		c.servers[i].username = accountName(c.servers[i].username, d.asked, t, &c.notes)
	}
}

// fetchedTrust gives the trust of what was fetched, and why it is lower than
// that of the place where the fetch began.
func fetchedTrust(trust mail.Trust, from string, fetched wire.Fetched) (mail.Trust, string) {
	began, err := url.Parse(from)
	switch {
	case err != nil || fetched.FinalURL == nil:
		return trust, ""
	case !fetched.HTTPS:
		return lower(trust, mail.TrustCleartext), "it came over http, where anybody on the way can change it"
	case !sameOwner(began.Hostname(), fetched.FinalURL.Hostname()):
		return lower(trust, mail.TrustRedirected), "a redirect led to " + fetched.FinalURL.Hostname() + ", which belongs to somebody else: it is trusted less"
	}
	return trust, ""
}

// sameOwner reports whether two hosts belong to the same organisation.
func sameOwner(a, b string) bool {
	return strings.EqualFold(a, b) || wire.SameOrganisation(a, b)
}

// lower gives the lesser of two trusts.
func lower(a, b mail.Trust) mail.Trust {
	if a.Rank() > b.Rank() {
		return a
	}
	return b
}

// noteLogin says it where a server does not tell settings without a sign-in.
func noteLogin(n *notes, seen mail.Observation) {
	if seen.HTTPFacts != nil && seen.Status == http.StatusUnauthorized {
		n.add("it exists and wants a sign-in first: nothing was sent, since settings have to be readable without one")
	}
}
