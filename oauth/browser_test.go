package oauth

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/mailmedic/mailmedic/mail"
)

// visit asks a page of this computer as a browser does, and gives the status.
func visit(t *testing.T, method, page, host string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, page, nil)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	r.Host = host
	transport := &http.Transport{DisableKeepAlives: true}
	answer, err := transport.RoundTrip(r)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body)
	return answer.StatusCode, string(body)
}

// asked is what the authorization endpoint was asked.
func asked(t *testing.T, page string) (back string, query url.Values) {
	t.Helper()
	u, err := url.Parse(page)
	if err != nil {
		t.Error(err)
		return "", nil
	}
	return u.Query().Get("redirect_uri"), u.Query()
}

func TestTheBrowserBringsACodeThatIsExchangedWithPKCE(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		redirect Redirect
		secret   string
		basic    bool
		begins   string
	}{
		"any port":                 {DefaultRedirect(), "", false, "http://127.0.0.1:"},
		"a name and a path":        {Redirect{Host: "localhost", Path: "/back%20home"}, "", false, "http://localhost:"},
		"a secret in the form":     {DefaultRedirect(), "s3cret", false, "http://127.0.0.1:"},
		"a secret over basic auth": {DefaultRedirect(), "s3cret", true, "http://127.0.0.1:"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var challenge, back string
			web := memory{"/token": func(form url.Values) (int, string) {
				sum := sha256.Sum256([]byte(form.Get("code_verifier")))
				switch {
				case base64.RawURLEncoding.EncodeToString(sum[:]) != challenge || len(form.Get("code_verifier")) < 43:
					t.Errorf("the verifier %q does not fit", form.Get("code_verifier"))
				case form.Get("code") != "code-1" || form.Get("redirect_uri") != back || form.Get("grant_type") != "authorization_code":
					t.Errorf("sent: %v", form)
				case c.basic != (form.Get("basic") == "client-1:s3cret"), !c.basic && (form.Get("client_id") != "client-1" || form.Get("client_secret") != c.secret):
					t.Errorf("the client shows itself as %v", form)
				}
				return 200, strings.TrimSuffix(goodToken, "}") + `,"scope":"mail openid"}`
			}}
			r := request(web)
			r.Hint, r.Server.BasicOnly = "anna@a.example", c.basic
			if c.secret != "" {
				r.Client.Secret = mail.NewSecret([]byte(c.secret))
			}
			grant, err := r.Browser(t.Context(), c.redirect, func(page string) {
				var query url.Values
				back, query = asked(t, page)
				challenge = query.Get("code_challenge")
				if !strings.HasPrefix(page, "https://auth.example/authorize?") || !strings.HasPrefix(back, c.begins) || !strings.HasSuffix(back, c.redirect.Path) ||
					query.Get("code_challenge_method") != "S256" || query.Get("login_hint") != "anna@a.example" || len(query.Get("state")) < 20 ||
					query.Get("scope") != "mail" || query.Has("access_type") || query.Get("response_type") != "code" {
					t.Errorf("the page is %s", page)
				}
				if status, text := visit(t, http.MethodGet, back+"?code=code-1&state="+query.Get("state"), ""); status != 200 || !strings.Contains(text, "signed in") {
					t.Errorf("%d %s", status, text)
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			if grant.Token.Reveal() != "at-canary-1" || !slices.Equal(grant.Scopes, []string{"mail", "openid"}) {
				t.Errorf("got %+v", grant)
			}
		})
	}
}

func TestOnlyTheOneAnswerIsTaken(t *testing.T) {
	t.Parallel()
	web := memory{"/token": func(form url.Values) (int, string) {
		if form.Get("code") != "right" {
			t.Errorf("exchanged: %v", form)
		}
		return 200, goodToken
	}}
	_, err := request(web).Browser(t.Context(), DefaultRedirect(), func(page string) {
		back, query := asked(t, page)
		state := query.Get("state")
		for _, c := range []struct {
			method, page, host string
			status             int
		}{
			{http.MethodGet, back + "favicon.ico", "", 404},
			{http.MethodGet, back + "?code=wrong&state=" + state, "evil.example", 404},
			{http.MethodGet, back + "?code=wrong&state=other", "", 400},
			{http.MethodGet, back + "?code=wrong", "", 400},
			{http.MethodGet, back + "?error=access_denied&state=other", "", 400},
			{http.MethodGet, back + "?code=wrong&state=" + state + "&state=" + state, "", 400},
			{http.MethodGet, back + "?code=wrong&error=x&state=" + state, "", 400},
			{http.MethodGet, back + "?code=a&code=b&state=" + state, "", 400},
			{http.MethodGet, back + "?state=" + state, "", 400},
			{http.MethodPost, back + "?code=wrong&state=" + state, "", 405},
			{http.MethodGet, back + "?code=right&state=" + state, "", 200},
			{http.MethodGet, back + "?code=late&state=" + state, "", 404},
		} {
			if status, _ := visit(t, c.method, c.page, c.host); status != c.status {
				t.Errorf("%s %s at %q: %d, want %d", c.method, c.page, c.host, status, c.status)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestARefusalComesBackWithTheServersWords(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		names   bool // the server promises to name itself
		query   string
		code    string
		says    string
		comesTo bool // a token
	}{
		"declined":                        {false, "error=access_denied&error_description=no+thanks", "access_denied", "no thanks", false},
		"another issuer":                  {false, "code=x&iss=https://evil.example", mixUp, "https://evil.example", false},
		"no issuer where one is promised": {true, "code=x", mixUp, "", false},
		"the right issuer":                {true, "code=x&iss=https://auth.example", "", "", true},
		"the right issuer, and a slash":   {true, "code=x&iss=https://auth.example/", "", "", true},
		"no issuer":                       {false, "code=x", "", "", true},
		"very many words":                 {false, "error=x&error_description=" + strings.Repeat("y", 9000), "x", strings.Repeat("y", maxWords), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := request(memory{"/token": func(url.Values) (int, string) { return 200, goodToken }})
			r.Server.NamesItself = c.names
			_, err := r.Browser(t.Context(), DefaultRedirect(), func(page string) {
				back, query := asked(t, page)
				visit(t, http.MethodGet, back+"?"+c.query+"&state="+query.Get("state"), "")
			})
			refused, _ := errors.AsType[*Refusal](err)
			switch {
			case c.comesTo && err != nil:
				t.Error(err)
			case !c.comesTo && (refused == nil || refused.Code != c.code || !strings.Contains(refused.Description, c.says) || len(refused.Description) > maxWords):
				t.Errorf("got %+v", err)
			}
		})
	}
}

func TestNoSecretOfTheBrowserFlowIsRepeated(t *testing.T) {
	t.Parallel()
	var verifier string
	r := request(memory{"/token": func(form url.Values) (int, string) {
		verifier = form.Get("code_verifier")
		return 400, fmt.Sprintf(`{"error":"invalid_grant","error_description":%q}`, form.Encode())
	}})
	r.Client.Secret = mail.NewSecret([]byte("cs-canary-77"))
	_, err := r.Browser(t.Context(), DefaultRedirect(), func(page string) {
		back, query := asked(t, page)
		visit(t, http.MethodGet, back+"?code=code-canary-1&state="+query.Get("state"), "")
	})
	refused, ok := errors.AsType[*Refusal](err)
	if !ok || !strings.Contains(refused.Description, "client-1") {
		t.Fatalf("got %+v", err)
	}
	if said := fmt.Sprintf("%+v", *refused); strings.Contains(said, "canary") || strings.Contains(said, verifier) {
		t.Errorf("it shows a secret: %s", said)
	}
}

func TestTheBrowserFlowEndsWithItsCaller(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	over := errors.New("over")
	_, err := request(memory{}).Browser(ctx, DefaultRedirect(), func(string) { cancel(over) })
	if !errors.Is(err, over) {
		t.Errorf("got %v", err)
	}
}

func TestAPortThatAnotherProgramHasIsNoRedirect(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	at := Redirect{Host: "127.0.0.1", Port: uint16(taken.Addr().(*net.TCPAddr).Port), Path: "/"}
	_, err = request(memory{}).Browser(t.Context(), at, func(string) { t.Error("a page was shown") })
	if !errors.Is(err, ErrRedirect) {
		t.Errorf("got %v", err)
	}
}

func TestARedirectLeadsToThisComputer(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Redirect{
		"http://127.0.0.1":              {"127.0.0.1", 0, "/"},
		"http://localhost/":             {"localhost", 0, "/"},
		"http://[::1]:8080/a/b":         {"::1", 8080, "/a/b"},
		"http://localhost:1234/a%20b":   {"localhost", 1234, "/a%20b"},
		"https://localhost/":            {},
		"http://example.com/":           {},
		"http://127.0.0.1.example.com/": {},
		"http://192.0.2.1/":             {},
		"http://localhost:99999/":       {},
		"http://localhost:0/":           {},
		"http://me@localhost/":          {},
		"http://localhost/?x=1":         {},
		"localhost":                     {},
	} {
		got, err := ParseRedirect(text)
		if got != want || (err == nil) != (want.Host != "") {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
}
