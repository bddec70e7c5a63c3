package wire

import (
	"crypto/x509"
	"time"

	"golang.org/x/crypto/ocsp"

	"github.com/mailmedic/mailmedic/mail"
)

// skew is by how much the clock of an authority may be ahead of ours.
const skew = 5 * time.Minute

// stapled reads the status that a server sent with its certificate (RFC 6066
// section 8). Only what the issuer signed, or somebody whom it lets sign for it,
// is believed (RFC 6960 section 4.2.2.2).
func stapled(response []byte, leaf, issuer *x509.Certificate, now time.Time) mail.OCSPStatus {
	if len(response) == 0 {
		return ""
	}
	if issuer == nil {
		return mail.OCSPInvalid
	}
	answer, err := ocsp.ParseResponseForCert(response, leaf, issuer)
	switch {
	case err != nil:
		return mail.OCSPInvalid
	case answer.Status == ocsp.Revoked:
		return mail.OCSPRevoked
	case now.Before(answer.ThisUpdate.Add(-skew)), !answer.NextUpdate.IsZero() && now.After(answer.NextUpdate):
		return mail.OCSPStale
	case answer.Status == ocsp.Good:
		return mail.OCSPGood
	}
	return mail.OCSPUnknown
}
