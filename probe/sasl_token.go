package probe

import (
	"strconv"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// bearer is OAUTHBEARER (RFC 7628) or XOAUTH2, which Google and Microsoft had before it.
type bearer struct {
	method      string
	credentials Credentials
	endpoint    mail.Endpoint
	challenge   string // what the server says of a refused token
	refused     bool
}

func (b *bearer) begin() (string, bool) {
	token := "auth=Bearer " + b.credentials.Secret.Reveal() + "\x01\x01"
	if b.method == "xoauth2" {
		return "user=" + b.credentials.Username + "\x01" + token, true
	}
	name := strings.NewReplacer("=", "=3D", ",", "=2C").Replace(b.credentials.Username) // RFC 5801 section 4
	return "n,a=" + name + ",\x01host=" + b.endpoint.Host + "\x01port=" + strconv.Itoa(int(b.endpoint.Port)) + "\x01" + token, true
}

// answer takes the one challenge there is, which says why the token is refused,
// and lets the server say its last word (RFC 7628 section 3.2.3).
func (b *bearer) answer(challenge string) (string, bool) {
	if b.refused {
		return "", false
	}
	b.refused = true
	b.challenge, _ = decode(challenge)
	if b.method == "xoauth2" {
		return "", true
	}
	return encode("\x01"), true
}

// conclude knows that a refusal after the challenge is one of the token, however it is worded.
func (b *bearer) conclude(a attempt) attempt {
	a.challenge = b.challenge
	if b.refused && a.outcome == Mechanism && b.challenge != "" {
		a.outcome = Rejected
	}
	return a
}
