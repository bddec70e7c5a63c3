package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/mailmedic/mailmedic/check"
	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

// checkOptions are the flags of check, which demo has too.
type checkOptions struct {
	network networkFlags
	output  outputFlags
	sign    signInFlags
	test    sendTestFlags
}

func newCheck(s *streams) *cobra.Command {
	o := &checkOptions{}
	cmd := &cobra.Command{
		Use:   "check ADDRESS|DOMAIN",
		Short: "Discover, probe, sign in when a password is given, diagnose, report",
		Long: `check finds the mail settings of an address, talks to every server behind them,
signs in when a password is given, and says which settings work and why the
others do not.

The password is sent only over TLS with a verified certificate, and only to
hosts of the address's own organisation or that a trustworthy source names. So
is a certificate of your own (--client-cert), which tells who you are.

` + exitCodesHelp,
		Example: `  mailmedic check anna@example.org
  mailmedic check anna@example.org --ask-password
  mailmedic check anna@example.org --ask-password --send-test
  mailmedic check example.org -f json -o text=ticket.txt`,
		Args: takes(1, 1,
			"check needs an address or a domain; write for example: mailmedic check anna@example.org",
			"check takes one address or domain and nothing more; for a password add --ask-password"),
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			target, err := mail.ParseTarget(args[0])
			if err != nil {
				return usageError{err}
			}
			if err := o.output.check(s); err != nil { // before anybody types a password in vain
				return err
			}
			if err := o.test.check(target, o.sign.user, o.sign.canSignIn(s)); err != nil {
				return err
			}
			o.test.longer(cmd, &o.network)
			signIn, err := o.signIn(cmd.Context(), s, target)
			if err != nil {
				return err
			}
			return o.run(cmd.Context(), s, "check", s.reach, target, signIn)
		}),
	}
	o.network.register(cmd, check.DefaultTimeout)
	o.network.registerPins(cmd)
	o.network.registerTests(cmd)
	o.network.registerControl(cmd)
	o.test.register(cmd)
	o.sign.register(cmd)
	o.output.register(cmd)
	return cmd
}

// signIn gives what the run needs to sign in, nil for no sign-in.
func (o *checkOptions) signIn(ctx context.Context, s *streams, target mail.Target) (*check.SignIn, error) {
	return o.sign.askedFor(ctx, s, &o.network, target, func(ctx context.Context, options check.Options, emit func(mail.Event)) {
		check.Run(ctx, target, options, emit)
	})
}

// run is the main job, in the world that the options of the network describe.
func (o *checkOptions) run(ctx context.Context, s *streams, command string, world wire.Options, target mail.Target, signIn *check.SignIn) error {
	return play(s, command, &o.network, &o.output, world, signIn, func(options check.Options, emit func(mail.Event)) mail.Closing {
		options.SendTest = o.test.asked(target, o.sign.user)
		return check.Run(ctx, target, options, emit)
	})
}
