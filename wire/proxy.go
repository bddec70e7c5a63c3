package wire

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"

	socks "golang.org/x/net/proxy"

	"github.com/mailmedic/mailmedic/mail"
)

// A SOCKS is a SOCKS 5 proxy (RFC 1928), through which connections are made
// from somewhere else.
type SOCKS struct {
	Address  string      // host:port
	Username string      // "" for no sign-in (RFC 1929)
	Password mail.Secret // of the proxy's user
}

const socksPort = "1080" // RFC 1928 section 3

// ParseSOCKS reads socks5://[user@]host[:port]; the port is 1080 where none is
// given. A password in it is refused, since command lines are seen by everybody
// on the machine. The errors say what to write.
func ParseSOCKS(s string) (*SOCKS, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Scheme != "socks5" || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "":
		return nil, errors.New("not a SOCKS proxy; write socks5://[USER@]HOST:PORT, for example socks5://127.0.0.1:1080")
	case u.User != nil && hasPassword(u.User):
		return nil, errors.New("a password does not belong on the command line")
	}
	port := u.Port()
	if port == "" {
		port = socksPort
	}
	return &SOCKS{Address: net.JoinHostPort(u.Hostname(), port), Username: u.User.Username()}, nil
}

func hasPassword(u *url.Userinfo) bool {
	_, has := u.Password()
	return has
}

// String gives the proxy's address as a URL, without the user.
func (p *SOCKS) String() string { return "socks5://" + p.Address }

// dialThrough gives a dial function that makes TCP connections through the
// proxy, and its connections to the proxy by dial. What goes over UDP goes
// there directly.
func (p *SOCKS) dialThrough(dial DialFunc) DialFunc {
	var auth *socks.Auth
	if p.Username != "" {
		auth = &socks.Auth{User: p.Username, Password: p.Password.Reveal()}
	}
	return func(ctx context.Context, network string, to netip.AddrPort) (net.Conn, error) {
		if !strings.HasPrefix(network, "tcp") {
			return dial(ctx, network, to)
		}
		var heard atomic.Bool
		dialer, err := socks.SOCKS5("tcp", p.Address, auth, toProxy{dial, &heard})
		if err != nil {
			return nil, fmt.Errorf("use the proxy: %w", err)
		}
		through, ok := dialer.(socks.ContextDialer)
		if !ok {
			return nil, errors.New("the SOCKS dialer has no context")
		}
		conn, err := through.DialContext(ctx, "tcp", to.String())
		if err != nil {
			return nil, p.explain(ctx, err, heard.Load(), to)
		}
		return conn, nil
	}
}

// toProxy makes the connections to the proxy. What fails there is no failure of
// the server.
type toProxy struct {
	dial  DialFunc
	heard *atomic.Bool // a word of the proxy; it answers the first message whatever is beyond it
}

// Dial implements socks.Dialer.
func (t toProxy) Dial(network, address string) (net.Conn, error) {
	return t.DialContext(context.Background(), network, address)
}

// DialContext implements socks.ContextDialer. The system looks the proxy's name
// up: it belongs to the settings here, not to the mail domain.
func (t toProxy) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := t.reach(ctx, network, address)
	if err != nil {
		return nil, &proxyFault{fault{mail.Failure{
			Class: mail.Unreachable, Detail: "the proxy cannot be used: " + describe(err, address),
		}}}
	}
	return &heardConn{conn, t.heard}, nil
}

// A heardConn is a connection to a proxy that notes whether the proxy speaks.
type heardConn struct {
	net.Conn
	heard *atomic.Bool
}

// Read implements net.Conn.
func (c *heardConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.heard.Store(true)
	}
	return n, err
}

func (t toProxy) reach(ctx context.Context, network, address string) (net.Conn, error) {
	to, err := netip.ParseAddrPort(address)
	if err == nil {
		return t.dial(ctx, networkFor(network, to.Addr()), to)
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	var system net.Resolver
	number, err := system.LookupPort(ctx, network, port)
	if err != nil {
		return nil, err
	}
	addrs, err := system.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	var conn net.Conn
	for _, addr := range addrs {
		to := netip.AddrPortFrom(addr.Unmap(), uint16(number))
		if conn, err = t.dial(ctx, networkFor(network, to.Addr()), to); err == nil {
			return conn, nil
		}
	}
	return nil, err
}

// A proxyFault is the failure of a connection for which the proxy is to blame.
type proxyFault struct{ fault }

// Unwrap lets the fault be found.
func (f *proxyFault) Unwrap() error { return &f.fault }

// explain tells what the proxy said of a connection (RFC 1928 section 6) from
// what went wrong with the proxy itself. Package x/net/proxy has the replies as text only.
func (p *SOCKS) explain(ctx context.Context, err error, heard bool, to netip.AddrPort) error {
	_, known := errors.AsType[*proxyFault](err)
	switch {
	case known, errors.Is(ctx.Err(), context.Canceled):
		return err
	case over(ctx) && !heard:
		return &proxyFault{fault{mail.Failure{Class: mail.Unreachable, Detail: "the proxy cannot be used: " + p.Address + " does not answer as a SOCKS proxy does"}}}
	case over(ctx):
		return err
	}
	class := mail.Unreachable
	var words string
	_, reply, isReply := strings.Cut(err.Error(), "unknown error ")
	switch {
	case !isReply:
		return &proxyFault{fault{mail.Failure{Class: mail.Unreachable, Detail: "the proxy cannot be used: " + printable(afterLastColon(err), 200)}}}
	case reply == "connection refused":
		class, words = mail.Refused, "connection refused by "+to.String()
	case strings.HasSuffix(reply, "unreachable"):
		words = "no way to " + to.String()
	case reply == "TTL expired":
		class, words = mail.Timeout, "no answer from "+to.String()
	case reply == "address type not supported":
		words = "the proxy does not connect to such addresses as " + to.Addr().String()
	default:
		words = "the proxy does not connect to " + to.String() + " (" + printable(reply, 100) + ")"
	}
	return newFault(class, words+", by the proxy's word")
}

func afterLastColon(err error) string {
	text := err.Error()
	return strings.TrimSpace(text[strings.LastIndexByte(text, ':')+1:])
}

// dialFrom gives a dial function of the system whose TCP connections have the
// given source address.
func dialFrom(source netip.Addr) DialFunc {
	return func(ctx context.Context, network string, to netip.AddrPort) (net.Conn, error) {
		d := net.Dialer{KeepAlive: -1}
		if strings.HasPrefix(network, "tcp") {
			d.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(source, 0))
		}
		return d.DialContext(ctx, network, to.String())
	}
}

// ErrSource is wrapped by the error of New about a source address that this
// computer does not have.
var ErrSource = errors.New("not an address of this computer")

// vantage sets up from where servers are seen: dial is for the connections to
// them, and options.Dial remains for the questions to plain resolvers.
func (n *Network) vantage() error {
	n.dial = n.options.Dial
	if source := n.options.Source; source.IsValid() {
		listener, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(netip.AddrPortFrom(source, 0)))
		if err != nil {
			return fmt.Errorf("%s is %w", source, ErrSource)
		}
		_ = listener.Close()
		n.dial = dialFrom(source)
		n.facts.From = source.String()
		if n.options.SOCKS == nil { // beyond a proxy every family can be reached
			n.options.OnlyIPv4, n.options.OnlyIPv6 = source.Is4(), source.Is6()
		}
	}
	if p := n.options.SOCKS; p != nil {
		n.dial, n.facts.Via = p.dialThrough(n.dial), p.String()
		n.options.Proxy = func(*url.URL) (*url.URL, error) { return nil, nil }
	}
	return nil
}

// dialFacts gives the facts of one attempt to connect, nil where nothing stands
// between this computer and the server.
func (n *Network) dialFacts(err error) *mail.DialFacts {
	facts := n.facts
	if _, failed := errors.AsType[*proxyFault](err); failed {
		facts.ViaFailed = true
	}
	if facts == (mail.DialFacts{}) {
		return nil
	}
	return &facts
}
