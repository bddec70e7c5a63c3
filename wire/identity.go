package wire

import (
	"crypto/x509"
	"encoding/asn1"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// identities gives every name by which a program may look for the server of e in
// its certificate, and what in it fits (RFC 9525 section 6, RFC 7817 section 3).
// Domain is the mail domain, "" where none is known.
func identities(leaf *x509.Certificate, e mail.Endpoint, domain string) []mail.Identity {
	list := []mail.Identity{{Kind: mail.IdentityHost, Name: e.Host, MatchedBy: matchedName(leaf, e.Host)}}
	if domain == "" {
		return list
	}
	if domain != e.Host {
		list = append(list, mail.Identity{Kind: mail.IdentityMailDomain, Name: domain, MatchedBy: matchedName(leaf, domain)})
	}
	if service := srvService(e); service != "" {
		name := service + "." + domain
		list = append(list, mail.Identity{Kind: mail.IdentitySRVName, Name: name, MatchedBy: matchedService(leaf, name)})
	}
	return list
}

// srvService gives the label of the SRV records by which programs find a server
// like e (RFC 6186 section 3, RFC 8314 section 5.1), "" for one that they do not find so.
func srvService(e mail.Endpoint) string {
	switch {
	case e.Port == 25 || e.Security == mail.None:
		return ""
	case e.Protocol == mail.SMTP && e.Security == mail.TLS:
		return "_submissions"
	case e.Protocol == mail.SMTP:
		return "_submission"
	case e.Security == mail.TLS:
		return "_" + string(e.Protocol) + "s"
	}
	return "_" + string(e.Protocol)
}

// matchedService gives the SRVName that is name, without regard to case.
func matchedService(leaf *x509.Certificate, name string) string {
	for _, has := range serviceNames(leaf) {
		if strings.EqualFold(has, name) {
			return has
		}
	}
	return ""
}

// serviceNames reads the names of the form id-on-dnsSRV in the subjectAltName,
// which crypto/x509 drops (RFC 5280 section 4.2.1.6, RFC 4985 section 2).
func serviceNames(cert *x509.Certificate) []string {
	subjectAltName := asn1.ObjectIdentifier{2, 5, 29, 17}
	var names []string
	for _, extension := range cert.Extensions {
		if !extension.Id.Equal(subjectAltName) {
			continue
		}
		var general []asn1.RawValue
		if _, err := asn1.Unmarshal(extension.Value, &general); err != nil {
			return nil
		}
		for _, one := range general {
			if name, ok := serviceName(one); ok && len(names) < maxNames {
				names = append(names, bounded(name, maxNameBytes))
			}
		}
	}
	return names
}

// serviceName reads one general name, where it is an otherName that holds an SRVName.
func serviceName(general asn1.RawValue) (string, bool) {
	const otherName = 0
	if general.Class != asn1.ClassContextSpecific || general.Tag != otherName {
		return "", false
	}
	var id asn1.ObjectIdentifier
	var wrapped, value asn1.RawValue
	rest, err := asn1.Unmarshal(general.Bytes, &id)
	if err != nil || !id.Equal(asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 8, 7}) {
		return "", false
	}
	if _, err = asn1.Unmarshal(rest, &wrapped); err != nil {
		return "", false
	}
	if _, err = asn1.Unmarshal(wrapped.Bytes, &value); err != nil || value.Tag != asn1.TagIA5String {
		return "", false
	}
	return string(value.Bytes), true
}
