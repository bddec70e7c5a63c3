package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/zalando/go-keyring"

	"github.com/mailmedic/mailmedic/discover/providers"
	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/oauth"
)

// hosterWorld is a domain whose hoster gives tokens under another name. What
// the domain says stands in the place of %s.
const hosterWorld = `A hoster that gives tokens
-- zone --
$ORIGIN b.example.
@           MX 10 mail
mail        A  192.0.2.10
autoconfig  A  192.0.2.80
$ORIGIN hoster.example.
auth        A  192.0.2.81
-- servers.toml --
[[account]]
user = "bea@b.example"
token = "` + canaryToken + `"

[[oauth]]
issuer = "https://auth.hoster.example"
user = "bea@b.example"
scopes = ["mail"]

[[web]]
host = "autoconfig.b.example"
schemes = ["%s"]
-- web/autoconfig.b.example/mail/config-v1.1.xml --
<clientConfig version="1.1"><emailProvider id="b.example"><domain>b.example</domain>
<incomingServer type="imap"><hostname>mail.b.example</hostname><port>993</port><socketType>SSL</socketType>
<authentication>OAuth2</authentication></incomingServer></emailProvider>
<oAuth2><issuer>auth.hoster.example</issuer>%s</oAuth2></clientConfig>
`

const endpointsXML = `<scope>mail</scope><authURL>https://auth.hoster.example/authorize</authURL><tokenURL>https://auth.hoster.example/token</tokenURL>`

func TestAServerThatOnlyWeakSourcesNameNeedsConsent(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		scheme, answer string
		terminal       bool
		arguments      []string
		code           int
		prompt         string
	}{
		"the domain itself names it over https":     {"https", "n", true, nil, 0, ""},
		"in the clear, and the person says yes":     {"http", "y", true, nil, 0, "Sign in at auth.hoster.example, which only autoconfig names? [y/N] "},
		"in the clear, and the person says no":      {"http", "n", true, nil, 1, "Sign in at auth.hoster.example"},
		"in the clear, and there is nobody to ask":  {"http", "y", false, nil, 2, ""},
		"in the clear, and the command line agrees": {"http", "n", true, []string{"--trust-discovered"}, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := annaIn(t, fmt.Sprintf(hosterWorld, c.scheme, endpointsXML))
			s, _, prompts := person(t, c.answer, nil)
			a.readLine, a.canPrompt = s.readLine, c.terminal
			code := a.login(t.Context(), "bea@b.example", append(c.arguments, "--client-id", "x", "--browser", "--keyring", "mail")...)
			if asked := strings.Join(*prompts, ""); code != c.code || !strings.HasPrefix(asked, c.prompt) || (asked == "") != (c.prompt == "") {
				t.Errorf("exit code %d, want %d; asked %q\n%s", code, c.code, asked, &a.told)
			}
			if _, kept := a.ring["mail bea@b.example"]; kept != (code == 0) {
				t.Errorf("exit code %d, and the keyring has %v", code, a.ring)
			}
			if !c.terminal && !strings.Contains(a.told.String(), "add --trust-discovered") {
				t.Errorf("it does not say what to do: %s", &a.told)
			}
		})
	}
}

func TestAnIssuerAloneIsAskedForItsEndpoints(t *testing.T) {
	t.Parallel()
	a := annaIn(t, fmt.Sprintf(hosterWorld, "https", ""))
	if code := a.login(t.Context(), "bea@b.example", "--client-id", "x", "--device", "--keyring", "mail"); code != 0 || !strings.Contains(a.out.String(), "Grants       mail\n") {
		t.Errorf("exit code %d\n%s%s", code, &a.out, &a.told)
	}
}

func TestADomainThatNamesNoServerIsToldSo(t *testing.T) {
	t.Parallel()
	text := strings.ReplaceAll(fmt.Sprintf(hosterWorld, "https", endpointsXML), "autoconfig.b.example", "elsewhere.hoster.example")
	text = strings.Replace(text, "auth        A", "elsewhere   A  192.0.2.82\nauth        A", 1)
	a := annaIn(t, text)
	if code := a.login(t.Context(), "bea@b.example", "--client-id", "x", "--keyring", "mail"); code != exitNothing || !strings.Contains(a.told.String(), "nobody says where b.example gives tokens") {
		t.Errorf("exit code %d\n%s", code, &a.told)
	}
}

func TestWithoutANetworkNobodyKnows(t *testing.T) {
	t.Parallel()
	a := annaIn(t, "No network\n-- servers.toml --\n[[network]]\nto = [\"192.0.2.53\"]\nports = [53]\nfault = \"unreachable\"\n")
	if code := a.login(t.Context(), "bea@b.example", "--client-id", "x", "--keyring", "mail"); code != exitInconclusive || !strings.Contains(a.told.String(), "no network, or no DNS") {
		t.Errorf("exit code %d\n%s", code, &a.told)
	}
}

func TestWhatAClaimMakesOfAServer(t *testing.T) {
	t.Parallel()
	google := providers.ByIssuer("google")
	own := &mail.OAuth{Issuer: "accounts.google.com", AuthURL: "https://own.example/auth", TokenURL: "https://own.example/token"}
	bare := &mail.OAuth{Issuer: "accounts.google.com"}
	for name, c := range map[string]struct {
		claim mail.Claim
		token string
		trust mail.Trust
	}{
		"a known issuer by a weak source is the table's":   {mail.Claim{Trust: mail.TrustCleartext, OAuth: own}, google.Token, mail.TrustVouched},
		"the domain's own word counts":                     {mail.Claim{Trust: mail.TrustAuthenticated, OAuth: own}, "https://own.example/token", mail.TrustAuthenticated},
		"a known issuer without endpoints is the table's":  {mail.Claim{Trust: mail.TrustAuthenticated, OAuth: bare}, google.Token, mail.TrustVouched},
		"an unknown one has what its source says, no more": {mail.Claim{Trust: mail.TrustCleartext, OAuth: &mail.OAuth{AuthURL: "https://x.example/a", TokenURL: "https://x.example/t"}}, "https://x.example/t", mail.TrustCleartext},
	} {
		server, err := claimedServer(t.Context(), nil, c.claim)
		if err != nil || server.Token != c.token || server.Trust != c.trust {
			t.Errorf("%s: %+v, %v", name, server, err)
		}
	}
	cleartext := &mail.OAuth{AuthURL: "https://x.example/a", TokenURL: "http://x.example/t"}
	if server, err := claimedServer(t.Context(), nil, mail.Claim{OAuth: cleartext}); err == nil {
		t.Errorf("an endpoint in the clear is taken: %+v", server)
	}
}

func TestAnOrganisationsOwnServerHasTheProvidersScopes(t *testing.T) {
	t.Parallel()
	a := annaIn(t, `A tenant
-- zone --
login.microsoftonline.com. A 192.0.2.81
-- servers.toml --
[[account]]
user = "bea@b.example"
token = "`+canaryToken+`"

[[oauth]]
issuer = "https://login.microsoftonline.com/tenant-1/v2.0"
user = "bea@b.example"
metadata = "openid"
scopes = ["https://outlook.office.com/IMAP.AccessAsUser.All", "https://outlook.office.com/POP.AccessAsUser.All", "https://outlook.office.com/SMTP.Send"]
`)
	code := a.login(t.Context(), "bea@b.example", "--issuer", "https://login.microsoftonline.com/tenant-1/v2.0", "--client-id", "x", "--keyring", "mail")
	if code != 0 || !strings.Contains(a.out.String(), "Microsoft gave a token") || !strings.Contains(a.out.String(), "IMAP.AccessAsUser.All") || !strings.Contains(a.told.String(), "redirect_uri=http%3A%2F%2Flocalhost%3A") {
		t.Errorf("exit code %d\n%s%s", code, &a.out, &a.told)
	}
}

func TestHowAPersonSignsIn(t *testing.T) {
	t.Parallel()
	both := oauth.Server{Authorize: "https://a.example/a", Token: "https://a.example/t", Device: "https://a.example/d"}
	only := func(change func(*oauth.Server)) oauth.Server {
		s := both
		change(&s)
		return s
	}
	noDevice, noBrowser := only(func(s *oauth.Server) { s.Device = "" }), only(func(s *oauth.Server) { s.LacksS256 = true })
	nothing := only(func(s *oauth.Server) { s.Device, s.Authorize = "", "" })
	for name, c := range map[string]struct {
		server            oauth.Server
		options           loginOptions
		browser, terminal bool
		want              string // "" for an error
	}{
		"a browser, and somebody who looks":        {both, loginOptions{}, true, true, flowBrowser},
		"a browser, and nobody who looks":          {both, loginOptions{}, true, false, flowDevice},
		"no browser":                               {both, loginOptions{}, false, true, flowDevice},
		"no browser, and no codes":                 {noDevice, loginOptions{}, false, true, flowBrowser},
		"a browser that the server cannot take":    {noBrowser, loginOptions{}, true, true, flowDevice},
		"a code is wanted":                         {both, loginOptions{device: true}, true, true, flowDevice},
		"a code is wanted and not to be had":       {noDevice, loginOptions{device: true}, true, true, ""},
		"a browser is wanted":                      {both, loginOptions{browser: true}, false, false, flowBrowser},
		"a browser is wanted and not to be had":    {noBrowser, loginOptions{browser: true}, true, true, ""},
		"the address is to be shown":               {both, loginOptions{noOpen: true}, false, false, flowBrowser},
		"a server that can do neither of the two":  {nothing, loginOptions{}, true, true, ""},
		"nothing is wanted that the server cannot": {nothing, loginOptions{noOpen: true}, true, true, ""},
	} {
		s, _, _ := person(t, "", nil)
		s.canPrompt = c.terminal
		if c.browser {
			s.browser = func(string) error { return nil }
		}
		got, err := c.options.flow(s, &signInServer{Server: c.server, Name: "a.example"})
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestWhoSignsInWhere(t *testing.T) {
	t.Parallel()
	for text, c := range map[string]struct{ user, provider, account, fails string }{
		"anna@a.example":        {"", "", "anna@a.example", ""},
		"Anna <anna@A.example>": {"", "", "anna@a.example", ""},
		"a.example":             {"", "", "", ""},
		"Google":                {"", "google", "", ""},
		"outlook.com":           {"bea@live.com", "microsoft", "bea@live.com", ""},
		"gogle":                 {"", "", "", "no provider \"gogle\" is known; write an address, or one of aol, comcast"},
		"anna@":                 {"", "", "", "not an email address"},
	} {
		who, err := (&loginOptions{user: c.user}).parseSigner(text)
		if c.fails != "" {
			if err == nil || !strings.Contains(err.Error(), c.fails) {
				t.Errorf("%s: %v", text, err)
			}
			continue
		}
		id := ""
		if who.provider != nil {
			id = who.provider.ID
		}
		if err != nil || id != c.provider || who.account != c.account {
			t.Errorf("%s: %+v, %v", text, who, err)
		}
	}
}

func TestTheNextCommandCanBePasted(t *testing.T) {
	t.Parallel()
	address := signer{target: mail.Target{Input: "anna@a.example", Address: "anna@a.example"}, account: "anna@a.example"}
	other := address
	other.account = "a.user"
	for want, c := range map[string]struct {
		who  signer
		kept place
	}{
		"mailmedic check anna@a.example --token-keyring mail":                    {address, place{Kind: "keyring", Service: "mail"}},
		"mailmedic check anna@a.example --user a.user --token-keyring 'my mail'": {other, place{Kind: "keyring", Service: "my mail"}},
		`mailmedic check ADDRESS --token-file '/tmp/it'\''s'`:                    {signer{}, place{Kind: "file", File: "/tmp/it's"}},
		"mailmedic check bea@b.example --token-file t":                           {signer{account: "bea@b.example"}, place{Kind: "file", File: "t"}},
	} {
		if got := shellLine(nextCommand(c.who, &c.kept)); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// It changes the keyring of the process, and so runs alone.
func TestTheSystemsKeyringKeepsAToken(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
	keyring.MockInit()
	if err := keepInSystemKeyring("mail", "anna@a.example", canaryToken); err != nil {
		t.Fatal(err)
	}
	if kept, err := systemKeyring("mail", "anna@a.example"); err != nil || kept != canaryToken {
		t.Errorf("it has %q, %v", kept, err)
	}
	keyring.MockInitWithError(keyring.ErrSetDataTooBig)
	if err := keepInSystemKeyring("mail", "anna@a.example", canaryToken); err == nil || !strings.Contains(err.Error(), "keep the token in a file") {
		t.Errorf("got %v", err)
	}
}
