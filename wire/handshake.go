package wire

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

// Handshake upgrades the connection to TLS as a client. The server name that is
// sent and that the certificate must prove is the endpoint's host; none is sent
// for an IP address (RFC 6066 section 3).
//
// Handshake and verdict are apart. A handshake that ends well with a certificate
// that must not be believed gives completed true, all facts, and a failure
// (cert-expired, cert-name …); the connection can be used, and Verified is
// false. Without a failure Verified is true. The observation has kind tls and
// the ID "tls:" endpoint "#" address.
func (c *Conn) Handshake(ctx context.Context) (obs mail.Observation, completed bool) {
	obs = mail.Observation{
		ID:      "tls:" + c.endpoint.String() + "#" + c.Peer().String(),
		Kind:    mail.KindTLS,
		Subject: c.endpoint.String(),
		Address: c.Peer().String(),
		At:      time.Now(),
	}
	secure, state, beginning, err := c.network.handshake(ctx, c.guard, c.endpoint.Host)
	obs.TookMS = time.Since(obs.At).Milliseconds()
	obs.TLSFacts = tlsFacts(state, c.endpoint.Host)
	if err != nil {
		if over(c.guard.ctx) {
			ctx = c.guard.ctx // the connection's own time counts as well
		}
		obs.Failure = handshakeFailure(ctx, err, c.guard.peer, beginning)
		return obs, false
	}
	obs.Failure = c.network.judge(state.PeerCertificates, c.endpoint.Host)
	c.mu.Lock()
	c.secure, c.verified = secure, obs.Failure == nil
	c.mu.Unlock()
	c.transcript.note(fmt.Sprintf("%s, %s", obs.Version, obs.Cipher))
	return obs, true
}

// handshake does the handshake and verifies nothing. The state has what was
// seen, and beginning the first bytes that came, also when it failed half way.
func (n *Network) handshake(ctx context.Context, conn net.Conn, host string, protocols ...string) (
	secure *tls.Conn, seen tls.ConnectionState, beginning string, err error,
) {
	ctx, cancel := context.WithTimeout(ctx, n.timeouts.handshake)
	defer cancel()
	watched := &watchedConn{Conn: conn}
	secure = tls.Client(watched, &tls.Config{
		ServerName: serverName(host),
		NextProtos: protocols,
		Time:       n.options.Now,
		// Verification comes after, in judge, so that all facts are told also of
		// a certificate that must not be believed.
		InsecureSkipVerify: true,
		VerifyConnection: func(state tls.ConnectionState) error {
			seen = state
			return nil
		},
	})
	if err := secure.HandshakeContext(ctx); err != nil {
		return nil, seen, string(watched.first), err
	}
	return secure, secure.ConnectionState(), string(watched.first), nil
}

// A watchedConn keeps the first bytes that come in, to quote a peer that does
// not speak TLS.
type watchedConn struct {
	net.Conn
	first []byte
}

const maxBeginning = 64

func (w *watchedConn) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	w.first = append(w.first, p[:min(n, maxBeginning-len(w.first))]...)
	return n, err
}

// serverName gives the name to send to the server: none for an IP address.
func serverName(host string) string {
	if _, err := netip.ParseAddr(host); err == nil {
		return ""
	}
	return host
}

// handshakeFailure classifies err with what is known of the peer.
func handshakeFailure(ctx context.Context, err error, peerAddr netip.AddrPort, beginning string) *mail.Failure {
	peer := peerAddr.String()
	switch class := classOf(err); {
	case over(ctx) && (class == mail.Deadline || class == mail.Timeout):
		return classify(context.DeadlineExceeded, peer)
	case class == mail.Deadline || class == mail.Timeout: // of the handshake itself
		return &mail.Failure{Class: mail.Timeout, Detail: "the TLS handshake with " + peer + " did not end in time"}
	case class == mail.TLSNotSpoken:
		return &mail.Failure{Class: class, Detail: fmt.Sprintf(`%s answered the TLS handshake with "%s"`, peer, printable(beginning, 100))}
	case class == mail.Closed || class == mail.Reset:
		return &mail.Failure{Class: class, Detail: describe(err, peer) + " during the TLS handshake"}
	}
	return classify(err, peer)
}

// maxCertificates is how many certificates of a handshake are shown.
const maxCertificates = 10

func tlsFacts(state tls.ConnectionState, host string) *mail.TLSFacts {
	facts := &mail.TLSFacts{ServerName: serverName(host)}
	if state.Version == 0 {
		return facts
	}
	facts.Version = tls.VersionName(state.Version)
	facts.Cipher = tls.CipherSuiteName(state.CipherSuite)
	if state.CurveID != 0 {
		facts.Group = groupName(state.CurveID)
	}
	for _, cert := range state.PeerCertificates[:min(len(state.PeerCertificates), maxCertificates)] {
		facts.Certificates = append(facts.Certificates, certificateFacts(cert))
	}
	return facts
}

// groupName gives the name as most people write it: P-256 rather than CurveP256.
func groupName(id tls.CurveID) string {
	if digits, ok := strings.CutPrefix(id.String(), "CurveP"); ok {
		return "P-" + digits
	}
	return id.String()
}

// The bounds on what is shown of one certificate.
const (
	maxNames     = 100
	maxNameBytes = 255
)

func certificateFacts(cert *x509.Certificate) mail.Certificate {
	names := []string{}
	for _, name := range cert.DNSNames {
		names = append(names, bounded(name, maxNameBytes))
	}
	for _, ip := range cert.IPAddresses {
		names = append(names, ip.String())
	}
	return mail.Certificate{
		Subject:    distinguishedName(cert.Subject.String()),
		Names:      names[:min(len(names), maxNames)],
		Issuer:     distinguishedName(cert.Issuer.String()),
		NotBefore:  cert.NotBefore,
		NotAfter:   cert.NotAfter,
		Key:        keyName(cert),
		SelfSigned: selfSigned(cert),
	}
}

func distinguishedName(name string) string { return bounded(strings.ToValidUTF8(name, "\ufffd"), 500) }
