//go:build integration

package integration

import (
	"slices"
	"strings"
	"testing"
)

func TestAGoodDomainSignsInOverEveryPublishedSetting(t *testing.T) {
	t.Parallel()
	for user, password := range map[string]string{"anna@good.test": password, "bert@good.test": hardPassword} {
		t.Run(user, func(t *testing.T) {
			t.Parallel()
			out := check(t, user, password, "-f", "json")
			r := out.report(t)
			wantVerdict(t, r, 0, "works", "works")
			for _, endpoint := range []string{
				"imaps://imap.good.test:993", "imap+starttls://imap.good.test:143",
				"pop3s://pop.good.test:995", "pop3+starttls://pop.good.test:110",
				"smtps://smtp.good.test:465", "smtp+starttls://smtp.good.test:587",
			} {
				i := slices.IndexFunc(r.Settings, func(s setting) bool { return s.Endpoint == endpoint })
				if i < 0 {
					t.Errorf("%s is no setting", endpoint)
					continue
				}
				s := r.Settings[i]
				if s.Proof != "signed-in" || s.Username != user || s.Trust != "authenticated" {
					t.Errorf("%s: proof %s, username %s, trust %s", endpoint, s.Proof, s.Username, s.Trust)
				}
				if !slices.Contains(s.Sources, "srv") || !slices.Contains(s.Sources, "autoconfig") {
					t.Errorf("%s: the sources are %v", endpoint, s.Sources)
				}
			}
			if got := r.preferred(t, "incoming").Endpoint; got != "imaps://imap.good.test:993" {
				t.Errorf("%s is preferred", got)
			}
			if got := r.preferred(t, "outgoing").Endpoint; got != "smtps://smtp.good.test:465" {
				t.Errorf("%s is preferred", got)
			}
			if !r.Complete {
				t.Error("the report is not complete")
			}
			wantNoneAtLeast(t, r, "warning")
		})
	}
}

func TestADocumentOverHTTPNamesTheUserByTheLocalPart(t *testing.T) {
	t.Parallel()
	r := check(t, "walter@web.test", password, "-f", "json").report(t)
	wantVerdict(t, r, 0, "works", "works")
	for _, role := range []string{"incoming", "outgoing"} {
		s := r.preferred(t, role)
		if s.Host != "box.web.test" || s.Username != "walter" || s.Trust != "cleartext" || s.Proof != "signed-in" {
			t.Errorf("%s: %+v", role, s)
		}
	}
}

func TestSTARTTLSOnlyWorks(t *testing.T) {
	t.Parallel()
	r := check(t, "anna@starttls.test", password, "-f", "json").report(t)
	wantVerdict(t, r, 0, "works", "works")
	if s := r.preferred(t, "incoming"); s.Security != "starttls" || s.Port != 143 || s.Proof != "signed-in" {
		t.Errorf("incoming: %+v", s)
	}
	if s := r.preferred(t, "outgoing"); s.Security != "starttls" || s.Port != 587 || s.Proof != "signed-in" {
		t.Errorf("outgoing: %+v", s)
	}
}

func TestWithoutAPasswordTheSettingsAreReadyAndNobodyIsSignedIn(t *testing.T) {
	t.Parallel()
	r := check(t, "nobody-asked@good.test", "", "-f", "json").report(t)
	wantVerdict(t, r, 0, "ready", "ready")
	for _, role := range []string{"incoming", "outgoing"} {
		if s := r.preferred(t, role); s.Proof != "handshake" {
			t.Errorf("%s: proof %s", role, s.Proof)
		}
	}
	if seen := attempts(t, the.hosts["good"], "nobody-asked@good.test", "nobody-asked"); len(seen) > 0 {
		t.Errorf("there were attempts to sign in:\n%s", strings.Join(seen, ""))
	}
}

func TestAWrongPasswordIsTriedTwiceAtMost(t *testing.T) {
	t.Parallel()
	const user = "berta@good.test" // not among the users of the server, so no other test signs in as her
	r := check(t, user, "wrong-Pferde-5412", "-f", "json").report(t)
	wantVerdict(t, r, 1, "broken", "broken")
	// The web host of the domain has a certificate for autoconfig alone: a notice, and no more than that.
	if !slices.Equal(r.findingIDs(), []string{"auth.rejected", "discovery.document-certificate"}) {
		t.Errorf("the findings are %v", r.findingIDs())
	}
	if n := len(attempts(t, the.hosts["good"], user, "berta")); n < 1 || n > 2 {
		t.Errorf("the servers saw %d attempts to sign in", n)
	}
}

func TestAnExpiredCertificateKeepsThePasswordHere(t *testing.T) {
	t.Parallel()
	r := check(t, "anna@expired.test", password, "-f", "json").report(t)
	wantVerdict(t, r, 1, "broken", "broken")
	if !slices.Equal(r.findingIDs(), []string{"tls.certificate-expired"}) {
		t.Errorf("the findings are %v", r.findingIDs())
	}
	if seen := attempts(t, the.hosts["expired"], "anna@expired.test", "anna"); len(seen) > 0 {
		t.Errorf("there were attempts to sign in:\n%s", strings.Join(seen, ""))
	}
}

func TestClientsComeFromAnotherAddressThanTheServers(t *testing.T) {
	t.Parallel()
	host := the.hosts["good"]
	c := dialIMAP(t, host.Address, setting{Host: "imap.good.test", Port: 993, Security: "tls"})
	c.command(t, `LOGIN walter {%d+}`+"\r\n%s", len(password), password)
	awaitLog(t, host, func(log string) bool {
		return len(linesWith(log, "imap-login: ", "Login: user=<walter>", "rip=127.0.0.1", "lip=127.0.10.1", "TLS")) > 0
	})
}
