package wire

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
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
	obs = c.handshakeObservation(HelloModern)
	got := c.network.shake(ctx, c.guard, c.endpoint.Host, HelloModern.config(), c.present)
	c.conclude(ctx, &obs, got)
	if got.err != nil {
		return obs, false
	}
	c.mu.Lock()
	c.secure, c.verified, c.shown = got.conn, obs.Failure == nil, got.answer == mail.CertificateShown
	c.mu.Unlock()
	c.transcript.note(fmt.Sprintf("%s, %s", obs.Version, obs.Cipher))
	return obs, true
}

// Try begins a handshake in another way than mail programs do, to learn what a
// server can do at all. The observation is like that of [Conn.Handshake], with
// the way at the end of its ID. Nothing more can be said over the connection:
// it counts as unencrypted, whatever came of it.
func (c *Conn) Try(ctx context.Context, h Hello) mail.Observation {
	obs := c.handshakeObservation(h)
	if o, byHand := h.byHand(c.endpoint.Host); byHand {
		c.conclude(ctx, &obs, c.network.offer(ctx, c.guard, o))
		return obs
	}
	got := c.network.shake(ctx, c.guard, c.endpoint.Host, h.config(), presentNone)
	c.conclude(ctx, &obs, got)
	if got.err == nil {
		c.guard.Limit(time.Now().Add(farewell))
		_ = got.conn.Close()
	}
	return obs
}

// farewell bounds the end of a TLS session that nobody needs any more.
const farewell = time.Second

func (c *Conn) handshakeObservation(h Hello) mail.Observation {
	id := "tls:" + c.endpoint.String() + "#" + c.Peer().String()
	if h != HelloModern {
		id += "/" + string(h)
	}
	return mail.Observation{
		ID: id, Kind: mail.KindTLS, Subject: c.endpoint.String(), Address: c.Peer().String(), At: time.Now(),
		TLSFacts: &mail.TLSFacts{ServerName: serverName(c.endpoint.Host), Attempt: string(h)},
	}
}

// conclude puts into obs what came of a handshake.
func (c *Conn) conclude(ctx context.Context, obs *mail.Observation, got outcome) {
	obs.TookMS = time.Since(obs.At).Milliseconds()
	attempt := obs.Attempt
	obs.TLSFacts = tlsFacts(got.state, c.endpoint.Host)
	obs.Attempt, obs.Alert, obs.CertificateFault = attempt, AlertOf(got.err), certificateFault(got.err)
	c.concludeDemand(obs.TLSFacts, got)
	switch {
	case got.err == nil && len(got.state.PeerCertificates) == 0 && obs.Attempt != "": // written by hand: no certificate is looked at
	case got.err == nil:
		found := c.network.examine(got.state.PeerCertificates, c.endpoint.Host)
		obs.Failure = found.failure
		found.describe(obs.TLSFacts, got.state, c.endpoint, c.domain, c.network.options.Now())
	default:
		if over(c.guard.ctx) {
			ctx = c.guard.ctx // the connection's own time counts as well
		}
		obs.Failure = handshakeFailure(ctx, got.err, c.guard.peer, got.beginning)
	}
}

// concludeDemand tells of a server that asks for a certificate of the client,
// and what became of ours.
func (c *Conn) concludeDemand(facts *mail.TLSFacts, got outcome) {
	if got.demand == nil {
		return
	}
	facts.ClientCertificate, facts.ClientCertificateAnswer = mail.CertificateOptional, got.answer
	facts.ClientAuthorities = authorityNames(got.demand.AcceptableCAs)
	if got.answer == mail.CertificateUnsuitable {
		facts.ClientIssuer = issuerOf(c.clientCertificate)
	}
	if got.answer == mail.CertificateShown && got.err != nil && isAlert(got.err) {
		facts.ClientCertificateAnswer = mail.CertificateRejected
	}
}

// An outcome is what came of a handshake: what was seen also where it failed half way.
type outcome struct {
	conn      *tls.Conn // nil where it failed
	state     tls.ConnectionState
	beginning string                      // the first bytes that came
	demand    *tls.CertificateRequestInfo // the server asked for a certificate of ours
	answer    mail.CertificateAnswer      // what it was given
	err       error
}

// presenting decides about the certificate that a server asks for.
type presenting func(*tls.CertificateRequestInfo, tls.ConnectionState) (*tls.Certificate, mail.CertificateAnswer)

// presentNone is for servers that need not know who asks.
func presentNone(*tls.CertificateRequestInfo, tls.ConnectionState) (*tls.Certificate, mail.CertificateAnswer) {
	return &tls.Certificate{}, ""
}

// handshake is shake in the usual way.
func (n *Network) handshake(ctx context.Context, conn net.Conn, host string, protocols ...string) (
	secure *tls.Conn, seen tls.ConnectionState, beginning string, err error,
) {
	got := n.shake(ctx, conn, host, &tls.Config{NextProtos: protocols}, presentNone)
	return got.conn, got.state, got.beginning, got.err
}

// shake does the handshake and verifies nothing.
func (n *Network) shake(ctx context.Context, conn net.Conn, host string, config *tls.Config, present presenting) (got outcome) {
	ctx, cancel := context.WithTimeout(ctx, n.timeouts.handshake)
	defer cancel()
	watched := &watchedConn{Conn: conn}
	config.ServerName, config.Time = serverName(host), n.options.Now
	// Verification comes after, in judge, so that all facts are told also of a
	// certificate that must not be believed.
	config.InsecureSkipVerify = true
	config.VerifyConnection = func(state tls.ConnectionState) error {
		got.state = state
		return nil
	}
	config.GetClientCertificate = func(request *tls.CertificateRequestInfo) (ours *tls.Certificate, _ error) {
		got.demand = request // it comes after the server's own certificate, RFC 8446 section 4.3.2 and RFC 5246 section 7.4.4
		ours, got.answer = present(request, got.state)
		return ours, nil
	}
	secure := tls.Client(watched, config)
	if got.err = secure.HandshakeContext(ctx); got.err == nil {
		got.conn, got.state = secure, secure.ConnectionState()
	}
	got.beginning = string(watched.first)
	return got
}

// offer sends a ClientHello written by hand and reads what the server chooses.
func (n *Network) offer(ctx context.Context, conn net.Conn, o Offer) (got outcome) {
	ctx, cancel := context.WithTimeout(ctx, n.timeouts.handshake)
	defer cancel()
	watched := &watchedConn{Conn: conn}
	c, _, err := exchange(ctx, watched, o)
	if got.err = err; err == nil {
		got.state = tls.ConnectionState{Version: c.Version, CipherSuite: c.Suite, CurveID: tls.CurveID(c.Group)}
	}
	got.beginning = string(watched.first)
	return got
}

// exchange sends a ClientHello and reads up to the end of the ServerHello; what
// comes after it is to be had from the reader.
func exchange(ctx context.Context, conn net.Conn, o Offer) (Choice, *messageReader, error) {
	deadline, _ := ctx.Deadline()
	_ = conn.SetDeadline(deadline)
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if _, err := conn.Write(o.record()); err != nil {
		return Choice{}, nil, err
	}
	messages := &messageReader{records: conn}
	c, err := readChoice(messages)
	return c, messages, err
}

// AlertOf gives the number of the alert with which the server ended a
// handshake or a session, 0 where it did not (RFC 8446 section 6).
// crypto/tls does not export the type.
func AlertOf(err error) uint8 {
	if !isAlert(err) {
		return 0
	}
	for number := range 256 {
		if alert := tls.AlertError(number); strings.HasSuffix(err.Error(), alert.Error()) {
			return uint8(number)
		}
	}
	return 0
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
	facts.Version = versionName(state.Version)
	facts.Cipher = suiteName(state.CipherSuite)
	if state.CurveID != 0 {
		facts.Group = GroupName(uint16(state.CurveID))
	}
	facts.ALPN = bounded(state.NegotiatedProtocol, maxNameBytes)
	for _, cert := range state.PeerCertificates[:min(len(state.PeerCertificates), maxCertificates)] {
		facts.Certificates = append(facts.Certificates, certificateFacts(cert))
	}
	return facts
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
		Signature:  cert.SignatureAlgorithm.String(),
		Exponent:   weakExponent(cert),
		Usages:     usagesOf(cert),
		Authority:  cert.BasicConstraintsValid && cert.IsCA,

		Serial:       bounded(cert.SerialNumber.Text(16), maxNameBytes),
		SHA256:       fingerprint(cert),
		ServiceNames: serviceNames(cert),
	}
}

func fingerprint(cert *x509.Certificate) string {
	sum := sha256.Sum256(cert.Raw)
	return hex.EncodeToString(sum[:])
}

func distinguishedName(name string) string { return bounded(strings.ToValidUTF8(name, "\ufffd"), 500) }
