//go:build integration

package integration

import (
	"encoding/json"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestWithoutANetworkOneFindingSaysSo(t *testing.T) {
	t.Parallel()
	// Nothing listens on the first address; the second takes questions and never answers.
	hole, err := net.ListenPacket("udp", "127.0.10.9:53")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { hole.Close() }) // not deferred: the parallel subtests run after this function
	for name, resolver := range map[string]string{"refusing resolver": "127.0.10.8", "silent resolver": "127.0.10.9"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := mailmedic(t, "check", "anna@good.test", "--resolver", resolver, "--no-third-party",
				"--password-file", passwordFile(t, password), "--timeout", "8s", "-f", "json")
			r := out.report(t)
			if out.code != 3 || len(r.Findings) != 1 {
				t.Errorf("exit code %d, findings %v", out.code, r.findingIDs())
			}
			if out.took > 9*time.Second {
				t.Errorf("it took %v", out.took)
			}
		})
	}
}

func TestADomainThatDoesNotExist(t *testing.T) {
	t.Parallel()
	r := check(t, "anna@absent.test", "", "-f", "json").report(t)
	wantVerdict(t, r, 4, "none", "none")
	if !slices.Contains(r.findingIDs(), "dns.no-such-domain") {
		t.Errorf("the findings are %v", r.findingIDs())
	}
	if len(r.Settings) > 0 {
		t.Errorf("the settings are %+v", r.Settings)
	}
}

func TestASilentServerCostsItsOwnVerdictOnly(t *testing.T) {
	t.Parallel()
	out := check(t, "sofia@silent.test", password, "-f", "json", "--timeout", "6s")
	r := out.report(t)
	if out.code != 1 || r.Verdict.Receive != "works" || r.Verdict.Send == "works" || r.Verdict.Send == "ready" {
		t.Errorf("exit code %d, verdict %+v", out.code, r.Verdict)
	}
	if out.took > 7500*time.Millisecond {
		t.Errorf("it took %v", out.took)
	}
}

func TestInterruptedItPrintsWhatIsKnownSoFar(t *testing.T) {
	t.Parallel()
	// A user of its own: the log tells when this run, and no other, has signed in.
	const user = "ina@silent.test"
	cmd := mailmedicCommand(t, checkArgs(t, user, password, "-f", "json", "--timeout", "50s")...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	awaitLog(t, the.hosts["good"], func(log string) bool { return len(linesWith(log, "imap("+user+")", "Logged out")) > 0 })
	sent := time.Now()
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	err := cmd.Wait()
	out := outcomeOf(t, cmd, err, time.Since(sent))
	r := out.report(t)
	if out.code != 130 {
		t.Errorf("exit code %d", out.code)
	}
	if s := r.preferred(t, "incoming"); s.Proof != "signed-in" {
		t.Errorf("incoming: %+v", s)
	}
	if r.Complete {
		t.Error("the report calls itself complete")
	}
	if out.took > 3*time.Second {
		t.Errorf("it took %v to end", out.took)
	}
}

func TestARecordedRunPrintsTheSameDocument(t *testing.T) {
	t.Parallel()
	for user, code := range map[string]int{"anna@good.test": 0, "anna@expired.test": 1} {
		t.Run(user, func(t *testing.T) {
			t.Parallel()
			recording := t.TempDir() + "/run.jsonl"
			live := check(t, user, password, "-f", "json", "-o", "jsonl="+recording)
			replayed := mailmedic(t, "report", recording, "-f", "json")
			if live.code != code || replayed.code != code {
				t.Errorf("exit codes: %d live, %d replayed", live.code, replayed.code)
			}
			if string(live.stdout) != string(replayed.stdout) {
				t.Errorf("the documents differ\nlive:\n%s\nreplayed:\n%s", live.stdout, replayed.stdout)
			}
			if !json.Valid(live.stdout) {
				t.Error("it is no JSON")
			}
			text := mailmedic(t, "report", recording)
			if text.code != code || !strings.Contains(string(text.stdout), user) {
				t.Errorf("as text, exit code %d:\n%s", text.code, text.stdout)
			}
		})
	}
}
