// Package oauth gets an OAuth 2.0 access token for mail from a person who signs
// in: at a browser of this computer (authorization code with PKCE, RFC 7636, and
// a loopback redirect, RFC 8252), or at any other (device flow, RFC 8628).
//
//	claim.go     which of the sources' claims says best where tokens come from
//	server.go    what is known of an authorization server, and what it can do
//	metadata.go  its own description of itself, RFC 8414 and OpenID Connect
//	browser.go   the flow with a browser; loopback.go receives what it brings back
//	device.go    the flow with a code that a person types in somewhere
//	grant.go     the token, checked
//	refusal.go   what servers say instead of giving one; advice.go what to do then
//	scope.go     which scopes are about mail
//
// The exchanges are those of golang.org/x/oauth2 over a transport of package
// wire, which bounds them. Secrets leave the package in a [Grant] only: what a
// server says is cleaned of every secret of the exchange before anybody sees it.
// A refresh token is neither asked for nor kept.
package oauth

import (
	"context"
	"net/http"

	"golang.org/x/oauth2"

	"github.com/mailmedic/mailmedic/mail"
)

// Request is whom to ask for what.
type Request struct {
	Server Server
	Client Client
	Scopes []string          // none leaves the choice to the server, RFC 6749 section 3.3
	Hint   string            // who will sign in, so that nobody has to type it; may be empty
	Web    http.RoundTripper // the way to the server, see wire.Network.Conversation
}

// Client is what an authorization server knows the program as.
type Client struct {
	ID     string
	Secret mail.Secret // zero for a public client, RFC 6749 section 2.1
}

// config gives the request in the words of package oauth2.
func (r Request) config(redirect string) *oauth2.Config {
	return &oauth2.Config{
		ClientID: r.Client.ID, ClientSecret: r.Client.Secret.Reveal(), Scopes: r.Scopes, RedirectURL: redirect,
		Endpoint: oauth2.Endpoint{
			AuthURL: r.Server.Authorize, TokenURL: r.Server.Token, DeviceAuthURL: r.Server.Device,
			AuthStyle: r.authStyle(),
		},
	}
}

// authStyle says how a client shows its secret. Where the server does not say,
// the form is what every large provider takes.
func (r Request) authStyle() oauth2.AuthStyle {
	if !r.Client.Secret.IsZero() && r.Server.BasicOnly {
		return oauth2.AuthStyleInHeader
	}
	return oauth2.AuthStyleInParams
}

// over gives a context with which package oauth2 asks over the transport of r.
func (r Request) over(ctx context.Context) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, &http.Client{
		Transport:     transport{ctx, r.Web},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	})
}

// A transport keeps package oauth2 to the caller's context, which it forgets
// when it asks for a device code.
type transport struct {
	ctx context.Context
	web http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Context().Done() == nil {
		r = r.WithContext(t.ctx)
	}
	return t.web.RoundTrip(r)
}
