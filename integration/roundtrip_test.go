//go:build integration

package integration

import (
	"slices"
	"testing"
)

// The message of --send-test goes through Postfix and Dovecot's LMTP, and is gone afterwards.
func TestATestMessageComesBackAndIsDeleted(t *testing.T) {
	t.Parallel()
	const user = "anna@good.test"
	r := check(t, user, password, "--send-test", "-f", "json").report(t)
	for _, role := range []string{"incoming", "outgoing"} {
		if s := r.preferred(t, role); s.Proof != "round-trip" {
			t.Errorf("%s is proved as %s", s.Endpoint, s.Proof)
		}
	}
	i := slices.IndexFunc(r.Observations, func(o observation) bool { return o.Arrived })
	if i < 0 {
		t.Fatal("it did not arrive")
	}
	o := r.Observations[i]
	if o.Folder != "INBOX" || !o.Removed || len(o.Hops) < 2 {
		t.Errorf("%+v", o)
	}
}
