package wire

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"

	"github.com/mailmedic/mailmedic/mail"
)

// pemOf gives a certificate and its key as the files that people have.
func pemOf(t *testing.T, c tls.Certificate) (chain, key []byte) {
	t.Helper()
	var text bytes.Buffer
	for _, der := range c.Certificate {
		_ = pem.Encode(&text, &pem.Block{Type: "CERTIFICATE", Bytes: der})
	}
	der, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	return text.Bytes(), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func personal(c *x509.Certificate) {
	c.EmailAddresses, c.ExtKeyUsage = []string{"anna@example.org"}, []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
}

func TestAClientCertificateIsReadFromPEM(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t, "Root")
	chain, key := pemOf(t, ca.issue(t, personal))
	_, otherKey := pemOf(t, ca.issue(t, nil))
	encrypted := pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte("x")})
	older := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Headers: map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "x"}, Bytes: []byte("x")})
	both := append(bytes.Clone(chain), key...)
	for name, test := range map[string]struct {
		chain, key []byte
		want       string
	}{
		"two files":              {chain, key, ""},
		"one file":               {both, both, ""},
		"no PEM":                 {[]byte("0\x82"), []byte("0\x82"), "openssl pkcs12"},
		"no key":                 {chain, chain, "no private key"},
		"an encrypted key":       {chain, encrypted, "openssl pkey"},
		"an older encrypted key": {chain, older, "openssl pkey"},
		"the key of another":     {chain, otherKey, "does not match"},
	} {
		id, err := ParseClientCertificate(test.chain, test.key)
		switch {
		case test.want == "" && err != nil, test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: %v", name, err)
		case err == nil && (id.Name() != "anna@example.org" || fmt.Sprintf("%v %+v %#v", id, id, id) != strings.TrimSpace(strings.Repeat("certificate of anna@example.org ", 3))):
			t.Errorf("%s: %s prints as %v %+v %#v", name, id.Name(), id, id, id)
		}
	}
}

func TestAClientCertificateKnowsItsDates(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t, "Root")
	id := NewClientCertificate(ca.issue(t, personal))
	if fault, ok := id.Valid(now()); !ok {
		t.Error(fault)
	}
	if fault, ok := id.Valid(now().AddDate(20, 0, 0)); ok || !strings.Contains(fault, "expired") {
		t.Errorf("%q, %v", fault, ok)
	}
}

// A certificate tells who somebody is: a server that has not proved who it is does not see it.
func TestACertificateIsShownOnlyToAProvedServer(t *testing.T) {
	t.Parallel()
	ca, stranger := newAuthority(t, "Root"), newAuthority(t, "Stranger")
	id := NewClientCertificate(ca.issue(t, personal))
	for _, test := range []struct {
		name   string
		server tls.Certificate
		anyway bool
		asks   tls.ClientAuthType
		want   mail.CertificateAnswer
	}{
		{"a good server", ca.issue(t, nil), false, tls.RequestClientCert, mail.CertificateShown},
		{"a server of nobody", stranger.issue(t, nil), false, tls.RequestClientCert, mail.CertificateWithheld},
		{"a server of nobody, with leave", stranger.issue(t, nil), true, tls.RequestClientCert, mail.CertificateShown},
		{"a server that does not ask", ca.issue(t, nil), false, tls.NoClientCert, ""},
	} {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			n := (&world{}).network(t, Options{Roots: ca.pool(), Now: now})
			saw := make(chan int, 1)
			config := &tls.Config{
				Certificates: []tls.Certificate{test.server}, ClientAuth: test.asks, MaxVersion: version,
				VerifyConnection: func(state tls.ConnectionState) error {
					saw <- len(state.PeerCertificates)
					return nil
				},
			}
			c, obs, _, _ := shaken(t, n, imaps, config, func(c *Conn) { c.Show(id, test.anyway) })
			if n := <-saw; obs.ClientCertificateAnswer != test.want || (n > 0) != (test.want == mail.CertificateShown) || c.ShownTo() != (n > 0) {
				t.Errorf("%s: answer %q, and the server saw %d certificates", test.name, obs.ClientCertificateAnswer, n)
			}
		}
	}
}
