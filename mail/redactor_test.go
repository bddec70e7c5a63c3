package mail

import (
	"encoding/base64"
	"encoding/hex"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"
)

func TestRedactorTakesPartsThatTellSomething(t *testing.T) {
	t.Parallel()
	const secret = "blue-Tram-77-Ostend"
	r := NewRedactor(NewSecret([]byte(secret)), "anna-77-berg@example.org")
	for text, want := range map[string]string{
		"535-5.7.8 blue-Tram-":                          "535-5.7.8 [redacted]",
		"am-77-Ostend is wrong":                         "[redacted] is wrong",
		"blue-Tram-78-Ostend":                           "[redacted]8-Ostend", // the rest is shorter than a part
		"BLUE-TRAM":                                     "[redacted]",
		hex.EncodeToString([]byte("blue-Tram")):         "[redacted]",
		"anna-77-berg@example.org has no blue-Tram-77":  "anna-77-berg@example.org has no [redacted]",
		"x" + secret + "y blue-Tra and blue-Tram-77-Os": "x[redacted]y [redacted] and [redacted]",
	} {
		if got := r.Clean(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
	encoded := base64.StdEncoding.EncodeToString([]byte("\x00otto\x00" + secret))
	if got := r.Clean(encoded[:len(encoded)-8]); strings.Contains(got, encoded[12:20]) {
		t.Errorf("base64 that is cut became %q", got)
	}
}

// Taking these away would show that the secret holds them.
func TestRedactorLeavesWordsAndNamesThatAreAPartOfTheSecret(t *testing.T) {
	t.Parallel()
	r := NewRedactor(NewSecret([]byte("password anna@example.org")), "anna@example.org")
	for _, text := range []string{"535 the password is wrong", "334 UGFzc3dvcmQ6", "NO anna@example.org is unknown"} {
		if got := r.Clean(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
	if got := r.Clean("NO password anna@example.org"); got != "NO [redacted]" {
		t.Errorf("the whole became %q", got)
	}
}

func TestRedactorOfALongTokenStaysSmall(t *testing.T) {
	t.Parallel()
	token := strings.Repeat("Ab3-", 16<<10)
	for i := range 16 { // so that its parts differ
		token = token[:i*4096] + hex.EncodeToString([]byte{byte(i)}) + token[i*4096+2:]
	}
	r := NewRedactor(NewSecret([]byte(token)))
	if got := r.Clean("NO " + token[100:300] + " is expired"); got != "NO [redacted] is expired" {
		t.Errorf("%.80q", got)
	}
}

func TestOddityTellsWhatGetsLostOnTheWay(t *testing.T) {
	t.Parallel()
	for secret, want := range map[string]Oddity{
		"correct horse": "", "p@ss\"w\\ord": "", "": "",
		"grün": OddLetters, "пароль": OddLetters, "€uro§": OddLetters,
		" hunter2": OddInvisible, "hunter2\u00a0": OddInvisible, "hun\u200bter2": OddInvisible, "hun\u00a0ter2": OddInvisible, "\ufeffhunter2": OddInvisible, "hun\u00adter2": OddInvisible, "hun\tter2": OddInvisible,
	} {
		if got := NewSecret([]byte(secret)).Oddity(); got != want {
			t.Errorf("%q is %q, want %q", secret, got, want)
		}
	}
}

// Whatever part of a secret a server says back, and however it writes it, what
// is left of it is shorter than a part.
func TestRedactorLeavesNoPartOfAnySecret(t *testing.T) {
	t.Parallel()
	const alphabet = `abcXYZ0189 !"#%&'+,-./:;<=>?@[\]^_{|}~ßé€`
	runes := []rune(alphabet)
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var b strings.Builder
		for range 8 + random.IntN(40) {
			b.WriteRune(runes[random.IntN(len(runes))])
		}
		secret := b.String()
		r := NewRedactor(NewSecret([]byte(secret)), "anna@example.org")
		from := random.IntN(len(secret))
		to := from + random.IntN(len(secret)-from+1)
		said := secret[from:to]
		for name, text := range map[string]string{
			"raw": "NO " + said + " no", "upper case": strings.ToUpper(said), "hex": hex.EncodeToString([]byte(said)),
			"base64": base64.StdEncoding.EncodeToString([]byte("\x00bob\x00" + said)), "query": "?p=" + url.QueryEscape(said),
		} {
			cleaned := r.Clean(text)
			for at := range len(said) - partSize + 1 {
				part := said[at : at+partSize]
				if r.tells(part) && strings.Contains(cleaned, part) {
					t.Errorf("%s: %q of %q is left in %q", name, part, secret, cleaned)
				}
			}
			if digits := strings.Trim(cleaned, "="); name == "base64" && len(said) >= 2*partSize && r.tells(said[partSize:2*partSize]) && !strings.Contains(digits, redacted) {
				t.Errorf("%q of %q is left in %q", said, secret, cleaned)
			}
		}
	}
}
