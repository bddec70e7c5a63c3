package main

import (
	"context"
	"io"
	"os"
	"sync/atomic"

	"golang.org/x/term"

	"github.com/mailmedic/mailmedic/lab"
	"github.com/mailmedic/mailmedic/wire"
)

// streams are where a command reads and writes, and what is known of the
// terminal behind them. A test sets them as it likes.
type streams struct {
	in       io.Reader
	out, err io.Writer
	env      func(string) string
	hasEnv   func(string) bool // a variable is there, if only with an empty value; nil for none

	reach     wire.Options // the way into the network; zero is this computer's, a test leads into a world
	world     lab.Options  // how a demo's world behaves; a test lets its delays pass at once
	unhurried bool         // no choice of a run depends on how busy the machine is

	prompting atomic.Bool // a person is being asked

	outWidth   int  // columns of the terminal behind out; 0 for none
	inIsTTY    bool // what is typed there is shown
	errIsTTY   bool // progress may be drawn
	canPrompt  bool // a person can be asked
	readSecret func(ctx context.Context, prompt string) ([]byte, error)
	readLine   func(ctx context.Context, prompt string) (string, error)
	keyring    func(service, user string) (string, error)
	keep       func(service, user, secret string) error // in the keyring
	browser    func(page string) error                  // opens a page for the person; nil where nothing can
}

// width gives the columns for text that is wrapped.
func (s *streams) width() int {
	if s.outWidth == 0 {
		return 80
	}
	return s.outWidth
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
		keep:       keepInSystemKeyring,
		browser:    systemBrowser(os.Getenv),
	}
	if fd := int(os.Stdout.Fd()); term.IsTerminal(fd) {
		s.outWidth = 80
		if width, _, err := term.GetSize(fd); err == nil && width > 0 {
			s.outWidth = width
		}
	}
	return s
}
