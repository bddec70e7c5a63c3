package check

import (
	"context"
	"time"

	"github.com/mailmedic/mailmedic/discover"
	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/probe"
	"github.com/mailmedic/mailmedic/rules"
	"github.com/mailmedic/mailmedic/wire"
)

// DefaultTimeout bounds a whole run.
const DefaultTimeout = 30 * time.Second

// Options are what a run may do. The zero value with a Network is a run without
// a sign-in.
type Options struct {
	Network    *wire.Network    // required; may be shared by runs
	Timeout    time.Duration    // of the whole run; 0 for DefaultTimeout
	Discovery  discover.Options // where to look
	SignIn     *SignIn          // nil for no sign-in
	FailOn     mail.Severity    // findings at or above it give exit code 1; "" for none
	Transcript bool             // keep the redacted conversations
	Tool       mail.Tool        // who reports
}

// SignIn says with what to sign in and how far to trust.
type SignIn struct {
	Username string // "" for the forms that the sources suggest
	Secret   mail.Secret

	Insecure        bool // send the secret although a certificate is bad
	TrustDiscovered bool // send the secret to hosts that only weak claims name

	// Consent asks the user about a host that only weak claims name. It is
	// called once for each host, from a goroutine of its own, and may block.
	// Nil when there is nobody to ask.
	Consent func(ctx context.Context, host string, sources []mail.Source) bool
}

// Run checks one target and emits the whole stream, header first, verdict last;
// emit is never called twice at once. It returns what the verdict event holds.
// When ctx is cancelled it reports what is known so far, with exit code 130.
// All that it started has ended when it returns.
func Run(ctx context.Context, target mail.Target, o Options, emit func(mail.Event)) mail.Closing {
	started := time.Now()
	emit(mail.Event{Header: &mail.Header{Schema: mail.Schema, Tool: o.Tool, Target: target, Started: started.UTC()}})
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	c := newConductor(ctx, target, o, started, emit)
	found := c.conduct(ctx)
	if c.fault.Load() != nil {
		c.wait()
	}
	closing := c.judge(found)
	c.wait()
	return closing
}

// judge asks the rules and emits what they say, the verdict last.
func (c *conductor) judge(found discover.Result) mail.Closing {
	facts := rules.Facts{
		Target:       c.target,
		Now:          time.Now(),
		Provider:     found.Provider,
		Candidates:   c.book.candidateList(),
		Observations: c.book.observationList(),
		NotChecked:   c.notChecked,
		Interrupted:  c.interrupted,
	}
	if s := c.o.SignIn; s != nil {
		facts.SignIn, facts.Insecure, facts.Discovered = true, s.Insecure, s.TrustDiscovered
	}
	judgement := rules.Judge(facts, c.o.FailOn)
	for _, candidate := range judgement.Candidates {
		c.emit(mail.Event{Candidate: &candidate})
	}
	for _, rule := range judgement.Rules {
		c.emit(mail.Event{Rule: &rule})
	}
	for _, finding := range judgement.Findings {
		c.emit(mail.Event{Finding: &finding})
	}
	for _, setting := range judgement.Settings {
		c.emit(mail.Event{Setting: &setting})
	}
	closing := mail.Closing{
		Verdict:    judgement.Verdict,
		TookMS:     time.Since(c.started).Milliseconds(),
		Complete:   judgement.Complete,
		NotChecked: c.notChecked,
		Provider:   found.Provider,
		Services:   found.Services,
	}
	c.emit(mail.Event{Verdict: &closing})
	return closing
}

// probeOptions are the same for every endpoint of a run.
func (c *conductor) probeOptions() probe.Options {
	return probe.Options{Transcript: c.o.Transcript, Redact: c.redact}
}
