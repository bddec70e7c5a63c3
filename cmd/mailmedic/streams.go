package main

import (
	"context"
	"io"
	"os"
	"sync/atomic"

	"golang.org/x/term"

	"github.com/mailmedic/mailmedic/lab"
)

// streams are where a command reads and writes, and what is known of the
// terminal behind them. A test sets them as it likes.
type streams struct {
	in       io.Reader
	out, err io.Writer
	env      func(string) string
	hasEnv   func(string) bool // a variable is there, if only with an empty value; nil for none

	world lab.Options // how a demo's world behaves; a test lets its delays pass at once

	prompting atomic.Bool // a person is being asked

	outWidth   int  // columns of the terminal behind out; 0 for none
	inIsTTY    bool // what is typed there is shown
	errIsTTY   bool // progress may be drawn
	canPrompt  bool // a person can be asked
	readSecret func(ctx context.Context, prompt string) ([]byte, error)
	readLine   func(ctx context.Context, prompt string) (string, error)
	keyring    func(service, user string) (string, error)
}

func systemStreams() *streams {
	s := &streams{
		in: os.Stdin, out: os.Stdout, err: os.Stderr, env: os.Getenv,
		hasEnv:     func(name string) bool { _, ok := os.LookupEnv(name); return ok },
		inIsTTY:    term.IsTerminal(int(os.Stdin.Fd())),
		errIsTTY:   term.IsTerminal(int(os.Stderr.Fd())),
		canPrompt:  hasTerminal(),
		readSecret: readSecretFromTerminal,
		readLine:   readLineFromTerminal,
		keyring:    systemKeyring,
	}
	if fd := int(os.Stdout.Fd()); term.IsTerminal(fd) {
		s.outWidth = 80
		if width, _, err := term.GetSize(fd); err == nil && width > 0 {
			s.outWidth = width
		}
	}
	return s
}
