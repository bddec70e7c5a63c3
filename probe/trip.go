package probe

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

// testSuffix is what the IDs of observations of a test message end with.
const testSuffix = "/test"

// tidying is what is kept of the run's time for a last look and for deleting.
const tidying = 3 * time.Second

// A Way is a server with a sign-in that it has accepted.
type Way struct {
	Endpoint  mail.Endpoint
	Username  string
	Mechanism string // the only one that is used
}

// A Trip sends one message from an address to itself and waits for it in the
// mailbox. It has sessions of its own, in which it signs in only as it has been
// done with success before, and sends only once it can see what arrives.
type Trip struct {
	Network     *wire.Network
	Options     Options
	Out, In     Way
	Credentials Credentials // the user name is that of the ways
	Insecure    bool        // as for [Session.SignIn]
	Address     string
	Keep        bool          // the message stays
	LoginDelay  time.Duration // between two sign-ins at In
	LastLogin   time.Time     // at In
}

// Run makes the trip until ctx ends, which has to have a deadline. It hands to
// emit a send observation for the transmission and a mailbox observation for
// the wait, and the first one again where the message came back; from several
// goroutines, and none after it has returned. A trip that cannot begin has one of
// them with a failure alone, and nothing was sent. With a transcript wanted there
// are session observations too.
//
// It returns when all is known; goodbye waits until the sessions have ended.
func (t Trip) Run(ctx context.Context, emit func(mail.Observation)) (goodbye func()) {
	j := &journey{Trip: t, emit: emit, message: newTestMessage(t.Address, time.Now())}
	j.run(ctx)
	if t.Options.Transcript { // what is said last belongs to it
		j.goodbyes.Wait()
	}
	return j.goodbyes.Wait
}

// A journey is a trip under way.
type journey struct {
	Trip
	emit     func(mail.Observation)
	message  testMessage
	goodbyes wire.Group
}

func (j *journey) run(ctx context.Context) {
	outgoing := make(chan *visit, 1)
	j.goodbyes.Go(func() {
		defer close(outgoing)
		outgoing <- j.connect(ctx, j.Out)
	})
	in, failure := j.openBox(ctx)
	out, ok := <-outgoing
	if !ok {
		j.goodbyes.Wait() // where the panic is
	}
	leave := sync.OnceFunc(func() { j.goodbyes.Go(func() { out.Close(ctx) }) })
	defer leave()
	if failure != nil {
		j.tell(mail.KindMailbox, j.In, failure)
		return
	}
	defer j.goodbyes.Go(func() { in.Close(ctx) })
	// Its sign-in comes after that of the other one: so no more than one try can be rejected.
	if failure = j.signIn(ctx, out, j.Out); failure != nil {
		j.tell(mail.KindSend, j.Out, failure)
		return
	}
	h := out.submit(ctx, j.message)
	if h.sent.IsZero() {
		return
	}
	leave()
	j.receive(ctx, in, h)
}

// tell says why a trip could not begin.
func (j *journey) tell(kind mail.Kind, w Way, f *mail.Failure) {
	at := w.Endpoint.String()
	j.emit(mail.Observation{ID: string(kind) + ":" + at + testSuffix, Kind: kind, Subject: at, At: j.message.date, Failure: f})
}

// A visit is a session of a trip, and what has gone wrong in it.
type visit struct {
	*Session
	failure *mail.Failure
}

// connect opens a session. What it shows is known from the one before, and is told no more than that
// somebody may read what was said.
func (j *journey) connect(ctx context.Context, w Way) *visit {
	v := &visit{}
	options := j.Options
	options.InjectionTest, options.TurnedAway = false, ""
	v.Session = newSession(w.Endpoint, options, func(o mail.Observation) {
		switch {
		case strings.HasSuffix(o.ID, testSuffix):
			j.emit(o)
		case o.Kind == mail.KindSession && options.Transcript:
			o.ID += testSuffix
			j.emit(o)
		}
		if o.Failure != nil && o.Kind != mail.KindDNS {
			v.failure = o.Failure
		}
	})
	v.open(ctx, j.Network, secondConnection)
	return v
}

// signIn signs in as before, and says why that did not work, nil for nothing.
func (j *journey) signIn(ctx context.Context, v *visit, w Way) *mail.Failure {
	if v.conn == nil || !v.alive {
		return v.failure
	}
	c := j.Credentials
	c.Username = w.Username
	v.only = w.Mechanism
	unverified := v.failure // says more than that nothing is sent therefore
	switch outcome := v.SignIn(ctx, c, j.Insecure); {
	case outcome == Accepted:
		return nil
	case unverified != nil && v.failure.Class == mail.PolicyRefused:
		return unverified
	case v.failure == nil:
		return &mail.Failure{Class: mail.Closed, Detail: "the server ended the session before the sign-in"}
	default:
		return v.failure
	}
}

// openBox opens the mailbox, and notes what is in it. Where a server wants time
// between two sign-ins there has to be enough for another one.
func (j *journey) openBox(ctx context.Context) (box, *mail.Failure) {
	allowed := j.LastLogin.Add(j.LoginDelay)
	if allowed.Add(j.LoginDelay).After(j.until(ctx)) || !sleep(ctx, time.Until(allowed), allowed) {
		return nil, &mail.Failure{Class: mail.Deadline, Detail: fmt.Sprintf("the server wants %d seconds between two sign-ins, and the run had less time left", int(j.LoginDelay.Seconds()))}
	}
	v, f := j.enter(ctx)
	if f != nil {
		return nil, f
	}
	var b box
	var err error
	switch speaker := v.speaker.(type) {
	case *imap:
		b, err = v.openIMAP(ctx, speaker, j.message)
	case *pop3:
		b, err = v.openPOP3(ctx, speaker, j)
	default:
		err = faultf(mail.ProtocolFault, "mail is read by IMAP and POP3 alone")
	}
	if err != nil {
		f := v.failureOf(ctx, err)
		v.Close(ctx)
		return nil, f
	}
	return b, nil
}

// enter opens a session with the mailbox and signs in.
func (j *journey) enter(ctx context.Context) (*visit, *mail.Failure) {
	v := j.connect(ctx, j.In)
	if f := j.signIn(ctx, v, j.In); f != nil {
		v.Close(ctx)
		return nil, f
	}
	return v, nil
}

// until is when the wait ends.
func (j *journey) until(ctx context.Context) time.Time {
	end, _ := ctx.Deadline()
	return end.Add(-min(tidying, time.Until(end)/4))
}

// receive waits for the message, reads what stands in its header and deletes it.
func (j *journey) receive(ctx context.Context, in box, h handover) {
	at := j.In.Endpoint.String()
	o := mail.Observation{ID: "mailbox:" + at + testSuffix, Kind: mail.KindMailbox, Subject: at, Address: in.peer(), At: h.sent}
	found, err := in.await(ctx, j.until(ctx))
	facts := mail.ArrivalFacts{WaitedMS: time.Since(h.sent).Milliseconds()}
	o.TookMS, o.ArrivalFacts = facts.WaitedMS, &facts
	switch {
	case err != nil:
		o.Failure = in.failureOf(ctx, err)
	case found == nil:
		facts.Arrived = mail.No
		o.Failure = &mail.Failure{Class: mail.Timeout, Detail: "the test message did not arrive within the time allowed"}
	default:
		j.arrived(ctx, in, h, found, &facts)
	}
	j.emit(o)
	if facts.Arrived == mail.Yes && facts.FolderUse != "all" { // where it may be what was sent
		j.emit(cameBack(h.observation))
	}
}

// arrived takes in a message that was found. It is deleted also where somebody
// ends the run meanwhile.
func (j *journey) arrived(ctx context.Context, in box, h handover, found *located, facts *mail.ArrivalFacts) {
	ctx, cancel := withTimeToTidy(ctx)
	defer cancel()
	facts.Arrived, facts.Folder, facts.FolderUse = mail.Yes, found.folder.title, found.folder.use
	facts.ArrivedMS = max(1, found.seen.Sub(h.sent).Milliseconds())
	facts.Junk = mail.FactOf(found.folder.use == "junk")
	if header, err := in.header(ctx, found); err == nil {
		fields := headerFields(in.redacted(header))
		facts.Hops, facts.Authentication = hopsOf(fields, h.began), authenticationOf(fields)
	}
	if facts.Kept = j.Keep; j.Keep {
		return
	}
	r := in.remove(ctx, found)
	facts.Removed, facts.Remains, facts.Copies = r.removed, r.remains, r.copies
}

// withTimeToTidy gives a context that ends when ctx is due to, and where ctx is
// cancelled before, some time after that.
func withTimeToTidy(ctx context.Context) (context.Context, context.CancelFunc) {
	own, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		if errors.Is(ctx.Err(), context.Canceled) {
			time.AfterFunc(tidying, cancel)
		} else {
			cancel()
		}
	})
	return own, func() {
		stop()
		cancel()
	}
}

// cameBack is the observation of a transmission, once its message was seen.
func cameBack(o mail.Observation) mail.Observation {
	facts := *o.SendFacts
	test := *facts.Test
	test.CameBack = mail.Yes
	facts.Test, o.SendFacts = &test, &facts
	return o
}
