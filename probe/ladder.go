package probe

import (
	"context"
	"net/netip"
	"time"

	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

const (
	// ladderTime bounds all that comes after a handshake that failed. It ends
	// before the third rung of a server that answers none.
	ladderTime = 11 * time.Second
	// rungTime bounds one further connection. A server that is well has answered
	// by then; the first handshake has had more.
	rungTime = 4 * time.Second
)

// rungs says in which other ways a handshake is to be tried after one failed,
// each on a connection of its own, until the first that works: three at most,
// and none that cannot tell anything.
func rungs(failed mail.Observation) []wire.Hello {
	if failed.Failure == nil || failed.TLSFacts == nil || failed.ClientCertificate != "" {
		return nil
	}
	switch failed.Failure.Class {
	case mail.TLSVersion:
		if failed.Alert == 0 { // the server has chosen a version that is too old
			return []wire.Hello{wire.HelloLegacy}
		}
		return []wire.Hello{wire.HelloTLS12, wire.HelloLegacy}
	case mail.TLSAlert:
		if failed.Alert == unrecognizedName {
			return nil
		}
		return []wire.Hello{wire.HelloClassical, wire.HelloTLS12, wire.HelloLegacy}
	case mail.Timeout:
		// Whether small packets come through is known at once, and then whether
		// large ones do.
		return []wire.Hello{wire.HelloSmall, wire.HelloClassical, wire.HelloTLS12}
	case mail.Reset, mail.Closed:
		return []wire.Hello{wire.HelloClassical, wire.HelloTLS12, wire.HelloLegacy}
	}
	return nil
}

// unrecognizedName is the alert of a server that knows no such host, RFC 6066 section 3.
const unrecognizedName = 112

// climb finds out, after a handshake that failed, which one would have worked.
func (s *Session) climb(ctx context.Context, n *wire.Network) {
	if s.unshaken == nil {
		return
	}
	plan, peer := rungs(*s.unshaken), s.conn.Peer()
	if len(plan) == 0 {
		return
	}
	_ = s.conn.Close() // one connection at a time
	ctx, stop := context.WithTimeout(ctx, ladderTime)
	defer stop()
	for _, way := range plan {
		o, reached := s.rung(ctx, n, peer, way)
		if ctx.Err() != nil {
			return // what was cut short tells nothing
		}
		s.emit(o)
		if !reached || o.Failure == nil || o.Failure.Class.Certificate() || o.CertificateFault.EndsHandshake() {
			return
		}
	}
}

// rung makes one further connection to the same address and begins the
// handshake in another way. Where the server does not let it come to that,
// reached is false and the observation says why.
func (s *Session) rung(ctx context.Context, n *wire.Network, peer netip.Addr, way wire.Hello) (o mail.Observation, reached bool) {
	own, stop := context.WithTimeout(ctx, rungTime)
	defer stop()
	other := s.silent()
	defer other.Close(own)
	o = *s.unshaken
	o.ID, o.At = "tls:"+s.endpoint.String()+"#"+peer.String()+"/"+string(way), time.Now()
	o.TLSFacts = &mail.TLSFacts{ServerName: s.unshaken.ServerName, Attempt: string(way)}
	if o.Failure = other.approach(own, n, peer); o.Failure == nil {
		o, reached = other.conn.Try(own, way), true
	}
	o.TookMS = time.Since(o.At).Milliseconds()
	if o.Failure != nil {
		o.Failure.Detail = s.clean(o.Failure.Detail)
		if o.Failure.Class == mail.Deadline && ctx.Err() == nil {
			o.Failure.Class = mail.Timeout
		}
	}
	return o, reached
}

// approach does all that comes before a handshake.
func (s *Session) approach(ctx context.Context, n *wire.Network, peer netip.Addr) *mail.Failure {
	if f := s.connect(ctx, n, peer); f != nil || s.endpoint.Security == mail.TLS {
		return f
	}
	err := s.prelude(ctx)
	if err == nil {
		err = s.startTLS(ctx)
	}
	return s.failureOf(ctx, err)
}

// connect makes a connection to one address of the host.
func (s *Session) connect(ctx context.Context, n *wire.Network, peer netip.Addr) *mail.Failure {
	dialed := s.dialWith(ctx, func(life context.Context) wire.Dialed { return n.DialAddress(life, s.endpoint, peer) })
	if dialed.Conn == nil {
		return dialed.Failure
	}
	s.conn = dialed.Conn
	s.attach()
	return nil
}

// prelude speaks in plain text up to where STARTTLS comes.
func (s *Session) prelude(ctx context.Context) error {
	if err := s.greet(ctx); err != nil {
		return err
	}
	return s.askWithin(ctx)
}

// noteDemand marks a handshake whose server asked for a certificate of the
// client, and then ended the connection for want of one, or for the one it got:
// with TLS 1.3 only after the handshake.
func (s *Session) noteDemand(err error) {
	o := s.asked
	if o == nil || s.failure == nil || s.facts.Capabilities.AfterTLS != nil || s.endpoint.Security == mail.TLS && s.facts.Greeting != "" {
		return
	}
	switch s.failure.Class {
	case mail.TLSAlert, mail.Closed, mail.Reset:
		facts := *o.TLSFacts
		if facts.ClientCertificateAnswer == mail.CertificateShown || facts.ClientCertificateAnswer == mail.CertificateRejected {
			facts.ClientCertificateAnswer = mail.CertificateRejected
		} else {
			facts.ClientCertificate = mail.CertificateRequired
		}
		if facts.Alert == 0 {
			facts.Alert = wire.AlertOf(err)
		}
		o.TLSFacts = &facts
		s.emit(*o)
	}
}
