package check

import (
	"context"
	"sync"
	"time"
)

// A clock is the context of a run. It ends when the run's time is over, and
// stands still while a person is asked: thinking costs the run nothing.
type clock struct {
	context.Context // the caller's, for its values

	done     chan struct{}
	deadline *time.Timer
	forget   func() bool // stops waiting for the caller's end

	mu    sync.Mutex
	err   error         // why it ended; nil while it runs
	until time.Time     // when it ends; zero while it stands still
	left  time.Duration // of the run, while it stands still
}

func newClock(ctx context.Context, timeout time.Duration) *clock {
	c := &clock{Context: ctx, done: make(chan struct{}), until: time.Now().Add(timeout)}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deadline = time.AfterFunc(timeout, func() { c.end(context.DeadlineExceeded) })
	c.forget = context.AfterFunc(ctx, func() { c.end(ctx.Err()) })
	return c
}

// cancel ends it.
func (c *clock) cancel() { c.end(context.Canceled) }

func (c *clock) end(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return
	}
	c.err = err
	c.deadline.Stop()
	c.forget()
	close(c.done)
}

// pause makes it stand still.
func (c *clock) pause() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.deadline.Stop() && c.err == nil {
		c.left, c.until = time.Until(c.until), time.Time{}
	}
}

// resume lets it go on.
func (c *clock) resume() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.until.IsZero() && c.err == nil {
		c.until = time.Now().Add(c.left)
		c.deadline.Reset(c.left)
	}
}

// Deadline implements context.Context; there is none while it stands still.
func (c *clock) Deadline() (time.Time, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	until := c.until
	if outer, bounded := c.Context.Deadline(); bounded && (until.IsZero() || outer.Before(until)) {
		until = outer
	}
	return until, !until.IsZero()
}

// Done implements context.Context.
func (c *clock) Done() <-chan struct{} { return c.done }

// Err implements context.Context.
func (c *clock) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}
