package oauth

import (
	"context"
	"crypto/rand"
	"strings"

	"golang.org/x/oauth2"
)

// Browser gets a token by the authorization code grant (RFC 6749 section 4.1)
// with PKCE, S256 only, and a redirect to this computer. open gets the URL that a
// person has to visit, once the redirect can be received. It waits until ctx
// ends. Errors: a [*Refusal], a [*Failed], [ErrRedirect], what is wrong with an
// answer, or the cause of ctx.
func (r Request) Browser(ctx context.Context, at Redirect, open func(url string)) (Grant, error) {
	state, verifier := rand.Text(), oauth2.GenerateVerifier()
	known := secrets{r.Client.Secret.Reveal(), verifier, state}
	receiver, err := receive(ctx, at, state, r.issuerOnReturn())
	if err != nil {
		return Grant{}, err
	}
	defer receiver.close()

	config := r.config(receiver.uri)
	options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(verifier)}
	if r.Hint != "" {
		options = append(options, oauth2.SetAuthURLParam("login_hint", r.Hint))
	}
	open(config.AuthCodeURL(state, options...))
	back, err := receiver.wait(ctx)
	if err != nil {
		return Grant{}, err
	}
	if back.refusal != nil {
		return Grant{}, back.refusal.cleaned(known)
	}
	known = append(known, back.code)
	token, err := config.Exchange(r.over(ctx), back.code, oauth2.VerifierOption(verifier))
	if err != nil {
		return Grant{}, explain(ctx, err, "the exchange of the code for a token", r.Server.Token, known)
	}
	return r.grant(token, known)
}

// issuerOnReturn gives the issuer that a redirect has to name. Where the server
// does not promise to name itself, a redirect that does still has to be right
// (RFC 9207 section 2.4).
func (r Request) issuerOnReturn() issuerRule {
	return issuerRule{name: r.Server.Issuer, needed: r.Server.NamesItself}
}

type issuerRule struct {
	name   string // empty where it is not known
	needed bool
}

// fits reports whether a redirect that names an issuer, or none, may be believed.
// A final slash is no other issuer: documents that people write lose it.
func (i issuerRule) fits(named string) bool {
	switch {
	case named == "":
		return !i.needed
	case i.name == "":
		return true
	}
	return strings.TrimSuffix(named, "/") == strings.TrimSuffix(i.name, "/")
}

// cleaned gives the refusal without secrets, and then bounded: what is cut off
// in the middle of a secret could not be found any more.
func (r *Refusal) cleaned(known secrets) *Refusal {
	r.Code, r.Description, r.Page = bounded(known.clean(r.Code)), bounded(known.clean(r.Description)), bounded(known.clean(r.Page))
	return r
}
