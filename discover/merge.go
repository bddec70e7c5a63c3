package discover

import (
	"cmp"
	"slices"

	"github.com/mailmedic/mailmedic/mail"
)

// offer is one claim about one candidate.
type offer struct {
	role     mail.Role
	endpoint mail.Endpoint
	claim    mail.Claim
}

// identity is what makes two offers speak of the same candidate.
type identity struct {
	role     mail.Role
	endpoint mail.Endpoint
}

// ledger holds what was found so far. What it returns shares nothing that it
// changes later.
type ledger struct {
	noted      map[string]mail.Observation // by id
	candidates map[identity]mail.Candidate
}

func newLedger() ledger {
	return ledger{noted: map[string]mail.Observation{}, candidates: map[identity]mail.Candidate{}}
}

// note takes in what a source saw. It gives the observation as it stands now
// and whether that is news. What several sources saw alike, such as the address
// of a host, belongs to the one that comes first in the order of sources, so
// that it is the same one every time.
func (l ledger) note(source mail.Source, o mail.Observation) (mail.Observation, bool) {
	known, exists := l.noted[o.ID]
	if !exists {
		o.Source = source
		l.noted[o.ID] = o
		return o, true
	}
	added := sortedSet(slices.Concat(known.Notes, o.Notes))
	news := sourceRank(source) < sourceRank(known.Source) || len(added) > len(known.Notes)
	if sourceRank(source) < sourceRank(known.Source) {
		known.Source = source
	}
	if len(added) > len(known.Notes) {
		known.Notes = added
	}
	l.noted[o.ID] = known
	return known, news
}

// sourceRank gives the place of a source among those that may have asked the
// same: who publishes most exactly comes first.
func sourceRank(s mail.Source) int {
	return slices.Index([]mail.Source{
		mail.SourceUser, mail.SourcePACC, mail.SourceAutoconfig, mail.SourceAutodiscover, mail.SourceSRV, mail.SourceISPDB,
		mail.SourceProvider, mail.SourceMX, mail.SourceTXT, mail.SourceJMAP, mail.SourceGuess,
	}, s)
}

// merge takes the offers in and returns the candidates that grew by them, each
// once and whole, in the order in which the offers name them.
func (l ledger) merge(offers []offer) []mail.Candidate {
	var grown []identity
	for _, o := range offers {
		id := identity{o.role, o.endpoint}
		c, known := l.candidates[id]
		if !known {
			c = mail.Candidate{Endpoint: o.endpoint, Role: o.role, Proof: mail.Published}
		}
		claims, grew := mergeClaim(c.Claims, o.claim)
		if !grew {
			continue
		}
		c.Claims = claims
		l.candidates[id] = c
		if !slices.Contains(grown, id) {
			grown = append(grown, id)
		}
	}
	list := make([]mail.Candidate, len(grown))
	for i, id := range grown {
		list[i] = l.candidates[id]
	}
	return list
}

// sorted gives all candidates, the most trusted first, then by endpoint.
func (l ledger) sorted() []mail.Candidate {
	list := make([]mail.Candidate, 0, len(l.candidates))
	for _, c := range l.candidates {
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b mail.Candidate) int {
		return cmp.Or(
			cmp.Compare(a.Trust().Rank(), b.Trust().Rank()),
			cmp.Compare(a.Role, b.Role),
			cmp.Compare(a.Endpoint.String(), b.Endpoint.String()),
		)
	})
	return list
}

// mergeClaim adds a claim to sorted claims without touching them, and reports
// whether anything was new. Two claims that say the same at the same trust are
// one claim with the evidence of both. A guess adds nothing to what somebody
// says, whichever came first.
func mergeClaim(claims []mail.Claim, c mail.Claim) ([]mail.Claim, bool) {
	guessed := func(m mail.Claim) bool { return m.Trust == mail.TrustGuess }
	if guessed(c) && slices.ContainsFunc(claims, func(m mail.Claim) bool { return !guessed(m) }) {
		return claims, false
	}
	c.Evidence = sortedSet(c.Evidence)
	merged := slices.Clone(claims)
	if !guessed(c) {
		merged = slices.DeleteFunc(merged, guessed)
	}
	if i := slices.IndexFunc(merged, func(m mail.Claim) bool { return compareStatements(m, c) == 0 }); i >= 0 {
		evidence := sortedSet(slices.Concat(merged[i].Evidence, c.Evidence))
		if len(evidence) == len(merged[i].Evidence) {
			return claims, false
		}
		merged[i].Evidence = evidence
	} else {
		merged = append(merged, c)
	}
	slices.SortFunc(merged, func(a, b mail.Claim) int {
		return cmp.Or(
			cmp.Compare(a.Trust.Rank(), b.Trust.Rank()),
			cmp.Compare(a.Source, b.Source),
			slices.Compare(a.Evidence, b.Evidence),
			compareStatements(a, b),
		)
	})
	return merged, true
}

// compareStatements orders claims by all that they say, evidence apart.
func compareStatements(a, b mail.Claim) int {
	return cmp.Or(
		cmp.Compare(a.Trust.Rank(), b.Trust.Rank()),
		cmp.Compare(a.Source, b.Source),
		cmp.Compare(a.Priority, b.Priority),
		cmp.Compare(b.Weight, a.Weight),
		cmp.Compare(a.Username, b.Username),
		slices.Compare(a.Auth, b.Auth),
		compareOAuth(a.OAuth, b.OAuth),
		compareAdvice(a.LeaveOnServer, b.LeaveOnServer),
	)
}

func compareOAuth(a, b *mail.OAuth) int {
	if a == nil || b == nil {
		return cmp.Compare(present(a), present(b))
	}
	return cmp.Or(
		cmp.Compare(a.Issuer, b.Issuer), cmp.Compare(a.AuthURL, b.AuthURL), cmp.Compare(a.TokenURL, b.TokenURL),
		cmp.Compare(a.DeviceURL, b.DeviceURL),
		slices.Compare(a.Scopes, b.Scopes),
	)
}

func compareAdvice(a, b *mail.LeaveOnServer) int {
	if a == nil || b == nil {
		return cmp.Compare(present(a), present(b))
	}
	return cmp.Or(cmp.Compare(a.Leave, b.Leave), cmp.Compare(a.Days, b.Days))
}

// present gives 1 for what is there and 0 for what is not.
func present[T any](p *T) int {
	if p == nil {
		return 0
	}
	return 1
}

func sortedSet(list []string) []string {
	set := slices.Clone(list)
	slices.Sort(set)
	return slices.Compact(set)
}
