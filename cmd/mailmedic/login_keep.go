package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/zalando/go-keyring"

	"github.com/mailmedic/mailmedic/mail"
)

// keepFlags say where a token goes. It goes nowhere by itself.
type keepFlags struct {
	keyring, file string
	stdout        bool
	replace       bool
}

func (f *keepFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.keyring, "keyring", "", "keep the token in the system's keyring, under `service`")
	flags.StringVar(&f.file, "token-file", "", "write the token into `file`, which nobody else may read")
	flags.BoolVar(&f.stdout, "print", false, "print the token, and nothing else, on standard output (not on a terminal)")
	flags.BoolVar(&f.replace, "replace", false, "replace what the keyring or the file has there")
	cmd.MarkFlagsMutuallyExclusive("keyring", "token-file", "print")
}

// A place is where the token goes once it is there.
type place struct {
	Kind    string `json:"kind"` // keyring, file or stdout
	Service string `json:"service,omitempty"`
	Account string `json:"account,omitempty"`
	File    string `json:"file,omitempty"`

	put     func(token mail.Secret) error
	discard func() // leaves no trace where nothing was put
}

// prepare looks whether the token can go where it shall, before anybody is asked
// to sign in.
func (f *keepFlags) prepare(ctx context.Context, s *streams, account string) (*place, error) {
	switch {
	case f.keyring != "":
		return f.intoKeyring(ctx, s, account)
	case f.file != "":
		file, err := newTokenFile(f.file, f.replace)
		if err != nil {
			return nil, usagef("--token-file: %w", err)
		}
		return &place{Kind: "file", File: f.file, put: file.put, discard: file.discard}, nil
	case f.stdout && s.outWidth > 0:
		return nil, usagef("--print: standard output is a terminal, where everybody who looks can read the token; " +
			"it is for a pipe, as in --token-command 'mailmedic login … --print'")
	case f.stdout:
		return &place{Kind: "stdout", discard: func() {}, put: func(token mail.Secret) error {
			_, err := fmt.Fprintln(s.out, token.Reveal())
			return err
		}}, nil
	}
	return nil, usagef("where shall the token go? Add one of\n" +
		"  --keyring SERVICE   keep it in the system's keyring, for 'check --token-keyring SERVICE'\n" +
		"  --token-file FILE   write it into a file of yours, for 'check --token-file FILE'\n" +
		"  --print             print it into a pipe, for 'check --token-command \"mailmedic login … --print\"'")
}

// intoKeyring looks what the keyring has. A password that somebody keeps under
// the same name is not lost to a token.
func (f *keepFlags) intoKeyring(ctx context.Context, s *streams, account string) (*place, error) {
	if account == "" {
		return nil, usagef("--keyring: whose token will it be? Write an address, or add --user")
	}
	kept, err := askKeyring(ctx, func() (string, error) { return s.keyring(f.keyring, account) })
	var interrupted verdictError
	switch {
	case errors.As(err, &interrupted):
		return nil, err
	case err != nil && !errors.Is(err, keyring.ErrNotFound):
		return nil, usagef("--keyring: %w", err)
	case kept != "" && !f.replace:
		return nil, usagef("--keyring: the keyring has something for %s under %s already; --replace puts the token in its place", account, f.keyring)
	}
	put := func(token mail.Secret) error {
		_, err := askKeyring(ctx, func() (string, error) { return "", s.keep(f.keyring, account, token.Reveal()) })
		return err
	}
	return &place{Kind: "keyring", Service: f.keyring, Account: account, put: put, discard: func() {}}, nil
}

// inWords says where the token is.
func (p *place) inWords() string {
	switch p.Kind {
	case "keyring":
		return fmt.Sprintf("the keyring, for %s under %s", p.Account, p.Service)
	case "file":
		return p.File
	}
	return "printed, and nowhere else"
}

// use gives the words with which another command takes the token.
func (p *place) use() []string {
	switch p.Kind {
	case "keyring":
		return []string{"--token-keyring", p.Service}
	case "file":
		return []string{"--token-file", p.File}
	}
	return []string{"--token-stdin"}
}
