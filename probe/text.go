package probe

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// text makes bytes of a server into text. UTF-8 stays; what can only be Chinese
// in GB18030, as some large providers send it, is decoded; any other byte is
// written as \xNN. Control characters stay, printers escape them.
func text(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	if chinese, ok := decodeChinese(s); ok {
		return chinese
	}
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError && size == 1 {
			fmt.Fprintf(&b, `\x%02x`, s[0])
		} else {
			b.WriteString(s[:size])
		}
		s = s[size:]
	}
	return b.String()
}

// decodeChinese decodes GB18030 where that gives nothing but ASCII and words of
// two or more Chinese characters. A letter with an accent in Latin-1 decodes as
// one, and so is not taken for Chinese.
func decodeChinese(s string) (string, bool) {
	decoded, err := simplifiedchinese.GB18030.NewDecoder().String(s)
	if err != nil {
		return "", false
	}
	ascii := func(r rune) bool { return r < utf8.RuneSelf }
	for _, word := range strings.FieldsFunc(decoded, ascii) {
		if utf8.RuneCountInString(word) < 2 || strings.ContainsFunc(word, notChinese) {
			return "", false
		}
	}
	return decoded, true
}

// notChinese reports whether r is neither a Chinese character nor the punctuation that goes with them.
func notChinese(r rune) bool {
	punctuation := r >= 0x3000 && r <= 0x303f || r >= 0xff00 && r <= 0xffef
	return !unicode.Is(unicode.Han, r) && !punctuation
}

// clip shortens text to at most limit bytes and a mark, at a rune's edge.
func clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit] + "…"
}
