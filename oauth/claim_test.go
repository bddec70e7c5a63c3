package oauth

import (
	"testing"

	"github.com/mailmedic/mailmedic/mail"
)

func TestTheMostTrustedClaimSaysWhereTokensComeFrom(t *testing.T) {
	t.Parallel()
	claim := func(trust mail.Trust, source mail.Source, o *mail.OAuth) mail.Claim {
		return mail.Claim{Trust: trust, Source: source, OAuth: o}
	}
	whole := &mail.OAuth{AuthURL: "https://a.example/auth", TokenURL: "https://a.example/token"}
	more := &mail.OAuth{AuthURL: "https://b.example/auth", TokenURL: "https://b.example/token", DeviceURL: "https://b.example/device"}
	issuer := &mail.OAuth{Issuer: "https://c.example"}
	scopes := &mail.OAuth{Scopes: []string{"mail"}}
	for name, c := range map[string]struct {
		claims []mail.Claim
		role   mail.Role
		want   *mail.OAuth
	}{
		"trust before completeness": {[]mail.Claim{claim(mail.TrustVouched, mail.SourceISPDB, more), claim(mail.TrustAuthenticated, mail.SourcePACC, issuer)}, mail.Incoming, issuer},
		"then what says more":       {[]mail.Claim{claim(mail.TrustVouched, mail.SourceISPDB, whole), claim(mail.TrustVouched, mail.SourceProvider, more)}, mail.Incoming, more},
		"scopes alone say nothing":  {[]mail.Claim{claim(mail.TrustUser, mail.SourceUser, scopes), claim(mail.TrustGuess, mail.SourceGuess, whole)}, mail.Outgoing, whole},
		"nobody says anything":      {[]mail.Claim{claim(mail.TrustVouched, mail.SourceISPDB, nil)}, mail.Incoming, nil},
		"an MX host":                {[]mail.Claim{claim(mail.TrustVouched, mail.SourceMX, whole)}, mail.MX, nil},
	} {
		for _, turned := range []bool{false, true} {
			claims := c.claims
			if turned && len(claims) > 1 {
				claims = []mail.Claim{claims[1], claims[0]}
			}
			got, ok := Choose([]mail.Candidate{{Role: c.role, Claims: claims}})
			if ok != (c.want != nil) || got.OAuth != c.want {
				t.Errorf("%s: got %+v", name, got.OAuth)
			}
		}
	}
}
