package check

import (
	"cmp"
	"maps"
	"slices"

	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/rules"
)

// book keeps what was said and seen, by name: what comes again replaces what
// was there, so that concurrency cannot reorder or double an output.
type book struct {
	candidates   map[candidateKey]mail.Candidate
	observations map[string]mail.Observation
	bySubject    map[string][]string // ids of observations
}

type candidateKey struct {
	role     mail.Role
	endpoint mail.Endpoint
}

func newBook() *book {
	return &book{
		candidates:   map[candidateKey]mail.Candidate{},
		observations: map[string]mail.Observation{},
		bySubject:    map[string][]string{},
	}
}

func (b *book) addCandidate(c mail.Candidate) { b.candidates[candidateKey{c.Role, c.Endpoint}] = c }

func (b *book) removeCandidate(key candidateKey) { delete(b.candidates, key) }

func (b *book) addObservation(o mail.Observation) {
	if _, known := b.observations[o.ID]; !known {
		b.bySubject[o.Subject] = append(b.bySubject[o.Subject], o.ID)
	}
	b.observations[o.ID] = o
}

// candidateList gives the candidates in the order of the rules.
func (b *book) candidateList() []mail.Candidate {
	return slices.SortedFunc(maps.Values(b.candidates), rules.Compare)
}

// observationList gives the observations in the order of their names.
func (b *book) observationList() []mail.Observation {
	return slices.SortedFunc(maps.Values(b.observations), func(a, b mail.Observation) int { return cmp.Compare(a.ID, b.ID) })
}

// ofRole gives the candidates of a role, best first.
func (b *book) ofRole(role mail.Role) []mail.Candidate {
	return slices.DeleteFunc(b.candidateList(), func(c mail.Candidate) bool { return c.Role != role })
}

// claims gives all that is claimed about an endpoint, in whatever role, best candidate first.
func (b *book) claims(e mail.Endpoint) []mail.Claim {
	var claims []mail.Claim
	for _, c := range b.candidateList() {
		if c.Endpoint == e {
			claims = append(claims, c.Claims...)
		}
	}
	return claims
}

// proof says how far an endpoint is proved by now.
func (b *book) proof(e mail.Endpoint) mail.Proof {
	var seen []mail.Observation
	for _, id := range b.bySubject[e.String()] {
		seen = append(seen, b.observations[id])
	}
	return rules.ProofOf(e, seen)
}
