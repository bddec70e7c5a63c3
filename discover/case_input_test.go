package discover

import (
	"slices"
	"strings"
	"testing"

	"github.com/mailmedic/mailmedic/discover/providers"
	"github.com/mailmedic/mailmedic/mail"
)

func TestCasesOfWhatIsTypedIn(t *testing.T) {
	t.Parallel()
	srvOnly := "-- zone --\n_imaps._tcp SRV 0 0 993 imap\n"
	runCases(t, []caseTest{
		{name: "case 114: a name in front of the address", world: srvOnly, target: "Anna Berg <anna@example.org>", claims: []string{ownIMAP + " srv dns"}},
		{name: "case 114: a mailto link", world: srvOnly, target: "mailto:anna@example.org?subject=hi", claims: []string{ownIMAP + " srv dns"}},
		{
			name: "case 116: a domain in U-labels is asked for in A-labels",
			world: "-- zone --\n$ORIGIN xn--bcher-kva.example.\n@ MX 10 mx\nautoconfig A 192.0.2.81\nautodiscover A 192.0.2.82\nua-auto-config A 192.0.2.83\n_imaps._tcp SRV 0 0 993 imap\n" +
				"-- web/autoconfig.xn--bcher-kva.example/mail/config-v1.1.xml --\n" + imapDocument("mail.Bücher.example") +
				"-- web/autodiscover.xn--bcher-kva.example" + poxDocument + poxIMAP("ad.bücher.example", "ü@bücher.example") +
				"-- web/ua-auto-config.xn--bcher-kva.example/.well-known/user-agent-configuration.json --\n" + `{"protocols": {"imap": {"host": "pacc.bücher.example"}}}` + "\n",
			target: "ü@Bücher.example",
			claims: []string{
				"imaps://ad.xn--bcher-kva.example:993 autodiscover authenticated", "imaps://imap.xn--bcher-kva.example:993 srv dns",
				"imaps://mail.xn--bcher-kva.example:993 autoconfig authenticated", "imaps://pacc.xn--bcher-kva.example:993 pacc dns",
			},
			asked:  []string{"mx:xn--bcher-kva.example", "emailaddress=%C3%BC%40xn--bcher-kva.example"},
			posted: []string{"<EMailAddress>ü@xn--bcher-kva.example</EMailAddress>"},
			silent: []string{"bücher"},
		},
		{
			name: "case 117: an address literal is guessed at without questions", world: "-- zone --\n@ TXT x\n", target: "anna@[192.0.2.1]",
			guess: []mail.Role{mail.Incoming},
			claims: []string{
				"imap+starttls://192.0.2.1:143 guess guess", "imaps://192.0.2.1:993 guess guess", "pop3+starttls://192.0.2.1:110 guess guess", "pop3s://192.0.2.1:995 guess guess",
			},
			notAsked: []string{"autoconfig [192.0.2.1]", "autodiscover [192.0.2.1]", "pacc [192.0.2.1]", "srv [192.0.2.1]", "ispdb [192.0.2.1]", "mx [192.0.2.1]", "txt [192.0.2.1]", "jmap [192.0.2.1]"},
			silent:   []string{":", "//"},
		},
		{
			name: "case 118: a domain alone tells nobody an address", world: autoconfigWorld(inDocument(goodIMAP), "_imaps._tcp SRV 0 0 993 imap\n"), target: "example.org",
			claims: []string{ownIMAP + " autoconfig authenticated", ownIMAP + " srv dns"}, usernames: []string{"", "%EMAILADDRESS%"},
			silent: []string{"anna"},
		},
		{
			name: "case 118: the host of a server is a domain like any other", world: "-- zone --\nmail A 192.0.2.3\nautoconfig A 192.0.2.81\n-- web/autoconfig.example.org/mail/config-v1.1.xml --\n" + imapDocument("mail.example.org"),
			target: "mail.example.org", claims: []string{"imaps://mail.example.org:993 autoconfig redirected"},
		},
		{
			name: "case 119: a provider without servers ends the guesses", world: "-- zone --\n@ MX 10 mail.protonmail.ch.\nimap A 192.0.2.2\n",
			guess: []mail.Role{mail.Incoming, mail.Outgoing}, claims: []string{}, notAsked: []string{"guess imap.example.org"},
		},
		{
			name: "public suffixes are not asked about", world: "-- zone --\n@ TXT x\n", target: "anna@co.uk",
			guess: []mail.Role{mail.Incoming}, claims: []string{}, notAsked: []string{"pacc co.uk", "autoconfig co.uk"}, silent: []string{":"},
		},
		{
			name: "nobody else is asked", world: "-- zone --\n@ MX 10 mx.hoster.example.\n", options: Options{NoThirdParty: true},
			notAsked: []string{"ispdb example.org", "ispdb hoster.example"}, silent: []string{"thunderbird"},
		},
		{
			name: "case 125: a server that the user fixed leaves the rest to be found", world: "-- zone --\n_imaps._tcp SRV 0 0 993 imap\n_submissions._tcp SRV 0 0 465 smtp\n",
			options: Options{Pins: []mail.Endpoint{{Protocol: mail.IMAP, Host: "my.example", Port: 993}}},
			claims:  []string{"imaps://my.example:993 user user", "smtps://smtp.example.org:465 srv dns"},
		},
		{
			name: "case 127: two ways to submit are both kept",
			world: autoconfigWorld(inDocument(`<outgoingServer type="smtp"><hostname>smtp.example.org</hostname><port>587</port><socketType>STARTTLS</socketType><authentication>password-cleartext</authentication></outgoingServer>`),
				"_submissions._tcp SRV 0 0 465 smtp\n"),
			claims: []string{"smtp+starttls://smtp.example.org:587 autoconfig authenticated", "smtps://smtp.example.org:465 srv dns"},
		},
	})
}

func TestCase120TheRulesOfAProviderAreKnown(t *testing.T) {
	t.Parallel()
	for _, domain := range []string{"t-online.de", "icloud.com", "yahoo.com", "aol.com", "gmail.com", "fastmail.com", "yandex.ru"} {
		out := run(t, "-- zone --\n@ TXT x\n").discover("anna@"+domain, Options{NoThirdParty: true})
		if out.Provider == nil || !out.Provider.AppPassword {
			t.Errorf("%s: the provider is %+v", domain, out.Provider)
		}
	}
}

func TestCase122TheAddressGoesNowhereByAnMXRecord(t *testing.T) {
	t.Parallel()
	w := run(t, `-- zone --
@ MX 10 mx.hoster.example.
$ORIGIN hoster.example.
autoconfig A 192.0.2.91
autodiscover A 192.0.2.92
-- servers.toml --
[[page]]
url = "https://autoconfig.hoster.example/mail/config-v1.1.xml"
needs = "emailaddress"
-- web/autoconfig.hoster.example/mail/config-v1.1.xml --
`+imapDocument("imap.hoster.example"))
	out := w.discover("anna@example.org", Options{})
	if diff := diffOf([]string{"imaps://imap.hoster.example:993 autoconfig redirected"}, out.claims(mail.SourceAutoconfig)); diff != "" {
		t.Error(diff)
	}
	j := w.running.Journal()
	if slices.ContainsFunc(slices.Concat(j.Requests, j.Posts), func(s string) bool { return strings.Contains(s, "hoster") && strings.Contains(s, "anna") }) {
		t.Errorf("the address went to the MX host's domain: %v", j.Requests)
	}
	if !w.asked("https://autoconfig.hoster.example/mail/config-v1.1.xml?emailaddress=postmaster%40example.org") || w.asked("autodiscover.hoster") {
		t.Errorf("asked %v", j.Requests)
	}
}

func TestWhoSawSomethingIsTheSameEveryTime(t *testing.T) {
	t.Parallel()
	for range 5 {
		out := run(t, "-- zone --\n@ A 192.0.2.80\nautoconfig A 192.0.2.81\nautodiscover CNAME autoconfig\nmail A 192.0.2.3\n").discover("anna@example.org", Options{}, mail.Incoming)
		for id, want := range map[string]mail.Source{
			"a:example.org": mail.SourceAutoconfig, "a:autoconfig.example.org": mail.SourceAutoconfig, "a:autodiscover.example.org": mail.SourceAutodiscover,
			"a:mail.example.org": mail.SourceGuess, "mx:example.org": mail.SourceMX, "txt:example.org": mail.SourceTXT, "txt:_ua-auto-config.example.org": mail.SourcePACC,
			"srv:_imaps._tcp.example.org": mail.SourceSRV, "srv:_autodiscover._tcp.example.org": mail.SourceAutodiscover,
			"a:autoconfig.thunderbird.net": mail.SourceISPDB, "https://example.org/.well-known/jmap": mail.SourceJMAP, ownPOX: mail.SourceAutodiscover,
		} {
			if got := out.observations[id].Source; got != want {
				t.Errorf("%s was asked for %q, want %q", id, got, want)
			}
		}
		for id, o := range out.observations {
			if o.Source == "" {
				t.Errorf("%s has no source", id)
			}
		}
	}
}

func TestCase83OnlyTheWholeNameOfAProviderCounts(t *testing.T) {
	t.Parallel()
	for _, domain := range []string{"live.example.org", "outlook.example.org", "gmail.com.example.org"} {
		if p := providers.ByDomain(domain); p != nil {
			t.Errorf("%s belongs to %s", domain, p.ID)
		}
	}
}
