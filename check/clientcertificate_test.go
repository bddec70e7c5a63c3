package check_test

import (
	"context"
	"slices"
	"testing"

	"github.com/mailmedic/mailmedic/check"
	"github.com/mailmedic/mailmedic/lab"
	"github.com/mailmedic/mailmedic/mail"
)

// TestACertificateWaitsForConsent has a server in another organisation that only
// plain DNS names. The certificate tells who anna is, so it is shown once she agreed.
func TestACertificateWaitsForConsent(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		demand, versions string
		agrees           bool
		want             mail.State
		answer           mail.CertificateAnswer
	}{
		"it is asked for, and she agrees":         {"optional", `["1.3"]`, true, mail.Works, mail.CertificateShown},
		"it is demanded, and she agrees":          {"required", `["1.3"]`, true, mail.Works, mail.CertificateShown},
		"it is demanded in TLS 1.2, and she does": {"required", `["1.2"]`, true, mail.Works, mail.CertificateShown},
		"it is asked for, and she refuses":        {"optional", `["1.3"]`, false, mail.Ready, ""},
		"it is demanded, and she refuses":         {"required", `["1.3"]`, false, mail.Broken, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, err := lab.Parse("abroad", []byte(`A server abroad
-- zone --
$ORIGIN home.example.
@ MX 10 mx
mx A 192.0.2.25
_imaps._tcp SRV 0 1 993 imap.abroad.example.
$ORIGIN abroad.example.
imap A 192.0.2.10
-- servers.toml --
[demo]
address = "anna@home.example"
client_certificate = { kind = "good" }
[[account]]
user = "anna@home.example"
[[server]]
endpoints = ["imaps://imap.abroad.example:993"]
mechanisms = ["EXTERNAL"]
client_certificate = "`+test.demand+`"
tls_versions = `+test.versions+`
[[server]]
endpoints = ["smtp+starttls://mx.home.example:25"]
`))
			if err != nil {
				t.Fatal(err)
			}
			asked := 0
			r := playAs(t, w, lab.Options{}, func(o *check.Options, running *lab.Running) {
				certificate, err := running.ClientCertificate()
				if err != nil {
					t.Fatal(err)
				}
				o.SignIn = &check.SignIn{ClientCertificate: certificate, Consent: func(_ context.Context, host string, _ []mail.Source) bool {
					if asked++; host != "imap.abroad.example" {
						t.Errorf("asked about %s", host)
					}
					return test.agrees
				}}
			})
			var answer mail.CertificateAnswer
			for _, e := range r.events {
				if o := e.Observation; o != nil && o.TLSFacts != nil && o.Subject == "imaps://imap.abroad.example:993" {
					answer = o.ClientCertificateAnswer
				}
			}
			if r.closing.Receive != test.want || answer != test.answer || asked != 1 {
				t.Errorf("receive %s, the certificate is %q, asked %d times; findings %q", r.closing.Receive, answer, asked, r.findings())
			}
			if seen := slices.ContainsFunc(r.journal.Logins, func(l lab.Login) bool { return l.Mechanism == "external" && l.Accepted }); seen != test.agrees {
				t.Errorf("sign-ins %+v", r.journal.Logins)
			}
		})
	}
}

// TestACertificateThatIsRefusedIsNotTriedEverywhere has a certificate that is
// for somebody else than the password: each refusal counts against the account.
func TestACertificateThatIsRefusedIsNotTriedEverywhere(t *testing.T) {
	t.Parallel()
	server := "mechanisms = [\"EXTERNAL\", \"PLAIN\"]\nclient_certificate = \"optional\"\n"
	w, err := lab.Parse("both", []byte(`A certificate and a password
-- zone --
$ORIGIN both.example.
@ MX 10 mx
mx A 192.0.2.25
imap A 192.0.2.10
pop A 192.0.2.11
smtp A 192.0.2.12
_imaps._tcp SRV 0 1 993 imap
_pop3s._tcp SRV 0 1 995 pop
_submissions._tcp SRV 0 1 465 smtp
-- servers.toml --
[demo]
address = "anna@both.example"
password = "shared by many"
client_certificate = { kind = "good" }
[[account]]
user = "desk"
password = "shared by many"
[[account]]
user = "anna@both.example"
[[server]]
endpoints = ["imaps://imap.both.example:993"]
`+server+`[[server]]
endpoints = ["pop3s://pop.both.example:995"]
`+server+`[[server]]
endpoints = ["smtps://smtp.both.example:465"]
`+server+`[[server]]
endpoints = ["smtp+starttls://mx.both.example:25"]
`))
	if err != nil {
		t.Fatal(err)
	}
	r := playAs(t, w, lab.Options{}, func(o *check.Options, running *lab.Running) {
		o.SignIn.Username = "desk"
		if o.SignIn.ClientCertificate, err = running.ClientCertificate(); err != nil {
			t.Fatal(err)
		}
	})
	if r.closing.Receive != mail.Works || r.closing.Send != mail.Works || r.rejected() != 1 {
		t.Errorf("receive %s, send %s; sign-ins %+v", r.closing.Receive, r.closing.Send, r.journal.Logins)
	}
}
