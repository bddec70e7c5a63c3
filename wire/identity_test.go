package wire

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"slices"
	"testing"

	"github.com/mailmedic/mailmedic/mail"
)

// Case 66: what a name in a certificate stands for (RFC 9525 section 6.3).
func TestNamesInCertificates(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		when, host string
		names      []string
		want       string
	}{
		{"the very name", "imap.example.com", []string{"imap.example.com"}, "imap.example.com"},
		{"another one", "imap.example.com", []string{"pop.example.com"}, ""},
		{"the name above", "imap.example.com", []string{"example.com"}, ""},
		{"in upper case", "imap.example.com", []string{"IMAP.Example.COM"}, "IMAP.Example.COM"},
		{"asked for in upper case", "IMAP.example.com", []string{"imap.example.com"}, "imap.example.com"},
		{"asked for with the final dot", "imap.example.com.", []string{"imap.example.com"}, "imap.example.com"},
		{"with a final dot, which no name may have there", "imap.example.com", []string{"imap.example.com."}, ""},
		{"a wildcard, one label below", "imap.example.com", []string{"*.example.com"}, "*.example.com"},
		{"a wildcard in upper case", "imap.example.com", []string{"*.EXAMPLE.com"}, "*.EXAMPLE.com"},
		{"a wildcard, two labels below", "a.imap.example.com", []string{"*.example.com"}, ""},
		{"a wildcard, the domain itself", "example.com", []string{"*.example.com"}, ""},
		{"a wildcard in a part of a label", "imap1.example.com", []string{"imap*.example.com"}, ""},
		{"a wildcard that is not the first label", "imap.a.example.com", []string{"imap.*.example.com"}, ""},
		{"a wildcard alone", "localhost", []string{"*"}, ""},
		{"an exact name before a wildcard", "imap.example.com", []string{"*.example.com", "imap.example.com"}, "imap.example.com"},
		{"A-labels", "imap.xn--bcher-kva.example", []string{"imap.xn--bcher-kva.example"}, "imap.xn--bcher-kva.example"},
		{"A-labels in upper case", "imap.xn--bcher-kva.example", []string{"imap.XN--BCHER-KVA.example"}, "imap.XN--BCHER-KVA.example"},
		{"a wildcard for an A-label", "xn--bcher-kva.example.com", []string{"*.example.com"}, "*.example.com"},
		{"U-labels are no names of the DNS", "imap.xn--bcher-kva.example", []string{"imap.bücher.example"}, ""},
		{"an address", "192.0.2.1", []string{"192.0.2.1"}, ""}, // as a dNSName, which it is not
		{"none at all", "imap.example.com", nil, ""},
	} {
		if got := matchedName(&x509.Certificate{DNSNames: tt.names, Subject: pkix.Name{CommonName: tt.host}}, tt.host); got != tt.want {
			t.Errorf("%s: %q for %s fits %q, want %q", tt.when, tt.names, tt.host, got, tt.want)
		}
	}
}

// withServiceNames gives a certificate SRVName entries beside its DNS names.
func withServiceNames(t *testing.T, dnsName string, services ...string) func(*x509.Certificate) {
	t.Helper()
	marshal := func(value any, params string) []byte {
		der, err := asn1.MarshalWithParams(value, params)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	general := marshal(asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 2, Bytes: []byte(dnsName)}, "")
	for _, service := range services {
		wrapped := marshal(asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: marshal(service, "ia5")}, "")
		other := append(marshal(asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 8, 7}, ""), wrapped...)
		general = append(general, marshal(asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: other}, "")...)
	}
	return func(c *x509.Certificate) {
		c.DNSNames, c.IPAddresses = nil, nil
		c.ExtraExtensions = []pkix.Extension{{
			Id: asn1.ObjectIdentifier{2, 5, 29, 17}, Value: marshal(asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true, Bytes: general}, ""),
		}}
	}
}

// Case 67: every name that would prove a server, and which of them does (RFC 7817 section 3).
func TestEveryNameThatWouldProveAServer(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t, "Root")
	of := func(kind mail.IdentityKind) func(name, matchedBy string) mail.Identity {
		return func(name, matchedBy string) mail.Identity {
			return mail.Identity{Kind: kind, Name: name, MatchedBy: matchedBy}
		}
	}
	host, inDomain, service := of(mail.IdentityHost), of(mail.IdentityMailDomain), of(mail.IdentitySRVName)
	at := func(text string) mail.Endpoint {
		e, err := mail.ParseEndpoint(text)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	for _, tt := range []struct {
		when, at, domain string
		certificate      func(*x509.Certificate)
		want             []mail.Identity
	}{
		{
			"the target of the SRV record alone", "imaps://imap.hoster.example:993", "example.com", func(c *x509.Certificate) { c.DNSNames = []string{"*.hoster.example"} },
			[]mail.Identity{host("imap.hoster.example", "*.hoster.example"), inDomain("example.com", ""), service("_imaps.example.com", "")},
		},
		{
			"the mail domain alone", "smtp+starttls://smtp.hoster.example:587", "example.com", func(c *x509.Certificate) { c.DNSNames = []string{"example.com"} },
			[]mail.Identity{host("smtp.hoster.example", ""), inDomain("example.com", "example.com"), service("_submission.example.com", "")},
		},
		{
			"the service", "smtps://smtp.hoster.example:465", "example.com", withServiceNames(t, "www.example.com", "_imaps.example.com", "_Submissions.example.com"),
			[]mail.Identity{host("smtp.hoster.example", ""), inDomain("example.com", ""), service("_submissions.example.com", "_Submissions.example.com")},
		},
		{
			"the service of another port", "pop3+starttls://pop.hoster.example:110", "example.com", withServiceNames(t, "pop.hoster.example", "_pop3s.example.com"),
			[]mail.Identity{host("pop.hoster.example", "pop.hoster.example"), inDomain("example.com", ""), service("_pop3.example.com", "")},
		},
		{
			"no mail domain is known", "imaps://imap.example.com:993", "", nil,
			[]mail.Identity{host("imap.example.com", "imap.example.com")},
		},
		{
			"the host is the mail domain", "imaps://example.com:993", "example.com", func(c *x509.Certificate) { c.DNSNames = []string{"example.com"} },
			[]mail.Identity{host("example.com", "example.com"), service("_imaps.example.com", "")},
		},
		{
			"a mail exchanger is found otherwise", "smtp+starttls://mx.example.com:25", "example.com", func(c *x509.Certificate) { c.DNSNames = []string{"mx.example.com"} },
			[]mail.Identity{host("mx.example.com", "mx.example.com"), inDomain("example.com", "")},
		},
	} {
		t.Run(tt.when, func(t *testing.T) {
			t.Parallel()
			leaf, err := x509.ParseCertificate(ca.issue(t, tt.certificate).Certificate[0])
			if err != nil {
				t.Fatal(err)
			}
			if got := identities(leaf, at(tt.at), tt.domain); !slices.Equal(got, tt.want) {
				t.Errorf("got %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestServiceNamesOfAHandshakeAreTold(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t, "Root")
	n := (&world{}).network(t, Options{Roots: ca.pool(), Now: now})
	leaf := ca.issue(t, withServiceNames(t, "imap.example.com", "_imaps.example.org"))
	_, obs, _, _ := shaken(t, n, imaps, &tls.Config{Certificates: []tls.Certificate{leaf}})
	if obs.Failure != nil || !slices.Equal(obs.Certificates[0].ServiceNames, []string{"_imaps.example.org"}) || !slices.Equal(obs.Certificates[0].Names, []string{"imap.example.com"}) {
		t.Errorf("%v, %+v", obs.Failure, obs.Certificates[0])
	}
	sum := sha256.Sum256(leaf.Certificate[0])
	if c := obs.Certificates[0]; c.SHA256 != hex.EncodeToString(sum[:]) || c.Serial != "1" {
		t.Errorf("fingerprint %s, serial number %s", c.SHA256, c.Serial)
	}
	if *obs.LifetimeLeft != 66 || obs.ALPN != "" {
		t.Errorf("left %d, ALPN %q", *obs.LifetimeLeft, obs.ALPN)
	}
}

// What stands in an extension comes from the network: it may be anything.
func FuzzServiceNames(f *testing.F) {
	c := &x509.Certificate{}
	withServiceNames(&testing.T{}, "imap.example.com", "_imaps.example.com")(c)
	f.Add(c.ExtraExtensions[0].Value)
	f.Fuzz(func(t *testing.T, value []byte) {
		cert := &x509.Certificate{Extensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 17}, Value: value}}}
		for _, name := range serviceNames(cert) {
			if len(name) > maxNameBytes+len("…") {
				t.Errorf("%d bytes", len(name))
			}
		}
	})
}
