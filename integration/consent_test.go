//go:build integration

package integration

import (
	"slices"
	"strings"
	"testing"
)

func TestPlainDNSDoesNotCarryThePasswordOutOfTheDomain(t *testing.T) {
	t.Parallel()
	const user = "moritz@moved.test"
	r := check(t, user, password, "-f", "json").report(t)
	if r.Verdict.Receive != "ready" || r.Verdict.Send != "ready" {
		t.Errorf("verdict %+v", r.Verdict)
	}
	for _, role := range []string{"incoming", "outgoing"} {
		if s := r.preferred(t, role); s.Proof != "handshake" || s.Trust != "redirected" {
			t.Errorf("%s: %+v", role, s)
		}
	}
	consent := false
	for _, n := range r.NotChecked {
		consent = consent || n.Why == "consent"
	}
	if !consent {
		t.Errorf("it does not say that consent is missing: %+v", r.NotChecked)
	}
	host := the.hosts["good"]
	if seen := attempts(t, host, user, "moritz"); len(seen) > 0 {
		t.Errorf("there were attempts to sign in:\n%s", strings.Join(seen, ""))
	}

	lifted := check(t, user, password, "-f", "json", "--trust-discovered").report(t)
	wantVerdict(t, lifted, 0, "works", "works")
	if len(lifted.Findings) == 0 {
		t.Error("no finding says that the rule was lifted")
	}
	if seen := attempts(t, host, user); len(seen) == 0 {
		t.Error("the log shows no attempt to sign in, so it proves nothing above")
	}
}

func TestISPDBVouchesForServersOfAnotherOrganisation(t *testing.T) {
	t.Parallel()
	r := mailmedic(t, "check", "viktor@vouched.test", "--resolver", dnsAddress, "--ca-file", the.caFile,
		"--ispdb", "https://www.ispdb.test/v1.1/", "--password-file", passwordFile(t, password), "-f", "json").report(t)
	wantVerdict(t, r, 0, "works", "works")
	for _, role := range []string{"incoming", "outgoing"} {
		if s := r.preferred(t, role); s.Trust != "vouched" || s.Proof != "signed-in" || !slices.Contains(s.Sources, "ispdb") {
			t.Errorf("%s: %+v", role, s)
		}
	}
}
