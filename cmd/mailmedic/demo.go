package main

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/mailmedic/mailmedic"
	"github.com/mailmedic/mailmedic/check"
	"github.com/mailmedic/mailmedic/lab"
	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

const firstScenario = "good"

func newDemo(s *streams) *cobra.Command {
	o := &demoOptions{}
	list := false
	cmd := &cobra.Command{
		Use:   "demo [SCENARIO|FILE.txtar] [ENDPOINT...]",
		Short: "The main job against an embedded mail world; needs no network",
		Long: `demo starts a small mail world inside this program (DNS, web, SMTP, IMAP and
POP3 servers, and a certificate authority) and runs exactly the code that check
runs, or discover, probe or login with --command; probe asks the servers that
are named after the scenario, else all that it has. No packet leaves the machine.
"demo --list" names the scenarios; a file in the same form is a scenario too,
and makes a good bug report.

` + exitCodesHelp,
		Example: `  mailmedic demo
  mailmedic demo --list
  mailmedic demo expired-certificate -v
  mailmedic demo good --command discover --explain
  mailmedic demo wrong-mode --command probe --transcript
  mailmedic demo web-sign-in --command login`,
		ValidArgs: scenarioNames(),
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			if list {
				return listScenarios(s)
			}
			name := firstScenario
			if len(args) > 0 {
				name = args[0]
			}
			return o.demo(cmd, s, name, args[min(len(args), 1):])
		}),
	}
	cmd.Flags().BoolVar(&list, "list", false, "list the scenarios")
	cmd.Flags().StringVar(&o.command, "command", "check", "what to run in the scenario: check|discover|probe|login")
	cmd.Flags().BoolVar(&o.all, "all", false, "probe all seven standard ports of each host (with --command probe)")
	registerSurvey(cmd, &o.survey)
	registerClients(cmd, &o.clients)
	o.registerDemo(cmd)
	return cmd
}

// demoOptions are the flags of demo: those of check, and what lets it run discover and probe.
type demoOptions struct {
	checkOptions
	command string
	clients bool
	all     bool
	survey  bool
}

func (o *demoOptions) demo(cmd *cobra.Command, s *streams, name string, named []string) error {
	switch {
	case !slices.Contains([]string{"check", "discover", "probe", "login"}, o.command):
		return usagef("--command %q is not one of check, discover, probe, login", o.command)
	case o.clients && o.command != "discover":
		return usagef("--clients goes with --command discover")
	case len(named) > 0 && o.command != "probe":
		return usagef("demo takes one scenario; to ask servers of it add --command probe")
	case (o.all || o.survey) && o.command != "probe":
		return usagef("--all and --tls-survey go with --command probe")
	}
	world, err := scenario(name)
	if err != nil {
		return err
	}
	if err := o.adopt(cmd, world.Demo.Arguments); err != nil {
		return usagef("%s: demo.arguments: %w", name, err)
	}
	o.network.pretended = world
	target, err := o.target(world)
	if err != nil {
		return err
	}
	if err := o.test.check(target, world.Demo.User, len(secretFlagsOf(world.Demo)) > 0); err != nil {
		return err
	}
	o.test.longer(cmd, &o.network)
	running, err := world.Start(cmd.Context(), s.world)
	if err != nil {
		return fmt.Errorf("start the mail world %s: %w", name, err)
	}
	defer running.Close()
	certificate, err := running.ClientCertificate()
	if err != nil {
		return fmt.Errorf("make the client certificate of %s: %w", name, err)
	}
	if o.command == "login" {
		return o.login(cmd.Context(), s, world, running)
	}
	if o.command == "probe" {
		return o.probe(cmd.Context(), s, world, running.Network(), named, o.account(world.Demo, cmp.Or(world.Demo.User, world.Demo.Address), certificate))
	}
	pretend(s, o.command, world, target)
	if o.command == "discover" {
		discover := discoverOptions{network: o.network, output: o.output, clients: o.clients}
		return discover.run(cmd.Context(), s, "demo", running.Network(), target)
	}
	return o.run(cmd.Context(), s, "demo", running.Network(), target, o.account(world.Demo, world.Demo.User, certificate))
}

// target gives the address that a world is about. Its servers can be asked without one.
func (o *demoOptions) target(world *lab.World) (mail.Target, error) {
	demo := world.Demo
	signsIn := demo.Password != "" || demo.Token != ""
	switch {
	case demo.Address == "" && o.command == "probe" && signsIn && demo.User == "":
		return mail.Target{}, usagef("%s: demo has a secret and nobody to sign in; add in servers.toml below [demo]: user = \"anna@example.org\"", world.Name)
	case demo.Address == "" && o.command == "probe":
		return mail.Target{}, nil
	case demo.Address == "":
		return mail.Target{}, usagef("%s is about no address; add --command probe to ask its servers, "+
			"or in servers.toml below [demo]: address = \"anna@example.org\"", world.Name)
	}
	target, err := mail.ParseTarget(demo.Address)
	if err != nil {
		return target, usagef("%s: demo.address: %w", world.Name, err)
	}
	return target, nil
}

// probe asks servers of a world, all of them where none is named.
func (o *demoOptions) probe(ctx context.Context, s *streams, world *lab.World, network wire.Options, named []string, signIn *check.SignIn) error {
	p := probeOptions{network: o.network, output: o.output, all: o.all, survey: o.survey, test: o.test}
	p.test.address = world.Demo.Address
	servers, err := p.servers(named)
	if err != nil {
		return err
	}
	if len(servers) == 0 {
		servers = slices.DeleteFunc(world.Endpoints(), func(e mail.Endpoint) bool { return slices.Contains(world.Control, e) })
	}
	if len(servers) == 0 {
		return usagef("%s has no servers to ask; add in servers.toml below [[server]]: endpoints = [\"imaps://imap.example.org:993\"]", world.Name)
	}
	command := []string{"mailmedic", "probe"}
	for _, e := range servers {
		if e.Port == 0 {
			command = append(command, e.Host)
		} else {
			command = append(command, e.String())
		}
	}
	if o.all {
		command = append(command, "--all")
	}
	if o.survey {
		command = append(command, "--tls-survey")
	}
	if signIn != nil && !signIn.Secret.IsZero() {
		command = append(command, "--user", signIn.Username)
	}
	introduce(s, world, append(command, secretFlagsOf(world.Demo)...))
	return p.run(ctx, s, "demo", network, servers, signIn)
}

// account gives what a world has to sign in with, nil for nothing.
func (o *demoOptions) account(demo lab.Demo, username string, certificate *wire.ClientCertificate) *check.SignIn {
	secret := cmp.Or(demo.Token, demo.Password)
	switch {
	case secret == "" && certificate == nil:
		return nil
	case secret == "":
		username = demo.User // without one the certificate says who it is
	}
	return &check.SignIn{
		Username: username, Secret: mail.NewSecret([]byte(secret)), Token: demo.Token != "", ClientCertificate: certificate,
		Insecure: o.sign.insecure, TrustDiscovered: o.sign.trustDiscovered,
	}
}

// adopt takes the arguments that a scenario gives to check, except where the user gave the same flag.
func (o *checkOptions) adopt(cmd *cobra.Command, arguments []string) error {
	scripted := &cobra.Command{}
	(&checkOptions{}).registerDemo(scripted)
	if err := scripted.ParseFlags(arguments); err != nil {
		return err
	}
	var err error
	scripted.Flags().Visit(func(f *pflag.Flag) {
		switch own := cmd.Flags().Lookup(f.Name); {
		case err != nil || own.Changed:
		case isList(f.Value) && isList(own.Value):
			err, own.Changed = own.Value.(pflag.SliceValue).Replace(f.Value.(pflag.SliceValue).GetSlice()), true
		default:
			err = cmd.Flags().Set(f.Name, f.Value.String())
		}
	})
	return err
}

func isList(v pflag.Value) bool {
	_, ok := v.(pflag.SliceValue)
	return ok
}

// registerDemo adds the flags of check that make sense in a made-up world.
func (o *checkOptions) registerDemo(cmd *cobra.Command) {
	o.network.register(cmd, check.DefaultTimeout)
	o.network.registerPins(cmd)
	o.network.registerTests(cmd)
	o.network.registerControl(cmd)
	o.test.register(cmd)
	o.sign.registerLifts(cmd)
	o.output.register(cmd)
}

// pretend says what the demo makes believe. It goes to standard error, since standard output is the answer.
func pretend(s *streams, name string, w *lab.World, target mail.Target) {
	command := append([]string{"mailmedic", name, target.Input}, w.Demo.Arguments...)
	if name == "check" && w.Demo.User != "" {
		command = append(command, "--user", w.Demo.User)
	}
	if name == "check" {
		command = append(command, secretFlagsOf(w.Demo)...)
	}
	introduce(s, w, command)
}

// secretFlagsOf gives the flags with which a person would give what the demo signs in with.
func secretFlagsOf(demo lab.Demo) []string {
	var flags []string
	if demo.ClientCertificate != nil {
		flags = append(flags, "--client-cert", "my.pem")
	}
	switch {
	case demo.Token != "":
		flags = append(flags, "--ask-token")
	case demo.Password != "":
		flags = append(flags, "--ask-password")
	}
	return flags
}

func introduce(s *streams, w *lab.World, command []string) {
	fmt.Fprintf(s.err, "demo: %s\n%s\n\n$ %s\n\n", w.Title, w.Description, strings.Join(command, " "))
}

// scenario finds a world by its name, or reads one from a file.
func scenario(name string) (*lab.World, error) {
	if strings.HasSuffix(name, ".txtar") {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, usageError{err}
		}
		return parseWorld(name, data)
	}
	data, err := mailmedic.Worlds.ReadFile(worldPath(name))
	if err != nil {
		return nil, usagef("there is no scenario %q; 'mailmedic demo --list' names them, and a file of your own ends in .txtar", name)
	}
	return parseWorld(name, data)
}

func parseWorld(name string, data []byte) (*lab.World, error) {
	world, err := lab.Parse(name, data)
	if err != nil {
		return nil, usageError{err}
	}
	return world, nil
}

func worldPath(name string) string { return path.Join("testdata/world", name+".txtar") }

// scenarioNames gives the embedded worlds in the order of their names.
func scenarioNames() []string {
	files, _ := fs.Glob(mailmedic.Worlds, worldPath("*")) // the pattern is ours and well-formed
	names := make([]string, len(files))
	for i, file := range files {
		names[i] = strings.TrimSuffix(path.Base(file), ".txtar")
	}
	return names
}

func listScenarios(s *streams) error {
	table := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	for _, name := range scenarioNames() {
		world, err := scenario(name)
		if err != nil {
			return err
		}
		fmt.Fprintf(table, "%s\t%s\n", name, world.Title)
	}
	return table.Flush()
}
