package wire

import (
	"net/netip"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// OrganisationalDomain gives the part of a name that one organisation
// registered: the public suffix and one label. It gives the name itself for an
// IP address, and "" for a public suffix, an empty name or a single label,
// below which nothing may be guessed. Under a top-level domain that the list
// does not know, as in tests and company networks, the last two labels count.
func OrganisationalDomain(name string) string {
	name = plainName(name)
	if _, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
		return name
	}
	domain, err := publicsuffix.EffectiveTLDPlusOne(name)
	if err != nil {
		return ""
	}
	return domain
}

// InDomain reports whether name is domain or below it.
func InDomain(name, domain string) bool {
	name, domain = plainName(name), plainName(domain)
	return domain != "" && (name == domain || strings.HasSuffix(name, "."+domain))
}

// SameOrganisation reports whether two names have the same organisational
// domain. Public suffixes belong to nobody and are never the same.
func SameOrganisation(a, b string) bool {
	domain := OrganisationalDomain(a)
	return domain != "" && domain == OrganisationalDomain(b)
}

// plainName gives a name in lower case without its final dot, which the public
// suffix list would take for an empty label.
func plainName(name string) string {
	return strings.ToLower(strings.TrimSuffix(name, "."))
}
