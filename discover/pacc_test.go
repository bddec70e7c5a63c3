package discover

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mailmedic/mailmedic/mail"
)

const paccGood = `{"protocols": {"imap": {"host": "imap.example.org"}, "pop3": {"host": "pop.example.org"}, "submit": {"host": "smtp.example.org"},
 "managesieve": {"host": "sieve.example.org"}, "jmap": {"url": "https://jmap.example.org/session"},
 "caldav": {"url": "https://dav.example.org/cal"}, "carddav": {"url": "https://dav.example.org/card"}},
 "authentication": {"oauth-public": {"issuer": "https://login.example.org"}, "password": true},
 "info": {"provider": {"name": "Example", "shortName": "Ex"}, "help": {"documentation": "https://example.org/help", "contact": ["mailto:help@example.org"]}}}`

// digestRecord is the TXT record of a document.
func digestRecord(document string) string {
	sum := sha256.Sum256([]byte(document))
	return "v=UAAC1; a=sha256; d=" + base64.StdEncoding.EncodeToString(sum[:])
}

func TestAPACCDocumentIsRead(t *testing.T) {
	t.Parallel()
	c, err := parsePACC([]byte("\ufeff"+paccGood), anna)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"imaps://imap.example.org:993 anna@example.org oauth2 plain", "pop3s://pop.example.org:995 anna@example.org oauth2 plain",
		"smtps://smtp.example.org:465 anna@example.org oauth2 plain",
	}
	if diff := cmp.Diff(want, lines(c)); diff != "" {
		t.Error(diff)
	}
	if c.name != "Example" || cmp.Diff([]string{"https://example.org/help"}, c.docs) != "" || c.oauth == nil || c.oauth.Issuer != "https://login.example.org" || len(c.notes.list) > 0 {
		t.Errorf("got %+v", c)
	}
	if claim := c.offers(mail.SourcePACC, mail.TrustAuthenticated, "x")[0].claim; claim.OAuth != c.oauth {
		t.Errorf("the claim is %+v", claim)
	}
}

func TestOneBadMemberCostsOnlyItself(t *testing.T) {
	t.Parallel()
	const good = "imaps://imap.example.org:993 anna@example.org"
	imap := `"imap": {"host": "imap.example.org"}`
	for _, tt := range []struct {
		name, document string
		want           []string
		note           string
	}{
		{"draft 02 calls submission smtp", `{"protocols": {"smtp": {"host": "smtp.example.org"}}}`, []string{"smtps://smtp.example.org:465 anna@example.org"}, ""},
		{
			"both names of submission", `{"protocols": {"smtp": {"host": "old.example.org"}, "submit": {"host": "smtp.example.org"}}}`,
			[]string{"smtps://smtp.example.org:465 anna@example.org"},
			`"submit" counts`,
		},
		{"a host that is none", `{"protocols": {` + imap + `, "pop3": {"host": "not a host"}}}`, []string{good}, `"not a host" is not a host name`},
		{"a host of another type", `{"protocols": {` + imap + `, "pop3": {"host": 993}}}`, []string{good}, `"host" is not a text`},
		{"a protocol of another type", `{"protocols": {` + imap + `, "pop3": []}}`, []string{good}, `"pop3" is not an object`},
		{"an unknown protocol", `{"protocols": {` + imap + `, "nntp": {"host": "news.example.org"}}}`, []string{good}, `"nntp" is unknown`},
		{"a service over http", `{"protocols": {` + imap + `, "jmap": {"url": "http://jmap.example.org"}}}`, []string{good}, "no https address"},
		{"an authentication of another type", `{"protocols": {` + imap + `}, "authentication": "password"}`, []string{good}, `"authentication" is not an object`},
		{"a password that is neither", `{"protocols": {` + imap + `}, "authentication": {"password": "yes"}}`, []string{good}, "neither true nor false"},
		{"a host in U-labels", `{"protocols": {"imap": {"host": "imap.Bücher.example"}}}`, []string{"imaps://imap.xn--bcher-kva.example:993 anna@example.org"}, ""},
		{"no protocol at all", `{"protocols": {}}`, nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, err := parsePACC([]byte(tt.document), anna)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, lines(c)); diff != "" {
				t.Error(diff)
			}
			if notes := strings.Join(c.notes.list, "\n"); !strings.Contains(notes, tt.note) || tt.note == "" && notes != "" {
				t.Errorf("the notes are %q", notes)
			}
		})
	}
}

func TestWhatIsNoPACCDocument(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "null", "[]", "{}", `"protocols"`, "<html>", `{"protocols"`, strings.Repeat("[", 100_000)} {
		if c, err := parsePACC([]byte(body), anna); err == nil || len(c.servers) > 0 {
			t.Errorf("%.20q was read as %+v", body, c)
		}
	}
}

// writePACC writes what was read of a document.
func writePACC(c content) []byte {
	protocols := map[string]map[string]string{}
	for _, s := range c.servers {
		name := string(s.endpoint.Protocol)
		if s.endpoint.Protocol == mail.SMTP {
			name = "submit"
		}
		protocols[name] = map[string]string{"host": s.endpoint.Host}
	}
	for _, s := range c.services {
		protocols[s.Type] = map[string]string{}
		if s.URL != "" {
			protocols[s.Type]["url"] = s.URL
		} else {
			protocols[s.Type]["host"] = s.Host
		}
	}
	help := map[string]string{}
	for i, key := range []string{"documentation", "developer"} {
		if i < len(c.docs) {
			help[key] = c.docs[i]
		}
	}
	sign := map[string]any{"password": len(c.servers) > 0 && strings.Contains(strings.Join(c.servers[0].auth, " "), "plain")}
	if c.oauth != nil {
		sign["oauth-public"] = map[string]string{"issuer": c.oauth.Issuer}
	}
	text, err := json.Marshal(map[string]any{
		"protocols": protocols, "authentication": sign,
		"info": map[string]any{"provider": map[string]string{"name": c.name}, "help": help},
	})
	if err != nil {
		panic(err)
	}
	return text
}

// What was read of a document, written and read again, is the same; on error
// there is nothing, and everything is bounded.
func FuzzPACC(f *testing.F) {
	f.Add([]byte(paccGood))
	f.Add([]byte(`{"protocols": {"imap": {"host": "%"}, "jmap": {"url": "wss://x"}}, "info": 1}`))
	f.Add([]byte(`{"protocols": {"smtp": {"host": "[::1]"}}, "authentication": {"oauth-public": {"issuer": " a "}}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		c, err := parsePACC(body, anna)
		if err != nil {
			if len(c.servers)+len(c.services)+len(c.notes.list) > 0 {
				t.Fatalf("an error and a document: %+v", c)
			}
			return
		}
		checkBounds(t, c)
		again, err := parsePACC(writePACC(c), anna)
		if err != nil {
			t.Fatalf("what was written is refused: %v", err)
		}
		if diff := cmp.Diff(everything(c), everything(again)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func FuzzDigestRecord(f *testing.F) {
	f.Add(digestRecord(""))
	f.Add("d=; a=SHA256;v=uaac1;v=2")
	f.Fuzz(func(t *testing.T, record string) {
		d, ok := parseDigest(record)
		if !ok {
			return
		}
		written := "v=UAAC1; a=" + d.algorithm + "; d=" + base64.StdEncoding.EncodeToString(d.digest)
		again, ok := parseDigest(written)
		if !ok || again.algorithm != d.algorithm || string(again.digest) != string(d.digest) {
			t.Fatalf("%q became %+v, then %+v", record, d, again)
		}
	})
}

// everything is what was read of a document, notes apart, for comparison.
func everything(c content) []any {
	var list []any
	for _, s := range c.servers {
		list = append(list, s.endpoint, s.username, strings.Join(s.auth, " "), s.leave)
	}
	return append(list, c.id, c.name, c.enableURL, strings.Join(c.docs, " "), c.services, c.oauth)
}

// checkBounds holds for whatever is read.
func checkBounds(t *testing.T, c content) {
	t.Helper()
	if len(c.servers) > maxTargets || len(c.services) > maxTargets || len(c.docs) > maxDocs || len(c.notes.list) > maxNotes+1 || len(c.name) > maxText {
		t.Fatalf("unbounded: %+v", c)
	}
	for _, note := range c.notes.list {
		if len(note) > 2000 || strings.ContainsAny(note, "\r\n\x00\x1b") {
			t.Fatalf("a note is too long or unescaped: %q", note)
		}
	}
	for _, s := range c.servers {
		again, err := mail.ParseEndpoint(s.endpoint.String())
		if err != nil || again != s.endpoint || s.endpoint.Port == 0 || strings.ContainsAny(s.username, "\r\n\x00") {
			t.Fatalf("%+v became %v: %v", s, again, err)
		}
	}
}
