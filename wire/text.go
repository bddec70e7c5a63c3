package wire

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// bounded cuts s after limit bytes, at a rune, and marks the cut.
func bounded(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit] + "…"
}

// printable makes text from the network fit for a line: bounded, with
// everything escaped that a terminal could act on or not show.
func printable(s string, limit int) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			b.WriteString(`\x` + strconv.FormatUint(uint64(s[i])|0x100, 16)[1:])
		case strconv.IsPrint(r):
			b.WriteString(s[i : i+size])
		default:
			quoted := strconv.QuoteRune(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
		if i += size; b.Len() > limit {
			break
		}
	}
	return bounded(b.String(), limit)
}
