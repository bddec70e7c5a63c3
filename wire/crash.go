package wire

import (
	"fmt"
	"runtime/debug"
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
