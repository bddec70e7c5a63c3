package discover

import (
	"context"
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
		s.askDocument(document{mail.SourceAutoconfig, "https://" + base + addressQuery(s.target.Address), mail.TrustAuthenticated})
		s.askDocument(document{mail.SourceAutoconfig, "http://" + base, mail.TrustCleartext})
	}
	if organisation := wire.OrganisationalDomain(domain); organisation != domain {
		for _, base := range documentPlaces(organisation) {
			s.askDocument(document{mail.SourceAutoconfig, "https://" + base, mail.TrustRedirected})
		}
	}
}

// askMXAutoconfig asks the domain above an MX host. It is told nothing: not
// even the domain, which the document's placeholders stand for.
func (s *Search) askMXAutoconfig(domain string) {
	s.askDocument(document{mail.SourceAutoconfig, "https://autoconfig." + domain + documentPath, mail.TrustRedirected})
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
// its claims have when every hop was https; else they are cleartext.
type document struct {
	source mail.Source
	url    string
	trust  mail.Trust
}

func (s *Search) askDocument(d document) {
	s.ask(Pending{d.source, d.url, d.trust}, func(ctx context.Context) bool {
		fetched := s.net.Get(ctx, d.url)
		if cut(fetched.Observation.Failure) {
			return false
		}
		if !fetched.HTTPS {
			d.trust = mail.TrustCleartext
		}
		s.read(d, fetched)
		return true
	})
}

// read emits what a fetch saw and what the document says, if it is one.
func (s *Search) read(d document, fetched wire.Fetched) {
	seen := fetched.Observation
	var offers []offer
	if seen.Failure == nil {
		config, err := parseAutoconfig(fetched.Body, s.target)
		if err != nil {
			seen.Failure = &mail.Failure{Class: mail.HTTPBody, Detail: err.Error()}
		} else {
			offers = config.offers(d, seen.ID)
			s.remember(d, config)
		}
	}
	s.found(append(fetched.Related, seen), offers)
}

func (c clientConfig) offers(d document, evidence string) []offer {
	offers := make([]offer, len(c.servers))
	for i, srv := range c.servers {
		offers[i] = offer{submissionRole(srv.endpoint.Protocol), srv.endpoint, mail.Claim{
			Source: d.source, Trust: d.trust, Username: srv.username, Auth: srv.auth, Evidence: []string{evidence},
		}}
	}
	return offers
}

// remember keeps what a document that can be believed says of its provider.
func (s *Search) remember(d document, c clientConfig) {
	if c.enableURL == "" || d.trust.Rank() > mail.TrustVouched.Rank() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known.documents = append(s.known.documents, documentProvider{d.trust, d.url, mail.Provider{
		ID: c.id, Name: c.name, MustEnable: true, EnableURL: c.enableURL,
	}})
}
