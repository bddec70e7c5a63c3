package wire

import (
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// A Crash is the panic of a goroutine, kept for whoever waits for its work, so
// that it can be met where the work was asked for, and ends no program.
type Crash struct {
	Value any
	Stack []byte // of the goroutine
}

func (c *Crash) Error() string { return fmt.Sprintf("%v\n\n%s", c.Value, c.Stack) }

// Catch does the work and gives its panic, nil where there was none.
func Catch(work func()) (crash *Crash) {
	defer func() {
		switch value := recover().(type) {
		case nil:
		case *Crash: // of a goroutine that the work has waited for
			crash = value
		default:
			crash = &Crash{value, debug.Stack()}
		}
	}()
	work()
	return nil
}

// Raise panics again, unless c is nil.
func (c *Crash) Raise() {
	if c != nil {
		panic(c)
	}
}

// A Group is goroutines whose first panic meets whoever waits for them.
type Group struct {
	open  sync.WaitGroup
	crash atomic.Pointer[Crash]
}

// Go does work in a goroutine of its own.
func (g *Group) Go(work func()) {
	g.open.Go(func() {
		if crash := Catch(work); crash != nil {
			g.crash.CompareAndSwap(nil, crash)
		}
	})
}

// Wait waits for all that was begun, and raises the first panic of it.
func (g *Group) Wait() {
	g.open.Wait()
	g.crash.Load().Raise()
}
