//go:build unix

package main

import (
	"os/signal"
	"syscall"
)

// ignoreBrokenPipe makes a write to a closed pipe an error like any other, so
// that "| head" costs neither the exit code nor the files of --output.
func ignoreBrokenPipe() { signal.Ignore(syscall.SIGPIPE) }
