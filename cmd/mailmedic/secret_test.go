package main

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/zalando/go-keyring"

	"github.com/mailmedic/mailmedic/mail"
)

func TestWhereATokenComesFrom(t *testing.T) {
	t.Parallel()
	target := mail.Target{Address: "anna@a.example", Domain: "a.example"}
	for name, c := range map[string]struct {
		flags    signInFlags
		env      map[string]string
		want     string
		password bool
	}{
		"standard input":                     {signInFlags{token: secretFlags{stdin: true}}, nil, "from stdin", false},
		"a command":                          {signInFlags{token: secretFlags{command: "echo ya29.x"}}, nil, "ya29.x", false},
		"the terminal":                       {signInFlags{token: secretFlags{ask: true}}, nil, "typed", false},
		"the environment":                    {signInFlags{}, map[string]string{"MAILMEDIC_TOKEN": "from env"}, "from env", false},
		"the keyring":                        {signInFlags{token: secretFlags{keyring: "mail"}}, nil, "mail of anna@a.example", false},
		"the keyring, for a user":            {signInFlags{user: "anna", token: secretFlags{keyring: "mail"}}, nil, "mail of anna", false},
		"a token before a password from env": {signInFlags{token: secretFlags{ask: true}}, map[string]string{"MAILMEDIC_PASSWORD": "x"}, "typed", false},
		"a password before a token from env": {signInFlags{password: secretFlags{ask: true}}, map[string]string{"MAILMEDIC_TOKEN": "x"}, "typed", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _, prompts := person(t, "typed", nil)
			s.in = strings.NewReader("from stdin\n")
			s.env = func(key string) string { return c.env[key] }
			s.keyring = func(service, user string) (string, error) { return service + " of " + user, nil }
			in, err := c.flags.signIn(t.Context(), s, target)
			if err != nil {
				t.Fatal(err)
			}
			if in.Secret.Reveal() != c.want || in.Token == c.password {
				t.Errorf("got %q, token %v, want %q", in.Secret.Reveal(), in.Token, c.want)
			}
			if len(*prompts) > 0 && strings.HasPrefix((*prompts)[0], "Token") == c.password {
				t.Errorf("it asks %q", *prompts)
			}
		})
	}
}

func TestAKeyringThatDoesNotGiveTheSecret(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	release := make(chan struct{})
	defer close(release)
	for name, c := range map[string]struct {
		ask  func(string, string) (string, error)
		want string
		code int
	}{
		"it has none":      {func(string, string) (string, error) { return "", keyring.ErrNotFound }, "has nothing for anna@a.example under mail", exitUsage},
		"there is none":    {func(string, string) (string, error) { return "", errNoKeyring }, "no keyring to ask", exitUsage},
		"it fails":         {func(string, string) (string, error) { return "", errors.New("locked") }, "--password-keyring: locked", exitUsage},
		"it has an empty":  {func(string, string) (string, error) { return "", nil }, "the password is empty", exitUsage},
		"it never answers": {func(string, string) (string, error) { cancel(); <-release; return "", nil }, "", exitInterrupted},
	} {
		s, _, _ := person(t, "", nil)
		s.keyring = c.ask
		f := signInFlags{password: secretFlags{keyring: "mail"}}
		run := t.Context()
		if c.code == exitInterrupted {
			run = ctx
		}
		_, err := f.signIn(run, s, mail.Target{Address: "anna@a.example", Domain: "a.example"})
		if code, _ := exitCode(err); code != c.code || c.want != "" && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: exit code %d: %v", name, code, err)
		}
	}
}

func TestASessionBusIsLookedForWhereItStands(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		env  map[string]string
		want bool
	}{
		"named":                  {map[string]string{"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"}, true},
		"nothing is set":         {nil, false},
		"a directory without it": {map[string]string{"XDG_RUNTIME_DIR": t.TempDir()}, false},
	} {
		if got := hasBus(func(key string) string { return c.env[key] }); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
