package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mailmedic/mailmedic/check"
	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/probe"
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
	if from == nil || !from.asks(s) {
		return f.signInWith(ctx, s, target, from)
	}
	seen := offers{token: from == &f.token}
	if err := seen.gather(ctx, s, n, run); err != nil {
		return nil, err
	}
	if seen.worthAsking() {
		return f.signInWith(ctx, s, target, from)
	}
	fmt.Fprintf(s.err, "mailmedic: no server takes a %s here, only %s, so you are not asked for one.\n", from.name, seen.names())
	if !seen.token && slices.ContainsFunc(seen.others, func(mechanism string) bool { return probe.CanUse(mechanism, true) }) {
		fmt.Fprintln(s.err, "           'mailmedic login' gets a token to sign in with.")
	}
	return f.signInWith(ctx, s, target, nil)
}

// offers are the ways to sign in that were seen.
type offers struct {
	token    bool // a token is to be used, not a password
	suitable bool
	others   []string
}

// lookTime bounds the look. It is part of the run's time, most of which is left
// after it. What answers later is worth asking for.
const lookTime = 5 * time.Second

// gather looks what servers offer, in the network of the flags, and takes the
// time for that off what the run has.
func (o *offers) gather(ctx context.Context, s *streams, n *networkFlags, run look) error {
	discovery, err := n.discovery()
	if err != nil {
		return err
	}
	network, err := n.open(s, s.reach)
	if err != nil {
		return err
	}
	defer network.Close()
	looking, enough := context.WithCancel(ctx)
	defer enough()
	began := time.Now()
	run(looking, check.Options{Network: network, Timeout: min(lookTime, n.timeout/2), Discovery: discovery, Tool: tool()}, func(e mail.Event) {
		if e.Observation != nil && o.hear(*e.Observation) {
			enough()
		}
	})
	n.timeout -= time.Since(began)
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
