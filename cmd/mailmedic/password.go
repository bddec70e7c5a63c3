package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mailmedic/mailmedic/check"
	"github.com/mailmedic/mailmedic/mail"
)

// maxSecret bounds what is read as a password.
const maxSecret = 64 << 10

// signInFlags say who signs in and where the password comes from. A secret is
// never a flag's value: command lines are seen by everybody on the machine.
type signInFlags struct {
	user            string
	ask             bool
	file            string
	stdin           bool
	command         string
	insecure        bool
	trustDiscovered bool
}

func (f *signInFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.user, "user", "", "user `name` to sign in with (default: what the sources say, else the address)")
	flags.BoolVar(&f.ask, "ask-password", false, "ask for the password on the terminal")
	flags.StringVar(&f.file, "password-file", "", "read the password from `file`")
	flags.BoolVar(&f.stdin, "password-stdin", false, "read the password from standard input")
	flags.StringVar(&f.command, "password-command", "", "run `command` and take the first line that it prints")
	cmd.MarkFlagsMutuallyExclusive("ask-password", "password-file", "password-stdin", "password-command")
	f.registerLifts(cmd)
}

// registerLifts adds the flags that lift a rule about who may see a secret.
func (f *signInFlags) registerLifts(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&f.insecure, "insecure-auth", false, "send the password although a certificate is bad (for this run)")
	flags.BoolVar(&f.trustDiscovered, "trust-discovered", false, "send the password to hosts that only unproved records name")
}

// signIn gives what a run needs to sign in, or nil when no password was given.
func (f *signInFlags) signIn(ctx context.Context, s *streams, target mail.Target) (*check.SignIn, error) {
	secret, given, err := f.secret(ctx, s, target)
	if err != nil || !given {
		return nil, err
	}
	if secret.IsZero() {
		return nil, usagef("the password is empty; to run without a sign-in, give none")
	}
	if target.Address == "" && f.user == "" {
		return nil, usagef("a password needs somebody to sign in: write an address instead of %s, or add --user", target.Domain)
	}
	in := &check.SignIn{Username: f.user, Secret: secret, Insecure: f.insecure, TrustDiscovered: f.trustDiscovered}
	if s.canPrompt && s.errIsTTY {
		in.Consent = consentOn(s)
	}
	return in, nil
}

// secret reads the password from the one place that the user named.
func (f *signInFlags) secret(ctx context.Context, s *streams, target mail.Target) (secret mail.Secret, given bool, err error) {
	var raw []byte
	switch {
	case f.ask:
		who := f.user
		if who == "" {
			who = target.DisplayAddress()
		}
		raw, err = s.readSecret(ctx, fmt.Sprintf("Password for %s: ", who))
		switch {
		case errors.Is(err, context.Canceled):
			return mail.Secret{}, true, verdictError{exitInterrupted}
		case err != nil:
			return mail.Secret{}, true, usagef("--ask-password: %w", err)
		}
	case f.file != "":
		raw, err = secretFromFile(s, f.file)
	case f.stdin:
		raw, err = readSecret(s.in, "--password-stdin")
	case f.command != "":
		raw, err = secretFromCommand(ctx, s, f.command)
	case s.env("MAILMEDIC_PASSWORD") != "":
		raw = []byte(s.env("MAILMEDIC_PASSWORD"))
	default:
		return mail.Secret{}, false, nil
	}
	defer clear(raw)
	return mail.NewSecret(raw), true, err
}

func secretFromFile(s *streams, name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, usagef("--password-file: %w", err)
	}
	defer func() { _ = f.Close() }()
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 && onUnix {
		fmt.Fprintf(s.err, "mailmedic: others on this machine can read %s; 'chmod 600 %s' keeps it to you.\n", name, name)
	}
	return readSecret(f, "--password-file")
}

// readSecret reads all of r. One final line end is not part of a secret.
func readSecret(r io.Reader, flag string) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxSecret+1))
	switch {
	case err != nil:
		return nil, usagef("%s: %w", flag, err)
	case len(raw) > maxSecret:
		return nil, usagef("%s: more than %d bytes are no password", flag, maxSecret)
	}
	raw = bytes.TrimSuffix(raw, []byte("\n"))
	return bytes.TrimSuffix(raw, []byte("\r")), nil
}

// secretFromCommand runs a command without a shell and takes its first line.
func secretFromCommand(ctx context.Context, s *streams, line string) ([]byte, error) {
	words, err := splitWords(line)
	if err != nil {
		return nil, usagef("--password-command: %w", err)
	}
	command := exec.CommandContext(ctx, words[0], words[1:]...)
	command.Stdin, command.Stderr = os.Stdin, s.err
	printed, err := command.Output()
	if err != nil {
		return nil, usagef("--password-command: %s: %w", words[0], err)
	}
	first, _, _ := bytes.Cut(printed, []byte("\n"))
	return bytes.TrimSuffix(first, []byte("\r")), nil
}

// splitWords splits a command line at spaces, with single and double quotes around what has some.
func splitWords(line string) ([]string, error) {
	var words []string
	var word strings.Builder
	var quote rune
	begun := false
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			quote, begun = r, true
		case quote == 0 && (r == ' ' || r == '\t'):
			if begun {
				words = append(words, word.String())
				word.Reset()
			}
			begun = false
		default:
			word.WriteRune(r)
			begun = true
		}
	}
	if begun {
		words = append(words, word.String())
	}
	switch {
	case quote != 0:
		return nil, errors.New("a quote is not closed")
	case len(words) == 0:
		return nil, errors.New("it is empty")
	}
	return words, nil
}

// consentOn asks on the terminal whether a host may see the password.
func consentOn(s *streams) func(context.Context, string, []mail.Source) bool {
	return func(ctx context.Context, host string, sources []mail.Source) bool {
		names := make([]string, len(sources))
		for i, source := range sources {
			names[i] = string(source)
		}
		answer, err := s.readLine(ctx, fmt.Sprintf("Send the password to %s, which only %s names? [y/N] ", host, strings.Join(names, ", ")))
		return err == nil && (strings.EqualFold(answer, "y") || strings.EqualFold(answer, "yes"))
	}
}
