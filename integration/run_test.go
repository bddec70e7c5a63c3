//go:build integration

package integration

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// report is what these tests read of a mailmedic.report/1 document.
type report struct {
	Schema  string `json:"schema"`
	Verdict struct {
		Receive  string `json:"receive"`
		Send     string `json:"send"`
		Summary  string `json:"summary"`
		ExitCode int    `json:"exit_code"`
	} `json:"verdict"`
	Complete bool      `json:"complete"`
	Settings []setting `json:"settings"`
	Findings []struct {
		ID       string `json:"id"`
		Severity string `json:"severity"`
		Subject  string `json:"subject"`
		Title    string `json:"title"`

		Owner      string `json:"owner"`
		Confidence string `json:"confidence"`
	} `json:"findings"`
	NotChecked []struct {
		Subject string `json:"subject"`
		Why     string `json:"why"`
	} `json:"not_checked"`
	Observations []observation `json:"observations"`
}

type observation struct {
	ID      string `json:"id"`
	Kind    string `json:"kind"`
	Subject string `json:"subject"`
	Failure *struct {
		Class  string `json:"class"`
		Detail string `json:"detail"`
	} `json:"failure"`

	// of a handshake
	Version      string `json:"version"`
	Cipher       string `json:"cipher"`
	Certificates []struct {
		Names    []string  `json:"names"`
		NotAfter time.Time `json:"not_after"`
	} `json:"certificates"`

	Survey *struct {
		Versions []struct {
			Version string   `json:"version"`
			Offered bool     `json:"offered"`
			Suites  []string `json:"suites"`
		} `json:"versions"`
	} `json:"survey"`

	// of a session
	Software   string `json:"software"`
	Greeting   string `json:"greeting"`
	Injection  string `json:"injection"`
	Mechanisms struct {
		BeforeTLS []string `json:"before_tls"`
		AfterTLS  []string `json:"after_tls"`
	} `json:"mechanisms"`

	// of a sign-in
	Mechanism string `json:"mechanism"`
	Username  string `json:"username"`
	Reply     string `json:"reply"`

	// of a wait for a test message
	Arrived   bool   `json:"arrived"`
	ArrivedMS int    `json:"arrived_ms"`
	Folder    string `json:"folder"`
	Junk      bool   `json:"junk"`
	Removed   bool   `json:"removed"`
	Remains   string `json:"remains"`
	Hops      []struct {
		By      string `json:"by"`
		With    string `json:"with"`
		DelayMS int    `json:"delay_ms"`
	} `json:"hops"`
}

type setting struct {
	Endpoint  string   `json:"endpoint"`
	Role      string   `json:"role"`
	Protocol  string   `json:"protocol"`
	Host      string   `json:"host"`
	Port      int      `json:"port"`
	Security  string   `json:"security"`
	Username  string   `json:"username"`
	Proof     string   `json:"proof"`
	Sources   []string `json:"sources"`
	Trust     string   `json:"trust"`
	Preferred bool     `json:"preferred"`
}

// preferred gives the one setting of a role to use.
func (r *report) preferred(t *testing.T, role string) setting {
	t.Helper()
	i := slices.IndexFunc(r.Settings, func(s setting) bool { return s.Preferred && s.Role == role })
	if i < 0 {
		t.Fatalf("no %s setting is preferred: %+v", role, r.Settings)
	}
	return r.Settings[i]
}

// observed gives the observations of one kind about an endpoint, "" for every one.
func (r *report) observed(kind, endpoint string) []observation {
	var list []observation
	for _, o := range r.Observations {
		if o.Kind == kind && (endpoint == "" || o.Subject == endpoint) {
			list = append(list, o)
		}
	}
	return list
}

func (r *report) findingIDs() []string {
	ids := []string{}
	for _, f := range r.Findings {
		ids = append(ids, f.ID)
	}
	return ids
}

// outcome is how one run of the binary ended.
type outcome struct {
	code           int
	stdout, stderr []byte
	took           time.Duration
}

// mailmedic runs the binary against the test's name server and authority, without a terminal.
func mailmedic(t *testing.T, args ...string) outcome {
	t.Helper()
	cmd := mailmedicCommand(t, args...)
	start := time.Now()
	err := cmd.Run()
	return outcomeOf(t, cmd, err, time.Since(start))
}

// networked are the flags that lead every networked command into the test's world.
func networked() []string {
	return []string{"--resolver", dnsAddress, "--ca-file", the.caFile, "--no-third-party"}
}

func mailmedicCommand(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, the.binary, args...)
	cmd.Env = []string{"HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH")} // no proxy, no locale, no colour
	cmd.Stdout, cmd.Stderr = new(bytes.Buffer), new(bytes.Buffer)
	return cmd
}

func outcomeOf(t *testing.T, cmd *exec.Cmd, err error, took time.Duration) outcome {
	t.Helper()
	if exit := new(exec.ExitError); err != nil && (!errors.As(err, &exit) || !exit.Exited()) {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, cmd.Stderr)
	}
	return outcome{
		code:   cmd.ProcessState.ExitCode(),
		stdout: cmd.Stdout.(*bytes.Buffer).Bytes(),
		stderr: cmd.Stderr.(*bytes.Buffer).Bytes(),
		took:   took,
	}
}

// report decodes the document on stdout and holds it against the exit code.
func (o outcome) report(t *testing.T) *report {
	t.Helper()
	r := new(report)
	if err := json.Unmarshal(o.stdout, r); err != nil {
		t.Fatalf("stdout is not a report: %v\nstdout: %s\nstderr: %s", err, o.stdout, o.stderr)
	}
	if r.Schema != "mailmedic.report/1" {
		t.Errorf("the schema is %q", r.Schema)
	}
	if r.Verdict.ExitCode != o.code {
		t.Errorf("the document says exit code %d, the process %d", r.Verdict.ExitCode, o.code)
	}
	if t.Failed() {
		t.Logf("stderr: %s", o.stderr)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s\nstderr: %s", o.stdout, o.stderr)
		}
	})
	return r
}

// check runs the main job for an address, with a password unless it is empty.
func check(t *testing.T, address, password string, more ...string) outcome {
	t.Helper()
	return mailmedic(t, checkArgs(t, address, password, more...)...)
}

func checkArgs(t *testing.T, address, password string, more ...string) []string {
	t.Helper()
	args := append([]string{"check", address}, networked()...)
	if password != "" {
		args = append(args, "--password-file", passwordFile(t, password))
	}
	return append(args, more...)
}

// passwordFile writes a file as editors do, with a line end that is not part of the password.
func passwordFile(t *testing.T, password string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte(password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
