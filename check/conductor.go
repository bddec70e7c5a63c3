package check

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mailmedic/mailmedic/discover"
	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

// conductor owns the state of one run. Only its loop touches the state; the
// goroutines that it starts send what they learn to its inbox.
type conductor struct {
	*record

	run      *clock         // ends when the run's time is over, the user interrupts, or the loop is done
	inbox    chan func()    // what goroutines learned, to be taken in by the loop
	goodbyes sync.WaitGroup // every goroutine of the run, see start
	fault    atomic.Pointer[wire.Crash]

	search   *discover.Search
	probes   map[mail.Endpoint]*probing
	atHost   map[string]int    // connections that are open or being made
	making   map[*probing]bool // sessions that go home to make room for better ones
	account  *account
	plainly  atomic.Bool // the account's, for the goroutines of sessions
	certless atomic.Bool // a server refused the certificate and accepted the secret
	unbound  sync.Map    // hosts whose mechanisms with a channel binding are of no use here
	furthers furthers
	controls controls
	surveys  surveys
	patience
	besiders []*besider // who waits for a second place at its host

	published  bool                    // every source but the guesses has answered
	guesses    map[mail.Role]phase     // of the roles that were released
	consents   map[string]phase        // by host
	permitted  map[string]bool         // by host, once the user has answered
	asking     bool                    // the user is being asked
	firstReady map[mail.Role]time.Time // when the first session of the role was ready to sign in
	proved     time.Time               // when every role had a proved setting
	graceOver  bool                    // what could not better the proof has been stopped
}

// phase is how far something is that is done once.
type phase int

const (
	notBegun phase = iota
	begun
	done
)

func newConductor(ctx context.Context, r *record) *conductor {
	c := &conductor{
		record:    r,
		inbox:     make(chan func()),
		probes:    map[mail.Endpoint]*probing{},
		atHost:    map[string]int{},
		making:    map[*probing]bool{},
		patience:  newPatience(),
		account:   newAccount(),
		guesses:   map[mail.Role]phase{},
		consents:  map[string]phase{},
		permitted: map[string]bool{},

		firstReady: map[mail.Role]time.Time{},
	}
	c.run = newClock(ctx, r.o.Timeout)
	return c
}

// conduct runs the loop until everything is known, enough is proved, the time
// is over or the user has had enough. It leaves goodbyes to wait for.
func (c *conductor) conduct(ctx context.Context) discover.Result {
	c.search = discover.Start(c.run, c.o.Network, c.target, c.o.Discovery, func(e mail.Event) {
		c.tell(func() { c.take(e) })
	})
	c.start(func() {
		select {
		case <-c.search.Published():
			c.tell(func() { c.published = true })
		case <-c.run.Done():
		}
	})
	why := c.loop(ctx, c.advance, c.finished)
	c.run.cancel()
	c.cutProbes(why)
	result := c.search.Wait()
	c.unanswered(result, why)
	c.compareResolvers(ctx)
	return result
}

// loop does what can be done and takes in what is learned, until the run is
// finished or its time is over. It says why what is still open was not waited for.
func (c *conductor) loop(ctx context.Context, advance func(), finished func() bool) mail.Why {
	alarm := time.NewTimer(0)
	defer alarm.Stop()
	for advance(); !finished(); advance() {
		alarm.Reset(time.Until(c.nextMoment()))
		select {
		case learned := <-c.inbox:
			learned()
		case <-alarm.C:
		case <-c.run.Done():
		}
	}
	if c.run.Err() == nil {
		return mail.WhyGrace
	}
	c.interrupted = errors.Is(ctx.Err(), context.Canceled)
	return mail.WhyDeadline
}

// start runs work in a goroutine that the run waits for. A panic ends the run
// and is raised again by wait.
func (c *conductor) start(work func()) {
	c.goodbyes.Go(func() {
		if crash := wire.Catch(work); crash != nil {
			c.fault.CompareAndSwap(nil, crash)
			c.run.cancel()
		}
	})
}

// finish judges a run whose loop has ended, and waits for what it started. After
// a panic there is nothing to judge.
func (c *conductor) finish(ctx context.Context, found discover.Result) mail.Closing {
	c.roundTrip(ctx, found)
	if c.fault.Load() != nil {
		c.wait()
	}
	closing := c.judge(found)
	c.wait()
	return closing
}

// wait waits for every goroutine of the run.
func (c *conductor) wait() {
	c.goodbyes.Wait()
	c.fault.Load().Raise()
}

// tell hands the loop something to do with its state. Once the run is over there is nobody to tell.
func (c *conductor) tell(learned func()) {
	select {
	case c.inbox <- learned:
	case <-c.run.Done():
	}
}

// advance starts whatever can start now.
func (c *conductor) advance() {
	if c.run.Err() != nil {
		return
	}
	c.grant()
	for _, candidate := range c.book.candidateList() {
		c.probe(candidate.Endpoint)
	}
	for _, role := range []mail.Role{mail.Incoming, mail.Outgoing} {
		c.guess(role)
	}
	c.askFurther()
	c.askControls()
	c.signIn()
	c.noteProof()
}
