package mail

import "fmt"

// ParsePin reads a server that a user names for one protocol: host, host:port,
// or the full form of an endpoint. Without a port Port is 0 and Security "",
// which stands for the standard ports of the protocol; with a port that is not
// a standard one of the protocol, Security is "" and stands for both ways of
// TLS. Its errors wrap [ErrEndpoint].
func ParsePin(p Protocol, s string) (Endpoint, error) {
	if namesUser(s) {
		return Endpoint{}, fmt.Errorf("%w: a user name and a password are no part of it; write imap.example.org:993", ErrEndpoint)
	}
	if e, err := ParseEndpoint(s); err == nil && e.Port != 0 {
		if e.Protocol != p {
			return Endpoint{}, fmt.Errorf("%w: %s is not for %s", ErrEndpoint, s, p)
		}
		return e, nil
	}
	host, port, err := splitHostPort(s)
	if err != nil {
		return Endpoint{}, fmt.Errorf("%w: %q: %w", ErrEndpoint, s, err)
	}
	return Endpoint{Protocol: p, Host: host, Port: port}, nil
}
