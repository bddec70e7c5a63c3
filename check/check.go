package check

import (
	"context"
	"time"

	"github.com/mailmedic/mailmedic/discover"
	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/probe"
	"github.com/mailmedic/mailmedic/wire"
)

// DefaultTimeout bounds a whole run.
const DefaultTimeout = 30 * time.Second

// Options are what a run may do. The zero value with a Network is a run without
// a sign-in.
type Options struct {
	Network    *wire.Network    // required; may be shared by runs
	Timeout    time.Duration    // of the whole run; 0 for DefaultTimeout, or SendTestTimeout with a test message
	Discovery  discover.Options // where to look
	SignIn     *SignIn          // nil for no sign-in
	SendTest   *SendTest        // nil for no test message; only with a sign-in
	FailOn     mail.Severity    // findings at or above it give exit code 1; "" for none
	Transcript bool             // keep the redacted conversations
	Injection  bool             // test what servers with STARTTLS do with a command before the handshake, over one further connection each
	Survey     bool             // Probe only: find out what each server takes of all that TLS has, over many further connections
	Clients    bool             // say what mail programs would find by themselves
	Control    []mail.Endpoint  // control hosts, asked on suspicion only, see DefaultControl; none where no third party may be asked
	AllPorts   bool             // Probe only: ask every standard port of a host that is named without one
	Tool       mail.Tool        // who reports
	Unhurried  bool             // wait for published settings and better servers as long as the run takes, so that no choice depends on how quick the answers are

	times *timeouts // nil for the usual ones
}

// SignIn says with what to sign in and how far to trust. There is a secret, a
// certificate, or both.
type SignIn struct {
	Username          string // "" for the forms that the sources suggest
	Secret            mail.Secret
	Token             bool                    // the secret is an OAuth 2.0 access token, not a password
	ClientCertificate *wire.ClientCertificate // the certificate of the client, shown where the secret may go; nil for none

	Insecure        bool // send the secret and show the certificate although that of the server is bad
	TrustDiscovered bool // and to hosts that only weak claims name

	// Consent asks the user about a host that only weak claims name. It is
	// called once for each host, from a goroutine of its own, and may block.
	// Nil when there is nobody to ask.
	Consent func(ctx context.Context, host string, sources []mail.Source) bool
}

// Run checks one target and emits the whole stream, header first, verdict last;
// emit is never called twice at once. It returns what the verdict event holds.
// When ctx is cancelled it reports what is known so far, with exit code 130.
// All that it started has ended when it returns.
func Run(ctx context.Context, target mail.Target, o Options, emit func(mail.Event)) mail.Closing {
	c := newConductor(ctx, begin("check", target, o, emit))
	found := c.conduct(ctx)
	return c.finish(ctx, found)
}

// probeOptions are the same for every endpoint of a run, but for the certificate
// of the client, which tells who somebody is and so goes where a secret may go.
func (c *conductor) probeOptions(mayKnowUs bool) probe.Options {
	o := probe.Options{Transcript: c.o.Transcript, Redact: c.redact, InjectionTest: c.o.Injection, Domain: c.mailDomain()}
	if in := c.o.SignIn; in != nil && mayKnowUs {
		o.ClientCertificate, o.ShowAnyway = in.ClientCertificate, in.Insecure
	}
	return o
}

// mailDomain gives the domain whose mail this is about, "" where none is known:
// of servers that the user named, a user name may tell.
func (c *conductor) mailDomain() string {
	if c.search == nil {
		if c.o.SignIn == nil {
			return ""
		}
		named, err := mail.ParseTarget(c.o.SignIn.Username)
		if err != nil || named.Address == "" {
			return ""
		}
		return named.Domain
	}
	if _, literal := c.target.Literal(); literal {
		return ""
	}
	return c.target.Domain
}

// credentials are what to sign in with under a user name.
func (in *SignIn) credentials(username string) probe.Credentials {
	return probe.Credentials{Username: username, Secret: in.Secret, Token: in.Token, ActAs: in.Username}
}
