package oauth

import (
	"slices"
	"strings"
)

// MailScopes gives those of a list that are about mail, in its order. There is no
// registry of them: providers name the protocols (IMAP.AccessAsUser.All,
// mail:imap_full, …/dev/protocol-smtp) or mail itself (mail-w,
// https://mail.google.com/, urn:ietf:params:oauth:scope:mail). The scope email of
// OpenID Connect is only the address.
func MailScopes(scopes []string) []string {
	return slices.DeleteFunc(slices.Clone(scopes), func(scope string) bool {
		scope = strings.ToLower(scope)
		if scope == "email" || strings.HasSuffix(scope, "/userinfo.email") {
			return true
		}
		return !slices.ContainsFunc([]string{"mail", "imap", "smtp", "pop."}, func(part string) bool {
			return strings.Contains(scope, part)
		}) && !strings.HasSuffix(scope, "pop")
	})
}

// WithoutRefresh takes the scope off that asks for a refresh token, which nobody
// here would keep (OpenID Connect Core section 11).
func WithoutRefresh(scopes []string) []string {
	return slices.DeleteFunc(slices.Clone(scopes), func(scope string) bool { return scope == "offline_access" })
}

// Lacking gives the scopes about mail that were asked for and not granted.
// Servers write them back in other forms: another case, without a final slash, or
// (Microsoft) with another host in front.
func Lacking(asked, granted []string) []string {
	return slices.DeleteFunc(MailScopes(asked), func(want string) bool {
		return slices.ContainsFunc(granted, func(got string) bool { return sameScope(want, got) })
	})
}

func sameScope(a, b string) bool {
	a, b = strings.TrimSuffix(strings.ToLower(a), "/"), strings.TrimSuffix(strings.ToLower(b), "/")
	if a == b {
		return true
	}
	last := func(s string) string { return s[strings.LastIndexByte(s, '/')+1:] }
	named := func(s string) bool { return strings.Count(s, "/") > 2 } // a path behind the host
	return last(a) == last(b) && (named(a) || !strings.Contains(a, "/")) && (named(b) || !strings.Contains(b, "/"))
}
