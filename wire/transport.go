package wire

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

// maxHeaderBytes bounds the header of a web answer.
const maxHeaderBytes = 64 << 10

// newTransport makes the transport of all web requests. It goes through the
// resolver, dialer, policy and verification of n.
func (n *Network) newTransport() *http.Transport {
	return &http.Transport{
		DialContext:    n.dialWeb,
		DialTLSContext: n.dialWebTLS,
		// For TLS through a proxy, which the transport does by itself.
		TLSClientConfig: &tls.Config{
			NextProtos:         []string{"h2", "http/1.1"},
			Time:               n.options.Now,
			InsecureSkipVerify: true, // VerifyConnection does it
			VerifyConnection:   n.verifyProxied,
		},
		TLSHandshakeTimeout:    n.timeouts.handshake,
		Proxy:                  proxyOf,
		OnProxyConnectResponse: proxyRefused,
		DisableCompression:     true, // the bound is on what is read, so nothing may grow afterwards
		ForceAttemptHTTP2:      true,
		MaxIdleConnsPerHost:    2,
		MaxConnsPerHost:        4,
		IdleConnTimeout:        n.timeouts.idle,
		MaxResponseHeaderBytes: maxHeaderBytes,
	}
}

// proxyKey is the context key of the proxy that a request goes through.
type proxyKey struct{}

func withProxy(ctx context.Context, proxy *url.URL) context.Context {
	return context.WithValue(ctx, proxyKey{}, proxy)
}

func proxyFrom(ctx context.Context) *url.URL {
	proxy, _ := ctx.Value(proxyKey{}).(*url.URL)
	return proxy
}

// proxyOf gives the transport what the request was found to go through.
func proxyOf(r *http.Request) (*url.URL, error) { return proxyFrom(r.Context()), nil }

// proxyRefused turns a proxy's refusal to connect into a failure.
func proxyRefused(_ context.Context, proxy *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	return newFault(mail.HTTPStatus, fmt.Sprintf("the proxy %s answered %s", plainProxy(proxy), printable(answer.Status, 100)))
}

// plainProxy gives a proxy's URL without its user info.
func plainProxy(proxy *url.URL) string {
	return (&url.URL{Scheme: proxy.Scheme, Host: proxy.Host}).String()
}

// dialWeb connects to a web server, or to the proxy of the request. The
// transport goes on with it when the fetch is over, up to Close.
func (n *Network) dialWeb(ctx context.Context, _, hostPort string) (net.Conn, error) {
	if !n.tasks.begin() {
		return nil, errClosed
	}
	defer n.tasks.done()
	return n.connectWeb(ctx, hostPort)
}

var errClosed = newFault(mail.Deadline, "the network was closed")

func (n *Network) connectWeb(ctx context.Context, hostPort string) (*webConn, error) {
	host, portText, err := net.SplitHostPort(hostPort)
	if err != nil {
		return nil, err
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return nil, newFault(mail.PolicyRefused, printable(portText, 20)+" is not a port")
	}
	rules := n.policy
	if proxyFrom(ctx) != nil {
		rules = policy{anything: true}
	}
	got := n.connect(ctx, host, uint16(port), n.timeouts.webConnect, rules)
	if got.conn == nil {
		return nil, &fault{*got.failure(ctx, host, n.settled(ctx, host))}
	}
	return &webConn{got.conn, got.peer}, nil
}

// dialWebTLS connects to a web server, or to a proxy that is asked over TLS, and
// does the handshake. A certificate that does not prove the host is an error: no
// request goes out.
func (n *Network) dialWebTLS(ctx context.Context, _, hostPort string) (net.Conn, error) {
	if !n.tasks.begin() {
		return nil, errClosed
	}
	defer n.tasks.done()
	conn, err := n.connectWeb(ctx, hostPort)
	if err != nil {
		return nil, err
	}
	protocols := []string{"h2", "http/1.1"}
	if proxyFrom(ctx) != nil {
		protocols = nil // the server is the proxy, and the tunnel is asked for in HTTP/1.1
	}
	host, _, _ := net.SplitHostPort(hostPort)
	began := time.Now()
	secure, state, beginning, err := n.handshake(ctx, conn, host, protocols...)
	obs := webTLS(host, hostPort, conn.peer.Addr(), state)
	obs.At, obs.TookMS = began, time.Since(began).Milliseconds()
	if err != nil {
		obs.Failure = handshakeFailure(ctx, err, conn.peer, beginning)
	} else {
		obs.Failure = n.judge(state.PeerCertificates, host)
	}
	if obs.Failure != nil {
		_ = conn.Close()
		return nil, &tlsFault{fault{*obs.Failure}, obs}
	}
	return secure, nil
}

// A tlsFault is the failure of a handshake with what was seen of it.
type tlsFault struct {
	fault
	observation mail.Observation
}

// Unwrap lets the fault be found.
func (f *tlsFault) Unwrap() error { return &f.fault }

// verifyProxied verifies a connection that the transport made through a proxy,
// or one to a proxy that itself is asked over TLS.
func (n *Network) verifyProxied(state tls.ConnectionState) error {
	if state.ServerName == "" {
		return newFault(mail.PolicyRefused, "an IP address is not asked over https through a proxy")
	}
	failure := n.judge(state.PeerCertificates, state.ServerName)
	if failure == nil {
		return nil
	}
	host := state.ServerName
	obs := webTLS(host, net.JoinHostPort(host, "443"), netip.Addr{}, state)
	obs.At, obs.Failure = time.Now(), failure
	return &tlsFault{fault{*failure}, obs}
}

// webTLS makes an observation of a handshake with a web server.
func webTLS(host, hostPort string, peer netip.Addr, state tls.ConnectionState) mail.Observation {
	subject := "https://" + hostPort
	obs := mail.Observation{ID: "tls:" + subject, Kind: mail.KindTLS, Subject: subject, TLSFacts: tlsFacts(state, host)}
	if peer.IsValid() {
		obs.Address = peer.String()
		obs.ID += "#" + obs.Address
	}
	return obs
}

// webConn is a connection to a web server that knows whom it was meant for.
type webConn struct {
	net.Conn
	peer netip.AddrPort
}

// RemoteAddr gives the address that was meant, also where a dial function leads elsewhere.
func (c *webConn) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(c.peer) }
