package discover

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/mailmedic/mailmedic/lab"
	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

func TestCasesOfTheWeb(t *testing.T) {
	t.Parallel()
	const standInQuery = "?emailaddress=postmaster%40example.org"
	runCases(t, []caseTest{
		{
			name: "case 5: an entry with servers of other kinds keeps the mail servers",
			world: autoconfigWorld(inDocument(`<incomingServer type="ews"><authentication>OAuth2</authentication>`+
				`<url>https://outlook.example.org/ews</url></incomingServer>`+goodIMAP), ""),
			claims:   []string{ownIMAP + " autoconfig authenticated"},
			services: []string{"ews https://outlook.example.org/ews autoconfig authenticated"},
			notes:    map[string]string{ownDocument: `type "ews" is for other programs`},
		},
		{
			name:   "case 27: a document that is served as a web page is a document",
			world:  autoconfigWorld(inDocument(goodIMAP), "-- servers.toml --\n[[page]]\nurl = \"https://autoconfig.example.org/mail/config-v1.1.xml\"\ntype = \"text/html\"\n"),
			claims: []string{ownIMAP + " autoconfig authenticated"},
			notes:  map[string]string{ownDocument: `served as "text/html"`},
		},
		{
			name:     "case 28: a web page is no document and costs nobody anything",
			world:    autoconfigWorld("<!DOCTYPE html><title>Login</title>", "_imaps._tcp SRV 0 0 993 imap\n"),
			claims:   []string{ownIMAP + " srv dns"},
			failures: map[string]mail.Class{ownDocument: mail.HTTPBody},
		},
		{
			name:     "case 29: an answer without content is no document",
			world:    "-- zone --\nautoconfig A 192.0.2.81\n-- servers.toml --\n[[page]]\nurl = \"https://autoconfig.example.org/mail/config-v1.1.xml\"\nstatus = 204\n",
			claims:   []string{},
			failures: map[string]mail.Class{ownDocument: mail.HTTPStatus},
		},
		{
			name:     "case 30: an endless document is cut and costs only itself",
			world:    autoconfigWorld(inDocument(goodIMAP), "_imaps._tcp SRV 0 0 993 imap\n-- servers.toml --\n[[page]]\nurl = \"https://autoconfig.example.org/mail/config-v1.1.xml\"\nsize = 5000000\n"),
			claims:   []string{ownIMAP + " srv dns"},
			failures: map[string]mail.Class{ownDocument: mail.TooLarge},
		},
		{
			name:      "case 41: a server that wants an address gets the user's at once",
			world:     autoconfigWorld(inDocument(goodIMAP), "-- servers.toml --\n[[page]]\nurl = \"https://autoconfig.example.org/mail/config-v1.1.xml\"\nneeds = \"emailaddress\"\n"),
			claims:    []string{ownIMAP + " autoconfig authenticated"},
			usernames: []string{"anna@example.org"},
		},
		{
			name:      "case 41: for a domain alone it is asked again about the postmaster",
			world:     autoconfigWorld(inDocument(goodIMAP), "-- servers.toml --\n[[page]]\nurl = \"https://autoconfig.example.org/mail/config-v1.1.xml\"\nneeds = \"emailaddress\"\n"),
			target:    "example.org",
			claims:    []string{ownIMAP + " autoconfig authenticated"},
			usernames: []string{"%EMAILADDRESS%"},
			failures: map[string]mail.Class{
				"https://autoconfig.example.org/mail/config-v1.1.xml":                mail.HTTPStatus,
				"https://autoconfig.example.org/mail/config-v1.1.xml" + standInQuery: "ok",
			},
		},
		{
			name:   "case 42: an address with special characters is encoded once",
			world:  autoconfigWorld(inDocument(goodIMAP), ""),
			target: "a.b+c&d#e%f=ü@example.org",
			claims: []string{ownIMAP + " autoconfig authenticated"},
			asked:  []string{"/mail/config-v1.1.xml?emailaddress=a.b%2Bc%26d%23e%25f%3D%C3%BC%40example.org"},
		},
		{
			name: "case 43: a user name of the postmaster becomes the user's own",
			world: autoconfigWorld(strings.ReplaceAll(inDocument(goodIMAP), "%EMAILADDRESS%", "postmaster"),
				"-- servers.toml --\n[[web]]\nhost = \"autoconfig.example.org\"\nschemes = [\"http\"]\n[[page]]\nurl = \"http://autoconfig.example.org/mail/config-v1.1.xml\"\nneeds = \"emailaddress\"\n"),
			claims:    []string{ownIMAP + " autoconfig cleartext"},
			usernames: []string{"anna"},
		},
		{
			name: "case 43: a user name that follows from nothing is not taken for the user's",
			world: autoconfigWorld(strings.ReplaceAll(inDocument(goodIMAP), "%EMAILADDRESS%", "web17p3"),
				"-- servers.toml --\n[[web]]\nhost = \"autoconfig.example.org\"\nschemes = [\"http\"]\n[[page]]\nurl = \"http://autoconfig.example.org/mail/config-v1.1.xml\"\nneeds = \"emailaddress\"\n"),
			usernames: []string{""},
			notes:     map[string]string{httpDocument + standInQuery: `the user name is "web17p3"; the user's own may follow another rule`},
		},
		{
			name:     "case 45: a redirect from https to http is not followed",
			world:    "-- zone --\nautoconfig A 192.0.2.81\n-- servers.toml --\n[[page]]\nurl = \"https://autoconfig.example.org/mail/config-v1.1.xml\"\nstatus = 302\nlocation = \"http://autoconfig.example.org/x.xml\"\n",
			claims:   []string{},
			failures: map[string]mail.Class{ownDocument: mail.PolicyRefused},
		},
		{
			name: "case 46: a redirect from http to https is followed and stays untrusted",
			world: autoconfigWorld(inDocument(goodIMAP), "-- servers.toml --\n[[web]]\nhost = \"autoconfig.example.org\"\nschemes = [\"https\", \"http\"]\n"+
				"[[page]]\nurl = \"http://autoconfig.example.org/mail/config-v1.1.xml\"\nstatus = 301\nlocation = \"https://autoconfig.example.org/mail/config-v1.1.xml\"\n"),
			claims: []string{ownIMAP + " autoconfig authenticated", ownIMAP + " autoconfig cleartext"},
			notes:  map[string]string{httpDocument: "came over http"},
		},
		{
			name:     "case 47: redirects in a circle end with one clear failure",
			world:    "-- zone --\nautoconfig A 192.0.2.81\n-- servers.toml --\n[[page]]\nurl = \"https://autoconfig.example.org/mail/config-v1.1.xml\"\nstatus = 302\nlocation = \"https://autoconfig.example.org/mail/config-v1.1.xml\"\n",
			claims:   []string{},
			failures: map[string]mail.Class{ownDocument: mail.HTTPStatus},
		},
		{
			name: "case 49: what only http says is cleartext, below the ISPDB",
			world: `-- zone --
autoconfig A 192.0.2.81
autoconfig.thunderbird.net. A 203.0.113.80
-- servers.toml --
[[web]]
host = "autoconfig.example.org"
schemes = ["http"]
-- web/autoconfig.example.org/mail/config-v1.1.xml --
` + imapDocument("http.example.org") + `-- web/autoconfig.thunderbird.net/v1.1/example.org --
` + imapDocument("imap.example.org"),
			claims: []string{"imaps://http.example.org:993 autoconfig cleartext", ownIMAP + " ispdb vouched"},
		},
		{
			name:     "case 50: a certificate for another name fails its source alone",
			world:    autoconfigWorld(inDocument(goodIMAP), "_imaps._tcp SRV 0 0 993 imap\n-- servers.toml --\n[[web]]\nhost = \"autoconfig.example.org\"\ncertificate = { names = [\"*.hoster.example\"] }\n"),
			claims:   []string{ownIMAP + " srv dns"},
			failures: map[string]mail.Class{ownDocument: mail.CertName},
		},
		{
			name:     "case 51: a certificate that nobody trusts",
			world:    autoconfigWorld(inDocument(goodIMAP), "-- servers.toml --\n[[web]]\nhost = \"autoconfig.example.org\"\ncertificate = { kind = \"self-signed\" }\n"),
			failures: map[string]mail.Class{ownDocument: mail.CertUntrusted},
		},
		{
			name:     "case 51: an expired certificate",
			world:    autoconfigWorld(inDocument(goodIMAP), "-- servers.toml --\n[[web]]\nhost = \"autoconfig.example.org\"\ncertificate = { kind = \"expired\" }\n"),
			failures: map[string]mail.Class{ownDocument: mail.CertExpired},
		},
		{
			name:     "case 52: a place that wants a sign-in gets none",
			world:    autoconfigWorld(inDocument(goodIMAP), "-- servers.toml --\n[[page]]\nurl = \"https://autoconfig.example.org/mail/config-v1.1.xml\"\nstatus = 401\n"),
			claims:   []string{},
			failures: map[string]mail.Class{ownDocument: mail.HTTPStatus},
			notes:    map[string]string{ownDocument: "wants a sign-in first: nothing was sent"},
		},
		{
			name:  "case 53: not there, not reached and no such name are three things",
			world: "-- zone --\n@ A 192.0.2.80\nautoconfig A 192.0.2.81\n-- servers.toml --\n[[web]]\nhost = \"example.org\"\n[[network]]\nto = [\"autoconfig.example.org\"]\nfault = \"unreachable\"\n",
			failures: map[string]mail.Class{
				webDocument: mail.HTTPStatus, ownDocument: mail.Unreachable, paccPlace: mail.DNSNXDomain,
			},
		},
		{
			name: "case 56: a captive portal shows its certificate everywhere",
			world: autoconfigWorld(inDocument(goodIMAP), `autoconfig.thunderbird.net. A 203.0.113.80
-- servers.toml --
[[web]]
host = "autoconfig.example.org"
certificate = { names = ["portal.hotel.example"] }
[[web]]
host = "autoconfig.thunderbird.net"
certificate = { names = ["portal.hotel.example"] }
`),
			claims: []string{},
			notes: map[string]string{
				"tls:https://autoconfig.example.org:443#192.0.2.81":       "captive portal",
				"tls:https://autoconfig.thunderbird.net:443#203.0.113.80": "captive portal",
			},
		},
		{
			name:   "case 58: an alias of a hoster with a certificate for the domain is the domain's own",
			world:  "-- zone --\nautoconfig CNAME web.hoster.example.\nweb.hoster.example. A 192.0.2.81\n-- servers.toml --\n[[web]]\nhost = \"autoconfig.example.org\"\naddresses = [\"192.0.2.81\"]\n-- web/autoconfig.example.org/mail/config-v1.1.xml --\n" + imapDocument("imap.example.org"),
			claims: []string{ownIMAP + " autoconfig authenticated"},
		},
		{
			name:     "case 58: an alias of a hoster with a certificate for the hoster alone is nobody's",
			world:    "-- zone --\nautoconfig CNAME web.hoster.example.\nweb.hoster.example. A 192.0.2.81\n-- servers.toml --\n[[web]]\nhost = \"web.hoster.example\"\n",
			claims:   []string{},
			failures: map[string]mail.Class{ownDocument: mail.CertName},
		},
		{
			name: "a redirect to somebody else lowers the trust",
			world: "-- zone --\nautoconfig A 192.0.2.81\nconf.hoster.example. A 192.0.2.82\n-- servers.toml --\n[[page]]\nurl = \"https://autoconfig.example.org/mail/config-v1.1.xml\"\nstatus = 302\n" +
				"location = \"https://conf.hoster.example/x.xml\"\n-- web/conf.hoster.example/x.xml --\n" + imapDocument("imap.hoster.example"),
			claims: []string{"imaps://imap.hoster.example:993 autoconfig redirected"},
			notes:  map[string]string{ownDocument: "belongs to somebody else"},
		},
		{
			name: "a redirect to somebody else that carries the address is told the postmaster's",
			world: "-- zone --\nautoconfig A 192.0.2.81\nconf.hoster.example. A 192.0.2.82\n-- servers.toml --\n[[page]]\nurl = \"https://autoconfig.example.org/mail/config-v1.1.xml\"\nstatus = 302\n" +
				"location = \"https://conf.hoster.example/x.xml?emailaddress=anna%40example.org\"\n-- web/conf.hoster.example/x.xml --\n" +
				strings.ReplaceAll(imapDocument("imap.hoster.example"), "%EMAILADDRESS%", "postmaster@example.org"),
			claims: []string{"imaps://imap.hoster.example:993 autoconfig redirected"}, usernames: []string{"anna@example.org"},
			asked: []string{"https://conf.hoster.example/x.xml?emailaddress=postmaster%40example.org"}, silent: []string{"x.xml?emailaddress=anna"},
		},
		{
			name: "a placeholder is the user's, whomever the server was asked about",
			world: "-- zone --\nautoconfig A 192.0.2.81\nconf.hoster.example. A 192.0.2.82\n-- servers.toml --\n[[page]]\nurl = \"https://autoconfig.example.org/mail/config-v1.1.xml\"\nstatus = 302\n" +
				"location = \"https://conf.hoster.example/x.xml?emailaddress=anna%40example.org\"\n-- web/conf.hoster.example/x.xml --\n" +
				strings.ReplaceAll(imapDocument("imap.hoster.example"), "%EMAILADDRESS%", "%EMAILLOCALPART%"),
			usernames: []string{"anna"}, notes: map[string]string{ownDocument: "belongs to somebody else"},
		},
	})
}

func TestCase59TheProxyOfTheEnvironmentIsUsedAndStated(t *testing.T) {
	t.Parallel()
	w, err := lab.Parse("test.txtar", []byte("A world behind a proxy\n-- zone --\nexample.org. TXT x\n"))
	if err != nil {
		t.Fatal(err)
	}
	running, err := w.Start(t.Context(), lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(running.Close)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Error(w, "not today", http.StatusForbidden) }))
	t.Cleanup(proxy.Close)
	address, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	o := running.Network()
	o.Proxy = func(*url.URL) (*url.URL, error) { return address, nil }
	o.Dial = dialLoopback(o.Dial, address.Host)
	network, err := wire.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(network.Close)
	out := (&world{t, running, network}).discover("anna@example.org", Options{})
	seen := out.observations[httpDocument]
	if seen.HTTPFacts == nil || seen.Proxy != proxy.URL || seen.Status != http.StatusForbidden {
		t.Errorf("the proxy is not stated: %+v %+v", seen.HTTPFacts, seen.Failure)
	}
}
