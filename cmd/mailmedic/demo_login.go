package main

import (
	"context"
	"sync"

	"github.com/zalando/go-keyring"

	"github.com/mailmedic/mailmedic/lab"
)

// login gets a token in a world. A person of the world opens what is shown, and
// the keyring lasts as long as the demo.
func (o *demoOptions) login(ctx context.Context, s *streams, world *lab.World, running *lab.Running) error {
	if !world.GivesTokens() {
		return usagef("--command login: nobody in %s gives tokens; 'demo web-sign-in' has somebody who does", world.Name)
	}
	var visits sync.WaitGroup
	defer visits.Wait()
	s.canPrompt = true
	s.browser = func(page string) error {
		visits.Go(func() { _, _, _ = running.Visit(ctx, page) }) // what comes of it comes back
		return nil
	}
	s.keyring = func(string, string) (string, error) { return "", keyring.ErrNotFound }
	s.keep = func(string, string, string) error { return nil }
	login := &loginOptions{
		network: o.network, clientID: "demo", format: o.output.format, quiet: o.output.quiet,
		keep: keepFlags{keyring: "mail"},
	}
	introduce(s, world, []string{"mailmedic", "login", world.Demo.Address, "--client-id", login.clientID, "--keyring", login.keep.keyring})
	return login.run(ctx, s, running.Network(), world.Demo.Address)
}
