package discover

import (
	"net/netip"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// parseHost gives a host as an endpoint has it: a name in A-labels, lower case,
// without the final dot, or an IP address.
func parseHost(text string) (string, error) {
	if addr, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil && addr.Zone() == "" {
		return addr.String(), nil
	}
	return mail.ParseDomain(text)
}

// fillIn replaces the placeholders of an autoconfig document, wherever in the
// text they stand. Those of an address stay readable when only a domain is known.
func fillIn(text string, t mail.Target) string {
	if !strings.Contains(text, "%") {
		return text
	}
	text = strings.ReplaceAll(text, "%EMAILDOMAIN%", t.Domain)
	if t.Address == "" {
		return text
	}
	return strings.NewReplacer("%EMAILADDRESS%", t.Address, "%EMAILLOCALPART%", t.LocalPart()).Replace(text)
}
