package probe

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

// maxSurvey is how many connections a survey makes at most. A server of today
// takes about thirty, one that takes everything that was ever in use, in five
// versions, more than anybody should ask for.
const maxSurvey = 150

// A ledger is what a survey knows so far.
type ledger struct {
	named bool              // the server is asked for by a name
	alpn  string            // the protocol's own name
	shown *mail.Certificate // what the usual handshake showed; nil where it failed
	spoke string            // the version of the usual handshake

	versions      []*surveyedVersion // newest first
	groups        []uint16           // that are taken in the newest version
	groupsDone    bool               // no more of them are asked for
	groupsUnclear bool               // since an answer told nothing
	parted        bool               // nothing new was left in suites and groups of TLS 1.3 at once
	dhBits        int
	asked         map[aim]bool
	answer        mail.ALPNAnswer
	without       mail.NameDependence
	other         *mail.Certificate

	worked      *step   // the first whose offer was taken
	doubt       *step   // the last, when it is not clear whether its answer was one
	doubtful    verdict // what it was, if the server still answers others
	again       *step   // the last, when the server turned it away for the moment
	turns       int     // how often it did
	silences    int     // how often it gave no answer, before it gave any
	connections int
	end         SurveyEnd
	stopped     string // why nothing more is asked, "" while it goes on
}

// A verdict is what a connection of a survey says about its offer.
type verdict string

const (
	taken      verdict = "taken"
	refused    verdict = "refused"     // with an alert
	choked     verdict = "choked"      // with the alert for an error of its own: it chose what it cannot do
	hungUp     verdict = "hung up"     // without a word, which may be a refusal
	unclear    verdict = "unclear"     // no answer in time, or one that makes no sense
	turnedAway verdict = "turned away" // it did not come to a handshake
	cutShort   verdict = "cut short"   // by the end of the run
)

// A reply is what came of a step.
type reply struct {
	verdict      verdict
	choice       wire.Choice       // of an offer that was taken
	presentation wire.Presentation // likewise of a whole handshake
	why          string            // in words, where it was not taken
}

func newLedger() *ledger {
	l := &ledger{asked: map[aim]bool{}, end: SurveyDone}
	for _, id := range wire.SurveyVersions() {
		l.versions = append(l.versions, &surveyedVersion{id: id, left: wire.SurveySuites(id)})
	}
	return l
}

// learn takes in what came of a step.
func (l *ledger) learn(s step, r reply) {
	l.connections++
	l.again = nil
	s.wait = false
	switch {
	case r.verdict == cutShort:
		l.end, l.stopped = SurveyLate, "the time was over"
	case r.verdict == turnedAway:
		l.turnAway(s, r.why)
	case s.aim == aimControl && r.verdict == taken:
		doubt := *l.doubt
		l.doubt = nil
		l.settle(doubt, reply{verdict: l.doubtful})
	case s.aim == aimControl:
		l.end, l.stopped = SurveyTurnedAway, "the server no longer answers what it has answered before: "+r.why
	case failedByChoice(s, r) && l.putAside(s.offer.Versions):
	case (r.verdict == hungUp || r.verdict == unclear) && l.worked != nil:
		l.doubt, l.doubtful = &s, unclear
		if r.verdict == hungUp {
			l.doubtful = refused
		}
	default:
		l.settle(s, r)
		l.mind(r)
	}
	if _, more := l.next(); more && l.connections == maxSurvey {
		l.stopped = fmt.Sprintf("it would have taken more than %d connections", maxSurvey)
	}
}

// mind notes that a server gave no answer before it gave any. One that stays
// silent whatever it is offered costs the whole time of a step each time.
func (l *ledger) mind(r reply) {
	if l.worked != nil || r.verdict != unclear {
		return
	}
	if l.silences++; l.silences > 1 {
		l.stopped = "the server gives no answer that makes sense: " + r.why
	}
}

// turnAway notes that the server wants no more connections for the moment: it
// gets a pause once.
func (l *ledger) turnAway(s step, why string) {
	if l.turns++; l.turns > 1 {
		l.end, l.stopped = SurveyTurnedAway, "the server turned further connections away: "+why
		return
	}
	s.wait = true
	l.again = &s
}

// failedByChoice reports whether the server may have chosen a suite with
// Diffie-Hellman over integers and failed at it: Dovecot without parameters hangs up then.
func failedByChoice(s step, r reply) bool {
	asks := s.aim == aimVersions || s.aim == aimSuites
	return asks && (r.verdict == choked || r.verdict == hungUp) && slices.ContainsFunc(s.offer.Suites, notOverIntegers)
}

// putAside leaves the suites of versions with Diffie-Hellman over integers for
// the end, so that a server that fails at them shows what else it takes. It
// reports whether that was news.
func (l *ledger) putAside(versions []uint16) bool {
	news := false
	for _, version := range versions {
		v := l.version(version)
		for _, id := range v.left {
			if overIntegers(id) {
				v.aside, news = append(v.aside, id), true
			}
		}
		v.left = slices.DeleteFunc(slices.Clone(v.left), overIntegers)
	}
	return news
}

func overIntegers(suite uint16) bool    { return strings.HasPrefix(wire.SuiteName(suite), "TLS_DH") }
func notOverIntegers(suite uint16) bool { return !overIntegers(suite) }

// settle enters an answer.
func (l *ledger) settle(s step, r reply) {
	if r.verdict == taken && l.worked == nil && len(s.offer.Versions) > 0 {
		l.worked = &s
	}
	l.asked[s.aim] = true
	switch s.aim {
	case aimVersions:
		l.settleVersions(s.offer, r)
	case aimBoth, aimGroups:
		l.settleGroup(s, r)
	case aimSuites:
		l.settleSuite(s, r)
	case aimOrder:
		l.version(s.offer.Versions[0]).reordered = true
		_ = r.verdict == taken && l.note(s.offer, r.choice)
	case aimName:
		l.settleName(r)
	case aimALPN:
		l.settleALPN(r)
	case aimControl:
	}
}

// settleSuite: a server that falls back to an older version takes none of the
// suites in the newer one.
func (l *ledger) settleSuite(s step, r reply) {
	v := l.version(s.offer.Versions[0])
	sensible := r.verdict == taken && l.note(s.offer, r.choice)
	if sensible && r.choice.Version == v.id {
		return
	}
	// A server that fails at one of them fails at all: they share their parameters.
	failed := r.verdict == choked && !slices.ContainsFunc(s.offer.Suites, notOverIntegers)
	v.done, v.complete = true, r.verdict == refused || failed || sensible && r.choice.Version < v.id
	if v.complete && len(v.aside) > 0 {
		v.left, v.aside, v.done, v.complete = v.aside, nil, false, false
	}
}

// settleVersions: what was offered beside a version that was chosen and is
// newer is not taken, what is older is still to be asked for. A choice that was
// not offered tells nothing.
func (l *ledger) settleVersions(o wire.Offer, r reply) {
	sensible := r.verdict == taken && slices.Contains(o.Versions, r.choice.Version) && slices.Contains(o.Suites, r.choice.Suite)
	for i, id := range o.Versions {
		v := l.version(id)
		switch {
		case r.verdict == refused && len(v.aside) > 0:
			v.left, v.aside = v.aside, nil // which are asked for next
		case r.verdict == refused, sensible && v.id > r.choice.Version:
			v.settled, v.offered = true, mail.No
		case sensible && v.id == r.choice.Version:
			v.settled, v.offered = true, mail.Yes
			l.note(o, r.choice)
		case i == 0 && !sensible:
			v.settled = true
		}
	}
}

func (l *ledger) settleGroup(s step, r reply) {
	v := l.version(s.offer.Versions[0])
	fresh := r.verdict == taken && slices.Contains(l.openGroups(), r.choice.Group)
	if fresh {
		l.note(s.offer, r.choice)
	}
	switch {
	case s.aim == aimBoth:
		l.parted = !fresh
	case !fresh:
		l.groupsDone, l.groupsUnclear = true, r.verdict != refused
	case l.parted && !v.done: // the groups were not why the suites were refused
		v.done, v.complete = true, true
	}
}

func (l *ledger) settleName(r reply) {
	switch {
	case r.verdict == refused:
		l.without = mail.RefusedWithoutName
	case r.verdict != taken || r.presentation.Certificate == nil:
	case r.presentation.Certificate.SHA256 == l.shown.SHA256:
		l.without = mail.SameWithoutName
	default:
		l.without, l.other = mail.OtherWithoutName, r.presentation.Certificate
	}
}

func (l *ledger) settleALPN(r reply) {
	switch {
	case r.verdict == refused:
		l.answer = mail.ALPNRefused
	case r.verdict != taken:
	case r.presentation.Protocol == l.alpn:
		l.answer = mail.ALPNChosen
	default:
		l.answer = mail.ALPNIgnored
	}
}

// note enters what was chosen of an offer, and reports whether it makes sense.
func (l *ledger) note(o wire.Offer, c wire.Choice) bool {
	v := l.version(c.Version)
	if v == nil || v.offered != mail.Yes || !slices.Contains(o.Suites, c.Suite) {
		return false
	}
	if !slices.Contains(v.suites, c.Suite) {
		v.suites = append(v.suites, c.Suite)
		v.left = slices.DeleteFunc(slices.Clone(v.left), func(id uint16) bool { return id == c.Suite })
	}
	v.choices = append(v.choices, suiteChoice{o.Suites, c.Suite})
	if c.Group != 0 && v == l.newest() {
		l.groups = withNew(l.groups, c.Group)
	}
	// Without a certificate nobody is protected from whoever answers, so the size does not matter.
	anonymous := strings.Contains(wire.SuiteName(c.Suite), "_anon_")
	if c.DHBits != 0 && !anonymous && (l.dhBits == 0 || c.DHBits < l.dhBits) {
		l.dhBits = c.DHBits
	}
	return true
}

// withNew adds to a list what does not stand in it.
func withNew(list []uint16, ids ...uint16) []uint16 {
	for _, id := range ids {
		if !slices.Contains(list, id) {
			list = append(list, id)
		}
	}
	return list
}

func (l *ledger) version(id uint16) *surveyedVersion {
	for _, v := range l.versions {
		if v.id == id {
			return v
		}
	}
	return nil
}

// newest gives the newest version that the server takes, nil while none is known.
func (l *ledger) newest() *surveyedVersion {
	for _, v := range l.versions {
		if v.offered == mail.Yes {
			return v
		}
	}
	return nil
}

// openGroups gives the groups of the newest version that may still be asked for.
func (l *ledger) openGroups() []uint16 {
	v := l.newest()
	if v == nil || l.groupsDone {
		return nil
	}
	return slices.DeleteFunc(wire.SurveyGroups(v.id), func(id uint16) bool { return slices.Contains(l.groups, id) })
}
