package providers

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestTheTableOfIssuersIsWithoutFault(t *testing.T) {
	t.Parallel()
	rows, err := parseIssuers(issuersText)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.IsSortedFunc(rows, func(a, b *Issuer) int { return strings.Compare(a.ID, b.ID) }) {
		t.Error("the rows are not sorted by id")
	}
	owner := map[string]string{}
	for _, i := range rows {
		if i.Name == "" || len(i.Sources) == 0 || len(i.Scopes) == 0 || !regexp.MustCompile(`^20\d\d-(0[1-9]|1[0-2])$`).MatchString(i.Checked) {
			t.Errorf("%s lacks a name, a source, scopes or the month when it was checked", i.ID)
		}
		for _, name := range append([]string{i.ID}, i.Also...) {
			if name != strings.ToLower(name) || owner[name] != "" {
				t.Errorf("%s: the name %q is not in lower case, or belongs to %s too", i.ID, name, owner[name])
			}
			owner[name] = i.ID
			if ByIssuer(name) == nil {
				t.Errorf("%s is not found", name)
			}
		}
		for _, at := range []string{i.Authorize, i.Token} {
			if !strings.HasPrefix(at, "https://") {
				t.Errorf("%s: %q is no endpoint", i.ID, at)
			}
		}
		for _, at := range []string{i.Issuer, i.Device, i.Register} {
			if at != "" && !strings.HasPrefix(at, "https://") {
				t.Errorf("%s: %q is no https address", i.ID, at)
			}
		}
		if slices.Contains(i.Scopes, "offline_access") {
			t.Errorf("%s: nobody keeps a refresh token", i.ID)
		}
	}
}

func TestEveryProviderNamesAnIssuerThatIsThere(t *testing.T) {
	t.Parallel()
	named := map[string]bool{}
	for _, p := range table().rows {
		takes := slices.ContainsFunc(p.Servers, func(s Server) bool { return slices.Contains(s.Auth, "oauth2") })
		if p.OAuth == "" {
			if p.OAuthOnly {
				t.Errorf("%s takes tokens only, and nothing says where they come from", p.ID)
			}
			continue
		}
		i := ByIssuer(p.OAuth)
		if i == nil || i.ID != p.OAuth || !takes {
			t.Errorf("%s: %q is no id of an issuer, or no server takes tokens", p.ID, p.OAuth)
			continue
		}
		named[i.ID] = true
	}
	for _, id := range IssuerNames() {
		if !named[id] {
			t.Errorf("no provider names %s", id)
		}
	}
}

func TestAnIssuerIsKnownByAllItsNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"google": "google", "Gmail": "google", "accounts.google.com": "google", "https://accounts.google.com": "google",
		"https://accounts.google.com/": "google", "login.microsoftonline.com": "microsoft", "outlook.com": "microsoft",
		"example.org": "", "": "", "https://accounts.google.com.evil.example": "", "http://accounts.google.com": "",
	} {
		got := ""
		if i := ByIssuer(name); i != nil {
			got = i.ID
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}
