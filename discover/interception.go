package discover

import (
	"net/url"
	"slices"

	"github.com/mailmedic/mailmedic/mail"
)

const interceptedNote = "the ISPDB and a host of somebody else show the same wrong certificate: a captive portal or filter may answer for both"

// intercepted gives the handshakes that fit to a new one in that they show the
// same wrong certificate for the ISPDB and for a host of somebody else. No web
// host has both, so that somebody on the way must.
func (l ledger) intercepted(o mail.Observation) []mail.Observation {
	if !wrongCertificate(o) {
		return nil
	}
	var both []mail.Observation
	for _, other := range l.noted {
		oneISPDB := (o.Source == mail.SourceISPDB) != (other.Source == mail.SourceISPDB)
		if oneISPDB && wrongCertificate(other) && sameLeaf(o, other) && !sameOwner(hostOf(o), hostOf(other)) {
			both = append(both, other)
		}
	}
	if len(both) > 0 {
		both = append(both, o)
	}
	return both
}

func wrongCertificate(o mail.Observation) bool {
	if o.TLSFacts == nil || o.Failure == nil || len(o.Certificates) == 0 {
		return false
	}
	return o.Failure.Class == mail.CertName || o.Failure.Class == mail.CertUntrusted
}

func sameLeaf(a, b mail.Observation) bool {
	x, y := a.Certificates[0], b.Certificates[0]
	return x.Subject == y.Subject && x.Issuer == y.Issuer && slices.Equal(x.Names, y.Names)
}

// hostOf gives the host that a handshake over the web was with.
func hostOf(o mail.Observation) string {
	u, err := url.Parse(o.Subject)
	if err != nil {
		return ""
	}
	return u.Hostname()
}
