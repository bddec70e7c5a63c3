package wire

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

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
		l, isNew := s.stream()
		select {
		case <-l.ready:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if l.failed != nil {
			return nil, l.failed
		}
		got, err := l.ask(ctx, padded(f.message(q)))
		if !errors.Is(err, errHungUp) || isNew && !l.useful() {
			return got, err
		}
	}
}

// stream gives the connection to ask over, and whether it is begun with this.
func (s *tlsServer) stream() (l *stream, isNew bool) {
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
	go func(l *stream) {
		defer s.guide.tasks.done()
		s.run(l)
	}(s.current)
	return s.current, true
}

// run opens a stream and reads from it until its end.
func (s *tlsServer) run(l *stream) {
	ctx := s.guide.ctx
	conn, err := s.open(ctx)
	if err != nil {
		l.fail(err)
		return
	}
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	l.open(conn)
	for {
		message, err := readFrame(conn)
		if err != nil {
			l.hangUp()
			return
		}
		l.deliver(message)
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

// A stream is one connection to a tlsServer. Many questions are under way at
// once, and answers come in any order (RFC 7766 section 6.2.1.1).
type stream struct {
	ready    chan struct{} // closed when it is open or failed
	failed   error         // read only after ready
	patience time.Duration // without a sign of life

	mu      sync.Mutex
	conn    net.Conn
	waiting map[uint16]chan []byte
	heard   time.Time // when the server last said something, or had nothing to say
	served  bool      // it has answered something
	ended   bool      // nothing more is asked
}

func newStream(patience time.Duration) *stream {
	return &stream{ready: make(chan struct{}), patience: patience, waiting: map[uint16]chan []byte{}}
}

func (l *stream) open(conn net.Conn) {
	l.mu.Lock()
	l.conn = conn
	l.mu.Unlock()
	close(l.ready)
}

func (l *stream) fail(err error) {
	l.mu.Lock()
	l.ended = true
	l.mu.Unlock()
	l.failed = err
	close(l.ready)
}

// usable reports whether another question may go over l: it has not ended and
// is not one that has fallen silent.
func (l *stream) usable() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.ended && (len(l.waiting) == 0 || time.Since(l.heard) < l.patience)
}

func (l *stream) useful() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.served
}

// retire lets l end once nobody waits for an answer any more.
func (l *stream) retire() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	l.closeIfIdle()
}

// closeIfIdle is called under the lock.
func (l *stream) closeIfIdle() {
	if l.ended && len(l.waiting) == 0 && l.conn != nil {
		_ = l.conn.Close()
	}
}

func (l *stream) ask(ctx context.Context, query *dns.Msg) (*dns.Msg, error) {
	answer, err := l.send(query)
	if err != nil {
		return nil, err
	}
	defer l.forget(query.Id, answer)
	select {
	case message, ok := <-answer:
		if !ok {
			return nil, errHungUp
		}
		got, err := parseReply(message, query)
		if err != nil {
			return nil, errBroken
		}
		return got, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// send gives the query an ID that no other on the stream has, and writes it.
func (l *stream) send(query *dns.Msg) (<-chan []byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended || len(l.waiting) > maxRemembered {
		return nil, errHungUp
	}
	for _, taken := l.waiting[query.Id]; taken; _, taken = l.waiting[query.Id] {
		query.Id++
	}
	packed, err := query.Pack()
	if err != nil {
		return nil, fmt.Errorf("pack the question: %w", err)
	}
	_ = l.conn.SetWriteDeadline(time.Now().Add(l.patience))
	if _, err := l.conn.Write(framed(packed)); err != nil {
		l.ended = true
		_ = l.conn.Close() // ends the reading, which tells all who wait
		return nil, errHungUp
	}
	if len(l.waiting) == 0 {
		l.heard = time.Now()
	}
	answer := make(chan []byte, 1)
	l.waiting[query.Id] = answer
	return answer, nil
}

// deliver hands a message to who waits for it; others are nobody's business.
func (l *stream) deliver(message []byte) {
	if len(message) < headerSize {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	id := binary.BigEndian.Uint16(message)
	if answer, ok := l.waiting[id]; ok {
		l.heard, l.served = time.Now(), true
		delete(l.waiting, id)
		answer <- message
	}
	l.closeIfIdle()
}

// forget ends the wait for an answer.
func (l *stream) forget(id uint16, answer <-chan []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waiting[id] == answer { // the ID may be another's by now
		delete(l.waiting, id)
	}
	l.closeIfIdle()
}

// hangUp tells all who wait that no answer comes.
func (l *stream) hangUp() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	for id, answer := range l.waiting {
		delete(l.waiting, id)
		close(answer)
	}
}
