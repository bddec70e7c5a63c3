package report

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// Wrap breaks text at its spaces, and between wide characters, into lines of at
// most limit columns; of the first, used columns are taken already. A word that
// is longer, such as a URL, stays whole on a line of its own, so that it can be
// copied. There is always at least one line.
func Wrap(text string, limit, used int) []string {
	var lines []string
	line := ""
	for _, w := range words(text) {
		gap := ""
		if w.spaced && line != "" {
			gap = " "
		}
		if n := columns(gap) + columns(w.text); used+n > limit && (line != "" || used > 0) {
			lines = append(lines, line)
			line, used = w.text, columns(w.text)
		} else {
			line += gap + w.text
			used += n
		}
	}
	return append(lines, line)
}

// word is a piece of text that is not broken; spaced tells whether a space stood before it.
type word struct {
	text   string
	spaced bool
}

func words(text string) []word {
	var list []word
	for field := range strings.SplitSeq(text, " ") {
		if last := len(list) - 1; last >= 0 && unit(field) && endsInDigit(list[last].text) {
			list[last].text += " " + field
			continue
		}
		spaced := true
		for field != "" {
			n := unbroken(field)
			list = append(list, word{field[:n], spaced})
			field, spaced = field[n:], false
		}
	}
	return list
}

// unit reports whether field belongs to the number before it.
func unit(field string) bool {
	field = strings.TrimRight(field, ".,")
	return field == "s" || field == "ms" || field == "%"
}

func endsInDigit(s string) bool { return s != "" && s[len(s)-1] >= '0' && s[len(s)-1] <= '9' }

// unbroken gives the length of the first piece of field: a wide character with
// what combines with it, or all up to the next wide character.
func unbroken(field string) int {
	r, n := utf8.DecodeRuneInString(field)
	wide := runeColumns(r) == 2
	for n < len(field) {
		r, size := utf8.DecodeRuneInString(field[n:])
		if w := runeColumns(r); w == 2 || wide && w == 1 {
			break
		}
		n += size
	}
	return n
}

// pad fills s with spaces to n columns.
func pad(s string, n int) string { return s + strings.Repeat(" ", max(0, n-columns(s))) }

// columns gives the places that s takes in a terminal: two for wide East Asian
// characters and emoji, none for marks that combine and for colours.
func columns(s string) int {
	n := 0
	for i := 0; i < len(s); {
		if strings.HasPrefix(s[i:], "\x1b[") {
			if end := strings.IndexByte(s[i:], 'm'); end > 0 {
				i += end + 1
				continue
			}
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		n += runeColumns(r)
		i += size
	}
	return n
}

func runeColumns(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	default:
		return 1
	}
}
