package mail

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"
)

const redacted = "[redacted]"

// Secret holds a password or token. However it is printed, formatted or
// encoded it shows "[redacted]"; only [Secret.Reveal] gives it away. The zero
// value is no secret.
type Secret struct{ value *[]byte } // behind a pointer, so that %v of a surrounding struct shows an address at most

// NewSecret takes a copy of value.
func NewSecret(value []byte) Secret {
	v := bytes.Clone(value)
	return Secret{&v}
}

// IsZero reports whether there is no secret, or an empty one.
func (s Secret) IsZero() bool { return s.value == nil || len(*s.value) == 0 }

// Reveal gives the secret. Its callers are who sends it (the SASL code, a proxy's
// user, a client of OAuth 2.0) and who keeps it where the user asked for that.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return string(*s.value)
}

// Wipe overwrites the secret in memory, as far as Go allows.
func (s Secret) Wipe() {
	if s.value != nil {
		clear(*s.value)
		*s.value = nil
	}
}

// An Oddity is something about a password that often is why a right one is
// rejected. It tells no more of the password than that.
type Oddity string

// The oddities; most passwords have none.
const (
	OddInvisible Oddity = "invisible" // a space at an end, or a character that cannot be seen, such as come along with copied text
	OddLetters   Oddity = "letters"   // beyond ASCII, which programs encode in different ways
)

// Oddity gives the worse oddity of a secret, "" for none.
func (s Secret) Oddity() Oddity {
	plain := s.Reveal()
	unseen := func(r rune) bool { return r != ' ' && !unicode.IsGraphic(r) || r != ' ' && unicode.IsSpace(r) }
	switch {
	case plain != strings.TrimSpace(plain), strings.ContainsFunc(plain, unseen):
		return OddInvisible
	case strings.ContainsFunc(plain, func(r rune) bool { return r > unicode.MaxASCII }):
		return OddLetters
	}
	return ""
}

// String implements fmt.Stringer without the secret.
func (Secret) String() string { return redacted }

// GoString implements fmt.GoStringer without the secret.
func (Secret) GoString() string { return redacted }

// Format implements fmt.Formatter without the secret, whatever the verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// MarshalText implements encoding.TextMarshaler, and so JSON, without the secret.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Redactor removes secrets from text in every encoding that a mail protocol, a
// URL or a JSON document gives them. The zero value and nil remove nothing.
type Redactor struct{ forms []string }

// NewRedactor removes secret, also where it stands beside one of usernames in
// the messages of SASL PLAIN (RFC 4616), XOAUTH2 and OAUTHBEARER (RFC 7628).
func NewRedactor(secret Secret, usernames ...string) *Redactor {
	r := &Redactor{}
	plain := secret.Reveal()
	if plain == "" {
		return r
	}
	r.add(plain)
	r.addBase64(plain)
	for _, user := range usernames {
		r.addBase64("\x00" + user + "\x00" + plain)
		r.addBase64(user + "\x00" + user + "\x00" + plain)
	}
	bearer := "auth=Bearer " + plain + "\x01\x01"
	r.addBase64(bearer) // the end of an OAUTHBEARER message (RFC 7628 section 3.1)
	for _, user := range usernames {
		r.addBase64("user=" + user + "\x01" + bearer) // XOAUTH2
	}
	if len(plain) >= 8 { // capabilities and host names come in one case; a short one would take words with it
		r.add(strings.ToUpper(plain))
		r.add(strings.ToLower(plain))
	}
	r.add(url.QueryEscape(plain))
	r.add(url.PathEscape(plain))
	if quoted, err := json.Marshal(plain); err == nil {
		r.add(string(quoted[1 : len(quoted)-1]))
	}
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	r.add(escape.Replace(plain)) // an IMAP or Go quoted string
	// The longest form first, or a short one would leave the rest of a long one standing.
	slices.SortFunc(r.forms, func(a, b string) int { return len(b) - len(a) })
	r.forms = slices.Compact(r.forms)
	return r
}

func (r *Redactor) add(form string) { r.forms = append(r.forms, form) }

// addBase64 adds the encodings of text alone and within a longer message,
// where its first and last bytes share base64 digits with their neighbours.
func (r *Redactor) addBase64(text string) {
	for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		r.add(strings.TrimRight(enc.EncodeToString([]byte(text)), "="))
		for shift := range 3 {
			padded := enc.EncodeToString(append(make([]byte, shift), text...))
			from := (shift*8 + 5) / 6
			to := (shift + len(text)) * 8 / 6
			if to-from >= 8 {
				r.add(padded[from:to])
			}
		}
	}
}

// Empty reports whether there is nothing to remove.
func (r *Redactor) Empty() bool { return r == nil || len(r.forms) == 0 }

// Clean gives text with every form of the secret replaced.
func (r *Redactor) Clean(text string) string {
	if r == nil {
		return text
	}
	for _, form := range r.forms {
		text = strings.ReplaceAll(text, form, redacted)
	}
	return text
}

// CleanAll gives a list with every element cleaned; a nil list stays nil.
func (r *Redactor) CleanAll(list []string) []string {
	if r.Empty() {
		return list
	}
	cleaned := slices.Clone(list)
	for i := range cleaned {
		cleaned[i] = r.Clean(cleaned[i])
	}
	return cleaned
}
