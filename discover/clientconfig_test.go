package discover

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	textunicode "golang.org/x/text/encoding/unicode"

	"github.com/mailmedic/mailmedic/mail"
)

var update = flag.Bool("update", false, "write the golden files anew")

// anna is who all documents are read for.
var anna = mail.Target{Input: "anna@example.org", Address: "anna@example.org", Domain: "example.org"}

const goodIMAP = `<incomingServer type="imap"><hostname>imap.example.org</hostname><port>993</port>` +
	`<socketType>SSL</socketType><username>%EMAILADDRESS%</username><authentication>password-cleartext</authentication></incomingServer>`

// inDocument puts servers into an otherwise good document.
func inDocument(servers string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><clientConfig version="1.1"><emailProvider id="example.org">` +
		`<domain>example.org</domain><displayName>Example</displayName>` + servers + `</emailProvider></clientConfig>`
}

// incoming is an IMAP server with one part replaced.
func incoming(old, replacement string) string {
	changed := strings.Replace(goodIMAP, old, replacement, 1)
	if changed == goodIMAP {
		panic("nothing was replaced: " + old)
	}
	return inDocument(changed)
}

func TestAutoconfigCases(t *testing.T) {
	t.Parallel()
	const good = "imaps://imap.example.org:993 anna@example.org plain"
	tests := []struct {
		name, document string
		want           []string // servers as "endpoint username auth…"
	}{
		{"case 1: a server without port costs only itself", inDocument(`<incomingServer type="pop3"><hostname>pop.example.org</hostname>` +
			`<socketType>SSL</socketType></incomingServer>` + goodIMAP), []string{good}},
		{
			"case 2: plain is kept as what it is", inDocument(strings.ReplaceAll(strings.ReplaceAll(goodIMAP, "993", "143"), "SSL", "plain") + goodIMAP),
			[]string{"imap://imap.example.org:143 anna@example.org plain", good},
		},
		{"case 3: socket types in the wrong case", incoming("SSL", "Starttls"), []string{"imap+starttls://imap.example.org:993 anna@example.org plain"}},
		{"case 3: TLS is an alias of SSL", incoming("SSL", " tls "), []string{good}},
		{"case 3: an unknown socket type is never plain", incoming("SSL", "quantum"), nil},
		{"case 3: an empty socket type is never plain", incoming("SSL", ""), nil},
		{"case 4: unknown server types are ignored", inDocument(`<incomingServer type="ews"><url>https://example.org/ews</url></incomingServer>` + goodIMAP +
			`<incomingServer><hostname>x.example.org</hostname></incomingServer>`), []string{good}},
		{"case 6: an unknown authentication is skipped", incoming("<authentication>", "<authentication>telepathy</authentication><authentication>"), []string{good}},
		{"case 6: only unknown authentications make a server unusable", incoming("password-cleartext", "telepathy"), nil},
		{"case 7: OAuth2 alone is all there is", incoming("password-cleartext", "OAuth2"), []string{"imaps://imap.example.org:993 anna@example.org oauth2"}},
		{
			"case 9: every authentication of the registry", incoming("<authentication>password-cleartext</authentication>", `<authentication>GSSAPI</authentication>`+
				`<authentication>NTLM</authentication><authentication>secure</authentication><authentication>password-encrypted</authentication>`+
				`<authentication>plain</authentication><authentication>OAuth</authentication><authentication>TLS-client-cert</authentication>`+
				`<authentication>client-IP-address</authentication><authentication>none</authentication>`),
			[]string{"imaps://imap.example.org:993 anna@example.org gssapi ntlm cram-md5 plain oauth2 external client-ip-address none"},
		},
		{"case 10: no authentication and no user name", inDocument(`<outgoingServer type="smtp"><hostname>smtp.example.org</hostname><port>25</port>` +
			`<socketType>plain</socketType><authentication>none</authentication></outgoingServer>`), []string{"smtp://smtp.example.org:25 - none"}},
		{"case 11: a password without user name leaves the name open", incoming("<username>%EMAILADDRESS%</username>", ""), []string{"imaps://imap.example.org:993 - plain"}},
		{"case 13: placeholders in part of a user name", incoming("%EMAILADDRESS%", "%EMAILLOCALPART%.%EMAILDOMAIN%"), []string{"imaps://imap.example.org:993 anna.example.org plain"}},
		{"case 14: a placeholder in a host name", incoming("imap.example.org", "mail.%EMAILDOMAIN%"), []string{"imaps://mail.example.org:993 anna@example.org plain"}},
		{"case 15: a placeholder for a domain", strings.Replace(inDocument(goodIMAP), "<domain>example.org", "<domain>%EMAILDOMAIN%", 1), []string{good}},
		{"case 16: a placeholder that is not known", incoming("%EMAILADDRESS%", "%REALNAME%"), []string{"imaps://imap.example.org:993 %REALNAME% plain"}},
		{
			"case 18: two servers are both kept", inDocument(goodIMAP + strings.ReplaceAll(strings.ReplaceAll(goodIMAP, "993", "143"), "SSL", "STARTTLS")),
			[]string{good, "imap+starttls://imap.example.org:143 anna@example.org plain"},
		},
		{
			"case 19: POP3 in front of IMAP costs neither", inDocument(strings.NewReplacer(`"imap"`, `"pop3"`, "993", "995").Replace(goodIMAP) + goodIMAP),
			[]string{"pop3s://imap.example.org:995 anna@example.org plain", good},
		},
		{"case 20: POP3 alone is an answer", inDocument(strings.NewReplacer(`"imap"`, `"pop3"`, "993", "995").Replace(goodIMAP)), []string{"pop3s://imap.example.org:995 anna@example.org plain"}},
		{"case 22: of two host names the first counts", incoming("</hostname>", "</hostname><hostname>other.example.org</hostname>"), []string{good}},
		{"case 23: port 0", incoming("993", "0"), nil},
		{"case 23: port -1", incoming("993", "-1"), nil},
		{"case 23: port 65536", incoming("993", "65536"), nil},
		{"case 23: port abc", incoming("993", "abc"), nil},
		{"case 23: a port with spaces", incoming("993", "\n 993 "), []string{good}},
		{"case 25: a document for another domain", strings.Replace(inDocument(goodIMAP), "<domain>example.org", "<domain>example.com", 1), []string{good}},
		{"case 31: definitions of entities are not read", strings.Replace(inDocument(goodIMAP), "<clientConfig", `<!DOCTYPE c [<!ENTITY a "b">]><clientConfig`, 1), []string{good}},
		{"case 33: an IP address as host", incoming("imap.example.org", "192.0.2.1"), []string{"imaps://192.0.2.1:993 anna@example.org plain"}},
		{"case 33: an IPv6 address as host", incoming("imap.example.org", "[2001:DB8::1]"), []string{"imaps://[2001:db8::1]:993 anna@example.org plain"}},
		{"case 34: a host name in U-labels", incoming("imap.example.org", "imap.Bücher.example."), []string{"imaps://imap.xn--bcher-kva.example:993 anna@example.org plain"}},
		{"case 35: an odd port is reported as published", incoming("993", "586"), []string{"imaps://imap.example.org:586 anna@example.org plain"}},
		{"a port within the host name", incoming("imap.example.org", "imap.example.org:993"), nil},
		{"a URL as host name", incoming("imap.example.org", "https://imap.example.org/"), nil},
		{"no host name", incoming("<hostname>imap.example.org</hostname>", ""), nil},
		{"smtp as incoming server", incoming(`"imap"`, `"smtp"`), nil},
		{"a user name with control characters is none", incoming("%EMAILADDRESS%", "a&#10;b"), []string{"imaps://imap.example.org:993 - plain"}},
		{"a version from the future", strings.Replace(inDocument(goodIMAP), `"1.1"`, `"9.0"`, 1), []string{good}},
		{"unknown elements around", inDocument("<news><hostname>x</hostname></news>" + goodIMAP + "<documentation url='https://example.org'/>"), []string{good}},
		{"a namespace", strings.Replace(inDocument(goodIMAP), "<clientConfig", "<clientConfig xmlns='urn:x'", 1), []string{good}},
		{"no server at all", inDocument(""), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			config, err := parseAutoconfig([]byte(tt.document), anna)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, lines(config)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// lines writes servers as "endpoint username auth…", with - for no user name.
func lines(c content) []string {
	var list []string
	for _, s := range c.servers {
		name := s.username
		if name == "" {
			name = "-"
		}
		list = append(list, strings.Join(append([]string{s.endpoint.String(), name}, s.auth...), " "))
	}
	return list
}

func TestWhatIsNoConfigurationIsSaidSo(t *testing.T) { // cases 28, 29, 31
	t.Parallel()
	for name, body := range map[string]string{
		"case 28: a web page":             "<!DOCTYPE html><html><head><title>Welcome</title><body>Hi & bye<br></body></html>",
		"case 28: XHTML":                  `<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body/></html>`,
		"case 29: nothing":                "",
		"white space":                     " \n\t",
		"JSON":                            `{"imap": "imap.example.org"}`,
		"bytes":                           "\x00\x01\x02\xff\xfe",
		"a configuration inside another":  "<answer>" + inDocument(goodIMAP)[38:] + "</answer>",
		"another document of that author": "<clientConfigUpdate/>",
	} {
		config, err := parseAutoconfig([]byte(body), anna)
		if !errors.Is(err, errNotConfig) || len(config.servers) > 0 {
			t.Errorf("%s: got %v, error %v", name, config, err)
		}
	}
}

func TestBrokenXMLIsSaidSo(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"cut off":                            inDocument(goodIMAP)[:300],
		"case 31: an entity of the DTD":      strings.Replace(incoming("imap.example.org", "&a;"), "<clientConfig", `<!DOCTYPE c [<!ENTITY a "imap.example.org">]><clientConfig`, 1),
		"case 31: an entity from a file":     strings.Replace(incoming("imap.example.org", "&a;"), "<clientConfig", `<!DOCTYPE c [<!ENTITY a SYSTEM "file:///etc/passwd">]><clientConfig`, 1),
		"elements that do not nest":          inDocument("<incomingServer></hostname></incomingServer>"),
		"a charset that nobody knows":        strings.Replace(inDocument(goodIMAP), "UTF-8", "KLINGON-1", 1),
		"two hundred thousand open elements": "<clientConfig>" + strings.Repeat("<a>", 200_000),
	} {
		config, err := parseAutoconfig([]byte(body), anna)
		if err == nil || len(config.servers) > 0 {
			t.Errorf("%s: got %v, error %v", name, config, err)
		}
	}
}

func TestCharsets(t *testing.T) {
	t.Parallel()
	document := strings.Replace(inDocument(goodIMAP), "<displayName>Example", "<displayName>Bücher", 1)
	latin, _ := charmap.ISO8859_1.NewEncoder().String(strings.Replace(document, "UTF-8", "ISO-8859-1", 1))
	wide, _ := textunicode.UTF16(textunicode.LittleEndian, textunicode.UseBOM).NewEncoder().String(strings.Replace(document, "UTF-8", "UTF-16", 1))
	for name, body := range map[string]string{
		"UTF-8":                     document,
		"UTF-8 with mark":           "\ufeff" + document,
		"ISO 8859-1":                latin,
		"UTF-16 with mark":          wide,
		"UTF-8 mark before a claim": "\ufeff" + strings.Replace(document, "UTF-8", "ISO-8859-1", 1),
	} {
		config, err := parseAutoconfig([]byte(body), anna)
		if err != nil || config.name != "Bücher" || len(config.servers) != 1 {
			t.Errorf("%s: got %+v, error %v", name, config, err)
		}
	}
}

func TestWithoutAnAddressPlaceholdersStayReadable(t *testing.T) {
	t.Parallel()
	domain := mail.Target{Input: "example.org", Domain: "example.org"}
	config, err := parseAutoconfig([]byte(incoming("imap.example.org", "imap.%EMAILDOMAIN%")), domain)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"imaps://imap.example.org:993 %EMAILADDRESS% plain"}, lines(config)); diff != "" {
		t.Error(diff)
	}
}

func TestALocalPartIsNoPlaceholder(t *testing.T) {
	t.Parallel()
	odd := mail.Target{Address: "%EMAILDOMAIN%@example.org", Domain: "example.org"}
	if got := fillIn("%EMAILLOCALPART%", odd); got != "%EMAILDOMAIN%" {
		t.Errorf("the local part became %q", got)
	}
}

func TestWhereToSwitchOnIsRead(t *testing.T) { // case 36
	t.Parallel()
	for visit, want := range map[string]string{
		"https://example.org/on": "https://example.org/on",
		"javascript:alert(1)":    "",
		"/on":                    "",
	} {
		config, err := parseAutoconfig([]byte(inDocument(`<enable visiturl="`+visit+`"><instruction>Do it</instruction></enable>`+goodIMAP)), anna)
		if err != nil || config.enableURL != want {
			t.Errorf("%s: got %q, error %v", visit, config.enableURL, err)
		}
	}
}

func TestTheNumberOfServersIsBounded(t *testing.T) {
	t.Parallel()
	var many strings.Builder
	for i := range 1000 {
		many.WriteString(strings.Replace(goodIMAP, "993", fmt.Sprint(1000+i), 1))
	}
	config, err := parseAutoconfig([]byte(inDocument(many.String())), anna)
	if err != nil || len(config.servers) != maxTargets {
		t.Errorf("got %d servers, error %v", len(config.servers), err)
	}
}

// realDocuments gives the documents of a copy of the ISPDB. The copy is not
// part of the repository: MAILMEDIC_ISPDB names its folder.
func realDocuments(tb testing.TB) map[string][]byte {
	tb.Helper()
	files, err := filepath.Glob(filepath.Join(os.Getenv("MAILMEDIC_ISPDB"), "*.xml"))
	if err != nil {
		tb.Fatal(err)
	}
	documents := map[string][]byte{}
	for _, file := range files {
		if documents[filepath.Base(file)], err = os.ReadFile(file); err != nil {
			tb.Fatal(err)
		}
	}
	return documents
}

func TestTheRealDocumentsAreRead(t *testing.T) {
	t.Parallel()
	documents := realDocuments(t)
	if len(documents) == 0 {
		t.Skip("set MAILMEDIC_ISPDB to a folder with a copy of the ISPDB, one document NAME.xml for each provider")
	}
	got := map[string][]string{}
	for name, body := range documents {
		domain := strings.TrimSuffix(name, ".xml")
		config, err := parseAutoconfig(body, mail.Target{Address: "anna@" + domain, Domain: domain})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		got[name] = summary(config)
	}
	text, err := json.MarshalIndent(got, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "ispdb.golden.json")
	if *update {
		if err := os.WriteFile(golden, append(text, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(text)+"\n"); diff != "" {
		t.Error(diff)
	}
}

// summary writes what was read of a document, for people who compare.
func summary(c content) []string {
	list := append([]string{c.name + " | " + c.enableURL}, lines(c)...)
	for i, s := range c.servers {
		if s.leave != nil {
			list[1+i] += fmt.Sprintf(" leave=%v/%d", s.leave.Leave == mail.Yes, s.leave.Days)
		}
	}
	for _, s := range c.services {
		list = append(list, "service "+s.Type+" "+s.URL+s.Host)
	}
	if c.oauth != nil {
		list = append(list, "oauth "+strings.Join(append([]string{c.oauth.Issuer, c.oauth.AuthURL, c.oauth.TokenURL}, c.oauth.Scopes...), " "))
	}
	for _, page := range c.docs {
		list = append(list, "help "+page)
	}
	for _, note := range c.notes.list {
		list = append(list, "note "+note)
	}
	return list
}

// What was read of a document, written and read again, is the same; on error
// there is nothing, and everything is bounded.
func FuzzAutoconfig(f *testing.F) {
	f.Add([]byte(inDocument(goodIMAP)))
	f.Add([]byte(inDocument(`<outgoingServer type="smtp"><hostname>%EMAILDOMAIN%</hostname><port>25</port><socketType>plain</socketType></outgoingServer>`)))
	f.Add([]byte(strings.Replace(inDocument(goodIMAP), "</clientConfig>", oauthSection, 1)))
	f.Add([]byte("<html>"))
	f.Add([]byte("\xff\xfe<\x00c\x00"))
	f.Fuzz(func(t *testing.T, body []byte) {
		c, err := parseAutoconfig(body, anna)
		if err != nil {
			if diff := cmp.Diff(everything(content{}), everything(c)); diff != "" || len(c.notes.list) > 0 {
				t.Fatalf("an error and a document: %+v", c)
			}
			return
		}
		checkBounds(t, c)
		again, err := parseAutoconfig(writeAutoconfig(c), anna)
		if err != nil {
			t.Fatalf("what was written is refused: %v", err)
		}
		if diff := cmp.Diff(everything(c), everything(again)); diff != "" {
			t.Fatal(diff)
		}
	})
}

// BenchmarkAutoconfig reads a copy of the ISPDB, or one document where there is none.
func BenchmarkAutoconfig(b *testing.B) {
	documents := realDocuments(b)
	if len(documents) == 0 {
		documents["example.org.xml"] = []byte(inDocument(strings.Repeat(goodIMAP, 6)))
	}
	size := 0
	for _, body := range documents {
		size += len(body)
	}
	b.SetBytes(int64(size))
	for b.Loop() {
		for _, body := range documents {
			if _, err := parseAutoconfig(body, anna); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(len(documents)*b.N)/b.Elapsed().Seconds(), "documents/s")
}

func TestPlaceholdersInTheNameOfAProviderAreFilledIn(t *testing.T) {
	t.Parallel()
	document := strings.NewReplacer("<displayName>Example", "<displayName>Mail of %EMAILDOMAIN%", `id="example.org"`, `id="%EMAILDOMAIN%"`).Replace(inDocument(goodIMAP))
	c, err := parseAutoconfig([]byte(document), anna)
	if err != nil || c.name != "Mail of example.org" || c.id != "example.org" {
		t.Errorf("the provider is %q, %q: %v", c.id, c.name, err)
	}
}
