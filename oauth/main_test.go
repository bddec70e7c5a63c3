package oauth

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// memory is an authorization server without a network, so that the clock of
// testing/synctest may be used. It answers what its endpoints answer.
type memory map[string]func(form url.Values) (status int, body string)

// RoundTrip implements http.RoundTripper.
func (m memory) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	if user, secret, ok := r.BasicAuth(); ok {
		form.Set("basic", user+":"+secret)
	}
	w := httptest.NewRecorder()
	w.Header().Set("Content-Type", "application/json")
	status, text := m[r.URL.Path](form)
	if status == 0 {
		return nil, errLost
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
	return w.Result(), nil
}

// request is one to a memory server that has everything.
func request(web http.RoundTripper) Request {
	return Request{
		Server: Server{
			Issuer: "https://auth.example", Authorize: "https://auth.example/authorize",
			Token: "https://auth.example/token", Device: "https://auth.example/device",
		},
		Client: Client{ID: "client-1"},
		Scopes: []string{"mail"},
		Web:    web,
	}
}

const goodToken = `{"access_token":"at-canary-1","token_type":"bearer","expires_in":3600}`
