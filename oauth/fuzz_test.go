package oauth

import (
	"net/url"
	"strings"
	"testing"
)

// Whatever a description says, it leads nobody but to https, and describes the
// issuer that was asked or is not believed.
func FuzzADescriptionLeadsOnlyToHTTPS(f *testing.F) {
	for _, seed := range []string{
		`{"issuer":"https://a.example","authorization_endpoint":"https://a.example/auth","token_endpoint":"https://a.example/token"}`,
		`{"issuer":"https://a.example","token_endpoint":"http://a.example/token"}`,
		`{"issuer":"https://a.example","token_endpoint":"https:a.example"}`,
		`{"issuer":"https://a.example","token_endpoint":"https://me@a.example/#x"}`,
		`{"issuer":null,"ISSUER":"https://a.example"}`, `null`, `[]`, ``,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, document string) {
		server, err := read([]byte(document), "https://a.example", "https://a.example/x")
		if err != nil {
			if server.Token != "" {
				t.Errorf("an error and a server: %+v", server)
			}
			return
		}
		if strings.TrimSuffix(server.Issuer, "/") != "https://a.example" || server.Token == "" {
			t.Errorf("%q describes %+v", document, server)
		}
		for _, endpoint := range []string{server.Authorize, server.Token, server.Device} {
			u, err := url.Parse(endpoint)
			if endpoint != "" && (err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Fragment != "") {
				t.Errorf("%q leads to %q", document, endpoint)
			}
		}
	})
}
