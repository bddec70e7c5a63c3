//go:build integration

package integration

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

func wantVerdict(t *testing.T, r *report, code int, receive, send string) {
	t.Helper()
	v := r.Verdict
	if v.ExitCode != code || v.Receive != receive || v.Send != send {
		t.Errorf("receive %s, send %s, exit code %d; want %s, %s, %d\n%s\nfindings: %v",
			v.Receive, v.Send, v.ExitCode, receive, send, code, v.Summary, r.findingIDs())
	}
	if v.Summary == "" {
		t.Error("the verdict has no summary")
	}
}

// wantNoneAtLeast fails for each finding of a severity or a worse one.
func wantNoneAtLeast(t *testing.T, r *report, severity string) {
	t.Helper()
	order := []string{"critical", "error", "warning", "notice", "ok"}
	for _, f := range r.Findings {
		if slices.Index(order, f.Severity) <= slices.Index(order, severity) {
			t.Errorf("%s %s: %s (%s)", f.Severity, f.ID, f.Title, f.Subject)
		}
	}
}

var sentinels atomic.Int64

// attempts gives the lines in which Dovecot compares a password, for itself or
// for Postfix, for one of the user names. It signs in under a name of its own
// first and waits until the log tells of it: then all that came before is in
// the log, and that there is nothing means something.
func attempts(t *testing.T, host *mailhost, users ...string) []string {
	t.Helper()
	sentinel := fmt.Sprintf("sentinel-%d", sentinels.Add(1))
	swaks(t, host.Address, "587", sentinel, "no", "--quit-after", "AUTH")
	log := awaitLog(t, host, func(log string) bool { return len(comparisons(log, sentinel)) > 0 })
	return comparisons(log, users...)
}

// awaitLog waits until the log of Dovecot is as wanted, and gives it.
func awaitLog(t *testing.T, host *mailhost, wanted func(log string) bool) string {
	t.Helper()
	deadline := time.After(15 * time.Second)
	pause := time.NewTicker(20 * time.Millisecond)
	defer pause.Stop()
	for {
		log, err := host.log("dovecot")
		if err != nil {
			t.Fatal(err)
		}
		if wanted(log) {
			return log
		}
		select {
		case <-deadline:
			t.Fatalf("what is waited for is not in the log:\n%s", log)
		case <-pause.C:
		}
	}
}

func comparisons(log string, users ...string) []string {
	var lines []string
	for _, user := range users {
		lines = append(lines, linesWith(log, "auth: Debug: passwd-file("+user+",", "Performing passdb lookup")...)
	}
	return lines
}
