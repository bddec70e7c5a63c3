package probe

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

const (
	// patience is how long a greeting may take. RFC 5321 section 4.5.3.2.1 allows
	// minutes, and some sites wait 20 s to put spammers off; no mail program waits
	// much longer. Servers delay the answer to a wrong password too.
	patience = 22 * time.Second
	// attention is how long an answer to any other command may take.
	attention = 10 * time.Second
	// margin is how long before the end of the run a step ends that the run leaves
	// less time than the step is due. So it always comes to the same end: nobody
	// knows whether the server would have answered.
	margin = 200 * time.Millisecond
	// farewell bounds the polite end of a session.
	farewell = time.Second
	// glance is how long a look at an idle connection takes: what came is there
	// at once, and a deadline has to lie ahead for a read to be made at all.
	glance = time.Millisecond
	// maxWords bounds a server's words in a failure or a reply, in bytes, and
	// maxGreeting those of its greeting, which is kept whole as far as any mail
	// server has something to say.
	maxWords    = 500
	maxGreeting = 4 << 10
)

// Options say what is wanted of a session besides its facts.
type Options struct {
	Transcript bool           // put the conversation into the session observation
	Redact     *mail.Redactor // removes secrets from all that a server says; nil removes nothing

	// TurnedAway is the greeting with which the server turned a first connection
	// away for the moment; it is kept with what the second one shows.
	TurnedAway string

	// Domain is the mail domain that the servers are asked for, "" where none is
	// known: a certificate may prove it in place of the host (RFC 7817 section 3).
	Domain string

	// ClientCertificate is shown to a server that asks for a certificate of the client, once
	// its own proves the host, or whatever that is where ShowAnyway is set. Nil for none.
	ClientCertificate *wire.ClientCertificate
	ShowAnyway        bool

	// Beside asks for leave to make a connection beside the one that is open, waits
	// for it and gives what to call when that has ended. It gives nil where ctx
	// ended first. Without the function leave is given at once.
	Beside func(ctx context.Context) (leave func())

	// Brief leaves out the further connections that only explain why a handshake failed.
	Brief bool

	// InjectionTest finds out over one further connection to each server with
	// STARTTLS what it does with a command that was sent before the handshake.
	InjectionTest bool
}

// A Session is one conversation with one server. It is for one goroutine at a time.
type Session struct {
	endpoint mail.Endpoint
	which    connection
	address  netip.Addr // of the host, where one is meant; else all are raced
	options  Options
	emit     func(mail.Observation)

	conn    *wire.Conn // nil where no connection was made
	end     func()     // ends the connection's life
	lines   *lineReader
	speaker speaker

	began     time.Time
	tookMS    int64
	facts     mail.SessionFacts
	clockMS   *int64            // how far the server's clock is ahead, where its greeting tells the time
	failure   *mail.Failure     // what stopped the session before it could be used
	offered   []string          // the capabilities, as heard last
	after     func()            // tells what a second connection has seen, once it has
	methods   []string          // what can be used to sign in now, strongest first
	alive     bool              // the conversation can go on
	signedIn  bool              // somebody has signed in
	secretOut bool              // credentials were given, so that the server may send them back
	tried     bool              // the last SignIn sent something
	unclear   int               // answers of one SignIn from which it was not clear what is at fault
	spent     int               // answers of one SignIn that may count as tries with a wrong password
	only      string            // the one way to sign in that may be used, "" for any
	plainly   bool              // a rejection may be the mechanism's fault, so only the plain ones are left
	otherwise bool              // the server binds sign-ins to the connection in a way that is not known here
	certless  bool              // the certificate was refused, so that the secret is used where it can be
	hurried   bool              // the run leaves the present step less time than it is due
	shaken    *mail.Observation // the handshake, also one that failed; nil for none
	unshaken  *mail.Observation // the handshake that failed, nil for none
	asked     *mail.Observation // the handshake in which the server asked for a certificate of ours
	redact    []*mail.Redactor

	leave func(ctx context.Context) bool // to go on after an answer that may count, see AskBefore; nil for none to ask
}

// Open runs one endpoint on one connection: it dials (the addresses raced),
// reads greeting and capabilities, and with STARTTLS upgrades and reads the
// capabilities again. It hands the dns, dial, tls and session observations to
// emit, one after another, and returns a session that is never nil and stays
// open for a sign-in until Close. A second connection is made only to prove that
// the port is used in the wrong mode or protocol, and what it sees has an
// endpoint of its own; three at most to find out which TLS handshake would have
// worked where one failed; and one for the injection test.
func Open(ctx context.Context, n *wire.Network, e mail.Endpoint, o Options, emit func(mail.Observation)) *Session {
	s := newSession(e, o, emit)
	s.open(ctx, n, firstConnection)
	return s
}

func newSession(e mail.Endpoint, o Options, emit func(mail.Observation)) *Session {
	return &Session{
		endpoint: e, options: o, emit: emit, redact: []*mail.Redactor{o.Redact},
		facts: mail.SessionFacts{TurnedAway: o.TurnedAway},
	}
}

// silent gives another session with the same server, of which nothing is told.
func (s *Session) silent() *Session {
	o := s.options
	o.Transcript = false
	return newSession(s.endpoint, o, func(mail.Observation) {})
}

// watch holds the connection to the time that a command is due, or that ctx
// leaves it, until release is called.
func (s *Session) watch(ctx context.Context) (release func()) { return s.watchFor(ctx, attention) }

func (s *Session) watchFor(ctx context.Context, due time.Duration) (release func()) {
	deadline := time.Now().Add(due)
	end, bounded := ctx.Deadline()
	end = end.Add(-margin)
	early := bounded && end.Before(deadline)
	if early {
		deadline = end
	}
	s.hurried = early && s.which == firstConnection // a second one has a time of its own
	s.conn.Limit(deadline)
	broken := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(broken)
		s.conn.Limit(time.Unix(1, 0)) // whatever waits on the connection gives up
	})
	return func() {
		if !stop() {
			<-broken
			return
		}
		s.conn.Limit(time.Time{})
	}
}

// failureOf gives the failure that an error of a speaker is, with secrets removed.
func (s *Session) failureOf(ctx context.Context, err error) *mail.Failure {
	var settled *fault
	switch {
	case err == nil:
		return nil
	case errors.As(err, &settled):
		return &mail.Failure{Class: settled.class, Detail: s.clean(settled.detail)}
	case errors.Is(ctx.Err(), context.Canceled):
		return &mail.Failure{Class: mail.Deadline, Detail: "the run ended before the server had answered"}
	}
	f := s.conn.Failure(err)
	if s.hurried && f.Class == mail.Timeout {
		return &mail.Failure{Class: mail.Deadline, Detail: "the run's time was over before the server had answered"}
	}
	return &mail.Failure{Class: f.Class, Detail: s.clean(f.Detail)}
}

// quotedBytes is what printable makes of bytes, in which no redactor finds a secret.
var quotedBytes = regexp.MustCompile(`bytes [0-9a-f]{2,}`)

// clean makes a server's words fit for an observation: no secret, text only, bounded.
func (s *Session) clean(words string) string { return s.cleanTo(maxWords, words) }

func (s *Session) cleanTo(limit int, words string) string {
	if s.secretOut {
		words = quotedBytes.ReplaceAllString(words, "bytes that are no text")
	}
	return clip(text(s.redacted(words)), limit)
}

// peer gives the address that the session is with.
func (s *Session) peer() string { return s.conn.Peer().String() }

// redacted removes secrets alone.
func (s *Session) redacted(words string) string {
	for _, r := range s.redact {
		words = r.Clean(words)
	}
	return words
}

func (s *Session) cleanAll(list []string) []string {
	cleaned := make([]string, len(list))
	for i, words := range list {
		cleaned[i] = s.clean(words)
	}
	return cleaned
}

// report emits the session as it stands.
func (s *Session) report() {
	facts := s.facts
	facts.BareLF = s.lines.bareLF
	if s.options.Transcript {
		facts.Transcript = s.conn.Transcript().Lines(s.redact...)
	}
	s.emit(mail.Observation{
		ID: s.id(), Kind: mail.KindSession, Subject: s.endpoint.String(),
		Address: s.conn.Peer().String(), At: s.began, TookMS: s.tookMS,
		Failure: s.failure, ClockMS: s.clockMS, SessionFacts: &facts,
	})
}

// Usable reports whether the conversation got as far as the capabilities and
// can go on. A rejected sign-in does not end it, a server that hangs up or says
// goodbye does, also one that does so while nobody listens: Usable looks.
func (s *Session) Usable() bool {
	if !s.alive {
		return false
	}
	err := error(nil)
	if s.lines.pending() == "" {
		_ = s.conn.SetReadDeadline(time.Now().Add(glance))
		err = s.lines.fill()
		_ = s.conn.SetReadDeadline(time.Time{})
	}
	chatter := s.endpoint.Protocol == mail.IMAP && !strings.HasPrefix(s.lines.pending(), "* BYE")
	s.alive = errors.Is(err, os.ErrDeadlineExceeded) || err == nil && chatter
	return s.alive
}

// Encrypted reports whether TLS is up.
func (s *Session) Encrypted() bool { return s.conn != nil && s.conn.Encrypted() }

// Verified reports whether TLS is up with a certificate that proves the host.
func (s *Session) Verified() bool { return s.conn != nil && s.conn.Verified() }

// Ready reports whether the session can be used for a sign-in: usable and verified.
func (s *Session) Ready() bool { return s.alive && s.Encrypted() && s.Verified() }

// Ways gives the ways to sign in that are offered now and that this package can
// use with these credentials, strongest first, as SASL names in lower case, and
// "user" and "apop" for those of POP3. What else is offered stands in the
// session observation.
func (s *Session) Ways(c Credentials) []string {
	ways := slices.DeleteFunc(slices.Clone(s.methods), func(m string) bool {
		switch {
		case s.only != "" && m != s.only:
			return true
		case m == "external":
			return s.conn == nil || !s.conn.ShownTo()
		case c.Secret.IsZero():
			return true
		}
		return takesToken(m) != c.Token || s.plainly && challenges(m) || s.otherwise && binds(m)
	})
	if s.certless && len(ways) > 1 && ways[0] == "external" {
		return ways[1:]
	}
	return ways
}

// AsksForCertificate reports whether the server asked for a certificate of the
// client, which it was not shown, so that another connection may get further with one.
func (s *Session) AsksForCertificate() bool {
	return s.asked != nil && s.asked.ClientCertificateAnswer == ""
}

// Close takes leave of the server, for a second at most even when ctx is over,
// and closes the connection. With a transcript wanted it emits the session
// observation again, now with the whole conversation. A second call does nothing.
func (s *Session) Close(ctx context.Context) {
	if s.conn == nil || s.end == nil {
		return
	}
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer stop()
	if s.alive {
		release := s.watch(ctx)
		_ = s.speaker.quit() // nothing depends on it
		release()
	}
	if s.options.Transcript {
		s.report()
	}
	s.alive = false
	_ = s.conn.Close()
	s.end()
	s.end = nil
}
