package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/mailmedic/mailmedic/check"
	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

// discoverOptions are the flags of discover.
type discoverOptions struct {
	network networkFlags
	output  outputFlags
	clients bool
}

func newDiscover(s *streams) *cobra.Command {
	o := &discoverOptions{}
	cmd := &cobra.Command{
		Use:   "discover ADDRESS|DOMAIN",
		Short: "What is published and where; asks no mail server",
		Long: `discover asks every place where mail settings are published, and says what is
published where, how far it can be trusted and what contradicts. It connects to
no mail server, so nothing that it shows is tested: check does that.

With --explain it tells how it came to its answer, question by question. With
--clients it tells administrators what mail programs would find and choose by
themselves, and which records and documents would help them.

No server is tested, so no finding makes it fail.

` + lookExitCodesHelp,
		Example: `  mailmedic discover anna@example.org
  mailmedic discover example.org --explain
  mailmedic discover example.org --clients`,
		Args: takes(1, 1,
			"discover needs an address or a domain; write for example: mailmedic discover anna@example.org",
			"discover takes one address or domain and nothing more"),
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			target, err := mail.ParseTarget(args[0])
			if err != nil {
				return usageError{err}
			}
			return o.run(cmd.Context(), s, "discover", s.reach, target)
		}),
	}
	o.network.register(cmd, check.DefaultTimeout)
	o.network.registerPins(cmd)
	registerClients(cmd, &o.clients)
	o.output.register(cmd)
	return cmd
}

func registerClients(cmd *cobra.Command, clients *bool) {
	cmd.Flags().BoolVar(clients, "clients", false, "tell what mail programs would find and choose, and what to publish for them")
}

// run looks up what is published, in the world that the options of the network
// describe. The name of the command decides about hints.
func (o *discoverOptions) run(ctx context.Context, s *streams, command string, world wire.Options, target mail.Target) error {
	return play(s, command, &o.network, &o.output, world, nil, func(options check.Options, emit func(mail.Event)) mail.Closing {
		options.Clients = o.clients
		return check.Discover(ctx, target, options, emit)
	})
}
