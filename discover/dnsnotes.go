package discover

import (
	"slices"

	"github.com/mailmedic/mailmedic/mail"
)

// The extended errors with which a resolver says that it withholds an answer,
// and that it reached no name server of the domain (RFC 8914 section 4).
func withheldCodes() []uint16 { return []uint16{15, 16, 17, 18} }
func lameCodes() []uint16     { return []uint16{22, 23} }

// withheld reports whether a resolver says that it does not want to answer, so
// that what it answers says nothing of the domain.
func withheld(o mail.Observation) bool { return hasCode(o, withheldCodes()) }

func hasCode(o mail.Observation, codes []uint16) bool {
	return o.DNSFacts != nil && slices.ContainsFunc(o.ExtendedErrors, func(code uint16) bool { return slices.Contains(codes, code) })
}

// answerNote says what an answer of the DNS means that is neither records nor
// their absence, and "" where there is nothing to say.
func answerNote(o mail.Observation) string {
	switch {
	case o.DNSFacts == nil:
		return ""
	case o.Bogus:
		return "the answer fails DNSSEC validation and counts for nothing: that is not the same as no record"
	case withheld(o):
		return "the resolver withholds the answer by a policy of its own: that says nothing of the domain"
	case o.Failure == nil:
		return ""
	case hasCode(o, lameCodes()):
		return "no name server of the domain gave the resolver an answer: whether there is a record is not known"
	case o.Failure.Class == mail.DNSServFail || o.Failure.Class == mail.DNSTimeout:
		return "whether there is a record is not known"
	}
	return ""
}
