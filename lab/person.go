package lab

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
)

// Visit opens a page as a person with a browser does: it follows redirects
// inside the world, and out of it to a port of this computer, where a program
// waits for the answer of a sign-in (RFC 8252). It gives the status and the text
// of the last page.
func (r *Running) Visit(ctx context.Context, page string) (status int, text string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, page, nil)
	if err != nil {
		return 0, "", err
	}
	transport := &http.Transport{
		DialContext:       r.browse,
		TLSClientConfig:   &tls.Config{RootCAs: r.Roots(), Time: r.options.Now},
		DisableKeepAlives: true,
	}
	answer, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return 0, "", fmt.Errorf("visit a page: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxPost))
	return answer.StatusCode, string(body), err
}

// browse connects to a host of the world, or to this computer.
func (r *Running) browse(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if addr, err := netip.ParseAddr(host); host == "localhost" || err == nil && addr.IsLoopback() {
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	at := r.world.zone.addresses(host)
	if len(at) == 0 {
		return nil, fmt.Errorf("the world has no host %s", host)
	}
	to, err := netip.ParseAddrPort(net.JoinHostPort(at[0].String(), port))
	if err != nil {
		return nil, err
	}
	return r.Dial(ctx, network, to)
}
