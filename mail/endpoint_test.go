package mail

import (
	"errors"
	"strings"
	"testing"
)

func TestEndpointTextIsTheSameInAndOut(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"imaps://imap.example.org:993", "imap+starttls://imap.example.org:143", "imap://imap.example.org:143",
		"pop3s://pop.example.org:995", "pop3+starttls://pop.example.org:110", "pop3://pop.example.org:110",
		"smtps://smtp.example.org:465", "smtp+starttls://smtp.example.org:587", "smtp://smtp.example.org:25",
		"imaps://192.0.2.1:993", "imaps://[2001:db8::1]:993", "imaps://imap.example.org:10993",
	} {
		e, err := ParseEndpoint(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if e.String() != text {
			t.Errorf("%s came out as %s", text, e)
		}
	}
}

func TestParseEndpointFillsInWhatIsStandard(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"imaps://imap.example.org":         "imaps://imap.example.org:993",
		"IMAPS://IMAP.Example.ORG.":        "imaps://imap.example.org:993",
		"imap://imap.example.org":          "imap://imap.example.org:143",
		"smtp+starttls://smtp.example.org": "smtp+starttls://smtp.example.org:587",
		"imap.example.org:993":             "imaps://imap.example.org:993",
		"smtp.example.org:587":             "smtp+starttls://smtp.example.org:587",
		"mx.example.org:25":                "smtp+starttls://mx.example.org:25",
		"[2001:db8::1]:110":                "pop3+starttls://[2001:db8::1]:110",
		"192.0.2.1:465":                    "smtps://192.0.2.1:465",
		"imaps://2001:db8::1":              "imaps://[2001:db8::1]:993",
		"imaps://bücher.example:993":       "imaps://xn--bcher-kva.example:993",
	} {
		e, err := ParseEndpoint(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if e.String() != want {
			t.Errorf("%s became %s, want %s", text, e, want)
		}
	}
}

func TestParseEndpointRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "imaps://", "ftp://a.example", "a.example:8080", "a.example", "a.example:0", "a.example:65536", "a.example:", "a.example:x", "imaps://[::1", "imaps://a b:993"} {
		if e, err := ParseEndpoint(text); !errors.Is(err, ErrEndpoint) {
			t.Errorf("%q gave %v, %v", text, e, err)
		}
	}
}

func TestParsePinLeavesOpenWhatIsNotSaid(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Endpoint{
		"mail.example.org":              {IMAP, "", "mail.example.org", 0},
		"mail.example.org:143":          {IMAP, StartTLS, "mail.example.org", 143},
		"mail.example.org:1993":         {IMAP, "", "mail.example.org", 1993},
		"imaps://mail.example.org:1993": {IMAP, TLS, "mail.example.org", 1993},
		"192.0.2.1":                     {IMAP, "", "192.0.2.1", 0},
	} {
		if got, err := ParsePin(IMAP, text); err != nil || got != want {
			t.Errorf("%s gave %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "mail.example.org:995", "smtps://mail.example.org", "mail.example.org:x"} {
		if got, err := ParsePin(IMAP, text); !errors.Is(err, ErrEndpoint) {
			t.Errorf("%q gave %+v, %v", text, got, err)
		}
	}
}

func TestParseServerTakesAHostAlone(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Endpoint{
		"imap.example.org":             {Host: "imap.example.org"},
		"IMAP.Example.org.":            {Host: "imap.example.org"},
		"post.bücher.example":          {Host: "post.xn--bcher-kva.example"},
		"192.0.2.1":                    {Host: "192.0.2.1"},
		"2001:db8::1":                  {Host: "2001:db8::1"},
		"[2001:db8::1]":                {Host: "2001:db8::1"},
		"[2001:db8::1]:993":            {Protocol: IMAP, Security: TLS, Host: "2001:db8::1", Port: 993},
		"imap.example.org:143":         {Protocol: IMAP, Security: StartTLS, Host: "imap.example.org", Port: 143},
		"pop3s://pop.example.org":      {Protocol: POP3, Security: TLS, Host: "pop.example.org", Port: 995},
		"smtp+starttls://mx.test:2525": {Protocol: SMTP, Security: StartTLS, Host: "mx.test", Port: 2525},
	} {
		if got, err := ParseServer(text); err != nil || got != want {
			t.Errorf("%q is %+v, %v; want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "a..b", "imap.example.org:", "imap.example.org:4711", "imap:///", "anna@example.org", "imaps://"} {
		if got, err := ParseServer(text); !errors.Is(err, ErrEndpoint) {
			t.Errorf("%q is %+v, %v", text, got, err)
		}
	}
}

// Who writes a password where a URL has one does not see it again.
func TestNoErrorRepeatsAPassword(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"imaps://anna:hemlock@mail.example", "imaps://anna:hem@lock@mail.example:993", "smtp://:hemlock@mail.example", "anna:hemlock@mail.example:993"} {
		parsers := map[string]func() error{
			"ParseEndpoint": func() error { _, err := ParseEndpoint(text); return err },
			"ParsePin":      func() error { _, err := ParsePin(IMAP, text); return err },
			"ParseServer":   func() error { _, err := ParseServer(text); return err },
		}
		if strings.Contains(text, "://") {
			parsers["ParseTarget"] = func() error { _, err := ParseTarget(text); return err }
		}
		for name, parse := range parsers {
			if err := parse(); err == nil || strings.Contains(err.Error(), "lock") {
				t.Errorf("%s: %q: %v", name, text, err)
			}
		}
	}
}
