package report

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mailmedic/mailmedic/mail"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// streams are the recorded runs that every printer is tested with.
func streams() []string {
	return []string{
		"works", "cannot-send", "wrong-password", "nothing-published", "no-network",
		"null-mx", "domain-only", "interrupted", "broken-only", "hostile",
		"discover", "discover-guesses", "discover-hostile", "probe", "survey", "compared", "test-message",
	}
}

func streamBytes(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "testdata", "stream", name+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func streamEvents(t *testing.T, name string) []mail.Event {
	t.Helper()
	return readAll(t, streamBytes(t, name))
}

func readAll(t *testing.T, data []byte) []mail.Event {
	t.Helper()
	var events []mail.Event
	err := Read(bytes.NewReader(data), func(e mail.Event) error {
		events = append(events, e)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return events
}

// printed gives what a printer writes for events.
func printed(t *testing.T, format string, o Options, events []mail.Event) []byte {
	t.Helper()
	var out bytes.Buffer
	p, err := New(format, &out, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if err := p.Event(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// golden compares got with a file of testdata, or writes it.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; make it with go test ./report -update", err)
	}
	if diff := cmp.Diff(lines(want), lines(got)); diff != "" {
		t.Errorf("%s differs (-want +got); go test ./report -update rewrites it:\n%s", path, diff)
	}
}

func lines(data []byte) []string { return strings.Split(string(data), "\n") }
