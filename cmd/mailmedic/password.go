package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mailmedic/mailmedic/check"
	"github.com/mailmedic/mailmedic/mail"
)

// signInFlags say who signs in, with a password or an OAuth 2.0 access token,
// and where that comes from.
type signInFlags struct {
	user            string
	password, token secretFlags
	insecure        bool
	trustDiscovered bool
}

func (f *signInFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.user, "user", "", "user `name` to sign in with (default: what the sources say, else the address)")
	f.password.name, f.token.name = "password", "token"
	sources := append(f.password.register(cmd, "password"), f.token.register(cmd, "OAuth 2.0 access token")...)
	cmd.MarkFlagsMutuallyExclusive(sources...)
	f.registerLifts(cmd)
}

// registerLifts adds the flags that lift a rule about who may see a secret.
func (f *signInFlags) registerLifts(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&f.insecure, "insecure-auth", false, "send the password although a certificate is bad (for this run)")
	flags.BoolVar(&f.trustDiscovered, "trust-discovered", false, "send the password to hosts that only unproved records name")
}

// signIn gives what a run needs to sign in, or nil when neither password nor
// token was given.
func (f *signInFlags) signIn(ctx context.Context, s *streams, target mail.Target) (*check.SignIn, error) {
	from, err := f.source(s)
	if err != nil || from == nil {
		return nil, err
	}
	who := f.user
	if who == "" {
		who = target.DisplayAddress()
	}
	account := f.user
	if account == "" {
		account = target.Address
	}
	secret, err := from.read(ctx, s, who, account)
	switch {
	case err != nil:
		return nil, err
	case secret.IsZero():
		return nil, usagef("the %s is empty; to run without a sign-in, give none", from.name)
	case account == "":
		return nil, usagef("a %s needs somebody to sign in: write an address instead of %s, or add --user", from.name, target.Domain)
	}
	in := &check.SignIn{
		Username: f.user, Secret: secret, Token: from == &f.token,
		Insecure: f.insecure, TrustDiscovered: f.trustDiscovered,
	}
	if s.canPrompt && s.errIsTTY {
		in.Consent = consentOn(s, from.name)
	}
	return in, nil
}

// source gives the one kind of secret that is to be read, nil for none. A flag
// counts before the environment.
func (f *signInFlags) source(s *streams) (*secretFlags, error) {
	f.password.name, f.token.name = "password", "token"
	password, token := s.env(f.password.variable()) != "", s.env(f.token.variable()) != ""
	isEmpty := func(name string) bool { return s.hasEnv != nil && s.hasEnv(name) }
	switch {
	case f.password.given():
		return &f.password, nil
	case f.token.given():
		return &f.token, nil
	case password && token:
		return nil, usagef("%s and %s are both set, and a run signs in with one of them", f.password.variable(), f.token.variable())
	case password, !token && isEmpty(f.password.variable()):
		return &f.password, nil
	case token, isEmpty(f.token.variable()):
		return &f.token, nil
	}
	return nil, nil //nolint:nilnil // no secret is a choice, not an error
}

// consentOn asks on the terminal whether a host may see the secret.
func consentOn(s *streams, secret string) func(context.Context, string, []mail.Source) bool {
	return func(ctx context.Context, host string, sources []mail.Source) bool {
		names := make([]string, len(sources))
		for i, source := range sources {
			names[i] = string(source)
		}
		s.prompting.Store(true)
		defer s.prompting.Store(false)
		fmt.Fprint(s.err, wipeLine)
		answer, err := s.readLine(ctx, fmt.Sprintf("Send the %s to %s, which only %s names? [y/N] ", secret, host, strings.Join(names, ", ")))
		return err == nil && (strings.EqualFold(answer, "y") || strings.EqualFold(answer, "yes"))
	}
}

// given reports whether a secret is to be read from anywhere.
func (f *signInFlags) given(s *streams) bool {
	from, err := f.source(s)
	return from != nil || err != nil
}
