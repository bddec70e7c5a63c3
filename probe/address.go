package probe

import (
	"context"
	"net/netip"

	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

// Address gives one further address of an endpoint's host its own truth, on one
// connection that never signs in: greeting, TLS and capabilities, as [Open] has
// them of the address that won its race. The observations have the IDs of
// those of Open, with "#" and the address behind that of the session.
func Address(ctx context.Context, n *wire.Network, e mail.Endpoint, addr netip.Addr, o Options, emit func(mail.Observation)) {
	s := newSession(e, o, emit)
	s.address = addr.Unmap()
	s.open(ctx, n, secondConnection)
	s.Close(ctx)
}

// reach connects to the one address that is meant, or races all of the host.
func (s *Session) reach(life context.Context, n *wire.Network) wire.Dialed {
	if s.address.IsValid() {
		return n.DialAddress(life, s.endpoint, s.address)
	}
	return n.Dial(life, s.endpoint)
}

// id is the name of the session's observation.
func (s *Session) id() string {
	id := "session:" + s.endpoint.String()
	if s.address.IsValid() {
		id += "#" + s.address.String()
	}
	return id
}
