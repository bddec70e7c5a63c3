package lab

import (
	"net"
	"os"
	"sync"
	"time"
)

// maxInFlight bounds the bytes that have arrived and are not yet to be seen.
const maxInFlight = 4 << 20

// delayedConn is a connection on which everything that is read is a fixed time
// late. What arrives together is late together: the delay costs time and no
// throughput.
type delayedConn struct {
	net.Conn
	delay time.Duration

	mu       sync.Mutex
	changed  chan struct{} // closed and replaced at every change below
	queue    []arrival
	inFlight int // bytes in queue
	deadline time.Time
	closed   bool
}

// arrival is one read, or the error that ended reading.
type arrival struct {
	data []byte
	err  error
	due  time.Time
}

func newDelayedConn(conn net.Conn, delay time.Duration) *delayedConn {
	return &delayedConn{Conn: conn, delay: delay, changed: make(chan struct{})}
}

// pump takes in what arrives, until the connection ends.
func (c *delayedConn) pump() {
	buffer := make([]byte, 64<<10)
	for {
		n, err := c.Conn.Read(buffer)
		data := append([]byte(nil), buffer[:n]...)
		if !c.push(arrival{data, err, time.Now().Add(c.delay)}) || err != nil {
			return
		}
	}
}

// push waits for room and queues a. It reports false when the connection is closed.
func (c *delayedConn) push(a arrival) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.inFlight > maxInFlight && !c.closed {
		c.wait(nil)
	}
	c.queue = append(c.queue, a)
	c.inFlight += len(a.data)
	c.announce()
	return !c.closed
}

// announce wakes everybody who waits. The caller holds the lock.
func (c *delayedConn) announce() {
	close(c.changed)
	c.changed = make(chan struct{})
}

// wait gives the lock away until something changes or timer fires.
func (c *delayedConn) wait(timer <-chan time.Time) {
	changed := c.changed
	c.mu.Unlock()
	defer c.mu.Lock()
	select {
	case <-changed:
	case <-timer:
	}
}

// Read gives what is due, a read of the network at most, so that the limits of
// datagrams stay.
func (c *delayedConn) Read(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		now := time.Now()
		switch {
		case c.closed:
			return 0, net.ErrClosed
		case !c.deadline.IsZero() && !now.Before(c.deadline):
			return 0, os.ErrDeadlineExceeded
		case len(c.queue) > 0 && !now.Before(c.queue[0].due):
			return c.take(b)
		}
		c.sleep(now)
	}
}

// sleep waits until the next arrival is due or the deadline passes.
func (c *delayedConn) sleep(now time.Time) {
	next := c.deadline
	if len(c.queue) > 0 && (next.IsZero() || c.queue[0].due.Before(next)) {
		next = c.queue[0].due
	}
	if next.IsZero() {
		c.wait(nil)
		return
	}
	timer := time.NewTimer(next.Sub(now))
	defer timer.Stop()
	c.wait(timer.C)
}

// take copies from the first arrival. An error stays, for the next to read it too.
func (c *delayedConn) take(b []byte) (int, error) {
	first := &c.queue[0]
	n := copy(b, first.data)
	rest := first.data[n:]
	if _, datagram := c.Conn.LocalAddr().(*net.UDPAddr); datagram {
		rest = nil // what does not fit is lost
	}
	c.inFlight -= len(first.data) - len(rest)
	first.data = rest
	if len(rest) > 0 {
		return n, nil
	}
	err := first.err
	if err == nil {
		c.queue = c.queue[1:]
	} else if n > 0 {
		err = nil // the data first, the error with the next read
	}
	c.announce()
	return n, err
}

// SetDeadline implements [net.Conn].
func (c *delayedConn) SetDeadline(t time.Time) error {
	_ = c.SetReadDeadline(t)
	return c.Conn.SetWriteDeadline(t)
}

// SetReadDeadline implements [net.Conn].
func (c *delayedConn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deadline = t
	c.announce()
	return nil
}

// Close implements [net.Conn].
func (c *delayedConn) Close() error {
	c.mu.Lock()
	c.closed = true
	c.announce()
	c.mu.Unlock()
	return c.Conn.Close()
}
