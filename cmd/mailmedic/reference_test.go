package main

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

var updateReference = flag.Bool("update", false, "write docs/reference.md anew")

const referenceFile = "../../docs/reference.md"

// TestTheReferenceIsWhatHelpSays holds docs/reference.md to the commands and flags as they are.
func TestTheReferenceIsWhatHelpSays(t *testing.T) {
	t.Parallel()
	root := newRoot(systemStreams())
	root.DisableAutoGenTag = true
	var page bytes.Buffer
	page.WriteString("<!-- Made of the commands' own help: go test ./cmd/mailmedic -run Reference -update -->\n\n# Commands\n\n")
	writeReference(t, &page, root)
	if *updateReference {
		if err := os.WriteFile(referenceFile, page.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(referenceFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(kept, page.Bytes()) {
		t.Error("docs/reference.md is not what the commands say; go test ./cmd/mailmedic -run Reference -update")
	}
}

// writeReference writes a command and those below it, one after another, without the links between pages.
func writeReference(t *testing.T, page *bytes.Buffer, command *cobra.Command) {
	t.Helper()
	var one bytes.Buffer
	if err := doc.GenMarkdownCustom(command, &one, func(name string) string { return "#" + strings.TrimSuffix(name, ".md") }); err != nil {
		t.Fatal(err)
	}
	text, _, _ := strings.Cut(one.String(), "### SEE ALSO")
	page.WriteString(strings.TrimSpace(text) + "\n\n")
	for _, below := range command.Commands() {
		if below.IsAvailableCommand() && below.Name() != "completion" {
			writeReference(t, page, below)
		}
	}
}
