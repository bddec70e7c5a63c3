package wire

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"strings"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

// A ClientCertificate is a certificate of the client with its key. It tells who somebody
// is, and is shown only where [Conn.Show] allowed it. It prints nothing of the key.
type ClientCertificate struct{ certificate *tls.Certificate }

// The ways in which a file can fail to hold one.
var (
	errNoClientCertificate = errors.New("there is no certificate in PEM form (-----BEGIN CERTIFICATE-----) in it; " +
		"a .p12 or .pfx file becomes one with 'openssl pkcs12 -in FILE -nodes -out anna.pem'")
	errNoClientKey  = errors.New("there is no private key in PEM form (-----BEGIN PRIVATE KEY-----) in it")
	errEncryptedKey = errors.New("the private key is encrypted; 'openssl pkey -in FILE -out anna.key' asks for the passphrase " +
		"and writes it without one, for a file that nobody else may read")
)

// ParseClientCertificate reads a certificate, with those that lead from it to a root, and
// its private key, both in PEM form; key may be the same text as chain. An error
// says what to do and quotes nothing of the text.
func ParseClientCertificate(chain, key []byte) (*ClientCertificate, error) {
	switch kinds := pemKinds(chain); {
	case !kinds["CERTIFICATE"]:
		return nil, errNoClientCertificate
	case encryptedKey(key):
		return nil, errEncryptedKey
	case !hasKey(pemKinds(key)):
		return nil, errNoClientKey
	}
	certificate, err := tls.X509KeyPair(chain, key)
	if err != nil {
		return nil, errors.New(strings.TrimPrefix(err.Error(), "tls: "))
	}
	return &ClientCertificate{&certificate}, nil
}

// NewClientCertificate makes one of a certificate whose Leaf is set.
func NewClientCertificate(certificate tls.Certificate) *ClientCertificate {
	return &ClientCertificate{&certificate}
}

// String gives the name of the certificate.
func (id *ClientCertificate) String() string { return "certificate of " + id.Name() }

// GoString is String.
func (id *ClientCertificate) GoString() string { return id.String() }

// Name says whom the certificate is for: its first e-mail address, else the common name.
func (id *ClientCertificate) Name() string {
	leaf := id.certificate.Leaf
	if len(leaf.EmailAddresses) > 0 {
		return bounded(strings.ToValidUTF8(leaf.EmailAddresses[0], "\ufffd"), maxNameBytes)
	}
	return bounded(strings.ToValidUTF8(leaf.Subject.CommonName, "\ufffd"), maxNameBytes)
}

// Valid reports whether the certificate is neither expired nor not valid yet,
// and else says so in words.
func (id *ClientCertificate) Valid(now time.Time) (fault string, ok bool) {
	if f := dateFault(id.certificate.Leaf, now); f != nil {
		return f.Detail, false
	}
	return "", true
}

func pemKinds(text []byte) map[string]bool {
	kinds := map[string]bool{}
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		kinds[block.Type] = true
	}
	return kinds
}

func hasKey(kinds map[string]bool) bool {
	for kind := range kinds {
		if strings.HasSuffix(kind, "PRIVATE KEY") {
			return true
		}
	}
	return false
}

// encryptedKey knows PKCS #8 (RFC 7468 section 11) and the older form with a header (RFC 1421 section 4.6.1.1).
func encryptedKey(text []byte) bool {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "ENCRYPTED PRIVATE KEY" || strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED") {
			return true
		}
	}
	return false
}

// Show allows the next [Conn.Handshake] to present a certificate of the client,
// where the server asks for one and its own certificate proves the host; anyway
// lifts the latter.
func (c *Conn) Show(id *ClientCertificate, anyway bool) {
	c.clientCertificate, c.showAnyway = id, anyway
}

// ShownTo reports whether the server was shown a certificate of the client and went on.
func (c *Conn) ShownTo() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.secure != nil && c.shown
}

// present gives what crypto/tls asks for once the server has shown its
// certificate: ours, or none and why.
func (c *Conn) present(request *tls.CertificateRequestInfo, state tls.ConnectionState) (*tls.Certificate, mail.CertificateAnswer) {
	none := &tls.Certificate{}
	switch {
	case c.clientCertificate == nil:
		return none, ""
	case !c.showAnyway && c.network.judge(state.PeerCertificates, c.endpoint.Host) != nil:
		return none, mail.CertificateWithheld
	case request.SupportsCertificate(c.clientCertificate.certificate) != nil:
		return none, mail.CertificateUnsuitable
	}
	return c.clientCertificate.certificate, mail.CertificateShown
}

// maxAuthorities bounds how many of the authorities are told that a server would believe.
const maxAuthorities = 10

// authorityNames reads the list of authorities in a server's request (RFC 8446 section 4.2.4).
func authorityNames(raw [][]byte) []string {
	var names []string
	for _, der := range raw[:min(len(raw), maxAuthorities)] {
		var sequence pkix.RDNSequence
		if rest, err := asn1.Unmarshal(der, &sequence); err != nil || len(rest) > 0 {
			continue
		}
		var name pkix.Name
		name.FillFromRDNSequence(&sequence)
		names = append(names, distinguishedName(orElse(name.CommonName, name.String())))
	}
	return names
}

// issuerOf names who signed the last certificate of one that was sent along.
func issuerOf(id *ClientCertificate) string {
	last := id.certificate.Certificate[len(id.certificate.Certificate)-1]
	cert, err := x509.ParseCertificate(last)
	if err != nil {
		return ""
	}
	return distinguishedName(orElse(cert.Issuer.CommonName, cert.Issuer.String()))
}
