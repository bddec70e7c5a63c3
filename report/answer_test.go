package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/mailmedic/mailmedic/mail"
)

func TestFoundNotFoundTroubleAndNotAskedAreDifferentThings(t *testing.T) {
	t.Parallel()
	failed := func(o mail.Observation, class mail.Class) mail.Observation {
		o.Failure = &mail.Failure{Class: class}
		return o
	}
	records := func(records ...string) mail.Observation {
		return mail.Observation{ID: "srv:_imaps._tcp.a.example", DNSFacts: &mail.DNSFacts{Type: "SRV", Records: records}}
	}
	page := func(status int, media string) mail.Observation {
		return mail.Observation{ID: "https://a.example/", HTTPFacts: &mail.HTTPFacts{Status: status, MediaType: media}}
	}
	led := page(302, "")
	led.Redirects = []string{"http://b.example/"}
	noted := page(200, "text/xml")
	noted.Notes = []string{"a server without a name"}
	claimed := records("0 1 993 imap.a.example.")
	claimed.ID = "srv:claimed"
	for name, c := range map[string]struct {
		o    mail.Observation
		want answer
	}{
		"something was taken from it":        {claimed, found},
		"the name does not exist":            {failed(records(), mail.DNSNXDomain), nothing},
		"the name has no such record":        {failed(records(), mail.DNSNoData), nothing},
		"an answer without records":          {records(), nothing},
		"a target that is the root":          {records("0 0 0 ."), absent},
		"a null MX":                          {records("0 ."), absent},
		"one target of two is the root":      {records("0 0 0 .", "1 0 993 imap.a.example."), nothing},
		"SERVFAIL":                           {failed(records(), mail.DNSServFail), trouble},
		"no resolver answers":                {failed(records(), mail.DNSTimeout), trouble},
		"no such host":                       {failed(page(0, ""), mail.DNSNXDomain), nothing},
		"nothing listens":                    {failed(page(0, ""), mail.Refused), trouble},
		"a black hole":                       {failed(page(0, ""), mail.Timeout), trouble},
		"a certificate for another name":     {failed(page(0, ""), mail.CertName), trouble},
		"404":                                {failed(page(404, "text/html"), mail.HTTPStatus), nothing},
		"403":                                {failed(page(403, "text/html"), mail.HTTPStatus), nothing},
		"302, and the next is asked":         {page(302, ""), nothing},
		"401, it wants a sign-in":            {failed(page(401, "text/html"), mail.HTTPStatus), unusable},
		"429":                                {failed(page(429, "text/html"), mail.HTTPStatus), trouble},
		"500":                                {failed(page(500, "text/html"), mail.HTTPStatus), trouble},
		"a web page in place of a document":  {failed(page(200, "text/html; charset=utf-8"), mail.HTTPBody), nothing},
		"a web page in XHTML":                {failed(page(200, "application/xhtml+xml"), mail.HTTPBody), nothing},
		"a document that cannot be read":     {failed(page(200, "text/xml"), mail.HTTPBody), unusable},
		"a JSON document that cannot be":     {failed(page(200, "application/json"), mail.HTTPBody), unusable},
		"a media type that is none":          {failed(page(200, "%%%"), mail.HTTPBody), nothing},
		"a document that names no server":    {page(200, "text/xml"), unusable},
		"a document all of which was passed": {noted, unusable},
		"302, and it leads nowhere":          {failed(page(302, ""), mail.HTTPStatus), unusable},
		"302, and it is not followed":        {failed(led, mail.PolicyRefused), unusable},
		"it is not allowed":                  {failed(page(0, ""), mail.PolicyRefused), notAsked},
		"the time was over":                  {failed(page(0, ""), mail.Deadline), notAsked},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newView(mail.Report{}, Options{})
			v.claim([]string{"srv:claimed"})
			if got := v.answer(c.o); got != c.want {
				t.Errorf("got %q, want %q", got.words(), c.want.words())
			}
		})
	}
}

func TestAPasswordIsHintedAtOnlyWhereOneCanBeGivenAndTaken(t *testing.T) {
	t.Parallel()
	events := func(auth string) []mail.Event {
		e := mail.Endpoint{Protocol: mail.IMAP, Security: mail.TLS, Host: "imap.a.example", Port: 993}
		return []mail.Event{
			{Header: &mail.Header{Target: mail.Target{Address: "anna@a.example", Domain: "a.example"}}},
			{Setting: &mail.Setting{Endpoint: e, Role: mail.Incoming, Auth: []string{auth}, Proof: mail.Handshake, Preferred: true}},
			{Verdict: &mail.Closing{Verdict: mail.Verdict{Receive: mail.Ready, Send: mail.NoneSet, Summary: "It answers."}}},
		}
	}
	for _, c := range []struct {
		command, auth string
		want          bool
	}{
		{"check", "plain", true},
		{"check", "scram-sha-256", true},
		{"check", "xoauth2", false},
		{"check", "gssapi", false},
		{"demo", "plain", false},
		{"discover", "plain", false},
		{"report", "plain", false},
	} {
		text := printed(t, "text", Options{Command: c.command}, events(c.auth))
		if got := bytes.Contains(text, []byte("--ask-password")); got != c.want {
			t.Errorf("%s of a server with %s: hint %v, want %v", c.command, c.auth, got, c.want)
		}
	}
}

func TestASettingThatAFindingBreaksIsNotShownAsWorking(t *testing.T) {
	t.Parallel()
	e := mail.Endpoint{Protocol: mail.SMTP, Security: mail.TLS, Host: "smtp.a.example", Port: 465}
	setting := mail.Setting{Endpoint: e, Role: mail.Outgoing, Proof: mail.Handshake, Preferred: true}
	for _, c := range []struct {
		severity mail.Severity
		affects  string
		want     string
	}{
		{mail.Critical, e.String(), "sign-in not tested, see below"},
		{mail.Critical, "imaps://imap.a.example:993", "secure connection works, sign-in not tested"},
		{mail.Warning, e.String(), "secure connection works, sign-in not tested"},
	} {
		text := string(printed(t, "text", Options{Width: 200}, []mail.Event{
			{Setting: &setting},
			{Finding: &mail.Finding{ID: "auth.locked", Severity: c.severity, Title: "The account is locked", Subject: "anna@a.example", Affects: []string{c.affects}}},
			{Verdict: &mail.Closing{}},
		}))
		if !strings.Contains(text, " "+c.want+"\n") {
			t.Errorf("%s about %s: no %q in\n%s", c.severity, c.affects, c.want, text)
		}
	}
}
