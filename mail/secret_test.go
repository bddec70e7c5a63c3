package mail

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
)

func TestSecretNeverPrintsItself(t *testing.T) {
	t.Parallel()
	type surrounding struct {
		Secret  Secret
		Pointer *Secret
	}
	s := NewSecret([]byte("hunter2"))
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T"} {
		for _, value := range []any{s, &s, surrounding{s, &s}, []Secret{s}, map[string]Secret{"a": s}} {
			text := fmt.Sprintf(format, value)
			for _, leak := range []string{"hunter2", "68756e74657232", "104 117"} {
				if strings.Contains(strings.ToLower(text), leak) {
					t.Errorf("%s of %T leaks: %s", format, value, text)
				}
			}
		}
	}
	if data, err := json.Marshal(surrounding{s, &s}); err != nil || strings.Contains(string(data), "hunter2") {
		t.Errorf("JSON: %s, %v", data, err)
	}
	if s.Reveal() != "hunter2" {
		t.Error("Reveal does not reveal")
	}
	s.Wipe()
	if s.Reveal() != "" || !s.IsZero() {
		t.Error("a wiped secret is still there")
	}
}

func TestRedactorFindsEveryEncoding(t *testing.T) {
	t.Parallel()
	for _, password := range []string{"hunter2hunter2", `p"a\ss wörd&x=1`, "пароль-секрет", "with\ttab and <angle>"} {
		r := NewRedactor(NewSecret([]byte(password)), "anna@example.org")
		quoted, err := json.Marshal(password)
		if err != nil {
			t.Fatal(err)
		}
		std := base64.StdEncoding
		for name, text := range map[string]string{
			"raw":              "NO you said " + password + " wrongly",
			"LOGIN":            "334 " + std.EncodeToString([]byte(password)),
			"PLAIN":            std.EncodeToString([]byte("\x00anna@example.org\x00" + password)),
			"PLAIN with authz": std.EncodeToString([]byte("anna@example.org\x00anna@example.org\x00" + password)),
			"PLAIN of another": std.EncodeToString([]byte("\x00bob\x00" + password)),
			"inside base64":    std.EncodeToString([]byte("user=bob;pass=" + password + ";end")),
			"XOAUTH2":          std.EncodeToString([]byte("user=anna@example.org\x01auth=Bearer " + password + "\x01\x01")),
			"OAUTHBEARER":      std.EncodeToString([]byte("n,a=bob,\x01host=a.example\x01port=465\x01auth=Bearer " + password + "\x01\x01")),
			"query":            "https://a.example/?p=" + url.QueryEscape(password),
			"path":             "https://a.example/" + url.PathEscape(password),
			"JSON":             `{"echo":` + string(quoted) + `}`,
			"IMAP quoted":      `a1 LOGIN "anna" "` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(password) + `"`,
		} {
			cleaned := r.Clean(text)
			if cleaned == text || strings.Contains(cleaned, password) {
				t.Errorf("%q survives as %s: %s", password, name, cleaned)
			}
		}
		if clean := "a reply without it"; r.Clean(clean) != clean {
			t.Error("it cleans what is clean")
		}
	}
}

func TestRedactorWithoutASecretChangesNothing(t *testing.T) {
	t.Parallel()
	var none *Redactor
	if none.Clean("text") != "text" || NewRedactor(Secret{}).Clean("text") != "text" {
		t.Error("it changed the text")
	}
}
