// Package wire is mailmedic's only door to the network: resolver, dialer, web
// fetch, TLS, failure classes and transcripts. Everything that comes through
// it is bounded in bytes and time, and what fails is classified where the cause
// is still typed. It observes and never judges.
package wire

import (
	"context"
	"crypto/x509"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"golang.org/x/net/http/httpproxy"

	"github.com/mailmedic/mailmedic/mail"
)

// The bounds on what is read and tried.
const (
	MaxDocument  = 1 << 20 // bytes of one web document
	MaxSession   = 1 << 20 // bytes that one mail server may send in one connection
	MaxRedirects = 10      // web redirects that are followed
	MaxAddresses = 8       // addresses of one host that are tried
)

// DialFunc opens one connection to one address; network is tcp4, tcp6, udp4 or
// udp6. The context bounds the opening only, not the life of the connection.
type DialFunc func(ctx context.Context, network string, to netip.AddrPort) (net.Conn, error)

// Options say how a Network reaches the world. The zero value is the real world
// with the system's resolver and roots.
type Options struct {
	// Resolvers are asked in this order, the next one when one is late; none for
	// the system's. Each is one of
	//
	//	192.0.2.53, 192.0.2.53:5353, [2001:db8::53]:5353
	//	tls://HOST[:PORT][#NAME]    DNS over TLS, RFC 7858; the certificate proves NAME, else HOST
	//	https://HOST[:PORT]/PATH    DNS over HTTPS, RFC 8484
	//	system                      the resolvers of the system
	//
	// HOST is an IP address, or a name that the system's resolvers know.
	Resolvers []string
	System    []string // in place of the operating system's resolvers, each ip or ip:port; nil for those
	Compare   bool     // put every question to the other resolvers too, see Comparisons

	Roots         *x509.CertPool                   // nil for the system's, with Mozilla's compiled in where the system has none
	OnlyIPv4      bool                             // ask for and connect to IPv4 only
	OnlyIPv6      bool                             // likewise
	RefusePrivate bool                             // refuse loopback and private addresses, after resolution
	UserAgent     string                           // for web requests
	Dial          DialFunc                         // nil for the operating system; a lab puts its own world here
	Proxy         func(*url.URL) (*url.URL, error) // nil for the environment (HTTPS_PROXY, NO_PROXY …)
	SOCKS         *SOCKS                           // for every TCP connection but those to plain resolvers, in place of Proxy; nil for none
	Source        netip.Addr                       // of every TCP connection but those; also says which family is used, where there is no SOCKS
	Now           func() time.Time                 // nil for time.Now; certificates are judged by it
}

// A Network is one way to reach the world. It remembers DNS answers and keeps
// idle web connections until it is closed. It is safe for concurrent use.
type Network struct {
	options  Options
	timeouts timeouts
	resolver *resolver
	guide    *Network // by which encrypted resolvers are found; nil without any
	roots    func() *x509.CertPool
	policy   policy
	dial     DialFunc       // connects to servers, see vantage
	facts    mail.DialFacts // of every attempt
	answers  memory
	others   comparisons
	web      *http.Transport

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	tasks  tasks // shared lookups, and dials that a fetch may have given up
}

// New makes a Network of o. The only errors are a malformed resolver, whose text
// says what to write, and a source address that this computer does not have. A machine without any network still gets a Network, whose
// lookups fail.
func New(o Options) (*Network, error) {
	if o.Dial == nil {
		o.Dial = dialSystem
	}
	if o.Proxy == nil {
		o.Proxy = httpproxy.FromEnvironment().ProxyFunc()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.UserAgent == "" {
		o.UserAgent = "mailmedic"
	}
	n := &Network{
		options:  o,
		timeouts: defaultTimeouts(),
		policy:   policy{refusePrivate: o.RefusePrivate},
	}
	if err := n.vantage(); err != nil {
		return nil, err
	}
	n.roots = func() *x509.CertPool { return o.Roots }
	if o.Roots == nil {
		n.roots = sync.OnceValue(systemRoots)
	}
	n.ctx, n.cancel = context.WithCancel(context.Background())
	n.web = n.newTransport()
	var err error
	if n.resolver, err = n.newResolver(); err != nil {
		n.Close()
		return nil, err
	}
	return n, nil
}

// guided gives the Network by which encrypted resolvers are found: one whose
// names the system's resolvers know, and which goes wherever the user said.
func (n *Network) guided() (*Network, error) {
	if n.guide != nil {
		return n.guide, nil
	}
	o := n.options
	o.Resolvers, o.Compare = nil, false
	guide, err := New(o)
	if err != nil {
		return nil, err
	}
	guide.roots, guide.policy = n.roots, policy{anything: true}
	n.guide = guide
	return guide, nil
}

// Close ends what is still running and releases idle web connections. No
// goroutine of n is left when it returns; connections from Dial belong to who
// asked for them.
func (n *Network) Close() {
	n.tasks.close()
	n.cancel()
	n.web.CloseIdleConnections()
	n.tasks.wait()
	if n.guide != nil {
		n.guide.Close()
	}
}

// dialSystem opens connections through the operating system.
func dialSystem(ctx context.Context, network string, to netip.AddrPort) (net.Conn, error) {
	d := net.Dialer{KeepAlive: -1} // sessions are short and have deadlines
	return d.DialContext(ctx, network, to.String())
}

// Now gives the time by which certificates are judged.
func (n *Network) Now() time.Time { return n.options.Now() }

// networkFor gives tcp4, tcp6, udp4 or udp6.
func networkFor(transport string, addr netip.Addr) string {
	if addr.Is4() {
		return transport + "4"
	}
	return transport + "6"
}
