package discover

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mailmedic/mailmedic/lab"
	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

// worldSummary is what discovery makes of a world, for people who compare.
type worldSummary struct {
	Claims   []string            `json:"claims"`
	Services []string            `json:"services"`
	NotAsked []string            `json:"not_asked"`
	Notes    map[string][]string `json:"notes"` // by observation
	Provider *mail.Provider      `json:"provider"`
}

func TestTheWorldsOfDiscovery(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("..", "testdata", "world", "case", "discovery-*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatal("there are no worlds", err)
	}
	got := map[string]worldSummary{}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		got[name] = summaryOf(t, file)
		for range 2 { // the same answers give the same result
			if diff := diffOf(got[name], summaryOf(t, file)); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	}
	text, err := json.MarshalIndent(got, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "worlds.golden.json")
	if *update {
		if err := os.WriteFile(golden, append(text, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := diffOf(string(want), string(text)+"\n"); diff != "" {
		t.Error(diff)
	}
}

func summaryOf(t *testing.T, file string) worldSummary {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := lab.Parse(file, text)
	if err != nil {
		t.Fatal(err)
	}
	running, err := parsed.Start(t.Context(), lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer running.Close()
	network, err := wire.New(running.Network())
	if err != nil {
		t.Fatal(err)
	}
	defer network.Close()
	w := &world{t, running, network}
	out := w.discover(parsed.Demo.Address, Options{}, mail.Incoming, mail.Outgoing)
	j := running.Journal()
	for _, asked := range slices.Concat(j.Requests, j.Posts) {
		if strings.Contains(asked, "anna") && !strings.Contains(asked, parsed.Demo.Address[len("anna@"):]+"/") {
			t.Errorf("the address went to %s", asked)
		}
	}
	s := worldSummary{Claims: out.claims(), Services: out.published(), Notes: map[string][]string{}, Provider: out.Provider}
	for _, n := range out.NotAsked {
		s.NotAsked = append(s.NotAsked, string(n.Source)+" "+n.Subject+": "+n.Why)
	}
	for id, o := range out.observations {
		if len(o.Notes) > 0 {
			s.Notes[id] = o.Notes
		}
	}
	return s
}
