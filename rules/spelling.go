package rules

// popularDomains are mail domains that people mistype.
func popularDomains() []string {
	return []string{
		"gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "yahoo.com", "icloud.com", "aol.com",
		"gmx.de", "gmx.net", "web.de", "t-online.de", "freenet.de", "posteo.de", "proton.me", "protonmail.com",
		"fastmail.com", "zoho.com", "yandex.ru", "mail.ru", "orange.fr", "free.fr", "laposte.net", "libero.it",
	}
}

// nearDomain gives the popular mail domain that is one slip of the keyboard
// away from name, and "" where there is none.
func nearDomain(name string) string {
	for _, known := range popularDomains() {
		if name != known && oneSlip(name, known) {
			return known
		}
	}
	return ""
}

// oneSlip reports whether one letter too many, too few, wrong, or two swapped
// neighbours make b of a.
func oneSlip(a, b string) bool {
	if len(a) < len(b) {
		a, b = b, a
	}
	i := 0
	for i < len(b) && a[i] == b[i] {
		i++
	}
	switch rest := b[i:]; {
	case len(a) == len(b)+1:
		return a[i+1:] == rest
	case len(a) != len(b):
		return false
	case rest == "":
		return true
	case a[i+1:] == rest[1:]:
		return true
	default:
		return len(rest) > 1 && a[i] == rest[1] && a[i+1] == rest[0] && a[i+2:] == rest[2:]
	}
}
