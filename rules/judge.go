package rules

import (
	"cmp"
	"slices"

	"github.com/mailmedic/mailmedic/mail"
)

// Judgement is what the rules make of the facts of a run.
type Judgement struct {
	Rules      []mail.Rule      // the rules behind the findings, each once, in the order of the findings
	Findings   []mail.Finding   // worst first
	Settings   []mail.Setting   // incoming before outgoing, best first, at most one of each preferred
	Candidates []mail.Candidate // with their proof, in the order of Compare
	Verdict    mail.Verdict
	Complete   bool // false when anything was not checked for grace or deadline
}

// Judge decides everything. Findings at or above failOn give exit code 1; an
// empty failOn means never.
func Judge(f Facts, failOn mail.Severity) Judgement {
	x := newIndex(f)
	choices := x.choose()
	x.judgeRoles(choices)
	found := x.apply(ruleBook())

	j := Judgement{Complete: complete(f.NotChecked) && !x.cutShort()}
	for _, c := range choices {
		j.Settings = append(j.Settings, c.Setting)
	}
	for _, c := range x.Candidates {
		c.Proof = x.serverAt(c.Endpoint).proof()
		j.Candidates = append(j.Candidates, c)
	}
	for _, d := range found {
		j.Findings = append(j.Findings, x.finding(d))
		if !slices.ContainsFunc(j.Rules, func(r mail.Rule) bool { return r.ID == d.rule.id }) {
			j.Rules = append(j.Rules, d.rule.declaration())
		}
	}
	j.Verdict = mail.Verdict{
		Receive: x.state[mail.Incoming],
		Send:    x.state[mail.Outgoing],
		Summary: x.summary(found),
	}
	j.Verdict.ExitCode = ExitCode(mail.Report{
		Verdict: j.Verdict, Candidates: j.Candidates, Findings: j.Findings,
		Observations: x.ordered, NotChecked: f.NotChecked,
	}, failOn, f.Interrupted)
	return j
}

// cutShort reports whether something was begun that the end of the run broke off.
func (x *index) cutShort() bool {
	return slices.ContainsFunc(x.ordered, func(o mail.Observation) bool { return failureClass(o) == mail.Deadline })
}

// complete reports whether nothing was left out for want of time.
func complete(notChecked []mail.NotChecked) bool {
	return !slices.ContainsFunc(notChecked, func(n mail.NotChecked) bool {
		return n.Why == mail.WhyGrace || n.Why == mail.WhyDeadline
	})
}

// A diagnosis is a hit with its rule.
type diagnosis struct {
	rule rule
	hit  hit
}

// apply asks the rules in their order, drops what an earlier one explains, and
// puts the rest in order.
func (x *index) apply(book []rule) []diagnosis {
	var found []diagnosis
	for _, r := range book {
		for _, h := range r.check(x) {
			d := diagnosis{r, h}
			for _, s := range h.servers {
				x.explained[s] = x.explained[s] || atLeast(x.severity(d), mail.Error)
			}
			if !slices.ContainsFunc(found, func(cause diagnosis) bool { return cause.silences(d) }) {
				found = append(found, d)
			}
		}
	}
	slices.SortStableFunc(found, x.compareDiagnoses)
	return found
}

// silences reports whether d explains a consequence.
func (d diagnosis) silences(consequence diagnosis) bool {
	return slices.ContainsFunc(d.rule.silences, func(s silence) bool {
		return s.means(consequence.rule.id) && s.covers(d.hit, consequence.hit)
	})
}

// compareDiagnoses puts the worst first, what is about no server before what
// is, receiving before sending, and then goes by name.
func (x *index) compareDiagnoses(a, b diagnosis) int {
	return cmp.Or(
		cmp.Compare(x.severity(a).Rank(), x.severity(b).Rank()),
		cmp.Compare(firstRole(a.hit), firstRole(b.hit)),
		cmp.Compare(a.rule.id, b.rule.id),
		cmp.Compare(a.hit.subject, b.hit.subject),
	)
}

// firstRole gives the place of the first role that a hit is about, -1 where it is about no server.
func firstRole(h hit) int {
	first := -1
	for _, s := range h.servers {
		for _, c := range s.candidates {
			if rank := roleRank(c.Role); first < 0 || rank < first {
				first = rank
			}
		}
	}
	return first
}

// severity weighs a diagnosis.
func (x *index) severity(d diagnosis) mail.Severity {
	switch {
	case d.hit.severity != "":
		return d.hit.severity
	case d.rule.weighed:
		return x.weigh(d.hit.servers)
	default:
		return d.rule.severity
	}
}

// weigh says how bad it is that none of the servers can be used: critical where
// a role has nothing else, an error where the domain itself publishes one or the
// user named it, since programs will pick it, and a warning where only others
// recommend it.
func (x *index) weigh(servers []*server) mail.Severity {
	worst := mail.Warning
	for _, s := range servers {
		for _, c := range s.candidates {
			if s.counts(c) && !x.usable[c.Role] {
				return mail.Critical
			}
			if c.Trust() != mail.TrustVouched && !c.Guessed() {
				worst = mail.Error
			}
		}
	}
	return worst
}

// finding renders a diagnosis.
func (x *index) finding(d diagnosis) mail.Finding {
	h, p, w := d.hit, x.params(d.hit), d.rule.wordsOf(d.hit)
	f := mail.Finding{
		ID:         d.rule.id,
		Severity:   x.severity(d),
		Subject:    h.subject,
		Title:      render(w.title, p),
		Detail:     render(w.detail, p),
		Fix:        render(w.fix, p),
		Owner:      cmp.Or(h.owner, d.rule.owner),
		Confidence: cmp.Or(h.confidence, d.rule.confidence),
		Evidence:   h.evidence,
		Because:    h.because,
		References: slices.Clone(d.rule.references),
	}
	for _, s := range h.servers {
		f.Evidence = append(f.Evidence, s.evidence()...)
		f.Because = append(f.Because, s.because()...)
		if s.text != h.subject {
			f.Affects = append(f.Affects, s.text)
		}
	}
	f.Evidence, f.Because = distinct(f.Evidence), distinct(f.Because)
	return f
}

// distinct gives the values in order, each once, and never nil.
func distinct(list []string) []string {
	sorted := slices.Clone(list)
	slices.Sort(sorted)
	return append([]string{}, slices.Compact(sorted)...)
}
