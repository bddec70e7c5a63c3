package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mailmedic/mailmedic/check"
	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

func TestATokenFromTheBrowserIsKeptAndSignsIn(t *testing.T) {
	t.Parallel()
	a := newAnna(t, "")
	if code := a.login(t.Context(), "anna@a.example", "--client-id", "program-1", "--client-secret-file", secretFile(t), "--keyring", "mail"); code != 0 {
		t.Fatalf("exit code %d\n%s", code, &a.told)
	}
	token := a.ring["mail anna@a.example"]
	for _, want := range []string{"auth.a.example gave a token for anna@a.example.", "Grants       mail\n", "the keyring, for anna@a.example under mail", "Next:  mailmedic check anna@a.example --token-keyring mail\n"} {
		if !strings.Contains(a.out.String(), want) {
			t.Errorf("it does not say %q:\n%s", want, &a.out)
		}
	}
	network, err := wire.New(a.world.Network())
	if err != nil {
		t.Fatal(err)
	}
	defer network.Close()
	closing := check.Run(t.Context(), mail.Target{Address: "anna@a.example", Domain: "a.example"}, check.Options{
		Network: network, SignIn: &check.SignIn{Secret: mail.NewSecret([]byte(token)), Token: true},
	}, func(mail.Event) {})
	if closing.Receive != mail.Works || closing.Send != mail.Works {
		t.Errorf("with the token: receive %s, send %s", closing.Receive, closing.Send)
	}
}

func TestATokenFromTheDeviceFlowIsWrittenIntoAFile(t *testing.T) {
	t.Parallel()
	for name, arguments := range map[string][]string{
		"asked for":            {"--device"},
		"nobody has a browser": {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAnna(t, "")
			a.browser = nil
			file := filepath.Join(t.TempDir(), "token file")
			arguments = append(arguments, "--client-id", "program-1", "--client-secret-file", secretFile(t), "--token-file", file, "-f", "json")
			if code := a.login(t.Context(), "anna@a.example", arguments...); code != 0 {
				t.Fatalf("exit code %d\n%s", code, &a.told)
			}
			kept, err := os.ReadFile(file)
			info, _ := os.Stat(file)
			if err != nil || string(kept) != canaryToken+"\n" || onUnix && info.Mode().Perm() != 0o600 {
				t.Errorf("the file has %q, mode %v, %v", kept, info, err)
			}
			holdToSchema(t, a.out.Bytes())
			var answer loginAnswer
			if err := json.Unmarshal(a.out.Bytes(), &answer); err != nil {
				t.Fatal(err)
			}
			if answer.Flow != flowDevice || answer.Expires == nil || time.Until(*answer.Expires) < 50*time.Minute || answer.Kept.File != file ||
				answer.Server.Trust != mail.TrustAuthenticated || answer.Server.Source != mail.SourceAutoconfig || strings.Join(answer.Scopes.Granted, " ") != "mail" {
				t.Errorf("%s", &a.out)
			}
			if rest, _ := filepath.Glob(filepath.Join(filepath.Dir(file), ".*")); len(rest) > 0 {
				t.Errorf("left behind: %q", rest)
			}
		})
	}
}

// holdToSchema holds a document to the published schema.
func holdToSchema(t *testing.T, document []byte) {
	t.Helper()
	schema, err := reportSchema("../../docs/login.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var value any
	if err := json.Unmarshal(document, &value); err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(value); err != nil {
		t.Errorf("%v\n%s", err, document)
	}
}

func TestAPrintedTokenStandsAloneOnStandardOutput(t *testing.T) {
	t.Parallel()
	a := newAnna(t, "metadata = \"openid\"")
	code := a.login(t.Context(), "anna@a.example", "--issuer", "https://auth.a.example/tenant/", "--client-id", "program-1", "--client-secret-file", secretFile(t), "--print")
	if code != 0 || a.out.String() != canaryToken+"\n" {
		t.Errorf("exit code %d, %q\n%s", code, &a.out, &a.told)
	}
	if !strings.Contains(a.told.String(), "gave a token for anna@a.example") {
		t.Errorf("it says nothing of the token: %s", &a.told)
	}
}

func TestASignInThatComesToNothingSaysWhy(t *testing.T) {
	t.Parallel()
	device, issuer := []string{"--device"}, []string{"--issuer", "https://auth.a.example/tenant"}
	for name, c := range map[string]struct {
		config    string
		arguments []string
		code      int
		says      string
	}{
		"the person declines in the browser":  {`fault = "deny"`, nil, 1, `access_denied: the user said no`},
		"the person declines with a code":     {`fault = "deny"`, device, 1, "the sign-in was declined"},
		"the code expires":                    {`fault = "expire"`, device, 1, "was not typed in in time"},
		"the server repeats what it was sent": {`fault = "echo"`, nil, 1, "[redacted]"},
		"the server repeats a device's code":  {`fault = "echo"`, device, 1, "[redacted]"},
		"the token is not to be had":          {`fault = "garbage"`, nil, 1, "no answer of OAuth 2.0"},
		"the token has no end":                {`fault = "large"`, nil, 1, "sent more than 1 MiB"},
		"the token endpoint leads elsewhere":  {`fault = "redirect"`, nil, 1, "HTTP 307"},
		"the issuer is somebody else":         {`fault = "wrong-issuer"`, issuer, 1, `describes the issuer "https://somebody-else.example"`},
		"an endpoint is not https":            {`fault = "cleartext"`, issuer, 1, "is not https"},
		"the issuer does not describe itself": {`metadata = "none"`, issuer, 1, "answered 404"},
		"no such host":                        {"", []string{"--issuer", "https://nowhere.example"}, 3, "dns-nxdomain"},
		"another client id":                   {"", []string{"--device", "--client-id", "x"}, 1, "does not know the client id"},
		"a scope that is not there":           {"", []string{"--scope", "calendar"}, 1, "does not know a scope"},
		"the answer is to another question":   {`fault = "wrong-state"`, []string{"--timeout", "300ms"}, 3, "nobody signed in"},
		"no way with a code":                  {`fault = "no-device"`, device, 2, "no device authorization endpoint"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAnna(t, c.config)
			file := filepath.Join(t.TempDir(), "token")
			arguments := append([]string{"--client-id", "program-1", "--client-secret-file", secretFile(t), "--token-file", file}, c.arguments...)
			if code := a.login(t.Context(), "anna@a.example", arguments...); code != c.code || !strings.Contains(a.told.String(), c.says) {
				t.Errorf("exit code %d, want %d and %q\n%s", code, c.code, c.says, &a.told)
			}
			if left, _ := os.ReadDir(filepath.Dir(file)); len(left) > 0 || a.out.Len() > 0 {
				t.Errorf("left behind: %v, printed: %q", left, &a.out)
			}
		})
	}
}

func TestWhoTheProviderIsToldWillSignIn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		arguments []string
		want      string
	}{
		"the address":        {nil, "login_hint=anna%40a.example"},
		"the user":           {[]string{"--user", "a.user"}, "login_hint=a.user"},
		"whom the user says": {[]string{"--login-hint", "anna@b.example"}, "login_hint=anna%40b.example"},
		"nobody":             {[]string{"--login-hint", ""}, ""},
	} {
		a := newAnna(t, "")
		if code := a.login(t.Context(), "anna@a.example", append(c.arguments, "--client-id", "program-1", "--client-secret-file", secretFile(t), "--keyring", "mail")...); code != 0 {
			t.Errorf("%s: exit code %d", name, code)
		}
		if told := a.told.String(); !strings.Contains(told, c.want) || strings.Contains(told, "login_hint") != (c.want != "") {
			t.Errorf("%s: %s", name, told)
		}
	}
}

func TestATokenThatIsNotForMailIsToldSo(t *testing.T) {
	t.Parallel()
	a := newAnna(t, `fault = "no-mail"`)
	if code := a.login(t.Context(), "anna@a.example", "--client-id", "program-1", "--client-secret-file", secretFile(t), "--keyring", "mail"); code != 0 {
		t.Fatalf("exit code %d\n%s", code, &a.told)
	}
	if !strings.Contains(a.out.String(), "! It does not grant mail") {
		t.Errorf("it does not say so:\n%s", &a.out)
	}
}

func TestCtrlCEndsASignInAtOnce(t *testing.T) {
	t.Parallel()
	for name, arguments := range map[string][]string{"browser": {"--browser"}, "device": {"--device"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAnna(t, "")
			a.visit = false
			ctx, cancel := context.WithCancel(t.Context())
			a.browser = func(string) error { cancel(); return nil }
			a.streams.err = waitFor{a, "Waiting", cancel}
			dir := t.TempDir()
			arguments = append(arguments, "--client-id", "program-1", "--client-secret-file", secretFile(t), "--token-file", filepath.Join(dir, "token"))
			if code := a.login(ctx, "anna@a.example", arguments...); code != exitInterrupted || a.out.Len() > 0 {
				t.Errorf("exit code %d, %q\n%s", code, &a.out, &a.told)
			}
			if left, _ := os.ReadDir(dir); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func TestNothingIsAskedBeforeItIsKnownWhereTheTokenGoes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	there, link, open := filepath.Join(dir, "there"), filepath.Join(dir, "link"), filepath.Join(dir, "open")
	if err := os.WriteFile(there, []byte("a password"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(open, []byte(clientSecret), 0o644); err != nil { //nolint:gosec // that others can read it is the point
		t.Fatal(err)
	}
	if err := os.Symlink(there, link); err != nil {
		t.Skip(err)
	}
	for name, c := range map[string]struct {
		arguments []string
		says      string
	}{
		"nowhere":                        {nil, "where shall the token go?"},
		"a terminal":                     {[]string{"--print"}, "standard output is a terminal"},
		"print and JSON":                 {[]string{"--print", "-f", "json"}, "--print prints the token alone"},
		"a file that is there":           {[]string{"--token-file", there}, "--replace"},
		"a link":                         {[]string{"--token-file", link, "--replace"}, "is a link"},
		"standard output by its sign":    {[]string{"--token-file", "-"}, "- is no file"},
		"a folder":                       {[]string{"--token-file", dir, "--replace"}, "no regular file"},
		"a folder that is not there":     {[]string{"--token-file", filepath.Join(dir, "no", "token")}, "cannot be written: no such file or directory"},
		"a keyring that has something":   {[]string{"--keyring", "taken"}, "--replace"},
		"a keyring that is not there":    {[]string{"--keyring", "broken"}, errNoKeyring.Error()},
		"a format that is not there":     {[]string{"--keyring", "mail", "-f", "xml"}, "not one of text, json"},
		"an issuer that is not https":    {[]string{"--keyring", "mail", "--issuer", "http://auth.a.example"}, "is not https"},
		"a redirect to somewhere else":   {[]string{"--keyring", "mail", "--client-id", "x", "--redirect", "http://example.com/"}, "is not this computer"},
		"a client secret others can see": {[]string{"--keyring", "mail", "--client-id", "x", "--client-secret-file", open}, "can read"},
		"no client id":                   {[]string{"--keyring", "mail"}, "Whoever runs auth.a.example registers one"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAnna(t, "")
			a.outWidth = 80
			a.ring["taken anna@a.example"] = "a password"
			known := a.keyring
			a.keyring = func(service, user string) (string, error) {
				if service == "broken" {
					return "", errNoKeyring
				}
				return known(service, user)
			}
			if code := a.login(t.Context(), "anna@a.example", c.arguments...); code != exitUsage || !strings.Contains(a.told.String(), c.says) || a.out.Len() > 0 {
				t.Errorf("exit code %d, want %q\n%s%s", code, c.says, &a.out, &a.told)
			}
			for _, request := range a.world.Journal().Requests {
				if strings.Contains(request, "/authorize") || strings.Contains(request, "/device") || strings.Contains(request, "/token") {
					t.Errorf("asked: %s", request)
				}
			}
			if kept, _ := os.ReadFile(there); string(kept) != "a password" {
				t.Errorf("the file has %q", kept)
			}
		})
	}
}

func TestReplaceRenewsAToken(t *testing.T) {
	t.Parallel()
	a := newAnna(t, "")
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("yesterday"), 0o644); err != nil { //nolint:gosec // that others could read it is the point
		t.Fatal(err)
	}
	code := a.login(t.Context(), "anna@a.example", "--client-id", "program-1", "--client-secret-file", secretFile(t), "--token-file", file, "--replace")
	kept, _ := os.ReadFile(file)
	info, _ := os.Stat(file)
	if code != 0 || string(kept) != canaryToken+"\n" || onUnix && info.Mode().Perm() != 0o600 {
		t.Errorf("exit code %d, %q, %v\n%s", code, kept, info.Mode(), &a.told)
	}
	a.ring["mail anna@a.example"] = "yesterday"
	if code = a.login(t.Context(), "anna@a.example", "--client-id", "program-1", "--client-secret-file", secretFile(t), "--keyring", "mail", "--replace"); code != 0 || a.ring["mail anna@a.example"] != canaryToken {
		t.Errorf("exit code %d, %q", code, a.ring)
	}
}

func TestAFileThatAppearedMeanwhileIsNotReplaced(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "token")
	f, err := newTokenFile(name, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte("somebody's"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := f.put(mail.NewSecret([]byte("new"))); err == nil {
		t.Error("no error")
	}
	if kept, _ := os.ReadFile(name); string(kept) != "somebody's" {
		t.Errorf("the file has %q", kept)
	}
}

func TestTheDemoShowsASignInAndKeepsNothing(t *testing.T) {
	t.Parallel()
	for scenario, want := range map[string]int{"web-sign-in": 0, "good": exitUsage} {
		s, errs, _ := person(t, "", nil)
		var out bytes.Buffer
		s.out = &out
		s.keep = func(string, string, string) error { t.Error("the keyring of the system was used"); return nil }
		code := Main(t.Context(), []string{"demo", scenario, "--command", "login"}, s)
		if code != want || strings.Contains(out.String(), "gave a token for wilma@web-sign-in.example") != (want == 0) {
			t.Errorf("%s: exit code %d\n%s%s", scenario, code, &out, errs)
		}
		if leaked := leak("eyJ0.eXAiOiJhdCtqd3Qi.nine-green-hats", nil, out.String()+errs.String()); leaked != "" {
			t.Errorf("it shows %q", leaked)
		}
	}
}
