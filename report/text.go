package report

import (
	"io"

	"github.com/fatih/color"

	"github.com/mailmedic/mailmedic/mail"
)

// textPrinter prints a run for people, to be read in ten seconds: the verdict,
// what to type in, what is wrong with who and how, then where to look further.
type textPrinter struct {
	w    io.Writer
	o    Options
	fold *Folder
}

func newText(w io.Writer, o Options) Printer { return &textPrinter{w, o, NewFolder()} }

func (p *textPrinter) Event(e mail.Event) error { return p.fold.Add(e) }

func (p *textPrinter) Close() error {
	v := newView(p.fold.Report(), p.o)
	v.verdict()
	v.settings()
	if v.o.Quiet {
		v.clients() // which are there only where they were asked for, as the surveys
		v.surveys()
	} else {
		v.details()
	}
	_, err := p.w.Write(v.buf.Bytes())
	return err
}

// details puts all but the answer itself.
func (v *view) details() {
	v.roundTrip()
	if v.discovers() { // where settings stand is the answer of such a run, what is wrong with them comes after it
		v.sources()
		v.guesses()
	}
	v.findings()
	if !v.discovers() {
		v.sources()
	}
	v.services()
	v.provider()
	v.clients()
	v.trail()
	v.servers()
	v.surveys()
	v.controls()
	v.observations()
	v.transcripts()
	v.foot()
}

// view is a report on its way to a page.
type view struct {
	*page
	o  Options
	r  mail.Report
	at map[string][]mail.Observation // what was observed at each subject; control hosts and the test message are apart

	claimed map[string]bool // ids of the observations that something was taken from
}

func newView(r mail.Report, o Options) *view {
	v := &view{page: newPage(o, r.Target), o: o, r: r, at: map[string][]mail.Observation{}, claimed: map[string]bool{}}
	for _, observation := range r.Observations {
		if observation.Control || isTest(observation) {
			continue
		}
		v.at[observation.Subject] = append(v.at[observation.Subject], observation)
	}
	for _, c := range r.Candidates {
		for _, claim := range c.Claims {
			v.claim(claim.Evidence)
		}
	}
	for _, s := range r.Services {
		v.claim(s.Evidence)
	}
	return v
}

func (v *view) claim(evidence []string) {
	for _, id := range evidence {
		v.claimed[id] = true
	}
}

func (v *view) interrupted() bool { return v.r.Verdict.ExitCode == exitInterrupted }

// heading opens a section of the details.
func (v *view) heading(title string) {
	v.blank()
	v.paragraph(0, v.ink.bold, title)
}

// verdict puts the answer in one sentence.
func (v *view) verdict() {
	v.paragraph(0, v.verdictPen(), v.r.Verdict.Summary)
}

func (v *view) verdictPen() *color.Color {
	pen := v.ink.green
	for _, state := range []mail.State{v.r.Verdict.Receive, v.r.Verdict.Send} {
		switch state {
		case mail.Broken:
			return v.ink.red
		case mail.Unproven:
			pen = v.ink.yellow
		case mail.Works, mail.Ready, mail.NoneSet:
		}
	}
	if v.r.Verdict.Receive == mail.NoneSet && v.r.Verdict.Send == mail.NoneSet {
		return v.ink.yellow
	}
	return pen
}
