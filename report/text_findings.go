package report

import (
	"slices"
	"strings"

	"github.com/fatih/color"

	"github.com/mailmedic/mailmedic/mail"
)

// findings puts what is wrong, worst first: what it is, what it means, who acts
// and what they do. Findings that differ in their title only share the rest.
func (v *view) findings() {
	for _, group := range grouped(v.shownFindings()) {
		v.blank()
		for _, f := range group {
			v.title(f)
		}
		v.consequence(group)
	}
}

// shownFindings gives the findings for the page: without -v only what needs action.
func (v *view) shownFindings() []mail.Finding {
	var shown []mail.Finding
	for _, f := range v.r.Findings {
		if v.o.Verbose > 0 || f.Severity.Rank() < mail.Notice.Rank() {
			shown = append(shown, f)
		}
	}
	slices.SortStableFunc(shown, func(a, b mail.Finding) int { return a.Severity.Rank() - b.Severity.Rank() })
	return shown
}

// grouped puts together the findings that say the same in other places, each
// group where its first stands.
func grouped(findings []mail.Finding) [][]mail.Finding {
	var groups [][]mail.Finding
next:
	for _, f := range findings {
		for i := range groups {
			if sameAdvice(groups[i][0], f) {
				groups[i] = append(groups[i], f)
				continue next
			}
		}
		groups = append(groups, []mail.Finding{f})
	}
	return groups
}

func sameAdvice(a, b mail.Finding) bool {
	return a.ID == b.ID && a.Severity == b.Severity && a.Confidence == b.Confidence &&
		a.Detail == b.Detail && a.Fix == b.Fix && a.Owner == b.Owner
}

func (v *view) title(f mail.Finding) {
	mark, pen := v.mark(f.Severity)
	v.prose("  "+pen.Sprint(mark)+" ", 4, v.ink.bold, f.Title)
}

func (v *view) consequence(group []mail.Finding) {
	f := group[0]
	if f.Detail != "" {
		v.paragraph(v.adviceIndent(), v.ink.none, f.Detail)
	}
	if f.Fix != "" {
		v.advice("Who acts", ownerWords(f.Owner, v.r.Target.DisplayDomain()))
		v.advice("Fix", f.Fix)
	}
	v.advice("How sure", confidenceWords(f.Confidence))
	if v.o.Verbose > 0 {
		v.grounds(group)
	}
}

// grounds says what findings are about and what they rest on.
func (v *view) grounds(group []mail.Finding) {
	for _, f := range group {
		v.advice("About", v.subjectList(append([]string{f.Subject}, f.Affects...)))
		v.advice("Seen in", strings.Join(f.Evidence, ", "))
		v.advice("Because", strings.Join(f.Because, ", "))
	}
	v.advice("Rule", group[0].ID)
	v.advice("See also", strings.Join(group[0].References, ", "))
}

func (v *view) advice(label, text string) {
	v.labelled(v.adviceIndent(), v.adviceIndent()+11, label, text)
}

func (v *view) adviceIndent() int {
	if v.narrow() {
		return 4
	}
	return 6
}

func (v *view) subjectList(subjects []string) string {
	var list []string
	for _, s := range subjects {
		if s = v.subjectWords(s); s != "" && !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return strings.Join(list, ", ")
}

// mark gives the sign of a severity and its colour.
func (v *view) mark(s mail.Severity) (string, *color.Color) {
	switch s {
	case mail.Critical, mail.Error:
		return v.sign("✗", "x"), v.ink.red
	case mail.Warning:
		return "!", v.ink.yellow
	case mail.Notice:
		return "i", v.ink.cyan
	case mail.OK:
		return v.sign("✓", "+"), v.ink.green
	}
	return "?", v.ink.none
}

func (v *view) sign(utf8, ascii string) string {
	if v.page.ascii {
		return ascii
	}
	return utf8
}
