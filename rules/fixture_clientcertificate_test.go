package rules

import (
	"strings"
	"testing"

	"github.com/mailmedic/mailmedic/mail"
)

// with sets facts of the run.
func (w *world) with(set func(*Facts)) *world {
	set(&w.Facts)
	return w
}

func byCertificate(f *Facts) { f.SignIn, f.Certificate, f.Secretless = true, true, true }

// answer says what became of the user's certificate at a server that asked for one.
func (w *world) answer(text string, a mail.CertificateAnswer, alert uint8) *world {
	return w.changed(text, func(f *mail.TLSFacts) {
		f.ClientCertificate, f.ClientCertificateAnswer, f.Alert = mail.CertificateOptional, a, alert
	})
}

// identityFixtures are sign-ins by a certificate of the client.
func identityFixtures() []fixture {
	broken := func(a mail.CertificateAnswer, alert uint8) *world {
		return published().works(imaps).shows("", goodCertificate(), smtps).session(smtps, mail.TLSAlert, nil).answer(smtps, a, alert).with(byCertificate)
	}
	foreign := func(w *world) *world {
		return w.changed(smtps, func(f *mail.TLSFacts) { f.ClientIssuer, f.ClientAuthorities = "Shop CA", []string{"House CA"} })
	}
	external := func(f *mail.SessionFacts) { f.Mechanisms.AfterTLS = []string{"external"} }
	const notAccepted = "smtp.example.org refuses the certificate that was shown to it (port 465)"
	return []fixture{
		{"tls.client-certificate-rejected", "without a reason", broken(mail.CertificateRejected, 0), notAccepted, mail.Critical},
		{"tls.client-certificate-rejected", "revoked", broken(mail.CertificateRejected, 44), notAccepted, mail.Critical},
		{"tls.client-certificate-rejected", "expired", broken(mail.CertificateRejected, 45), notAccepted, mail.Critical},
		{"tls.client-certificate-rejected", "its authority is not known", broken(mail.CertificateRejected, 48), notAccepted, mail.Critical},
		{"tls.client-certificate-rejected", "it was accepted", good().answer(smtps, mail.CertificateShown, 0).with(byCertificate), "", ""},

		{"tls.client-certificate-kept", "another authority is wanted", foreign(broken(mail.CertificateUnsuitable, 116)), "The certificate that was given is none that smtp.example.org asks for (port 465)", mail.Error},
		{"tls.client-certificate-kept", "and it goes on without", foreign(good().answer(smtps, mail.CertificateUnsuitable, 0)), "The certificate that was given is none that smtp.example.org asks for (port 465)", mail.Warning},
		{"tls.client-certificate-kept", "the server's own is bad", good().answer(smtps, mail.CertificateWithheld, 0), "The certificate that was given was not shown to smtp.example.org, whose own is not to be trusted (port 465)", mail.Warning},
		{"tls.client-certificate-kept", "it was shown", good().answer(smtps, mail.CertificateShown, 0), "", ""},
		{"tls.client-certificate", "asked for, and shown", good().answer(smtps, mail.CertificateShown, 0), "", ""},
		{"tls.client-certificate", "demanded, and another one was there", broken(mail.CertificateUnsuitable, 116).request(smtps, mail.CertificateRequired), "", ""},

		{"auth.certificate-rejected", "nobody is known by it", good().auth(imaps, "external", "anna@example.org", mail.AuthRejected, "NO [AUTHENTICATIONFAILED] no"), "imap.example.org accepts the certificate and lets nobody in by it", mail.Critical},
		{"auth.certificate-rejected", "the password is accepted", signedIn().auth(imaps, "external", "anna@example.org", mail.AuthRejected, "NO"), "imap.example.org accepts the certificate and lets nobody in by it", mail.Warning},
		{"auth.certificate-rejected", "and then the password is too", good().rejects(imaps, "NO").auth(imaps, "external", "anna@example.org", mail.AuthRejected, "NO"), "imap.example.org accepts the certificate and lets nobody in by it", mail.Warning},
		{"auth.rejected", "after the certificate was", good().rejects(imaps, "NO").auth(imaps, "external", "anna@example.org", mail.AuthRejected, "NO"), "imap.example.org rejects the user name or the password of anna@example.org", mail.Critical},
		{"auth.username-form", "the certificate is somebody else's", signedIn().auth(imaps, "external", "nobody@example.org", mail.AuthRejected, "NO"), "", ""},
		{"auth.certificate-rejected", "the password is rejected", good().rejects(imaps, "NO"), "", ""},
		{"auth.mechanism-useless", "it is the certificate that is not known", signedIn().auth(imaps, "external", "anna@example.org", mail.AuthRejected, "NO"), "", ""},

		{"auth.certificate-not-taken", "only passwords are taken", good().with(byCertificate), "imap.example.org offers no sign-in by certificate, only plain and login", mail.Error},
		{"auth.certificate-not-taken", "it is offered and never asked for", good().session(smtps, "", external).session(imaps, "", external).with(byCertificate), "imap.example.org offers a sign-in by certificate and asks for none", mail.Error},
		{"auth.certificate-not-taken", "there is a password too", good().with(func(f *Facts) { f.SignIn, f.Certificate = true, true }), "", ""},
		{"auth.no-mechanism", "only certificates open it, untried", good().session(smtps, "", external), "smtp.example.org lets people in by a personal certificate and not with a password", mail.Warning},

		{"auth.odd-password", "a letter beyond ASCII", good().rejects(imaps, "NO").with(func(f *Facts) { f.Oddity = mail.OddLetters }), "The password that was rejected has characters beyond ASCII", mail.Warning},
		{"auth.odd-password", "a space without width", good().rejects(imaps, "NO").with(func(f *Facts) { f.Oddity = mail.OddInvisible }), "The password that was rejected has a character that cannot be seen", mail.Warning},
		{"auth.odd-password", "it was accepted", signedIn().with(func(f *Facts) { f.Oddity = mail.OddInvisible }), "", ""},
		{"auth.odd-password", "nothing is odd", good().rejects(imaps, "NO"), "", ""},
	}
}

// bindingFixtures are sign-ins that are tied to the TLS session.
func bindingFixtures() []fixture {
	bound := func(reply string, class mail.Class, same mail.Fact) *world {
		w := good().auth(imaps, "scram-sha-256-plus", "anna@example.org", class, reply)
		facts := w.Observations[len(w.Observations)-1].AuthFacts
		facts.ChannelBinding, facts.ChannelBound = "tls-exporter", same
		return w
	}
	return []fixture{
		{"auth.intercepted", "the bindings do not match", bound("SCRAM: channel-bindings-dont-match", mail.ProtocolFault, mail.No), "Somebody ends the encryption between here and imap.example.org", mail.Critical},
		{"auth.intercepted", "they match", bound("OK", "", mail.Yes), "", ""},
		{"auth.binding-unsupported", "the kind is not known", bound("SCRAM: unsupported-channel-binding-type", mail.AuthUnavailable, mail.NotKnown).accepts(imaps, "anna@example.org"), "imap.example.org offers SCRAM-SHA-256-PLUS and does not know tls-exporter", mail.Notice},
		{"auth.binding-unsupported", "it is", bound("OK", "", mail.Yes), "", ""},
	}
}

// Google and Dovecot write the status as text, others as a number (RFC 7628 section 3.2.2 has text).
func TestTheStatusOfARefusedTokenIsToldHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	for challenge, want := range map[string]string{
		`{"status":"401","schemes":"bearer","scope":"https://mail.example/"}`:        "The server answers with status 401. It wants the scope https://mail.example/.",
		`{"status":400,"schemes":"Bearer","scope":"https://mail.example/"}`:          "The server answers with status 400. It wants the scope https://mail.example/.",
		`{"status":"invalid_token","openid-configuration":"https://a.example/oidc"}`: "The server answers with status invalid_token.",
		`{"schemes":"bearer"}`: "asked for. It said: NO",
		`no JSON`:              "asked for. It said: NO",
	} {
		w := good()
		w.SignIn, w.Token = true, true
		w.session(imaps, "", func(f *mail.SessionFacts) { f.Mechanisms.AfterTLS = []string{"xoauth2"} })
		w.observe(mail.Observation{
			ID: "auth:" + imaps + "/xoauth2/anna@example.org", Kind: mail.KindAuth, Subject: imaps, Failure: failure(mail.AuthRejected, "refused: ", "NO"),
			AuthFacts: &mail.AuthFacts{Mechanism: "xoauth2", Username: "anna@example.org", Reply: "NO", Challenge: challenge},
		})
		if f, found := w.judge().finding("auth.token-rejected"); !found || !strings.Contains(f.Detail, want) {
			t.Errorf("%s: %q", challenge, f.Detail)
		}
	}
}

func TestTheHolderOfACertificateIsNoUserNameThatWasTried(t *testing.T) {
	t.Parallel()
	w := good().rejects(imaps, "NO").auth(imaps, "external", "nobody@example.org", mail.AuthRejected, "NO")
	f, found := w.judge().finding("auth.rejected")
	if !found || strings.Contains(f.Detail, "nobody@example.org") {
		t.Errorf("%q", f.Detail)
	}
}
