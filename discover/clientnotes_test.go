package discover

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mailmedic/mailmedic/mail"
)

func TestWhatWasPassedOverInADocumentIsNoted(t *testing.T) {
	t.Parallel()
	const popServer = `<incomingServer type="pop3"><hostname>pop.example.org</hostname><port>995</port><socketType>SSL</socketType>` +
		`<username>%EMAILADDRESS%</username><authentication>password-cleartext</authentication>`
	plain := strings.NewReplacer("993", "143", "SSL", "plain").Replace(goodIMAP)
	for _, tt := range []struct{ name, document, note string }{
		{"case 1: a server without port", inDocument(strings.Replace(goodIMAP, "<port>993</port>", "", 1)), `imap server "imap.example.org" is passed over: "" is not a port`},
		{"case 2: plain beside an encrypted server", inDocument(plain + goodIMAP), "imap://imap.example.org:143: the connection is not encrypted"},
		{"case 3: a socketType in the wrong case", incoming("SSL", "ssl"), `the socketType is written "ssl"`},
		{"case 3: a socketType that nobody knows", incoming("SSL", "quantum"), `the socketType "quantum" is unknown, and guessing could mean no encryption`},
		{"case 4: a server of another kind", inDocument(`<incomingServer type="owa"><hostname>x.example.org</hostname></incomingServer>`), `a section incomingServer of type "owa" leads nowhere`},
		{"case 4: a server without kind", inDocument(`<incomingServer><hostname>x.example.org</hostname></incomingServer>`), "does not say its type"},
		{"case 6: an authentication that nobody knows", incoming("<authentication>", "<authentication>telepathy</authentication><authentication>"), `the authentication "telepathy" is unknown and passed over`},
		{"case 11: clear text without user name", inDocument(`<outgoingServer type="smtp"><hostname>smtp.example.org</hostname><port>25</port><socketType>plain</socketType><authentication>plain</authentication></outgoingServer>`), "mail programs take the whole address"},
		{"case 16: a placeholder that nobody knows", incoming("%EMAILADDRESS%", "%REALNAME%"), `the user name "%REALNAME%" has a placeholder that nobody knows`},
		{"case 22: two host names", incoming("</hostname>", "</hostname><hostname>b.example.org</hostname>"), "more than one hostname; the first counts here"},
		{"case 23: port 65536", incoming("993", "65536"), `"65536" is not a port`},
		{"case 33: an IP address", incoming("imap.example.org", "192.0.2.1"), "named by its IP address"},
		{"case 33: a private IP address", incoming("imap.example.org", "10.0.0.1"), "a private IP address"},
		{"case 33: localhost", incoming("imap.example.org", "localhost"), "means something in one network only"},
		{"case 33: a name of one network", incoming("imap.example.org", "nas.local"), "means something in one network only"},
		{"case 35: an odd port", incoming("993", "586"), "imaps://imap.example.org:586: port 586 is unusual"},
		{"case 36: access that has to be switched on", inDocument(`<enable visiturl="https://example.org/on"><instruction>Settings, POP3</instruction></enable>`), `switched on first at https://example.org/on: "Settings, POP3"`},
		{"case 37: a restriction", incoming("</authentication>", "</authentication><restriction>client-IP-address</restriction>"), "works only from the provider's own network"},
		{"case 38: another outgoing server", incoming("</authentication>", "</authentication><useGlobalPreferredServer>true</useGlobalPreferredServer>"), "default outgoing server"},
		{"case 38: a server not to be added", incoming("</authentication>", "</authentication><addThisServer>false</addThisServer>"), "told not to add it"},
		{"case 39: messages to be fetched at once", inDocument(popServer + "<pop3><downloadOnBiff>true</downloadOnBiff></pop3></incomingServer>"), "fetch new messages at once"},
		{"case 39: days that are none", inDocument(popServer + "<pop3><daysToLeaveMessagesOnServer>many</daysToLeaveMessagesOnServer></pop3></incomingServer>"), `"many" is not a number of days`},
		{"smtp as incoming server", incoming(`"imap"`, `"smtp"`), "does not belong there"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, err := parseAutoconfig([]byte(tt.document), anna)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(strings.Join(c.notes.list, "\n"), tt.note) {
				t.Errorf("no note says %q: %q", tt.note, c.notes.list)
			}
		})
	}
}

func TestAGoodDocumentHasNoNotes(t *testing.T) {
	t.Parallel()
	if c, err := parseAutoconfig([]byte(inDocument(goodIMAP)), anna); err != nil || len(c.notes.list) > 0 {
		t.Errorf("noted %q, error %v", c.notes.list, err)
	}
}

func TestNotesAreBounded(t *testing.T) {
	t.Parallel()
	var many strings.Builder
	for i := range 1000 {
		many.WriteString(strings.Replace(goodIMAP, "SSL", fmt.Sprintf("%d%s", i, strings.Repeat("\u202e", 500)), 1))
	}
	c, err := parseAutoconfig([]byte(inDocument(many.String())), anna)
	if err != nil {
		t.Fatal(err)
	}
	checkBounds(t, c)
	if last := c.notes.list[len(c.notes.list)-1]; last != "more of it was passed over" {
		t.Errorf("the last note is %q", last)
	}
	if strings.Contains(c.notes.list[0], "\u202e") {
		t.Error("a note turns the direction of its reader's text")
	}
}

func TestElementsThatMeanNothingTakeNoMemory(t *testing.T) {
	t.Parallel()
	document := strings.Replace(inDocument(goodIMAP), "</emailProvider>", strings.Repeat("<a/>", 200_000)+strings.Repeat(`<b type="x"/>`, 10_000)+"</emailProvider>", 1)
	var doc configXML
	if err := xml.Unmarshal([]byte(document), &doc); err != nil {
		t.Fatal(err)
	}
	if p := doc.Providers[0]; len(p.Others) != maxSections || len(p.Incoming) != 1 || cap(p.Others) > 2*maxSections {
		t.Errorf("kept %d sections of no use in room for %d, and %d servers", len(p.Others), cap(p.Others), len(p.Incoming))
	}
}

func TestCase25ADocumentForOtherDomains(t *testing.T) {
	t.Parallel()
	for domains, want := range map[string]bool{
		"": true, "<domain>example.org</domain>": true, "<domain>%EMAILDOMAIN%</domain>": true, "<domain>x</domain><domain>EXAMPLE.org.</domain>": true,
		"<domain>org</domain>": false, "<domain>example.com</domain>": false, "<domain>notexample.org</domain>": false, "<domain>bücher.example</domain>": false,
	} {
		c, err := parseAutoconfig([]byte(strings.Replace(inDocument(goodIMAP), "<domain>example.org</domain>", domains, 1)), anna)
		if err != nil || len(c.servers) != 1 || c.isFor("example.org") != want {
			t.Errorf("%s: %v, %v", domains, c.isFor("example.org"), err)
		}
	}
	runCases(t, []caseTest{{
		name: "the document is read and the mismatch said", world: autoconfigWorld(strings.Replace(inDocument(goodIMAP), "<domain>example.org", "<domain>example.com", 1), ""),
		claims: []string{ownIMAP + " autoconfig authenticated"}, notes: map[string]string{ownDocument: "does not name example.org among its domains"},
	}})
}

func TestCase39WhatBecomesOfFetchedMessagesIsCarried(t *testing.T) {
	t.Parallel()
	for advice, want := range map[string]*mail.LeaveOnServer{
		"<leaveMessagesOnServer>true</leaveMessagesOnServer><daysToLeaveMessagesOnServer>14</daysToLeaveMessagesOnServer>": {Leave: mail.Yes, Days: 14},
		"<leaveMessagesOnServer>false</leaveMessagesOnServer>":                                                             {Leave: mail.No},
		`<deleteByAgeFromServer days="7">true</deleteByAgeFromServer>`:                                                     {Days: 7},
		"<checkInterval minutes='15'/>":                                                                                    nil,
	} {
		pop := strings.NewReplacer(`"imap"`, `"pop3"`, "993", "995", "</authentication>", "</authentication><pop3>"+advice+"</pop3>").Replace(goodIMAP)
		out := run(t, autoconfigWorld(inDocument(pop), "")).discover("anna@example.org", Options{NoThirdParty: true})
		claim := out.claim(t, "pop3s://imap.example.org:995", mail.SourceAutoconfig)
		if diff := cmp.Diff(want, claim.LeaveOnServer); diff != "" {
			t.Errorf("%s: %s", advice, diff)
		}
	}
}

const oauthSection = `<oAuth2><issuer>login.example.org</issuer><scope>IMAP  SMTP offline_access</scope>` +
	`<authURL>https://login.example.org/auth</authURL><tokenURL>https://login.example.org/token</tokenURL></oAuth2></clientConfig>`

func TestCase40WhereTokensComeFromIsCarriedForAnyHost(t *testing.T) {
	t.Parallel()
	document := strings.Replace(incoming("password-cleartext", "OAuth2"), "</clientConfig>", oauthSection, 1)
	out := run(t, autoconfigWorld(document, "")).discover("anna@example.org", Options{NoThirdParty: true})
	want := &mail.OAuth{
		Issuer: "login.example.org", AuthURL: "https://login.example.org/auth", TokenURL: "https://login.example.org/token",
		Scopes: []string{"IMAP", "SMTP", "offline_access"},
	}
	if diff := cmp.Diff(want, out.claim(t, ownIMAP, mail.SourceAutoconfig).OAuth); diff != "" {
		t.Error(diff)
	}
	c, err := parseAutoconfig([]byte(strings.Replace(inDocument(goodIMAP), "</clientConfig>", oauthSection, 1)), anna)
	if err != nil || c.offers(mail.SourceAutoconfig, mail.TrustVouched, "x")[0].claim.OAuth != nil {
		t.Error("a server that takes no token has a place to get one")
	}
}

func TestCase123MicrosoftsScopesAreThoseThatAreGranted(t *testing.T) {
	t.Parallel()
	scopes := "https://outlook.office365.com/IMAP.AccessAsUser.All offline_access"
	c, err := parseAutoconfig([]byte(strings.Replace(incoming("password-cleartext", "OAuth2"), "</clientConfig>", strings.Replace(oauthSection, "IMAP  SMTP offline_access", scopes, 1), 1)), anna)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"https://outlook.office.com/IMAP.AccessAsUser.All", "offline_access"}, c.oauth.Scopes); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(strings.Join(c.notes.list, "\n"), "Microsoft grants them for https://outlook.office.com/") {
		t.Errorf("noted %q", c.notes.list)
	}
}

// writeAutoconfig writes what was read of a document.
func writeAutoconfig(c content) []byte {
	var b bytes.Buffer
	open := func(format string, args ...any) { fmt.Fprintf(&b, format, args...) }
	text := func(s string) string {
		var e bytes.Buffer
		_ = xml.EscapeText(&e, []byte(s))
		return e.String()
	}
	element := func(name, value string) {
		if value != "" {
			open("<%s>%s</%s>", name, text(value), name)
		}
	}
	socket := map[mail.Security]string{mail.TLS: "SSL", mail.StartTLS: "STARTTLS", mail.None: "plain"}
	auth := map[string]string{"plain": "password-cleartext", "cram-md5": "password-encrypted", "external": "TLS-client-cert"}
	open(`<clientConfig><emailProvider id="%s">`, text(c.id))
	element("displayName", c.name)
	if c.enableURL != "" {
		open(`<enable visiturl="%s"/>`, text(c.enableURL))
	}
	for _, d := range c.docs {
		open(`<documentation url="%s"/>`, text(d))
	}
	for _, s := range c.servers {
		name := map[mail.Role]string{mail.Incoming: "incomingServer", mail.Outgoing: "outgoingServer"}[submissionRole(s.endpoint.Protocol)]
		open(`<%s type="%s">`, name, s.endpoint.Protocol)
		element("hostname", s.endpoint.Host)
		element("port", fmt.Sprint(s.endpoint.Port))
		element("socketType", socket[s.endpoint.Security])
		element("username", s.username)
		for _, a := range s.auth {
			if auth[a] != "" {
				a = auth[a]
			}
			element("authentication", a)
		}
		if s.leave != nil {
			open("<pop3>")
			element("leaveMessagesOnServer", map[mail.Fact]string{mail.Yes: "true", mail.No: "false"}[s.leave.Leave])
			if s.leave.Days > 0 {
				element("daysToLeaveMessagesOnServer", fmt.Sprint(s.leave.Days))
			}
			open("</pop3>")
		}
		open("</%s>", name)
	}
	open("</emailProvider>")
	for _, s := range c.services {
		open(`<setupServer type="%s">`, text(s.Type))
		element("url", s.URL)
		if s.URL == "" {
			element("hostname", s.Host)
			element("port", fmt.Sprint(s.Port))
			element("socketType", socket[s.Security])
		}
		open("</setupServer>")
	}
	if o := c.oauth; o != nil {
		open("<oAuth2>")
		element("issuer", o.Issuer)
		element("authURL", o.AuthURL)
		element("tokenURL", o.TokenURL)
		element("scope", strings.Join(o.Scopes, " "))
		open("</oAuth2>")
	}
	open("</clientConfig>")
	return b.Bytes()
}
