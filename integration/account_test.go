//go:build integration

package integration

import "testing"

func TestAMailboxThatIsFullOrNearlySo(t *testing.T) {
	t.Parallel()
	for user, severity := range map[string]string{"olga@good.test": "error", "otto@good.test": "warning"} {
		t.Run(user, func(t *testing.T) {
			t.Parallel()
			r := check(t, user, password, "-f", "json").report(t)
			wantSignedIn(t, r, user, "imaps://imap.good.test:993", "smtps://smtp.good.test:465")
			wantFinding(t, r, "mailbox.full", "imap.good.test")
			for _, f := range r.Findings {
				if f.ID == "mailbox.full" && f.Severity != severity {
					t.Errorf("it is a %s: %s", f.Severity, f.Title)
				}
			}
		})
	}
}

func TestAnAccountThatMayNotSendAsItsOwnAddress(t *testing.T) {
	t.Parallel()
	r := check(t, "sven@good.test", password, "-f", "json").report(t)
	wantVerdict(t, r, 1, "works", "broken")
	wantFinding(t, r, "send.sender-refused", "smtp.good.test")
}

func TestASubmissionServerThatPassesNothingOn(t *testing.T) {
	t.Parallel()
	r := check(t, "rita@relay.test", password, "-f", "json").report(t)
	wantVerdict(t, r, 1, "works", "broken")
	wantFinding(t, r, "send.relay-denied", "smtp.relay.test")
}
