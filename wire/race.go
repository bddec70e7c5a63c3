package wire

import (
	"context"
	"time"
)

// An attempt is one try in a race and what came of it.
type attempt[T, R any] struct {
	target  T
	result  R
	err     error
	started time.Time
	took    time.Duration
	ended   bool // before anything was won, so that the end is the attempt's own
}

// race tries the targets in their order until one succeeds. The next attempt
// starts when the one before has failed or after delay, whatever comes first;
// earlier attempts go on meanwhile. This is the way of RFC 8305 section 5 for
// connections, and suits resolvers as well.
//
// It gives all attempts in the order of their starts and the index of the one
// that won, -1 if none did. The attempts are over when race returns: losers are
// cancelled, and a loser's result goes to discard.
func race[T, R any](
	ctx context.Context, targets <-chan T, delay time.Duration,
	try func(context.Context, T) (R, error), discard func(R),
) (attempts []attempt[T, R], winner int) {
	type outcome struct {
		index  int
		result R
		err    error
		crash  *Crash
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	outcomes := make(chan outcome)
	timer := time.NewTimer(delay)
	defer timer.Stop()
	running, ready := 0, true
	for targets != nil || running > 0 {
		next := targets
		if !ready {
			next = nil
		}
		select {
		case target, ok := <-next:
			if !ok {
				targets = nil
				continue
			}
			index := len(attempts)
			attempts = append(attempts, attempt[T, R]{target: target, started: time.Now()})
			running++
			go func() {
				o := outcome{index: index}
				o.crash = Catch(func() { o.result, o.err = try(ctx, target) })
				outcomes <- o
			}()
			ready = false
			timer.Reset(delay)
		case <-timer.C:
			ready = true
		case o := <-outcomes:
			running--
			ready = true
			a := &attempts[o.index]
			a.result, a.err, a.took, a.ended = o.result, o.err, time.Since(a.started), true
			if o.err != nil {
				continue
			}
			cancel()
			for range running {
				late := <-outcomes
				if o.crash == nil {
					o.crash = late.crash
				}
				if late.err == nil && late.crash == nil {
					discard(late.result)
				}
			}
			o.crash.Raise()
			return attempts, o.index
		}
	}
	return attempts, -1
}
