package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

// The exit codes that do not come from a verdict; rules has the others.
const (
	exitUsage       = 2
	exitFault       = 5
	exitInterrupted = 130 // before there was anything to judge
)

// usageError is a mistake in the command line or in what it names. Its text says what to do.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// verdictError carries the exit code of a run that went as it should.
type verdictError struct{ code int }

func (e verdictError) Error() string { return fmt.Sprintf("exit code %d", e.code) }

// exitWith gives the error for an exit code; 0 is none.
func exitWith(code int) error {
	if code == 0 {
		return nil
	}
	return verdictError{code}
}

// faultError is what keeps a command that began from ending as it should.
type faultError struct{ err error }

func (e faultError) Error() string { return e.err.Error() }
func (e faultError) Unwrap() error { return e.err }

// runs is the body of a command. Whatever it returns that is no usage error and
// no verdict is a fault; what cobra says before it begins is usage.
func runs(body func(*cobra.Command, []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		err := nothingEmpty(cmd)
		if err == nil {
			err = body(cmd, args)
		}
		var usage usageError
		var verdict verdictError
		if err == nil || errors.As(err, &usage) || errors.As(err, &verdict) {
			return err
		}
		return faultError{err}
	}
}

// exitCode gives the exit code of an error. It reports whether the error is to be told.
func exitCode(err error) (code int, tell bool) {
	var verdict verdictError
	var fault faultError
	switch {
	case err == nil:
		return 0, false
	case errors.As(err, &verdict):
		return verdict.code, false
	case errors.As(err, &fault):
		return exitFault, true
	default:
		return exitUsage, true
	}
}
