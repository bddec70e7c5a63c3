//go:build integration

package integration

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"os"
	"strings"
	"testing"
)

func TestThePasswordIsInNoOutput(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, user, password string }{
		{"signed in", "bert@good.test", hardPassword},
		{"rejected", "gerda@good.test", "Rejected/Canary+7741=="},
		{"kept here", "anna@expired.test", password},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			out := check(t, c.user, c.password, "-v", "--transcript", "-f", "text", "-o", "json="+dir+"/json", "-o", "jsonl="+dir+"/jsonl")
			if out.code > 1 {
				t.Errorf("exit code %d: %s", out.code, out.stderr)
			}
			outputs := map[string]string{"stdout": string(out.stdout), "stderr": string(out.stderr)}
			for _, name := range []string{"json", "jsonl"} {
				content, err := os.ReadFile(dir + "/" + name)
				if err != nil {
					t.Fatal(err)
				}
				outputs[name] = string(content)
			}
			if len(outputs["json"]) == 0 || len(outputs["stdout"]) == 0 {
				t.Error("there is no output to look at")
			}
			for name, output := range outputs {
				for _, disguise := range disguises(c.user, c.password) {
					if strings.Contains(output, disguise) {
						t.Errorf("%s contains the password as %q", name, disguise)
					}
				}
			}
		})
	}
}

// disguises are the forms in which a password goes over a wire or into a document.
func disguises(user, password string) []string {
	quoted, err := json.Marshal(password)
	if err != nil {
		panic(err) // a string always has a JSON form
	}
	forms := []string{
		password, url.QueryEscape(password), url.PathEscape(password), strings.Trim(string(quoted), `"`),
		strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(password),
	}
	local, _, _ := strings.Cut(user, "@")
	for _, message := range []string{password, "\x00" + user + "\x00" + password, "\x00" + local + "\x00" + password, user + "\x00" + user + "\x00" + password} {
		forms = append(forms,
			strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(message)), "="),
			strings.TrimRight(base64.URLEncoding.EncodeToString([]byte(message)), "="))
	}
	return forms
}
