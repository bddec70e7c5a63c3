package rules

import (
	"testing"
	"time"
)

func TestTemplatesAreFilled(t *testing.T) {
	t.Parallel()
	p := params{
		"host": "imap.example.org", "empty": "", "one": []string{"465"}, "two": []string{"465", "587"}, "three": []string{"a", "b", "c"},
		"days": 1, "weeks": 3, "date": time.Date(2026, time.November, 9, 23, 0, 0, 0, time.UTC), "evil": said("  {host} [x]  "),
		"many": []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10"},
	}
	for template, want := range map[string]string{
		"plain":                                  "plain",
		"{host} answers":                         "imap.example.org answers",
		"{one:port|ports} {one}":                 "port 465",
		"{two:port|ports} {two}":                 "ports 465 and 587",
		"{three}":                                "a, b and c",
		"{many}":                                 "1, 2, 3, 4, 5, 6, 7, 8 and 2 more",
		"{days} {days:day|days}":                 "1 day",
		"{weeks} {weeks:week|weeks}":             "3 weeks",
		"on {date}":                              "on 9 Nov 2026",
		"a[, {host}] b":                          "a, imap.example.org b",
		"a[, {empty}] b[, {missing} and {host}]": "a b",
		"it said: {evil}":                        "it said: {host} [x]",
		"[it said: {evil}]":                      "it said: {host} [x]",
		"open { and [":                           "open { and [",
	} {
		if got := render(template, p); got != want {
			t.Errorf("%q: got %q, want %q", template, got, want)
		}
	}
}

func TestTextIsClippedBetweenCharacters(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"short": "short", "exactly 10": "exactly 10", "äöüäöüäöü": "äöü…", "abcdefghijk": "abcdefg…"} {
		if got := clip(text, 10); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestNearDomainsAreOneSlipAway(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"gmial.com": "gmail.com", "gmai.com": "gmail.com", "gmaill.com": "gmail.com", "gnail.com": "gmail.com", "gmx.dee": "gmx.de",
		"gmail.com": "", "example.org": "", "gmali.con": "", "": "", "xgmail.com": "gmail.com", "gmail.co": "gmail.com",
	} {
		if got := nearDomain(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}
