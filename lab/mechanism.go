package lab

import (
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // CRAM-MD5 is made of it
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"strings"

	"github.com/xdg-go/scram"
)

// stamp is the time stamp for APOP and CRAM-MD5, the same on every day.
func (s *session) stamp() string { return "<1896.697170952@" + s.endpoint.Host + ">" }

// cramMD5 is CRAM-MD5, RFC 2195.
func (s *session) cramMD5(ask asking) error {
	stamp := s.stamp()
	answer, err := ask(stamp)
	if err != nil {
		return err
	}
	space := strings.LastIndexByte(answer, ' ')
	if space < 0 {
		return errMalformed
	}
	account, known := s.accountOf(answer[:space])
	mac := hmac.New(md5.New, []byte(account.Password))
	mac.Write([]byte(stamp))
	proved := known && account.Password != "" && hex.EncodeToString(mac.Sum(nil)) == answer[space+1:]
	return s.decide("cram-md5", answer[:space], "", account, proved)
}

// bearer is XOAUTH2, or OAUTHBEARER of RFC 7628.
func (s *session) bearer(mechanism string, ask asking) error {
	message, err := ask("")
	if err != nil {
		return err
	}
	user, token, ok := parseBearer(message)
	if !ok {
		return errMalformed
	}
	account, known := s.accountOf(user)
	if known && account.Token != "" && account.Token == token {
		return s.decide(strings.ToLower(mechanism), user, token, account, true)
	}
	answer, err := ask(`{"status":"401","schemes":"bearer","scope":"https://mail.example/"}`)
	if err != nil {
		return err
	}
	if want := map[string]string{"XOAUTH2": "", "OAUTHBEARER": "\x01"}[mechanism]; answer != want {
		return errMalformed
	}
	return s.decide(strings.ToLower(mechanism), user, token, account, false)
}

// parseBearer takes user name and token out of a client's message.
func parseBearer(message string) (user, token string, ok bool) {
	for _, field := range strings.Split(message, "\x01") {
		if rest, found := strings.CutPrefix(field, "n,a="); found {
			user = strings.NewReplacer("=2C", ",", "=3D", "=").Replace(strings.TrimSuffix(rest, ","))
		} else if rest, found := strings.CutPrefix(field, "user="); found {
			user = rest
		} else if rest, found := strings.CutPrefix(field, "auth=Bearer "); found {
			token = rest
		}
	}
	return user, token, user != "" && token != "" && strings.HasSuffix(message, "\x01\x01")
}

// usualIterations is what RFC 7677 section 4 asks for at least.
const usualIterations = 4096

// scram is SCRAM, RFC 5802 and RFC 7677, with the channel bound to it in -PLUS.
func (s *session) scram(mechanism string, ask asking) error {
	name, plus := strings.CutSuffix(mechanism, "-PLUS")
	hash := map[string]scram.HashGeneratorFcn{"SCRAM-SHA-1": scram.SHA1, "SCRAM-SHA-256": scram.SHA256, "SCRAM-SHA-512": scram.SHA512}[name]
	server, err := hash.NewServer(func(user string) (scram.StoredCredentials, error) { return s.stored(hash, user) })
	if err != nil {
		return err
	}
	conversation := server.NewConversation()
	if plus {
		binding, err := s.binding()
		if err != nil {
			return err
		}
		conversation = server.NewConversationWithChannelBinding(binding)
	}
	var answer string
	if answer, err = ask(""); err != nil {
		return err
	}
	for step := 1; step <= 2; step++ {
		challenge, fault := conversation.Step(answer)
		if fault != nil && strings.Contains(challenge, "channel-binding") { // RFC 5802 section 7
			if _, err := ask("e=" + strings.TrimPrefix(challenge, "e=")); err != nil {
				return err
			}
		}
		if fault != nil {
			return s.decide(strings.ToLower(mechanism), conversation.Username(), "", Account{}, false)
		}
		if answer, err = ask(s.spoil(step, challenge)); err != nil {
			return err
		}
	}
	account, _ := s.accountOf(conversation.Username())
	return s.decide(strings.ToLower(mechanism), conversation.Username(), "", account, conversation.Valid())
}

// stored gives what a server keeps of a password.
func (s *session) stored(hash scram.HashGeneratorFcn, user string) (scram.StoredCredentials, error) {
	account, known := s.accountOf(user)
	if !known || account.Password == "" {
		return scram.StoredCredentials{}, errors.New("nobody has this name")
	}
	client, err := hash.NewClient(user, account.Password, "")
	if err != nil {
		return scram.StoredCredentials{}, err
	}
	return client.GetStoredCredentialsWithError(scram.KeyFactors{Salt: "a grain of it", Iters: usualIterations})
}

// spoil makes a server's message what the world wants it to be.
func (s *session) spoil(step int, message string) string {
	switch {
	case step == 1 && s.SCRAM == "one-iteration":
		return strings.Replace(message, "i=4096", "i=1", 1)
	case step == 1 && s.SCRAM == "many-iterations":
		return strings.Replace(message, "i=4096", "i=1000000000", 1)
	case step == 1 && s.SCRAM == "wrong-nonce":
		return strings.Replace(message, "r=", "r=x", 1)
	case step == 2 && s.SCRAM == "wrong-signature":
		return "v=" + strings.Repeat("A", 27) + "="
	}
	return message
}

// binding gives what ties an exchange to the TLS session.
func (s *session) binding() (scram.ChannelBinding, error) {
	conn, ok := s.conn.(*tls.Conn)
	if !ok {
		return scram.ChannelBinding{}, errors.New("there is no TLS session")
	}
	state := conn.ConnectionState()
	switch {
	case s.SCRAM == "unknown-binding":
		return scram.ChannelBinding{Type: "none-that-is-known", Data: []byte("x")}, nil
	case s.SCRAM == "other-binding" && state.Version >= tls.VersionTLS13: // as behind somebody who ends TLS
		return scram.ChannelBinding{Type: scram.ChannelBindingTLSExporter, Data: []byte("of another session")}, nil
	case state.Version >= tls.VersionTLS13:
		return scram.NewTLSExporterBinding(&state)
	case state.TLSUnique != nil:
		return scram.NewTLSUniqueBinding(state.TLSUnique), nil
	}
	own, err := x509.ParseCertificate(s.config.Certificates[0].Certificate[0])
	if err != nil {
		return scram.ChannelBinding{}, err
	}
	state.PeerCertificates = []*x509.Certificate{own} // the client's peer is this server
	return scram.NewTLSServerEndpointBinding(&state)
}
