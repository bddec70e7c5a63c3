package discover

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The bounds on notes: how many one observation has, and how many bytes of a
// foreign text one of them shows.
const (
	maxNotes  = 24
	maxQuoted = 80
)

// notes say in plain words what was passed over in an answer or document, and
// why. The zero value is empty and ready.
type notes struct{ list []string }

// add notes something, once. What exceeds the bound is said to be there.
func (n *notes) add(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	switch {
	case slices.Contains(n.list, text) || len(n.list) > maxNotes:
	case len(n.list) == maxNotes:
		n.list = append(n.list, "more of it was passed over")
	default:
		n.list = append(n.list, text)
	}
}

// quote shows a foreign text: bounded, in quotes, with everything escaped that
// does not print.
func quote(text string) string {
	text = strings.TrimSpace(text)
	if len(text) > maxQuoted {
		cut := maxQuoted
		for cut > 0 && !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut] + "…"
	}
	return strconv.Quote(text)
}

// addReason notes a reason, where there is one.
func (n *notes) addReason(why string) {
	if why != "" {
		n.add("%s", why)
	}
}
