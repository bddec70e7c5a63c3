package mail

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"slices"
	"strings"
)

// Redactor removes secrets from text in every encoding that a mail protocol, a
// URL or a document gives them, and parts of them that tell something. The zero
// value and nil remove nothing.
type Redactor struct {
	forms []string        // of the whole secret, the longest first
	parts map[string]bool // of it
	sizes []int           // of parts, in bytes
	known string          // what is no secret although it may be a part of one: the user names, in lower case

	of    *[]byte // the secret, to know it again
	users []string
}

// partSize is how many consecutive bytes of a secret are never shown, where they
// are no plain word: of one that is cut in two, or changed at one place.
const partSize = 8

// NewRedactor removes secret, also where it stands beside one of usernames in
// the messages of SASL PLAIN (RFC 4616), XOAUTH2 and OAUTHBEARER (RFC 7628).
func NewRedactor(secret Secret, usernames ...string) *Redactor {
	r := &Redactor{
		parts: map[string]bool{}, known: strings.ToLower(strings.Join(usernames, "\n")),
		of: secret.value, users: slices.Clone(usernames),
	}
	plain := secret.Reveal()
	if plain == "" {
		return r
	}
	r.addEscaped(plain)
	r.addEncodedParts(plain)
	cases := []string{plain}
	if len(plain) >= partSize { // capabilities and host names come in one case; a short one would take words with it
		cases = append(cases, strings.ToUpper(plain), strings.ToLower(plain))
	}
	for _, text := range cases {
		r.forms = append(r.forms, text)
		r.addParts(text, r.telling(text), 1, 1, 0)
	}
	r.addBase64(plain)
	bearer := "auth=Bearer " + plain + "\x01\x01"
	r.addBase64(bearer) // the end of an OAUTHBEARER message (RFC 7628 section 3.1)
	for _, user := range usernames {
		r.addBase64("\x00" + user + "\x00" + plain)
		r.addBase64(user + "\x00" + user + "\x00" + plain)
		r.addBase64("user=" + user + "\x01" + bearer) // XOAUTH2
	}
	// The longest form first, or a short one would leave the rest of a long one standing.
	slices.SortFunc(r.forms, func(a, b string) int { return len(b) - len(a) })
	r.forms = slices.Compact(r.forms)
	return r
}

// addEscaped adds what a URL, JSON, HTML, a quoted string and quoted-printable make of text.
func (r *Redactor) addEscaped(text string) {
	forms := []string{
		url.QueryEscape(text), url.PathEscape(text), percented(text, url.QueryEscape), percented(text, url.PathEscape),
		html.EscapeString(text), strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text), quotedPrintable(text),
	}
	if quoted, err := json.Marshal(text); err == nil {
		inner := string(quoted[1 : len(quoted)-1])
		forms = append(forms, inner, strings.ReplaceAll(inner, "/", `\/`))
	}
	for _, form := range forms {
		if form != text {
			r.forms = append(r.forms, form)
			r.addParts(form, r.telling(form), 1, 1, 0)
		}
	}
}

// percented gives the escapes of a URL in lower case, which are as good (RFC 3986 section 2.1).
func percented(text string, escape func(string) string) string {
	var b strings.Builder
	for i := range len(text) {
		if one := escape(text[i : i+1]); len(one) > 1 {
			b.WriteString(strings.ToLower(one))
		} else {
			b.WriteString(one)
		}
	}
	return b.String()
}

// quotedPrintable escapes as RFC 2045 section 6.7 asks, without its line breaks.
func quotedPrintable(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		if c < ' ' || c > '~' || c == '=' {
			fmt.Fprintf(&b, "=%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// addBase64 adds the encodings of text alone and within a longer message,
// where its first and last bytes share base64 digits with their neighbours.
func (r *Redactor) addBase64(text string) {
	for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		r.forms = append(r.forms, strings.TrimRight(enc.EncodeToString([]byte(text)), "="))
		for shift := range 3 {
			if core := base64Core(enc, text, shift); len(core) >= partSize {
				r.forms = append(r.forms, core)
			}
		}
	}
}

// base64Core gives the digits that text alone decides where so many bytes stand before it.
func base64Core(enc *base64.Encoding, text string, before int) string {
	padded := enc.EncodeToString(append(make([]byte, before), text...))
	return padded[(before*8+5)/6 : (before+len(text))*8/6]
}

// maxParts bounds the parts of a long token; between two of them no byte is left out.
const maxParts = 4096

// telling gives where parts of text begin that tell something.
func (r *Redactor) telling(text string) []int {
	var begin []int
	stride := min(1+len(text)/maxParts, partSize)
	for from := 0; from+partSize <= len(text); from += stride {
		if r.tells(text[from : from+partSize]) {
			begin = append(begin, from)
		}
	}
	return begin
}

// addParts adds parts of a secret as they stand in an encoding of it that makes
// out digits of in bytes, where so many bytes stand before it.
func (r *Redactor) addParts(encoded string, begin []int, out, in, before int) {
	for _, from := range begin {
		first, last := (before+from)*out+in-1, (before+from+partSize)*out
		part := encoded[first/in : last/in]
		r.parts[part] = true
		if !slices.Contains(r.sizes, len(part)) {
			r.sizes = append(r.sizes, len(part))
		}
	}
}

// addEncodedParts adds the parts of text in base64, where it may stand within a
// longer message, and text and its parts in hexadecimal digits.
func (r *Redactor) addEncodedParts(text string) {
	begin := r.telling(text)
	for before := range 3 {
		message := append(make([]byte, before), text...)
		for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
			r.addParts(enc.EncodeToString(message), begin, 4, 3, before)
		}
	}
	digits := hex.EncodeToString([]byte(text))
	for _, form := range []string{digits, strings.ToUpper(digits)} {
		r.forms = append(r.forms, form)
		r.addParts(form, begin, 2, 1, 0)
	}
}

// tells reports whether a part of a secret is more than a word, such as
// "password" is, and no part of a user name. Taking those away would only show
// that the secret holds them.
func (r *Redactor) tells(part string) bool {
	letter := func(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == ' ' }
	for i := range len(part) {
		if !letter(part[i]) {
			return !strings.Contains(r.known, strings.ToLower(strings.TrimSpace(part)))
		}
	}
	return false
}

// Covers reports whether it removes this very secret beside a user name.
func (r *Redactor) Covers(secret Secret, username string) bool {
	return r != nil && r.of != nil && r.of == secret.value && slices.Contains(r.users, username)
}

// Empty reports whether there is nothing to remove.
func (r *Redactor) Empty() bool { return r == nil || len(r.forms) == 0 }

// Clean gives text with every form of the secret, and every part, replaced.
func (r *Redactor) Clean(text string) string {
	if r == nil {
		return text
	}
	for _, form := range r.forms {
		text = strings.ReplaceAll(text, form, redacted)
	}
	return r.cleanParts(text)
}

// cleanParts replaces each run of parts that touch.
func (r *Redactor) cleanParts(text string) string {
	var b strings.Builder
	kept := 0 // up to where text is dealt with
	for at := 0; at < len(text); at++ {
		end := r.partAt(text, at, at)
		if end == at {
			continue
		}
		b.WriteString(text[kept:at])
		b.WriteString(redacted)
		for next := at + 1; next <= end; next++ {
			end = r.partAt(text, next, end)
		}
		kept, at = end, end-1
	}
	if kept == 0 {
		return text
	}
	b.WriteString(text[kept:])
	return b.String()
}

// partAt gives where the longest part that begins there ends, and end where that is later.
func (r *Redactor) partAt(text string, at, end int) int {
	for _, size := range r.sizes {
		if at+size > end && at+size <= len(text) && r.parts[text[at:at+size]] {
			end = at + size
		}
	}
	return end
}
