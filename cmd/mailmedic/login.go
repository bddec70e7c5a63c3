package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/mailmedic/mailmedic/discover/providers"
	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/oauth"
	"github.com/mailmedic/mailmedic/wire"
)

// loginPatience is the time that a person has to find a telephone and sign in.
const loginPatience = 10 * time.Minute

// errPatience ends a sign-in that nobody finishes.
var errPatience = errors.New("nobody signed in in time")

// clientVariable is the environment variable with the client id.
const clientVariable = "MAILMEDIC_CLIENT_ID"

// loginOptions are the flags of login.
type loginOptions struct {
	network         networkFlags
	issuer          string
	clientID        string
	secretFile      string
	device, browser bool
	noOpen          bool
	redirect        string
	scopes          []string
	hint, user      string
	hinted          func() bool // --login-hint was given, if only with an empty value; nil where there are no flags
	trustDiscovered bool
	format          string
	quiet           bool
	keep            keepFlags
}

func newLogin(s *streams) *cobra.Command {
	o := &loginOptions{}
	cmd := &cobra.Command{
		Use:   "login ADDRESS|PROVIDER",
		Short: "Get an OAuth 2.0 token (device flow or browser)",
		Long: `login gets an OAuth 2.0 access token, with which check signs in where passwords
are not taken. You sign in at the provider's own page, in the browser of this
computer or, with a code, in that of any other; mailmedic sees no password.

PROVIDER is one of ` + strings.Join(providers.IssuerNames(), ", ") + `.
For any other ADDRESS the domain's documents say who gives tokens, or you do
with --issuer.

Every program that asks has a client id, which the provider gives to whoever
registers one. mailmedic has none of its own: give yours with --client-id or
` + clientVariable + `. What is said without it tells where to register.

The token goes where you say and nowhere else. It is good for as long as the
provider says, mostly an hour; a refresh token is neither asked for nor kept,
so run login again after that.

The browser has to run on this computer, since it brings the answer to a port
of 127.0.0.1. Over SSH forward one: ssh -L 8765:127.0.0.1:8765 HOST, and then
login --browser --no-open --redirect http://127.0.0.1:8765/.

Exit codes:
    0    the token is there
    1    the server, or the person, refused
    2    the command line, or a file that it names, is at fault
    3    inconclusive: no server could be asked, or nobody signed in in time
    4    nobody says where the domain gives tokens
    5    internal fault
    130  interrupted`,
		Example: `  mailmedic login anna@example.org --client-id ID --keyring mail
  mailmedic check anna@example.org --token-keyring mail

  mailmedic login microsoft --user anna@example.org --device --client-id ID --token-file token
  mailmedic check anna@example.org --token-command 'mailmedic login anna@example.org --client-id ID --print'
  mailmedic login anna@example.org --issuer https://login.example.org --client-id ID --keyring mail`,
		Args: takes(1, 1,
			"login needs an address or a provider; write for example: mailmedic login anna@example.org\n"+
				"The providers are "+strings.Join(providers.IssuerNames(), ", ")+".",
			"login takes one address or provider and nothing more; for the name of the account add --user"),
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			return o.run(cmd.Context(), s, s.reach, args[0])
		}),
	}
	o.register(cmd)
	return cmd
}

func (o *loginOptions) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	o.keep.register(cmd)
	flags.StringVar(&o.clientID, "client-id", "", "the client `id` that the provider gave you (default: "+clientVariable+")")
	flags.StringVar(&o.secretFile, "client-secret-file", "", "read the secret of the client id from `file`, where the provider gave one with it (Google does)")
	flags.StringVar(&o.issuer, "issuer", "", "the authorization server, as its issuer `URL` (RFC 8414, OpenID Connect)")
	flags.BoolVar(&o.device, "device", false, "show a code to type in on any device (RFC 8628)")
	flags.BoolVar(&o.browser, "browser", false, "sign in with a browser on this computer (RFC 8252)\n(default: the browser where one can be opened, else a code where the provider has that)")
	flags.BoolVar(&o.noOpen, "no-open", false, "show the address for the browser and open none")
	flags.StringVar(&o.redirect, "redirect", "", "`URL` on this computer that is registered for the client id\n(default: what the provider takes, with any free port)")
	flags.StringArrayVar(&o.scopes, "scope", nil, "ask for this `scope` (may be repeated; default: what the provider needs for mail)")
	flags.StringVar(&o.user, "user", "", "user `name` that the token is for (default: the address)")
	flags.StringVar(&o.hint, "login-hint", "", "tell the provider `who` will sign in (default: the user; empty tells nobody)")
	o.hinted = func() bool { return flags.Changed("login-hint") }
	flags.BoolVar(&o.trustDiscovered, "trust-discovered", false, "sign in at a server that only unproved records name")
	flags.StringVarP(&o.format, "format", "f", "text", "print what was got as text|json; the token is in neither")
	flags.BoolVarP(&o.quiet, "quiet", "q", false, "print nothing of what was got")
	o.network.registerWorld(cmd, loginPatience, "time for the whole, the person included")
	cmd.MarkFlagsMutuallyExclusive("device", "browser")
	cmd.MarkFlagsMutuallyExclusive("device", "no-open")
	cmd.MarkFlagsMutuallyExclusive("device", "redirect")
}

// A signer is who signs in, and where.
type signer struct {
	target   mail.Target       // zero where only a provider is named
	provider *providers.Issuer // nil where an address or a domain is named
	account  string            // what a keyring knows the user as; may be empty
	shown    string            // for people
}

// parseSigner reads ADDRESS|PROVIDER. A provider's name comes before a domain.
func (o *loginOptions) parseSigner(text string) (signer, error) {
	who := signer{account: o.user, shown: o.user}
	if who.provider = providers.ByIssuer(text); who.provider != nil {
		return who, nil
	}
	if !strings.ContainsAny(text, "@.") {
		return who, usagef("no provider %q is known; write an address, or one of %s", text, strings.Join(providers.IssuerNames(), ", "))
	}
	target, err := mail.ParseTarget(text)
	if err != nil {
		return who, usageError{err}
	}
	who.target = target
	if who.account == "" {
		who.account, who.shown = target.Address, target.DisplayAddress()
	}
	return who, nil
}

// check refuses flags that no token can come of.
func (o *loginOptions) check() error {
	switch {
	case o.format != "text" && o.format != "json":
		return usagef("--format %q is not one of text, json", o.format)
	case o.keep.stdout && o.format == "json":
		return usagef("--print prints the token alone; take --format json with --keyring or --token-file")
	case o.issuer != "":
		if err := oauth.CheckURL(o.issuer, false); err != nil {
			return usagef("--issuer: %w; write it as https://HOST or https://HOST/PATH", err)
		}
	}
	return nil
}

// run gets a token in the world that the options of the network describe.
func (o *loginOptions) run(ctx context.Context, s *streams, world wire.Options, text string) error {
	who, err := o.parseSigner(text)
	if err != nil {
		return err
	}
	if err := o.check(); err != nil {
		return err
	}
	place, err := o.keep.prepare(ctx, s, who.account)
	if err != nil {
		return err
	}
	kept := false
	defer func() {
		if !kept {
			place.discard()
		}
	}()
	network, err := o.network.open(s, world)
	if err != nil {
		return err
	}
	defer network.Close()
	own, cancel := context.WithTimeoutCause(ctx, o.network.timeout, errPatience)
	defer cancel()
	server, grant, err := o.signIn(own, s, network, who)
	if err != nil {
		return tellLogin(ctx, s, server, o, err)
	}
	defer grant.Token.Wipe()
	if err := place.put(grant.Token); err != nil {
		return usagef("the token came and could not be kept: %w", err)
	}
	kept = true
	return o.tell(s, newLoginAnswer(who, server, grant, place))
}
