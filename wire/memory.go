package wire

import "sync"

// memory keeps the answers of a Network, so that each question is asked once,
// also by callers that ask at the same time. It is bounded: a run over many
// domains forgets the oldest.
type memory struct {
	mu     sync.Mutex
	calls  map[question]*call
	order  []question // oldest first
	closed bool
}

// A call is a question that was put, and its answer once done is closed.
type call struct {
	done   chan struct{}
	answer Answer
}

const maxRemembered = 4096

// get gives the call for q. A new one is handed to start under the lock; start
// must not block. It is nil when the Network is closed.
func (m *memory) get(q question, start func(*call)) *call {
	m.mu.Lock()
	defer m.mu.Unlock()
	if c, ok := m.calls[q]; ok {
		return c
	}
	if m.closed {
		return nil
	}
	if m.calls == nil {
		m.calls = map[question]*call{}
	}
	if len(m.order) >= maxRemembered {
		delete(m.calls, m.order[0])
		m.order = m.order[1:]
	}
	c := &call{done: make(chan struct{})}
	m.calls[q] = c
	m.order = append(m.order, q)
	start(c)
	return c
}

// peek gives an answer that is there already.
func (m *memory) peek(q question) (Answer, bool) {
	m.mu.Lock()
	c, ok := m.calls[q]
	m.mu.Unlock()
	if !ok {
		return Answer{}, false
	}
	select {
	case <-c.done:
		return c.answer, true
	default:
		return Answer{}, false
	}
}

// close lets no new call begin.
func (m *memory) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
}
