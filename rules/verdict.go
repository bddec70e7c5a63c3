package rules

import (
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// The exit codes. Where several fit, the one that stands first counts.
const (
	exitInterrupted  = 130
	exitInconclusive = 3 // nothing could be tested from here
	exitNothing      = 4 // nothing published and nothing proved
	exitFinding      = 1 // a finding at or above the threshold
	exitFine         = 0
)

// noSuchDomain is the finding that settles what is published for a domain, whoever is asked.
const noSuchDomain = "dns.no-such-domain"

// ExitCode is the one place where exit codes come from, for a run and for a
// recorded one that is printed again with another threshold. Findings at or
// above failOn give 1; an empty failOn, or one that is no severity, means never.
//
// A report about which nothing was to be tested, because it only looks at what
// is published, is inconclusive only without a network or when nobody could say
// what is published, and fine otherwise unless nothing is published. What others
// publish for a domain that does not exist is nothing unless it was proved.
func ExitCode(r mail.Report, failOn mail.Severity, interrupted bool) int {
	gone := hasFinding(r.Findings, func(f mail.Finding) bool { return f.ID == noSuchDomain })
	probing := probed(r)
	published := slices.ContainsFunc(r.Candidates, func(c mail.Candidate) bool {
		return worthHaving(c) && (!gone || probing && c.Trust() == mail.TrustUser || c.Proof.Rank() >= mail.Handshake.Rank())
	})
	switch {
	case interrupted:
		return exitInterrupted
	case gone && !published:
		return exitNothing
	case inconclusive(r.Verdict) && (probing || !published || hasFinding(r.Findings, isOffline)):
		return exitInconclusive
	case relaysOutOfReach(r):
		return exitInconclusive
	case !published:
		return exitNothing
	case probing && hasFinding(r.Findings, func(f mail.Finding) bool { return atLeast(f.Severity, failOn) }):
		return exitFinding
	default:
		return exitFine
	}
}

// relaysOutOfReach reports whether the user asked for servers on port 25 alone,
// which belong to no role, and this network lets nobody get there.
func relaysOutOfReach(r mail.Report) bool {
	tested := func(c mail.Candidate) bool {
		return c.Trust() != mail.TrustUser || c.Proof.Rank() >= mail.Reachable.Rank()
	}
	return r.Verdict.Receive == mail.NoneSet && r.Verdict.Send == mail.NoneSet &&
		!slices.ContainsFunc(r.Candidates, tested) && hasFinding(r.Findings, func(f mail.Finding) bool { return f.ID == "net.port-25-blocked" })
}

// inconclusive reports whether no role was tested though one should have been.
func inconclusive(v mail.Verdict) bool {
	untested := func(s mail.State) bool { return s == mail.Unproven || s == mail.NoneSet }
	return untested(v.Receive) && untested(v.Send) && (v.Receive == mail.Unproven || v.Send == mail.Unproven)
}

// probed reports whether servers were asked, or should have been. What a source
// of settings left out, such as a guess that the domain rules out, was not to be asked.
func probed(r mail.Report) bool {
	asked := func(o mail.Observation) bool {
		return !o.Control && (o.Kind == mail.KindDial || o.Kind == mail.KindTLS || o.Kind == mail.KindSession) && isEndpoint(o.Subject)
	}
	return slices.ContainsFunc(r.Observations, asked) || len(r.Candidates) == 0 ||
		slices.ContainsFunc(r.NotChecked, func(n mail.NotChecked) bool { return isEndpoint(n.Subject) && n.Source == "" })
}

// isEndpoint reports whether a subject is an endpoint and not a name or a URL.
func isEndpoint(subject string) bool {
	_, err := mail.ParseEndpoint(subject)
	return err == nil && strings.Contains(subject, "://")
}

// worthHaving reports whether a candidate is published by somebody, or a guess
// that was proved. An MX is no setting, unless it is what the user asked about.
func worthHaving(c mail.Candidate) bool {
	if c.Trust() == mail.TrustUser {
		return true
	}
	return c.Role != mail.MX && (!c.Guessed() || c.Proof.Rank() >= mail.Handshake.Rank())
}

func hasFinding(findings []mail.Finding, match func(mail.Finding) bool) bool {
	return slices.ContainsFunc(findings, match)
}

// atLeast reports whether a severity reaches a threshold.
func atLeast(s, threshold mail.Severity) bool {
	return slices.Contains([]mail.Severity{mail.Critical, mail.Error, mail.Warning, mail.Notice, mail.OK}, threshold) &&
		s.Rank() <= threshold.Rank()
}

// judgeRoles sets the state of each role from its choices.
func (x *index) judgeRoles(choices []choice) {
	for _, role := range []mail.Role{mail.Incoming, mail.Outgoing} {
		of := slices.DeleteFunc(slices.Clone(choices), func(c choice) bool { return c.Role != role })
		x.state[role] = x.stateOf(role, of)
	}
}

// stateOf judges a role by its best usable setting. Settings that all failed are
// broken if they could be tested from here, or if it is this network alone that
// stops them and not the other role; where there is none, it is because
// none is known, or because nobody could be asked.
func (x *index) stateOf(role mail.Role, choices []choice) mail.State {
	usable := func(c choice) bool { return c.grade == gradeUsable }
	tested := func(c choice) bool { return c.server.tested() }
	switch {
	case slices.ContainsFunc(choices, func(c choice) bool { return usable(c) && c.server.signedIn() }):
		return mail.Works
	case slices.ContainsFunc(choices, usable):
		return mail.Ready
	case len(choices) == 0 && x.asked(role) && (x.offline() || x.unknowable(role)):
		return mail.Unproven
	case len(choices) == 0:
		return mail.NoneSet
	case x.cutOff(role, choices):
		x.cutHere = true
		return mail.Broken
	case x.offline() || !slices.ContainsFunc(choices, tested):
		return mail.Unproven
	default:
		return mail.Broken
	}
}

// cutOff reports whether this network lets nobody through to any setting of a
// role while the other role can be used: then it is sure that this one cannot
// be used from here, whatever its servers are like.
func (x *index) cutOff(role mail.Role, choices []choice) bool {
	other := mail.Incoming
	if role == mail.Incoming {
		other = mail.Outgoing
	}
	return x.usable[other] && !slices.ContainsFunc(choices, func(c choice) bool { return !c.server.walled })
}
