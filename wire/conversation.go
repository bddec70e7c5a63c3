package wire

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/netip"

	"github.com/mailmedic/mailmedic/mail"
)

// Conversation gives the way to web servers for libraries that bring their own
// requests, and whose answers count whatever their status. It asks over https
// only (else class policy), after the certificate was verified, and has the
// bounds of [Network.Get]: 15 s and [MaxDocument] bytes for each answer, which is
// read whole before it is given. No redirect is followed and no cookie is kept.
// [Classify] gives the failure that is in its errors.
func (n *Network) Conversation() http.RoundTripper { return conversation{n} }

type conversation struct{ network *Network }

// RoundTrip implements http.RoundTripper.
func (c conversation) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := c.allow(r); err != nil {
		closeBody(r)
		return nil, err
	}
	own, cancel := context.WithTimeout(r.Context(), c.network.timeouts.fetch)
	defer cancel()
	answer, err := c.ask(own, r)
	if err != nil {
		return nil, &fault{*c.network.webFailure(r.Context(), own, r.URL.Host, err)}
	}
	return answer, nil
}

// allow says whether a request may be made.
func (c conversation) allow(r *http.Request) error {
	switch {
	case r.URL.Scheme != "https" || r.URL.Hostname() == "":
		return newFault(mail.PolicyRefused, "only https is asked, not "+printable(r.URL.Redacted(), 200))
	case r.URL.User != nil:
		return newFault(mail.PolicyRefused, "a URL with a user name is not asked")
	}
	return c.network.allowHost(r.URL.Hostname())
}

// ask makes the request and reads the answer whole.
func (c conversation) ask(ctx context.Context, r *http.Request) (*http.Response, error) {
	proxy, err := c.network.options.Proxy(r.URL)
	if err != nil {
		closeBody(r)
		return nil, newFault(mail.PolicyRefused, "the proxy that the environment names cannot be used")
	}
	if proxy != nil {
		ctx = withProxy(ctx, proxy)
	}
	asked := r.Clone(ctx)
	asked.URL.Fragment = ""
	asked.Header.Set("User-Agent", c.network.options.UserAgent)
	answer, err := c.network.web.RoundTrip(asked)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(answer.Body, MaxDocument+1))
	if err != nil {
		return nil, err
	}
	if len(body) > MaxDocument {
		return nil, newFault(mail.TooLarge, r.URL.Host+" sent more than 1 MiB")
	}
	answer.Body, answer.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return answer, nil
}

// closeBody keeps the duty of a http.RoundTripper where no request is made.
func closeBody(r *http.Request) {
	if r.Body != nil {
		_ = r.Body.Close()
	}
}

// allowHost refuses a host that is written as an address of the wrong kind.
// Through a proxy nobody else would look at it.
func (n *Network) allowHost(host string) error {
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return nil //nolint:nilerr // a name, whose addresses are looked at once they are known
	}
	if why := n.policy.refuses(addr); why != "" {
		return newFault(mail.PolicyRefused, fmt.Sprintf("not connected: %s is %s", addr, why))
	}
	return nil
}
