package lab

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"net"
	"time"
)

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
	a.date(template, c)
	if err := name(template, c, names); err != nil {
		return tls.Certificate{}, err
	}
	key, err := spoil(template, c.Kind)
	if err != nil {
		return tls.Certificate{}, err
	}
	parent, err := a.parent(c, names[0])
	if err != nil {
		return tls.Certificate{}, err
	}
	raw, err := signKey(template, key, parent)
	if err != nil {
		return tls.Certificate{}, err
	}
	made := tls.Certificate{Certificate: a.sent(c, raw, parent), PrivateKey: key}
	if c.Kind != "unreadable" {
		made.Leaf, err = x509.ParseCertificate(raw)
	}
	return made, err
}

// date sets from when until when a certificate is valid.
func (a *authority) date(template *x509.Certificate, c certificateConfig) {
	lifetime := time.Duration(c.Lifetime) * day
	if lifetime == 0 {
		lifetime = 90 * day
	}
	switch {
	case c.Kind == "expired":
		template.NotAfter = a.today.Add(-time.Duration(max(c.Days, 0)) * day)
		template.NotBefore = template.NotAfter.Add(-lifetime)
	case c.Kind == "not-yet-valid":
		template.NotBefore = a.endOf(max(c.Days, 1))
		template.NotAfter = template.NotBefore.Add(lifetime)
	case c.Kind == "ends-today":
		template.NotAfter = a.endOf(0)
	case c.Days > 0:
		template.NotAfter = a.endOf(c.Days)
	}
	if c.Lifetime > 0 {
		template.NotBefore = template.NotAfter.Add(-lifetime)
	}
}

// name puts names into a certificate where programs look for them, or where they do not.
func name(template *x509.Certificate, c certificateConfig, names []string) error {
	for _, name := range names {
		switch ip := net.ParseIP(name); {
		case c.Kind == "common-name":
		case ip != nil:
			template.IPAddresses = append(template.IPAddresses, ip)
		default:
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	if c.Kind == "unreadable" { // letters that no name of the DNS has
		return extraNames(template, append(template.DNSNames, "bücher.example"), nil)
	}
	if len(c.Services) > 0 {
		return extraNames(template, template.DNSNames, c.Services)
	}
	return nil
}

// extraNames writes a subjectAltName by hand, with names that crypto/x509 cannot
// or does not want to write: SRVName is an otherName (RFC 4985 section 2).
func extraNames(template *x509.Certificate, names, services []string) error {
	var all []asn1.RawValue
	for _, name := range names {
		all = append(all, asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 2, Bytes: []byte(name)})
	}
	for _, service := range services {
		text, err := asn1.MarshalWithParams(service, "ia5")
		if err != nil {
			return fmt.Errorf("service name %q: %w", service, err)
		}
		id, err := asn1.Marshal(asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 8, 7})
		if err != nil {
			return err
		}
		value, err := asn1.Marshal(asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: text})
		if err != nil {
			return err
		}
		all = append(all, asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: append(id, value...)})
	}
	value, err := asn1.Marshal(all)
	if err != nil {
		return err
	}
	template.ExtraExtensions = append(template.ExtraExtensions, pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 17}, Value: value})
	return nil
}

// spoil makes the key of a certificate, and what else is odd about some kinds.
func spoil(template *x509.Certificate, kind string) (crypto.Signer, error) {
	switch kind {
	case "rsa-1024":
		return rsa.GenerateKey(rand.Reader, 1024)
	case "sha1":
		template.SignatureAlgorithm = x509.ECDSAWithSHA1
	case "client-only":
		template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	case "authority":
		template.IsCA, template.BasicConstraintsValid = true, true
		template.KeyUsage |= x509.KeyUsageCertSign
	}
	return steadyKey(template)
}

// parent gives who signs a certificate, nil for nobody but itself.
func (a *authority) parent(c certificateConfig, name string) (*signer, error) {
	switch {
	case c.Kind == "self-signed":
		return nil, nil
	case c.Issuer != "":
		other, err := a.newCA(c.Issuer, nil)
		return &other, err
	case c.Kind == "unknown-ca":
		return &a.stranger, nil
	case c.Kind == "constrained": // to another name
		bound, err := a.newCA("Mail Lab Bound CA", &a.root, func(t *x509.Certificate) {
			t.PermittedDNSDomains, t.PermittedDNSDomainsCritical = []string{"not." + name}, true
		})
		return &bound, err
	}
	return &a.issuing, nil
}

// sent gives the certificates that a server sends.
func (a *authority) sent(c certificateConfig, own []byte, parent *signer) [][]byte {
	root, stranger := a.root.certificate.Raw, a.stranger.certificate.Raw
	if parent == nil {
		return [][]byte{own}
	}
	above := parent.certificate.Raw
	switch {
	case c.Kind == "leaf-only" || c.Chain == "leaf-only":
		return [][]byte{own}
	case c.Chain == "with-root":
		return [][]byte{own, above, root}
	case c.Chain == "shuffled":
		return [][]byte{own, root, above}
	case c.Chain == "extra":
		return [][]byte{own, stranger, above}
	case c.Chain == "wrong":
		return [][]byte{own, stranger}
	case c.Chain == "repeated":
		return [][]byte{own, above, above}
	}
	return [][]byte{own, above}
}
