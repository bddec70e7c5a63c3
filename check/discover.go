package check

import (
	"context"
	"errors"
	"slices"

	"github.com/mailmedic/mailmedic/discover"
	"github.com/mailmedic/mailmedic/mail"
)

// Discover finds what is published for a target and where, asks no mail server,
// and emits the same stream as [Run]. Of the options it heeds the network, the
// timeout, where to look, the tool and whether to simulate mail programs.
//
// It waits for every source, since a place that did not answer in time is no
// place where nothing is published. Settings have no more proof than that they
// are published. Where nobody publishes a server for a role the usual names are
// looked up: they are candidates that only a guess names, and never settings.
func Discover(ctx context.Context, target mail.Target, o Options, emit func(mail.Event)) mail.Closing {
	o.SignIn = nil
	r := begin("discover", target, o, emit)
	run, cancel := context.WithTimeout(ctx, r.o.Timeout)
	defer cancel()

	// Discovery emits one event at a time, and none between its Published and
	// the guesses, nor after Wait: then the record is ours.
	search := discover.Start(run, o.Network, target, o.Discovery, r.take)
	<-search.Published()
	search.Guess(r.unpublished()...)
	found := search.Wait()

	r.interrupted = errors.Is(ctx.Err(), context.Canceled)
	r.unanswered(found, mail.WhyDeadline)
	r.compareResolvers(ctx)
	return r.judge(found)
}

// unpublished gives the roles that nobody publishes a server for.
func (r *record) unpublished() []mail.Role {
	return slices.DeleteFunc(slices.Clone(roles[:]), func(role mail.Role) bool {
		return len(r.book.ofRole(role)) > 0
	})
}
