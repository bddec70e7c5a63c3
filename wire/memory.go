package wire

import "sync"

// memory keeps the answers of a Network, so that each question is asked once,
// also by callers that ask at the same time. It is bounded: a run over many
// domains forgets the oldest.
type memory struct {
	mu    sync.Mutex
	calls map[question]*call
	order []question // oldest first
}

// A call is a question that was put, and its answer once done is closed.
type call struct {
	done   chan struct{}
	answer Answer
	crash  *Crash // that came in place of the answer
}

const maxRemembered = 4096

// get gives the call for q, and whether it is new, so that the caller has to
// answer it.
func (m *memory) get(q question) (c *call, isNew bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if c, ok := m.calls[q]; ok {
		return c, false
	}
	if m.calls == nil {
		m.calls = map[question]*call{}
	}
	if len(m.order) >= maxRemembered {
		delete(m.calls, m.order[0])
		m.order = m.order[1:]
	}
	c = &call{done: make(chan struct{})}
	m.calls[q] = c
	m.order = append(m.order, q)
	return c, true
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
