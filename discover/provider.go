package discover

import (
	"context"

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
		offers = append(offers, offer{submissionRole(e.Protocol), e, mail.Claim{
			Source: mail.SourceProvider, Trust: mail.TrustVouched,
			Username: fillIn(srv.User, s.target), Auth: srv.Auth, Evidence: evidence,
		}})
	}
	s.found(mail.SourceProvider, nil, offers)
}
