package rules

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

var updateReference = flag.Bool("update", false, "write docs/findings.md anew")

const referenceFile = "../docs/findings.md"

// TestTheListOfFindingsIsWhatTheRulesSay holds docs/findings.md to the rules as they are.
func TestTheListOfFindingsIsWhatTheRulesSay(t *testing.T) {
	t.Parallel()
	var page bytes.Buffer
	page.WriteString("<!-- Made of the rules: go test ./rules -run ListOfFindings -update -->\n\n# Findings\n\n")
	page.WriteString("Every finding has a stable id. The severity is the one that a rule has by itself; it is milder where the\nrest of the run shows that mail works all the same.\n\n")
	page.WriteString("| id | severity | who acts | what it looks for | see |\n|--|--|--|--|--|\n")
	all := ruleBook()
	slices.SortFunc(all, func(a, b rule) int { return cmp.Compare(a.id, b.id) })
	for _, r := range all {
		fmt.Fprintf(&page, "| `%s` | %s | %s | %s | %s |\n", r.id, r.severity, r.owner, r.looksFor, strings.Join(r.references, ", "))
	}
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
		t.Error("docs/findings.md is not what the rules say; go test ./rules -run ListOfFindings -update")
	}
}
