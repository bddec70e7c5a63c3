package lab_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mailmedic/mailmedic/lab"
)

const oauthWorld = `Tokens
-- zone --
auth.example. A 192.0.2.80
-- servers.toml --
[[account]]
user = "anna@a.example"
token = "token-1"

[[oauth]]
issuer = "https://auth.example/tenant"
user = "anna@a.example"
client = "program-1"
secret = "s3cret"
scopes = ["mail", "openid"]
interval = 2
lifetime = "30m"
%s
`

// form posts a form to an authorization server and gives the fields of the answer.
func form(t *testing.T, client *http.Client, to string, fields ...string) map[string]any {
	t.Helper()
	values := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		values.Set(fields[i], fields[i+1])
	}
	answer, err := client.PostForm(to, values)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	got := map[string]any{}
	if err := json.NewDecoder(answer.Body).Decode(&got); err != nil {
		t.Fatalf("%s: %v", to, err)
	}
	return got
}

func authClient(t *testing.T, r *lab.Running) *http.Client {
	return webClient(t, r, map[string]string{"auth.example": "192.0.2.80"})
}

func TestAnAuthorizationServerVerifiesPKCE(t *testing.T) {
	t.Parallel()
	r := start(t, "tokens.txtar", fmt.Sprintf(oauthWorld, ""), lab.Options{})
	client := authClient(t, r)
	const at = "https://auth.example/tenant/"

	var brought atomic.Value
	program := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		brought.Store(q.URL.Query())
		_, _ = io.WriteString(w, "back home")
	}))
	defer program.Close()
	sum := sha256.Sum256([]byte("a-verifier"))
	code := func() string {
		page := at + "authorize?" + url.Values{
			"response_type": {"code"}, "client_id": {"program-1"}, "redirect_uri": {program.URL}, "state": {"s1"}, "scope": {"mail"},
			"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
		}.Encode()
		if status, text, err := r.Visit(t.Context(), page); err != nil || status != 200 || text != "back home" {
			t.Fatalf("%d %q %v", status, text, err)
		}
		q := brought.Load().(url.Values)
		if q.Get("state") != "s1" || q.Get("iss") != "https://auth.example/tenant" {
			t.Fatalf("brought: %v", q)
		}
		return q.Get("code")
	}
	ask := func(code, verifier, secret string) map[string]any {
		return form(t, client, at+"token", "grant_type", "authorization_code", "code", code, "code_verifier", verifier,
			"client_id", "program-1", "client_secret", secret, "redirect_uri", program.URL)
	}
	if got := ask(code(), "another", "s3cret"); got["error"] != "invalid_grant" {
		t.Errorf("a verifier that does not fit: %v", got)
	}
	if got := ask(code(), "a-verifier", "guessed"); got["error"] != "invalid_client" {
		t.Errorf("a wrong secret: %v", got)
	}
	good := code()
	if got := ask(good, "a-verifier", "s3cret"); got["access_token"] != "token-1" || got["expires_in"] != 1800.0 || got["scope"] != "mail" {
		t.Errorf("the right one: %v", got)
	}
	if got := ask(good, "a-verifier", "s3cret"); got["error"] != "invalid_grant" {
		t.Errorf("a code for the second time: %v", got)
	}
	for name, query := range map[string]string{
		"a redirect out of this computer": "client_id=program-1&redirect_uri=https://evil.example/",
		"another client":                  "client_id=x&redirect_uri=" + url.QueryEscape(program.URL),
	} {
		if status, _, err := r.Visit(t.Context(), at+"authorize?response_type=code&"+query); err != nil || status != 400 {
			t.Errorf("%s: %d %v", name, status, err)
		}
	}
	_, _, _ = r.Visit(t.Context(), at+"authorize?response_type=code&client_id=program-1&redirect_uri="+url.QueryEscape(program.URL))
	if got := brought.Load().(url.Values); got.Get("error") != "invalid_request" {
		t.Errorf("a question without PKCE: %v", got)
	}
}

func TestADeviceWaitsForAPerson(t *testing.T) {
	t.Parallel()
	var clock atomic.Int64
	began := time.Now()
	r := start(t, "tokens.txtar", fmt.Sprintf(oauthWorld, ""), lab.Options{Now: func() time.Time { return began.Add(time.Duration(clock.Load())) }})
	client := authClient(t, r)
	const at = "https://auth.example/tenant/"
	codes := form(t, client, at+"device", "client_id", "program-1", "scope", "mail")
	poll := func(after time.Duration) map[string]any {
		clock.Add(int64(after))
		return form(t, client, at+"token", "grant_type", "urn:ietf:params:oauth:grant-type:device_code",
			"device_code", codes["device_code"].(string), "client_id", "program-1", "client_secret", "s3cret")
	}
	if codes["interval"] != 2.0 {
		t.Errorf("codes: %v", codes)
	}
	for _, step := range []struct {
		after time.Duration
		want  string
	}{{time.Second, "slow_down"}, {3 * time.Second, "slow_down"}, {20 * time.Second, "authorization_pending"}} {
		if got := poll(step.after); got["error"] != step.want {
			t.Errorf("after %s: %v, want %s", step.after, got, step.want)
		}
	}
	if status, _, err := r.Visit(t.Context(), codes["verification_uri_complete"].(string)); err != nil || status != 200 {
		t.Fatalf("%d %v", status, err)
	}
	if got := poll(20 * time.Second); got["access_token"] != "token-1" {
		t.Errorf("after the visit: %v", got)
	}
	if got := poll(20 * time.Second); got["error"] != "invalid_grant" {
		t.Errorf("for the second time: %v", got)
	}
	if got := form(t, client, at+"device", "client_id", "program-1", "scope", "calendar"); got["error"] != "invalid_scope" {
		t.Errorf("a scope that is not there: %v", got)
	}
}

func TestAnAuthorizationServerDescribesItself(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ config, place, key, want string }{
		"as RFC 8414 has it":          {"", "/.well-known/oauth-authorization-server/tenant", "device_authorization_endpoint", "https://auth.example/tenant/device"},
		"as OpenID Connect has it":    {`metadata = "openid"`, "/tenant/.well-known/openid-configuration", "issuer", "https://auth.example/tenant"},
		"as somebody else":            {`fault = "wrong-issuer"`, "/.well-known/oauth-authorization-server/tenant", "issuer", "https://somebody-else.example"},
		"with an endpoint in clear":   {`fault = "cleartext"`, "/.well-known/oauth-authorization-server/tenant", "token_endpoint", "http://auth.example/tenant/token"},
		"without an endpoint for it":  {`fault = "no-device"`, "/.well-known/oauth-authorization-server/tenant", "device_authorization_endpoint", ""},
		"nowhere at the usual place":  {`metadata = "none"`, "/.well-known/oauth-authorization-server/tenant", "", ""},
		"nowhere at the second place": {"", "/tenant/.well-known/openid-configuration", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, "tokens.txtar", fmt.Sprintf(oauthWorld, c.config), lab.Options{})
			answer, err := authClient(t, r).Get("https://auth.example" + c.place)
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			if c.key == "" {
				if answer.StatusCode != http.StatusNotFound {
					t.Errorf("got %s", answer.Status)
				}
				return
			}
			got := map[string]any{}
			if err := json.NewDecoder(answer.Body).Decode(&got); err != nil {
				t.Fatal(err)
			}
			if value, _ := got[c.key].(string); value != c.want {
				t.Errorf("%s is %q, want %q", c.key, value, c.want)
			}
		})
	}
}

func TestAnAuthorizationServerThatCannotWorkIsNoWorld(t *testing.T) {
	t.Parallel()
	good := fmt.Sprintf(oauthWorld, "")
	for name, text := range map[string]string{
		"an issuer without https": strings.Replace(good, "https://auth", "http://auth", 1),
		"nobody's token":          strings.Replace(good, `token = "token-1"`, "", 1),
		"a fault nobody knows":    fmt.Sprintf(oauthWorld, `fault = "mood"`),
		"a host without address":  strings.Replace(good, "auth.example. A", "other.example. A", 1),
	} {
		if _, err := lab.Parse("x.txtar", []byte(text)); err == nil {
			t.Errorf("%s: it is taken", name)
		}
	}
}

func TestAPersonVisitsOnlyTheWorldAndThisComputer(t *testing.T) {
	t.Parallel()
	r := start(t, "tokens.txtar", fmt.Sprintf(oauthWorld, ""), lab.Options{})
	if _, _, err := r.Visit(t.Context(), "https://elsewhere.example/"); err == nil || !strings.Contains(err.Error(), "no host") {
		t.Errorf("got %v", err)
	}
	if _, _, err := r.Visit(t.Context(), "http://"+net.JoinHostPort("198.51.100.1", "80")+"/"); err == nil {
		t.Error("an address out of the world was visited")
	}
}
