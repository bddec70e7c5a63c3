package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mailmedic/mailmedic/check"
	"github.com/mailmedic/mailmedic/mail"
)

// person gives streams at which somebody answers prompts.
func person(t *testing.T, answer string, failure error) (*streams, *bytes.Buffer, *[]string) {
	t.Helper()
	var errs bytes.Buffer
	prompts := &[]string{}
	reply := func(prompt string) (string, error) {
		*prompts = append(*prompts, prompt)
		return answer, failure
	}
	return &streams{
		in: strings.NewReader(""), out: &bytes.Buffer{}, err: &errs, env: func(string) string { return "" },
		errIsTTY: true, canPrompt: true,
		readSecret: func(_ context.Context, prompt string) ([]byte, error) {
			text, err := reply(prompt)
			return []byte(text), err
		},
		readLine: func(_ context.Context, prompt string) (string, error) { return reply(prompt) },
	}, &errs, prompts
}

func TestThePasswordIsAskedForByName(t *testing.T) {
	t.Parallel()
	target, err := mail.ParseTarget("ü@bücher.example")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ user, prompt string }{
		"the address": {"", "Password for ü@bücher.example: "},
		"the user":    {"anna", "Password for anna: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _, prompts := person(t, "hunter2", nil)
			f := signInFlags{password: secretFlags{ask: true}, user: c.user}
			in, err := f.signIn(t.Context(), s, target)
			if err != nil {
				t.Fatal(err)
			}
			if in.Secret.Reveal() != "hunter2" || len(*prompts) != 1 || (*prompts)[0] != c.prompt {
				t.Errorf("prompts %q", *prompts)
			}
		})
	}
}

func TestAPromptThatFailsSaysWhatToDo(t *testing.T) {
	t.Parallel()
	target := mail.Target{Address: "anna@a.example", Domain: "a.example"}
	for name, c := range map[string]struct {
		failure error
		code    int
	}{
		"no terminal":     {errNoTerminal, exitUsage},
		"Ctrl-C":          {context.Canceled, exitInterrupted},
		"an input failed": {errors.New("input/output error"), exitUsage},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _, _ := person(t, "", c.failure)
			f := signInFlags{password: secretFlags{ask: true}}
			_, err := f.signIn(t.Context(), s, target)
			if code, _ := exitCode(err); code != c.code {
				t.Errorf("exit code %d for %v, want %d", code, err, c.code)
			}
		})
	}
}

func TestConsentIsAYesAndNothingElse(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]bool{"y": true, "YES": true, "n": false, "": false, "yep": false} {
		s, _, prompts := person(t, answer, nil)
		got := consentOn(s, "password")(t.Context(), "imap.hoster.example", []mail.Source{mail.SourceAutoconfig, mail.SourceSRV})
		if got != want {
			t.Errorf("%q is taken as %v", answer, got)
		}
		if len(*prompts) != 1 || !strings.Contains((*prompts)[0], "imap.hoster.example") || !strings.Contains((*prompts)[0], "autoconfig, srv") {
			t.Errorf("it asks %q", *prompts)
		}
	}
}

func TestWhereAPasswordComesFrom(t *testing.T) {
	t.Parallel()
	target := mail.Target{Address: "anna@a.example", Domain: "a.example"}
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("from a file \r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		flags     signInFlags
		stdin, in string
		want      string
	}{
		"a file, one line end less":      {signInFlags{password: secretFlags{file: file}}, "", "", "from a file "},
		"standard input":                 {signInFlags{password: secretFlags{stdin: true}}, "from stdin\n\n", "", "from stdin\n"},
		"a command, its first line":      {signInFlags{password: secretFlags{command: `printf 'one two\nthree\n'`}}, "", "", "one two"},
		"the environment":                {signInFlags{}, "", "from env", "from env"},
		"a flag before the environment":  {signInFlags{password: secretFlags{file: file}}, "", "from env", "from a file "},
		"a command with quoted argument": {signInFlags{password: secretFlags{command: `echo "a  b" 'c'`}}, "", "", "a  b c"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _, _ := person(t, "", nil)
			s.in = strings.NewReader(c.stdin)
			s.env = func(key string) string {
				if key == "MAILMEDIC_PASSWORD" {
					return c.in
				}
				return ""
			}
			in, err := c.flags.signIn(t.Context(), s, target)
			if err != nil {
				t.Fatal(err)
			}
			if got := in.Secret.Reveal(); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	s, _, _ := person(t, "", nil)
	if in, err := new(signInFlags).signIn(t.Context(), s, target); in != nil || err != nil {
		t.Errorf("nothing given, and still %v, %v", in, err)
	}
}

func TestSplitWordsRefusesWhatIsNotWhole(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"", "   ", `pass "mail`, `it's`} {
		if words, err := splitWords(line); err == nil {
			t.Errorf("%q became %q", line, words)
		}
	}
}

func TestProgressIsDrawnOnATerminalAndWipedAtTheEnd(t *testing.T) {
	t.Parallel()
	s, errs, _ := person(t, "", nil)
	p := newProgress(s, &outputFlags{})
	for _, e := range []mail.Event{
		{Header: &mail.Header{}},
		{Observation: &mail.Observation{Kind: mail.KindDNS}},
		{Observation: &mail.Observation{Kind: mail.KindSession}},
		{Progress: &mail.Progress{Message: "surveying"}},
		{Finding: &mail.Finding{}},
		{Verdict: &mail.Closing{}},
	} {
		p.event(e)
	}
	if text := errs.String(); !strings.Contains(text, "servers: 1") || !strings.Contains(text, "surveying …") || !strings.HasSuffix(text, "\r\x1b[K") {
		t.Errorf("%q", text)
	}
	errs.Reset()
	for _, quiet := range []*progress{newProgress(s, &outputFlags{quiet: true}), newProgress(&streams{err: errs}, &outputFlags{})} {
		quiet.event(mail.Event{Observation: &mail.Observation{Kind: mail.KindDNS}})
	}
	if errs.Len() > 0 {
		t.Errorf("it draws %q where nobody looks", errs)
	}
}

func TestColourIsDecidedByFlagThenEnvironmentThenTerminal(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		flag  string
		env   map[string]string
		width int
		want  bool
	}{
		"a pipe":                   {"auto", nil, 0, false},
		"a terminal":               {"auto", nil, 80, true},
		"a dumb terminal":          {"auto", map[string]string{"TERM": "dumb"}, 80, false},
		"NO_COLOR":                 {"auto", map[string]string{"NO_COLOR": "1", "CLICOLOR_FORCE": "1"}, 80, false},
		"CLICOLOR_FORCE on a pipe": {"auto", map[string]string{"CLICOLOR_FORCE": "1"}, 0, true},
		"always beats NO_COLOR":    {"always", map[string]string{"NO_COLOR": "1"}, 0, true},
		"never beats the terminal": {"never", nil, 80, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &streams{env: func(key string) string { return c.env[key] }, outWidth: c.width}
			f := outputFlags{color: c.flag}
			if got, err := f.colored(s); err != nil || got != c.want {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}

// signIn reads the secret from the place that the flags name, before any server was asked.
func (f *signInFlags) signIn(ctx context.Context, s *streams, target mail.Target) (*check.SignIn, error) {
	from, err := f.source(s)
	if err != nil {
		return nil, err
	}
	return f.signInWith(ctx, s, target, from)
}
