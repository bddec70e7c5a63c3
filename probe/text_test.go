package probe

import (
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

func TestTextOfServers(t *testing.T) {
	t.Parallel()
	chinese, err := simplifiedchinese.GB18030.NewEncoder().String("535 Error: 请使用授权码登录, see https://mail.example/")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, input, want string }{
		{"case 8: UTF-8 stays", "535 请使用授权码登录 grüße", "535 请使用授权码登录 grüße"},
		{"case 8: GB18030 is decoded", chinese, "535 Error: 请使用授权码登录, see https://mail.example/"},
		{"case 8: Latin-1 is not taken for Chinese", "Ung\xfcltiges Pa\xdfwort, gr\xfc\xdfe", `Ung\xfcltiges Pa\xdfwort, gr\xfc\xdfe`},
		{"random bytes are written as such", "\xff\xfe\x00", "\\xff\\xfe\x00"},
		{"a sound part of broken UTF-8 stays", "ü\xff", `ü\xff`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := text(test.input); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func FuzzText(f *testing.F) {
	f.Add("gr\xfc\xdfe \x1b[31m", 5)
	f.Fuzz(func(t *testing.T, input string, limit int) {
		got := text(input)
		if !utf8.ValidString(got) || utf8.ValidString(input) && got != input {
			t.Errorf("text %q for %q", got, input)
		}
		if limit = max(limit, 0); len(clip(got, limit)) > limit+len("…") || !utf8.ValidString(clip(got, limit)) {
			t.Errorf("clip %q at %d", got, limit)
		}
	})
}
