package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

// Conn is a connection to a mail server, over TCP and, after Handshake, over
// TLS. It implements net.Conn with guards that no user of it can lift: at most
// [MaxSession] bytes are read, and no deadline reaches beyond the one of the
// context that Dial was given and the one of Limit. That context bounds the
// whole life of the connection: when it ends, reads and writes end. What is
// said is recorded in the Transcript.
type Conn struct {
	network    *Network
	endpoint   mail.Endpoint
	guard      *guard
	transcript *Transcript
	domain     string // the mail domain, "" where none is known

	mu       sync.Mutex
	secure   *tls.Conn // nil before Handshake
	verified bool
	shown    bool // a certificate of the client was presented

	clientCertificate *ClientCertificate // what may be presented, see Show
	showAnyway        bool
}

var _ net.Conn = (*Conn)(nil)

func (n *Network) newConn(ctx context.Context, raw net.Conn, e mail.Endpoint, peer netip.AddrPort) *Conn {
	return &Conn{network: n, endpoint: e, guard: newGuard(ctx, raw, peer), transcript: newTranscript()}
}

// current gives what is to be read from: the socket, or the TLS session over it.
func (c *Conn) current() net.Conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.secure != nil {
		return c.secure
	}
	return c.guard
}

// Read implements net.Conn.
func (c *Conn) Read(p []byte) (int, error) {
	n, err := c.current().Read(p)
	c.transcript.record(mail.Server, p[:n])
	return n, err
}

// Write implements net.Conn.
func (c *Conn) Write(p []byte) (int, error) {
	c.transcript.record(mail.Client, p)
	return c.current().Write(p)
}

// Close implements net.Conn. Over TLS it says goodbye first, and does not wait
// long for it to be taken.
func (c *Conn) Close() error {
	conn := c.current()
	if conn != c.guard {
		c.guard.Limit(time.Now().Add(time.Second))
	}
	return conn.Close()
}

// LocalAddr implements net.Conn.
func (c *Conn) LocalAddr() net.Addr { return c.guard.LocalAddr() }

// RemoteAddr implements net.Conn. It is the address that was asked for.
func (c *Conn) RemoteAddr() net.Addr { return c.guard.RemoteAddr() }

// SetDeadline implements net.Conn, within the guards.
func (c *Conn) SetDeadline(t time.Time) error { return c.guard.SetDeadline(t) }

// SetReadDeadline implements net.Conn, within the guards.
func (c *Conn) SetReadDeadline(t time.Time) error { return c.guard.SetReadDeadline(t) }

// SetWriteDeadline implements net.Conn, within the guards.
func (c *Conn) SetWriteDeadline(t time.Time) error { return c.guard.SetWriteDeadline(t) }

// Limit sets an absolute deadline that nothing can extend but another Limit;
// the zero time lifts it, and leaves the context's.
func (c *Conn) Limit(t time.Time) { c.guard.Limit(t) }

// Now gives the time by which certificates are judged, see [Network.Now].
func (c *Conn) Now() time.Time { return c.network.Now() }

// Endpoint gives what Dial was asked for.
func (c *Conn) Endpoint() mail.Endpoint { return c.endpoint }

// Peer gives the address that the connection leads to.
func (c *Conn) Peer() netip.Addr { return c.guard.peer.Addr() }

// MailDomain says which mail domain the server is asked for, before Handshake: a
// certificate may prove that too (RFC 7817 section 3).
func (c *Conn) MailDomain(domain string) { c.domain = domain }

// Encrypted reports whether a TLS session is up, whatever its certificate.
func (c *Conn) Encrypted() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.secure != nil
}

// Verified reports whether a TLS session is up and the server's certificate
// proves its name.
func (c *Conn) Verified() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.secure != nil && c.verified
}

// ConnectionState gives the state of the TLS session, for channel binding.
func (c *Conn) ConnectionState() (tls.ConnectionState, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.secure == nil {
		return tls.ConnectionState{}, false
	}
	return c.secure.ConnectionState(), true
}

// Transcript gives the record of the conversation.
func (c *Conn) Transcript() *Transcript { return c.transcript }

// Failure is [Classify] with what the connection knows: its peer, its bounds,
// and what the socket said where a library has hidden it. It gives nil for nil.
func (c *Conn) Failure(err error) *mail.Failure {
	if err == nil {
		return nil
	}
	if cause := c.guard.cause(); cause != nil && classOf(err) == mail.ProtocolFault {
		err = cause
	}
	if timedOut(err) && over(c.guard.ctx) {
		err = context.DeadlineExceeded
	}
	return classify(err, c.guard.peer.String())
}

func timedOut(err error) bool {
	return os.IsTimeout(err) || errors.Is(err, os.ErrDeadlineExceeded)
}

// over reports whether ctx has ended. A socket that has its deadline may notice first.
func over(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ctx.Err() != nil || ok && !time.Now().Before(deadline)
}
