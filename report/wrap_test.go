package report

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWrap(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, text  string
		limit, used int
		want        []string
	}{
		{"no text is one empty line", "", 10, 0, []string{""}},
		{"words fill a line to its end", "aaa bbb ccc dd", 7, 0, []string{"aaa bbb", "ccc dd"}},
		{"the first line may be shorter", "aaa bbb ccc", 7, 4, []string{"aaa", "bbb ccc"}},
		{"spaces in a row count once", "a   b ", 10, 0, []string{"a b"}},
		{"a long word stays whole", "see https://example.org/long now", 10, 0, []string{"see", "https://example.org/long", "now"}},
		{"a long word does not follow a taken start", "https://example.org/long", 10, 4, []string{"", "https://example.org/long"}},
		{"wide characters take two columns", "邮件邮件邮件", 5, 0, []string{"邮件", "邮件", "邮件"}},
		{"a combining mark takes none", "e\u0301e\u0301e\u0301 e\u0301", 5, 0, []string{"e\u0301e\u0301e\u0301 e\u0301"}},
		{"a mark stays with its wide character", "邮\u0301件", 2, 0, []string{"邮\u0301", "件"}},
		{"a number keeps its unit", "asked in 0.7 s. Also 62 % of it", 12, 0, []string{"asked in", "0.7 s. Also", "62 % of it"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, Wrap(tc.text, tc.limit, tc.used)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestColumnsLeaveColoursOut(t *testing.T) {
	t.Parallel()
	ink := newInk(true)
	if got := columns(ink.red.Sprint("邮 é") + ink.bold.Sprint("ab")); got != 6 {
		t.Errorf("%d columns, want 6", got)
	}
}
