package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"

	"golang.org/x/term"
)

// errNoTerminal says that there is nobody to ask.
var errNoTerminal = errors.New("there is no terminal to ask on; take the secret from a file, standard input, a command, a keyring or the environment")

// openTerminal opens the terminal itself, since standard input may be a pipe.
func openTerminal() (*os.File, error) {
	name := "/dev/tty"
	if runtime.GOOS == "windows" {
		name = "CONIN$"
	}
	tty, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return nil, errNoTerminal
	}
	return tty, nil
}

func hasTerminal() bool {
	tty, err := openTerminal()
	if err != nil {
		return false
	}
	_ = tty.Close()
	return true
}

// readSecretFromTerminal asks without echo. When ctx ends it puts the echo back
// and leaves the reading, which nothing can interrupt, to the end of the program.
func readSecretFromTerminal(ctx context.Context, prompt string) ([]byte, error) {
	tty, err := openTerminal()
	if err != nil {
		return nil, err
	}
	fd := int(tty.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return nil, errNoTerminal
	}
	fmt.Fprint(os.Stderr, prompt)
	defer fmt.Fprintln(os.Stderr)
	type answer struct {
		secret []byte
		err    error
	}
	answers := make(chan answer, 1)
	go func() {
		defer func() { _ = tty.Close() }()
		secret, err := term.ReadPassword(fd)
		answers <- answer{secret, err}
	}()
	select {
	case a := <-answers:
		return a.secret, a.err
	case <-ctx.Done():
		_ = term.Restore(fd, before)
		return nil, ctx.Err()
	}
}

// readLineFromTerminal asks for a line, and gives up when ctx ends.
func readLineFromTerminal(ctx context.Context, prompt string) (string, error) {
	tty, err := openTerminal()
	if err != nil {
		return "", err
	}
	fmt.Fprint(os.Stderr, prompt)
	answered := make(chan struct{})
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		select {
		case <-ctx.Done():
		case <-answered:
		}
		_ = tty.Close() // also ends a read that still waits
	}()
	line, err := bufio.NewReader(tty).ReadString('\n')
	close(answered)
	<-closed
	return strings.TrimSpace(line), err
}
