package lab

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// oauthConfig is an authorization server of the world.
type oauthConfig struct {
	Issuer   string        `toml:"issuer"`
	User     string        `toml:"user"`
	Client   string        `toml:"client"`
	Secret   string        `toml:"secret"`
	Scopes   []string      `toml:"scopes"`
	Metadata string        `toml:"metadata"`
	Lifetime time.Duration `toml:"lifetime"`
	Interval int           `toml:"interval"`
	Fault    string        `toml:"fault"`
}

// The words that an authorization server may use; the empty one is the default.
var (
	oauthMetadata = []string{"", "rfc8414", "openid", "none"}
	oauthFaults   = []string{
		"", "deny", "expire", "no-mail", "no-device", "wrong-issuer", "wrong-state", "cleartext", "large", "redirect", "garbage", "echo",
	}
)

func (c *oauthConfig) validate(accounts []Account) error {
	u, err := url.Parse(c.Issuer)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("oauth.issuer %q: write it as https://HOST or https://HOST/PATH", c.Issuer)
	}
	if !slices.ContainsFunc(accounts, func(a Account) bool { return a.User == c.User && a.Token != "" }) {
		return fmt.Errorf("oauth %s: no account has the user %q and a token", c.Issuer, c.User)
	}
	err = errors.Join(oneOf("metadata", c.Metadata, oauthMetadata), oneOf("fault", c.Fault, oauthFaults))
	if err != nil {
		return fmt.Errorf("oauth %s: %w", c.Issuer, err)
	}
	return nil
}

// host gives the web host of the server.
func (c *oauthConfig) host() string {
	u, _ := url.Parse(c.Issuer) // validate has looked
	return u.Hostname()
}

// issuer is an authorization server that runs: RFC 6749 with PKCE (RFC 7636),
// metadata (RFC 8414) and the device flow (RFC 8628). Whoever visits its pages
// is signed in as its user, and agrees.
type issuer struct {
	oauthConfig
	token string // of the user
	now   func() time.Time

	mu      sync.Mutex
	codes   map[string]pledge  // authorization codes that nobody has exchanged yet
	devices map[string]*device // by device code
}

// pledge is what an authorization code was given for.
type pledge struct{ client, redirect, challenge, scope string }

// addIssuers makes the authorization servers of a world that starts.
func (r *Running) addIssuers() {
	r.issuers = map[string]*issuer{}
	for _, c := range r.world.issuers {
		i := &issuer{oauthConfig: c, now: r.options.Now, codes: map[string]pledge{}, devices: map[string]*device{}}
		for _, a := range r.world.Accounts {
			if a.User == c.User {
				i.token = a.Token
			}
		}
		r.issuers[c.host()] = i
	}
}

// endpoint gives the URL of one endpoint.
func (i *issuer) endpoint(name string) string { return strings.TrimSuffix(i.Issuer, "/") + "/" + name }

// ServeHTTP answers at the endpoints and where the metadata is looked for.
func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	at := "https://" + r.Host + r.URL.Path
	switch {
	case at == i.metadataPlace():
		i.describe(w)
	case at == i.endpoint("authorize") && r.Method == http.MethodGet:
		i.authorize(w, r)
	case at == i.endpoint("token") && r.Method == http.MethodPost:
		i.exchange(w, r)
	case at == i.endpoint("device") && r.Method == http.MethodPost && i.Fault != "no-device":
		i.giveDevice(w, r)
	case at == i.endpoint("verify") && r.Method == http.MethodGet:
		i.verify(w, r)
	default:
		http.NotFound(w, r)
	}
}

// authorize sends the browser back with a code (RFC 6749 section 4.1.2).
func (i *issuer) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil || !loopback(back) || i.Client != "" && q.Get("client_id") != i.Client {
		http.Error(w, "unknown client or redirect", http.StatusBadRequest) // nobody is sent anywhere then
		return
	}
	answer := url.Values{"state": {q.Get("state")}, "iss": {i.Issuer}}
	switch {
	case i.Fault == "deny":
		answer.Set("error", "access_denied")
		answer.Set("error_description", "the user said no")
	case q.Get("response_type") != "code":
		answer.Set("error", "unsupported_response_type")
	case q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43:
		answer.Set("error", "invalid_request")
		answer.Set("error_description", "PKCE with S256 is needed")
	case !i.knows(q.Get("scope")):
		answer.Set("error", "invalid_scope")
	default:
		answer.Set("code", i.pledge(pledge{q.Get("client_id"), q.Get("redirect_uri"), q.Get("code_challenge"), q.Get("scope")}))
	}
	if i.Fault == "wrong-state" {
		answer.Set("state", "of-another-question")
	}
	back.RawQuery = answer.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound)
}

func loopback(u *url.URL) bool {
	addr, err := netip.ParseAddr(u.Hostname())
	return u.Scheme == "http" && (u.Hostname() == "localhost" || err == nil && addr.IsLoopback())
}

// knows reports whether every scope is one of the server's.
func (i *issuer) knows(scope string) bool {
	return !slices.ContainsFunc(strings.Fields(scope), func(s string) bool { return !slices.Contains(i.Scopes, s) })
}

func (i *issuer) pledge(p pledge) string {
	code := rand.Text()
	i.mu.Lock()
	defer i.mu.Unlock()
	i.codes[code] = p
	return code
}

// exchange gives tokens (RFC 6749 section 3.2).
func (i *issuer) exchange(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm() // what came of it counts
	switch i.Fault {
	case "redirect":
		http.Redirect(w, r, i.endpoint("elsewhere"), http.StatusTemporaryRedirect)
		return
	case "garbage":
		_, _ = w.Write([]byte("null"))
		return
	case "large":
		_, _ = w.Write([]byte(`{"access_token":"` + strings.Repeat("x", 2<<20) + `"}`))
		return
	case "echo":
		refuse(w, "invalid_grant", "this came: "+r.PostForm.Encode())
		return
	}
	client, secret := r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	if user, password, ok := r.BasicAuth(); ok {
		client, secret = user, password
	}
	if i.Client != "" && (client != i.Client || secret != i.Secret) {
		refuse(w, "invalid_client", "")
		return
	}
	switch r.PostForm.Get("grant_type") {
	case "authorization_code":
		i.redeem(w, client, r.PostForm)
	case deviceGrant:
		i.poll(w, r.PostForm.Get("device_code"))
	default:
		refuse(w, "unsupported_grant_type", "")
	}
}

// redeem exchanges an authorization code, once, for who can show that the
// question was theirs (RFC 7636 section 4.6).
func (i *issuer) redeem(w http.ResponseWriter, client string, form url.Values) {
	i.mu.Lock()
	p, ok := i.codes[form.Get("code")]
	delete(i.codes, form.Get("code"))
	i.mu.Unlock()
	sum := sha256.Sum256([]byte(form.Get("code_verifier")))
	switch {
	case !ok:
		refuse(w, "invalid_grant", "no such code, or used already")
	case client != p.client || form.Get("redirect_uri") != p.redirect:
		refuse(w, "invalid_grant", "the code belongs to another client or redirect")
	case base64.RawURLEncoding.EncodeToString(sum[:]) != p.challenge:
		refuse(w, "invalid_grant", "the code verifier does not fit")
	default:
		i.give(w, p.scope)
	}
}

// give gives the user's token, and a refresh token that nobody asked for.
func (i *issuer) give(w http.ResponseWriter, scope string) {
	if i.Fault == "no-mail" {
		scope = "openid"
	}
	lifetime := i.Lifetime
	if lifetime == 0 {
		lifetime = time.Hour
	}
	answer(w, http.StatusOK, map[string]any{
		"access_token": i.token, "token_type": "Bearer", "expires_in": int(lifetime.Seconds()),
		"refresh_token": "refresh." + i.token, "scope": scope,
	})
}

func refuse(w http.ResponseWriter, code, description string) {
	fields := map[string]any{"error": code}
	if description != "" {
		fields["error_description"] = description
	}
	answer(w, http.StatusBadRequest, fields)
}

func answer(w http.ResponseWriter, status int, fields map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(fields) // a client that has left needs no answer
}
