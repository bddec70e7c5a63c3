package check

import (
	"cmp"
	"slices"
	"time"

	"github.com/mailmedic/mailmedic/discover"
	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/rules"
)

// record is what a run knows and has told: every kind of run keeps one, from
// the header to the verdict. It is not safe for concurrent use.
type record struct {
	o       Options
	times   *timeouts
	target  mail.Target
	started time.Time
	emit    func(mail.Event)
	redact  *mail.Redactor

	book        *book
	notChecked  []mail.NotChecked // sorted
	interrupted bool
	unsent      string // why the test message that was asked for was not sent, "" where an observation says it
}

// begin opens the stream with its header.
func begin(command string, target mail.Target, o Options, emit func(mail.Event)) *record {
	r := &record{o: o, times: cmp.Or(o.times, newTimeouts(o.Unhurried)), target: target, started: time.Now(), emit: emit, book: newBook()}
	if r.o.Timeout == 0 {
		r.o.Timeout = DefaultTimeout
		if o.SendTest != nil {
			r.o.Timeout = SendTestTimeout
		}
	}
	if s := o.SignIn; s != nil {
		r.redact = mail.NewRedactor(s.Secret, target.Address, target.LocalPart(), s.Username)
	}
	emit(mail.Event{Header: &mail.Header{
		Schema: mail.Schema, Tool: o.Tool, Target: target, Started: r.started.UTC(), Command: command,
	}})
	return r
}

// take keeps and passes on what discovery says.
func (r *record) take(e mail.Event) {
	switch {
	case e.Candidate != nil:
		r.book.addCandidate(*e.Candidate)
		r.emit(e)
	case e.Observation != nil:
		r.observe(*e.Observation)
	default:
		r.emit(e)
	}
}

func (r *record) observe(o mail.Observation) {
	o = clean(r.redact, o)
	r.book.addObservation(o)
	r.emit(mail.Event{Observation: &o})
}

// skip notes what is not checked, in the order of the names.
func (r *record) skip(n mail.NotChecked) {
	i, known := slices.BinarySearchFunc(r.notChecked, n, func(a, b mail.NotChecked) int {
		return cmp.Or(cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.Why, b.Why), cmp.Compare(a.Source, b.Source))
	})
	if !known {
		r.notChecked = slices.Insert(r.notChecked, i, n)
	}
}

// unanswered notes the questions of discovery that were cut short, and those
// that it left out on purpose.
func (r *record) unanswered(found discover.Result, why mail.Why) {
	for _, pending := range found.Stopped {
		r.skip(mail.NotChecked{Subject: pending.Subject, Why: why, Source: pending.Source})
	}
	for _, left := range found.NotAsked {
		r.skip(mail.NotChecked{Subject: left.Subject, Why: mail.WhyPolicy, Source: left.Source, Detail: left.Why})
	}
}

// judge asks the rules and emits what they say, the verdict last.
func (r *record) judge(found discover.Result) mail.Closing {
	facts := r.facts(found)
	judgement := rules.Judge(facts, r.o.FailOn)
	for _, candidate := range judgement.Candidates {
		r.emit(mail.Event{Candidate: &candidate})
	}
	for _, rule := range judgement.Rules {
		r.emit(mail.Event{Rule: &rule})
	}
	for _, finding := range judgement.Findings {
		r.emit(mail.Event{Finding: &finding})
	}
	for _, setting := range judgement.Settings {
		r.emit(mail.Event{Setting: &setting})
	}
	closing := mail.Closing{
		Verdict:    judgement.Verdict,
		TookMS:     time.Since(r.started).Milliseconds(),
		Complete:   judgement.Complete,
		NotChecked: r.notChecked,
		Provider:   found.Provider,
		Services:   found.Services,
	}
	if r.o.Clients {
		closing.Clients, closing.Publish = rules.SimulateClients(facts)
	}
	r.emit(mail.Event{Verdict: &closing})
	return closing
}

// facts are what the rules are told.
func (r *record) facts(found discover.Result) rules.Facts {
	facts := rules.Facts{
		Target:       r.target,
		Now:          time.Now(),
		Provider:     found.Provider,
		Candidates:   r.book.candidateList(),
		Observations: r.book.observationList(),
		NotChecked:   r.notChecked,
		Interrupted:  r.interrupted,
	}
	if s := r.o.SignIn; s != nil {
		facts.SignIn, facts.Token, facts.Certificate = true, s.Token, s.ClientCertificate != nil
		facts.Secretless, facts.Oddity = s.Secret.IsZero(), s.Secret.Oddity()
		facts.Insecure, facts.Discovered = s.Insecure, s.TrustDiscovered
	}
	facts.Unsent = r.unsent
	return facts
}
