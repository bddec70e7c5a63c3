// Command mailmedic finds the mail settings of an address, asks every server
// behind them, and says which work and why the others do not.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	ignoreBrokenPipe()
	os.Exit(Main(ctx, os.Args[1:], systemStreams()))
}
