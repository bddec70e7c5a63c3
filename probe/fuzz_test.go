package probe

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/mailmedic/mailmedic/mail"
)

// FuzzIMAPLists holds that no untagged response makes a reader of lists panic,
// keep more than it may, or give what is no text.
func FuzzIMAPLists(f *testing.F) {
	for _, seed := range []string{
		`LIST (\HasNoChildren \Sent) "/" "Gesendet &AOQ-"`, `LIST (\Trash) NIL {5}abcde`,
		`NAMESPACE (("" "/")("#x" ".")) NIL (("Public/" "/"))`, `ID ("name" "Dovecot" "version" NIL)`,
		`QUOTA "" (STORAGE 10 512 MESSAGE 3 100)`, `QUOTA a (STORAGE 99999999999999999999 -1)`,
		"LIST (\\Sent) \"\xff\" &" + strings.Repeat("(", 1000), `NAMESPACE ` + strings.Repeat("((", 500) + `"a" "b`,
		`NAMESPACE (("" "\xff"))`, "NAMESPACE ((\"\" \"\xba\"))", `3 FETCH (UID 5 RFC822.SIZE 99 BODY[HEADER] {3}a b)`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		size := 0
		for _, token := range tokens(line) {
			size += len(token.text)
		}
		if size > len(line) {
			t.Errorf("%d bytes of tokens in %d", size, len(line))
		}
		many := slices.Repeat([]string{line}, maxListed+1)
		var texts []string
		folders, spaces := specialFolders(many), namespaces(many)
		if len(folders) > maxListed || len(spaces) > maxListed {
			t.Errorf("%d folders and %d namespaces", len(folders), len(spaces))
		}
		for _, folder := range folders {
			texts = append(texts, folder.Name)
		}
		for _, space := range spaces {
			texts = append(texts, space.Prefix, space.Delimiter)
		}
		for _, words := range texts {
			if !utf8.ValidString(words) {
				t.Errorf("%q is no text", words)
			}
		}
		if q := fullestQuota(many); q != nil && (q.Used < 0 || q.Limit <= 0) {
			t.Errorf("quota %+v", q)
		}
		_ = serverID(many)
		_, _ = parseFetch(line)
	})
}

// FuzzCapabilities holds that whatever a server lists leads to limits that are
// numbers, to mechanisms in lower case and once each, and to software by name.
func FuzzCapabilities(f *testing.F) {
	f.Add("SIZE 99999999999999999999\nAUTH PLAIN LOGIN\nAUTH=PLAIN\nLIMITS RCPTMAX=-1 MAILMAX=\nSTARTTLS")
	f.Add("IMAP4REV1 AUTH=PLAIN AUTH=Plain AUTH= APPENDLIMIT=x LOGINDISABLED\nSASL-IR")
	f.Add("SASL PLAIN plain\nEXPIRE 0\nLOGIN-DELAY 99999999999999999999 USER\nIMPLEMENTATION dovecot\n.")
	f.Fuzz(func(t *testing.T, list string) {
		lines := strings.Split(list, "\n")
		for _, p := range []mail.Protocol{mail.SMTP, mail.IMAP, mail.POP3} {
			capabilities := make([]string, len(lines))
			for i, line := range lines {
				capabilities[i] = keyword(line)
			}
			for name, limit := range limitsOf(p, capabilities) {
				if limit < 0 {
					t.Errorf("%s: %s is %d", p, name, limit)
				}
			}
			offered := newSpeaker(mail.Endpoint{Protocol: p}, &dialogue{}, "x").mechanisms(capabilities)
			for i, name := range offered {
				if name != strings.ToLower(name) || name == "" || slices.Contains(offered[:i], name) {
					t.Errorf("%s: mechanism %q of %q", p, name, offered)
				}
			}
			for _, name := range methodsOf(p, offered) {
				if !slices.Contains(offered, name) {
					t.Errorf("%s: %s is used and not offered", p, name)
				}
			}
			_ = softwareOf(list, lines[0], capabilities)
		}
	})
}

// FuzzChallenges holds that no challenge makes a mechanism that proves to know
// the password give it away, panic, or answer with what is not in base64.
func FuzzChallenges(f *testing.F) {
	encoded := base64.StdEncoding.EncodeToString
	f.Add(encoded([]byte("<1.2@mail.example>")), "")
	f.Add(encoded([]byte("r=x,s=AAAA,i=4096")), encoded([]byte("v=AAAA")))
	f.Add(encoded([]byte("r=,s=,i=-1,m=x")), encoded([]byte("e=other-error")))
	f.Add("VXNlcm5hbWU6", "=====")
	f.Fuzz(func(t *testing.T, first, second string) {
		c := Credentials{Username: "anna", Secret: mail.NewSecret([]byte("a password to be kept"))}
		s := &Session{endpoint: mail.Endpoint{Protocol: mail.IMAP, Host: "mail.example", Port: 993}}
		for _, method := range []string{"cram-md5", "scram-sha-1", "scram-sha-256", "oauthbearer", "xoauth2", "external"} {
			m, err := s.mechanismFor(method, c)
			if err != nil {
				t.Fatal(err)
			}
			m.begin()
			for _, challenge := range []string{first, second, first} {
				answer, ok := m.answer(challenge)
				if !ok {
					break
				}
				said, err := base64.StdEncoding.DecodeString(answer)
				if answer != "" && err != nil {
					t.Errorf("%s answers %q", method, answer)
				}
				if strings.Contains(string(said), c.Secret.Reveal()) {
					t.Errorf("%s gives the password away", method)
				}
			}
			m.conclude(attempt{outcome: Rejected})
		}
	})
}
