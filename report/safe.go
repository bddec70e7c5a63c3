package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean makes text from outside safe to print: whatever a terminal would obey,
// reorder or not show becomes a visible escape, and bytes that are not UTF-8
// become \xNN. With ascii set, all else that is not ASCII is escaped as well or
// written in its plain form. Text that is clean comes back unchanged.
func Clean(s string, ascii bool) string {
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case hidden(r):
			b.WriteString(escape(r))
		case ascii && r > unicode.MaxASCII:
			b.WriteString(plain(r))
		default:
			b.WriteString(s[:n])
		}
		s = s[n:]
	}
	return b.String()
}

// hidden reports whether r is a control, a format character (bidi overrides and
// isolates, zero-width joiners, tags), a line or paragraph separator, or any
// other character that takes no ink: private, unassigned, fillers, variation selectors.
func hidden(r rune) bool {
	return !unicode.IsGraphic(r) || unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

func escape(r rune) string {
	switch {
	case r == '\n':
		return `\n`
	case r == '\r':
		return `\r`
	case r == '\t':
		return `\t`
	case r <= 0xff:
		return fmt.Sprintf(`\x%02x`, r)
	case r <= 0xffff:
		return fmt.Sprintf(`\u%04x`, r)
	}
	return fmt.Sprintf(`\U%08x`, r)
}

// plain writes the typographic characters of our own texts in ASCII, others as an escape.
func plain(r rune) string {
	switch r {
	case '·', '–', '—':
		return "-"
	case '…':
		return "..."
	case '‘', '’':
		return "'"
	case '“', '”':
		return `"`
	case '\u00a0':
		return " "
	case '→':
		return "->"
	}
	return escape(r)
}
