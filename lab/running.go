package lab

import (
	"cmp"
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"github.com/mailmedic/mailmedic/wire"
)

// Options say how a world runs. The zero value is a world without delay, now.
type Options struct {
	// RTT is the simulated round trip time: connecting takes one, and every
	// answer reaches the client one after it was asked for.
	RTT time.Duration
	// Now is the time from which certificates get their dates; nil for time.Now.
	Now func() time.Time
	// After waits for the delays that a world pretends, such as a slow
	// greeting, and for the two minutes after which an operating system gives up
	// on a way that drops packets; nil for time.After. The RTT does not use it.
	After func(time.Duration) <-chan time.Time
}

// Running is a world in which servers listen. It is for concurrent use.
type Running struct {
	world     *World
	options   Options
	authority *authority
	recorder  recorder
	issuers   map[string]*issuer // by host
	store     *store
	tcp       map[netip.AddrPort]netip.AddrPort // virtual to real
	udp       map[netip.AddrPort]netip.AddrPort
	void      netip.AddrPort  // takes datagrams and does nothing with them
	ctx       context.Context // ends with Close
	cancel    context.CancelFunc

	mu      sync.Mutex
	wg      sync.WaitGroup
	closed  bool
	closers map[closer]struct{}

	gates sync.Map // see gate; by the ends of a connection
}

type closer interface{ Close() error }

// Start makes the certificates and opens the servers. The world runs until ctx
// ends or Close is called; call Close in either case, it releases everything.
func (w *World) Start(ctx context.Context, o Options) (*Running, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.After == nil {
		o.After = time.After
	}
	ctx, cancel := context.WithCancel(ctx)
	r := &Running{
		world: w, options: o, ctx: ctx, cancel: cancel, store: newStore(w.Accounts),
		tcp: map[netip.AddrPort]netip.AddrPort{}, udp: map[netip.AddrPort]netip.AddrPort{},
		closers: map[closer]struct{}{},
	}
	if err := r.open(); err != nil {
		r.Close()
		return nil, fmt.Errorf("start world %s: %w", w.Name, err)
	}
	r.spawn(func() {
		<-ctx.Done()
		r.shut()
	})
	return r, nil
}

func (r *Running) open() (err error) {
	if r.authority, err = newAuthority(r.now()); err != nil {
		return err
	}
	r.addIssuers()
	if err := r.openDNS(); err != nil {
		return err
	}
	if err := r.openWeb(); err != nil {
		return err
	}
	return r.openServices()
}

// Close ends the world: it closes every connection on both sides and waits
// until nothing of it runs any more.
func (r *Running) Close() {
	r.cancel()
	r.shut()
	r.wg.Wait()
}

// shut closes what is open and lets nothing new begin.
func (r *Running) shut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	for c := range r.closers {
		_ = c.Close() // what fails to close is closed already
	}
	clear(r.closers)
}

// now gives the time by the clocks of the world, which need not be the client's.
func (r *Running) now() time.Time { return r.options.Now().Add(r.world.ahead) }

// Network gives the options with which package wire sees the world.
func (r *Running) Network() wire.Options {
	return wire.Options{
		System: []string{netip.AddrPortFrom(r.world.resolvers[0].Address, dnsPort).String()},
		Roots:  r.Roots(),
		Dial:   r.Dial,
		Proxy:  func(*url.URL) (*url.URL, error) { return nil, nil }, // nobody's environment leads out of the world
		Now:    r.options.Now,
	}
}

// World gives the world that runs.
func (r *Running) World() *World { return r.world }

// Roots gives the certification authority that the world's clients believe in.
func (r *Running) Roots() *x509.CertPool { return r.authority.roots() }

// ClientCertificate gives the client certificate of the world's demo, nil where it has none.
func (r *Running) ClientCertificate() (*wire.ClientCertificate, error) {
	demo := r.world.Demo
	if demo.ClientCertificate == nil {
		return nil, nil //nolint:nilnil // a world without one
	}
	certificate, err := r.authority.identity(*demo.ClientCertificate, cmp.Or(demo.User, demo.Address))
	if err != nil {
		return nil, err
	}
	return wire.NewClientCertificate(certificate), nil
}

// Journal gives what the servers have seen so far.
func (r *Running) Journal() Journal { return r.recorder.snapshot() }

// own makes Close close c. It reports false, with c closed, when the world has ended.
func (r *Running) own(c closer) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		_ = c.Close()
		return false
	}
	r.closers[c] = struct{}{}
	return true
}

func (r *Running) disown(c closer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.closers, c)
}

// spawn runs f in a goroutine that Close waits for. It reports false, and does
// not run f, when the world has ended.
func (r *Running) spawn(f func()) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false
	}
	r.wg.Go(f)
	return true
}

// wait lets pretended time pass. It reports false when the world has ended.
func (r *Running) wait(d time.Duration) bool {
	if d <= 0 {
		return r.ctx.Err() == nil
	}
	select {
	case <-r.options.After(d):
		return true
	case <-r.ctx.Done():
		return false
	}
}

// listen opens a loopback port for the virtual ones, and hands every connection
// to serve in a goroutine of its own, with its number in the order of arrival.
func (r *Running) listen(at []netip.AddrPort, serve func(conn net.Conn, nth int)) error {
	l, err := r.listenTCP()
	if err != nil {
		return err
	}
	for _, virtual := range at {
		r.tcp[virtual] = realAddress(l.Addr())
	}
	r.spawn(func() { r.accept(l, serve) })
	return nil
}

func (r *Running) listenTCP() (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(r.ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen on loopback: %w", err)
	}
	if !r.own(l) {
		return nil, net.ErrClosed
	}
	return l, nil
}

func (r *Running) accept(l net.Listener, serve func(conn net.Conn, nth int)) {
	for nth := 1; ; nth++ {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		if !r.own(conn) {
			return
		}
		ok := r.spawn(func() {
			defer r.disown(conn)
			defer func() { _ = conn.Close() }()
			serve(conn, nth)
		})
		if !ok {
			return
		}
	}
}

func realAddress(a net.Addr) netip.AddrPort {
	switch a := a.(type) {
	case *net.TCPAddr:
		return a.AddrPort()
	case *net.UDPAddr:
		return a.AddrPort()
	}
	return netip.AddrPort{}
}
