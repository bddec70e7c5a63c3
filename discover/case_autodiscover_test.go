package discover

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/mailmedic/mailmedic/lab"
	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

// poxIMAP is an answer with one IMAP server.
func poxIMAP(host, login string) string {
	return poxOf(`<Protocol><Type>IMAP</Type><Server>` + host + `</Server><Port>993</Port><SSL>on</SSL><SPA>off</SPA><LoginName>` + login + `</LoginName></Protocol>`)
}

func poxOf(account string) string {
	return `<?xml version="1.0" encoding="utf-8"?><Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006">` +
		`<Response xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"><Account><AccountType>email</AccountType>` +
		account + `</Account></Response></Autodiscover>` + "\n"
}

const poxDocument = "/autodiscover/autodiscover.xml --\n"

// poxWorld is a world whose own Autodiscover host has an answer.
func poxWorld(answer string) string {
	return "-- zone --\nautodiscover A 192.0.2.82\n-- web/autodiscover.example.org" + poxDocument + answer
}

func TestCasesOfAutodiscover(t *testing.T) {
	t.Parallel()
	redirected := func(to string) string {
		return "-- zone --\nautodiscover A 192.0.2.82\nautodiscover.hoster.example. A 192.0.2.90\n-- servers.toml --\n[[web]]\nhost = \"autodiscover.example.org\"\nschemes = [\"http\"]\n" +
			"[[page]]\nurl = \"" + httpPOX + "\"\nstatus = 302\nlocation = \"" + to + "\"\n-- web/autodiscover.hoster.example" + poxDocument + poxIMAP("imap.hoster.example", "postmaster@example.org")
	}
	const hosterIMAP = "imaps://imap.hoster.example:993 autodiscover "
	runCases(t, []caseTest{
		{
			name: "settings of the domain's own host", world: poxWorld(poxIMAP("imap.example.org", "anna@example.org")),
			claims: []string{ownIMAP + " autodiscover authenticated"}, usernames: []string{"anna@example.org"},
			posted:   []string{"https://autodiscover.example.org/autodiscover/autodiscover.xml <?xml", "<EMailAddress>anna@example.org</EMailAddress>"},
			failures: map[string]mail.Class{ownPOX: "ok", webPOX: mail.DNSNoData},
		},
		{
			name: "case 96: a server that wants a POST gets one, and another kind of request is no answer",
			world: "-- zone --\n@ A 192.0.2.80\nautodiscover A 192.0.2.82\n-- web/example.org" + poxDocument + poxError("600", "Invalid Request") +
				"-- web/autodiscover.example.org" + poxDocument + poxIMAP("imap.example.org", "anna@example.org"),
			claims: []string{ownIMAP + " autodiscover authenticated"}, failures: map[string]mail.Class{webPOX: mail.HTTPBody},
		},
		{
			name:   "case 52: a server that wants a sign-in gets none",
			world:  "-- zone --\nautodiscover A 192.0.2.82\n-- servers.toml --\n[[page]]\nurl = \"" + strings.TrimPrefix(ownPOX, "post:") + "\"\nstatus = 401\n",
			claims: []string{}, notes: map[string]string{ownPOX: "wants a sign-in first: nothing was sent"},
		},
		{
			name: "case 97: the http host redirects, and the other one is asked about the postmaster", world: redirected("https://autodiscover.hoster.example/autodiscover/autodiscover.xml"),
			claims: []string{hosterIMAP + "cleartext"}, usernames: []string{"anna@example.org"},
			notes: map[string]string{
				httpPOX: "it sends to", "post:https://autodiscover.hoster.example/autodiscover/autodiscover.xml": "must not learn the address",
			},
			posted: []string{"<EMailAddress>postmaster@example.org</EMailAddress>"},
		},
		{
			name: "case 97: a redirect of the http host to http is not followed", world: redirected("http://autodiscover.hoster.example/autodiscover/autodiscover.xml"),
			claims: []string{}, notes: map[string]string{httpPOX: "is not asked: it is not https"}, silent: []string{"hoster.example"},
		},
		{
			name: "case 97: RedirectUrl is followed over https", world: poxWorld(poxOf("<Action>redirectUrl</Action><RedirectUrl>https://ad.hoster.example/a.xml</RedirectUrl>")) +
				"-- web/ad.hoster.example/a.xml --\n" + poxIMAP("imap.hoster.example", "") + "-- servers.toml --\n[[web]]\nhost = \"ad.hoster.example\"\naddresses = [\"192.0.2.90\"]\n",
			failures: map[string]mail.Class{"post:https://ad.hoster.example/a.xml": mail.DNSNXDomain},
		},
		{
			name: "case 97: RedirectUrl over http is refused", world: poxWorld(poxOf("<Action>redirectUrl</Action><RedirectUrl>http://autodiscover.example.org/a.xml</RedirectUrl>")),
			claims: []string{}, notes: map[string]string{ownPOX: "is not asked: it is not https"}, silent: []string{"a.xml"},
		},
		{
			name: "case 97: RedirectAddr begins anew with the other domain",
			world: poxWorld(poxOf("<Action>redirectAddr</Action><RedirectAddr>anna@tenant.example</RedirectAddr>")) +
				"-- web/autodiscover.tenant.example" + poxDocument + poxIMAP("imap.tenant.example", "postmaster@tenant.example") +
				"-- servers.toml --\n[[web]]\nhost = \"autodiscover.tenant.example\"\naddresses = [\"192.0.2.91\"]\n",
			notes: map[string]string{ownPOX: `it sends to the address "anna@tenant.example"`},
			asked: []string{"srv:_autodiscover._tcp.tenant.example"},
		},
		{
			name: "case 97: RedirectAddr to the same domain leads nowhere", world: poxWorld(poxOf("<RedirectAddr>anna@example.org</RedirectAddr>")),
			claims: []string{}, notes: map[string]string{ownPOX: "leads nowhere new"},
		},
		{
			name:  "case 99: nothing above the domain is asked, and no public suffix that an answer names",
			world: poxWorld(poxOf("<RedirectAddr>anna@co.uk</RedirectAddr>")), target: "anna@example.org",
			claims: []string{}, notes: map[string]string{ownPOX: "cannot be one"}, silent: []string{"autodiscover.org", "co.uk"},
		},
		{
			name: "the second version tells where the first one is",
			world: "-- zone --\nautodiscover A 192.0.2.82\nad A 192.0.2.83\n-- web/autodiscover.example.org/autodiscover/autodiscover.json/v1.0/anna@example.org --\n" +
				`{"Protocol":"AutodiscoverV1","Url":"https://ad.example.org/a.xml"}` + "\n-- web/ad.example.org/a.xml --\n" + poxIMAP("imap.example.org", "anna@example.org"),
			claims: []string{ownIMAP + " autodiscover authenticated"},
		},
		{
			name: "the second version knows nothing",
			world: "-- zone --\nautodiscover A 192.0.2.82\n-- web/autodiscover.example.org/autodiscover/autodiscover.json/v1.0/anna@example.org --\n" +
				`{"ErrorCode":"MandatoryParameterMissing","ErrorMessage":"A valid smtp address must be provided"}` + "\n",
			claims: []string{},
			notes:  map[string]string{"https://autodiscover.example.org/autodiscover/autodiscover.json/v1.0/anna@example.org?Protocol=AutodiscoverV1": "MandatoryParameterMissing"},
		},
		{
			name: "case 98: the SRV record is followed", world: "-- zone --\n_autodiscover._tcp SRV 0 0 443 ad\nad A 192.0.2.83\n-- web/ad.example.org" + poxDocument + poxIMAP("imap.example.org", "anna@example.org"),
			claims: []string{ownIMAP + " autodiscover dns"}, posted: []string{"<EMailAddress>anna@example.org</EMailAddress>"},
		},
		{
			name: "for a domain alone the postmaster is asked about", world: poxWorld(poxIMAP("imap.example.org", "postmaster")), target: "example.org",
			claims: []string{ownIMAP + " autodiscover authenticated"}, usernames: []string{"%EMAILLOCALPART%"},
			posted: []string{"<EMailAddress>postmaster@example.org</EMailAddress>"},
		},
		{
			name: "an address with special characters is escaped", world: poxWorld(poxIMAP("imap.example.org", "")), target: "a&b@example.org",
			posted: []string{"<EMailAddress>a&amp;b@example.org</EMailAddress>"},
		},
		{
			name: "a web page is no answer", world: poxWorld("<!DOCTYPE html>\n"),
			claims: []string{}, failures: map[string]mail.Class{ownPOX: mail.HTTPBody},
		},
	})
}

func TestCase97RedirectsOutOfTheDomainKeepTheAddressBack(t *testing.T) {
	t.Parallel()
	zone := "-- zone --\nautodiscover A 192.0.2.82\nautodiscover.tenant.example. A 192.0.2.91\nad.hoster.example. A 192.0.2.90\n"
	runCases(t, []caseTest{
		{
			name: "by URL",
			world: zone + "-- web/autodiscover.example.org" + poxDocument + poxOf("<RedirectUrl>https://ad.hoster.example/a.xml</RedirectUrl>") +
				"-- web/ad.hoster.example/a.xml --\n" + poxIMAP("imap.hoster.example", "postmaster"),
			claims: []string{"imaps://imap.hoster.example:993 autodiscover redirected"}, usernames: []string{"anna"},
			posted: []string{"ad.hoster.example/a.xml <?xml"},
		},
		{
			name: "by address",
			world: zone + "-- web/autodiscover.example.org" + poxDocument + poxOf("<RedirectAddr>anna@tenant.example</RedirectAddr>") +
				"-- web/autodiscover.tenant.example" + poxDocument + poxIMAP("imap.tenant.example", "postmaster@tenant.example"),
			claims: []string{"imaps://imap.tenant.example:993 autodiscover redirected"}, usernames: []string{"anna@tenant.example"},
			posted: []string{"<EMailAddress>postmaster@tenant.example</EMailAddress>"},
		},
	})
}

func TestCase97AnEndlessChainOfAddressesEnds(t *testing.T) {
	t.Parallel()
	var world strings.Builder
	world.WriteString("-- zone --\n")
	for i := range 20 {
		fmt.Fprintf(&world, "autodiscover.d%d A 192.0.2.%d\n", i, 100+i)
	}
	for i := range 20 {
		fmt.Fprintf(&world, "-- web/autodiscover.d%d.example.org%s%s", i, poxDocument, poxOf(fmt.Sprintf("<RedirectAddr>anna@d%d.example.org</RedirectAddr>", i+1)))
	}
	w := run(t, world.String())
	w.discover("anna@d0.example.org", Options{})
	if !w.asked("autodiscover.d10.example.org") || w.asked("autodiscover.d11.example.org") {
		t.Error("not exactly ten redirects were followed")
	}
}

func TestCase98ThePortOfTheSRVRecordIsUsed(t *testing.T) {
	t.Parallel()
	w, err := lab.Parse("test.txtar", []byte("A world with an odd port\n-- zone --\n_autodiscover._tcp.example.org. SRV 0 0 8443 ad.example.org.\nad.example.org. A 192.0.2.83\n"+
		"-- web/ad.example.org"+poxDocument+poxIMAP("imap.example.org", "anna@example.org")))
	if err != nil {
		t.Fatal(err)
	}
	running, err := w.Start(t.Context(), lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(running.Close)
	o := running.Network()
	inner := o.Dial
	o.Dial = func(ctx context.Context, network string, to netip.AddrPort) (net.Conn, error) {
		switch to.Port() { // the lab has its web servers on the usual port only
		case 8443:
			to = netip.AddrPortFrom(to.Addr(), 443)
		case 443:
			to = netip.AddrPortFrom(to.Addr(), 8443)
		}
		return inner(ctx, network, to)
	}
	network, err := wire.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(network.Close)
	out := (&world{t, running, network}).discover("anna@example.org", Options{NoThirdParty: true})
	if diff := diffOf([]string{ownIMAP + " autodiscover dns"}, out.claims()); diff != "" {
		t.Error(diff)
	}
}
