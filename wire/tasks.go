package wire

import "sync"

// tasks counts what runs on behalf of a Network beside its callers, so that
// Close can wait for it.
type tasks struct {
	mu     sync.Mutex
	closed bool
	group  sync.WaitGroup
}

// begin counts one more task, whose end is done. It reports false when the
// Network is closed and nothing may begin.
func (t *tasks) begin() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return false
	}
	t.group.Add(1)
	return true
}

func (t *tasks) done() { t.group.Done() }

// close lets nothing begin any more.
func (t *tasks) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
}

// wait waits for all that has begun. It comes after close.
func (t *tasks) wait() { t.group.Wait() }
