package mail

import (
	"bytes"
	"fmt"
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
