//go:build integration

package integration

import (
	"strings"
	"testing"
)

// Exim takes mail and Courier hands it out.

func TestEximAndCourierSignInOverEveryPublishedSetting(t *testing.T) {
	t.Parallel()
	for user, password := range map[string]string{"anna@exim.test": password, "bert@exim.test": hardPassword} {
		t.Run(user, func(t *testing.T) {
			t.Parallel()
			r := check(t, user, password, "-f", "json").report(t)
			wantVerdict(t, r, 0, "works", "works")
			wantSignedIn(
				t, r, user,
				"imaps://imap.exim.test:993", "imap+starttls://imap.exim.test:143",
				"pop3s://pop.exim.test:995", "pop3+starttls://pop.exim.test:110",
				"smtps://smtp.exim.test:465", "smtp+starttls://smtp.exim.test:587",
			)
			wantNoneAtLeast(t, r, "error")
			wantSoftware(t, r, map[string]string{
				"imaps://imap.exim.test:993": "Courier", "pop3s://pop.exim.test:995": "Courier", "smtp+starttls://mx.exim.test:25": "Exim",
			})
		})
	}
}

func TestAWrongPasswordInTheWordsOfEximAndCourier(t *testing.T) {
	t.Parallel()
	for user, endpoint := range map[string]string{
		"eva@exim.test": "smtp+starttls://smtp.exim.test:587", "eric@exim.test": "imaps://imap.exim.test:993", "edda@exim.test": "pop3s://pop.exim.test:995",
	} {
		t.Run(endpoint, func(t *testing.T) {
			t.Parallel()
			r := probed(t, user, "wrong-Pferde-5412", endpoint)
			wantFinding(t, r, "auth.rejected", endpoint)
			words := map[string]string{"smtp": "535 Incorrect authentication data", "imap": "NO Login failed.", "pop3": "-ERR Login failed."}
			wantReply(t, r, endpoint, words[endpoint[:4]])
			if n := len(r.observed("auth", "")); n > 2 {
				t.Errorf("the password was sent %d times", n)
			}
		})
	}
	r := check(t, "emil@exim.test", "wrong-Pferde-5412", "-f", "json").report(t)
	wantVerdict(t, r, 1, "broken", "broken")
	if n := len(r.observed("auth", "")); n < 1 || n > 2 {
		t.Errorf("the password was sent %d times", n)
	}
}

func TestServersThatCannotCheckAPasswordAreNotTakenForARejection(t *testing.T) {
	t.Parallel()
	// Exim cannot read its list of users for the first; the second has no mailbox folder, which Courier finds too late.
	for _, c := range []struct{ user, endpoint, words, finding string }{
		{"later@exim.test", "smtps://smtp.exim.test:465", "435 Unable to authenticate at present", "auth.temporary"},
		{"carl@exim.test", "pop3s://pop.exim.test:995", "-ERR Temporary problem, please try again later", "auth.temporary"},
		{"carl@exim.test", "imaps://imap.exim.test:993", "BYE Temporary problem, please try again later", "auth.temporary"},
	} {
		t.Run(c.endpoint, func(t *testing.T) {
			t.Parallel()
			r := probed(t, c.user, password, c.endpoint)
			wantFinding(t, r, c.finding, c.endpoint)
			wantReply(t, r, c.endpoint, c.words)
			if strings.Contains(strings.Join(r.findingIDs(), " "), "auth.rejected") {
				t.Error("the password is said to be wrong")
			}
		})
	}
}

func TestCourierWithoutACertificate(t *testing.T) {
	t.Parallel()
	r := probed(t, "anna@exim.test", password, "imap+starttls://keyless.exim.test")
	wantVerdict(t, r, 1, "broken", "none")
	wantFinding(t, r, "tls.handshake-failed", "keyless.exim.test")
	if tries := r.observed("auth", ""); len(tries) > 0 && tries[0].Mechanism != "none" {
		t.Errorf("somebody was signed in: %+v", tries)
	}
}

// What each server says to somebody who would sign in before TLS. mailmedic never
// does, but is asked what it means.
func TestServersWantTLSBeforeAPasswordInTheirOwnWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ address, say, words string }{
		{courierAddress + ":143", "a LOGIN anna@exim.test x", "a NO STARTTLS required"},
		{courierAddress + ":110", "USER anna@exim.test", "-ERR TLS required to log in."},
		{cyrusAddress + ":143", "a LOGIN anna@cyrus.test x", "a NO Login only available under a layer"},
		{cyrusAddress + ":143", "a AUTHENTICATE PLAIN", "a NO encryption needed to use mechanism"},
		{cyrusAddress + ":110", "USER anna@cyrus.test", "-ERR [AUTH] USER command only available under a layer"},
		{eximAddress + ":587", "AUTH PLAIN AGEAYg==", "503 AUTH command used when not advertised"},
		{opensmtpdAddress + ":587", "MAIL FROM:<anna@cyrus.test>", "530 5.5.1 Invalid command: Must issue a STARTTLS command first"},
		{"127.0.10.1:143", "a LOGIN anna@good.test x", "* BAD [ALERT] Plaintext authentication not allowed without SSL/TLS, but your client did it anyway. If anyone was listening, the password was exposed."},
		{"127.0.10.1:110", "USER anna@good.test", "-ERR [AUTH] Plaintext authentication disallowed on non-secure (SSL/TLS) connections."},
		{"127.0.10.1:587", "MAIL FROM:<anna@good.test>", "530 5.7.0 Must issue a STARTTLS command first"},
	} {
		lines := []string{c.say}
		if strings.HasSuffix(c.address, ":587") {
			lines = []string{"HELO client.test", c.say}
		}
		said := conversation(t, c.address, lines...)
		if got := said[len(said)-1]; got != c.words {
			t.Errorf("%s answers %q, want %q", c.address, got, c.words)
		}
	}
}
