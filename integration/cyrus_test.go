//go:build integration

package integration

import (
	"slices"
	"strings"
	"testing"
)

func TestCyrusSignsInAndOpenSMTPDCannotDoTLS(t *testing.T) {
	t.Parallel()
	for user, password := range map[string]string{"anna@cyrus.test": password, "bert@cyrus.test": hardPassword} {
		t.Run(user, func(t *testing.T) {
			t.Parallel()
			r := check(t, user, password, "-f", "json").report(t)
			wantVerdict(t, r, 1, "works", "broken")
			wantSignedIn(t, r, user, "imaps://imap.cyrus.test:993", "imap+starttls://imap.cyrus.test:143", "pop3s://pop.cyrus.test:995", "pop3+starttls://pop.cyrus.test:110")
			wantFinding(t, r, "tls.handshake-failed", "smtp.cyrus.test")
			for _, f := range r.Findings {
				if strings.HasPrefix(f.ID, "auth.") && f.Severity != "notice" {
					t.Errorf("the sign-in is at fault: %s", f.ID)
				}
			}
			wantSoftware(t, r, map[string]string{
				"imaps://imap.cyrus.test:993": "Cyrus", "pop3s://pop.cyrus.test:995": "Cyrus", "smtp+starttls://smtp.cyrus.test:587": "OpenSMTPD",
			})
		})
	}
}

// Cyrus 3.6 binds SCRAM to the connection with tls-unique alone, which TLS 1.3 has no more.
func TestCyrusBindsTheSignInToTheConnection(t *testing.T) {
	t.Parallel()
	for endpoint, mechanisms := range map[string][]string{
		"imaps://older.cyrus.test:993": {"scram-sha-256-plus"},
		"imaps://imap.cyrus.test:993":  {"scram-sha-256", "scram-sha-256-plus"},
		"pop3s://pop.cyrus.test:995":   {"scram-sha-256", "scram-sha-256-plus"},
	} {
		t.Run(endpoint, func(t *testing.T) {
			t.Parallel()
			r := probed(t, "anna@cyrus.test", password, endpoint)
			wantVerdict(t, r, 0, "works", "none")
			var tried []string
			for _, o := range r.observed("auth", endpoint) {
				tried = append(tried, o.Mechanism)
			}
			if slices.Sort(tried); !slices.Equal(tried, mechanisms) {
				t.Errorf("tried %q, want %q", tried, mechanisms)
			}
			wantNoneAtLeast(t, r, "warning")
		})
	}
}

func TestAWrongPasswordInTheWordsOfCyrus(t *testing.T) {
	t.Parallel()
	for endpoint, words := range map[string]string{
		"imaps://older.cyrus.test:993": "NO authentication failure",
		"pop3s://pop.cyrus.test:995":   "-ERR [AUTH] authenticating: authentication failure",
	} {
		t.Run(endpoint, func(t *testing.T) {
			t.Parallel()
			r := probed(t, "nobody@cyrus.test", "wrong-Pferde-5412", endpoint)
			wantFinding(t, r, "auth.rejected", endpoint)
			wantReply(t, r, endpoint, words)
			if n := len(r.observed("auth", endpoint)); n > 2 {
				t.Errorf("the password was sent %d times", n)
			}
		})
	}
}
