package wire

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

// judge verifies a server's certificates for host, nil where they prove it. Each
// fault is looked for on its own: dates, name and chain. Where there are several,
// the first of expired, not yet valid, name, chain and trust is the class, and
// the detail mentions all.
func (n *Network) judge(certs []*x509.Certificate, host string) *mail.Failure {
	return n.examine(certs, host).failure
}

// An examination is what was found of a server's certificates.
type examination struct {
	failure *mail.Failure       // nil where they prove the host
	chain   []*x509.Certificate // to a trusted root; nil where none can be built
	gap     bool                // a certificate between them and a root was not sent
	fault   mail.CertificateFault
}

func (n *Network) examine(certs []*x509.Certificate, host string) examination {
	if len(certs) == 0 {
		return examination{failure: &mail.Failure{Class: mail.CertUntrusted, Detail: "the server sent no certificate"}}
	}
	now, leaf := n.options.Now(), certs[0]
	chain, chainFault, odd := n.verify(certs, now)
	return examination{
		fault:   odd,
		failure: together(dateFault(leaf, now), nameFault(leaf, host), chainFault),
		chain:   chain,
		gap:     chainFault != nil && chainFault.Class == mail.CertChain && odd == "" && !selfSigned(topOf(certs)),
	}
}

// together makes one failure of all, nil for none.
func together(faults ...*mail.Failure) *mail.Failure {
	faults = slices.DeleteFunc(faults, func(f *mail.Failure) bool { return f == nil })
	if len(faults) == 0 {
		return nil
	}
	words := make([]string, len(faults))
	for i, f := range faults {
		words[i] = f.Detail
	}
	return &mail.Failure{Class: faults[0].Class, Detail: strings.Join(words, "; besides, ")}
}

func dateFault(leaf *x509.Certificate, now time.Time) *mail.Failure {
	const format = "2 Jan 2006 15:04 MST"
	switch {
	case now.After(leaf.NotAfter):
		return &mail.Failure{Class: mail.CertExpired, Detail: "the certificate expired on " + leaf.NotAfter.UTC().Format(format)}
	case now.Before(leaf.NotBefore):
		return &mail.Failure{Class: mail.CertNotYetValid, Detail: "the certificate is valid from " + leaf.NotBefore.UTC().Format(format)}
	}
	return nil
}

// nameFault compares the host with the subjectAltName (RFC 9525 section 6); the
// common name does not count.
func nameFault(leaf *x509.Certificate, host string) *mail.Failure {
	if leaf.VerifyHostname(host) == nil {
		return nil
	}
	names := certificateFacts(leaf).Names
	has := "no name at all"
	if len(names) > 0 {
		has = printable(strings.Join(names[:min(len(names), 4)], ", "), 300)
	}
	if more := len(names) - 4; more > 0 {
		has += fmt.Sprintf(" and %d more", more)
	}
	return &mail.Failure{Class: mail.CertName, Detail: fmt.Sprintf("the certificate is not for %s; it has %s", host, has)}
}

// verify looks for a way from the certificate to a trusted root, and says why there is none.
func (n *Network) verify(certs []*x509.Certificate, now time.Time) ([]*x509.Certificate, *mail.Failure, mail.CertificateFault) {
	leaf, intermediates := certs[0], x509.NewCertPool()
	for _, cert := range certs[1:] {
		intermediates.AddCert(cert)
	}
	chains, err := leaf.Verify(x509.VerifyOptions{
		Roots:         n.roots(),
		Intermediates: intermediates,
		CurrentTime:   within(leaf, now), // the leaf's own dates are dateFault's matter
		KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	})
	if err == nil {
		return chains[0], nil, ""
	}
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		failure, odd := invalidFault(e, leaf)
		return nil, failure, odd
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		failure, odd := trustFault(certs)
		return nil, failure, odd
	}
	return nil, untrusted("the certificate cannot be verified: %s", printable(strings.TrimPrefix(err.Error(), "x509: "), 200)), ""
}

// within gives now, or the moment nearest to it at which the certificate is valid.
func within(cert *x509.Certificate, now time.Time) time.Time {
	switch {
	case now.After(cert.NotAfter):
		return cert.NotAfter
	case now.Before(cert.NotBefore):
		return cert.NotBefore
	}
	return now
}

func untrusted(format string, args ...any) *mail.Failure {
	return &mail.Failure{Class: mail.CertUntrusted, Detail: fmt.Sprintf(format, args...)}
}

func brokenChain(format string, args ...any) *mail.Failure {
	return &mail.Failure{Class: mail.CertChain, Detail: fmt.Sprintf(format, args...)}
}

// invalidFault is about a certificate that breaks a rule, mostly one above the leaf.
func invalidFault(e x509.CertificateInvalidError, leaf *x509.Certificate) (*mail.Failure, mail.CertificateFault) {
	which := leaf
	if e.Cert != nil {
		which = e.Cert
	}
	switch name := commonName(which); e.Reason {
	case x509.Expired:
		return brokenChain("the intermediate certificate %s is not valid today", name), mail.IntermediateNotValid
	case x509.NotAuthorizedToSign:
		return brokenChain("the intermediate certificate %s must not sign others", name), mail.IntermediateMayNotSign
	case x509.TooManyIntermediates:
		return brokenChain("more certificates stand above this one than %s allows", name), mail.IntermediateMayNotSign
	case x509.IncompatibleUsage:
		return untrusted("the certificate is not made for servers (extended key usage)"), ""
	case x509.CANotAuthorizedForThisName:
		return untrusted("the certificate is not valid: %s must not sign for this name", issuerName(leaf)), mail.NameNotPermitted
	}
	return untrusted("the certificate is not valid: %s", printable(strings.TrimPrefix(e.Error(), "x509: "), 200)), ""
}

// trustFault tells apart what keeps a certificate from leading to a trusted
// root: it signed itself, its chain ends at a root that is not trusted, or its
// chain ends in the air. A chain in the air is an intermediate that is missing
// or, where its issuer is a private authority, a root that is not trusted;
// nothing on the wire tells these two apart, and the server can mend both.
func trustFault(certs []*x509.Certificate) (*mail.Failure, mail.CertificateFault) {
	leaf := certs[0]
	if selfSigned(leaf) {
		return untrusted("the certificate is self-signed"), ""
	}
	if oldSignature(leaf) {
		return untrusted("the certificate is signed with %s, which programs no longer accept", leaf.SignatureAlgorithm), mail.SignatureOutdated
	}
	top := topOf(certs)
	if selfSigned(top) {
		return untrusted("the certificate is signed by %s, an authority that is not trusted here", commonName(top)), ""
	}
	for _, c := range certs[1:min(len(certs), maxClimbed)] {
		if bytes.Equal(c.RawSubject, top.RawIssuer) && (!c.BasicConstraintsValid || !c.IsCA) {
			return brokenChain("the intermediate certificate %s must not sign others", commonName(c)), mail.IntermediateMayNotSign
		}
	}
	detail := fmt.Sprintf("the chain of certificates has a gap: %s is signed by %s, which the server did not send and which is not a trusted root", commonName(top), issuerName(top))
	if len(top.IssuingCertificateURL) > 0 {
		detail += "; it can be had at " + printable(top.IssuingCertificateURL[0], 200)
	}
	return brokenChain("%s", detail), ""
}

// topOf gives the last certificate that those that were sent lead up to from the first.
func topOf(certs []*x509.Certificate) *x509.Certificate {
	path := climb(certs)
	return path[len(path)-1]
}

func selfSigned(cert *x509.Certificate) bool {
	if !bytes.Equal(cert.RawSubject, cert.RawIssuer) {
		return false
	}
	err := cert.CheckSignature(cert.SignatureAlgorithm, cert.RawTBSCertificate, cert.Signature)
	_, old := errors.AsType[x509.InsecureAlgorithmError](err)
	return err == nil || old
}

func oldSignature(cert *x509.Certificate) bool {
	switch cert.SignatureAlgorithm {
	case x509.MD2WithRSA, x509.MD5WithRSA, x509.SHA1WithRSA, x509.DSAWithSHA1, x509.ECDSAWithSHA1:
		return true
	}
	return false
}

func commonName(cert *x509.Certificate) string {
	return `"` + printable(orElse(cert.Subject.CommonName, cert.Subject.String()), 100) + `"`
}

func issuerName(cert *x509.Certificate) string {
	return `"` + printable(orElse(cert.Issuer.CommonName, cert.Issuer.String()), 100) + `"`
}

// keyName names the public key: "ECDSA P-256", "RSA 2048", "Ed25519".
func keyName(cert *x509.Certificate) string {
	switch key := cert.PublicKey.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA %d", key.N.BitLen())
	case *ecdsa.PublicKey:
		return "ECDSA " + key.Params().Name
	case ed25519.PublicKey:
		return "Ed25519"
	}
	return cert.PublicKeyAlgorithm.String()
}
