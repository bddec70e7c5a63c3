package providers

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mailmedic/mailmedic/mail"
)

func TestTheTableIsWithoutFault(t *testing.T) {
	t.Parallel()
	rows, err := parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) < 200 {
		t.Fatalf("%d rows are too few", len(rows))
	}
	if !slices.IsSortedFunc(rows, func(a, b *Provider) int { return strings.Compare(a.ID, b.ID) }) {
		t.Error("the rows are not sorted by id")
	}
	owner := map[string]string{}
	claim := func(what, name, id string) {
		if other, taken := owner[what+name]; taken {
			t.Errorf("%s %q is both of %s and of %s", what, name, other, id)
		}
		owner[what+name] = id
	}
	for _, p := range rows {
		claim("id", p.ID, p.ID)
		checkRow(t, p)
		for _, d := range p.Domains {
			claim("domain", d, p.ID)
		}
		for _, suffix := range p.MX {
			claim("mx", suffix, p.ID)
		}
	}
}

func checkRow(t *testing.T, p *Provider) {
	t.Helper()
	if p.Name == "" || len(p.Sources) == 0 || !regexp.MustCompile(`^20\d\d-(0[1-9]|1[0-2])$`).MatchString(p.Checked) {
		t.Errorf("%s lacks a name, a source or the month when it was checked", p.ID)
	}
	if (p.NoServers || p.Gateway) == (len(p.Servers) > 0) {
		t.Errorf("%s has %d servers, against its rules", p.ID, len(p.Servers))
	}
	if len(p.Domains)+len(p.MX) == 0 {
		t.Errorf("%s can never be found", p.ID)
	}
	for _, name := range slices.Concat(p.Domains, p.MX) {
		if clean, err := mail.ParseDomain(name); err != nil || clean != name || !strings.Contains(name, ".") {
			t.Errorf("%s: %q is not a domain in A-labels and lower case", p.ID, name)
		}
	}
	for _, url := range append(slices.Clone(p.Docs), p.EnableURL, p.Website) {
		if url != "" && !strings.HasPrefix(url, "https://") && !strings.HasPrefix(url, "http://") {
			t.Errorf("%s: %q is not a web address", p.ID, url)
		}
	}
	for _, s := range p.Servers {
		checkServer(t, p.ID, s)
	}
}

func checkServer(t *testing.T, id string, s Server) {
	t.Helper()
	e, err := mail.ParseEndpoint(strings.ReplaceAll(s.At, "%EMAILDOMAIN%", "example.org"))
	switch {
	case err != nil:
		t.Errorf("%s: %v", id, err)
	case !strings.HasSuffix(s.At, e.String()[strings.LastIndex(e.String(), ":"):]):
		t.Errorf("%s: %s does not name its port", id, s.At)
	case e.Port == 443, e.Host == "localhost", strings.HasSuffix(e.Host, ".onion"):
		t.Errorf("%s: %s is not for everybody", id, s.At)
	case len(s.Auth) == 0:
		t.Errorf("%s: %s names no way to sign in", id, s.At)
	}
	for _, auth := range s.Auth {
		if !slices.Contains([]string{"plain", "cram-md5", "oauth2", "none"}, auth) {
			t.Errorf("%s: %s: unknown auth %q", id, s.At, auth)
		}
	}
}

func TestAFaultIsNamedWithItsLine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a\n\tname A\nb\n\tapp_pasword yes\n": `line 4: unknown key "app_pasword"`,
		"a\n\trule secret\n":                  `line 2: unknown rule "secret"`,
		"a\n\tname\n":                         "line 2: name has no value",
		"a\n\tserver imaps://a.example:993\n": "line 2: a server needs",
		"# all\n\tname A\n":                   "line 2: no id",
	} {
		if _, err := parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got error %v, want %s", text, err, want)
		}
	}
}

func TestByDomain(t *testing.T) {
	t.Parallel()
	for domain, want := range map[string]string{
		"gmail.com":           "google",
		"hotmail.com":         "outlook.com",
		"case119.proton.me":   "", // a name below is another domain
		"proton.me":           "proton",
		"tuta.com":            "tuta",
		"live.example.org":    "", // case 83
		"outlook.example.org": "",
		"example.org":         "",
		"":                    "",
	} {
		if got := id(ByDomain(domain)); got != want {
			t.Errorf("ByDomain(%q) is %q, want %q", domain, got, want)
		}
	}
}

func TestByMX(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"aspmx.l.google.com":                              "google", // case 80
		"smtp.google.com":                                 "google",
		"alt1.aspmx.l.googlemail.com":                     "google",
		"contoso-com.mail.protection.outlook.com":         "microsoft365", // case 79
		"contoso-com.o-v1.mx.microsoft":                   "microsoft365",
		"hotmail-com.olc.protection.outlook.com":          "outlook.com",
		"protection.outlook.com":                          "",
		"notgoogle.com":                                   "",
		"in1-smtp.messagingengine.com":                    "fastmail",
		"mail.protonmail.ch":                              "proton",
		"mx1.mail.icloud.com":                             "icloud-domain",
		"mx00.kundenserver.de":                            "ionos.de",
		"mx.zoho.eu":                                      "zoho-business.eu",
		"mxa-00000000.gslb.pphosted.com":                  "",
		"example-org.mail.protection.outlook.com.evil.tk": "",
		"": "",
	} {
		if got := id(ByMX(host)); got != want {
			t.Errorf("ByMX(%q) is %q, want %q", host, got, want)
		}
	}
}

func TestByServerNamesWhoRunsIt(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"imap.gmail.com":         "google",
		"outlook.office365.com":  "microsoft365",
		"smtp-mail.outlook.com":  "outlook.com",
		"imap.mail.me.com":       "icloud",
		"imap.fastmail.com":      "fastmail",
		"outlook.office365.test": "",
	} {
		if got := id(ByServer(host)); got != want {
			t.Errorf("ByServer(%q) is %q, want %q", host, got, want)
		}
	}
}

func TestGatewaysAreKnown(t *testing.T) { // case 81
	t.Parallel()
	for host, want := range map[string]bool{
		"mxa-00000000.gslb.pphosted.com":             true,
		"eu-smtp-inbound-1.mimecast.com":             true,
		"d1.ess.barracudanetworks.com":               true,
		"mx01.hornetsecurity.com":                    true,
		"cluster1.eu.messagelabs.com":                true,
		"mx1.hc1-1.eu.iphmx.com":                     true,
		"route1.mx.cloudflare.net":                   true,
		"contoso-com.mail.protection.outlook.com":    false,
		"mx.example.org":                             false,
		"pphosted.com.example.org":                   false,
		"inbound-smtp.eu-west-1.amazonaws.com":       true,
		"mail.example.eu-west-1.compute.example.net": false,
	} {
		if got := IsGateway(host); got != want {
			t.Errorf("IsGateway(%q) is %v", host, got)
		}
	}
}

func TestRulesOfTheLargeProviders(t *testing.T) { // case 120
	t.Parallel()
	appPassword := func(p mail.Provider) bool { return p.AppPassword }
	oauthOnly := func(p mail.Provider) bool { return p.OAuthOnly && !p.AppPassword }
	noServers := func(p mail.Provider) bool { return p.NoServers }
	mustEnable := func(p mail.Provider) bool { return p.MustEnable && p.EnableURL != "" }
	for _, tt := range []struct {
		rule    string
		holds   func(mail.Provider) bool
		domains []string
	}{
		{"needs an app password", appPassword, []string{"gmail.com", "yahoo.com", "aol.com", "icloud.com", "fastmail.com", "t-online.de", "qq.com", "yandex.ru", "mail.ru"}},
		{"takes no password", oauthOnly, []string{"outlook.com", "hotmail.com", "office365.com"}},
		{"serves no mail program", noServers, []string{"proton.me", "protonmail.com", "tuta.com", "tutanota.com", "hey.com"}},
		{"must be switched on", mustEnable, []string{"gmx.net", "gmx.de", "web.de", "zoho.com", "yandex.ru", "t-online.de", "qq.com"}},
	} {
		for _, domain := range tt.domains {
			if p := ByDomain(domain); p == nil || !tt.holds(p.Provider) {
				t.Errorf("%s %s: not in the table", domain, tt.rule)
			}
		}
	}
}

func id(p *Provider) string {
	if p == nil {
		return ""
	}
	return p.ID
}

func BenchmarkReadingTheTable(b *testing.B) {
	for b.Loop() {
		rows, err := parse(text)
		if err != nil {
			b.Fatal(err)
		}
		newIndex(rows)
	}
}
