package main

import "github.com/spf13/cobra"

// takes holds a command to the number of its arguments; most is below 0 where
// there is no limit. What is said says what to write and repeats none of them:
// one too many may be a password.
func takes(least, most int, tooFew, tooMany string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return usagef("%s", tooFew)
		case most >= 0 && len(args) > most:
			return usagef("%s", tooMany)
		}
		return nil
	}
}
