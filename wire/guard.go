package wire

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

// A guard stands between a socket and whoever reads from it: it counts what
// comes in, and lets nobody wait longer than the context and the limit allow.
type guard struct {
	net.Conn
	ctx  context.Context
	peer netip.AddrPort
	stop func() bool // releases the context

	mu          sync.Mutex
	read, write time.Time // the deadlines that were asked for, zero for none
	limit       time.Time // that nothing can extend, zero for none
	left        int       // bytes that may still come
	last        error     // of the socket
}

func newGuard(ctx context.Context, conn net.Conn, peer netip.AddrPort) *guard {
	g := &guard{Conn: conn, ctx: ctx, peer: peer, left: MaxSession}
	_ = g.SetDeadline(time.Time{}) // the context's
	// A deadline in the past unblocks reads and writes, and stays.
	g.stop = context.AfterFunc(ctx, func() { g.Limit(time.Unix(1, 0)) })
	return g
}

func (g *guard) Read(p []byte) (int, error) {
	g.mu.Lock()
	left := g.left
	g.mu.Unlock()
	if left == 0 {
		return 0, g.remember(newFault(mail.TooLarge, g.peer.String()+" sent more than 1 MiB"))
	}
	n, err := g.Conn.Read(p[:min(len(p), left)])
	g.mu.Lock()
	g.left -= n
	g.mu.Unlock()
	return n, g.remember(err)
}

func (g *guard) Write(p []byte) (int, error) {
	n, err := g.Conn.Write(p)
	return n, g.remember(err)
}

// remember keeps the error of the socket, for callers that get to see only what
// a library made of it. Success ends the memory: a wait that was over early did
// no harm then.
func (g *guard) remember(err error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.last = err
	return err
}

// cause gives the error of the socket's last read or write, if it was one.
func (g *guard) cause() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.last
}

// Limit sets the deadline that nothing can extend.
func (g *guard) Limit(t time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ctx.Err() != nil {
		t = time.Unix(1, 0)
	}
	g.limit = t
	_ = g.apply()
}

func (g *guard) SetDeadline(t time.Time) error      { return g.ask(&t, &t) }
func (g *guard) SetReadDeadline(t time.Time) error  { return g.ask(&t, nil) }
func (g *guard) SetWriteDeadline(t time.Time) error { return g.ask(nil, &t) }

func (g *guard) ask(read, write *time.Time) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if read != nil {
		g.read = *read
	}
	if write != nil {
		g.write = *write
	}
	return g.apply()
}

// apply puts the deadlines on the socket. It is called under the lock.
func (g *guard) apply() error {
	if err := g.Conn.SetReadDeadline(g.clamp(g.read)); err != nil {
		return err
	}
	return g.Conn.SetWriteDeadline(g.clamp(g.write))
}

// clamp gives the earliest of what is asked for, the limit and the context's deadline.
func (g *guard) clamp(asked time.Time) time.Time {
	deadline, _ := g.ctx.Deadline()
	earliest := asked
	for _, t := range []time.Time{g.limit, deadline} {
		if !t.IsZero() && (earliest.IsZero() || t.Before(earliest)) {
			earliest = t
		}
	}
	return earliest
}

func (g *guard) Close() error {
	g.stop()
	return g.Conn.Close()
}

// RemoteAddr gives the address that was meant, also where a dial function leads elsewhere.
func (g *guard) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(g.peer) }
