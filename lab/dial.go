package lab

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"time"
)

// The addresses that a client of the world has, of either family.
var (
	client4 = netip.MustParseAddrPort("198.51.100.254:49152")
	client6 = netip.MustParseAddrPort("[2001:db8:ffff::254]:49152")
)

// Dial connects to a virtual address; it is a [wire.DialFunc]. What the world
// does not let through fails as the operating system would have it:
// ECONNREFUSED where nobody listens at an address of the world, EHOSTUNREACH at
// any other. Where packets are dropped, connecting waits for the end of ctx or
// of the operating system's patience (ETIMEDOUT); so does reading datagrams.
func (r *Running) Dial(ctx context.Context, network string, to netip.AddrPort) (net.Conn, error) {
	to = netip.AddrPortFrom(to.Addr().Unmap(), to.Port())
	isUDP := strings.HasPrefix(network, "udp")
	if !isUDP {
		r.recorder.record(func(j *Journal) { j.Dials = append(j.Dials, Dial{To: to}) })
	}
	names := newNames(network, to)
	fail := func(err error) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: network, Addr: names.remote, Err: err}
	}
	listening := r.tcp
	if isUDP {
		listening = r.udp
	}
	way := r.world.wayTo(to)
	fault, end := way.fault, way.end(to)
	actual, open := listening[end]
	if fault == "drop" {
		if !isUDP {
			return fail(r.lost(ctx))
		}
		actual, open = r.void, true
	}
	if !isUDP { // UDP has no connection to wait for
		if err := r.roundTrip(ctx); err != nil {
			return fail(err)
		}
	}
	switch {
	case fault == "unreachable", fault != "refuse" && !open && !r.world.has(end.Addr()):
		return fail(os.NewSyscallError("connect", syscall.EHOSTUNREACH))
	case fault == "refuse", !open:
		return fail(os.NewSyscallError("connect", syscall.ECONNREFUSED))
	}
	conn, err := new(net.Dialer).DialContext(ctx, network[:3]+"4", actual.String())
	if err != nil {
		return fail(cause(err))
	}
	switch {
	case fault == "drop":
		return r.leadAstray(conn, names)
	case fault == "drop-large" && !isUDP:
		conn = &narrowConn{Conn: conn}
	}
	return r.lead(conn, names)
}

// ends are both ends of a connection on loopback. The client's port alone names
// none: the system gives one port to connections with several servers at once.
type ends struct{ client, server netip.AddrPort }

// gate gives the channel that is closed once the client of a connection knows
// that it is connected. A RST before that would fail the connecting.
func (r *Running) gate(of ends) chan struct{} {
	gate, _ := r.gates.LoadOrStore(of, make(chan struct{}))
	return gate.(chan struct{})
}

// opened opens the gate of a connection, and gives what to do when it ends.
func (r *Running) opened(conn net.Conn) (ended func()) {
	if _, isTCP := conn.(*net.TCPConn); !isTCP {
		return func() { r.disown(conn) }
	}
	of := ends{client: realAddress(conn.LocalAddr()), server: realAddress(conn.RemoteAddr())}
	gate := r.gate(of)
	close(gate)
	return func() {
		r.gates.CompareAndDelete(of, gate) // the port may soon be another's
		r.disown(conn)
	}
}

// lead wraps a connection so that it shows virtual addresses and has the
// world's round trip time.
func (r *Running) lead(conn net.Conn, names names) (net.Conn, error) {
	if !r.own(conn) {
		return nil, net.ErrClosed
	}
	virtual := &virtualConn{Conn: conn, names: names, onClose: r.opened(conn)}
	var result net.Conn = virtual
	if r.options.RTT > 0 {
		delayed := newDelayedConn(virtual, r.options.RTT)
		if !r.spawn(delayed.pump) {
			_ = conn.Close()
			return nil, net.ErrClosed
		}
		result = delayed
	}
	if strings.HasPrefix(names.network, "udp") {
		return packetConn{result}, nil
	}
	return result, nil
}

// roundTrip waits for one round trip.
func (r *Running) roundTrip(ctx context.Context) error {
	if r.options.RTT <= 0 {
		return nil
	}
	timer := time.NewTimer(r.options.RTT)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ended(ctx)
	case <-r.ctx.Done():
		return net.ErrClosed
	}
}

// ended gives the error that a dialer gives when its context ends: a timeout
// that is one to [net.Error] too.
func ended(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return os.ErrDeadlineExceeded
	}
	return ctx.Err()
}

// cause takes the addresses off an error of package net.
func cause(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}

// names are what a connection shows of itself.
type names struct {
	network       string
	local, remote net.Addr
}

func newNames(network string, to netip.AddrPort) names {
	local := client4
	if to.Addr().Is6() {
		local = client6
	}
	if strings.HasPrefix(network, "udp") {
		return names{network, net.UDPAddrFromAddrPort(local), net.UDPAddrFromAddrPort(to)}
	}
	return names{network, net.TCPAddrFromAddrPort(local), net.TCPAddrFromAddrPort(to)}
}

// virtualConn is a connection whose addresses, in errors too, are virtual.
type virtualConn struct {
	net.Conn
	names   names
	onClose func()
}

func (c *virtualConn) LocalAddr() net.Addr  { return c.names.local }
func (c *virtualConn) RemoteAddr() net.Addr { return c.names.remote }

func (c *virtualConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	return n, c.hide(err)
}

func (c *virtualConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	return n, c.hide(err)
}

func (c *virtualConn) Close() error {
	c.onClose()
	return c.hide(c.Conn.Close())
}

// hide puts the virtual addresses in place of the real ones.
func (c *virtualConn) hide(err error) error {
	var op *net.OpError
	if !errors.As(err, &op) {
		return err
	}
	return &net.OpError{Op: op.Op, Net: c.names.network, Source: c.names.local, Addr: c.names.remote, Err: op.Err}
}

// packetConn marks a connection as one of datagrams, as [net.UDPConn] is, for
// those who look whether it is a [net.PacketConn].
type packetConn struct{ net.Conn }

func (c packetConn) ReadFrom(b []byte) (int, net.Addr, error) {
	n, err := c.Read(b)
	return n, c.RemoteAddr(), err
}

func (c packetConn) WriteTo(b []byte, _ net.Addr) (int, error) { return c.Write(b) }
