package oauth

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

// pages are documents by URL; what is not there is not found.
type pages map[string]string

// Get implements Getter.
func (p pages) Get(_ context.Context, page string) (f wire.Fetched) {
	text, ok := p[page]
	switch {
	case !ok:
		f.Observation.Failure = &mail.Failure{Class: mail.HTTPStatus, Detail: page + " answered 404"}
	case text == "refused":
		f.Observation.Failure = &mail.Failure{Class: mail.Refused, Detail: "nobody listens"}
	default:
		f.Body = []byte(text)
	}
	return f
}

func TestAnIssuerIsAskedWhereTheStandardsSay(t *testing.T) {
	t.Parallel()
	for issuer, want := range map[string][]string{
		"https://a.example": {
			"https://a.example/.well-known/oauth-authorization-server",
			"https://a.example/.well-known/openid-configuration",
		},
		"https://a.example:8443/": {
			"https://a.example:8443/.well-known/oauth-authorization-server",
			"https://a.example:8443/.well-known/openid-configuration",
		},
		"https://a.example/tenant/1": {
			"https://a.example/.well-known/oauth-authorization-server/tenant/1",
			"https://a.example/tenant/1/.well-known/openid-configuration",
		},
	} {
		if got := places(issuer); !slices.Equal(got, want) {
			t.Errorf("%s: %q", issuer, got)
		}
	}
}

func TestADescriptionIsBelievedIfItIsTheIssuersOwn(t *testing.T) {
	t.Parallel()
	const place, other = "https://a.example/.well-known/oauth-authorization-server", "https://a.example/.well-known/openid-configuration"
	const good = `{"issuer":"https://a.example","authorization_endpoint":"https://a.example/auth?x=1","token_endpoint":"https://a.example/token","device_authorization_endpoint":"https://a.example/device","code_challenge_methods_supported":["S256"],"scopes_supported":["mail"]}`
	for name, c := range map[string]struct {
		issuer string
		pages  pages
		wants  string // of the error; empty for none
	}{
		"where RFC 8414 has it":          {"https://a.example", pages{place: good}, ""},
		"where OpenID Connect has it":    {"https://a.example", pages{other: good}, ""},
		"a final slash more":             {"https://a.example/", pages{place: good}, ""},
		"nowhere":                        {"https://a.example", pages{}, "answered 404"},
		"a host that does not answer":    {"https://a.example", pages{place: "refused", other: good}, "nobody listens"},
		"another issuer":                 {"https://a.example", pages{place: strings.ReplaceAll(good, `"issuer":"https://a.example"`, `"issuer":"https://b.example"`)}, `describes the issuer "https://b.example"`},
		"no issuer":                      {"https://a.example", pages{place: `{"token_endpoint":"https://a.example/token"}`}, `describes the issuer ""`},
		"a token endpoint in the clear":  {"https://a.example", pages{place: strings.ReplaceAll(good, "https://a.example/token", "http://a.example/token")}, "is not https"},
		"a device endpoint in the clear": {"https://a.example", pages{place: strings.ReplaceAll(good, "https://a.example/device", "http://a.example/device")}, "is not https"},
		"no token endpoint":              {"https://a.example", pages{place: `{"issuer":"https://a.example"}`}, "no token endpoint"},
		"no JSON":                        {"https://a.example", pages{place: "<html>"}, "no description"},
		"JSON of another form":           {"https://a.example", pages{place: `{"issuer":["x"]}`}, "no description"},
		"an issuer in the clear":         {"http://a.example", nil, "is not https"},
		"an issuer with a query":         {"https://a.example/?x", nil, "parts that it may not have"},
		"no URL":                         {"a.example", nil, "no web address"},
	} {
		server, err := Discover(t.Context(), c.pages, c.issuer)
		switch {
		case c.wants != "":
			if err == nil || !strings.Contains(err.Error(), c.wants) {
				t.Errorf("%s: %v", name, err)
			}
		case err != nil:
			t.Errorf("%s: %v", name, err)
		case server.Token != "https://a.example/token" || server.CanBrowse() != "" || server.CanDevice() != "" || !slices.Equal(server.Hosts(), []string{"a.example"}):
			t.Errorf("%s: %+v", name, server)
		}
	}
}

func TestADescriptionSaysWhatIsNotPossible(t *testing.T) {
	t.Parallel()
	const ends = `"issuer":"https://a.example","authorization_endpoint":"https://a.example/auth","token_endpoint":"https://t.example/token"`
	for name, c := range map[string]struct{ document, browse, device string }{
		"no device endpoint":      {`{` + ends + `}`, "", "no device authorization endpoint"},
		"PKCE in the clear only":  {`{` + ends + `,"code_challenge_methods_supported":["plain"]}`, "S256", "no device"},
		"tokens without a code":   {`{` + ends + `,"response_types_supported":["token"]}`, "no authorization codes", "no device"},
		"no grant for devices":    {`{` + ends + `,"device_authorization_endpoint":"https://a.example/d","grant_types_supported":["authorization_code"]}`, "", "RFC 8628"},
		"all of it":               {`{` + ends + `,"device_authorization_endpoint":"https://a.example/d","grant_types_supported":["urn:ietf:params:oauth:grant-type:device_code"]}`, "", ""},
		"no authorization at all": {`{"issuer":"https://a.example","token_endpoint":"https://a.example/token"}`, "no authorization endpoint", "no device"},
	} {
		server, err := read([]byte(c.document), "https://a.example", "https://a.example/x")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for got, want := range map[string]string{server.CanBrowse(): c.browse, server.CanDevice(): c.device} {
			if (got == "") != (want == "") || !strings.Contains(got, want) {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
	}
}
