package discover

import (
	"cmp"
	"context"
	"slices"

	"github.com/mailmedic/mailmedic/discover/providers"
	"github.com/mailmedic/mailmedic/mail"
)

// askProviderByDomain looks the domain up in the table that is built in. It
// asks nobody; it is a question only because the table is read at first use.
func (s *Search) askProviderByDomain() {
	s.survey.expect(1)
	s.ask(Pending{mail.SourceProvider, s.target.Domain, mail.TrustVouched}, func(context.Context) bool {
		defer s.survey.arrived()
		if p := providers.ByDomain(s.target.Domain); p != nil {
			s.provide(p, true, nil)
		}
		return true
	})
}

// provide emits the servers of a provider and remembers it.
func (s *Search) provide(p *providers.Provider, byDomain bool, evidence []string) {
	s.mu.Lock()
	if byDomain {
		s.known.byDomain = p
	} else {
		s.known.byMX = p
	}
	s.mu.Unlock()
	var offers []offer
	for _, srv := range p.Servers {
		e, err := mail.ParseEndpoint(fillIn(srv.At, s.target))
		if err != nil {
			continue // the domain of an address literal fits into no host name
		}
		claim := mail.Claim{
			Source: mail.SourceProvider, Trust: mail.TrustVouched,
			Username: fillIn(srv.User, s.target), Auth: srv.Auth, Evidence: evidence,
		}
		if issuer := providers.ByIssuer(p.OAuth); issuer != nil && slices.Contains(srv.Auth, "oauth2") {
			claim.OAuth = issuer.Claim()
		}
		offers = append(offers, offer{submissionRole(e.Protocol), e, claim})
	}
	s.found(mail.SourceProvider, nil, offers)
}

// knownProviders are the providers that the sources name.
type knownProviders struct {
	byDomain, byMX *providers.Provider
	documents      []documentProvider
}

// documentProvider is what a document says of its provider.
type documentProvider struct {
	trust mail.Trust
	url   string
	mail.Provider
}

// choose gives what to tell of the provider: who owns the domain before who
// takes its mail, before whose servers it uses, before what its documents say.
func (k knownProviders) choose(candidates []mail.Candidate) *mail.Provider {
	for _, p := range []*providers.Provider{k.byDomain, k.byMX} {
		if p != nil {
			return told(p)
		}
	}
	for _, c := range candidates {
		if c.Role == mail.MX || c.Guessed() {
			continue
		}
		if p := providers.ByServer(c.Endpoint.Host); p != nil {
			return told(p)
		}
	}
	if len(k.documents) == 0 {
		return nil
	}
	best := slices.MinFunc(k.documents, func(a, b documentProvider) int {
		return cmp.Or(cmp.Compare(a.trust.Rank(), b.trust.Rank()), cmp.Compare(a.url, b.url))
	})
	return &best.Provider
}

// told gives what may be passed on: the table stays ours.
func told(p *providers.Provider) *mail.Provider {
	provider := p.Provider
	return &provider
}

// noServers reports whether the provider is known to serve no mail program.
func (k knownProviders) noServers() bool {
	if k.byDomain != nil {
		return k.byDomain.NoServers
	}
	return k.byMX != nil && k.byMX.NoServers
}
