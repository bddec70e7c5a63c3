package probe

import (
	"context"
	"time"

	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

// controlTime bounds all that is asked of one control host: connecting (4 s),
// the handshake, and the two further ones where it hangs.
const controlTime = 13 * time.Second

// Control looks whether the way to a control host is open: a connection, and on
// it the TLS handshake, or the greeting where the port begins in plain text.
// Nothing is said to the server. A handshake that hangs or is cut off is begun
// twice more at most, to see which packets come through. The observations are marked as a control's,
// and their IDs begin with "control:".
func Control(ctx context.Context, n *wire.Network, e mail.Endpoint, emit func(mail.Observation)) {
	ctx, stop := context.WithTimeout(ctx, controlTime)
	defer stop()
	s := newSession(e, Options{}, func(o mail.Observation) {
		o.ID, o.Control = "control:"+o.ID, true
		emit(o)
	})
	s.which, s.began = secondConnection, time.Now()
	dialed := s.dialWith(ctx, func(life context.Context) wire.Dialed { return n.DialControl(life, e) })
	for _, o := range dialed.Observations {
		s.emit(o)
	}
	if dialed.Conn == nil {
		return
	}
	s.conn = dialed.Conn
	s.attach()
	defer s.Close(ctx)
	if e.Security == mail.TLS {
		s.controlHandshake(ctx, n)
		return
	}
	own, done := context.WithTimeout(ctx, rungTime)
	defer done()
	s.failure = s.failureOf(own, s.greet(own))
	s.tookMS = time.Since(s.began).Milliseconds()
	s.report()
}

// controlHandshake makes the handshake within the time of a rung, for what is
// well answers by then, and where it hangs the ones that tell why.
func (s *Session) controlHandshake(ctx context.Context, n *wire.Network) {
	own, done := context.WithTimeout(ctx, rungTime)
	defer done()
	o, completed := s.conn.Handshake(own)
	if completed || ctx.Err() != nil {
		s.emit(o)
		return
	}
	if o.Failure.Class == mail.Deadline {
		o.Failure = &mail.Failure{Class: mail.Timeout, Detail: "the TLS handshake did not end in time"}
	}
	o.Failure.Detail = s.clean(o.Failure.Detail) // it may quote the server
	s.emit(o)
	s.unshaken = &o
	peer := s.conn.Peer()
	_ = s.conn.Close() // one connection at a time
	for _, way := range controlRungs(o.Failure.Class) {
		o, reached := s.rung(ctx, n, peer, way)
		if ctx.Err() != nil || !reached {
			return
		}
		s.emit(o)
	}
}

// controlRungs are those of [rungs] that tell which packets come through.
func controlRungs(failed mail.Class) []wire.Hello {
	switch failed {
	case mail.Timeout:
		return []wire.Hello{wire.HelloSmall, wire.HelloClassical}
	case mail.Reset, mail.Closed:
		return []wire.Hello{wire.HelloClassical}
	default:
		return nil
	}
}
