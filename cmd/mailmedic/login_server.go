package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/check"
	"github.com/mailmedic/mailmedic/discover/providers"
	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/oauth"
	"github.com/mailmedic/mailmedic/report"
	"github.com/mailmedic/mailmedic/wire"
)

// A signInServer is the authorization server that is asked, and why it is.
type signInServer struct {
	oauth.Server
	Name   string
	known  *providers.Issuer // nil where the table does not know it
	Source mail.Source       // who names it
	Trust  mail.Trust
	scopes []string // that its source or the table names
	about  string   // an issuer that may describe the server, as a URL; empty for none
}

// An errNoServer says that nobody names an authorization server.
type errNoServer struct {
	domain  string
	unheard bool // nobody could be asked
}

func (e errNoServer) Error() string {
	if e.unheard {
		return fmt.Sprintf("it could not be found out who gives tokens for %s: no network, or no DNS, from here", e.domain)
	}
	return fmt.Sprintf("nobody says where %s gives tokens: no document of the domain names an authorization server, and the provider is not a known one.\n"+
		"If you know it, add --issuer https://…; the provider may also take passwords only", e.domain)
}

// findServer says whom to ask: the issuer that the user names, the provider that
// the user names, or what is known or published for the domain.
func (o *loginOptions) findServer(ctx context.Context, s *streams, network *wire.Network, who signer) (*signInServer, error) {
	switch {
	case o.issuer != "":
		return namedServer(ctx, network, o.issuer)
	case who.provider != nil:
		return tableServer(who.provider, mail.TrustUser), nil
	}
	if p := providers.ByDomain(who.target.Domain); p != nil && providers.ByIssuer(p.OAuth) != nil {
		return tableServer(providers.ByIssuer(p.OAuth), mail.TrustVouched), nil
	}
	if s.errIsTTY && !o.quiet {
		fmt.Fprintf(s.err, "Looking for who gives tokens for %s …\n", who.target.DisplayDomain())
	}
	return o.discoverServer(ctx, network, who.target)
}

// namedServer gives the server that the user names. One organisation's own server
// at a large provider has the provider's scopes and rules.
func namedServer(ctx context.Context, network *wire.Network, issuer string) (*signInServer, error) {
	found, err := oauth.Discover(ctx, network, issuer)
	if err != nil {
		return nil, err
	}
	server := &signInServer{Server: found, Name: hostOf(issuer), Source: mail.SourceUser, Trust: mail.TrustUser}
	if server.known = providers.ByIssuer(issuer); server.known == nil {
		server.known = providers.ByIssuer(server.Name)
	}
	if server.known != nil {
		server.Name, server.scopes = server.known.Name, server.known.Scopes
	}
	return server, nil
}

// tableServer gives a server of the built-in table.
func tableServer(i *providers.Issuer, trust mail.Trust) *signInServer {
	return &signInServer{
		Server: oauth.Server{Issuer: i.Issuer, Authorize: i.Authorize, Token: i.Token, Device: i.Device},
		Name:   i.Name, known: i, Source: mail.SourceProvider, Trust: trust, scopes: i.Scopes,
	}
}

// discoverServer asks every source of the domain.
func (o *loginOptions) discoverServer(ctx context.Context, network *wire.Network, target mail.Target) (*signInServer, error) {
	discovery, err := o.network.discovery()
	if err != nil {
		return nil, err
	}
	candidates := map[string]mail.Candidate{} // each is emitted again, whole, when it grew
	closing := check.Discover(ctx, target, check.Options{Network: network, Discovery: discovery, Tool: tool()}, func(e mail.Event) {
		if c := e.Candidate; c != nil {
			candidates[string(c.Role)+c.Endpoint.String()] = *c
		}
	})
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	list := make([]mail.Candidate, 0, len(candidates))
	for _, c := range candidates {
		list = append(list, c)
	}
	claim, ok := oauth.Choose(list)
	if !ok {
		return nil, errNoServer{target.DisplayDomain(), closing.ExitCode == exitInconclusive}
	}
	return claimedServer(ctx, network, claim)
}

// claimedServer makes a server of what a source says. Of a server that the table
// knows the table's facts are taken, unless the domain itself says otherwise.
func claimedServer(ctx context.Context, network *wire.Network, claim mail.Claim) (*signInServer, error) {
	c := claim.OAuth
	known := providers.ByIssuer(c.Issuer)
	whole := c.AuthURL != "" && c.TokenURL != ""
	if known != nil && (!whole || claim.Trust.Rank() > mail.TrustAuthenticated.Rank()) {
		server := tableServer(known, mail.TrustVouched)
		server.Source = claim.Source
		return server, nil
	}
	server := &signInServer{
		Server: oauth.Server{Authorize: c.AuthURL, Token: c.TokenURL, Device: c.DeviceURL},
		known:  known, Source: claim.Source, Trust: claim.Trust, scopes: c.Scopes,
	}
	server.Name, server.about = hostOf(c.AuthURL), asURL(c.Issuer)
	if server.about == c.Issuer { // a host alone is no issuer that an answer could be compared with
		server.Issuer = c.Issuer
	}
	if !whole {
		found, err := oauth.Discover(ctx, network, server.about)
		if err != nil {
			return nil, err
		}
		server.Server, server.Name = found, hostOf(server.about)
	}
	if known != nil {
		server.Name = known.Name
	}
	for _, endpoint := range []string{server.Authorize, server.Token} {
		if err := oauth.CheckURL(endpoint, true); err != nil {
			return nil, fmt.Errorf("%s names an endpoint that nothing may be sent to: %w", claim.Source, err)
		}
	}
	return server, nil
}

// asURL gives the issuer as a URL, where an autoconfig document has its host only.
func asURL(issuer string) string {
	if issuer == "" || strings.Contains(issuer, "://") {
		return issuer
	}
	return "https://" + issuer
}

func hostOf(page string) string {
	u, err := url.Parse(page)
	if err != nil {
		return page
	}
	return u.Hostname()
}

// describeDevices asks the server for its own description where the sources say
// nothing of the device flow, and it is wanted.
func (v *signInServer) describeDevices(ctx context.Context, network *wire.Network) {
	if v.Device != "" || v.known != nil || v.about == "" {
		return
	}
	if found, err := oauth.Discover(ctx, network, v.about); err == nil {
		v.Server = found
	}
}

// needsConsent reports whether the user has to agree to go to the server: only
// weak sources name it, and it is not of the address's own organisation.
func (v *signInServer) needsConsent(target mail.Target) bool {
	if v.Trust.Rank() <= mail.TrustVouched.Rank() {
		return false
	}
	return slices.ContainsFunc(v.Hosts(), func(host string) bool { return !wire.SameOrganisation(host, target.Domain) })
}

// consent asks once, naming hosts and source.
func (o *loginOptions) consent(ctx context.Context, s *streams, v *signInServer, target mail.Target) error {
	if o.trustDiscovered || !v.needsConsent(target) {
		return nil
	}
	hosts := report.Clean(strings.Join(v.Hosts(), ", "), false)
	if !s.canPrompt {
		return usagef("only %s (trust %s) says that %s gives tokens for %s; if that is right, add --trust-discovered", v.Source, v.Trust, hosts, target.DisplayDomain())
	}
	answer, err := s.readLine(ctx, fmt.Sprintf("Sign in at %s, which only %s names? [y/N] ", hosts, v.Source))
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return verdictError{exitInterrupted}
	case err != nil || !isYes(answer):
		fmt.Fprintf(s.err, "mailmedic: nobody was sent to %s.\n", hosts)
		return verdictError{exitRefused}
	}
	return nil
}

// scopesFor gives what to ask for: what the user says, what the source says, or
// what the server lists about mail.
func (o *loginOptions) scopesFor(v *signInServer) []string {
	if len(o.scopes) > 0 {
		return strings.Fields(strings.Join(o.scopes, " "))
	}
	if scopes := oauth.WithoutRefresh(v.scopes); len(scopes) > 0 {
		return scopes
	}
	return oauth.MailScopes(v.Scopes)
}
