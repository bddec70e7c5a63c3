package check

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/mailmedic/mailmedic/discover"
	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/probe"
	"github.com/mailmedic/mailmedic/rules"
)

// SendTestTimeout bounds a whole run that sends a test message: mail may take a
// minute or two on its way.
const SendTestTimeout = 2 * time.Minute

// enoughToTry is the least time that a test message is worth being sent with.
const enoughToTry = time.Second

// SendTest asks for one message from the address to itself, by the settings
// that are preferred, once both are proved by a sign-in. It is waited for, looked
// at and deleted.
type SendTest struct {
	Address string // "" for the target's, else a user name that is one
	Keep    bool   // the message stays
}

// roundTrip sends the test message that was asked for. Everything else is known
// by then, and nothing waits for it but the verdict. It says why none was sent,
// where no observation does.
func (c *conductor) roundTrip(ctx context.Context, found discover.Result) {
	if c.o.SendTest == nil || c.fault.Load() != nil {
		return
	}
	trip, why := c.planTrip(found)
	if c.unsent = why; why != "" {
		return
	}
	end, bounded := c.run.Deadline()
	if !bounded { // a question was still open when all else was known
		end = c.started.Add(c.o.Timeout)
	}
	if time.Until(end) < enoughToTry || ctx.Err() != nil {
		c.unsent = "the run's time was over before"
		return
	}
	run, cancel := context.WithDeadline(ctx, end)
	seen := make(chan mail.Observation)
	c.start(func() {
		defer cancel()
		goodbye := func() {}
		defer func() { goodbye() }()
		defer close(seen)
		goodbye = trip.Run(run, func(o mail.Observation) { seen <- o })
	})
	for o := range seen {
		c.observe(o)
	}
	c.interrupted = c.interrupted || errors.Is(ctx.Err(), context.Canceled)
}

// planTrip chooses the ways of a test message, or says why there are none. They
// are those that the rules prefer, and the sign-ins are those that were accepted.
func (c *conductor) planTrip(found discover.Result) (trip probe.Trip, why string) {
	trip = probe.Trip{
		Network: c.o.Network, Options: c.probeOptions(true),
		Address: c.o.SendTest.Address, Keep: c.o.SendTest.Keep,
	}
	if trip.Address == "" {
		trip.Address = c.sender()
	}
	in := c.o.SignIn
	judgement := rules.Judge(c.facts(found), "")
	switch v := judgement.Verdict; {
	case in == nil:
		return trip, "there is no password, no token and no certificate to sign in with"
	case v.Receive != mail.Works && v.Send != mail.Works:
		return trip, "neither a server for receiving nor one for sending works with this sign-in"
	case v.Receive != mail.Works:
		return trip, "no server for receiving works with this sign-in, so nobody could see it arrive"
	case v.Send != mail.Works:
		return trip, "no server for sending works with this sign-in"
	case slices.ContainsFunc(judgement.Findings, isFull):
		return trip, "the mailbox is full, so the message would only come back"
	case c.account.exhausted() != "":
		return trip, "another sign-in that is rejected could lock the account"
	case !probe.Mailable(trip.Address):
		return trip, "the address cannot be written into a message as it is: " + trip.Address
	}
	trip.Insecure = in.Insecure
	trip.Credentials = in.credentials("")
	for _, s := range judgement.Settings {
		switch {
		case s.Preferred && s.Role == mail.Incoming:
			trip.In, trip.LastLogin = c.wayTo(s.Endpoint)
			trip.LoginDelay = c.loginDelay(s.Endpoint)
		case s.Preferred && s.Role == mail.Outgoing:
			trip.Out, _ = c.wayTo(s.Endpoint)
		}
	}
	return trip, ""
}

// isFull reports whether a finding is about a mailbox that takes no more mail.
func isFull(f mail.Finding) bool {
	return f.ID == "mailbox.full" && f.Severity.Rank() <= mail.Error.Rank()
}

// wayTo gives the sign-in that a server has accepted, and when.
func (c *conductor) wayTo(e mail.Endpoint) (probe.Way, time.Time) {
	i := slices.IndexFunc(c.book.bySubject[e.String()], func(id string) bool {
		o := c.book.observations[id]
		return o.Kind == mail.KindAuth && o.Failure == nil && o.AuthFacts != nil
	})
	if i < 0 {
		return probe.Way{Endpoint: e}, time.Time{}
	}
	o := c.book.observations[c.book.bySubject[e.String()][i]]
	return probe.Way{Endpoint: e, Username: o.Username, Mechanism: o.Mechanism}, o.At
}

// loginDelay is how long a POP3 server wants to be left alone between two sign-ins.
func (c *conductor) loginDelay(e mail.Endpoint) time.Duration {
	if o := c.book.observations["mailbox:"+e.String()]; o.MailboxFacts != nil {
		return time.Duration(o.LoginDelayS) * time.Second
	}
	return 0
}
