package probe

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

const (
	// surveyStep bounds one connection of a survey. A server that delays its
	// greeting longer than that is not asked thirty times.
	surveyStep = 10 * time.Second
	// surveyPause is how long a server is left alone that turns a connection
	// away. Most limits count connections in a minute or at one time; who still
	// is over one after this wants no survey.
	surveyPause = 3 * time.Second
)

// A SurveyEnd says how a survey ended.
type SurveyEnd string

// The ends.
const (
	SurveyDone       SurveyEnd = "done"        // with all that could be found out
	SurveyLate       SurveyEnd = "late"        // with the time
	SurveyTurnedAway SurveyEnd = "turned away" // by the server, who wants no more connections
)

// Surveyable reports whether TLS was spoken in the session, so that there is
// something to survey.
func (s *Session) Surveyable() bool {
	if s.shaken == nil {
		return false
	}
	if s.shaken.Failure == nil {
		return true
	}
	switch s.shaken.Failure.Class {
	case mail.TLSNotSpoken, mail.Deadline, mail.PolicyRefused:
		return false
	}
	return true
}

// Endpoint gives what the session is with.
func (s *Session) Endpoint() mail.Endpoint { return s.endpoint }

// Peer gives the address that the session is or was with, the zero Addr where
// no connection was made.
func (s *Session) Peer() netip.Addr {
	if s.conn == nil {
		return netip.Addr{}
	}
	return s.conn.Peer()
}

// Survey finds out over many further connections, one after another, what the
// server of a session takes of all that TLS has: versions, suites, groups, and
// what it does without a server name. While one is asked, three that were asked
// before may still be ending. The session must have been closed. It makes 150
// connections at most, pauses once where the server turns one away, and stops
// the second time. The observation tells what is known by then, or when
// ctx ends; it is of kind tls and has the ID "tls:" endpoint "#" address "/survey".
func (s *Session) Survey(ctx context.Context, n *wire.Network) (mail.Observation, SurveyEnd) {
	began := time.Now()
	if end, bounded := ctx.Deadline(); bounded {
		var stop context.CancelFunc
		ctx, stop = context.WithDeadline(ctx, end.Add(-margin))
		defer stop()
	}
	l, p := s.newLedger(), newPartings()
	defer p.await()
	for next, more := l.next(); more; next, more = l.next() {
		l.learn(next, s.take(ctx, n, next, p))
	}
	l.stopped = s.clean(l.stopped)
	return mail.Observation{
		ID: "tls:" + s.endpoint.String() + "#" + s.Peer().String() + "/survey", Kind: mail.KindTLS, Subject: s.endpoint.String(),
		Address: s.Peer().String(), At: began, TookMS: time.Since(began).Milliseconds(),
		TLSFacts: &mail.TLSFacts{ServerName: s.shaken.ServerName, Attempt: "survey", Survey: l.facts()},
	}, l.end
}

func (s *Session) newLedger() *ledger {
	l := newLedger()
	l.named, l.alpn, l.spoke = s.shaken.ServerName != "", string(s.endpoint.Protocol), s.shaken.Version
	// Who has to show a certificate of his own is not let in without one, whatever else he sends.
	known := s.shaken.ClientCertificateAnswer != "" || s.shaken.ClientCertificate == mail.CertificateRequired
	if len(s.shaken.Certificates) > 0 && s.unshaken == nil && !known {
		l.shown = &s.shaken.Certificates[0]
	}
	return l
}

// take makes the connection of one step.
func (s *Session) take(ctx context.Context, n *wire.Network, next step, p *partings) reply {
	if next.wait {
		p.oneByOne()
		pause := time.NewTimer(surveyPause)
		defer pause.Stop()
		select {
		case <-ctx.Done():
		case <-pause.C:
		}
	}
	if tooLate(ctx) {
		return reply{verdict: cutShort}
	}
	own, stop := context.WithTimeout(ctx, surveyStep)
	defer stop()
	other := s.silent()
	part := func() { other.Close(own) }
	defer func() { part() }()
	var r reply
	f := other.approach(own, n, s.Peer())
	if f != nil {
		r.verdict = turnedAway
	} else {
		r, f = other.begin(own, next)
	}
	if version := r.choice.Version; version != 0 {
		part = func() {
			p.begin(func() {
				other.conn.Leave(ctx, version)
				other.Close(ctx)
			})
		}
	}
	if f != nil {
		r.why = f.Detail
	}
	if r.verdict != taken && r.verdict != refused && tooLate(ctx) {
		return reply{verdict: cutShort}
	}
	return r
}

// tooLate reports whether ctx is over, or leaves so little time that a wait
// within it is over already.
func tooLate(ctx context.Context) bool {
	end, bounded := ctx.Deadline()
	return ctx.Err() != nil || bounded && time.Until(end) < 2*margin
}

// begin begins the handshake of a step.
func (s *Session) begin(ctx context.Context, next step) (r reply, f *mail.Failure) {
	switch {
	case next.aim == aimName:
		r.presentation, f = s.conn.Present(ctx, false)
	case next.aim == aimALPN:
		r.presentation, f = s.conn.Present(ctx, true, string(s.endpoint.Protocol))
	default:
		r.choice, f = s.conn.Offer(ctx, next.offer)
	}
	const internalError = 80 // RFC 8446 section 6.2
	if r.verdict = verdictOf(f); r.verdict == refused && r.choice.Alert == internalError {
		r.verdict = choked
	}
	return r, f
}

// verdictOf says what a failure of a handshake says about what was offered.
func verdictOf(f *mail.Failure) verdict {
	if f == nil {
		return taken
	}
	switch f.Class {
	case mail.TLSAlert, mail.TLSVersion:
		return refused
	case mail.Closed, mail.Reset:
		return hungUp
	}
	return unclear
}

// facts gives what is known.
func (l *ledger) facts() *mail.TLSSurvey {
	facts := &mail.TLSSurvey{
		Groups: []string{}, GroupsComplete: l.groupsComplete(), PostQuantum: l.postQuantum(), DHBits: l.dhBits,
		ALPN: l.answer, WithoutName: l.without, OtherCertificate: l.other,
		Connections: l.connections, Stopped: l.stopped,
	}
	for _, id := range l.groups {
		facts.Groups = append(facts.Groups, wire.GroupName(id))
	}
	for _, v := range l.versions {
		facts.Versions = append(facts.Versions, v.facts(l.spoke))
	}
	return facts
}

// facts gives what is known of a version; spoke is the one of the usual
// handshake, which is offered whatever the survey saw.
func (v *surveyedVersion) facts(spoke string) mail.SurveyedVersion {
	facts := mail.SurveyedVersion{Version: wire.VersionName(v.id), Offered: v.offered, Order: v.order()}
	switch {
	case v.offered != mail.Yes && facts.Version == spoke:
		facts.Offered = mail.Yes
	case v.offered != mail.NotKnown:
		facts.Suites = []string{}
		facts.Complete = v.offered == mail.No || v.complete || len(v.left)+len(v.aside) == 0
	}
	for _, id := range v.suites {
		facts.Suites = append(facts.Suites, wire.SuiteName(id))
	}
	return facts
}

// groupsComplete reports whether no group is left of which nothing is known.
func (l *ledger) groupsComplete() bool {
	v := l.newest()
	switch {
	case v == nil, l.groupsUnclear:
		return false
	case l.groupsDone, len(l.openGroups()) == 0:
		return true
	}
	return v.id < wire.SurveyVersions()[0] && v.complete && len(v.withCurves()) == 0
}

// postQuantum tells whether a group that withstands quantum computers is taken.
// There is none before TLS 1.3.
func (l *ledger) postQuantum() mail.Fact {
	newest := l.version(wire.SurveyVersions()[0])
	switch {
	case slices.ContainsFunc(l.groups, wire.PostQuantum):
		return mail.Yes
	case newest.offered == mail.No, newest.offered == mail.Yes && l.groupsComplete():
		return mail.No
	}
	return mail.NotKnown
}
