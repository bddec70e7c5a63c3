package mail

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// Target is what a run is about: an address, or a domain alone.
type Target struct {
	Input   string `json:"input"`   // as the user typed it
	Address string `json:"address"` // local part and domain in A-labels; empty for a domain
	Domain  string `json:"domain"`  // A-labels, lower case, no final dot; or an address literal such as [192.0.2.1]
}

// LocalPart gives the local part of the address, and "" for a domain.
func (t Target) LocalPart() string {
	local, _, _ := cutLast(t.Address)
	return local
}

// Literal gives the IP address of an address literal (RFC 5321 section 4.1.3).
func (t Target) Literal() (netip.Addr, bool) {
	inner, ok := strings.CutPrefix(t.Domain, "[")
	if !ok {
		return netip.Addr{}, false
	}
	addr, err := netip.ParseAddr(strings.TrimSuffix(inner, "]"))
	return addr, err == nil
}

// DisplayDomain gives the domain in U-labels, for people.
func (t Target) DisplayDomain() string { return DisplayName(t.Domain) }

// DisplayAddress gives the address, or the domain where there is none, with the domain in U-labels.
func (t Target) DisplayAddress() string {
	if t.Address == "" {
		return t.DisplayDomain()
	}
	return t.LocalPart() + "@" + t.DisplayDomain()
}

// DisplayName gives a host name in U-labels (RFC 5890), and the name unchanged where it has none.
func DisplayName(name string) string {
	if u, err := displayProfile.ToUnicode(name); err == nil {
		return u
	}
	return name
}

// ErrTarget is wrapped by every error of [ParseTarget].
var ErrTarget = errors.New("not an email address or a domain")

// ParseTarget reads what a person types: an address, "Name <address>",
// "mailto:address", a domain, or an address with a literal such as
// user@[192.0.2.1]. Internationalised domains are converted to A-labels.
// Its errors wrap [ErrTarget] and say what is wrong.
func ParseTarget(input string) (Target, error) {
	t := Target{Input: input}
	text := strings.TrimSpace(input)
	if i, j := strings.LastIndexByte(text, '<'), strings.LastIndexByte(text, '>'); i >= 0 && j == len(text)-1 {
		text = strings.TrimSpace(text[i+1 : j])
	}
	if len(text) >= 7 && strings.EqualFold(text[:7], "mailto:") {
		text, _, _ = strings.Cut(text[7:], "?")
	}
	if text == "" {
		return Target{}, fmt.Errorf("%w: it is empty; write an address such as anna@example.org", ErrTarget)
	}
	if !utf8.ValidString(text) {
		return Target{}, fmt.Errorf("%w: %q is not UTF-8 text", ErrTarget, input)
	}
	if strings.Contains(text, "://") && namesUser(text) {
		return Target{}, fmt.Errorf("%w: it names a server with a user; write the address alone, such as anna@example.org", ErrTarget)
	}
	local, domain, isAddress := cutLast(text)
	var err error
	if t.Domain, err = parseTargetDomain(domain); err != nil {
		return Target{}, fmt.Errorf("%w: %q: %w", ErrTarget, input, err)
	}
	if !isAddress {
		return t, nil
	}
	if err := checkLocalPart(local); err != nil {
		return Target{}, fmt.Errorf("%w: %q: %w", ErrTarget, input, err)
	}
	t.Address = local + "@" + t.Domain
	return t, nil
}

// cutLast splits an address at its last @; without one the whole is the domain.
func cutLast(s string) (local, domain string, ok bool) {
	i := strings.LastIndexByte(s, '@')
	if i < 0 {
		return "", s, false
	}
	return s[:i], s[i+1:], true
}

func parseTargetDomain(domain string) (string, error) {
	if domain == "" {
		return "", errors.New("nothing stands after the @")
	}
	if inner, ok := strings.CutPrefix(domain, "["); ok {
		inner = strings.TrimSuffix(inner, "]")
		if len(inner) > 5 && strings.EqualFold(inner[:5], "IPv6:") {
			inner = inner[5:]
		}
		addr, err := netip.ParseAddr(inner)
		if err != nil || addr.Zone() != "" {
			return "", fmt.Errorf("%s is not an IP address", domain)
		}
		return "[" + addr.String() + "]", nil
	}
	return ParseDomain(domain)
}

// checkLocalPart holds the limits of RFC 5321 section 4.5.3.1.1 and refuses
// what is a slip of the keyboard rather than an address.
func checkLocalPart(local string) error {
	quoted := len(local) >= 2 && local[0] == '"' && local[len(local)-1] == '"'
	switch {
	case local == "":
		return errors.New("nothing stands before the @")
	case len(local) > 64:
		return errors.New("the part before the @ is longer than 64 bytes")
	case strings.ContainsRune(local, '@') && !quoted:
		return errors.New("it has more than one @")
	}
	for _, r := range local {
		switch {
		case unicode.IsControl(r):
			return errors.New("it has a control character")
		case unicode.IsSpace(r) && !quoted:
			return errors.New("it has a space")
		case strings.ContainsRune(`()<>[]:;,\"`, r) && !quoted:
			return fmt.Errorf("the character %q needs quotes around the part before the @", r)
		}
	}
	return nil
}

var (
	// domainProfile is stricter than idna.Lookup, which lets "a..b" and labels
	// over 63 bytes pass, and laxer about underscores and odd hyphens, which
	// real host names have.
	domainProfile = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.BidiRule(),
		idna.VerifyDNSLength(true), idna.StrictDomainName(false), idna.CheckHyphens(false))
	displayProfile = idna.New(idna.BidiRule(), idna.Transitional(false))
)

// ParseDomain gives a host or domain name in A-labels, lower case, without the
// final dot. It refuses empty and overlong labels, and characters that no host
// name has.
func ParseDomain(name string) (string, error) {
	if name = strings.TrimSuffix(name, "."); name == "" {
		return "", errors.New("the domain is empty")
	}
	ascii, err := domainProfile.ToASCII(name)
	if err != nil {
		return "", fmt.Errorf("%q is not a domain name", name)
	}
	for _, r := range ascii {
		if r != '.' && r != '-' && r != '_' && (r < 'a' || r > 'z') && (r < '0' || r > '9') {
			return "", fmt.Errorf("a domain name cannot have the character %q", r)
		}
	}
	if _, err := netip.ParseAddr(ascii); err == nil {
		return "", fmt.Errorf("%s is an IP address; write it in brackets, for example anna@[%s]", ascii, ascii)
	}
	return ascii, nil
}
