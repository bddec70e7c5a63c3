package probe

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

func TestSignInByCertificate(t *testing.T) {
	t.Parallel()
	byCertificate, withBoth := Credentials{Username: anna}, withPassword()
	asMe, asOther := byCertificate, byCertificate
	asMe.ActAs, asOther.ActAs = anna, "otto@example.org"
	otherAsked := withBoth
	otherAsked.ActAs = "otto@example.org"
	for _, test := range []struct {
		name, server string
		with         Credentials
		outcome      Outcome
		tried        []string // mechanism and class
		answer       mail.CertificateAnswer
	}{
		{"case 71: EXTERNAL", "client_certificate = \"optional\"\nmechanisms = [\"EXTERNAL\"]", byCertificate, Accepted, []string{"external "}, mail.CertificateShown},
		{"EXTERNAL over TLS 1.2", "tls_versions = [\"1.2\"]\nclient_certificate = \"required\"\nmechanisms = [\"EXTERNAL\"]", byCertificate, Accepted, []string{"external "}, mail.CertificateShown},
		{"EXTERNAL is stronger than any password", "client_certificate = \"optional\"\nmechanisms = [\"PLAIN\", \"SCRAM-SHA-256-PLUS\", \"EXTERNAL\"]", withBoth, Accepted, []string{"external "}, mail.CertificateShown},
		{"the user names the account of the certificate", "client_certificate = \"optional\"\nmechanisms = [\"EXTERNAL\"]", asMe, Accepted, []string{"external "}, mail.CertificateShown},
		{"the user names somebody else", "client_certificate = \"optional\"\nmechanisms = [\"EXTERNAL\"]", asOther, Rejected, []string{"external auth-rejected"}, mail.CertificateShown},
		{"a certificate without an account leaves the password", "client_certificate = \"optional\"\nmechanisms = [\"PLAIN\", \"EXTERNAL\"]", otherAsked, Accepted, []string{"external auth-rejected", "plain "}, mail.CertificateShown},
		{"a server that does not ask is not offered it", "mechanisms = [\"PLAIN\", \"EXTERNAL\"]", withBoth, Accepted, []string{"plain "}, ""},
		{"a server that does not ask, and no password", "mechanisms = [\"PLAIN\", \"EXTERNAL\"]", byCertificate, Unavailable, []string{"none auth-unavailable"}, ""},
		{"passwords only, and none is there", "client_certificate = \"optional\"\nmechanisms = [\"PLAIN\"]", byCertificate, Unavailable, []string{"none auth-unavailable"}, mail.CertificateShown},
		{"a demand is met, and the password signs in", "client_certificate = \"required\"\nmechanisms = [\"PLAIN\"]", withBoth, Accepted, []string{"plain "}, mail.CertificateShown},
		{"a server whose own certificate is bad does not see it", "certificate = { kind = \"self-signed\" }\nclient_certificate = \"optional\"\nmechanisms = [\"EXTERNAL\"]", byCertificate, Unavailable, []string{"none policy"}, mail.CertificateWithheld},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r, n := saslWorld(t, test.server)
			identity, err := r.ClientCertificate()
			if err != nil {
				t.Fatal(err)
			}
			for _, at := range []string{smtpLab, imapLab, pop3Lab} {
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				got := &seen{}
				s := Open(ctx, n, endpoint(t, at), Options{ClientCertificate: identity, Transcript: true}, got.emit)
				outcome := s.SignIn(ctx, test.with, false)
				s.Close(ctx)
				var tried []string
				for _, o := range got.auths() {
					tried = append(tried, o.Mechanism+" "+string(class(o)))
				}
				answer := got.get(t, "tls:"+at+"#192.0.2.10").ClientCertificateAnswer
				if outcome != test.outcome || !slices.Equal(tried, test.tried) || answer != test.answer {
					t.Errorf("%s: outcome %s, tried %q, answer %q", at, outcome, tried, answer)
				}
			}
		})
	}
}

// A certificate and a password are two ways to lock one account.
func TestACertificateAndAPasswordCostTwoTriesTogether(t *testing.T) {
	t.Parallel()
	for _, reply := range []string{"535 no", "501 no", "500 5.7.0 no"} {
		r, n := saslWorld(t, "client_certificate = \"optional\"\nmechanisms = [\"PLAIN\", \"LOGIN\", \"EXTERNAL\"]\nauth_reply = \""+reply+"\"")
		identity, err := r.ClientCertificate()
		if err != nil {
			t.Fatal(err)
		}
		for leave, want := range map[bool]int{true: 2, false: 1} {
			got := &seen{}
			s := Open(t.Context(), n, endpoint(t, smtpLab), Options{ClientCertificate: identity}, got.emit)
			s.AskBefore(func(context.Context) bool { return leave })
			outcome := s.SignIn(t.Context(), withPassword(), false)
			s.Close(t.Context())
			if outcome != Rejected || s.Tries() != want || len(got.auths()) != want {
				t.Errorf("%q, leave %t: outcome %s, it costs %d: %q", reply, leave, outcome, s.Tries(), got.ids)
			}
		}
	}
}

func TestCertificatesThatAreNotAccepted(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, kind, server string
		without            bool // no certificate at all
		want               string
		alert              uint8
	}{
		{"an expired one, TLS 1.3", "expired", "client_certificate = \"required\"", false, "optional rejected", 45},
		{"an expired one, TLS 1.2", "expired", "tls_versions = [\"1.2\"]\nclient_certificate = \"required\"", false, "optional rejected", 45},
		{"one that an unknown authority signed", "unknown-ca", "client_certificate = \"required\"", false, "required unsuitable", 116},
		{"case 71: none", "good", "client_certificate = \"required\"", true, "required ", 116},
		{"none where one is optional", "good", "client_certificate = \"optional\"", true, "optional ", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r, n := saslWorldOf(t, test.kind, test.server)
			o := Options{}
			if !test.without {
				var err error
				if o.ClientCertificate, err = r.ClientCertificate(); err != nil {
					t.Fatal(err)
				}
			}
			for _, at := range []string{smtpLab, imapLab, pop3Lab} {
				got := &seen{}
				Open(t.Context(), n, endpoint(t, at), o, got.emit).Close(t.Context())
				facts := got.get(t, "tls:"+at+"#192.0.2.10")
				if seen := string(facts.ClientCertificate) + " " + string(facts.ClientCertificateAnswer); seen != test.want || facts.Alert != test.alert {
					t.Errorf("%s: %q with alert %d, want %q with %d", at, seen, facts.Alert, test.want, test.alert)
				}
				if test.kind == "unknown-ca" && (facts.ClientIssuer != "Private CA" || !slices.Contains(facts.ClientAuthorities, "Mail Lab Root CA")) {
					t.Errorf("%s: issued by %q, wanted from %q", at, facts.ClientIssuer, facts.ClientAuthorities)
				}
			}
		})
	}
}

// RFC 4954 section 4, RFC 4959 section 3 and RFC 5034 section 4: an empty first message is an equals sign.
func TestAnEmptyFirstMessageIsAnEqualsSign(t *testing.T) {
	t.Parallel()
	for at, want := range map[string]string{smtpLab: "AUTH EXTERNAL =", imapLab: "m1 AUTHENTICATE EXTERNAL =", pop3Lab: "AUTH EXTERNAL ="} {
		r, n := saslWorld(t, "client_certificate = \"required\"\nmechanisms = [\"EXTERNAL\"]")
		identity, err := r.ClientCertificate()
		if err != nil {
			t.Fatal(err)
		}
		s := Open(t.Context(), n, endpoint(t, at), Options{ClientCertificate: identity}, func(mail.Observation) {})
		s.SignIn(t.Context(), Credentials{Username: anna}, false)
		s.Close(t.Context())
		if said := commandsAt(r, endpoint(t, at)); !slices.ContainsFunc(said, func(line string) bool { return strings.EqualFold(line, want) }) {
			t.Errorf("%s: said %q, want %q", at, said, want)
		}
	}
}

func TestWhatChannelIsBound(t *testing.T) {
	t.Parallel()
	for versions, want := range map[string]string{`["1.2"]`: "tls-unique", `["1.3"]`: "tls-exporter"} {
		_, n := saslWorld(t, "tls_versions = "+versions+"\nmechanisms = [\"SCRAM-SHA-256-PLUS\"]")
		_, got := signInAt(t, n, imapLab, withPassword())
		if o := got.auths()[0]; o.ChannelBinding != want || o.ChannelBound != mail.Yes {
			t.Errorf("TLS %s: %+v", versions, o.AuthFacts)
		}
	}
}
