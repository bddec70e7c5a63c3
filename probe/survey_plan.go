package probe

import (
	"crypto/tls"
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

// An aim is what one connection of a survey is to find out.
type aim string

const (
	aimVersions aim = "versions" // the newest version that is taken of those not known yet
	aimBoth     aim = "both"     // one more suite and one more group of TLS 1.3
	aimSuites   aim = "suites"   // one more suite of a version
	aimGroups   aim = "groups"   // one more group
	aimOrder    aim = "order"    // whose order of suites counts
	aimName     aim = "name"     // what comes without a server name
	aimALPN     aim = "alpn"     // whether the protocol's own name is answered
	aimControl  aim = "control"  // whether the server still takes what it has taken before
)

// A step is one connection of a survey.
type step struct {
	aim   aim
	offer wire.Offer // where a handshake is begun by hand
	wait  bool       // leave the server alone for a while before it
}

// next says what to ask, from what is known so far. It is false where nothing
// is left to ask, or nothing may be asked any more.
func (l *ledger) next() (step, bool) {
	if l.stopped != "" {
		return step{}, false
	}
	if l.again != nil {
		return *l.again, true
	}
	if l.doubt != nil {
		control := *l.worked
		control.aim = aimControl
		return control, true
	}
	for _, plan := range []func() (step, bool){l.askVersions, l.askName, l.askALPN, l.askNewest, l.askSuites, l.askOrders, l.askCurves} {
		if s, ok := plan(); ok {
			return s, true
		}
	}
	return step{}, false
}

// askVersions offers all versions of which nothing is known, so that each
// answer settles one that is taken and all that are newer.
func (l *ledger) askVersions() (step, bool) {
	var o wire.Offer
	for _, v := range l.versions {
		if !v.settled {
			o.Versions = append(o.Versions, v.id)
			o.Suites = withNew(o.Suites, v.left...)
		}
	}
	if len(o.Versions) == 0 {
		return step{}, false
	}
	o.Groups = wire.SurveyGroups(o.Versions[0])
	return step{aim: aimVersions, offer: o}, true
}

func (l *ledger) askName() (step, bool) {
	return step{aim: aimName}, l.shown != nil && l.named && !l.asked[aimName]
}

func (l *ledger) askALPN() (step, bool) {
	return step{aim: aimALPN}, l.shown != nil && !l.asked[aimALPN]
}

// askNewest asks for suites and groups of TLS 1.3 at once, as they are chosen
// apart from each other. Once nothing new is left of both, one is held to what
// is known while the other goes on; the known suites then come in another
// order, which shows whose order counts.
func (l *ledger) askNewest() (step, bool) {
	v := l.newest()
	if v == nil || v.id != tls.VersionTLS13 {
		return step{}, false
	}
	more, open := !v.done && len(v.left) > 0, l.openGroups()
	switch {
	case more && len(open) > 0 && !l.parted:
		return ask(aimBoth, v, v.left, open), true
	case len(open) > 0:
		return ask(aimGroups, v, v.turned(), open), true
	case more:
		return ask(aimSuites, v, v.left, l.groups), true
	}
	return step{}, false
}

// askSuites takes out what is known to be taken, until the server refuses the rest.
func (l *ledger) askSuites() (step, bool) {
	for _, v := range l.versions {
		if v.id < tls.VersionTLS13 && v.offered == mail.Yes && !v.done && len(v.left) > 0 {
			return ask(aimSuites, v, v.left, wire.SurveyGroups(v.id)), true
		}
	}
	return step{}, false
}

// askOrders offers known suites in another order, where the answers so far do
// not tell whose order counts.
func (l *ledger) askOrders() (step, bool) {
	for _, v := range l.versions {
		if v.offered != mail.Yes || v.reordered || len(v.suites) < 2 || v.order() != "" {
			continue
		}
		groups := wire.SurveyGroups(v.id)
		if v.id == tls.VersionTLS13 {
			groups = l.groups
		}
		return ask(aimOrder, v, v.turned(), groups), true
	}
	return step{}, false
}

// askCurves asks a server without TLS 1.3 for its elliptic curves. A certificate
// with a curve of its own needs that offered too (RFC 8422 section 5.1).
func (l *ledger) askCurves() (step, bool) {
	v, open := l.newest(), l.openGroups()
	if v == nil || v.id == tls.VersionTLS13 || len(open) == 0 {
		return step{}, false
	}
	suites := v.withCurves()
	if len(suites) == 0 {
		return step{}, false
	}
	if !slices.ContainsFunc(suites, func(id uint16) bool { return !strings.Contains(wire.SuiteName(id), "_ECDSA_") }) {
		open = append(open, l.groups...)
	}
	return ask(aimGroups, v, suites, open), true
}

func ask(a aim, v *surveyedVersion, suites, groups []uint16) step {
	return step{aim: a, offer: wire.Offer{Versions: []uint16{v.id}, Suites: suites, Groups: groups}}
}
