package probe

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

// A box is a mailbox in which a test message is waited for. What was in it
// before is not looked at.
type box interface {
	// await waits for the message until a moment. It gives nil where the message has not come by then.
	await(ctx context.Context, until time.Time) (*located, error)
	// header gives the header of the message, bounded.
	header(ctx context.Context, l *located) (string, error)
	// remove deletes the message, and nothing else, and what a server filed beside it.
	remove(ctx context.Context, l *located) removal

	// Of the session:
	Close(ctx context.Context)
	failureOf(ctx context.Context, err error) *mail.Failure
	redacted(words string) string
	peer() string
}

// A located is a message that was found.
type located struct {
	folder watched
	uid    uint64    // in the folder; its number where the protocol is POP3
	seen   time.Time // when it was noticed
}

// A removal says whether a test message is gone, and else where it remains and why.
type removal struct {
	removed mail.Fact
	remains string
	copies  []mail.TestCopy
}

// The pauses between two looks at most: short at first, since most mail comes at
// once, and never so long that a person would look first.
const (
	quickly = 100 * time.Millisecond // where a look is a command
	gently  = 250 * time.Millisecond // where it is a sign-in
	seldom  = 8 * time.Second
)

// pauses gives one pause after another, each twice as long as the one before.
func pauses(first time.Duration) func() time.Duration {
	next := first
	return func() time.Duration {
		pause := next
		next = min(2*next, seldom)
		return pause
	}
}

// sleep waits for a time at most until a moment, and reports false where ctx has ended.
func sleep(ctx context.Context, d time.Duration, until time.Time) bool {
	timer := time.NewTimer(min(d, time.Until(until)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// isPause reports whether a read ended for want of news, and not since ctx has ended.
func isPause(ctx context.Context, err error) bool {
	return errors.Is(err, os.ErrDeadlineExceeded) && ctx.Err() == nil
}
