package wire

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"

	"github.com/miekg/dns"

	"github.com/mailmedic/mailmedic/mail"
)

// A tlsServer is asked over TLS (RFC 7858): all questions over one connection,
// which is opened by the first and kept until the Network is closed or the
// server ends it. Its certificate has to prove the name before anything is asked.
type tlsServer struct {
	guide *Network // by which the server is found and verified
	host  string
	port  uint16
	name  string

	mu      sync.Mutex
	current *stream
}

func (s *tlsServer) private() bool { return true }

func (s *tlsServer) String() string {
	text := "tls://" + net.JoinHostPort(s.host, strconv.Itoa(int(s.port)))
	if s.name != s.host {
		text += "#" + s.name
	}
	return text
}

// exchange asks over the connection that stands. A server may end that at any
// time (RFC 7858 section 3.4); then the question goes over a new one, as long
// as the one before was of use to anybody.
func (s *tlsServer) exchange(ctx context.Context, q question, f form) (*dns.Msg, error) {
	for {
		via, isNew := s.stream()
		select {
		case <-via.ready:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if via.failed != nil {
			return nil, via.failed
		}
		got, err := via.ask(ctx, padded(f.message(q)))
		if !errors.Is(err, errHungUp) || isNew && !via.useful() {
			return got, err
		}
	}
}

// stream gives the connection to ask over, and whether it is begun with this.
func (s *tlsServer) stream() (via *stream, isNew bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current != nil && s.current.usable() {
		return s.current, false
	}
	if s.current != nil {
		s.current.retire()
	}
	s.current = newStream(s.guide.timeouts.dnsTry)
	if !s.guide.tasks.begin() {
		s.current.fail(errClosed)
		return s.current, true
	}
	go func(via *stream) {
		defer s.guide.tasks.done()
		if crash := Catch(func() { s.run(via) }); crash != nil {
			via.fail(crash)
		}
	}(s.current)
	return s.current, true
}

// run opens a stream and reads from it until its end.
func (s *tlsServer) run(via *stream) {
	ctx := s.guide.ctx
	conn, err := s.open(ctx)
	if err != nil {
		via.fail(err)
		return
	}
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	via.open(conn)
	for {
		message, err := readFrame(conn)
		if err != nil {
			via.hangUp()
			return
		}
		via.deliver(message)
	}
}

// open connects, and believes only a server that proves its name.
func (s *tlsServer) open(ctx context.Context) (net.Conn, error) {
	n := s.guide
	got := n.connect(ctx, s.host, s.port, n.timeouts.webConnect, n.policy)
	if got.conn == nil {
		return nil, &fault{*got.failure(ctx, s.host, n.settled(ctx, s.host))}
	}
	secure, state, beginning, err := n.handshake(ctx, got.conn, s.name)
	var failure *mail.Failure
	if err != nil {
		failure = handshakeFailure(ctx, err, got.peer, beginning)
	} else if failure = n.judge(state.PeerCertificates, s.name); failure != nil {
		failure.Detail = fmt.Sprintf("not asked, since its certificate is not to be believed: %s (%s)", failure.Detail, failure.Class)
	}
	if failure != nil {
		_ = got.conn.Close()
		return nil, &fault{*failure}
	}
	return secure, nil
}

var errHungUp = newFault(mail.Closed, "the resolver ended the connection")
