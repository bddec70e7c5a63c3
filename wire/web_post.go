package wire

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// request is what is asked of a web server, the URL apart.
type request struct {
	method      string
	contentType string
	body        []byte
	once        bool // redirects are told and not followed
	tell        func(*url.URL) *url.URL
}

// GetTelling fetches like [Network.Get]. Before a redirect is followed, tell
// decides what its target is told: it gives the URL to ask, for a server may
// copy what it was told into it, and nil where nothing may be asked (class policy).
func (n *Network) GetTelling(ctx context.Context, rawURL string, tell func(*url.URL) *url.URL) Fetched {
	return n.fetch(ctx, rawURL, rawURL, request{method: http.MethodGet, tell: tell})
}

// toldTo gives the URL to ask in place of a redirect's target.
func (q request) toldTo(next *url.URL) *url.URL {
	if q.tell == nil {
		return next
	}
	return q.tell(next)
}

// GetOnce fetches like [Network.Get], but follows no redirect: where it would
// lead stands in Fetched.Location, and there is no body. That a server
// redirects is no failure.
func (n *Network) GetOnce(ctx context.Context, rawURL string) Fetched {
	return n.fetch(ctx, rawURL, rawURL, request{method: http.MethodGet, once: true})
}

// Post sends a body and fetches the answer, within the bounds of [Network.Get].
// Only https is sent to (else class policy), after the certificate was verified.
// A redirect is not followed, since what is sent is meant for one host: where it
// would lead stands in Fetched.Location. The observation's ID is "post:" and the
// URL.
func (n *Network) Post(ctx context.Context, rawURL, contentType string, body []byte) Fetched {
	return n.fetch(ctx, "post:"+rawURL, rawURL, request{method: http.MethodPost, contentType: contentType, body: body, once: true})
}

// attach gives a request its body, which the transport may ask for again when a
// kept connection turns out to be closed.
func (q request) attach(r *http.Request) {
	if q.method != http.MethodPost {
		return
	}
	r.Header.Set("Content-Type", q.contentType)
	r.ContentLength = int64(len(q.body))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(q.body)), nil }
	r.Body, _ = r.GetBody() // cannot fail
}

// refusedScheme says why a URL of a scheme is not asked, "" if it may be.
func (q request) refusedScheme(scheme string) string {
	if q.method == http.MethodPost && !strings.EqualFold(scheme, "https") {
		return "only https is sent to"
	}
	return ""
}
