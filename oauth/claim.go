package oauth

import (
	"cmp"
	"slices"

	"github.com/mailmedic/mailmedic/mail"
)

// Choose gives the claim of the candidates that says best where tokens come from:
// the most trusted one, then the one that says most. It reports false where none
// says anything. MX hosts and guesses say nothing.
func Choose(candidates []mail.Candidate) (mail.Claim, bool) {
	var claims []mail.Claim
	for _, c := range candidates {
		if c.Role == mail.MX {
			continue
		}
		for _, claim := range c.Claims {
			if o := claim.OAuth; o != nil && (o.Issuer != "" || o.AuthURL != "" && o.TokenURL != "") {
				claims = append(claims, claim)
			}
		}
	}
	if len(claims) == 0 {
		return mail.Claim{}, false
	}
	return slices.MinFunc(claims, compare), true
}

// compare orders claims so that the answer does not depend on who was first.
func compare(a, b mail.Claim) int {
	return cmp.Or(
		cmp.Compare(a.Trust.Rank(), b.Trust.Rank()),
		cmp.Compare(said(b.OAuth), said(a.OAuth)),
		cmp.Compare(a.Source, b.Source),
		cmp.Compare(a.OAuth.Issuer, b.OAuth.Issuer),
		cmp.Compare(a.OAuth.AuthURL, b.OAuth.AuthURL),
		cmp.Compare(a.OAuth.TokenURL, b.OAuth.TokenURL),
		slices.Compare(a.OAuth.Scopes, b.OAuth.Scopes),
	)
}

// said counts the endpoints that a claim names.
func said(o *mail.OAuth) int {
	count := 0
	for _, endpoint := range []string{o.AuthURL, o.TokenURL, o.DeviceURL} {
		if endpoint != "" {
			count++
		}
	}
	return count
}
