package main

import (
	"errors"
	"fmt"
)

// The exit codes that do not come from a verdict; rules has the others.
const (
	exitUsage = 2
	exitFault = 5
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

// exitCode gives the exit code of an error. It reports whether the error is to be told.
func exitCode(err error) (code int, tell bool) {
	var usage usageError
	var verdict verdictError
	switch {
	case err == nil:
		return 0, false
	case errors.As(err, &verdict):
		return verdict.code, false
	case errors.As(err, &usage):
		return exitUsage, true
	default:
		return exitFault, true
	}
}
