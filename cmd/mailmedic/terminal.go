package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"

	"golang.org/x/term"
)

// errNoTerminal says that there is nobody to ask.
var errNoTerminal = errors.New("there is no terminal to ask on; give the password with --password-file, --password-stdin, --password-command or MAILMEDIC_PASSWORD")

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

// readSecretFromTerminal asks without echo.
func readSecretFromTerminal(prompt string) ([]byte, error) {
	tty, err := openTerminal()
	if err != nil {
		return nil, err
	}
	defer func() { _ = tty.Close() }()
	fmt.Fprint(os.Stderr, prompt)
	defer fmt.Fprintln(os.Stderr)
	return term.ReadPassword(int(tty.Fd()))
}

// readLineFromTerminal asks for a line, and gives up when done is closed.
func readLineFromTerminal(prompt string, done <-chan struct{}) (string, error) {
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
		case <-done:
		case <-answered:
		}
		_ = tty.Close() // also ends a read that still waits
	}()
	line, err := bufio.NewReader(tty).ReadString('\n')
	close(answered)
	<-closed
	return strings.TrimSpace(line), err
}
