package report

import (
	"mime"
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// An answer is what became of a question about settings. Found, not found,
// trouble and not asked are different things and are never mixed.
type answer int

const (
	found    answer = iota
	unusable        // something is there that gives no settings
	trouble         // whether something is there could not be learned
	absent          // the domain says that there is nothing, and never will be
	notAsked
	nothing
)

func (a answer) words() string {
	switch a {
	case found:
		return "found"
	case unusable:
		return "not usable"
	case trouble:
		return "trouble"
	case absent:
		return "not offered"
	case notAsked:
		return "not asked"
	case nothing:
	}
	return "not found"
}

// question reports whether o is a question about settings, rather than about
// the address of a host that was met on the way.
func question(o mail.Observation) bool {
	switch {
	case o.Source == "":
		return false
	case o.DNSFacts != nil:
		return o.Source == mail.SourceGuess || !isHostLookup(o)
	default:
		return o.HTTPFacts != nil
	}
}

func isHostLookup(o mail.Observation) bool {
	return o.DNSFacts != nil && slices.Contains([]string{"A", "AAAA", "CNAME"}, strings.ToUpper(o.Type))
}

// answer says what came back to a question.
func (v *view) answer(o mail.Observation) answer {
	switch {
	case v.claimed[o.ID]:
		return found
	case o.Failure != nil:
		return failedAnswer(o)
	case saysNone(o):
		return absent
	case o.HTTPFacts != nil && o.Status >= 300 && o.Status < 400:
		return nothing // it only leads on, and where to has an answer of its own
	case len(o.Notes) > 0, o.HTTPFacts != nil:
		return unusable
	default:
		return nothing
	}
}

// saysNone reports whether a domain says that it has no such service: the
// target "." of an SRV record (RFC 2782) or of an MX record (RFC 7505).
func saysNone(o mail.Observation) bool {
	return o.DNSFacts != nil && len(o.Records) > 0 && !slices.ContainsFunc(o.Records, func(record string) bool {
		return !strings.HasSuffix(record, " .")
	})
}

// failedAnswer tells an answer that says no from one that did not come.
func failedAnswer(o mail.Observation) answer {
	switch o.Failure.Class {
	case mail.DNSNXDomain, mail.DNSNoData:
		return nothing
	case mail.PolicyRefused:
		if o.HTTPFacts != nil && len(o.Redirects) > 0 {
			return unusable // it was asked, and leads to where nobody should follow
		}
		return notAsked
	case mail.Deadline:
		return notAsked
	case mail.HTTPStatus:
		return byStatus(o)
	case mail.HTTPBody:
		if o.HTTPFacts == nil || !isDocument(o.MediaType) {
			return nothing // a web page, which web servers give for any name
		}
		return unusable
	default:
		return trouble
	}
}

// byStatus judges an answer of a web server (RFC 9110 section 15).
func byStatus(o mail.Observation) answer {
	if o.HTTPFacts == nil {
		return trouble
	}
	switch s := o.Status; {
	case s == 401, s == 407, s >= 300 && s < 400: // it wants a sign-in, or its redirects lead nowhere
		return unusable
	case s == 408, s == 429, s >= 500: // it may answer otherwise another time
		return trouble
	default:
		return nothing
	}
}

// isDocument reports whether a media type is one that settings are written in.
func isDocument(mediaType string) bool {
	base, _, err := mime.ParseMediaType(mediaType)
	return err == nil && (strings.HasSuffix(base, "xml") && base != "application/xhtml+xml" || strings.HasSuffix(base, "json"))
}
