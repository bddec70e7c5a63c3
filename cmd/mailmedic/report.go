package main

import (
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/report"
	"github.com/mailmedic/mailmedic/rules"
)

func newReport(s *streams) *cobra.Command {
	o := &outputFlags{}
	transcript := false
	cmd := &cobra.Command{
		Use:   "report [FILE]",
		Short: "Print a recorded run in another format",
		Long: `report reads a run that was recorded with "--format jsonl" and prints it in any
format, with the exit code that the run had. Without a file it reads standard
input. With --fail-on the exit code is judged anew.

` + exitCodesHelp,
		Example: `  mailmedic check anna@example.org -f jsonl > run.jsonl
  mailmedic report run.jsonl
  mailmedic report run.jsonl -f json`,
		Args: takes(0, 1, "", "report takes one recorded run and nothing more; run it once for each"),
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 && s.inIsTTY {
				return usagef("report needs a recorded run; write for example: mailmedic report run.jsonl\n" +
					"It is recorded by: mailmedic check anna@example.org -o jsonl=run.jsonl")
			}
			in, name := s.in, "standard input"
			if len(args) == 1 && args[0] != "-" {
				file, err := os.Open(args[0])
				if err != nil {
					return usageError{err}
				}
				defer func() { _ = file.Close() }()
				in, name = file, args[0]
			}
			return o.replay(cmd, s, in, name, transcript)
		}),
	}
	o.register(cmd)
	cmd.Flags().BoolVar(&transcript, "transcript", true, "show the conversations, where the run kept them")
	return cmd
}

// replay prints a recorded stream. It is read whole before anything is printed,
// so that a broken recording leaves standard output empty.
func (f *outputFlags) replay(cmd *cobra.Command, s *streams, in io.Reader, name string, transcript bool) error {
	failOn, err := f.threshold()
	if err != nil {
		return err
	}
	var events []mail.Event
	if err := report.Read(in, func(e mail.Event) error {
		events = append(events, e)
		return nil
	}); err != nil {
		return usagef("%s: %w", name, err)
	}
	folded, err := report.Fold(events)
	if err != nil {
		return usagef("%s: %w", name, err)
	}
	code := folded.Verdict.ExitCode
	if !slices.Contains([]int{0, 1, 3, 4, exitInterrupted}, code) {
		return usagef("%s: %d is not an exit code of a run; the recording was changed", name, code)
	}
	if cmd.Flags().Changed("fail-on") {
		code = rules.ExitCode(folded, failOn, code == exitInterrupted)
	}
	out, err := f.open(s, "report", transcript)
	if err != nil {
		return err
	}
	for _, e := range events {
		if e.Verdict != nil {
			e.Verdict.ExitCode = code
		}
		out.emit(e)
	}
	if err := out.close(); err != nil {
		return err
	}
	return exitWith(code)
}
