package discover

import (
	"cmp"
	"maps"
	"slices"

	"github.com/mailmedic/mailmedic/mail"
)

// carry keeps what a source publishes beside mail access. Of one service the
// most trusted claim counts, with the evidence of all.
func (s *Search) carry(list []mail.Service, source mail.Source, trust mail.Trust, evidence string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, svc := range list {
		id := svc
		svc.Source, svc.Trust, svc.Evidence = source, trust, []string{evidence}
		known, exists := s.services[serviceKey(id)]
		if exists {
			if claimOrder(known, svc) < 0 {
				svc, known = known, svc
			}
			svc.Evidence = sortedSet(slices.Concat(svc.Evidence, known.Evidence))
		}
		s.services[serviceKey(id)] = svc
	}
}

// serviceID is what makes two claims speak of the same service.
type serviceID struct {
	kind, url, host string
	port            uint16
	security        mail.Security
}

func serviceKey(s mail.Service) serviceID {
	return serviceID{s.Type, s.URL, s.Host, s.Port, s.Security}
}

// claimOrder puts the more trusted claim about a service first.
func claimOrder(a, b mail.Service) int {
	return cmp.Or(cmp.Compare(a.Trust.Rank(), b.Trust.Rank()), cmp.Compare(sourceRank(a.Source), sourceRank(b.Source)))
}

// sortedServices gives all that was carried, by type, the most trusted first.
func (s *Search) sortedServices() []mail.Service {
	return slices.SortedFunc(maps.Values(s.services), func(a, b mail.Service) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), claimOrder(a, b), compareServices(a, b))
	})
}

// compareServices orders services by what they are, whoever says so.
func compareServices(a, b mail.Service) int {
	return cmp.Or(
		cmp.Compare(a.Type, b.Type), cmp.Compare(a.URL, b.URL), cmp.Compare(a.Host, b.Host),
		cmp.Compare(a.Port, b.Port), cmp.Compare(a.Security, b.Security),
	)
}
