package probe

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

// Which connection to an endpoint this is: the second one is itself the proof of a suspicion and suspects nothing.
type connection bool

const (
	firstConnection  connection = false
	secondConnection connection = true
)

func (s *Session) open(ctx context.Context, n *wire.Network, which connection) {
	s.which, s.began = which, time.Now()
	dialed := s.dial(ctx, n)
	for _, o := range dialed.Observations {
		s.emit(o)
	}
	if dialed.Conn == nil {
		s.failure = dialed.Failure
		return
	}
	s.conn = dialed.Conn
	s.attach()
	err := s.converse(ctx, n, which)
	s.alive = err == nil
	s.failure = s.failureOf(ctx, err)
	if s.failure != nil && s.failure.Class == mail.TLSNotSpoken && s.endpoint.Security == mail.TLS && which == firstConnection {
		s.failure = s.explainPlain(ctx, n, s.failure)
	}
	s.tookMS = time.Since(s.began).Milliseconds()
	s.noteDemand(err)
	if s.options.InjectionTest && which == firstConnection && s.alive && s.endpoint.Security == mail.StartTLS {
		s.facts.Injection = s.testInjection(ctx, n, s.conn.Peer())
	}
	s.report()
	if s.after != nil {
		s.after()
	}
	if which == firstConnection {
		if !s.options.Brief {
			s.climb(ctx, n)
		}
		s.proveProtocol(ctx, n, err)
	}
}

// dial connects within ctx. The connection's own life ends with Close and not
// with ctx, or a server could not be left politely when the time is over.
func (s *Session) dial(ctx context.Context, n *wire.Network) wire.Dialed {
	return s.dialWith(ctx, func(life context.Context) wire.Dialed { return s.reach(life, n) })
}

func (s *Session) dialWith(ctx context.Context, dial func(context.Context) wire.Dialed) wire.Dialed {
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, end)
	dialed := dial(life)
	if stop(); dialed.Conn == nil {
		end()
	}
	s.end = end
	return dialed
}

// attach puts the speaker of the endpoint's protocol onto the connection.
func (s *Session) attach() {
	s.lines = newLineReader(s.conn)
	d := &dialogue{out: s.conn, lines: s.lines, mask: s.conn.Transcript().Mask}
	s.speaker = newSpeaker(s.endpoint, d, addressLiteral(s.conn.LocalAddr()))
}

// newSpeaker gives what speaks an endpoint's protocol, which is SMTP where it is
// none of the others; name is how it calls itself.
func newSpeaker(e mail.Endpoint, d *dialogue, name string) speaker {
	switch e.Protocol {
	case mail.IMAP:
		return &imap{dialogue: d, wantTLS: e.Security == mail.StartTLS}
	case mail.POP3:
		return &pop3{dialogue: d}
	default:
		return &smtp{dialogue: d, name: name}
	}
}

// converse does all that comes before a sign-in.
func (s *Session) converse(ctx context.Context, n *wire.Network, which connection) error {
	if s.endpoint.Security == mail.TLS {
		if err := s.encrypt(ctx); err != nil {
			return err
		}
	}
	if err := s.awaitGreeting(ctx, n, which); err != nil {
		return err
	}
	if err := s.askWithin(ctx); err != nil || s.endpoint.Security != mail.StartTLS {
		return err
	}
	if err := s.upgrade(ctx); err != nil {
		return err
	}
	return s.askWithin(ctx)
}

// awaitGreeting reads the greeting. While a port is silent it finds out whether
// that is for want of a ClientHello or of a web browser; not on port 25, where
// nobody speaks implicit TLS and a client that speaks first looks like a spammer.
func (s *Session) awaitGreeting(ctx context.Context, n *wire.Network, which connection) error {
	if s.endpoint.Port == 25 || which == secondConnection {
		return s.greet(ctx)
	}
	waiting, found := context.WithCancelCause(ctx)
	defer found(nil)
	doubt := s.suspect(ctx, n, found)
	err := s.greet(waiting)
	proved, ok := errors.AsType[*fault](context.Cause(waiting))
	if err == nil || !ok {
		doubt.end(false)
		return err
	}
	if proved.class != mail.PlaintextExpected {
		doubt.end(false)
		return proved
	}
	s.after = func() {
		for _, o := range doubt.end(true) {
			s.emit(o)
		}
	}
	return proved
}

func (s *Session) greet(ctx context.Context) error {
	defer s.watchFor(ctx, patience)()
	since := time.Now()
	first, err := s.lines.opening()
	if s.lines.heard.Load() {
		s.facts.GreetingMS = s.lines.heardAt.Sub(since).Milliseconds()
	}
	if err == nil && binary(first) {
		return foreign(s.endpoint.Protocol, first)
	}
	greeting := ""
	if err == nil {
		greeting, err = s.speaker.greet()
	}
	s.facts.Greeting = s.cleanTo(maxGreeting, greeting)
	if clock, told := clockIn(s.facts.Greeting); told {
		ahead := clock.Sub(s.conn.Now()).Milliseconds()
		s.clockMS = &ahead
	}
	if err == nil || isFault(err) || errors.Is(ctx.Err(), context.Canceled) || s.hurried || s.conn.Failure(err).Class != mail.Timeout {
		return err
	}
	waited := time.Since(since).Round(time.Second)
	if s.lines.heard.Load() {
		return faultf(mail.GreetingTimeout, "the greeting was not finished after %s: %s", waited, printable(s.lines.pending()))
	}
	return faultf(mail.GreetingTimeout, "connected, and no greeting came within %s", waited)
}

func (s *Session) askWithin(ctx context.Context) error {
	defer s.watch(ctx)()
	return s.ask()
}

// ask reads the capabilities into the list where they belong.
func (s *Session) ask() error {
	capabilities, err := s.speaker.capabilities()
	if err != nil {
		return err
	}
	mechanisms := s.speaker.mechanisms(capabilities)
	s.offered, s.methods = capabilities, methodsOf(s.endpoint.Protocol, mechanisms)
	capabilities, mechanisms = s.cleanAll(capabilities), s.cleanAll(mechanisms)
	if s.conn.Encrypted() {
		s.facts.Capabilities.AfterTLS, s.facts.Mechanisms.AfterTLS = capabilities, mechanisms
	} else {
		s.facts.Capabilities.BeforeTLS, s.facts.Mechanisms.BeforeTLS = capabilities, mechanisms
	}
	s.facts.Limits = limitsOf(s.endpoint.Protocol, capabilities)
	if implementation, ok := parameters(capabilities, "IMPLEMENTATION"); ok && s.endpoint.Protocol == mail.POP3 {
		s.facts.SoftwareID = strings.Join(implementation, " ") // RFC 2449 section 6.9
	}
	if software := softwareOf(s.facts.Greeting, s.facts.SoftwareID, capabilities); software != "" {
		s.facts.Software = software
	}
	return nil
}

// upgrade does STARTTLS. All that was said before it counts for nothing after it.
func (s *Session) upgrade(ctx context.Context) error {
	if err := s.startTLS(ctx); err != nil {
		return err
	}
	return s.encrypt(ctx)
}

// startTLS asks for the upgrade and makes sure that the handshake is next.
func (s *Session) startTLS(ctx context.Context) error {
	if !s.speaker.offersTLS(s.offered) {
		return faultf(mail.StartTLSNotOffered, "the server does not offer STARTTLS")
	}
	release := s.watch(ctx)
	err := s.speaker.startTLS()
	if release(); err != nil {
		return err
	}
	if injected := s.lines.pending(); injected != "" {
		return faultf(mail.StartTLSInjection, "plain text stands between the answer to STARTTLS and the handshake: %s", printable(injected))
	}
	s.offered, s.methods = nil, nil
	return nil
}

// encrypt does the handshake. A certificate that must not be believed is no error here: the observation tells it.
func (s *Session) encrypt(ctx context.Context) error {
	if end, bounded := ctx.Deadline(); bounded {
		var stop context.CancelFunc
		ctx, stop = context.WithDeadline(ctx, end.Add(-margin))
		defer stop()
	}
	s.conn.MailDomain(s.options.Domain)
	s.conn.Show(s.options.ClientCertificate, s.options.ShowAnyway)
	o, completed := s.conn.Handshake(ctx)
	if o.Failure != nil {
		o.Failure.Detail = s.clean(o.Failure.Detail) // it may quote the server
	}
	s.emit(o)
	s.shaken = &o
	if o.ClientCertificate != "" {
		s.asked = &o
	}
	if completed {
		return nil
	}
	s.unshaken = &o
	return faultf(o.Failure.Class, "%s", o.Failure.Detail)
}
