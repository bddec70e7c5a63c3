package wire

import (
	"context"
	"strings"
	"testing"
	"time"
)

func TestAPanicIsKeptForWhoWaits(t *testing.T) {
	t.Parallel()
	if crash := Catch(func() {}); crash != nil {
		t.Errorf("nothing happened, and it is %v", crash)
	}
	inner := Catch(func() { panic("on purpose") })
	if inner == nil || inner.Value != "on purpose" || !strings.Contains(inner.Error(), "crash_test.go") {
		t.Fatalf("%v", inner)
	}
	if outer := Catch(inner.Raise); outer != inner {
		t.Errorf("what is raised again is another one: %v", outer)
	}
}

func TestAPanicInARaceReachesWhoHasStartedIt(t *testing.T) {
	t.Parallel()
	targets := make(chan int, 2)
	targets <- 1
	targets <- 2
	close(targets)
	discarded := 0
	crash := Catch(func() {
		race(t.Context(), targets, time.Millisecond, func(ctx context.Context, target int) (int, error) {
			if target == 2 {
				panic("on purpose")
			}
			<-ctx.Done() // the panic ends the race
			return target, nil
		}, func(int) { discarded++ })
	})
	if crash == nil || crash.Value != "on purpose" || discarded != 1 {
		t.Errorf("crash %v, %d results discarded", crash, discarded)
	}
}

func TestAPanicInAGroupReachesWhoWaits(t *testing.T) {
	t.Parallel()
	var g Group
	done := false
	g.Go(func() { panic("on purpose") })
	g.Go(func() { done = true })
	if crash := Catch(g.Wait); crash == nil || crash.Value != "on purpose" || !done {
		t.Errorf("crash %v, the other one is done: %v", crash, done)
	}
}
