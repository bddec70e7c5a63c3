package report

import (
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// clients puts what each mail program would find by itself, and what the
// administrator should publish so that it finds the right thing.
func (v *view) clients() {
	if len(v.r.Clients) > 0 {
		v.heading("What mail programs find by themselves")
		for _, p := range v.r.Clients {
			v.blank()
			v.program(p)
		}
	}
	v.publications()
}

func (v *view) program(p mail.Program) {
	v.paragraph(2, v.ink.bold, p.Name)
	if p.Incoming == nil && p.Outgoing == nil {
		v.paragraph(4, v.ink.yellow, "nothing, as far as is known: its user types everything in")
	} else {
		v.programFinds("Receive", p.Incoming)
		v.programFinds("Send", p.Outgoing)
		v.programFact("User name", p.Username)
		if p.Source != "" {
			v.programFact("From", sourceWords(p.Source))
		}
	}
	if v.o.Verbose > 0 {
		for i, s := range p.Steps {
			words := s.Place + ": " + s.Outcome
			if s.Taken {
				words += "; it takes this"
			}
			v.programFact(onlyFirst(i, "Looks at"), words)
		}
	}
	for i, note := range p.Notes {
		v.programFact(onlyFirst(i, "Note"), note)
	}
}

func (v *view) programFinds(role string, e *mail.Endpoint) {
	if e == nil {
		v.programFact(role, "nothing, as far as is known: its user types it in")
		return
	}
	v.programFact(role, v.subjectWords(e.String()))
}

func (v *view) programFact(label, text string) { v.labelled(4, 15, label, text) }

// publications puts the records and documents to add, ready to paste: their
// lines are neither indented nor wrapped.
func (v *view) publications() {
	if len(v.r.Publish) == 0 {
		return
	}
	v.heading("To publish, so that mail programs find the right settings")
	for _, p := range v.r.Publish {
		v.blank()
		v.paragraph(2, v.ink.bold, p.Name)
		v.labelled(2, 13, "Why", p.Why)
		v.labelled(2, 13, "Helps", strings.Join(p.For, ", "))
		v.blank()
		for line := range strings.SplitSeq(strings.TrimRight(p.Content, "\n"), "\n") {
			v.line(v.text(line))
		}
	}
}
