package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/check"
	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/probe"
	"github.com/mailmedic/mailmedic/wire"
)

// A look is a run without a sign-in whose answer nobody reads.
type look func(context.Context, check.Options, func(mail.Event))

// askedFor is signIn, with a look before a person is asked for a secret: nobody
// should type a password where only a sign-in through the web or a computer of
// the organisation is let in. The look ends at the first server that takes the
// secret, so where all is well the question comes as soon as that has spoken.
// Where nothing could be learned it is worth asking.
func (f *signInFlags) askedFor(ctx context.Context, s *streams, n *networkFlags, target mail.Target, run look) (*check.SignIn, error) {
	from, err := f.source(s)
	if err != nil {
		return nil, err
	}
	if from != nil && from.ask {
		seen := offers{token: from == &f.token}
		if err := seen.gather(ctx, s, n, run); err != nil {
			return nil, err
		}
		if !seen.worthAsking() {
			fmt.Fprintf(s.err, "mailmedic: no server takes a %s here, only %s, so you are not asked for one.\n", from.name, seen.names())
			return nil, nil //nolint:nilnil // no sign-in
		}
	}
	return f.signIn(ctx, s, target)
}

// offers are the ways to sign in that were seen.
type offers struct {
	token    bool // a token is to be used, not a password
	suitable bool
	others   []string
}

// gather looks what servers offer, in the network of the flags.
func (o *offers) gather(ctx context.Context, s *streams, n *networkFlags, run look) error {
	discovery, err := n.discovery()
	if err != nil {
		return err
	}
	network, err := n.open(s, wire.Options{})
	if err != nil {
		return err
	}
	defer network.Close()
	looking, enough := context.WithCancel(ctx)
	defer enough()
	run(looking, check.Options{Network: network, Timeout: n.timeout, Discovery: discovery, Tool: tool()}, func(e mail.Event) {
		if e.Observation != nil && o.hear(*e.Observation) {
			enough()
		}
	})
	if ctx.Err() != nil {
		return verdictError{exitInterrupted}
	}
	return nil
}

func (o *offers) worthAsking() bool { return o.suitable || len(o.others) == 0 }

func (o *offers) names() string {
	slices.Sort(o.others)
	return strings.Join(slices.Compact(o.others), ", ")
}

// hear takes in what a server offers, and reports whether it takes the secret.
func (o *offers) hear(seen mail.Observation) bool {
	at, err := mail.ParseEndpoint(seen.Subject)
	if err != nil || seen.SessionFacts == nil || seen.Failure != nil || at.Role() == mail.MX {
		return false
	}
	for _, mechanism := range seen.Mechanisms.AfterTLS {
		if probe.CanUse(mechanism, o.token) {
			o.suitable = true
			continue
		}
		o.others = append(o.others, mechanism)
	}
	return o.suitable
}
