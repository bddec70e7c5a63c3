package probe

import (
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

// A surveyedVersion is what is known of one version.
type surveyedVersion struct {
	id        uint16
	settled   bool // offered tells, or will never be known
	offered   mail.Fact
	suites    []uint16 // that are taken, in the order found
	left      []uint16 // that may still be asked for
	aside     []uint16 // that are asked for at the end, as the server fails at some of them
	done      bool     // no more are asked for
	complete  bool     // and the rest is refused
	reordered bool     // known ones were offered in another order
	choices   []suiteChoice
}

// A suiteChoice is which suite the server chose of a list.
type suiteChoice struct {
	list   []uint16
	chosen uint16
}

// withCurves gives the suites with a key exchange over elliptic curves.
func (v *surveyedVersion) withCurves() []uint16 {
	return slices.DeleteFunc(slices.Clone(v.suites), func(id uint16) bool { return !strings.HasPrefix(wire.SuiteName(id), "TLS_ECDH") })
}

// turned gives the known suites the other way round. ChaCha20 stays behind,
// since some servers go by the client when it comes first and by themselves else.
func (v *surveyedVersion) turned() []uint16 {
	isChaCha := func(id uint16) bool { return strings.Contains(wire.SuiteName(id), "CHACHA20") }
	list := slices.DeleteFunc(slices.Clone(v.suites), isChaCha)
	if len(list) < 2 {
		list = slices.Clone(v.suites)
		slices.Reverse(list)
		return list
	}
	slices.Reverse(list)
	for _, id := range v.suites {
		if isChaCha(id) {
			list = append(list, id)
		}
	}
	return list
}

// order says whose order counts: the client's as long as every choice was the
// first of its list that is taken at all. That has to have been seen with two
// lists that contradict each other.
func (v *surveyedVersion) order() mail.SuiteOrder {
	if len(v.suites) < 2 {
		return ""
	}
	contradicted := false
	for _, c := range v.choices {
		first := slices.IndexFunc(c.list, func(id uint16) bool { return slices.Contains(v.suites, id) })
		if c.list[first] != c.chosen {
			return mail.ServerOrder
		}
		if slices.Contains(c.list, v.suites[0]) && c.chosen != v.suites[0] {
			contradicted = true
		}
	}
	if contradicted {
		return mail.ClientOrder
	}
	return ""
}
