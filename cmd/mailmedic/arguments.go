package main

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

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

// nothingEmpty refuses a flag with an empty value, such as that of a variable
// that a job forgot to set: it is no silent run without what the flag is for.
// Only a hint may be empty, which then is none.
func nothingEmpty(cmd *cobra.Command) (err error) {
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if err == nil && f.Value.Type() == "string" && f.Value.String() == "" && f.Name != "login-hint" {
			err = usagef("--%s is empty; give it a value or leave it out", f.Name)
		}
	})
	return err
}
