package wire

import (
	"bytes"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

// maxClimbed is how many of the certificates that were sent are looked at one
// by one; each step may cost a signature, and nobody needs more.
const maxClimbed = 16

// describe adds to facts what the certificates show beside themselves.
func (e examination) describe(facts *mail.TLSFacts, state tls.ConnectionState, at mail.Endpoint, domain string, now time.Time) {
	certs := state.PeerCertificates
	if len(certs) == 0 {
		return
	}
	facts.CertificateFault = e.fault
	facts.Identities = identities(certs[0], at, domain)
	facts.MatchedName = facts.Identities[0].MatchedBy
	facts.LifetimeLeft = lifetimeLeft(certs[0], now)
	facts.Chain, facts.ChainNotes = subjectsOf(e.chain), chainNotes(certs, e.gap)
	issuers := e.chain
	if issuers == nil {
		issuers = climb(certs)
	}
	var issuer *x509.Certificate
	if len(issuers) > 1 {
		issuer = issuers[1]
	}
	facts.Stapled = stapled(state.OCSPResponse, certs[0], issuer, now)
}

// lifetimeLeft gives how much of its lifetime a certificate has left, in percent.
func lifetimeLeft(cert *x509.Certificate, now time.Time) *int {
	whole, left := cert.NotAfter.Sub(cert.NotBefore), cert.NotAfter.Sub(now)
	percent := 0
	if whole > 0 {
		percent = int(100 * min(1, max(0, left.Hours()/whole.Hours())))
	}
	return &percent
}

// climb gives the certificates that lead up from the first one, each signed by
// the next, as far as those that were sent reach.
func climb(certs []*x509.Certificate) []*x509.Certificate {
	certs = certs[:min(len(certs), maxClimbed)]
	path := certs[:1:1]
	for range certs {
		top := path[len(path)-1]
		if selfSigned(top) {
			break
		}
		i := slices.IndexFunc(certs, func(c *x509.Certificate) bool {
			return !slices.ContainsFunc(path, c.Equal) && bytes.Equal(c.RawSubject, top.RawIssuer) && signedBy(top, c)
		})
		if i < 0 {
			break
		}
		path = append(path, certs[i])
	}
	return path
}

// signedBy reports whether a certificate was signed by another one, be it in a
// way that is out of use.
func signedBy(cert, by *x509.Certificate) bool {
	err := cert.CheckSignatureFrom(by)
	_, old := errors.AsType[x509.InsecureAlgorithmError](err)
	return err == nil || old
}

// chainNotes says what is odd about the certificates as sent, in the order of
// the constants. Where no chain leads to a root, gap tells that one is missing.
func chainNotes(certs []*x509.Certificate, gap bool) []mail.ChainNote {
	certs = certs[:min(len(certs), maxClimbed)]
	path := climb(certs)
	place := func(c *x509.Certificate) int { return slices.IndexFunc(path, c.Equal) }
	odd := map[mail.ChainNote]bool{
		mail.ChainRoot:    len(path) > 1 && selfSigned(path[len(path)-1]),
		mail.ChainMissing: gap,
	}
	last := -1
	for i, c := range certs {
		switch at := place(c); {
		case slices.ContainsFunc(certs[:i], c.Equal):
			odd[mail.ChainRepeated] = true
		case at < 0:
			odd[mail.ChainExtra] = true
		case at < last:
			odd[mail.ChainOrder] = true
		default:
			last = at
		}
	}
	var notes []mail.ChainNote
	for _, note := range []mail.ChainNote{mail.ChainOrder, mail.ChainExtra, mail.ChainRepeated, mail.ChainRoot, mail.ChainMissing} {
		if odd[note] {
			notes = append(notes, note)
		}
	}
	return notes
}

// subjectsOf names the certificates of a chain.
func subjectsOf(chain []*x509.Certificate) []string {
	var names []string
	for _, c := range chain {
		names = append(names, distinguishedName(c.Subject.String()))
	}
	return names
}

// matchedName gives the name in a certificate that fits host, an exact one
// before a wildcard (RFC 9525 section 6.3), "" where none does.
func matchedName(leaf *x509.Certificate, host string) string {
	if leaf.VerifyHostname(host) != nil {
		return ""
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.String()
	}
	exact, wild := "", ""
	for _, name := range leaf.DNSNames {
		switch {
		case (&x509.Certificate{DNSNames: []string{name}}).VerifyHostname(host) != nil:
		case strings.HasPrefix(name, "*."):
			wild = orElse(wild, name)
		default:
			exact = orElse(exact, name)
		}
	}
	return bounded(orElse(exact, wild), maxNameBytes)
}

// weakExponent gives the exponent of an RSA key where it is smaller than 65537.
func weakExponent(cert *x509.Certificate) int {
	if key, ok := cert.PublicKey.(*rsa.PublicKey); ok && key.E < 65537 {
		return key.E
	}
	return 0
}

// usagesOf names the extended key usages, RFC 5280 section 4.2.1.12.
func usagesOf(cert *x509.Certificate) []string {
	names := map[x509.ExtKeyUsage]string{
		x509.ExtKeyUsageAny: "any", x509.ExtKeyUsageServerAuth: "server", x509.ExtKeyUsageClientAuth: "client",
		x509.ExtKeyUsageCodeSigning: "code", x509.ExtKeyUsageEmailProtection: "email",
		x509.ExtKeyUsageTimeStamping: "time", x509.ExtKeyUsageOCSPSigning: "ocsp",
	}
	var list []string
	for _, usage := range cert.ExtKeyUsage {
		list = append(list, orElse(names[usage], "other"))
	}
	for _, oid := range cert.UnknownExtKeyUsage {
		list = append(list, bounded(oid.String(), maxNameBytes))
	}
	return list[:min(len(list), maxCertificates)]
}
