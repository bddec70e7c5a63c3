package main

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/zalando/go-keyring"

	"github.com/mailmedic/mailmedic/lab"
)

// clientSecret is that of the client id in the world.
const clientSecret = "cs-hV7u/Gk2+pW=9s"

const loginWorld = `A provider that gives tokens
-- zone --
$ORIGIN a.example.
@                  MX   10 mail
mail               A    192.0.2.10
autoconfig         A    192.0.2.80
auth               A    192.0.2.81
_imaps._tcp        SRV  0 1 993 mail
_submissions._tcp  SRV  0 1 465 mail
-- servers.toml --
[[account]]
user = "anna@a.example"
token = "ya29.Qx8/zT+w=Lm5~kV_9-Rp3.Hn6"
messages = 3

[[oauth]]
issuer = "https://auth.a.example/tenant"
user = "anna@a.example"
client = "program-1"
secret = "cs-hV7u/Gk2+pW=9s"
scopes = ["mail", "openid"]
%s

[[server]]
endpoints = ["imaps://mail.a.example:993"]
mechanisms = ["XOAUTH2", "OAUTHBEARER"]

[[server]]
endpoints = ["smtps://mail.a.example:465"]
mechanisms = ["XOAUTH2"]

[[web]]
host = "autoconfig.a.example"
schemes = ["https"]
-- web/autoconfig.a.example/mail/config-v1.1.xml --
<clientConfig version="1.1"><emailProvider id="a.example"><domain>a.example</domain>
<incomingServer type="imap"><hostname>mail.a.example</hostname><port>993</port><socketType>SSL</socketType>
<username>%%EMAILADDRESS%%</username><authentication>OAuth2</authentication></incomingServer>
<outgoingServer type="smtp"><hostname>mail.a.example</hostname><port>465</port><socketType>SSL</socketType>
<username>%%EMAILADDRESS%%</username><authentication>OAuth2</authentication></outgoingServer>
</emailProvider>
<oAuth2><issuer>https://auth.a.example/tenant</issuer><scope>mail offline_access</scope>
<authURL>https://auth.a.example/tenant/authorize</authURL><tokenURL>https://auth.a.example/tenant/token</tokenURL></oAuth2>
</clientConfig>
`

// anna is a person who runs login in a world and does what it shows her.
type anna struct {
	*streams
	t       *testing.T
	world   *lab.Running
	out     bytes.Buffer
	mu      sync.Mutex
	told    bytes.Buffer // on standard error
	visited bool
	visits  sync.WaitGroup
	ring    map[string]string
	visit   bool // a code that is shown is typed in
}

func newAnna(t *testing.T, config string) *anna {
	t.Helper()
	return annaIn(t, fmt.Sprintf(loginWorld, config))
}

func annaIn(t *testing.T, text string) *anna {
	t.Helper()
	w, err := lab.Parse("login.txtar", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	running, err := w.Start(t.Context(), lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(running.Close)
	s, _, _ := person(t, "y", nil)
	s.reach = running.Network()
	a := &anna{streams: s, t: t, world: running, ring: map[string]string{}, visit: true}
	a.streams.out, a.streams.err = &a.out, a
	a.browser = func(page string) error {
		a.goTo(page)
		return nil
	}
	a.keyring = func(service, user string) (string, error) {
		if secret, ok := a.ring[service+" "+user]; ok {
			return secret, nil
		}
		return "", keyring.ErrNotFound
	}
	a.streams.keep = func(service, user, secret string) error {
		a.ring[service+" "+user] = secret
		return nil
	}
	t.Cleanup(a.visits.Wait)
	return a
}

func (a *anna) goTo(page string) {
	a.visits.Go(func() { _, _, _ = a.world.Visit(a.t.Context(), page) })
}

var directPage = regexp.MustCompile(`https://\S+user_code=\S+`)

// Write is standard error, which anna reads.
func (a *anna) Write(p []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.told.Write(p)
	if page := directPage.FindString(a.told.String()); page != "" && a.visit && !a.visited {
		a.visited = true
		a.goTo(page)
	}
	return len(p), nil
}

// login runs the command and gives its exit code.
func (a *anna) login(ctx context.Context, who string, arguments ...string) int {
	a.t.Helper()
	code := Main(ctx, append([]string{"login", who}, arguments...), a.streams)
	a.visits.Wait()
	a.noSecrets()
	return code
}

// noSecrets looks for every secret of the world in what was printed.
func (a *anna) noSecrets() {
	a.t.Helper()
	secrets := map[string]string{"token": canaryToken, "refresh token": "refresh." + canaryToken, "client secret": clientSecret}
	for _, post := range a.world.Journal().Posts {
		_, body, _ := strings.Cut(post, " ")
		form, _ := url.ParseQuery(body)
		for _, name := range []string{"device_code", "code_verifier", "code"} {
			if secret := form.Get(name); secret != "" {
				secrets[name] = secret
			}
		}
	}
	for name, secret := range secrets {
		for where, text := range map[string]string{"standard output": a.out.String(), "standard error": a.told.String()} {
			if form := leak(secret, []string{"anna@a.example"}, text); form != "" && text != canaryToken+"\n" {
				a.t.Errorf("the %s stands on %s, as %s:\n%s", name, where, form, text)
			}
		}
	}
}

// secretFile writes the secret of the client id.
func secretFile(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "client-secret")
	if err := os.WriteFile(name, []byte(clientSecret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// waitFor does something once a word is told.
type waitFor struct {
	*anna
	word string
	then func()
}

func (w waitFor) Write(p []byte) (int, error) {
	if strings.Contains(string(p), w.word) {
		w.then()
	}
	return w.anna.Write(p)
}
