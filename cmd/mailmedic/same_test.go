package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"
)

// demo runs the demo in this process and gives what it prints.
func demo(t *testing.T, args ...string) (stdout string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	s := &streams{in: strings.NewReader(""), out: &out, err: &errs, env: func(string) string { return "" }, unhurried: true}
	s.world.After = func(time.Duration) <-chan time.Time { return time.After(0) }
	code = Main(t.Context(), append([]string{"demo"}, args...), s)
	if code == exitUsage || code == exitFault {
		t.Errorf("exit code %d: %s", code, &errs)
	}
	return out.String(), code
}

// TestSameAnswersSameOutput plays every scenario twice with each command: both documents obey the
// schema, and only times differ. It runs alone: on a machine that stands still for a quarter of a
// second a race of addresses (RFC 8305) has another winner, and that is not meant here.
func TestSameAnswersSameOutput(t *testing.T) {
	schema, err := reportSchema("../../docs/report.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range scenarioNames() {
		for command, args := range map[string][]string{
			"check":    {name, "-f", "json"},
			"discover": {name, "-f", "json", "--command", "discover", "--clients"},
		} {
			if name == "test-lost" { // nobody waits here for what never comes
				args = append(args, "--timeout", "2s")
			}
			t.Run(name+" "+command, func(t *testing.T) {
				var first, second string
				var both sync.WaitGroup
				both.Go(func() { first, _ = demo(t, args...) })
				both.Go(func() { second, _ = demo(t, args...) })
				both.Wait()
				var document any
				if err := json.Unmarshal([]byte(first), &document); err != nil {
					t.Fatal(err)
				}
				if err := schema.Validate(document); err != nil {
					t.Error(err)
				}
				if a, b := withoutTimes(t, first), withoutTimes(t, second); a != b {
					t.Errorf("the output is not the same\n%s", firstDifference(a, b))
				}
			})
		}
	}
}

// withoutTimes removes what may differ between two runs against the same answers.
func withoutTimes(t *testing.T, document string) string {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(document), &value); err != nil {
		t.Fatal(err)
	}
	strip(value)
	clean, err := json.MarshalIndent(value, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(clean)
}

func strip(value any) {
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			if key == "started" || key == "at" || key == "message_id" || strings.HasSuffix(key, "_ms") {
				delete(v, key)
				continue
			}
			strip(inner)
		}
	case []any:
		for _, inner := range v {
			strip(inner)
		}
	}
}

func firstDifference(a, b string) string {
	as, bs := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(as), len(bs)) {
		if as[i] != bs[i] {
			from := max(0, i-12)
			return strings.Join(as[from:i+1], "\n") + "\n--- and the other run:\n" + bs[i]
		}
	}
	return "one is longer"
}
