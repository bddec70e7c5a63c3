package discover

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

// paccDigest is one record that vouches for a PACC document.
type paccDigest struct {
	algorithm string // in lower case
	digest    []byte
}

// parseDigest reads a TXT record such as
//
//	v=UAAC1; a=sha256; d=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=
//
// Tags stand in any order, unknown ones are ignored. It reports whether the
// record is one of PACC at all; a digest that cannot be read is nil.
func parseDigest(record string) (paccDigest, bool) {
	tags := map[string]string{}
	for part := range strings.SplitSeq(record, ";") {
		key, value, found := strings.Cut(part, "=")
		if key = strings.ToLower(strings.TrimSpace(key)); found && tags[key] == "" {
			tags[key] = strings.TrimSpace(value)
		}
	}
	if !strings.EqualFold(tags["v"], "UAAC1") {
		return paccDigest{}, false
	}
	encoded := strings.TrimRight(strings.Join(strings.Fields(tags["d"]), ""), "=")
	digest, err := base64.RawStdEncoding.DecodeString(encoded)
	if err != nil || len(digest) == 0 {
		digest = nil
	}
	return paccDigest{strings.ToLower(tags["a"]), digest}, true
}

// checkDigest compares a document with what the DNS says of it. It gives the
// trust that the document deserves, or an empty one where it must be ignored,
// and why.
func checkDigest(answer wire.Answer, body []byte) (trust mail.Trust, why string) {
	sum := sha256.Sum256(body)
	readable := false
	for _, record := range answer.TXT {
		d, ok := parseDigest(record)
		switch {
		case !ok || d.algorithm != "sha256" || len(d.digest) != len(sum):
		case bytes.Equal(d.digest, sum[:]):
			return mail.TrustAuthenticated, ""
		default:
			readable = true
		}
	}
	if readable {
		return "", "the document is not the one whose digest the TXT record " + answer.Observation.Name + " holds"
	}
	// The draft has programs ignore such a document. mailmedic reads it, for it
	// shows what its owner means, and believes it no more than the DNS.
	return mail.TrustDNS, "no usable TXT record " + answer.Observation.Name + " vouches for the document: programs that keep to the draft ignore it"
}

// digestNotes say which records of an answer are of no use.
func digestNotes(answer wire.Answer) []string {
	var n notes
	for _, record := range answer.TXT {
		d, ok := parseDigest(record)
		switch {
		case !ok:
			n.add("%s is not a record of PACC", quote(record))
		case d.algorithm != "sha256":
			n.add("the algorithm %s is unknown and its digest is passed over", quote(d.algorithm))
		case len(d.digest) != sha256.Size:
			n.add("%s holds no SHA-256 digest in base64", quote(record))
		}
	}
	return n.list
}
