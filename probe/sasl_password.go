package probe

import (
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // CRAM-MD5 and APOP are made of it
	"encoding/hex"
)

// plain is PLAIN, RFC 4616.
type plain struct{ Credentials }

func (p *plain) begin() (string, bool)        { return "\x00" + p.Username + "\x00" + p.Secret.Reveal(), true }
func (p *plain) answer(string) (string, bool) { return "", false }
func (p *plain) conclude(a attempt) attempt   { return a }

// login is LOGIN, draft-murchison-sasl-login. Its answers go by order and not by prompt.
type login struct{ answers []string }

func (l *login) begin() (string, bool)      { return "", false }
func (l *login) conclude(a attempt) attempt { return a }

func (l *login) answer(string) (string, bool) {
	if len(l.answers) == 0 {
		return "", false
	}
	answer := l.answers[0]
	l.answers = l.answers[1:]
	return encode(answer), true
}

// cramMD5 is CRAM-MD5, RFC 2195.
type cramMD5 struct {
	credentials Credentials
	digest      string
}

func (c *cramMD5) begin() (string, bool) { return "", false }

func (c *cramMD5) conclude(a attempt) attempt {
	a.derived = []string{c.credentials.Username + " " + c.digest, c.digest}
	return a
}

func (c *cramMD5) answer(challenge string) (string, bool) {
	stamp, ok := decode(challenge)
	if !ok || stamp == "" || c.digest != "" {
		return "", false
	}
	mac := hmac.New(md5.New, []byte(c.credentials.Secret.Reveal()))
	mac.Write([]byte(stamp))
	c.digest = hex.EncodeToString(mac.Sum(nil))
	return encode(c.credentials.Username + " " + c.digest), true
}

// apopDigest is what APOP sends instead of the password, RFC 1939 section 7.
func apopDigest(stamp string, c Credentials) string {
	sum := md5.Sum([]byte(stamp + c.Secret.Reveal())) //nolint:gosec // the protocol says so
	return hex.EncodeToString(sum[:])
}
