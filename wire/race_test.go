package wire

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// A runner is a target that takes its time and then wins or fails.
type runner struct {
	name  string
	takes time.Duration
	fails bool
}

func TestRace(t *testing.T) {
	t.Parallel()
	const delay = 250 * time.Millisecond
	for _, c := range []struct {
		name    string
		field   []runner
		winner  string
		started []time.Duration
		took    time.Duration
	}{
		{"nobody runs when there is no target", nil, "", nil, 0},
		{"the first wins alone when it is fast", []runner{{"a", 100 * time.Millisecond, false}, {"b", 0, false}}, "a", []time.Duration{0}, 100 * time.Millisecond},
		{"the second starts after the delay and may win", []runner{{"a", time.Minute, false}, {"b", 10 * time.Millisecond, false}}, "b", []time.Duration{0, delay}, delay + 10*time.Millisecond},
		{"the first may still win after the second has started", []runner{{"a", 300 * time.Millisecond, false}, {"b", time.Second, false}}, "a", []time.Duration{0, delay}, 300 * time.Millisecond},
		{"a failure starts the next one at once", []runner{{"a", 10 * time.Millisecond, true}, {"b", 0, false}}, "b", []time.Duration{0, 10 * time.Millisecond}, 10 * time.Millisecond},
		{"all fail", []runner{{"a", 10 * time.Millisecond, true}, {"b", 500 * time.Millisecond, true}}, "", []time.Duration{0, 10 * time.Millisecond}, 510 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now()
				targets := make(chan runner, len(c.field))
				for _, r := range c.field {
					targets <- r
				}
				close(targets)
				attempts, winner := race(t.Context(), targets, delay, run, func(string) {})
				var starts []time.Duration
				for _, a := range attempts {
					starts = append(starts, a.started.Sub(begin))
				}
				if !slices.Equal(starts, c.started) {
					t.Errorf("attempts started at %v, want %v", starts, c.started)
				}
				if got := time.Since(begin); got != c.took {
					t.Errorf("the race took %v, want %v", got, c.took)
				}
				if name := nameOf(attempts, winner); name != c.winner {
					t.Errorf("%q won, want %q", name, c.winner)
				}
			})
		})
	}
}

func run(ctx context.Context, r runner) (string, error) {
	select {
	case <-time.After(r.takes):
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if r.fails {
		return "", errors.New("failed")
	}
	return r.name, nil
}

func nameOf(attempts []attempt[runner, string], winner int) string {
	if winner < 0 {
		return ""
	}
	return attempts[winner].result
}

func TestRaceDiscardsAWinnerThatComesTooLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		targets := make(chan runner, 2)
		targets <- runner{name: "slow"}
		targets <- runner{name: "fast"}
		close(targets)
		var discarded []string
		stubborn := func(ctx context.Context, r runner) (string, error) {
			if r.name == "slow" {
				<-ctx.Done() // and succeeds all the same
			}
			return r.name, nil
		}
		attempts, winner := race(t.Context(), targets, time.Second, stubborn, func(name string) { discarded = append(discarded, name) })
		if nameOf(attempts, winner) != "fast" || !slices.Equal(discarded, []string{"slow"}) {
			t.Errorf("won by %q, discarded %v", nameOf(attempts, winner), discarded)
		}
		if attempts[0].ended {
			t.Error("a lost attempt counts as ended")
		}
	})
}

func TestRaceEndsWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		targets := make(chan runner, 2)
		targets <- runner{"a", time.Hour, false}
		targets <- runner{"b", time.Hour, false}
		close(targets)
		begin := time.Now()
		_, winner := race(ctx, targets, 100*time.Millisecond, run, func(string) {})
		if winner >= 0 || time.Since(begin) != time.Second {
			t.Errorf("winner %d after %v", winner, time.Since(begin))
		}
	})
}
