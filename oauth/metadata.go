package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

// A Getter fetches documents within bounds, as a wire.Network does.
type Getter interface {
	Get(ctx context.Context, rawURL string) wire.Fetched
}

// metadata is the part of RFC 8414 section 2 that counts here.
type metadata struct {
	Issuer      string   `json:"issuer"`
	Authorize   string   `json:"authorization_endpoint"`
	Token       string   `json:"token_endpoint"`
	Device      string   `json:"device_authorization_endpoint"` // RFC 8628 section 4
	Scopes      []string `json:"scopes_supported"`
	Responses   []string `json:"response_types_supported"`
	Grants      []string `json:"grant_types_supported"`
	Challenges  []string `json:"code_challenge_methods_supported"`
	AuthMethods []string `json:"token_endpoint_auth_methods_supported"`
	NamesItself bool     `json:"authorization_response_iss_parameter_supported"` // RFC 9207 section 3
}

// Discover asks an issuer for its description: first as RFC 8414 has it, then as
// OpenID Connect Discovery has it. A description counts only if it names the
// issuer that was asked (RFC 8414 section 3.3); a final slash alone makes no
// difference. Endpoints that are not https make it worthless. Errors are a
// [*Failed] where no description came, else say what is wrong with it.
func Discover(ctx context.Context, web Getter, issuer string) (Server, error) {
	if err := CheckURL(issuer, false); err != nil {
		return Server{}, fmt.Errorf("the issuer %w", err)
	}
	var failures []error
	for _, place := range places(issuer) {
		fetched := web.Get(ctx, place)
		if f := fetched.Observation.Failure; f != nil {
			failures = append(failures, &Failed{Failure: *f, At: place})
			if unreachable(f.Class) {
				break // the other place is at the same host
			}
			continue
		}
		return read(fetched.Body, issuer, place)
	}
	return Server{}, errors.Join(failures...)
}

// unreachable reports whether a failure is one of the host, not of a document.
func unreachable(class mail.Class) bool {
	return class != mail.HTTPStatus && class != mail.HTTPBody && class != mail.TooLarge && class != mail.PolicyRefused
}

// places gives where an issuer's description may be: RFC 8414 section 3.1 puts
// the well-known part before the issuer's path, OpenID Connect Discovery
// section 4 behind it.
func places(issuer string) []string {
	u, err := url.Parse(strings.TrimSuffix(issuer, "/"))
	if err != nil {
		return nil // CheckURL has looked
	}
	host := u.Scheme + "://" + u.Host
	path := strings.TrimSuffix(u.EscapedPath(), "/")
	return []string{
		host + "/.well-known/oauth-authorization-server" + path,
		host + path + "/.well-known/openid-configuration",
	}
}

// read takes a description of issuer in.
func read(document []byte, issuer, place string) (Server, error) {
	var m metadata
	if err := json.Unmarshal(document, &m); err != nil {
		return Server{}, fmt.Errorf("%s is no description of an authorization server (RFC 8414): no JSON of that form", place)
	}
	if strings.TrimSuffix(m.Issuer, "/") != strings.TrimSuffix(issuer, "/") {
		return Server{}, fmt.Errorf("%s describes the issuer %q and not %q, so it is not to be believed (RFC 8414 section 3.3)", place, m.Issuer, issuer)
	}
	if m.Token == "" {
		return Server{}, fmt.Errorf("%s names no token endpoint", place)
	}
	for _, endpoint := range []string{m.Authorize, m.Token, m.Device} {
		if endpoint == "" {
			continue
		}
		if err := CheckURL(endpoint, true); err != nil {
			return Server{}, fmt.Errorf("%s names an endpoint that nothing may be sent to: %w", place, err)
		}
	}
	return m.server(), nil
}

func (m metadata) server() Server {
	const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"
	lacks := func(list []string, what string) bool { return len(list) > 0 && !slices.Contains(list, what) }
	return Server{
		Issuer: m.Issuer, Authorize: m.Authorize, Token: m.Token, Device: m.Device,
		Scopes:       m.Scopes,
		BasicOnly:    lacks(m.AuthMethods, "client_secret_post") && slices.Contains(m.AuthMethods, "client_secret_basic"),
		NamesItself:  m.NamesItself,
		LacksS256:    lacks(m.Challenges, "S256"),
		LacksCode:    lacks(m.Responses, "code"),
		LacksDevices: lacks(m.Grants, deviceGrant),
	}
}
