package main

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/mailmedic/mailmedic"
	"github.com/mailmedic/mailmedic/check"
	"github.com/mailmedic/mailmedic/lab"
	"github.com/mailmedic/mailmedic/mail"
)

const firstScenario = "good"

func newDemo(s *streams) *cobra.Command {
	o := &demoOptions{}
	list := false
	cmd := &cobra.Command{
		Use:   "demo [SCENARIO|FILE.txtar]",
		Short: "The main job against an embedded mail world; needs no network",
		Long: `demo starts a small mail world inside this program (DNS, web, SMTP, IMAP and
POP3 servers, and a certificate authority) and runs exactly the code that check
runs, or discover with "--command discover". No packet leaves the machine.
"demo --list" names the scenarios; a file in the same form is a scenario too,
and makes a good bug report.

` + exitCodesHelp,
		Example: `  mailmedic demo
  mailmedic demo --list
  mailmedic demo expired-certificate -v
  mailmedic demo good --command discover --explain`,
		Args:      cobra.MaximumNArgs(1),
		ValidArgs: scenarioNames(),
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			if list {
				return listScenarios(s)
			}
			name := firstScenario
			if len(args) > 0 {
				name = args[0]
			}
			return o.demo(cmd, s, name)
		}),
	}
	cmd.Flags().BoolVar(&list, "list", false, "list the scenarios")
	cmd.Flags().StringVar(&o.command, "command", "check", "what to run in the scenario: check|discover")
	registerClients(cmd, &o.clients)
	o.registerDemo(cmd)
	return cmd
}

// demoOptions are the flags of demo: those of check, and what lets it run discover.
type demoOptions struct {
	checkOptions
	command string
	clients bool
}

func (o *demoOptions) demo(cmd *cobra.Command, s *streams, name string) error {
	switch {
	case o.command != "check" && o.command != "discover":
		return usagef("--command %q is not one of check, discover", o.command)
	case o.clients && o.command != "discover":
		return usagef("--clients goes with --command discover")
	}
	world, err := scenario(name)
	if err != nil {
		return err
	}
	if err := o.adopt(cmd, world.Demo.Arguments); err != nil {
		return usagef("%s: demo.arguments: %w", name, err)
	}
	target, err := mail.ParseTarget(world.Demo.Address)
	if err != nil {
		return usagef("%s: %w", name, err)
	}
	running, err := world.Start(cmd.Context(), lab.Options{})
	if err != nil {
		return fmt.Errorf("start the mail world %s: %w", name, err)
	}
	defer running.Close()
	pretend(s, o.command, world, target)
	if o.command == "discover" {
		discover := discoverOptions{network: o.network, output: o.output, clients: o.clients}
		return discover.run(cmd.Context(), s, "demo", running.Network(), target)
	}
	var signIn *check.SignIn
	if demo := world.Demo; demo.Password != "" {
		signIn = &check.SignIn{
			Username: demo.User, Secret: mail.NewSecret([]byte(demo.Password)),
			Insecure: o.sign.insecure, TrustDiscovered: o.sign.trustDiscovered,
		}
	}
	return o.run(cmd.Context(), s, "demo", running.Network(), target, signIn)
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
	o.sign.registerLifts(cmd)
	o.output.register(cmd)
}

// pretend says what the demo makes believe. It goes to standard error, since standard output is the answer.
func pretend(s *streams, name string, w *lab.World, target mail.Target) {
	command := append([]string{"mailmedic", name, target.Input}, w.Demo.Arguments...)
	if name == "check" && w.Demo.User != "" {
		command = append(command, "--user", w.Demo.User)
	}
	if name == "check" && w.Demo.Password != "" {
		command = append(command, "--ask-password")
	}
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
