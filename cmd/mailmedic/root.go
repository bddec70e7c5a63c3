package main

import (
	"context"
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/mailmedic/mailmedic/mail"
)

// version is set by the linker for releases.
var version = ""

func tool() mail.Tool { return mail.Tool{Name: "mailmedic", Version: versionText()} }

func versionText() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "dev"
}

// Main runs one command line and gives the exit code. Nothing below it exits.
func Main(ctx context.Context, args []string, s *streams) (code int) {
	defer func() {
		if fault := recover(); fault != nil {
			fmt.Fprintf(s.err, "mailmedic: internal fault: %v\n%s\nPlease report this with the command that you ran.\n", fault, debug.Stack())
			code = exitFault
		}
	}()
	root := newRoot(s)
	root.SetArgs(args)
	command, err := root.ExecuteContextC(ctx)
	code, tell := exitCode(err)
	if tell {
		fmt.Fprintf(s.err, "mailmedic: %v\n", err)
	}
	if code == exitUsage {
		fmt.Fprintf(s.err, "Run '%s --help' for what it takes.\n", command.CommandPath())
	}
	return code
}

// lookExitCodesHelp is for a command that only looks at what is published.
const lookExitCodesHelp = `Exit codes:
    0    something is published
    2    the command line, or a file that it names, is at fault
    3    inconclusive: nobody could say what is published (no network, no DNS)
    4    nothing is published
    5    internal fault
    130  interrupted; what was known is printed`

const exitCodesHelp = `Exit codes:
    0    fine
    1    a finding at or above --fail-on
    2    the command line, or a file that it names, is at fault
    3    inconclusive: nothing could be tested from here (no network, no DNS, blocked ports …)
    4    nothing published and nothing proved
    5    internal fault
    130  interrupted; what was known is printed`

func newRoot(s *streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "mailmedic",
		Short: "Which mail settings work, and why the others do not",
		Long: `mailmedic takes an email address, finds every published or plausible mail
setting, talks to every SMTP, IMAP and POP3 server behind them, and says which
settings work and why the others do not.`,
		Example: `  mailmedic check anna@example.org
  mailmedic check anna@example.org --ask-password
  mailmedic discover example.org --clients
  mailmedic probe imap.example.org smtp.example.org:587
  mailmedic demo --list`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	root.CompletionOptions.HiddenDefaultCmd = false
	root.AddCommand(newCheck(s), newDiscover(s), newProbe(s), newLogin(s), newDemo(s), newReport(s), newVersion(s))
	return root
}
