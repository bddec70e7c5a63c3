package wire

import "testing"

func TestOrganisationalDomain(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"example.com":           "example.com",
		"imap.mail.Example.COM": "example.com",
		"mail.example.com.":     "example.com", // the list takes the dot for a label
		"www.example.co.uk":     "example.co.uk",
		"co.uk":                 "",
		"com":                   "",
		"com.":                  "",
		"":                      "",
		".":                     "",
		"localhost":             "",
		"someone.github.io":     "someone.github.io", // a private suffix
		"github.io":             "",
		"mail.corp.test":        "corp.test", // not on the list
		"corp.test":             "corp.test",
		"192.0.2.1":             "192.0.2.1",
		"2001:db8::1":           "2001:db8::1",
		"[192.0.2.1]":           "[192.0.2.1]",
		"a..b":                  "",
	} {
		if got := OrganisationalDomain(name); got != want {
			t.Errorf("OrganisationalDomain(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestInDomain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, domain string
		want         bool
	}{
		{"example.com", "example.com", true},
		{"IMAP.example.com.", "Example.com", true},
		{"badexample.com", "example.com", false},
		{"com", "example.com", false},
		{"example.com", "", false},
		{"", "", false},
	} {
		if got := InDomain(c.name, c.domain); got != c.want {
			t.Errorf("InDomain(%q, %q) = %v", c.name, c.domain, got)
		}
	}
}

func TestSameOrganisation(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"imap.example.com", "example.com.", true},
		{"a.example.co.uk", "b.example.co.uk", true},
		{"one.co.uk", "two.co.uk", false},
		{"one.github.io", "two.github.io", false},
		{"co.uk", "co.uk", false},
		{"192.0.2.1", "192.0.2.1", true},
		{"192.0.2.1", "192.0.2.2", false},
	} {
		if got := SameOrganisation(c.a, c.b); got != c.want {
			t.Errorf("SameOrganisation(%q, %q) = %v", c.a, c.b, got)
		}
	}
}
