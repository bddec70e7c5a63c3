package lab

import (
	"crypto"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"strings"
	"time"
)

const day = 24 * time.Hour

// signer is a certificate with its key.
type signer struct {
	certificate *x509.Certificate
	key         crypto.Signer
}

// authority is the certification authority of a running world: a root that
// clients are told to believe, an intermediate that signs for the servers, and
// a stranger whom nobody knows. Dates are whole days, so that two runs of one
// day show the same.
type authority struct {
	today                   time.Time
	root, issuing, stranger signer
}

func newAuthority(now time.Time) (*authority, error) {
	a := &authority{today: now.UTC().Truncate(day)}
	var err error
	if a.root, err = a.newCA("Mail Lab Root CA", nil); err != nil {
		return nil, err
	}
	if a.issuing, err = a.newCA("Mail Lab Issuing CA", &a.root); err != nil {
		return nil, err
	}
	a.stranger, err = a.newCA("Private CA", nil)
	return a, err
}

// endOf gives the last second of the day that is so many days ahead: it is that
// many whole days away at any time of today.
func (a *authority) endOf(days int) time.Time {
	return a.today.Add(time.Duration(days+1)*day - time.Second)
}

// roots gives what a client of the world believes in.
func (a *authority) roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.root.certificate)
	return pool
}

func (a *authority) newCA(name string, parent *signer, change ...func(*x509.Certificate)) (signer, error) {
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: name, Organization: []string{"Mail Lab"}},
		NotBefore:             a.today.Add(-3650 * day),
		NotAfter:              a.today.Add(3650 * day),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	for _, f := range change {
		f(template)
	}
	return sign(template, parent)
}

// identity makes a certificate that tells who somebody is, in the shape of its config.
func (a *authority) identity(c certificateConfig, name string) (tls.Certificate, error) {
	if len(c.Names) > 0 {
		name = c.Names[0]
	}
	template := &x509.Certificate{
		Subject:     pkix.Name{CommonName: name},
		NotBefore:   a.today.Add(-90 * day),
		NotAfter:    a.today.Add(60 * day),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	if strings.Contains(name, "@") {
		template.EmailAddresses = []string{name}
	}
	parent := &a.issuing
	switch c.Kind {
	case "expired":
		template.NotAfter = a.today.Add(-time.Duration(max(c.Days, 0)) * day)
	case "unknown-ca":
		parent = &a.stranger
	}
	leaf, err := sign(template, parent)
	if err != nil {
		return tls.Certificate{}, err
	}
	chain := [][]byte{leaf.certificate.Raw, parent.certificate.Raw}
	return tls.Certificate{Certificate: chain, PrivateKey: leaf.key, Leaf: leaf.certificate}, nil
}

// sign makes a key and a certificate for it, signed by parent or, without one, by itself.
func sign(template *x509.Certificate, parent *signer) (signer, error) {
	key, err := steadyKey(template)
	if err != nil {
		return signer{}, err
	}
	raw, err := signKey(template, key, parent)
	if err != nil {
		return signer{}, err
	}
	certificate, err := x509.ParseCertificate(raw)
	return signer{certificate, key}, err
}

// signKey is sign with a key that is there. It gives the certificate as it is
// sent, since not everybody can read what a world wants.
func signKey(template *x509.Certificate, key crypto.Signer, parent *signer) (raw []byte, err error) {
	template.SerialNumber = steadySerial(template)
	by := signer{template, key}
	if parent != nil {
		by = *parent
	}
	raw, err = x509.CreateCertificate(rand.Reader, template, by.certificate, key.Public(), steadySigner{by.key})
	if err != nil {
		return nil, fmt.Errorf("sign a certificate: %w", err)
	}
	return raw, nil
}
