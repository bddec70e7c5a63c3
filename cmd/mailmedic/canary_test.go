package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mailmedic/mailmedic/report"
)

// The canaries: a URL, JSON, HTML, base64, quoted-printable and a quoted string of
// IMAP escape them in different ways, and no eight bytes of them stand anywhere else.
const (
	canaryPassword = `Zq7"w\Kd&<9>+/%x='ßY{Jv`
	canaryToken    = `ya29.Qx8/zT+w=Lm5~kV_9-Rp3.Hn6`
	canaryName     = "zq7kd9-canary4xw8"
)

// leak gives the first form of a secret that an output shows: whole in any
// encoding, or eight consecutive bytes of it.
func leak(secret string, usernames []string, output string) string {
	shown := flattened(output)
	messages := []string{secret, "auth=Bearer " + secret}
	for _, user := range usernames {
		messages = append(messages, "\x00"+user+"\x00"+secret, user+"\x00"+user+"\x00"+secret, "user="+user+"\x01auth=Bearer "+secret+"\x01\x01")
	}
	parts := map[string]bool{} // of 8, 12 and 16 bytes
	for from := range len(secret) - 7 {
		part := secret[from : from+8]
		for _, form := range []string{part, strings.ToUpper(part), strings.ToLower(part), hex.EncodeToString([]byte(part)), strings.ToUpper(hex.EncodeToString([]byte(part)))} {
			parts[form] = true
		}
	}
	for _, message := range messages {
		for shift := range 3 {
			for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
				digits := enc.EncodeToString([]byte(strings.Repeat("\x00", shift) + message))
				tail := digits[max(0, len(digits)-len(secret)):] // where the secret stands
				for from := range len(tail) - 15 {
					parts[tail[from:from+12]] = true
				}
			}
		}
	}
	for at := range shown {
		for _, size := range []int{8, 12, 16} {
			if at+size <= len(shown) && parts[shown[at:at+size]] {
				return shown[at : at+size]
			}
		}
	}
	for _, escaped := range escapes(secret) {
		if strings.Contains(shown, escaped) {
			return escaped
		}
	}
	return ""
}

// escapes gives the forms of a whole secret in documents.
func escapes(secret string) map[string]string {
	quoted, _ := json.Marshal(secret) // a string always has a JSON form
	return map[string]string{
		"raw": secret, "query": url.QueryEscape(secret), "path": url.PathEscape(secret), "lower query": lowerEscapes(url.QueryEscape(secret)),
		"JSON": strings.Trim(string(quoted), `"`), "HTML": html.EscapeString(secret), "quoted": strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(secret),
		"upper case": strings.ToUpper(secret), "lower case": strings.ToLower(secret), "hex": hex.EncodeToString([]byte(secret)), "HEX": strings.ToUpper(hex.EncodeToString([]byte(secret))),
		"quoted-printable": strings.NewReplacer("=", "=3D", "ß", "=C3=9F").Replace(secret),
		"base64":           base64.StdEncoding.EncodeToString([]byte(secret)), "base64, shifted by one": base64.StdEncoding.EncodeToString([]byte("x" + secret)), "base64, shifted by two": base64.StdEncoding.EncodeToString([]byte("xy" + secret)),
		"base64 for URLs": base64.URLEncoding.EncodeToString([]byte(secret)), "its first half": secret[:len(secret)/2], "its second half": secret[len(secret)/2:],
		"changed at its end": secret[:len(secret)-2] + "..", "cut by a NUL": secret[:10] + "\\x00" + secret[10:],
	}
}

func lowerEscapes(text string) string {
	return regexp.MustCompile(`%[0-9A-F]{2}`).ReplaceAllStringFunc(text, strings.ToLower)
}

// flattened undoes what an output does to text: colours, folded lines, and the
// escapes of JSON, whose strings follow once more as they are meant.
func flattened(output string) string {
	text := regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(output, "")
	text = output + strings.Join(strings.Fields(text), "") + strings.Join(strings.Fields(text), " ")
	for document := json.NewDecoder(strings.NewReader(output)); ; {
		var value any
		if document.Decode(&value) != nil {
			return text
		}
		text += strings.Join(stringsIn(value), "\n")
	}
}

func stringsIn(value any) []string {
	var list []string
	switch v := value.(type) {
	case string:
		list = append(list, v)
	case []any:
		for _, one := range v {
			list = append(list, stringsIn(one)...)
		}
	case map[string]any:
		for key, one := range v {
			list = append(append(list, key), stringsIn(one)...)
		}
	}
	return list
}

// playCanary plays a world with every format and all that can be said, prints
// the recording again, and fails where the secret is to be seen. It gives the text.
func playCanary(t *testing.T, name, world, secret string, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, name+".txtar")
	if err := os.WriteFile(file, []byte(world), 0o600); err != nil {
		t.Fatal(err)
	}
	args = append([]string{"demo", file, "-vv", "--transcript", "--explain", "--color", "always", "--timeout", "3s"}, args...)
	outputs := map[string]string{}
	for _, format := range report.Formats() {
		args = append(args, "-o", format+"="+filepath.Join(dir, format))
	}
	text, errs := runCanary(t, args)
	outputs["standard output"], outputs["standard error"] = text, errs
	for _, format := range report.Formats() {
		content, err := os.ReadFile(filepath.Join(dir, format))
		if err != nil || len(content) == 0 {
			t.Fatalf("no %s: %v: %s", format, err, errs)
		}
		outputs[format] = string(content)
	}
	outputs["a recording, printed again"], _ = runCanary(t, []string{"report", filepath.Join(dir, "jsonl"), "-vv", "--color", "never"})
	user := regexp.MustCompile(`address = "([^"]*)"`).FindStringSubmatch(world)
	for where, output := range outputs {
		if form := leak(secret, user, output); form != "" {
			t.Errorf("%s shows %q:\n%s", where, form, output)
		}
	}
	return text
}

func runCanary(t *testing.T, args []string) (stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	s := &streams{in: strings.NewReader(""), out: &out, err: &errs, errIsTTY: true, env: func(string) string { return "" }, unhurried: true}
	s.world.After = func(time.Duration) <-chan time.Time { return time.After(0) }
	if code := Main(t.Context(), args, s); code == exitUsage || code == exitFault {
		t.Fatalf("exit code %d: %s", code, &errs)
	}
	return out.String(), errs.String()
}

// TestTheCanaryInEveryWorld plays every scenario and every case with the canary
// for a password, where it is right, wrong, or never asked for.
func TestTheCanaryInEveryWorld(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../testdata/world/*.txtar")
	cases, _ := filepath.Glob("../../testdata/world/case/*.txtar")
	if err != nil || len(files) < 16 || len(cases) == 0 {
		t.Fatal("the worlds are not there", err)
	}
	for _, file := range append(files, cases...) {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var args []string
			world := withCanary(string(data))
			if !strings.Contains(world, "[demo]") { // it has no domain, only servers
				world = strings.Replace(world, "-- servers.toml --\n", "-- servers.toml --\n[demo]\naddress = \"anna@example.org\"\npassword = "+tomlString(canaryPassword)+"\n", 1)
				args = []string{"--command", "probe"}
			}
			playCanary(t, name, world, canaryPassword, args...)
		})
	}
}

// withCanary puts the canary in the place of the demo's password, or into a demo without one.
func withCanary(world string) string {
	right := regexp.MustCompile(`(?s)\[demo\]\n(?:[^\[]*?\n)?password = ("[^"]*"|'[^']*')`).FindStringSubmatch(world)
	if right == nil {
		return strings.Replace(world, "[demo]\n", "[demo]\npassword = "+strconv.Quote(canaryPassword)+"\n", 1)
	}
	return strings.ReplaceAll(world, "password = "+right[1], "password = "+strconv.Quote(canaryPassword))
}

// echoWorld has three servers that answer a sign-in with words.
func echoWorld(credential, mechanisms string, words func(code string) string, more string) string {
	world := "Servers that say the secret back\n-- zone --\n$ORIGIN echo.example.\nmail A 192.0.2.10\n_imaps._tcp SRV 0 1 993 mail\n_submissions._tcp SRV 0 1 465 mail\n-- servers.toml --\n" +
		"[demo]\naddress = \"anna@echo.example\"\n" + credential + "\n"
	for at, code := range map[string]string{"imaps://mail.echo.example:993": "NO", "smtps://mail.echo.example:465": "535", "pop3s://mail.echo.example:995": "-ERR"} {
		world += fmt.Sprintf("[[server]]\nendpoints = [%q]\nmechanisms = [%s]\nauth_reply = %s\n%s\n", at, mechanisms, tomlString(words(code)), more)
	}
	return world
}

func tomlString(text string) string {
	quoted, _ := json.Marshal(text) // a string of JSON is one of TOML
	return string(quoted)
}

func TestTheCanaryThatServersSayBack(t *testing.T) {
	t.Parallel()
	for kind, c := range map[string]struct{ secret, credential, mechanisms string }{
		"password": {canaryPassword, "password = " + tomlString(canaryPassword), `"PLAIN", "LOGIN"`},
		"digest":   {canaryPassword, "password = " + tomlString(canaryPassword), `"CRAM-MD5"`},
		"token":    {canaryToken, "token = " + tomlString(canaryToken), `"XOAUTH2", "OAUTHBEARER"`},
	} {
		forms := escapes(c.secret)
		for _, user := range []string{"anna@echo.example", "anna"} {
			forms["PLAIN of "+user] = base64.StdEncoding.EncodeToString([]byte("\x00" + user + "\x00" + c.secret))
			forms["XOAUTH2 of "+user] = base64.StdEncoding.EncodeToString([]byte("user=" + user + "\x01auth=Bearer " + c.secret + "\x01\x01"))
		}
		for form, echoed := range forms {
			t.Run(kind+" as "+form, func(t *testing.T) {
				t.Parallel()
				text := playCanary(t, "echo", echoWorld(c.credential, c.mechanisms, func(code string) string {
					return code + " you said " + echoed + " and that is wrong"
				}, ""), c.secret, "--command", "probe")
				if !strings.Contains(text, "[redacted]") && form != "cut by a NUL" {
					t.Errorf("nothing was redacted: %s", text)
				}
			})
		}
	}
}

// A server may keep what it heard, and show it elsewhere than in its reply.
func TestTheCanaryInOtherPlaces(t *testing.T) {
	t.Parallel()
	half := len(canaryPassword) / 2
	password := "password = " + tomlString(canaryPassword)
	plain := func(code string) string { return code + " no" }
	inside := func(text string) string { return strings.Trim(tomlString(text), `"`) }
	bare := inside(canaryPassword)
	name := "password = " + tomlString(canaryName)
	for place, c := range map[string]struct{ secret, world string }{
		"two lines of a reply": {canaryPassword, echoWorld(password, `"PLAIN"`, func(code string) string {
			if code == "535" {
				return "535-5.7.8 " + canaryPassword[:half] + "\n535 5.7.8 " + canaryPassword[half:]
			}
			return "* " + canaryPassword[:half] + "\n" + code + " " + canaryPassword[half:]
		}, "")},
		"the greeting":        {canaryPassword, strings.ReplaceAll(echoWorld(password, `"PLAIN"`, plain, `greeting = "CODE `+bare+`"`), "CODE", "220")},
		"a greeting of IMAP":  {canaryPassword, strings.ReplaceAll(echoWorld(password, `"PLAIN"`, plain, `greeting = "CODE `+bare+`"`), "CODE", "* OK")},
		"a greeting of POP3":  {canaryPassword, strings.ReplaceAll(echoWorld(password, `"PLAIN"`, plain, `greeting = "CODE `+bare+`"`), "CODE", "+OK")},
		"a refusing greeting": {canaryPassword, echoWorld(password, `"PLAIN"`, plain, `greeting = "554 `+bare+`"`)},
		"a capability":        {canaryPassword, echoWorld(password, `"PLAIN"`, plain, `capabilities = ["IMAP4rev1", "AUTH=PLAIN", "AUTH PLAIN", "USER", "SASL PLAIN", "X`+bare+`"]`)},
		"a capability in one case": {canaryPassword, echoWorld(password, `"PLAIN"`, plain,
			`capabilities = ["IMAP4rev1", "AUTH=PLAIN", "AUTH PLAIN", "USER", "SASL PLAIN", "X`+inside(strings.ToUpper(canaryPassword))+`", "`+inside(strings.ToLower(canaryPassword))+`"]`)},
		"a mechanism":    {canaryPassword, echoWorld(password, `"PLAIN", "`+bare+`"`, plain, "")},
		"the software":   {canaryPassword, echoWorld(password, `"PLAIN"`, plain, `software = "`+bare+`"`)},
		"a certificate":  {canaryName, echoWorld(name, `"PLAIN"`, plain, `certificate = { names = ["`+canaryName+`.example", "mail.echo.example"] }`)},
		"another's name": {canaryName, echoWorld(name, `"PLAIN"`, plain, `certificate = { names = ["`+canaryName+`.example"] }`)},
	} {
		t.Run(place, func(t *testing.T) {
			t.Parallel()
			playCanary(t, "place", c.world, c.secret, "--insecure-auth", "--command", "probe")
		})
	}
}

// What goes wrong before anything is asked quotes no secret either.
func TestTheCanaryOnTheCommandLine(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "secret")
	if err := os.WriteFile(file, []byte(canaryPassword+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	open := filepath.Join(dir, "open")
	if err := os.WriteFile(open, []byte(canaryPassword), 0o644); err != nil { //nolint:gosec // that is the point
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"check", "example.test", "--password-file", file},
		{"check", "anna@example.test", "--password-file", open},
		{"check", "anna@example.test", "--password-file", file, "--token-stdin"},
		{"check", "anna@example.test", "--client-cert", file},
		{"check", "anna@example.test", "--client-cert", file, "--client-key", file},
		{"check", "anna@example.test", "--password-file", file, "--ca-file", file},
		{"check", "anna@example.test", "--password-file", file, "--format", "nonsense"},
		{"check", "anna@example.test", "--password-stdin", "--resolver", "nonsense"},
		{"probe", "imaps://imap.example.test", "--password-file", file},
		{"probe", "imaps://imap.example.test", "--user", "anna", "--password-stdin", "--source", "nonsense"},
		{"discover", "example.test", "--password-file", file},
		{"login", "anna@example.test", "--client-secret-file", file},
		{"login", "google", "--client-id", "x", "--client-secret-file", open, "--token-file", filepath.Join(dir, "token")},
		{"login", "anna@example.test", "--client-id", "x", "--token-file", file},
		{"report", file},
		{"demo", file},
		{"check", "example.test"},
		{"check", "anna@example.test", "--imap", "://"},
	} {
		for _, variables := range [][]string{nil, {"MAILMEDIC_PASSWORD"}, {"MAILMEDIC_PASSWORD", "MAILMEDIC_TOKEN"}} {
			if variables == nil && slices.Equal(args, []string{"check", "example.test"}) {
				continue // that is a run
			}
			var out, errs bytes.Buffer
			s := &streams{in: strings.NewReader(canaryPassword + "\n"), out: &out, err: &errs, env: func(name string) string {
				if slices.Contains(variables, name) {
					return canaryPassword
				}
				return ""
			}}
			if code := Main(t.Context(), args, s); code != exitUsage {
				t.Errorf("%q: exit code %d: %s", args, code, &errs)
			}
			if form := leak(canaryPassword, []string{"anna@example.test"}, out.String()+errs.String()); form != "" {
				t.Errorf("%q shows %q: %s", args, form, &errs)
			}
		}
	}
}
