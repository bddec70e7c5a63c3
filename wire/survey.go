package wire

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"io"
	"math/big"
	"strings"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

// maxFlight is how many bytes of a server's first flight are read behind its
// ServerHello, and how many of the rest are thrown away: far more than any chain
// of certificates takes.
const maxFlight = 1 << 17

// Offer begins a handshake with a ClientHello written by hand and finds out what
// the server chooses. What is left to do with the connection is Leave. A server that refuses the offer with an
// alert gives a failure of class tls-alert or tls-version; everything else says
// nothing about the offer for certain.
func (c *Conn) Offer(ctx context.Context, o Offer) (Choice, *mail.Failure) {
	ctx, cancel := context.WithTimeout(ctx, c.network.timeouts.handshake)
	defer cancel()
	o.ServerName = serverName(c.endpoint.Host)
	watched := &watchedConn{Conn: c.guard}
	choice, messages, err := exchange(ctx, watched, o)
	if err != nil {
		return Choice{Alert: AlertOf(err)}, handshakeFailure(ctx, err, c.guard.peer, string(watched.first))
	}
	choice.readKeyExchange(messages)
	return choice, nil
}

// Leave breaks off the handshake of an offer that the server took in a version
// (RFC 8446 section 6.1), and waits for the server to hang up, for a second or
// until ctx ends: it then has nothing to complain of, and its place is free for
// another connection. Most hang up at once. Exim with GnuTLS does half a second
// after each handshake that came to nothing, whatever the client says.
func (c *Conn) Leave(ctx context.Context, version uint16) {
	conn := c.guard
	conn.Limit(time.Now().Add(c.network.timeouts.parting))
	stop := context.AfterFunc(ctx, func() { conn.Limit(time.Unix(1, 0)) })
	defer stop()
	version = min(version, tls.VersionTLS12)
	goodbye := []byte{
		recordAlert, 3, byte(version), 0, 2, alertWarning, alertUserCanceled,
		recordAlert, 3, byte(version), 0, 2, alertWarning, alertCloseNotify,
	}
	if _, err := conn.Write(goodbye); err == nil {
		if half, ok := conn.Conn.(interface{ CloseWrite() error }); ok {
			_ = half.CloseWrite()
		}
		_, _ = io.CopyN(io.Discard, conn, maxFlight)
	}
}

// The messages that a server sends behind its ServerHello up to TLS 1.2, RFC 5246 section 7.4.
const (
	typeServerKeyExchange = 12
	typeServerHelloDone   = 14
)

// readKeyExchange reads what a server up to TLS 1.2 tells of an ephemeral key
// exchange. What it does not find stays unknown.
func (c *Choice) readKeyExchange(messages *messageReader) {
	name := suiteName(c.Suite)
	curves := strings.HasPrefix(name, "TLS_ECDHE_") || strings.HasPrefix(name, "TLS_ECDH_anon_")
	integers := strings.HasPrefix(name, "TLS_DHE_") || strings.HasPrefix(name, "TLS_DH_anon_")
	if c.Version > tls.VersionTLS12 || !curves && !integers {
		return
	}
	for left := maxFlight; left > 0; {
		kind, size, err := messages.header()
		if err != nil || size > left || kind == typeServerHelloDone {
			return
		}
		left -= size + 1
		body, err := messages.body()
		switch {
		case err != nil:
			return
		case kind == typeServerKeyExchange && curves:
			c.Group = curveOf(body)
			return
		case kind == typeServerKeyExchange:
			c.DHBits = primeOf(body)
			return
		}
	}
}

// curveOf reads the named curve from a key exchange, RFC 8422 section 5.4.
func curveOf(keyExchange []byte) uint16 {
	const named = 3
	if len(keyExchange) < 3 || keyExchange[0] != named {
		return 0
	}
	return binary.BigEndian.Uint16(keyExchange[1:])
}

// primeOf reads the size of the prime from a key exchange, in bits (RFC 5246 section 7.4.3).
func primeOf(keyExchange []byte) int {
	in := cursor(keyExchange)
	return new(big.Int).SetBytes(in.vector16()).BitLen()
}

// A Presentation is how a server presents itself in a handshake.
type Presentation struct {
	Certificate *mail.Certificate // nil where the handshake did not end well
	Protocol    string            // the application protocol that it has chosen, "" for none
}

// Present does a whole handshake in the usual way, with or without the server
// name, and offers application protocols (RFC 7301). Nothing more can be said
// over the connection.
func (c *Conn) Present(ctx context.Context, named bool, protocols ...string) (Presentation, *mail.Failure) {
	host := ""
	if named {
		host = c.endpoint.Host
	}
	got := c.network.shake(ctx, c.guard, host, &tls.Config{NextProtos: protocols}, presentNone)
	if got.err != nil {
		return Presentation{}, handshakeFailure(ctx, got.err, c.guard.peer, got.beginning)
	}
	c.guard.Limit(time.Now().Add(c.network.timeouts.parting))
	_ = got.conn.Close()
	p := Presentation{Protocol: bounded(got.state.NegotiatedProtocol, maxNameBytes)}
	if len(got.state.PeerCertificates) > 0 {
		facts := certificateFacts(got.state.PeerCertificates[0])
		p.Certificate = &facts
	}
	return p, nil
}
