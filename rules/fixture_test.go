package rules

import (
	"slices"
	"strings"
	"testing"

	"github.com/mailmedic/mailmedic/mail"
)

// A fixture is a run in which a rule finds something, or is tempted to.
type fixture struct {
	rule     string
	when     string
	world    *world
	title    string        // of the finding, whole; empty where the rule finds nothing
	severity mail.Severity // of the finding
}

func fixtures() []fixture {
	return slices.Concat(
		addressFixtures(), turnedAwayFixtures(), vantageFixtures(),
		blockFixtures(), portalFixtures(), clockFixtures(), packetFixtures(), interceptionFixtures(), smtpProxyFixtures(),
		networkFixtures(), resolverFixtures(), dnsFixtures(), familyFixtures(), declaredFixtures(), unheardFixtures(), providerFixtures(), connectionFixtures(), greetingFixtures(), modeFixtures(),
		certificateFixtures(), tlsFixtures(), alertFixtures(), certificateFactFixtures(), surveyFixtures(), sessionFixtures(), signInFixtures(), identityFixtures(), bindingFixtures(), mechanismFixtures(), mailboxFixtures(), proofFixtures(), sendFixtures(),
		conflictFixtures(), placesFixtures(), publishedFixtures(), mxFixtures(), safetyFixtures(), runFixtures(),
		roundTripFixtures(),
	)
}

func TestRulesFireWhereTheyShouldAndNowhereElse(t *testing.T) {
	t.Parallel()
	for _, f := range fixtures() {
		t.Run(f.rule+"/"+f.when, func(t *testing.T) {
			t.Parallel()
			j := f.world.judge()
			got, found := j.finding(f.rule)
			switch {
			case found != (f.title != ""):
				t.Fatalf("found is %v: %q; all findings: %v", found, got.Title, idsOf(j.Findings))
			case found && got.Title != f.title:
				t.Errorf("title\n got %q\nwant %q", got.Title, f.title)
			case found && got.Severity != f.severity:
				t.Errorf("severity %s, want %s", got.Severity, f.severity)
			}
			for _, g := range j.Findings {
				checkFinding(t, f.world, g)
			}
		})
	}
}

// checkFinding holds what is true of every finding.
func checkFinding(t *testing.T, w *world, f mail.Finding) {
	t.Helper()
	for _, text := range []string{f.Title, f.Detail, f.Fix} {
		if text == "" || strings.ContainsAny(text, "{}") || strings.Contains(text, "  ") {
			t.Errorf("%s: text %q", f.ID, text)
		}
		for _, advice := range []string{"accept the certificate", "accept all", "disable encryption", "switch off encryption", "ignore the"} {
			if strings.Contains(strings.ToLower(text), advice) {
				t.Errorf("%s: advises to %s: %q", f.ID, advice, text)
			}
		}
	}
	if strings.HasSuffix(f.Title, ".") {
		t.Errorf("%s: the title ends with a full stop: %q", f.ID, f.Title)
	}
	if !strings.HasSuffix(f.Detail, ".") && !strings.Contains(f.Detail, "said: ") {
		t.Errorf("%s: the detail is no sentence: %q", f.ID, f.Detail)
	}
	if f.Subject == "" || f.Owner == "" || f.Confidence == "" || f.Severity == "" || len(f.References) == 0 {
		t.Errorf("%s: something is missing: %+v", f.ID, f)
	}
	for _, id := range f.Evidence {
		if !slices.ContainsFunc(w.Observations, func(o mail.Observation) bool { return o.ID == id }) {
			t.Errorf("%s: evidence %q was not observed", f.ID, id)
		}
	}
	if slices.Contains(f.Affects, f.Subject) {
		t.Errorf("%s: the subject %s stands among the affected too", f.ID, f.Subject)
	}
}

func TestEveryRuleHasAFixtureForEachOutcome(t *testing.T) {
	t.Parallel()
	fires, rests := map[string]bool{}, map[string]bool{}
	for _, f := range fixtures() {
		if f.title == "" {
			rests[f.rule] = true
		} else {
			fires[f.rule] = true
		}
	}
	seen := map[string]bool{}
	for _, r := range ruleBook() {
		if seen[r.id] {
			t.Errorf("two rules are called %s", r.id)
		}
		seen[r.id] = true
		if !fires[r.id] || !rests[r.id] {
			t.Errorf("%s: a fixture where it fires: %v, one where it does not: %v", r.id, fires[r.id], rests[r.id])
		}
	}
	for _, f := range fixtures() {
		if !seen[f.rule] {
			t.Errorf("a fixture is about %s, which is no rule", f.rule)
		}
	}
}

func TestEveryVariantOfEveryRuleIsReached(t *testing.T) {
	t.Parallel()
	reached := map[string]bool{}
	for _, f := range fixtures() {
		x := newIndex(f.world.Facts)
		x.judgeRoles(x.choose())
		for _, d := range x.apply(ruleBook()) {
			reached[d.rule.id+"/"+d.hit.variant] = true
		}
	}
	for _, r := range ruleBook() {
		for variant := range r.variants {
			if !reached[r.id+"/"+variant] {
				t.Errorf("no fixture reaches the variant %q of %s", variant, r.id)
			}
		}
	}
}

func TestRulesAreDeclaredWhole(t *testing.T) {
	t.Parallel()
	for _, r := range ruleBook() {
		area, name, ok := strings.Cut(r.id, ".")
		if !ok || area == "" || name == "" || strings.ToLower(r.id) != r.id || strings.ContainsAny(r.id, "_ ") {
			t.Errorf("%q is not area.name in lower case", r.id)
		}
		if r.looksFor == "" || r.title == "" || r.detail == "" || r.fix == "" || r.owner == "" || r.confidence == "" || len(r.references) == 0 || r.check == nil {
			t.Errorf("%s: something is missing", r.id)
		}
		if r.severity.Rank() > mail.Notice.Rank() {
			t.Errorf("%s: severity %q", r.id, r.severity)
		}
		for _, s := range r.silences {
			for _, of := range s.of {
				if !slices.ContainsFunc(ruleBook(), func(other rule) bool { return silence{of: []string{of}}.means(other.id) }) {
					t.Errorf("%s silences %s, which is no rule", r.id, of)
				}
			}
		}
	}
}
