package lab

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"strings"
	"time"
)

const day = 24 * time.Hour

// signer is a certificate with its key.
type signer struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
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

func (a *authority) newCA(name string, parent *signer) (signer, error) {
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: name, Organization: []string{"Mail Lab"}},
		NotBefore:             a.today.Add(-3650 * day),
		NotAfter:              a.today.Add(3650 * day),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	return sign(template, parent)
}

// certificate makes what a server presents, in the shape of its config; names
// are those of the server, used unless the config has its own.
func (a *authority) certificate(c certificateConfig, names []string) (tls.Certificate, error) {
	if len(c.Names) > 0 {
		names = c.Names
	} else if c.Kind == "wrong-name" {
		names = []string{"localhost.localdomain"}
	}
	template := &x509.Certificate{
		Subject:     pkix.Name{CommonName: names[0]},
		NotBefore:   a.today.Add(-30 * day),
		NotAfter:    a.today.Add(60 * day),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	if c.Days > 0 {
		template.NotAfter = a.endOf(c.Days)
	}
	parent := &a.issuing
	switch c.Kind {
	case "expired":
		template.NotAfter = a.today.Add(-time.Duration(max(c.Days, 0)) * day)
		template.NotBefore = template.NotAfter.Add(-90 * day)
	case "not-yet-valid":
		template.NotBefore = a.endOf(max(c.Days, 1))
		template.NotAfter = template.NotBefore.Add(90 * day)
	case "self-signed":
		parent = nil
	case "unknown-ca":
		parent = &a.stranger
	}
	leaf, err := sign(template, parent)
	if err != nil {
		return tls.Certificate{}, err
	}
	chain := [][]byte{leaf.certificate.Raw}
	if parent != nil && c.Kind != "leaf-only" {
		chain = append(chain, parent.certificate.Raw)
	}
	return tls.Certificate{Certificate: chain, PrivateKey: leaf.key, Leaf: leaf.certificate}, nil
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
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return signer{}, fmt.Errorf("make a key: %w", err)
	}
	if template.SerialNumber, err = rand.Int(rand.Reader, big.NewInt(1<<62)); err != nil {
		return signer{}, fmt.Errorf("make a serial number: %w", err)
	}
	by := signer{template, key}
	if parent != nil {
		by = *parent
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, by.certificate, key.Public(), by.key)
	if err != nil {
		return signer{}, fmt.Errorf("sign a certificate: %w", err)
	}
	certificate, err := x509.ParseCertificate(raw)
	return signer{certificate, key}, err
}
