package rules

import (
	"cmp"
	"slices"

	"github.com/mailmedic/mailmedic/mail"
)

// Compare orders candidates by what is claimed of them: trust, so that a guess
// comes last; IMAP before POP3; implicit TLS before STARTTLS before none
// (RFC 8314 section 3); SRV priority, then weight, heavier first (RFC 2782);
// then host name and port. It is the order in which to sign in, and it breaks
// every tie the same way.
func Compare(a, b mail.Candidate) int {
	return cmp.Or(
		cmp.Compare(a.Trust().Rank(), b.Trust().Rank()),
		cmp.Compare(protocolRank(a), protocolRank(b)),
		compareEndpoints(a, b),
	)
}

// compareEndpoints orders candidates that are trusted alike.
func compareEndpoints(a, b mail.Candidate) int {
	claimA, claimB := bestClaim(a), bestClaim(b)
	return cmp.Or(
		cmp.Compare(securityRank(a), securityRank(b)),
		cmp.Compare(claimA.Priority, claimB.Priority),
		cmp.Compare(claimB.Weight, claimA.Weight),
		cmp.Compare(a.Endpoint.Host, b.Endpoint.Host),
		cmp.Compare(a.Endpoint.Port, b.Endpoint.Port),
		cmp.Compare(roleRank(a.Role), roleRank(b.Role)),
	)
}

// bestClaim gives the claim that places c: of the most trusted ones the one with
// the lowest priority and the heaviest weight.
func bestClaim(c mail.Candidate) mail.Claim {
	if len(c.Claims) == 0 {
		return mail.Claim{}
	}
	return slices.MinFunc(c.Claims, func(a, b mail.Claim) int {
		return cmp.Or(
			cmp.Compare(a.Trust.Rank(), b.Trust.Rank()),
			cmp.Compare(a.Priority, b.Priority),
			cmp.Compare(b.Weight, a.Weight),
		)
	})
}

func protocolRank(c mail.Candidate) int {
	return slices.Index([]mail.Protocol{mail.IMAP, mail.POP3, mail.SMTP}, c.Endpoint.Protocol)
}

func securityRank(c mail.Candidate) int {
	return slices.Index([]mail.Security{mail.TLS, mail.StartTLS, mail.None}, c.Endpoint.Security)
}

func roleRank(r mail.Role) int {
	return slices.Index([]mail.Role{mail.Incoming, mail.Outgoing, mail.MX}, r)
}
