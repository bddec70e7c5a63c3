package check

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestTheClockStandsStillWhileAPersonThinks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newClock(t.Context(), 10*time.Second)
		child, stop := context.WithCancel(c)
		defer stop()
		<-time.After(4 * time.Second)
		c.pause()
		if _, bounded := child.Deadline(); bounded {
			t.Error("it has a deadline while it stands still")
		}
		<-time.After(time.Hour)
		if child.Err() != nil {
			t.Error("it ended while it stood still")
		}
		c.resume()
		if until, bounded := child.Deadline(); !bounded || time.Until(until) != 6*time.Second {
			t.Errorf("after it %s are left", time.Until(until))
		}
		<-time.After(6 * time.Second)
		<-child.Done()
		if !errors.Is(child.Err(), context.DeadlineExceeded) {
			t.Errorf("it ended with %v", child.Err())
		}
		c.cancel() // a second end changes nothing
		if !errors.Is(c.Err(), context.DeadlineExceeded) {
			t.Errorf("it ended twice: %v", c.Err())
		}
	})
}

func TestTheClockEndsWithItsCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for name, paused := range map[string]bool{"running": false, "standing still": true} {
			outer, interrupt := context.WithCancel(t.Context())
			c := newClock(outer, time.Minute)
			if paused {
				c.pause()
			}
			interrupt()
			<-c.Done()
			c.resume()
			if !errors.Is(c.Err(), context.Canceled) {
				t.Errorf("%s: it ended with %v", name, c.Err())
			}
		}
	})
}
