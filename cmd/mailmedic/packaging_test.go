package main

import (
	"bytes"
	"compress/gzip"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// A release writes the files that it packs with
//
//	go test ./cmd/mailmedic -run TestPackagedFiles -packaging DIR
var packaging = flag.String("packaging", "", "folder to write manual pages and completions to")

func TestPackagedFilesCoverEveryCommand(t *testing.T) {
	t.Parallel()
	dir := *packaging
	if dir == "" {
		dir = t.TempDir()
	}
	root := newRoot(systemStreams())
	writeCompletions(t, root, filepath.Join(dir, "completions"))
	writeManual(t, root, filepath.Join(dir, "man"))

	for _, command := range append(root.Commands(), root) {
		if command != root && !command.IsAvailableCommand() { // help itself
			continue
		}
		name := strings.ReplaceAll(command.CommandPath(), " ", "-")
		page := readGzip(t, filepath.Join(dir, "man", name+".1.gz"))
		if !strings.Contains(page, command.Short) {
			t.Errorf("the manual page of %s does not say what it is for", name)
		}
	}
	for _, name := range []string{"mailmedic.bash", "_mailmedic", "mailmedic.fish", "mailmedic.ps1"} {
		script, err := os.ReadFile(filepath.Join(dir, "completions", name))
		if err != nil {
			t.Fatal(err)
		}
		// The scripts ask the program itself what comes next.
		if !bytes.Contains(script, []byte("__complete")) {
			t.Errorf("%s completes nothing", name)
		}
	}
}

// writeCompletions writes the script of each shell under the name that its folder in a system wants.
func writeCompletions(t *testing.T, root *cobra.Command, dir string) {
	t.Helper()
	makeFolder(t, dir)
	for name, generate := range map[string]func(string) error{
		"mailmedic.bash": func(file string) error { return root.GenBashCompletionFileV2(file, true) },
		"_mailmedic":     root.GenZshCompletionFile,
		"mailmedic.fish": func(file string) error { return root.GenFishCompletionFile(file, true) },
		"mailmedic.ps1":  root.GenPowerShellCompletionFileWithDesc,
	} {
		if err := generate(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
}

// writeManual writes a compressed page for each command, dated by SOURCE_DATE_EPOCH where it is set.
func writeManual(t *testing.T, root *cobra.Command, dir string) {
	t.Helper()
	makeFolder(t, dir)
	root.DisableAutoGenTag = true // it would carry the day of the build
	header := &doc.GenManHeader{Section: "1", Source: "mailmedic", Manual: "mailmedic"}
	if err := doc.GenManTree(root, header, dir); err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob(filepath.Join(dir, "*.1"))
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		compress(t, page)
	}
}

func compress(t *testing.T, file string) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file+".gz", packed.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
}

func makeFolder(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
}

func readGzip(t *testing.T, file string) string {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
