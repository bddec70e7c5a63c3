package wire

import (
	"slices"
	"testing"

	"github.com/miekg/dns"

	"github.com/mailmedic/mailmedic/mail"
)

// explained makes a failure with extended errors.
func explained(q *dns.Msg, rcode int, codes ...uint16) *dns.Msg {
	answer := new(dns.Msg).SetRcode(q, rcode)
	answer.SetEdns0(udpSize, false)
	for _, code := range codes {
		answer.IsEdns0().Option = append(answer.IsEdns0().Option, &dns.EDNS0_EDE{InfoCode: code})
	}
	return answer
}

func TestABogusNameIsToldFromABrokenServer(t *testing.T) {
	t.Parallel()
	good := mailZone.answerer(t)
	for _, c := range []struct {
		name   string
		answer answerer
		codes  []uint16
		bogus  bool
	}{
		{"the resolver says that signatures have expired", func(q *dns.Msg) *dns.Msg {
			return explained(q, dns.RcodeServerFailure, dns.ExtendedErrorCodeSignatureExpired, dns.ExtendedErrorCodeNoReachableAuthority)
		}, []uint16{7, 22}, true},
		{"the resolver says that no server answers", func(q *dns.Msg) *dns.Msg {
			return explained(q, dns.RcodeServerFailure, dns.ExtendedErrorCodeNoReachableAuthority)
		}, []uint16{22}, false},
		{"it answers when it is not to validate", func(q *dns.Msg) *dns.Msg {
			if q.CheckingDisabled {
				return good(q)
			}
			return new(dns.Msg).SetRcode(q, dns.RcodeServerFailure)
		}, nil, true},
		{"it fails in any case", func(q *dns.Msg) *dns.Msg { return new(dns.Msg).SetRcode(q, dns.RcodeServerFailure) }, nil, false},
		{"it refuses", func(q *dns.Msg) *dns.Msg { return explained(q, dns.RcodeRefused, dns.ExtendedErrorCodeProhibited) }, []uint16{18}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n := networkAt(t, resolverAt(t, c.answer), Options{})
			o := n.Lookup(t.Context(), "example.com", "MX").Observation
			if o.Failure == nil || o.Failure.Class != mail.DNSServFail || o.Bogus != c.bogus || !slices.Equal(o.ExtendedErrors, c.codes) || o.Resolver == "" {
				t.Errorf("got %+v, %v", o.DNSFacts, o.Failure)
			}
		})
	}
}

func TestExtendedErrorsOfAnAnswerAreKept(t *testing.T) {
	t.Parallel()
	n := networkAt(t, resolverAt(t, func(q *dns.Msg) *dns.Msg {
		return explained(q, dns.RcodeNameError, dns.ExtendedErrorCodeFiltered)
	}), Options{})
	o := n.Lookup(t.Context(), "example.com", "MX").Observation
	if o.Failure.Class != mail.DNSNXDomain || !slices.Equal(o.ExtendedErrors, []uint16{17}) {
		t.Errorf("got %+v, %v", o.DNSFacts, o.Failure)
	}
}
