package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mailmedic/mailmedic/check"
	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

// probeOptions are the flags of probe.
type probeOptions struct {
	network networkFlags
	output  outputFlags
	sign    signInFlags
	test    sendTestFlags
	all     bool
	survey  bool
}

func newProbe(s *streams) *cobra.Command {
	o := &probeOptions{}
	cmd := &cobra.Command{
		Use:   "probe ENDPOINT...",
		Short: "Handshake with servers that you name",
		Long: `probe talks to the servers that you name, and says what they offer, whether mail
programs can use them, and why not. It looks nothing up but their addresses.
Each server has a block with its certificate, encryption, ways to sign in,
extensions, limits and software; -v has all of it.

An endpoint is one of

  imaps://host:993           SSL/TLS; likewise pop3s and smtps
  imap+starttls://host:143   STARTTLS; likewise pop3 and smtp
  imap://host:143            no encryption
  host:993                   a standard port tells the rest: 993 143 995 110 465 587 25
  host                       the ports that the name suggests (imap… 993 143, pop… 995 110,
                             smtp… 465 587, mx… 25), else 993 995 465 587
  host --all                 all seven standard ports

A port may be left out after a scheme. IPv6 addresses stand in brackets before a
port. A port that was not named and that is closed is no fault.

--tls-survey makes one further connection for every cipher suite that a server
takes in a version, and some more; 20 to 100 are usual, 150 the limit. It stops
where a server turns it away; one that counts handshakes that were broken off may
still block your address for a while.

A password needs --user. It is sent only over TLS with a verified certificate, and
so is a certificate of your own (--client-cert).

` + exitCodesHelp,
		Example: `  mailmedic probe imap.example.org smtp.example.org:587
  mailmedic probe mail.example.org --all
  mailmedic probe smtp.example.org:587 --tls-survey
  mailmedic probe imaps://[2001:db8::25]:993 --transcript
  mailmedic probe imaps://imap.example.org --user anna@example.org --ask-password`,
		Args: takes(1, -1, "probe needs a server; write for example: mailmedic probe imap.example.org:993\n"+
			"The servers of an address are found and asked by: mailmedic check anna@example.org", ""),
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			servers, err := o.servers(args)
			if err != nil {
				return err
			}
			if o.sign.user == "" && o.sign.given(s) {
				return usagef("a password needs somebody to sign in: add --user NAME")
			}
			if err := o.output.check(s); err != nil { // before anybody types a password in vain
				return err
			}
			if err := o.test.check(mail.Target{}, o.sign.user, o.sign.canSignIn(s)); err != nil {
				return err
			}
			o.test.longer(cmd, &o.network)
			signIn, err := o.signIn(cmd.Context(), s, servers)
			if err != nil {
				return err
			}
			return o.run(cmd.Context(), s, "probe", s.reach, servers, signIn)
		}),
	}
	cmd.Flags().BoolVar(&o.all, "all", false, "ask all seven standard ports of each host")
	registerSurvey(cmd, &o.survey)
	o.network.register(cmd, check.ProbeTimeout)
	o.network.registerTests(cmd)
	o.network.registerControl(cmd)
	o.test.register(cmd)
	o.test.registerAddress(cmd)
	o.sign.register(cmd)
	o.output.register(cmd)
	return cmd
}

func registerSurvey(cmd *cobra.Command, survey *bool) {
	cmd.Flags().BoolVar(survey, "tls-survey", false, "list the TLS versions, cipher suites and key exchanges that each server takes,\nover as many as 150 further connections, one after another")
}

// servers reads what the user named.
func (o *probeOptions) servers(args []string) ([]mail.Endpoint, error) {
	var servers []mail.Endpoint
	for _, arg := range args {
		e, err := mail.ParseServer(arg)
		switch {
		case strings.Contains(arg, "@") && !strings.Contains(arg, ":"):
			return nil, usagef("%q is an address; 'mailmedic check %s' finds and asks its servers", arg, arg)
		case err != nil:
			return nil, usageError{err}
		case o.all && e.Port != 0:
			return nil, usagef("%q names one port and --all means seven; write the host alone, %s", arg, e.Host)
		}
		servers = append(servers, e)
	}
	return servers, nil
}

// signIn gives what the run needs to sign in, nil for no sign-in.
func (o *probeOptions) signIn(ctx context.Context, s *streams, servers []mail.Endpoint) (*check.SignIn, error) {
	return o.sign.askedFor(ctx, s, &o.network, mail.Target{}, func(ctx context.Context, options check.Options, emit func(mail.Event)) {
		options.AllPorts = o.all
		check.Probe(ctx, servers, options, emit)
	})
}

// run asks servers, in the world that the options of the network describe. The
// name of the command decides about hints.
func (o *probeOptions) run(ctx context.Context, s *streams, command string, world wire.Options, servers []mail.Endpoint, signIn *check.SignIn) error {
	return play(s, command, &o.network, &o.output, world, signIn, func(options check.Options, emit func(mail.Event)) mail.Closing {
		options.AllPorts, options.Survey = o.all, o.survey
		options.SendTest = o.test.asked(mail.Target{}, o.sign.user)
		return check.Probe(ctx, servers, options, emit)
	})
}
