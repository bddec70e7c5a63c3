package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// tone is how an outcome feels.
type tone int

const (
	open tone = iota // not known
	good
	bad
)

// outcome is what was proved of a setting, in words.
type outcome struct {
	words string
	tone  tone
}

// outcome says what came of trying s. What was not tried is never called broken.
func (v *view) outcome(s mail.Setting) outcome {
	seen := v.at[s.Endpoint.String()]
	switch {
	case s.Proof == mail.RoundTrip && s.Role == mail.Outgoing:
		return outcome{"a message went out and arrived", good}
	case s.Proof == mail.RoundTrip:
		return outcome{"a message arrived" + mailboxWords(seen), good}
	case v.refusedTest(s):
		return outcome{"signed in, and a test message was refused" + v.below(), bad}
	case v.refusedAfterSignIn(s, seen):
		return outcome{"signed in, and then refused" + v.below(), bad}
	case s.Proof == mail.SignedIn:
		return outcome{"signed in" + mailboxWords(seen), good}
	case authFailed(seen, mail.AuthRejected):
		return outcome{"sign-in refused" + v.below(), bad}
	case authFailed(seen, ""):
		return outcome{"sign-in failed" + v.below(), bad}
	case s.Proof == mail.Handshake && v.blamed(s):
		return outcome{"sign-in not tested" + v.below(), open}
	case s.Proof == mail.Handshake && s.Endpoint.Security == mail.None:
		return outcome{"answers, sign-in not tested", good}
	case s.Proof == mail.Handshake:
		return outcome{"secure connection works, sign-in not tested", good}
	}
	return v.unproved(s, seen)
}

// stoppedHere reports whether it is this network that lets nobody through to s.
func (v *view) stoppedHere(s mail.Setting) bool {
	subject := s.Endpoint.String()
	return slices.ContainsFunc(v.r.Findings, func(f mail.Finding) bool {
		return strings.HasPrefix(f.ID, "net.") && f.Owner == mail.OwnerNetwork && (f.Subject == subject || slices.Contains(f.Affects, subject))
	})
}

// blamed reports whether something that is wrong breaks s although the server
// answers: an account that is locked, or a way to sign in that it lacks.
func (v *view) blamed(s mail.Setting) bool {
	subject := s.Endpoint.String()
	return slices.ContainsFunc(v.r.Findings, func(f mail.Finding) bool {
		return f.Severity.Rank() <= mail.Error.Rank() && (f.Subject == subject || slices.Contains(f.Affects, subject))
	})
}

// stateOf gives the verdict on the role of s.
func (v *view) stateOf(s mail.Setting) mail.State {
	if s.Role == mail.Outgoing {
		return v.r.Verdict.Send
	}
	return v.r.Verdict.Receive
}

// unproved tells what is broken from what was not tested.
func (v *view) unproved(s mail.Setting, seen []mail.Observation) outcome {
	switch {
	case len(seen) == 0:
		return v.untested(s)
	case v.stateOf(s) == mail.Unproven:
		return outcome{"could not be tested from here", open}
	case broken(seen) && v.stoppedHere(s):
		return outcome{"cannot be reached from this network" + v.below(), bad}
	case broken(seen):
		return outcome{"broken" + v.below(), bad}
	case s.Proof == mail.Reachable:
		return outcome{"answers, not fully tested" + v.whyNot(s), open}
	}
	return v.untested(s)
}

// untested says that nobody tried s, and why if that is known.
func (v *view) untested(s mail.Setting) outcome {
	words := "published, not tested"
	switch s.Trust {
	case mail.TrustGuess:
		words = "a guess, not tested"
	case mail.TrustUser:
		words = "named by you, not tested"
	default:
	}
	return outcome{words + v.whyNot(s), open}
}

// below points to the findings, where there are any on the page.
func (v *view) below() string {
	if v.o.Quiet || len(v.shownFindings()) == 0 {
		return ""
	}
	return ", see below"
}

func (v *view) whyNot(s mail.Setting) string {
	subject := s.Endpoint.String()
	for _, n := range v.r.NotChecked {
		if n.Subject == subject {
			return " because " + v.whyNotChecked(n)
		}
	}
	return ""
}

// broken reports whether a connection failed for a reason that lies with the
// server or the way to it, rather than with the run's time or rules. Of several
// addresses that were dialled one is enough.
func broken(seen []mail.Observation) bool {
	dialled := false
	for _, o := range seen {
		dialled = dialled || o.Kind == mail.KindDial && o.Failure == nil
	}
	for _, o := range seen {
		if o.Failure == nil || o.Kind == mail.KindDial && dialled || isAttempt(o) {
			continue
		}
		if o.Failure.Class != mail.Deadline && o.Failure.Class != mail.PolicyRefused {
			return true
		}
	}
	return false
}

// authFailed reports whether a sign-in failed, with the class if one is given.
func authFailed(seen []mail.Observation, class mail.Class) bool {
	for _, o := range seen {
		if o.Kind == mail.KindAuth && o.Failure != nil && (class == "" || o.Failure.Class == class) {
			return true
		}
	}
	return false
}

// refusedAfterSignIn reports whether a server that somebody signed in to opened
// no mailbox, or took no mail for good. A refused recipient says that only
// where nothing else can be used for sending.
func (v *view) refusedAfterSignIn(s mail.Setting, seen []mail.Observation) bool {
	return slices.ContainsFunc(seen, func(o mail.Observation) bool {
		switch {
		case o.Failure == nil:
			return false
		case o.Kind == mail.KindMailbox:
			return o.Failure.Class == mail.ProtocolFault
		case o.SendFacts != nil:
			final := strings.HasPrefix(cmp.Or(o.RcptReply, o.MailReply), "5")
			return final && o.Failure.Class == mail.PolicyRefused && (o.RcptReply == "" || v.stateOf(s) == mail.Broken)
		}
		return false
	})
}

// mailboxWords says what the mailbox holds: " · 1204 messages · 62 % of quota".
func mailboxWords(seen []mail.Observation) string {
	var b strings.Builder
	for _, o := range seen {
		if o.MailboxFacts == nil || o.Failure != nil {
			continue
		}
		b.WriteString(" · " + count(o.Messages, "message"))
		if q := o.Quota; q != nil && q.Limit > 0 {
			fmt.Fprintf(&b, " · %d %% of quota", q.Percent())
		}
	}
	return b.String()
}
