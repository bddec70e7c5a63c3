package discover

import (
	"fmt"
	"net/url"
	"slices"

	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

// isOwnPlace reports whether a URL is among those that are asked from the start.
func (s *Search) isOwnPlace(location string) bool {
	return slices.ContainsFunc(autodiscoverHosts(s.target.Domain), func(host string) bool { return location == "https://"+host+poxPath })
}

// followPOX goes where an answer redirects to.
func (s *Search) followPOX(p pox, address string, answer poxAnswer, n *notes) {
	switch {
	case answer.redirectURL != "":
		s.follow(p, answer.redirectURL, n)
	case answer.redirectAddr != "":
		s.followAddress(p, address, answer.redirectAddr, n)
	}
}

// follow asks another place of the same account; https only.
func (s *Search) follow(p pox, location string, n *notes) {
	if why := refusedPlace(location, p.hops); why != "" {
		n.add("it sends to %s, which is not asked: %s", quote(location), why)
		return
	}
	n.add("it sends to %s", quote(location))
	if s.isOwnPlace(location) {
		return // asked already, at a better trust
	}
	next := pox{location, p.trust, p.about, p.hops + 1}
	if place, err := url.Parse(location); err == nil {
		kept := s.keepBack(true)(place)
		if kept == nil {
			n.add("it is not asked: %s", wouldTell)
			return
		}
		next.url = kept.String()
		if !sameOwner(place.Hostname(), s.target.Domain) {
			next.trust = lower(p.trust, mail.TrustRedirected)
		}
	}
	s.askPOX(next)
}

// refusedPlace says why a place is not asked to which another one sends.
func refusedPlace(location string, hops int) string {
	place, err := url.Parse(location)
	switch {
	case err != nil || place.Hostname() == "" || len(location) > maxURL:
		return "it is not an address"
	case place.Scheme != "https":
		return "it is not https"
	case place.User != nil:
		return "it holds a user name"
	case localHost(place.Hostname()) != "":
		return "it is " + localHost(place.Hostname())
	case hops >= maxAutodiscover:
		return fmt.Sprintf("that would be more than %d redirects", maxAutodiscover)
	}
	return ""
}

// followAddress begins anew with another address, [MS-OXDSCLI] section
// 2.2.4.1.1.2.3. The address that stood in for the user's is not carried over.
func (s *Search) followAddress(p pox, asked, address string, n *notes) {
	about, err := mail.ParseTarget(address)
	_, literal := about.Literal()
	switch {
	case err != nil || about.Address == "" || literal || wire.OrganisationalDomain(about.Domain) == "":
		n.add("it sends to the address %s, which cannot be one", quote(address))
		return
	case p.hops >= maxAutodiscover:
		n.add("it sends to the address %s, which would be more than %d redirects", quote(address), maxAutodiscover)
		return
	case about.Domain == p.about.Domain:
		n.add("it sends to the address %s of the same domain, which leads nowhere new", quote(address))
		return
	}
	n.add("it sends to the address %s", quote(address))
	if asked == standIn(p.about.Domain) && about.LocalPart() == standInUser {
		about = mail.Target{Domain: about.Domain}
	}
	trust := p.trust
	if !sameOwner(about.Domain, s.target.Domain) {
		trust = lower(trust, mail.TrustRedirected)
	}
	s.askAutodiscoverOf(about, trust, p.hops+1)
}
