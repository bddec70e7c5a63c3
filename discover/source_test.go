package discover

import (
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/mailmedic/mailmedic/mail"
)

func diffOf(want, got any) string { return gocmp.Diff(want, got) }

func TestMXHostsAreCandidates(t *testing.T) {
	t.Parallel()
	out := run(t, `-- zone --
@ MX 20 b
@ MX 10 z
@ MX 10 a
@ MX 30 c
@ MX 40 d
`).discover("anna@example.org", Options{})
	want := []string{
		"smtp+starttls://a.example.org:25 mx dns",
		"smtp+starttls://b.example.org:25 mx dns",
		"smtp+starttls://c.example.org:25 mx dns",
		"smtp+starttls://z.example.org:25 mx dns",
	}
	if diff := diffOf(want, out.claims()); diff != "" {
		t.Error(diff)
	}
	claim := out.claim(t, "smtp+starttls://b.example.org:25", mail.SourceMX)
	if claim.Priority != 20 || diffOf([]string{"mx:example.org"}, claim.Evidence) != "" {
		t.Errorf("got %+v", claim)
	}
	for id := range out.candidates {
		if id.role != mail.MX {
			t.Errorf("%s has role %s", id.endpoint, id.role)
		}
	}
}

func TestSRVClaims(t *testing.T) { // cases 60, 62, 63, 65, 67
	t.Parallel()
	out := run(t, `-- zone --
_imaps._tcp       SRV 20 0 993 second
_imaps._tcp       SRV 10 5 993 light
_imaps._tcp       SRV 10 60 993 heavy
_imap._tcp        SRV 0 0 0 .
_pop3s._tcp       SRV 0 0 995 pop.hoster.example.
_pop3._tcp        SRV 0 0 143 pop
_submissions._tcp SRV 0 0 465 smtp
_submission._tcp  SRV 0 0 0 .
`).discover("anna@example.org", Options{})
	want := []string{
		"imaps://heavy.example.org:993 srv dns",
		"imaps://light.example.org:993 srv dns",
		"imaps://second.example.org:993 srv dns",
		"pop3+starttls://pop.example.org:143 srv dns",
		"pop3s://pop.hoster.example:995 srv redirected",
		"smtps://smtp.example.org:465 srv dns",
	}
	if diff := diffOf(want, out.claims()); diff != "" {
		t.Error(diff)
	}
	claim := out.claim(t, "imaps://heavy.example.org:993", mail.SourceSRV)
	if claim.Priority != 10 || claim.Weight != 60 || claim.Username != "" || diffOf([]string{"srv:_imaps._tcp.example.org"}, claim.Evidence) != "" {
		t.Errorf("got %+v", claim)
	}
}

func TestSRVInASiblingDomainIsTheSameOrganisation(t *testing.T) {
	t.Parallel()
	out := run(t, "-- zone --\n_imaps._tcp.dept SRV 0 0 993 imap\n").discover("anna@dept.example.org", Options{})
	if diff := diffOf([]string{"imaps://imap.example.org:993 srv dns"}, out.claims()); diff != "" {
		t.Error(diff)
	}
}

func TestASignedSRVAnswerIsAuthenticated(t *testing.T) { // case 85
	t.Parallel()
	w := run(t, `-- zone --
_imaps._tcp SRV 0 0 993 imap.hoster.example.
-- servers.toml --
[dns]
resolver = "127.0.0.53"
secure = ["example.org"]
`)
	out := w.discover("anna@example.org", Options{})
	if diff := diffOf([]string{"imaps://imap.hoster.example:993 srv authenticated"}, out.claims()); diff != "" {
		t.Error(diff)
	}
}

func TestOneServfailCostsOnlyItself(t *testing.T) { // case 70
	t.Parallel()
	out := run(t, `-- zone --
_imaps._tcp SRV 0 0 993 imap
_pop3s._tcp SRV 0 0 995 pop
-- servers.toml --
[[dns.fault]]
name = "_pop3s._tcp.example.org"
fault = "servfail"
`).discover("anna@example.org", Options{})
	if diff := diffOf([]string{"imaps://imap.example.org:993 srv dns"}, out.claims()); diff != "" {
		t.Error(diff)
	}
	if got := out.failure("srv:_pop3s._tcp.example.org"); got != mail.DNSServFail {
		t.Errorf("the failure is %q", got)
	}
}

func TestAutoconfigPlacesAndTheirTrust(t *testing.T) { // cases 41, 49
	t.Parallel()
	w := run(t, `-- zone --
@          A 192.0.2.80
autoconfig A 192.0.2.81
-- servers.toml --
[[web]]
host = "example.org"
schemes = ["https", "http"]
[[web]]
host = "autoconfig.example.org"
schemes = ["https", "http"]
-- web/example.org/.well-known/autoconfig/mail/config-v1.1.xml --
`+imapDocument("imap.example.org")+`-- web/autoconfig.example.org/mail/config-v1.1.xml --
`+imapDocument("imap.example.org"))
	out := w.discover("anna.b@example.org", Options{})
	want := []string{
		"imaps://imap.example.org:993 autoconfig authenticated",
		"imaps://imap.example.org:993 autoconfig cleartext",
	}
	if diff := diffOf(want, out.claims()); diff != "" {
		t.Error(diff)
	}
	candidate := out.candidates[identity{mail.Incoming, endpoint("imaps://imap.example.org:993")}]
	evidence := []string{
		"https://autoconfig.example.org/mail/config-v1.1.xml?emailaddress=anna.b%40example.org",
		"https://example.org/.well-known/autoconfig/mail/config-v1.1.xml?emailaddress=anna.b%40example.org",
	}
	if diff := diffOf(evidence, candidate.Claims[0].Evidence); diff != "" {
		t.Error(diff)
	}
	if got := candidate.Claims[0].Username; got != "anna.b@example.org" {
		t.Errorf("the user name is %q", got)
	}
	for _, id := range evidence {
		if out.failure(id) != "ok" {
			t.Errorf("%s: %q", id, out.failure(id))
		}
	}
}

func TestTheAddressGoesToTheDomainsOwnHTTPSHostsOnly(t *testing.T) { // case 122
	t.Parallel()
	w := run(t, `-- zone --
@          MX 10 mx.in.hoster.example.
@          A 192.0.2.80
autoconfig A 192.0.2.81
autodiscover A 192.0.2.82
$ORIGIN hoster.example.
mx.in         A 192.0.2.90
autoconfig    A 192.0.2.91
autoconfig.in A 192.0.2.92
-- servers.toml --
[[web]]
host = "example.org"
schemes = ["https", "http"]
[[web]]
host = "autoconfig.example.org"
schemes = ["https", "http"]
[[web]]
host = "autodiscover.example.org"
schemes = ["https", "http"]
[[web]]
host = "autoconfig.hoster.example"
[[web]]
host = "autoconfig.in.hoster.example"
`)
	w.discover("anna@example.org", Options{})
	sent := 0
	journal := w.running.Journal()
	for _, url := range append(journal.Requests, journal.Posts...) {
		if !containsAny(url, "anna") {
			continue
		}
		sent++
		if !hasPrefix(url, "https://autoconfig.example.org/", "https://autodiscover.example.org/", "https://example.org/") {
			t.Errorf("the address went to %s", url)
		}
	}
	if sent != 6 { // twice each: autoconfig, Autodiscover in XML and in JSON
		t.Errorf("the address was sent %d times in %v %v", sent, journal.Requests, journal.Posts)
	}
	for _, part := range []string{"https://autoconfig.hoster.example/mail/", "https://autoconfig.in.hoster.example/mail/"} {
		if !w.asked(part) {
			t.Errorf("%s was not asked", part)
		}
	}
}

func TestMXDerivedSources(t *testing.T) {
	t.Parallel()
	world := `-- zone --
@ MX 20 mx.other.example.
@ MX 10 mx.in.hoster.example.
$ORIGIN hoster.example.
autoconfig    A 192.0.2.91
autoconfig.in A 192.0.2.92
$ORIGIN thunderbird.net.
autoconfig    A 203.0.113.80
-- web/autoconfig.hoster.example/mail/config-v1.1.xml --
` + imapDocument("imap.hoster.example") + `-- web/autoconfig.in.hoster.example/mail/config-v1.1.xml --
` + imapDocument("imap.in.hoster.example") + `-- web/autoconfig.thunderbird.net/v1.1/hoster.example --
` + imapDocument("ispdb.hoster.example")
	w := run(t, world)
	want := []string{
		"imaps://imap.hoster.example:993 autoconfig redirected",
		"imaps://imap.in.hoster.example:993 autoconfig redirected",
		"imaps://ispdb.hoster.example:993 ispdb vouched",
	}
	if diff := diffOf(want, w.discover("anna@example.org", Options{}).claims(mail.SourceAutoconfig, mail.SourceISPDB)); diff != "" {
		t.Error(diff)
	}
	if w.asked("other.example") {
		t.Error("a host that is not the best MX was followed")
	}
	alone := run(t, world)
	if diff := diffOf(want[:2], alone.discover("anna@example.org", Options{NoThirdParty: true}).claims(mail.SourceAutoconfig, mail.SourceISPDB)); diff != "" {
		t.Error(diff)
	}
	if alone.asked("thunderbird") {
		t.Error("a third party was asked")
	}
}

func TestMXDomains(t *testing.T) { // cases 77, 78
	t.Parallel()
	for _, tt := range []struct {
		host, domain string
		want         []string
	}{
		{"aspmx.l.google.com", "example.org", []string{"l.google.com", "google.com"}},
		{"mx.hoster.example", "example.org", []string{"hoster.example"}},
		{"mx.example.org", "example.org", nil},
		{"mx.in.example.org", "example.org", []string{"in.example.org"}},
		{"mx.hoster.co.uk", "example.org", []string{"hoster.co.uk"}},
		{"hoster.co.uk", "example.org", []string{"hoster.co.uk"}},
		{"example.com.pl", "example.org", []string{"example.com.pl"}},
		{"com.pl", "example.org", nil},
		{"192.0.2.1", "example.org", nil},
		{"localhost", "example.org", nil},
	} {
		if diff := diffOf(tt.want, mxDomains(tt.host, tt.domain)); diff != "" {
			t.Errorf("%s: %s", tt.host, diff)
		}
	}
}

func TestAFilterInFrontSaysNothing(t *testing.T) { // case 81
	t.Parallel()
	w := run(t, `-- zone --
@ MX 10 mxa-1.gslb.pphosted.com.
$ORIGIN pphosted.com.
mxa-1.gslb      A 192.0.2.1
`)
	out := w.discover("anna@example.org", Options{}, mail.Incoming, mail.Outgoing)
	if diff := diffOf([]string{"smtp+starttls://mxa-1.gslb.pphosted.com:25 mx dns"}, out.claims()); diff != "" {
		t.Error(diff)
	}
	if out.Provider != nil || w.asked("autoconfig.pphosted.com") || w.asked("autoconfig.gslb") {
		t.Error("the filter was taken for the provider")
	}
}

func TestParentsDocumentIsReadWithinTheOrganisation(t *testing.T) {
	t.Parallel()
	w := run(t, `-- zone --
a.dept     TXT x
autoconfig A 192.0.2.81
-- web/autoconfig.example.org/mail/config-v1.1.xml --
`+imapDocument("mail.%EMAILDOMAIN%"))
	out := w.discover("anna@a.dept.example.org", Options{})
	if diff := diffOf([]string{"imaps://mail.a.dept.example.org:993 autoconfig redirected"}, out.claims()); diff != "" {
		t.Error(diff)
	}
	if w.asked("example.org/mail/config-v1.1.xml?emailaddress") {
		t.Error("the parent was told the address")
	}
}

func TestISPDBElsewhere(t *testing.T) {
	t.Parallel()
	for base, trust := range map[string]string{"https://db.example/v1": "vouched", "http://db.example/v1/": "cleartext"} {
		w := run(t, `-- zone --
$ORIGIN db.example.
@ A 192.0.2.70
-- servers.toml --
[[web]]
host = "db.example"
schemes = ["https", "http"]
-- web/db.example/v1/example.org --
`+imapDocument("imap.example.org"))
		out := w.discover("anna@example.org", Options{ISPDB: base})
		if diff := diffOf([]string{"imaps://imap.example.org:993 ispdb " + trust}, out.claims()); diff != "" {
			t.Error(diff)
		}
		if w.asked("thunderbird") {
			t.Error("the usual ISPDB was asked as well")
		}
	}
}

func TestDocumentsThatAreNone(t *testing.T) { // cases 28, 29, 50, 51, 52, 53
	t.Parallel()
	out := run(t, `-- zone --
@          A 192.0.2.80
autoconfig A 192.0.2.81
-- servers.toml --
[[web]]
host = "autoconfig.example.org"
schemes = ["https"]
certificate = { kind = "wrong-name" }
[[web]]
host = "example.org"
schemes = ["https", "http"]
[[page]]
url = "https://example.org/.well-known/autoconfig/mail/config-v1.1.xml"
status = 401
-- web/example.org/.well-known/autoconfig/mail/config-v1.1.xml --
<!DOCTYPE html><title>Welcome</title><p>Hello
`).discover("example.org", Options{})
	if len(out.claims()) > 0 {
		t.Errorf("got %v", out.claims())
	}
	for id, want := range map[string]mail.Class{
		"https://autoconfig.example.org/mail/config-v1.1.xml":             mail.CertName,
		"http://autoconfig.example.org/mail/config-v1.1.xml":              mail.Refused,
		"https://example.org/.well-known/autoconfig/mail/config-v1.1.xml": mail.HTTPStatus,
		"http://example.org/.well-known/autoconfig/mail/config-v1.1.xml":  mail.HTTPBody,
		"https://autoconfig.thunderbird.net/v1.1/example.org":             mail.HTTPStatus,
	} {
		if got := out.failure(id); got != want {
			t.Errorf("%s: failure %q, want %q", id, got, want)
		}
	}
	page := out.observations["http://example.org/.well-known/autoconfig/mail/config-v1.1.xml"]
	if page.Failure == nil || page.Failure.Detail != "not a mail configuration" || page.Status != 200 {
		t.Errorf("the page became %+v", page)
	}
}

func TestARedirectFromHTTPStaysCleartext(t *testing.T) { // case 46
	t.Parallel()
	out := run(t, `-- zone --
autoconfig A 192.0.2.81
conf.hoster.example. A 192.0.2.82
-- servers.toml --
[[web]]
host = "autoconfig.example.org"
schemes = ["http"]
[[page]]
url = "http://autoconfig.example.org/mail/config-v1.1.xml"
status = 301
location = "https://conf.hoster.example/x.xml"
-- web/conf.hoster.example/x.xml --
`+imapDocument("imap.hoster.example")).discover("anna@example.org", Options{})
	if diff := diffOf([]string{"imaps://imap.hoster.example:993 autoconfig cleartext"}, out.claims()); diff != "" {
		t.Error(diff)
	}
}

func TestProviders(t *testing.T) { // cases 79, 80, 119
	t.Parallel()
	for _, tt := range []struct{ name, mx, address, provider, claim string }{
		{"by domain", "", "anna@gmail.com", "google", "imaps://imap.gmail.com:993 provider vouched"},
		{"Google by MX", "aspmx.l.google.com.", "anna@example.org", "google", "imaps://imap.gmail.com:993 provider vouched"},
		{"Microsoft 365 by MX", "example-org.mail.protection.outlook.com.", "anna@example.org", "microsoft365", "smtp+starttls://smtp.office365.com:587 provider vouched"},
		{"Outlook.com by MX", "example-org.olc.protection.outlook.com.", "anna@example.org", "outlook.com", "smtp+starttls://smtp-mail.outlook.com:587 provider vouched"},
		{"no servers by domain", "", "anna@proton.me", "proton", ""},
		{"no servers by MX", "mail.protonmail.ch.", "anna@example.org", "proton", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			zone := "-- zone --\n@ TXT x\n"
			if tt.mx != "" {
				zone += "@ MX 10 " + tt.mx + "\nimap A 192.0.2.1\n"
			}
			out := run(t, zone).discover(tt.address, Options{}, mail.Incoming, mail.Outgoing)
			if out.Provider == nil || out.Provider.ID != tt.provider {
				t.Fatalf("the provider is %+v", out.Provider)
			}
			claims := out.claims(mail.SourceProvider, mail.SourceGuess)
			if tt.claim == "" && len(claims) > 0 || tt.claim != "" && !contains(claims, tt.claim) {
				t.Errorf("got %v", claims)
			}
			if tt.claim != "" && tt.mx != "" {
				claim := out.claim(t, tt.claim[:len(tt.claim)-len(" provider vouched")], mail.SourceProvider)
				if claim.Username != tt.address || diffOf([]string{"mx:example.org"}, claim.Evidence) != "" {
					t.Errorf("got %+v", claim)
				}
			}
		})
	}
}

func TestTheProviderFollowsFromItsServers(t *testing.T) {
	t.Parallel()
	out := run(t, "-- zone --\n@ MX 10 mxa-1.gslb.pphosted.com.\n_imaps._tcp SRV 0 0 993 outlook.office365.com.\n").discover("anna@example.org", Options{})
	if out.Provider == nil || out.Provider.ID != "microsoft365" {
		t.Errorf("the provider is %+v", out.Provider)
	}
}

func TestADocumentSaysWhereToSwitchOn(t *testing.T) { // case 36
	t.Parallel()
	w := run(t, `-- zone --
autoconfig A 192.0.2.81
-- web/autoconfig.example.org/mail/config-v1.1.xml --
`+inDocument(`<enable visiturl="https://example.org/on"/>`+goodIMAP)+"\n")
	want := &mail.Provider{ID: "example.org", Name: "Example", MustEnable: true, EnableURL: "https://example.org/on"}
	if diff := diffOf(want, w.discover("anna@example.org", Options{}).Provider); diff != "" {
		t.Error(diff)
	}
}
