package wire

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"testing"
	"time"
)

// today is when all certificates of the tests are judged.
var today = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func now() time.Time { return today }

const day = 24 * time.Hour

// An authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  crypto.Signer
}

func newKey(t testing.TB) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func template(name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: today.Add(-30 * day), NotAfter: today.Add(60 * day),
	}
}

func authorityTemplate(name string) *x509.Certificate {
	c := template(name)
	c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign
	return c
}

func newAuthority(t testing.TB, name string) authority {
	t.Helper()
	key := newKey(t)
	c := authorityTemplate(name)
	return authority{sign(t, c, c, key, key), key}
}

// below makes an intermediate authority.
func (a authority) below(t testing.TB, name string, change ...func(*x509.Certificate)) authority {
	t.Helper()
	key, c := newKey(t), authorityTemplate(name)
	for _, f := range change {
		f(c)
	}
	return authority{sign(t, c, a.cert, key, a.key), key}
}

func sign(t testing.TB, c, parent *x509.Certificate, key, signer crypto.Signer) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// issue makes a server's certificate for imap.example.com and 192.0.2.1, with
// changes, and sends the given ones after it.
func (a authority) issue(t testing.TB, change func(*x509.Certificate), after ...*x509.Certificate) tls.Certificate {
	t.Helper()
	key, c := newKey(t), serverTemplate()
	if change != nil {
		change(c)
	}
	return chainOf(sign(t, c, a.cert, key, a.key), key, after...)
}

func serverTemplate() *x509.Certificate {
	c := template("a common name")
	c.DNSNames, c.IPAddresses = []string{"imap.example.com"}, []net.IP{net.IPv4(192, 0, 2, 1)}
	c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	return c
}

func selfIssued(t testing.TB, change func(*x509.Certificate)) tls.Certificate {
	t.Helper()
	key, c := newKey(t), serverTemplate()
	if change != nil {
		change(c)
	}
	return chainOf(sign(t, c, c, key, key), key)
}

func chainOf(leaf *x509.Certificate, key crypto.Signer, after ...*x509.Certificate) tls.Certificate {
	chain := tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: key, Leaf: leaf}
	for _, c := range after {
		chain.Certificate = append(chain.Certificate, c.Raw)
	}
	return chain
}

func (a authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}
