package main

import (
	"cmp"
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
	user              string
	password, token   secretFlags
	clientCertificate certificateFlags
	insecure          bool
	trustDiscovered   bool
}

func (f *signInFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.user, "user", "", "user `name` to sign in with (default: what the sources say, else the address)")
	f.password.name, f.token.name = "password", "token"
	sources := append(f.password.register(cmd, "password"), f.token.register(cmd, "OAuth 2.0 access token")...)
	cmd.MarkFlagsMutuallyExclusive(sources...)
	f.clientCertificate.register(cmd)
	f.registerLifts(cmd)
}

// registerLifts adds the flags that lift a rule about who may see a secret.
func (f *signInFlags) registerLifts(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&f.insecure, "insecure-auth", false, "send the password although a certificate is bad (for this run)")
	flags.BoolVar(&f.trustDiscovered, "trust-discovered", false, "send the password to hosts that only unproved records name")
}

// signInWith gives what the run needs to sign in, with the secret from one place
// or with none; nil for no sign-in.
func (f *signInFlags) signInWith(ctx context.Context, s *streams, target mail.Target, from *secretFlags) (*check.SignIn, error) {
	certificate, err := f.clientCertificate.read(ctx, s)
	if err != nil || from == nil && certificate == nil {
		return nil, err
	}
	in := &check.SignIn{Username: f.user, ClientCertificate: certificate, Insecure: f.insecure, TrustDiscovered: f.trustDiscovered}
	what := "certificate"
	if from != nil {
		what, in.Token = from.name, from == &f.token
		if in.Secret, err = f.secret(ctx, s, from, target); err != nil {
			return nil, err
		}
	}
	if s.canPrompt && s.errIsTTY {
		in.Consent = consentOn(s, what)
	}
	return in, nil
}

// secret reads the secret of the account from where it is to be read.
func (f *signInFlags) secret(ctx context.Context, s *streams, from *secretFlags, target mail.Target) (mail.Secret, error) {
	account := cmp.Or(f.user, target.Address)
	secret, err := from.read(ctx, s, cmp.Or(f.user, target.DisplayAddress()), account)
	switch {
	case err != nil:
		return mail.Secret{}, err
	case secret.IsZero():
		return mail.Secret{}, usagef("the %s is empty; to run without a sign-in, give none", from.name)
	case account == "":
		return mail.Secret{}, usagef("a %s needs somebody to sign in: write an address instead of %s, or add --user", from.name, target.Domain)
	}
	return secret, nil
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
		answer, err := s.readLine(ctx, fmt.Sprintf("%s to %s, which only %s names? [y/N] ", sending(secret), host, strings.Join(names, ", ")))
		return err == nil && isYes(answer)
	}
}

// sending says what is done with a secret or a certificate.
func sending(what string) string {
	if what == "certificate" {
		return "Show the certificate"
	}
	return "Send the " + what
}

func isYes(answer string) bool {
	return strings.EqualFold(answer, "y") || strings.EqualFold(answer, "yes")
}

// canSignIn reports whether there is to be anything to sign in with.
func (f *signInFlags) canSignIn(s *streams) bool {
	return f.given(s) || f.clientCertificate.certificate != ""
}

// given reports whether a secret is to be read from anywhere.
func (f *signInFlags) given(s *streams) bool {
	from, err := f.source(s)
	return from != nil || err != nil
}
