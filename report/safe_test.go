package report

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCleanMakesTheHiddenVisible(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, in, want, ascii string }{
		{"plain text stays", `250 mail.example.org ESMTP (C:\x)`, `250 mail.example.org ESMTP (C:\x)`, `250 mail.example.org ESMTP (C:\x)`},
		{"letters of any script stay", "Bücher Почта 邮件 é", "Bücher Почта 邮件 é", `B\xfccher \u041f\u043e\u0447\u0442\u0430 \u90ae\u4ef6 \xe9`},
		{"emoji stays", "📬", "📬", `\U0001f4ec`},
		{"an escape sequence", "\x1b[2J\x1b]0;t\x07", `\x1b[2J\x1b]0;t\x07`, `\x1b[2J\x1b]0;t\x07`},
		{"line ends and tabs", "a\r\nb\tc", `a\r\nb\tc`, `a\r\nb\tc`},
		{"nul and delete", "\x00\x7f", `\x00\x7f`, `\x00\x7f`},
		{"8-bit controls", "\u009b2J\u0085", `\x9b2J\x85`, `\x9b2J\x85`},
		{"bytes that are not UTF-8", "\x9b2J \xc3( \xff", `\x9b2J \xc3( \xff`, `\x9b2J \xc3( \xff`},
		{"bidi overrides, isolates and marks", "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c", `\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c`, ""},
		{"zero-width characters", "\u200b\u200c\u200d\u2060\ufeff\u00ad", `\u200b\u200c\u200d\u2060\ufeff\xad`, ""},
		{"separators of lines and paragraphs", "\u2028\u2029", `\u2028\u2029`, ""},
		{"fillers and variation selectors", "\u3164\u115f\u034f\ufe0f", `\u3164\u115f\u034f\ufe0f`, ""},
		{"tags, private and unassigned characters", "\U000e0041\ue000\U000e0fff", `\U000e0041\ue000\U000e0fff`, ""},
		{"our own typography", "1 · 2 – … ’ →", "1 · 2 – … ’ →", "1 - 2 - ... ' ->"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := Clean(tc.in, false); got != tc.want {
				t.Errorf("clean gives %q, want %q", got, tc.want)
			}
			if tc.ascii == "" {
				tc.ascii = tc.want
			}
			if got := Clean(tc.in, true); got != tc.ascii {
				t.Errorf("clean to ASCII gives %q, want %q", got, tc.ascii)
			}
		})
	}
}

// FuzzClean holds the laws: nothing that a terminal obeys comes out, clean text
// comes out unchanged, ASCII means ASCII, and wrapping loses no ink.
func FuzzClean(f *testing.F) {
	for _, seed := range []string{"", "a b", "\x1b[0m", "\u202e\xff", "\xe2\x80", "\u0085邮件é", "a\u00a0b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Clean(s, false)
		checkText(t, []byte(got))
		if strings.Contains(got, "\n") {
			t.Errorf("%q has a line end", got)
		}
		if again := Clean(got, false); again != got {
			t.Errorf("clean text %q became %q", got, again)
		}
		for _, r := range Clean(s, true) {
			if r < ' ' || r > '~' {
				t.Errorf("%U in ASCII", r)
			}
		}
		unspaced := func(s string) string { return strings.ReplaceAll(s, " ", "") }
		if w := strings.Join(Wrap(got, 10, 3), ""); unspaced(w) != unspaced(got) {
			t.Errorf("wrapped %q has other ink than %q", w, got)
		}
	})
}

// checkText fails when text has anything that a terminal obeys or hides, but line ends.
func checkText(t *testing.T, text []byte) {
	t.Helper()
	if !utf8.Valid(text) {
		t.Errorf("%q is not UTF-8", text)
	}
	for _, r := range string(text) {
		if r != '\n' && hidden(r) {
			t.Errorf("%U is in the output", r)
		}
	}
}
