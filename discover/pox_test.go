package discover

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mailmedic/mailmedic/mail"
)

func poxError(code, message string) string {
	return `<Autodiscover><Response><Error Time="1" Id="2"><ErrorCode>` + code + `</ErrorCode><Message>` + message + `</Message></Error></Response></Autodiscover>` + "\n"
}

func TestAutodiscoverCases(t *testing.T) {
	t.Parallel()
	protocol := func(kind, port, more string) string {
		return poxOf("<Protocol><Type>" + kind + "</Type><Server>mail.example.org</Server>" + port + more + "</Protocol>")
	}
	for _, tt := range []struct {
		name, document string
		want           []string
		note           string
	}{
		{"case 91: Encryption overrides SSL", protocol("IMAP", "<Port>993</Port>", "<SSL>off</SSL><Encryption>SSL</Encryption>"), []string{"imaps://mail.example.org:993 -"}, ""},
		{"case 91: Encryption TLS is STARTTLS", protocol("SMTP", "<Port>587</Port>", "<SSL>on</SSL><Encryption>TLS</Encryption>"), []string{"smtp+starttls://mail.example.org:587 -"}, ""},
		{"case 91: Encryption None is none", protocol("POP3", "<Port>110</Port>", "<SSL>on</SSL><Encryption>None</Encryption>"), []string{"pop3://mail.example.org:110 -"}, "not encrypted"},
		{"case 91: Encryption TLS on a port of implicit TLS", protocol("IMAP", "<Port>993</Port>", "<Encryption>TLS</Encryption>"), []string{"imaps://mail.example.org:993 -"}, "is for implicit TLS"},
		{"case 91: an unknown Encryption is never none", protocol("IMAP", "<Port>993</Port>", "<Encryption>quantum</Encryption>"), nil, `"quantum" is unknown`},
		{"case 93: Auto on a port that begins in clear text", protocol("IMAP", "<Port>143</Port>", "<Encryption>Auto</Encryption>"), []string{"imap+starttls://mail.example.org:143 -"}, ""},
		{"case 93: SSL on a port that begins in clear text", protocol("SMTP", "<Port>25</Port>", "<SSL>on</SSL>"), []string{"smtp+starttls://mail.example.org:25 -"}, ""},
		{"case 93: Auto on a port of implicit TLS", protocol("POP3", "<Port>995</Port>", "<Encryption>Auto</Encryption>"), []string{"pop3s://mail.example.org:995 -"}, ""},
		{"case 94: SSL yes is on", protocol("IMAP", "<Port>993</Port>", "<SSL>yes</SSL>"), []string{"imaps://mail.example.org:993 -"}, `SSL is written "yes" and taken for on`},
		{"case 94: an empty SSL is on", protocol("IMAP", "<Port>993</Port>", "<SSL></SSL>"), []string{"imaps://mail.example.org:993 -"}, "taken for on"},
		{"case 94: SSL is on where it is missing", protocol("IMAP", "<Port>143</Port>", ""), []string{"imap+starttls://mail.example.org:143 -"}, ""},
		{"case 94: SSL false is off", protocol("IMAP", "<Port>143</Port>", "<SSL>false</SSL>"), []string{"imap://mail.example.org:143 -"}, "taken for off"},
		{"case 94: NTLM only where SPA says so", protocol("IMAP", "<Port>993</Port>", "<SPA>on</SPA>"), []string{"imaps://mail.example.org:993 - ntlm"}, ""},
		{"case 94: without SPA a password", protocol("IMAP", "<Port>993</Port>", "<SPA>off</SPA>"), []string{"imaps://mail.example.org:993 - plain"}, ""},
		{"case 95: a missing port is the usual one of implicit TLS", protocol("IMAP", "", "<SSL>on</SSL>"), []string{"imaps://mail.example.org:993 -"}, "names no port"},
		{"case 95: a missing port is the usual one of STARTTLS", protocol("SMTP", "", "<Encryption>TLS</Encryption>"), []string{"smtp+starttls://mail.example.org:587 -"}, "names no port"},
		{"case 95: a port that is none", protocol("IMAP", "<Port>abc</Port>", ""), nil, `"abc" is not a port`},
		{"port 0", protocol("IMAP", "<Port>0</Port>", ""), nil, "is not a port"},
		{"submission without sign-in", protocol("SMTP", "<Port>587</Port>", "<AuthRequired>off</AuthRequired>"), []string{"smtp+starttls://mail.example.org:587 - none"}, ""},
		{"the type as an attribute", poxOf(`<Protocol Type="IMAP"><Server>mail.example.org</Server><Port>993</Port></Protocol>`), []string{"imaps://mail.example.org:993 -"}, ""},
		{"Exchange beside it", poxOf(`<Protocol><Type>EXCH</Type><Server>x</Server><EwsUrl>https://x.example.org/ews</EwsUrl></Protocol>`), nil, `"EXCH" are for other programs`},
		{"a server in U-labels", strings.Replace(protocol("IMAP", "<Port>993</Port>", ""), "mail.example.org", "mail.Bücher.example", 1), []string{"imaps://mail.xn--bcher-kva.example:993 -"}, ""},
		{"a URL as server", strings.Replace(protocol("IMAP", "<Port>993</Port>", ""), "mail.example.org", "https://mail.example.org/", 1), nil, "not a host name"},
		{"a Windows domain", protocol("IMAP", "<Port>993</Port>", "<DomainRequired>on</DomainRequired>"), []string{"imaps://mail.example.org:993 -"}, "Windows domain"},
		{"case 96: error 600", poxError("600", "Invalid Request"), nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, err := parsePOX([]byte(tt.document))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, lines(a.content)); diff != "" {
				t.Error(diff)
			}
			if notes := strings.Join(a.notes.list, "\n"); !strings.Contains(notes, tt.note) || tt.note == "" && notes != "" {
				t.Errorf("the notes are %q", notes)
			}
		})
	}
}

func TestCase96AnErrorSaysThatTheServiceExists(t *testing.T) {
	t.Parallel()
	a, err := parsePOX([]byte(poxError("600", "Invalid Request")))
	if err != nil || a.refusal() != `Autodiscover answered error "600": "Invalid Request"; the service exists and found fault with the request` {
		t.Errorf("%q, %v", a.refusal(), err)
	}
}

func TestWhatIsNoAnswerOfAutodiscover(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "<html/>", "{}", "<Autodiscover>", inDocument(goodIMAP), "\xff\xfe"} {
		if a, err := parsePOX([]byte(body)); err == nil || len(a.servers) > 0 {
			t.Errorf("%q was read as %+v", body, a)
		}
	}
	for _, body := range []string{"", "<x/>", "[]", "{}", `{"Url": 1}`, `{"Url": "https://x.example/` + strings.Repeat("a", maxURL) + `"}`} {
		if a, err := parseAutodiscoverJSON([]byte(body)); err == nil {
			t.Errorf("%.40q was read as %+v", body, a)
		}
	}
}

// writePOX writes what was read of an answer.
func writePOX(a poxAnswer) []byte {
	var b bytes.Buffer
	element := func(name, text string) {
		if text != "" {
			fmt.Fprintf(&b, "<%s>", name)
			_ = xml.EscapeText(&b, []byte(text))
			fmt.Fprintf(&b, "</%s>", name)
		}
	}
	b.WriteString("<Autodiscover><Response><Error>")
	element("ErrorCode", a.code)
	if a.code != "" {
		element("Message", a.message)
	}
	b.WriteString("</Error><Account>")
	element("RedirectUrl", a.redirectURL)
	element("RedirectAddr", a.redirectAddr)
	for _, s := range a.services {
		if s.Type == "ews" {
			b.WriteString("<Protocol><Type>EXCH</Type>")
			element("EwsUrl", s.URL)
		} else {
			b.WriteString("<Protocol>")
			element("Type", s.Type)
			element("Server", s.URL)
		}
		b.WriteString("</Protocol>")
	}
	for _, s := range a.servers {
		b.WriteString("<Protocol>")
		element("Type", string(s.endpoint.Protocol))
		element("Server", s.endpoint.Host)
		element("Port", fmt.Sprint(s.endpoint.Port))
		element("LoginName", s.username)
		element("Encryption", map[mail.Security]string{mail.TLS: "SSL", mail.StartTLS: "TLS", mail.None: "None"}[s.endpoint.Security])
		switch strings.Join(s.auth, " ") {
		case "ntlm":
			element("SPA", "on")
		case "plain":
			element("SPA", "off")
		case "none":
			element("AuthRequired", "off")
		}
		b.WriteString("</Protocol>")
	}
	b.WriteString("</Account></Response></Autodiscover>")
	return b.Bytes()
}

// What was read of an answer, written and read again, is the same.
func FuzzPOX(f *testing.F) {
	f.Add([]byte(poxIMAP("imap.example.org", "anna")))
	f.Add([]byte(poxError("600", "no")))
	f.Add([]byte(poxOf("<RedirectUrl>https://x.example/</RedirectUrl><Protocol Type='smtp'><Server>[::1]</Server><SSL/></Protocol>")))
	f.Fuzz(func(t *testing.T, body []byte) {
		a, err := parsePOX(body)
		if err != nil {
			if len(a.servers) > 0 || a.redirectURL != "" {
				t.Fatalf("an error and an answer: %+v", a)
			}
			return
		}
		checkBounds(t, a.content)
		if a.code == "" {
			a.message = "" // without a code nobody reads it
		}
		again, err := parsePOX(writePOX(a))
		if err != nil {
			t.Fatalf("what was written is refused: %v", err)
		}
		if diff := cmp.Diff(append(everything(a.content), a.code, a.message, a.redirectURL, a.redirectAddr), append(everything(again.content), again.code, again.message, again.redirectURL, again.redirectAddr)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func FuzzAutodiscoverJSON(f *testing.F) {
	f.Add([]byte(`{"Protocol":"AutodiscoverV1","Url":"https://x.example/"}`))
	f.Add([]byte(`{"ErrorCode":"x","ErrorMessage":1,"y":{}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		a, err := parseAutodiscoverJSON(body)
		if err != nil {
			return
		}
		text, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := parseAutodiscoverJSON(text); err != nil || again != a {
			t.Fatalf("%+v became %+v: %v", a, again, err)
		}
	})
}

func FuzzMailconf(f *testing.F) {
	f.Add("mailconf=https://conf.example.org/c.xml")
	f.Add("MailConf = https://%EMAILDOMAIN%/")
	f.Fuzz(func(t *testing.T, record string) {
		places, n := mailconfPlaces([]string{record}, anna)
		if len(places)+len(n.list) > 1 {
			t.Fatalf("one record became %v and %q", places, n.list)
		}
		for _, place := range places {
			again, _ := mailconfPlaces([]string{"mailconf=" + place.String()}, anna)
			if place.Scheme != "https" || len(again) != 1 || again[0].String() != place.String() {
				t.Fatalf("%q became %v, then %v", record, place, again)
			}
		}
	})
}
