package rules

import "strings"

// codesOf takes the reply code and the enhanced status code (RFC 3463) off the
// front of an SMTP reply; what is missing is "".
func codesOf(words string) (code, enhanced string) {
	first, rest, _ := strings.Cut(strings.TrimSpace(words), " ")
	// A reply of several lines that nobody has put together keeps its hyphen.
	if base, more, ok := strings.Cut(first, "-"); ok {
		first, rest = base, more+" "+rest
	}
	if len(first) != 3 || strings.Trim(first, "0123456789") != "" {
		return "", ""
	}
	second, _, _ := strings.Cut(rest, " ")
	if strings.Count(second, ".") == 2 && strings.Trim(second, "0123456789.") == "" {
		enhanced = second
	}
	return first, enhanced
}

// signInCode gives the rule for a refused sign-in by its code alone, where the
// words are not known: the enhanced codes of RFC 4954 section 6, the response
// codes of RFC 5530 and RFC 3206; "" where it has none that says enough.
func signInCode(words string) string {
	code, enhanced := codesOf(words)
	switch {
	case enhanced == "4.7.12" || code == "432":
		return "auth.password-expired"
	case enhanced == "5.7.13":
		return "auth.account-disabled"
	case enhanced == "5.7.11" || code == "538":
		return "auth.needs-tls"
	case enhanced == "5.7.9" || code == "534": // "too weak", which providers say of passwords as such
		return "auth.blocked-by-policy"
	case enhanced == "4.7.0" || code == "454":
		return "auth.temporary"
	}
	for _, known := range []struct{ code, means string }{
		{"[noperm]", "auth.account-disabled"},
		{"[sys/perm]", "auth.temporary"},
		{"[serverbug]", "auth.temporary"},
		{"[inuse]", "auth.temporary"},
	} {
		if strings.Contains(strings.ToLower(words), known.code) {
			return known.means
		}
	}
	return ""
}
