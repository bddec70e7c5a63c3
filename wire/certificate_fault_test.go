package wire

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"io"
	"math/big"
	"slices"
	"testing"

	"github.com/mailmedic/mailmedic/mail"
)

// A pretender has a public key and signs with noise.
type pretender struct{ public *rsa.PublicKey }

func (p pretender) Public() crypto.PublicKey { return p.public }

func (p pretender) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return make([]byte, p.public.Size()), nil
}

// rsaOf makes a key of which nobody knows the private half.
func rsaOf(bits uint) pretender {
	n := new(big.Int).Lsh(big.NewInt(1), bits-1)
	return pretender{&rsa.PublicKey{N: n.Add(n, big.NewInt(1)), E: 65537}}
}

// Case 68: what makes a certificate unusable before anybody asks whether to believe it.
func TestCertificatesThatCannotBeLookedAt(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t, "Root")
	made := func(key crypto.Signer, change func(*x509.Certificate)) tls.Certificate {
		template := serverTemplate()
		if change != nil {
			change(template)
		}
		der, err := x509.CreateCertificate(rand.Reader, template, ca.cert, key.Public(), ca.key)
		if err != nil {
			t.Fatal(err)
		}
		return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	}
	uLabel := asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 2, Bytes: []byte("imap.bücher.example")}
	names, err := asn1.Marshal([]asn1.RawValue{uLabel})
	if err != nil {
		t.Fatal(err)
	}
	good := ca.issue(t, nil)
	crowd := good
	crowd.Certificate = append(slices.Clone(good.Certificate), slices.Repeat([][]byte{ca.cert.Raw}, 1000)...)
	for _, tt := range []struct {
		when   string
		sent   tls.Certificate
		fault  mail.CertificateFault
		class  mail.Class
		detail string
	}{
		{"a key of 9000 bits", made(rsaOf(9000), nil), mail.CertificateKeyTooBig, mail.CertUntrusted, "the certificate has an RSA key of more than 8192 bits, which takes too long to work with"},
		{"a key of 768 bits", made(rsaOf(768), nil), mail.CertificateKeyTooTiny, mail.CertUntrusted, "the certificate has an RSA key of less than 1024 bits, which anybody can break"},
		{"a name in U-labels", made(newKey(t), func(c *x509.Certificate) {
			c.DNSNames, c.IPAddresses = nil, nil
			c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 17}, Value: names}}
		}), mail.CertificateUnreadable, mail.CertUntrusted, "the certificate cannot be read: SAN dNSName is malformed"},
		{"hundreds of certificates", crowd, mail.CertificatesTooLarge, mail.TooLarge, "the certificates that the server sends are larger than any program takes"},
		{"nothing odd", good, "", "", ""},
	} {
		t.Run(tt.when, func(t *testing.T) {
			t.Parallel()
			n := (&world{}).network(t, Options{Roots: ca.pool(), Now: now})
			_, obs, completed, _ := shaken(t, n, imaps, &tls.Config{Certificates: []tls.Certificate{tt.sent}, MaxVersion: tls.VersionTLS12})
			if completed != (tt.fault == "") || obs.CertificateFault != tt.fault || classIn(obs.Failure) != tt.class {
				t.Fatalf("completed %v, fault %q, failure %v", completed, obs.CertificateFault, obs.Failure)
			}
			if obs.Failure != nil && obs.Failure.Detail != tt.detail {
				t.Errorf("the detail is %q", obs.Failure.Detail)
			}
		})
	}
}
