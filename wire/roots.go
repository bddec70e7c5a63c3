package wire

import (
	"crypto/x509"
	"fmt"
	"os"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// LoadRoots gives the trusted roots of the system, Mozilla's where the system
// has none, and with them the certificates of a PEM file. An error names the
// file and says whether it cannot be read or holds no certificate.
func LoadRoots(caFile string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return nil, fmt.Errorf("read the certificates to trust: %w", err)
	}
	roots := systemRoots()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)", caFile)
	}
	return roots, nil
}

// systemRoots gives the system's roots. A container without CA files has none;
// then it takes those that Mozilla's programs trust, compiled in. (The package
// above bundle sets them for the whole process when it is imported.)
func systemRoots() *x509.CertPool {
	roots, err := x509.SystemCertPool()
	if err == nil && !roots.Equal(x509.NewCertPool()) {
		return roots
	}
	return bundledRoots()
}

// bundledRoots gives Mozilla's roots, with the limits that Mozilla puts on some.
func bundledRoots() *x509.CertPool {
	roots := x509.NewCertPool()
	for root := range bundle.Roots() {
		cert, err := x509.ParseCertificate(root.Certificate)
		switch {
		case err != nil: // one that this Go refuses; the others still help
		case root.Constraint != nil:
			roots.AddCertWithConstraint(cert, root.Constraint)
		default:
			roots.AddCert(cert)
		}
	}
	return roots
}
