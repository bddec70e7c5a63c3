package discover

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/mailmedic/mailmedic/mail"
)

// leaving is a world whose own hosts all send to somebody else and copy the
// address into where they send to, each in another way.
const leaving = `-- zone --
@                  A     192.0.2.80
autoconfig         A     192.0.2.80
autodiscover       A     192.0.2.80
ua-auto-config     A     192.0.2.80
@                  TXT   "mailconf=https://conf.hoster.example/x.xml?u=%EMAILLOCALPART%&e=%EMAILADDRESS%"
conf.hoster.example. A   192.0.2.81
sso.hoster.example.  A   192.0.2.81
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
host = "sso.hoster.example"
schemes = ["https", "http"]
[[page]]
url = "https://autoconfig.example.org/mail/config-v1.1.xml"
status = 302
location = "https://sso.hoster.example/login?return=https%3A%2F%2Fautoconfig.example.org%2Fx%3Femailaddress%3DSecret.Anna%2540example.org"
[[page]]
url = "https://example.org/.well-known/autoconfig/mail/config-v1.1.xml"
status = 302
location = "https://sso.hoster.example/ac/%2553ecret.anna%2540example.org"
[[page]]
url = "http://autoconfig.example.org/mail/config-v1.1.xml"
status = 302
location = "https://sso.hoster.example/old?SECRET.anna@example.org"
[[page]]
url = "http://example.org/.well-known/autoconfig/mail/config-v1.1.xml"
status = 302
location = "http://sso.hoster.example/u/secret.anna/config.xml"
[[page]]
url = "https://autodiscover.example.org/autodiscover/autodiscover.xml"
status = 307
location = "https://sso.hoster.example/pox?u=secret.anna"
[[page]]
url = "https://example.org/autodiscover/autodiscover.xml"
status = 302
location = "https://sso.hoster.example/u/Secret.Anna/autodiscover.xml"
[[page]]
url = "http://autodiscover.example.org/autodiscover/autodiscover.xml"
status = 302
location = "https://sso.hoster.example/autodiscover/autodiscover.xml?e=Secret.Anna@example.org"
[[page]]
url = "https://example.org/autodiscover/autodiscover.json/v1.0/Secret.Anna@example.org"
status = 302
location = "https://sso.hoster.example/v1.0/Secret.Anna@example.org"
[[page]]
url = "https://example.org/.well-known/jmap"
status = 302
location = "https://sso.hoster.example/jmap?u=Secret.Anna"
[[page]]
url = "https://ua-auto-config.example.org/.well-known/user-agent-configuration.json"
status = 302
location = "https://sso.hoster.example/pacc?e=Secret.Anna@example.org"
[[page]]
url = "https://conf.hoster.example/x.xml"
status = 302
location = "https://sso.hoster.example/conf/secret.anna"
-- web/sso.hoster.example/login --
<html>sign in
-- web/ua-auto-config.example.org/x --
x
-- web/conf.hoster.example/y --
x
-- web/autodiscover.example.org/autodiscover/autodiscover.json/v1.0/Secret.Anna@example.org --
{"Protocol":"AutodiscoverV1","Url":"https://sso.hoster.example/v2?who=secret%252Eanna"}
`

func TestNothingOfTheAddressReachesSomebodyElse(t *testing.T) {
	t.Parallel()
	w := run(t, leaving)
	out := w.discover("Secret.Anna@example.org", Options{}, mail.Incoming, mail.Outgoing)
	j := w.running.Journal()
	for _, asked := range slices.Concat(j.Requests, j.Posts, j.Questions) {
		place, _, _ := strings.Cut(strings.TrimPrefix(asked, "https://"), "/")
		own := strings.HasPrefix(asked, "https://") && (place == "example.org" || strings.HasSuffix(place, ".example.org"))
		if !own && strings.Contains(plainForm(asked), "anna") {
			t.Errorf("somebody else was asked %s", asked)
		}
	}
	for _, path := range []string{"/login", "/old", "/pox", "/autodiscover/autodiscover.xml", "/v2", "/jmap", "/pacc"} {
		if !w.asked("https://sso.hoster.example" + path) {
			t.Errorf("%s was not asked", path)
		}
	}
	if !w.asked("https://conf.hoster.example/x.xml?u=postmaster&e=postmaster@example.org") {
		t.Error("the record's document was not asked about the postmaster")
	}
	refused := out.observations["https://example.org/.well-known/autoconfig/mail/config-v1.1.xml?emailaddress=Secret.Anna%40example.org"].Failure
	if refused == nil || refused.Class != mail.PolicyRefused || refused.Detail != wouldTell {
		t.Errorf("the path that tells the address fails with %+v", refused)
	}
}

func TestWhatARedirectIsTold(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, address string
		told          bool
		next, want    string // "" where nothing is asked
	}{
		{"an own https host is told all", "anna@example.org", true, "https://a.example.org/x?e=anna@example.org#f", "https://a.example.org/x?e=anna@example.org#f"},
		{"an own http host is not", "anna@example.org", true, "http://a.example.org/x?e=anna@example.org", "http://a.example.org/x"},
		{"nobody knows what else a query may hold", "anna@example.org", true, "https://b.example/x?s=YW5uYQ#f", "https://b.example/x"},
		{"a host that was told nothing has nothing to tell", "anna@example.org", false, "https://b.example/x?d=example.org#f", "https://b.example/x?d=example.org"},
		{"it may have learnt it elsewhere", "anna@example.org", false, "https://b.example/x?d=example.org&u=ANNA", "https://b.example/x"},
		{"who wants an address gets the postmaster's", "anna@example.org", true, "https://b.example/x?EmailAddress=anna%40example.org", "https://b.example/x?emailaddress=postmaster%40example.org"},
		{"a local part as a segment", "anna@example.org", true, "https://b.example/u/ANNA/x", ""},
		{"a local part in a file name", "anna@example.org", true, "https://b.example/u/anna.xml", ""},
		{"a local part before an @", "anna@example.org", true, "https://b.example/u-anna@b.example", ""},
		{"escaped twice", "anna@example.org", true, "https://b.example/u/%2561nn%2561%252540x", ""},
		{"a broken escape hides nothing", "anna@example.org", true, "https://b.example/%25zz/%2561nna", ""},
		{"a detail tells the mailbox", "anna+lists@example.org", true, "https://b.example/anna/x", ""},
		{"part of a word is another word", "ann@example.org", true, "https://b.example/annual/x", "https://b.example/annual/x"},
		{"the domain is no secret", "example@example.org", true, "https://b.example/example.org/x", "https://b.example/example.org/x"},
		{"a word of every path tells nothing", "mail@example.org", true, "https://b.example/mail/config-v1.1.xml", "https://b.example/mail/config-v1.1.xml"},
		{"unless it stands in an address", "mail@example.org", true, "https://b.example/mail/Mail%2540example.org", ""},
		{"without an address there is nothing to tell", "", true, "https://b.example/x?d=1", "https://b.example/x?d=1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := &Search{target: mail.Target{Address: tt.address, Domain: "example.org"}}
			next, err := url.Parse(tt.next)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if kept := s.keepBack(tt.told)(next); kept != nil {
				got = kept.String()
			}
			if got != tt.want {
				t.Errorf("asked is %q, want %q", got, tt.want)
			}
		})
	}
}
