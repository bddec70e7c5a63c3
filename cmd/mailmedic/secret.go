package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/mailmedic/mailmedic/mail"
)

// maxSecret bounds what is read as a password or a token.
const maxSecret = 64 << 10

// secretFlags say where a secret comes from. A secret is never a flag's value:
// command lines are seen by everybody on the machine.
type secretFlags struct {
	name    string // "password" or "token", as it stands in the flags
	ask     bool
	file    string
	stdin   bool
	command string
	keyring string

	chosen func() bool // a flag was given, if only with an empty value; nil where there are no flags
}

// register adds the flags and gives their names; what is the secret in words.
func (f *secretFlags) register(cmd *cobra.Command, what string) []string {
	flags := cmd.Flags()
	flags.BoolVar(&f.ask, "ask-"+f.name, false, "ask for the "+what+" on the terminal")
	flags.StringVar(&f.file, f.name+"-file", "", "read the "+what+" from `file`, which nobody else may read")
	flags.BoolVar(&f.stdin, f.name+"-stdin", false, "read the "+what+" from standard input")
	flags.StringVar(&f.command, f.name+"-command", "", "run `command` and take the first line that it prints as "+what)
	flags.StringVar(&f.keyring, f.name+"-keyring", "", "take the "+what+" of the user from `service` in the system's keyring")
	names := []string{"ask-" + f.name, f.name + "-file", f.name + "-stdin", f.name + "-command", f.name + "-keyring"}
	f.chosen = func() bool { return slices.ContainsFunc(names[1:], flags.Changed) }
	return names
}

// given reports whether a flag names a source. An empty value, such as that of a
// variable that a job forgot to set, is no silent run without a sign-in.
func (f *secretFlags) given() bool {
	return f.ask || f.stdin || f.file != "" || f.command != "" || f.keyring != "" || f.chosen != nil && f.chosen()
}

// asks reports whether a person types the secret. Standard input that is a
// terminal would show it, so it is asked for there as by the flag for that.
func (f *secretFlags) asks(s *streams) bool { return f.ask || f.stdin && s.inIsTTY }

// variable is the one of the environment.
func (f *secretFlags) variable() string { return "MAILMEDIC_" + strings.ToUpper(f.name) }

// read reads the secret from the one place that the user named. who is asked
// for it by name; account is what a keyring knows the user as.
func (f *secretFlags) read(ctx context.Context, s *streams, who, account string) (mail.Secret, error) {
	var raw []byte
	var err error
	switch {
	case f.asks(s):
		raw, err = f.prompt(ctx, s, who)
	case f.file != "":
		raw, err = readFile(ctx, f.file, "--"+f.name+"-file", onlyOurs)
		raw = oneLineLess(raw)
	case f.stdin:
		raw, err = interruptibly(ctx, func() ([]byte, error) { return readAll(s.in, "--"+f.name+"-stdin") })
		raw = oneLineLess(raw)
	case f.command != "":
		raw, err = secretFromCommand(ctx, s, f.command, "--"+f.name+"-command")
	case f.keyring != "":
		raw, err = secretFromKeyring(ctx, s, f.keyring, account, "--"+f.name+"-keyring")
	case f.given(): // with an empty value
	default:
		raw = []byte(s.env(f.variable()))
	}
	defer clear(raw)
	return mail.NewSecret(raw), err
}

func (f *secretFlags) prompt(ctx context.Context, s *streams, who string) ([]byte, error) {
	raw, err := s.readSecret(ctx, fmt.Sprintf("%s for %s: ", strings.ToUpper(f.name[:1])+f.name[1:], who))
	switch {
	case errors.Is(err, context.Canceled):
		return nil, verdictError{exitInterrupted}
	case err != nil:
		flag := "--ask-" + f.name
		if !f.ask {
			flag = "--" + f.name + "-stdin"
		}
		return nil, usagef("%s: %w", flag, err)
	}
	return raw, nil
}

// Whose a file has to be.
const (
	onlyOurs = true  // nobody else may read it, where permission bits say who can
	anybodys = false // there is nothing secret in it
)

// readFile reads a file up to what a secret may have. It may be a pipe or a
// descriptor of the shell's, which has no permissions and may never end.
func readFile(ctx context.Context, name, flag string, private bool) ([]byte, error) {
	return interruptibly(ctx, func() ([]byte, error) {
		f, err := os.Open(name)
		if err != nil {
			return nil, usagef("%s: %w", flag, err)
		}
		defer func() { _ = f.Close() }()
		info, err := f.Stat()
		if err != nil {
			return nil, usagef("%s: %w", flag, err)
		}
		if private && onUnix && info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 {
			return nil, usagef("%s: others on this machine can read %s; 'chmod 600 %s' keeps it to you", flag, name, name)
		}
		return readAll(f, flag)
	})
}

// interruptibly gives what read gives, unless ctx ends before. Nothing can
// interrupt the opening of a pipe or the reading of standard input; where they
// do not end, they end with the program, and that ends with this error.
func interruptibly(ctx context.Context, read func() ([]byte, error)) ([]byte, error) {
	type answer struct {
		raw []byte
		err error
	}
	answers := make(chan answer, 1)
	go func() {
		raw, err := read()
		answers <- answer{raw, err}
	}()
	select {
	case a := <-answers:
		return a.raw, a.err
	case <-ctx.Done():
		return nil, verdictError{exitInterrupted}
	}
}

// readAll reads all of r, as long as a secret may be.
func readAll(r io.Reader, flag string) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxSecret+1))
	switch {
	case err != nil:
		return nil, usagef("%s: %w", flag, err)
	case len(raw) > maxSecret:
		return nil, usagef("%s: more than %d bytes are no secret", flag, maxSecret)
	}
	return raw, nil
}

// oneLineLess takes one final line end off, which is not part of a secret.
func oneLineLess(raw []byte) []byte {
	raw = bytes.TrimSuffix(raw, []byte("\n"))
	return bytes.TrimSuffix(raw, []byte("\r"))
}

// secretFromCommand runs a command without a shell and takes its first line.
func secretFromCommand(ctx context.Context, s *streams, line, flag string) ([]byte, error) {
	words, err := splitWords(line)
	if err != nil {
		return nil, usagef("%s: %w", flag, err)
	}
	command := exec.CommandContext(ctx, words[0], words[1:]...)
	command.Stdin, command.Stderr, command.Env = os.Stdin, s.err, withoutSecrets(os.Environ())
	command.WaitDelay = time.Second // what it leaves behind may hold its output open
	var printed cappedBuffer
	command.Stdout = &printed
	if err = command.Run(); errors.Is(err, exec.ErrWaitDelay) {
		err = nil // the command itself ended well
	}
	switch {
	case ctx.Err() != nil:
		return nil, verdictError{exitInterrupted}
	case printed.full:
		return nil, usagef("%s: %s prints more than %d bytes, which is no secret", flag, words[0], maxSecret)
	case err != nil:
		return nil, usagef("%s: %s: %w", flag, words[0], err)
	}
	defer clear(printed.kept)
	first, _, _ := bytes.Cut(printed.kept, []byte("\n"))
	return bytes.Clone(bytes.TrimSuffix(first, []byte("\r"))), nil
}

// withoutSecrets gives the environment for another program: no password and no
// token, which are for this one and would be seen in all that it starts. Further
// variables to leave out are named; a command of the user's own may be a login
// through the same proxy.
func withoutSecrets(environment []string, further ...string) []string {
	secrets := append(further, "MAILMEDIC_PASSWORD", "MAILMEDIC_TOKEN")
	return slices.DeleteFunc(environment, func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return slices.ContainsFunc(secrets, func(secret string) bool { return strings.EqualFold(name, secret) })
	})
}

// cappedBuffer keeps what fits into a secret, and refuses more.
type cappedBuffer struct {
	kept []byte
	full bool
}

func (b *cappedBuffer) Write(p []byte) (int, error) {
	if len(b.kept)+len(p) > maxSecret {
		b.full = true
		return 0, io.ErrShortBuffer
	}
	b.kept = append(b.kept, p...)
	return len(p), nil
}
