package wire

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/miekg/dns"
)

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

func (s *stream) open(conn net.Conn) {
	s.mu.Lock()
	s.conn = conn
	s.mu.Unlock()
	close(s.ready)
}

func (s *stream) fail(err error) {
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	s.failed = err
	close(s.ready)
}

// usable reports whether another question may go over s: it has not ended and
// is not one that has fallen silent.
func (s *stream) usable() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.ended && (len(s.waiting) == 0 || time.Since(s.heard) < s.patience)
}

func (s *stream) useful() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.served
}

// retire lets s end once nobody waits for an answer any more.
func (s *stream) retire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	s.closeIfIdle()
}

// closeIfIdle is called under the lock.
func (s *stream) closeIfIdle() {
	if s.ended && len(s.waiting) == 0 && s.conn != nil {
		_ = s.conn.Close()
	}
}

func (s *stream) ask(ctx context.Context, query *dns.Msg) (*dns.Msg, error) {
	answer, err := s.send(query)
	if err != nil {
		return nil, err
	}
	defer s.forget(query.Id, answer)
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
func (s *stream) send(query *dns.Msg) (<-chan []byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended || len(s.waiting) > maxRemembered {
		return nil, errHungUp
	}
	for _, taken := s.waiting[query.Id]; taken; _, taken = s.waiting[query.Id] {
		query.Id++
	}
	packed, err := query.Pack()
	if err != nil {
		return nil, fmt.Errorf("pack the question: %w", err)
	}
	_ = s.conn.SetWriteDeadline(time.Now().Add(s.patience))
	if _, err := s.conn.Write(framed(packed)); err != nil {
		s.ended = true
		_ = s.conn.Close() // ends the reading, which tells all who wait
		return nil, errHungUp
	}
	if len(s.waiting) == 0 {
		s.heard = time.Now()
	}
	answer := make(chan []byte, 1)
	s.waiting[query.Id] = answer
	return answer, nil
}

// deliver hands a message to who waits for it; others are nobody's business.
func (s *stream) deliver(message []byte) {
	if len(message) < headerSize {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	id := binary.BigEndian.Uint16(message)
	if answer, ok := s.waiting[id]; ok {
		s.heard, s.served = time.Now(), true
		delete(s.waiting, id)
		answer <- message
	}
	s.closeIfIdle()
}

// forget ends the wait for an answer.
func (s *stream) forget(id uint16, answer <-chan []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting[id] == answer { // the ID may be another's by now
		delete(s.waiting, id)
	}
	s.closeIfIdle()
}

// hangUp tells all who wait that no answer comes.
func (s *stream) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	for id, answer := range s.waiting {
		delete(s.waiting, id)
		close(answer)
	}
}
