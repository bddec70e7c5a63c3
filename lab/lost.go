package lab

import (
	"context"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// kernelPatience is how long an operating system repeats what nobody
// acknowledges: with Linux's six repetitions of a SYN, 127 s.
const kernelPatience = 127 * time.Second

// lost waits for an answer that never comes: until ctx ends, the operating
// system gives up, or the world ends.
func (r *Running) lost(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ended(ctx)
	case <-r.options.After(kernelPatience):
		return os.NewSyscallError("connect", syscall.ETIMEDOUT)
	case <-r.ctx.Done():
		return net.ErrClosed
	}
}

// leadAstray wraps a connection whose datagrams nobody answers.
func (r *Running) leadAstray(conn net.Conn, names names) (net.Conn, error) {
	lost := &lostConn{Conn: conn, closed: make(chan struct{}), over: make(chan struct{})}
	result, err := r.lead(lost, names)
	if err == nil && !r.spawn(func() { lost.wait(r) }) {
		_ = result.Close()
		return nil, net.ErrClosed
	}
	return result, err
}

// lostConn is a socket of datagrams that nobody answers. Reading from it fails
// once the operating system's patience is over.
type lostConn struct {
	net.Conn
	closing sync.Once
	closed  chan struct{}
	over    chan struct{} // closed with the patience
}

func (c *lostConn) wait(r *Running) {
	select {
	case <-r.options.After(kernelPatience):
		close(c.over)
		_ = c.Conn.SetReadDeadline(time.Unix(1, 0)) // wakes who reads
	case <-c.closed:
	case <-r.ctx.Done():
	}
}

func (c *lostConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	select {
	case <-c.over:
		return 0, &net.OpError{Op: "read", Net: "udp", Err: os.NewSyscallError("read", syscall.ETIMEDOUT)}
	default:
		return n, err
	}
}

// Close implements [net.Conn].
func (c *lostConn) Close() error {
	c.closing.Do(func() { close(c.closed) })
	return c.Conn.Close()
}
