package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/mailmedic/mailmedic/check"
	"github.com/mailmedic/mailmedic/lab"
	"github.com/mailmedic/mailmedic/mail"
)

// askedWorld has servers for both roles that offer mechanisms.
func askedWorld(t *testing.T, mechanisms string) *lab.Running {
	t.Helper()
	w, err := lab.Parse("asked", []byte(`Servers that offer something
-- zone --
$ORIGIN asked.example.
@ MX 10 imap
imap A 192.0.2.10
smtp A 192.0.2.12
_imaps._tcp SRV 0 1 993 imap
_submissions._tcp SRV 0 1 465 smtp
-- servers.toml --
[[account]]
user = "anna@asked.example"
password = "hunter2hunter2"
[[server]]
endpoints = ["imaps://imap.asked.example:993", "imap+starttls://imap.asked.example:143"]
mechanisms = [`+mechanisms+`]
[[server]]
endpoints = ["smtps://smtp.asked.example:465"]
mechanisms = [`+mechanisms+`]
[[server]]
endpoints = ["smtp+starttls://imap.asked.example:25"]
`))
	if err != nil {
		t.Fatal(err)
	}
	r, err := w.Start(t.Context(), lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// TestWhatNobodyCanUseIsSaidBeforeAnybodyIsAsked runs the commands themselves.
func TestWhatNobodyCanUseIsSaidBeforeAnybodyIsAsked(t *testing.T) {
	t.Parallel()
	whole := []string{"check", "anna@asked.example"}
	named := []string{"probe", "imap.asked.example", "--user", "anna@asked.example"}
	for name, c := range map[string]struct {
		mechanisms string
		args       []string
		asked      bool
		says       string
	}{
		"check, a password is taken":       {`"PLAIN"`, append(whole, "--ask-password"), true, ""},
		"check, typed into standard input": {`"PLAIN"`, append(whole, "--password-stdin"), true, ""},
		"check, only tokens are":           {`"XOAUTH2", "OAUTHBEARER"`, append(whole, "--ask-password"), false, "only oauthbearer, xoauth2"},
		"check, standard input, tokens":    {`"XOAUTH2"`, append(whole, "--password-stdin"), false, "only xoauth2"},
		"check, only computers are":        {`"GSSAPI", "NTLM"`, append(whole, "--ask-password"), false, "only gssapi, ntlm"},
		"check, only certificates are":     {`"EXTERNAL"`, append(whole, "--ask-password"), false, "only external"},
		"check, a token and passwords":     {`"PLAIN"`, append(whole, "--ask-token"), false, "only login, plain"},
		"check, a token is taken":          {`"XOAUTH2"`, append(whole, "--ask-token"), true, ""},
		"probe, a password is taken":       {`"PLAIN"`, append(named, "--ask-password"), true, ""},
		"probe, only tokens are":           {`"XOAUTH2"`, append(named, "--ask-password"), false, "only xoauth2"},
		"probe --all, only computers are":  {`"GSSAPI"`, append(named, "--all", "--ask-password"), false, "only gssapi"},
		"probe, only certificates are":     {`"EXTERNAL"`, append(named, "--ask-password"), false, "only external"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := askedWorld(t, c.mechanisms)
			var out, errs bytes.Buffer
			asked := 0
			s := &streams{
				in: strings.NewReader(""), out: &out, err: &errs, env: func(string) string { return "" }, reach: r.Network(), inIsTTY: true,
				readSecret: func(context.Context, string) ([]byte, error) {
					asked++
					return []byte("hunter2hunter2"), nil
				},
			}
			Main(t.Context(), c.args, s)
			if (asked == 1) != c.asked || asked > 1 || !strings.Contains(errs.String(), c.says) || (c.says != "") != strings.Contains(errs.String(), "you are not asked") {
				t.Errorf("asked %d times, told %q", asked, &errs)
			}
			if told := strings.Contains(errs.String(), "mailmedic login"); told != (!c.asked && strings.Contains(c.mechanisms, "XOAUTH2")) {
				t.Errorf("told %q", &errs)
			}
			if logins := r.Journal().Logins; (len(logins) > 0) != c.asked {
				t.Errorf("sign-ins %+v\n%s", logins, &out)
			}
		})
	}
}

// The look is a part of the run's time and not another run.
func TestALookTakesItsTimeFromTheRun(t *testing.T) {
	t.Parallel()
	n := networkFlags{timeout: 4 * time.Second}
	var o offers
	s := &streams{err: &bytes.Buffer{}, env: func(string) string { return "" }}
	if err := o.gather(t.Context(), s, &n, func(_ context.Context, o check.Options, _ func(mail.Event)) {
		if o.Timeout != 2*time.Second {
			t.Errorf("the look may take %s", o.Timeout)
		}
	}); err != nil {
		t.Fatal(err)
	}
	if n.timeout >= 4*time.Second {
		t.Errorf("%s are left for the run", n.timeout)
	}
}
