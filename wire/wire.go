// Package wire is mailmedic's only door to the network: resolver, dialer, web
// fetch, TLS, failure classes and transcripts. Everything that comes through
// it is bounded in bytes and time, and what fails is classified where the cause
// is still typed. It observes and never judges.
package wire

import (
	"context"
	"crypto/x509"
	"net"
	"net/netip"
	"net/url"
	"time"
)

// DialFunc opens one connection to one address; network is tcp4, tcp6, udp4 or udp6.
type DialFunc func(ctx context.Context, network string, to netip.AddrPort) (net.Conn, error)

// Options say how a Network reaches the world. The zero value is the real world
// with the system's resolver and roots.
type Options struct {
	Resolver      string                           // "" for the system's resolvers, else ip or ip:port
	Roots         *x509.CertPool                   // nil for the system's, with Mozilla's compiled in where the system has none
	OnlyIPv4      bool                             // ask for and connect to IPv4 only
	OnlyIPv6      bool                             // likewise
	RefusePrivate bool                             // refuse loopback and private addresses, after resolution
	UserAgent     string                           // for web requests
	Dial          DialFunc                         // nil for the operating system; a lab puts its own world here
	Proxy         func(*url.URL) (*url.URL, error) // nil for the environment (HTTPS_PROXY, NO_PROXY …)
	Now           func() time.Time                 // nil for time.Now; certificates are judged by it
}
