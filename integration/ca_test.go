//go:build integration

package integration

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"time"
)

const day = 24 * time.Hour

// authority is a certificate authority that only this test run knows: a root
// for --ca-file and an intermediate that signs, as public ones do.
type authority struct {
	root         *x509.Certificate
	intermediate *x509.Certificate
	key          *ecdsa.PrivateKey // of the intermediate
	serial       int64
}

func newAuthority() (*authority, error) {
	rootKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	a := &authority{}
	if a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, err
	}
	template := a.template("Test Root", -365*day, 3650*day)
	template.IsCA, template.BasicConstraintsValid = true, true
	template.KeyUsage = x509.KeyUsageCertSign
	if a.root, err = sign(template, template, &rootKey.PublicKey, rootKey); err != nil {
		return nil, err
	}
	template = a.template("Test Intermediate", -365*day, 1825*day)
	template.IsCA, template.BasicConstraintsValid = true, true
	template.KeyUsage = x509.KeyUsageCertSign
	a.intermediate, err = sign(template, a.root, &a.key.PublicKey, rootKey)
	return a, err
}

// template is valid between two moments told from now.
func (a *authority) template(name string, from, until time.Duration) *x509.Certificate {
	a.serial++
	return &x509.Certificate{
		SerialNumber: big.NewInt(a.serial),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    time.Now().Add(from),
		NotAfter:     time.Now().Add(until),
	}
}

func sign(template, parent *x509.Certificate, public *ecdsa.PublicKey, signer *ecdsa.PrivateKey) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, signer)
	if err != nil {
		return nil, fmt.Errorf("sign %s: %w", template.Subject.CommonName, err)
	}
	return x509.ParseCertificate(der)
}

// writeRoot writes what --ca-file takes.
func (a *authority) writeRoot(file string) error {
	return os.WriteFile(file, pemCertificate(a.root), 0o644)
}

// writeServer writes key, certificate and intermediate for names into one
// file, as Postfix, Dovecot and nginx all read it. The certificate has a
// lifetime of 90 days that ends after the time given.
func (a *authority) writeServer(file string, until time.Duration, names ...string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := a.template(names[0], until-90*day, until)
	template.DNSNames = names
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	return a.write(file, template, key)
}

// writeClient writes a personal certificate in the same way.
func (a *authority) writeClient(file, user string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := a.template(user, -day, 30*day)
	template.EmailAddresses = []string{user}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	return a.write(file, template, key)
}

func (a *authority) write(file string, template *x509.Certificate, key *ecdsa.PrivateKey) error {
	cert, err := sign(template, a.intermediate, &key.PublicKey, a.key)
	if err != nil {
		return err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	content := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
	content = append(content, pemCertificate(cert)...)
	content = append(content, pemCertificate(a.intermediate)...)
	return os.WriteFile(file, content, 0o600)
}

func pemCertificate(cert *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
}
