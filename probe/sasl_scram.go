package probe

import (
	"crypto/tls"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/xdg-go/scram"

	"github.com/mailmedic/mailmedic/mail"
)

// maxIterations bounds the work that a server can ask for: half a second or so.
// RFC 7677 section 4 asks for 4096 and more, which is the least that is done.
const maxIterations = 1_000_000

// scramExchange is SCRAM (RFC 5802, RFC 7677), with the channel bound to it where
// the mechanism's name ends in -PLUS.
type scramExchange struct {
	conversation *scram.ClientConversation
	answers      int
	fault        string // why the exchange was broken off
	impostor     bool   // the server does not know the password
	sent         string // the message with the proof
}

func (s *Session) scram(method string, c Credentials) (*scramExchange, error) {
	hash := scram.SHA256
	if strings.HasPrefix(method, "scram-sha-1") {
		hash = scram.SHA1
	}
	client, err := hash.NewClient(c.Username, c.Secret.Reveal(), "")
	if err != nil { // of SASLprep (RFC 4013); it could quote the password
		return nil, errors.New("the user name or the password has characters that SCRAM has no form for")
	}
	if !strings.HasSuffix(method, "-plus") {
		return &scramExchange{conversation: s.unbound(client, method)}, nil
	}
	state, encrypted := s.conn.ConnectionState()
	if !encrypted {
		return nil, errors.New("there is no TLS session to bind the sign-in to")
	}
	binding, err := channelBinding(&state)
	if err != nil {
		return nil, fmt.Errorf("bind the sign-in to the TLS session: %w", err)
	}
	return &scramExchange{conversation: client.NewConversationWithChannelBinding(binding)}, nil
}

// unbound begins a conversation without channel binding. Where the server offers
// none it says that it could have been used, so that a server whose offer
// somebody on the way has cut down notices (RFC 5802 section 6).
func (s *Session) unbound(client *scram.Client, method string) *scram.ClientConversation {
	for _, offered := range s.methods {
		if offered == method+"-plus" {
			return client.NewConversation()
		}
	}
	return client.NewConversationAdvertisingChannelBinding()
}

// channelBinding gives tls-exporter (RFC 9266) for TLS 1.3, for which it is the
// one, and tls-server-end-point (RFC 5929) before, where the other needs an
// extension that not every server has.
func channelBinding(state *tls.ConnectionState) (scram.ChannelBinding, error) {
	if state.Version >= tls.VersionTLS13 {
		return scram.NewTLSExporterBinding(state)
	}
	return scram.NewTLSServerEndpointBinding(state)
}

func (x *scramExchange) begin() (string, bool) {
	message, _ := x.conversation.Step("") // the first step makes a message and cannot fail
	return message, true
}

func (x *scramExchange) answer(challenge string) (string, bool) {
	message, ok := decode(challenge)
	x.answers++
	switch {
	case !ok:
		x.fault = "the server's challenge is not in base64"
		return "", false
	case x.answers == 1:
		return x.prove(message)
	case x.answers == 2:
		return x.verify(message)
	}
	return "", false
}

// prove answers the server's first message with the proof that the client knows the password.
func (x *scramExchange) prove(message string) (string, bool) {
	if n := iterations(message); n > maxIterations {
		x.fault = fmt.Sprintf("the server asks for %d rounds of hashing, more than any password needs", n)
		return "", false
	}
	answer, err := x.conversation.Step(message)
	if err != nil {
		x.fault = "SCRAM: " + err.Error()
		x.impostor = strings.Contains(x.fault, "nonce") // a recorded answer to somebody else, played again
		return "", false
	}
	x.sent = answer
	return encode(answer), true
}

// verify reads the server's final message, whose signature only one can make that knows the password.
func (x *scramExchange) verify(message string) (string, bool) {
	if reason, refused := strings.CutPrefix(message, "e="); refused {
		x.fault = "SCRAM: " + reason
		return "", true // the refusal itself comes in the protocol's own words
	}
	if _, err := x.conversation.Step(message); err != nil {
		x.fault, x.impostor = "the server's signature is wrong", true
		return "", false
	}
	return "", true
}

// conclude believes no server that has not proved to know the password, also one that lets everybody in.
func (x *scramExchange) conclude(a attempt) attempt {
	_, proof, _ := strings.Cut(x.sent, ",p=")
	a.derived = []string{x.sent, proof}
	switch {
	case a.outcome == Failed:
		return a
	case x.impostor, a.outcome == Accepted && !x.conversation.Valid():
		a.outcome, a.proof = Impostor, mail.No
		if x.fault != "" {
			a.reply = x.fault
		}
	case a.outcome == Accepted:
		a.proof = mail.Yes
	case a.outcome == Mechanism && x.fault != "":
		a.reply = x.fault
	case a.outcome == Rejected && strings.Contains(x.fault, "channel-binding"):
		a.outcome, a.reply = Mechanism, x.fault+": "+a.reply // the password was not judged
	}
	return a
}

// iterations reads the number of rounds from the server's first message, 0 where it has none.
func iterations(message string) int {
	for _, attribute := range strings.Split(message, ",") {
		if digits, ok := strings.CutPrefix(attribute, "i="); ok {
			n, err := strconv.Atoi(digits)
			if err != nil {
				return maxIterations + 1
			}
			return n
		}
	}
	return 0
}
