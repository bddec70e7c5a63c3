package discover

import (
	"encoding/hex"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mailmedic/mailmedic/wire"
)

// wouldTell is why a redirect is not followed.
const wouldTell = "the redirect would tell the address to somebody else"

// keepBack gives what decides about the target of a redirect: the URL to ask in
// its place, and nil where none can be asked. Outside of the domain's own https
// hosts nobody learns the user's address, in whatever form a server copied it.
// A query from a host that was told the address is dropped whole, since nobody
// can know all the forms; one from a host that was not, where it shows.
func (s *Search) keepBack(told bool) func(*url.URL) *url.URL {
	return func(next *url.URL) *url.URL {
		if s.target.Address == "" || next.Scheme == "https" && wire.InDomain(next.Hostname(), s.target.Domain) {
			return next
		}
		if s.tells(next.Path) {
			return nil
		}
		clean := *next
		clean.Fragment, clean.RawFragment = "", ""
		if told || s.tells(next.RawQuery) {
			clean.RawQuery = s.standInQuery(next)
		}
		return &clean
	}
}

// standInQuery gives the query for somebody else: the postmaster's address
// where it is asked for by the usual name, and nothing else.
func (s *Search) standInQuery(next *url.URL) string {
	for key := range next.Query() {
		if strings.EqualFold(key, "emailaddress") {
			return strings.TrimPrefix(addressQuery(standIn(s.target.Domain)), "?")
		}
	}
	return ""
}

// tells reports whether a text lets the user's address be seen, whatever its
// letter case and however often it was escaped: the whole of it, or its local
// part as a word. The domain is no secret. A local part that is a word of the
// usual paths tells nothing but in front of an @.
func (s *Search) tells(text string) bool {
	domain, text := strings.ToLower(s.target.Domain), plainForm(text)
	local := plainForm(strings.Trim(s.target.LocalPart(), `"`))
	base, _, _ := strings.Cut(local, " ") // "+" begins a detail and stands for a space, too
	if base == "" {
		base = local
	}
	rest := strings.ReplaceAll(text, domain, "/")
	for _, name := range []string{local, base} {
		usual := hasWord(documentPath+wellKnown+poxPath+jsonPath+jmapPath, name)
		if hasWord(text, name+"@") || strings.Contains(text, name+"@"+domain) || !usual && hasWord(rest, name) {
			return true
		}
	}
	return false
}

// plainForm unescapes a text until nothing is left to unescape, and folds it.
func plainForm(text string) string {
	for next := unescapeOnce(text); next != text; next = unescapeOnce(text) {
		text = next
	}
	return strings.ToLower(strings.ReplaceAll(text, "+", " "))
}

// unescapeOnce undoes percent encoding and leaves what is none as it is.
func unescapeOnce(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '%' && i+2 < len(text) {
			if octet, err := hex.DecodeString(text[i+1 : i+3]); err == nil {
				b.Write(octet)
				i += 2
				continue
			}
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// hasWord reports whether a word stands in a text with no letter or digit
// before or after it.
func hasWord(text, word string) bool {
	for from := 0; word != ""; {
		at := strings.Index(text[from:], word)
		if at < 0 {
			return false
		}
		at += from
		before, _ := utf8.DecodeLastRuneInString(text[:at])
		after, _ := utf8.DecodeRuneInString(text[at+len(word):])
		if !inWord(before) && (strings.HasSuffix(word, "@") || !inWord(after)) {
			return true
		}
		from = at + 1
	}
	return false
}

func inWord(r rune) bool { return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r)) }
