package discover

import (
	"context"
	"net/netip"
	"net/url"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

// maxMailconf bounds how many documents one domain may name.
const maxMailconf = 4

// askMailconf asks for TXT records mailconf=URL, which name an autoconfig
// document. They are no standard. The document is not told the address: where it wants
// one, it is told the postmaster's.
func (s *Search) askMailconf() {
	domain := s.target.Domain
	s.ask(Pending{mail.SourceTXT, "txt:" + domain, mail.TrustAuthenticated}, func(ctx context.Context) bool {
		answer := s.net.Lookup(ctx, domain, "TXT")
		if cut(answer.Failure()) {
			return false
		}
		places, n := mailconfPlaces(answer.TXT, s.target)
		seen := answer.Observation
		seen.Notes = n.list
		s.found(mail.SourceTXT, []mail.Observation{seen}, nil)
		for _, place := range places {
			asked := ""
			if strings.Contains(place.String(), standInUser) {
				asked = standIn(domain)
			}
			trust := srvTrust(answer.Authentic(), place.Hostname(), domain)
			s.askDocument(document{source: mail.SourceTXT, url: place.String(), trust: trust, asked: asked})
		}
		return true
	})
}

// mailconfPlaces gives the documents that records name, in the order of the
// answer, and what was passed over.
func mailconfPlaces(records []string, t mail.Target) ([]*url.URL, notes) {
	var places []*url.URL
	var n notes
	for _, record := range records {
		text, ok := parseMailconf(record)
		if !ok {
			continue
		}
		place, why := mailconfURL(text, t)
		switch {
		case why != "":
			n.add("mailconf=%s is not followed: %s", quote(text), why)
		case len(places) == maxMailconf:
			n.add("more than %d records mailconf: the rest is passed over", maxMailconf)
		default:
			places = append(places, place)
		}
	}
	return places, n
}

// parseMailconf gives what a record of the form mailconf=URL names.
func parseMailconf(record string) (string, bool) {
	key, text, found := strings.Cut(record, "=")
	if !found || !strings.EqualFold(strings.TrimSpace(key), "mailconf") {
		return "", false
	}
	return strings.TrimSpace(text), true
}

// mailconfURL gives the place of a document, or why nobody goes there.
func mailconfURL(text string, t mail.Target) (*url.URL, string) {
	place, err := url.Parse(fillIn(text, mail.Target{Domain: t.Domain, Address: standIn(t.Domain)}))
	if err != nil || len(text) > maxURL || place.Hostname() == "" {
		return nil, "it is not an address"
	}
	host := place.Hostname()
	_, err = netip.ParseAddr(host)
	switch {
	case place.Scheme != "https":
		return nil, "it is not https"
	case place.User != nil:
		return nil, "it holds a user name"
	case err == nil || localHost(host) != "" || wire.OrganisationalDomain(host) == "":
		return nil, "its host has no name of its own in the DNS"
	}
	return place, ""
}
