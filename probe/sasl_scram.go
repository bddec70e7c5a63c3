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

// scramExchange is SCRAM (RFC 5802, RFC 7677; with SHA-512, which is in no RFC yet,
// it is the same), with the channel bound to it where the mechanism's name ends in -PLUS.
type scramExchange struct {
	conversation *scram.ClientConversation
	binding      scram.ChannelBindingType
	answers      int
	fault        string // why the exchange was broken off
	impostor     bool   // the server does not know the password
	sent         string // the message with the proof
}

func (s *Session) scram(method string, c Credentials) (*scramExchange, error) {
	name, plus := strings.CutSuffix(method, "-plus")
	hash := map[string]scram.HashGeneratorFcn{"scram-sha-1": scram.SHA1, "scram-sha-256": scram.SHA256, "scram-sha-512": scram.SHA512}[name]
	client, err := hash.NewClient(c.Username, c.Secret.Reveal(), "")
	if err != nil { // of SASLprep (RFC 4013); it could quote the password
		return nil, errors.New("the user name or the password has characters that SCRAM has no form for")
	}
	if !plus {
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
	return &scramExchange{conversation: client.NewConversationWithChannelBinding(binding), binding: binding.Type}, nil
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
// one. Before, it gives tls-unique, which every server with channel binding has
// (RFC 5802 section 6), where the handshake makes it safe: crypto/tls knows it
// only with the extended master secret (RFC 7627) and not of a resumed session.
// Else tls-server-end-point is left (RFC 5929).
func channelBinding(state *tls.ConnectionState) (scram.ChannelBinding, error) {
	switch {
	case state.Version >= tls.VersionTLS13:
		return scram.NewTLSExporterBinding(state)
	case len(state.TLSUnique) > 0:
		return scram.NewTLSUniqueBinding(state.TLSUnique), nil
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
	if x.refusedBy(message) {
		return "", true
	}
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
	if x.refusedBy(message) {
		return "", true
	}
	if _, err := x.conversation.Step(message); err != nil {
		x.fault, x.impostor = "the server's signature is wrong", true
		return "", false
	}
	return "", true
}

// refusedBy takes in a refusal in SCRAM's own words (RFC 5802 section 7). The
// one in the protocol's follows when it is answered with nothing.
func (x *scramExchange) refusedBy(message string) bool {
	reason, refused := strings.CutPrefix(message, "e=")
	if refused {
		x.fault = "SCRAM: " + reason
	}
	return refused
}

// unbindable are the refusals that say that client and server are not in one TLS
// session, or not of one mind about what was offered (RFC 5802 section 7).
func unbindable(words string) bool {
	return containsAny(words, "channel-bindings-dont-match", "server-does-support-channel-binding", "channel binding data mismatch", "channel bindings don't match")
}

// conclude believes no server that has not proved to know the password, also one that lets everybody in.
func (x *scramExchange) conclude(a attempt) attempt {
	_, proof, _ := strings.Cut(x.sent, ",p=")
	a.derived, a.binding = []string{x.sent, proof}, string(x.binding)
	switch {
	case a.outcome != Accepted && (unbindable(x.fault) || unbindable(a.reply)):
		a.outcome, a.bound = Intercepted, mail.No
		if unbindable(x.fault) {
			a.reply = strings.TrimSuffix(x.fault+": "+a.reply, ": ")
		}
	case a.outcome == Failed:
		return a
	case x.impostor, a.outcome == Accepted && !x.conversation.Valid():
		a.outcome, a.proof = Impostor, mail.No
		if x.fault != "" {
			a.reply = x.fault
		}
	case a.outcome == Accepted:
		a.proof = mail.Yes
		if x.binding != "" {
			a.bound = mail.Yes
		}
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
