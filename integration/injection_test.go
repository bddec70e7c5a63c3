//go:build integration

package integration

import (
	"slices"
	"testing"
)

// POP3 of Courier before 1.1.5 obeys commands from before the encryption
// (CVE-2021-38084). Debian 12 has 1.0.16.
func TestOneServerObeysCommandsFromBeforeTheEncryption(t *testing.T) {
	t.Parallel()
	for endpoint, injection := range map[string]string{
		"pop3+starttls://pop.exim.test:110":   "executed", // Courier
		"imap+starttls://imap.exim.test:143":  "discarded",
		"smtp+starttls://smtp.exim.test:587":  "discarded",
		"imap+starttls://imap.cyrus.test:143": "discarded",
		"pop3+starttls://pop.cyrus.test:110":  "discarded",
		"smtp+starttls://smtp.good.test:587":  "discarded",
		"imap+starttls://imap.good.test:143":  "rejected",
		"pop3+starttls://pop.good.test:110":   "rejected",
	} {
		t.Run(endpoint, func(t *testing.T) {
			t.Parallel()
			r := probed(t, "", "", endpoint, "--injection-test")
			if !slices.ContainsFunc(r.observed("session", endpoint), func(o observation) bool { return o.Injection == injection }) {
				t.Errorf("the sessions are %+v, want %s", r.observed("session", endpoint), injection)
			}
			if told := slices.Contains(r.findingIDs(), "starttls.command-injection"); told != (injection == "executed") {
				t.Errorf("the findings are %v", r.findingIDs())
			}
		})
	}
}
