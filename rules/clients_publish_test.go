package rules

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mailmedic/mailmedic/mail"
)

// publishedBy gives the publications of a run by name.
func publishedBy(w *world) map[string]mail.Publication {
	_, list := SimulateClients(w.Facts)
	byName := map[string]mail.Publication{}
	for _, p := range list {
		byName[p.Name] = p
	}
	return byName
}

func namesOf(w *world) []string {
	_, list := SimulateClients(w.Facts)
	names := []string{}
	for _, p := range list {
		names = append(names, p.Name)
	}
	return names
}

const (
	srvIMAPS      = "_imaps._tcp.example.org SRV"
	srvIMAP       = "_imap._tcp.example.org SRV"
	srvPOP3S      = "_pop3s._tcp.example.org SRV"
	srvPOP3       = "_pop3._tcp.example.org SRV"
	srvSubmission = "_submissions._tcp.example.org SRV"
	paccRecord    = "_ua-auto-config.example.org TXT"
)

func TestOnlyWhatIsMissingIsToBePublished(t *testing.T) {
	t.Parallel()
	pacc := []string{paccAt, paccRecord}
	documented := func() *world { return missing().document(configHost, "anna@example.org", imaps, smtps) }
	for _, tt := range []struct {
		name  string
		world *world
		want  []string
	}{
		{"nothing is known", missing(), nil},
		{"guesses fail", missing().guess(imaps, smtps).dial(mail.Refused, imaps, smtps), nil},
		{"guesses that nobody tried", missing().guess(imaps, smtps), nil},
		{"guesses work", missing().guess(imaps, smtps).works(imaps, smtps), append([]string{srvIMAPS, srvSubmission, configHost, discoverAt}, pacc...)},
		{"SRV records alone", missing().srv(imaps).srv(smtps), append([]string{configHost, discoverAt}, pacc...)},
		{"a document alone, which leaves POP3 out", documented(), append([]string{srvIMAPS, srvIMAP, srvPOP3S, srvPOP3, srvSubmission, discoverAt}, pacc...)},
		{"the answer about SRV records did not come", documented().dns("srv:_imaps._tcp.example.org", mail.DNSTimeout), append([]string{srvIMAP, srvPOP3S, srvPOP3, srvSubmission, discoverAt}, pacc...)},
		{"nobody asked for documents", nowhere().srv(imaps).srv(smtps), []string{}},
		{"an Exchange server wants a login", missing().srv(imaps).srv(smtps).web(discoverAt, 401, mail.HTTPStatus), append([]string{configHost}, pacc...)},
		{"a user name of one account", missing().claim(imaps, mail.Incoming, mail.Claim{Source: mail.SourceISPDB, Trust: mail.TrustVouched, Username: "u4711"}).ispdb(smtps), []string{srvIMAPS, srvSubmission}},
		{"one task only", missing().guess(imaps).works(imaps), []string{srvIMAPS}},
		{"what is published fails, what is guessed works", missing().document(directory, "", oldIMAP, smtps).guess(imaps).works(imaps, smtps).dial(mail.Refused, oldIMAP), append([]string{srvIMAPS, srvSubmission, configHost, discoverAt}, pacc...)},
		{"STARTTLS alone", missing().guess(imap, smtp).works(imap, smtp), []string{srvIMAP, "_submission._tcp.example.org SRV", configHost, discoverAt}},
		{"no encryption", missing().document(directory, "", bareIMAP), []string{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := namesOf(tt.world); !slices.Equal(got, append([]string{}, tt.want...)) {
				t.Errorf("\n got %v\nwant %v", got, tt.want)
			}
			_, list := SimulateClients(tt.world.Facts)
			for _, p := range list {
				if p.Why == "" || len(p.For) == 0 || p.Content == "" || p.Kind != "dns" && p.Kind != "document" {
					t.Errorf("incomplete: %+v", p)
				}
			}
		})
	}
}

// zoneLine is one record of a zone file, RFC 1035 section 5.1, all on one line.
type zoneLine struct {
	owner, rtype string
	data         []string
}

func parseZoneLine(t *testing.T, line string) zoneLine {
	t.Helper()
	var ttl int
	fields := strings.Fields(line)
	if len(fields) < 5 || !strings.HasSuffix(fields[0], ".") || fields[2] != "IN" || strings.ContainsAny(line, "\n\r") {
		t.Fatalf("not a zone line: %q", line)
	}
	if _, err := fmt.Sscan(fields[1], &ttl); err != nil || ttl <= 0 {
		t.Fatalf("the TTL of %q", line)
	}
	return zoneLine{fields[0], fields[3], fields[4:]}
}

func TestRecordsAreReadyToPaste(t *testing.T) {
	t.Parallel()
	w := missing().document(configHTTP, "", "imaps://imap.example.org:1993", smtps).document(configWeb, "", "imaps://imap.example.org:1993", smtps)
	for name, want := range map[string]zoneLine{
		srvIMAPS:      {"_imaps._tcp.example.org.", "SRV", []string{"0", "1", "1993", "imap.example.org."}},
		srvIMAP:       {"_imap._tcp.example.org.", "SRV", []string{"0", "0", "0", "."}},
		srvPOP3:       {"_pop3._tcp.example.org.", "SRV", []string{"0", "0", "0", "."}},
		srvSubmission: {"_submissions._tcp.example.org.", "SRV", []string{"0", "1", "465", "smtp.example.org."}},
	} {
		got := parseZoneLine(t, publishedBy(w)[name].Content)
		if got.owner != want.owner || got.rtype != want.rtype || !slices.Equal(got.data, want.data) {
			t.Errorf("%s: got %+v", name, got)
		}
	}
	hosted := missing().mailhouse().provider(mail.Provider{})
	hosted.Provider.ID = "microsoft365"
	got := parseZoneLine(t, publishedBy(hosted)["autodiscover.example.org CNAME"].Content)
	if got.owner != "autodiscover.example.org." || got.rtype != "CNAME" || !slices.Equal(got.data, []string{"autodiscover.outlook.com."}) {
		t.Errorf("got %+v", got)
	}
	alias := mail.Observation{ID: "a:autodiscover.example.org", Kind: mail.KindDNS, DNSFacts: &mail.DNSFacts{
		Name: "autodiscover.example.org", Type: "A", Aliases: []string{"Autodiscover.outlook.com."}, Records: []string{"203.0.113.9"},
	}}
	if _, again := publishedBy(hosted.observe(alias))["autodiscover.example.org CNAME"]; again {
		t.Error("the alias that is there is to be published again")
	}
}

func TestTheAutoconfigDocumentSaysTheSettings(t *testing.T) {
	t.Parallel()
	live := func(f *mail.SessionFacts) { f.Mechanisms.AfterTLS = []string{"xoauth2", "plain", "login"} }
	for _, tt := range []struct {
		name           string
		world          *world
		want, username string
	}{
		{"one server for each protocol, the best", missing().guess(imaps, imap, pop3s, smtps, smtp).works(imaps, imap, pop3s, smtps, smtp), "imap imap.example.org 993 SSL [password-cleartext], pop3 pop.example.org 995 SSL [password-cleartext], smtp smtp.example.org 465 SSL [password-cleartext]", "%EMAILADDRESS%"},
		{"STARTTLS", missing().guess(imap, smtp).works(imap, smtp), "imap imap.example.org 143 STARTTLS [password-cleartext], smtp smtp.example.org 587 STARTTLS [password-cleartext]", "%EMAILADDRESS%"},
		{"tokens and passwords", missing().guess(imaps, smtps).works(imaps, smtps).session(imaps, "", live), "imap imap.example.org 993 SSL [password-cleartext OAuth2], smtp smtp.example.org 465 SSL [password-cleartext]", "%EMAILADDRESS%"},
		{"the local part as user name", missing().guess(imaps, smtps).works(imaps, smtps).accepts(imaps, "anna").accepts(smtps, "anna"), "imap imap.example.org 993 SSL [password-cleartext], smtp smtp.example.org 465 SSL [password-cleartext]", "%EMAILLOCALPART%"},
		{"the local part at another domain", missing().guess(imaps, smtps).works(imaps, smtps).accepts(imaps, "anna@id.example.org").accepts(smtps, "anna@id.example.org"), "imap imap.example.org 993 SSL [password-cleartext], smtp smtp.example.org 465 SSL [password-cleartext]", "%EMAILLOCALPART%@id.example.org"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := publishedBy(tt.world)[configHost]
			var file configFile
			if err := xml.Unmarshal([]byte(p.Content), &file); err != nil || file.Provider.Domain != "example.org" || file.Provider.ID != "example.org" {
				t.Fatalf("%v: %s", err, p.Content)
			}
			var lines []string
			for _, s := range slices.Concat(file.Provider.Incoming, file.Provider.Outgoing) {
				lines = append(lines, fmt.Sprint(s.Type, " ", s.Host, " ", s.Port, " ", s.Socket, " ", s.Auth))
				if s.Username != tt.username {
					t.Errorf("user name %q, want %q", s.Username, tt.username)
				}
			}
			if got := strings.Join(lines, ", "); got != tt.want {
				t.Errorf("\n got %s\nwant %s", got, tt.want)
			}
			if !slices.Contains(p.For, "Thunderbird") || slices.Contains(p.For, "Outlook (classic)") {
				t.Errorf("for %v", p.For)
			}
		})
	}
}

// A program that finds nothing must find the right servers once the document
// is there: the document is read by the same rules as any other.
func TestWhatIsPublishedWouldBeFound(t *testing.T) {
	t.Parallel()
	w := missing().srv(imaps).srv(smtps)
	before := simulated(t, w, "Thunderbird")
	document := publishedBy(w)[configHost]
	if before.Incoming != nil || !slices.Contains(document.For, "Thunderbird") {
		t.Fatalf("before: %+v; the document is for %v", before.Incoming, document.For)
	}
	var file configFile
	if err := xml.Unmarshal([]byte(document.Content), &file); err != nil {
		t.Fatal(err)
	}
	for _, s := range slices.Concat(file.Provider.Incoming, file.Provider.Outgoing) {
		e := mail.Endpoint{Protocol: s.Type, Security: mail.TLS, Host: s.Host, Port: s.Port}
		w.document(configHost, s.Username, e.String())
	}
	if got := chosen(simulated(t, w, "Thunderbird")); got != imaps+" "+smtps+" from "+configHost {
		t.Errorf("got %s", got)
	}
	if names := namesOf(w); slices.Contains(names, configHost) {
		t.Errorf("it is asked for again: %v", names)
	}
}

func TestTheAutodiscoverAnswerIsWellFormed(t *testing.T) {
	t.Parallel()
	p := publishedBy(missing().guess(imaps, smtp).works(imaps, smtp))[discoverAt]
	var file poxFile
	if err := xml.Unmarshal([]byte(p.Content), &file); err != nil {
		t.Fatalf("%v: %s", err, p.Content)
	}
	want := []poxProtocol{
		{"IMAP", "imap.example.org", 993, "off", "off", "on", "SSL", "on"},
		{"SMTP", "smtp.example.org", 587, "off", "off", "on", "TLS", "on"},
	}
	if !slices.Equal(file.Response.Protocols, want) || file.Response.Action != "settings" {
		t.Errorf("got %+v", file.Response)
	}
	if local := missing().guess(imaps, smtps).works(imaps, smtps).accepts(imaps, "anna").accepts(smtps, "anna"); publishedBy(local)[discoverAt].Name != "" {
		t.Error("a fixed answer cannot tell a user name that is not the address")
	}
}

func TestThePACCRecordVouchesForItsDocument(t *testing.T) {
	t.Parallel()
	list := publishedBy(missing().guess(imaps, smtps).works(imaps, smtps))
	document := list[paccAt].Content
	sum := sha256.Sum256([]byte(document))
	want := `"v=UAAC1; a=sha256; d=` + base64.StdEncoding.EncodeToString(sum[:]) + `"`
	if line := list[paccRecord].Content; !strings.HasSuffix(line, " IN TXT "+want) || !strings.HasPrefix(line, "_ua-auto-config.example.org. ") {
		t.Errorf("got %s, want %s", line, want)
	}
	var file struct {
		Protocols map[string]struct{ Host string }
	}
	if err := json.Unmarshal([]byte(document), &file); err != nil || file.Protocols["imap"].Host != "imap.example.org" || file.Protocols["submit"].Host != "smtp.example.org" {
		t.Errorf("%v: %s", err, document)
	}
}

func TestSettingsFromAnUnencryptedPageAreToBeCheckedFirst(t *testing.T) {
	t.Parallel()
	overHTTP := missing().document(configHTTP, "anna@example.org", imaps, smtps)
	if why := publishedBy(overHTTP)[configHost].Why; !strings.Contains(why, "make sure") {
		t.Errorf("why: %s", why)
	}
	if why := publishedBy(overHTTP.works(imaps, smtps))[configHost].Why; strings.Contains(why, "make sure") {
		t.Errorf("proved, and still: %s", why)
	}
}

func TestWhatAWebHostSaysIsNotPublishedForAProviderElsewhere(t *testing.T) {
	t.Parallel()
	w := missing().mailhouse().document(configHTTP, "", "imaps://example.org:993", "smtps://example.org:465")
	for name, p := range publishedBy(w) {
		if strings.Contains(p.Content, " example.org.") || strings.Contains(p.Content, "<hostname>example.org<") {
			t.Errorf("%s: %s", name, p.Content)
		}
	}
	if got := publishedBy(w)[srvIMAPS].Content; !strings.Contains(got, "imap.mailhouse.example.") {
		t.Errorf("got %q", got)
	}
}
