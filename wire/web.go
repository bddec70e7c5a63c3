package wire

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

// Fetched is one document, or why there is none.
type Fetched struct {
	Observation mail.Observation   // kind http, its ID the URL
	Related     []mail.Observation // the DNS answers and the handshakes of the hops
	Body        []byte             // nil on failure
	FinalURL    *url.URL           // where the body came from; nil when no answer came
	HTTPS       bool               // every hop was https with a verified certificate
	Location    *url.URL           // where a redirect leads that was not followed
}

// Get fetches a document of at most [MaxDocument] bytes within 15 s. It follows
// up to [MaxRedirects] redirects, each hop under the policy, never from https to
// http (class policy). A status other than 200 is http-status, a certificate
// that does not prove the host is a failure with its class, and nothing is sent.
// No cookie and no referrer is sent or kept.
func (n *Network) Get(ctx context.Context, rawURL string) Fetched {
	return n.fetch(ctx, rawURL, rawURL, request{method: http.MethodGet})
}

// fetch makes one request, and the ones that it is redirected to.
func (n *Network) fetch(ctx context.Context, id, rawURL string, what request) Fetched {
	f := &fetch{network: n, outer: ctx, request: what, Fetched: Fetched{HTTPS: true}}
	f.Observation = mail.Observation{
		ID: id, Kind: mail.KindHTTP, Subject: rawURL, At: time.Now(),
		HTTPFacts: &mail.HTTPFacts{URL: rawURL},
	}
	own, cancel := context.WithTimeout(ctx, n.timeouts.fetch)
	defer cancel()
	if err := f.run(own, rawURL); err != nil {
		f.Observation.Failure = f.failure(own, err)
		f.Body = nil
	}
	f.Observation.TookMS = time.Since(f.Observation.At).Milliseconds()
	f.HTTPS = f.HTTPS && f.FinalURL != nil
	return f.Fetched
}

// A fetch is one call of Get, GetOnce or Post.
type fetch struct {
	Fetched
	request request
	network *Network
	outer   context.Context // of the caller
	at      *url.URL        // the hop
	asked   []string        // the URLs of all hops
}

// run goes from hop to hop.
func (f *fetch) run(ctx context.Context, rawURL string) error {
	next, err := url.Parse(rawURL)
	if err != nil {
		return newFault(mail.PolicyRefused, "not a URL: "+printable(rawURL, 200))
	}
	for {
		if err := f.allow(next); err != nil {
			return err
		}
		f.at, f.asked = next, append(f.asked, next.String())
		if next, err = f.hop(ctx, next); next == nil || err != nil {
			return err
		}
		target := f.request.toldTo(next)
		f.Observation.Redirects = append(f.Observation.Redirects, cmp.Or(target, next).String())
		if next = target; next == nil {
			return newFault(mail.PolicyRefused, "the redirect would tell the address to somebody else")
		}
		if f.request.once {
			f.Location = next
			return nil
		}
	}
}

// allow says whether the next hop may be asked.
func (f *fetch) allow(next *url.URL) error {
	switch {
	case next.Scheme != "https" && next.Scheme != "http" || next.Hostname() == "":
		return newFault(mail.PolicyRefused, "only https and http are asked, not "+printable(next.Redacted(), 200))
	case f.request.refusedScheme(next.Scheme) != "":
		return newFault(mail.PolicyRefused, f.request.refusedScheme(next.Scheme)+", not to "+printable(next.Redacted(), 200))
	case next.User != nil:
		return newFault(mail.PolicyRefused, "a URL with a user name is not asked")
	case f.at != nil && f.at.Scheme == "https" && next.Scheme == "http":
		return newFault(mail.PolicyRefused, "a redirect from https to http is not followed: "+printable(next.String(), 200))
	case len(f.asked) > MaxRedirects:
		return newFault(mail.HTTPStatus, fmt.Sprintf("more than %d redirects", MaxRedirects))
	case slices.Contains(f.asked, next.String()):
		return newFault(mail.HTTPStatus, "the redirects run in a circle at "+printable(next.String(), 200))
	}
	return f.network.allowHost(next.Hostname())
}

// hop asks one URL. It gives the next one where the answer is a redirect.
func (f *fetch) hop(ctx context.Context, at *url.URL) (*url.URL, error) {
	if at.Scheme != "https" {
		f.HTTPS = false
	}
	proxy, err := f.network.options.Proxy(at)
	if err != nil {
		return nil, newFault(mail.PolicyRefused, "the proxy that the environment names cannot be used")
	}
	if proxy != nil {
		f.Observation.Proxy = plainProxy(proxy)
		ctx = withProxy(ctx, proxy)
	}
	var peer netip.Addr
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		peer = peerOf(info.Conn)
	}})
	answer, err := f.network.web.RoundTrip(f.ask(ctx, at))
	f.relateNames(at.Hostname())
	if err != nil {
		if t, ok := errors.AsType[*tlsFault](err); ok {
			f.relate(t.observation)
		}
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	f.Observation.Address = addressText(peer)
	if answer.TLS != nil && at.Scheme == "https" {
		f.relateTLS(at, peer, answer.TLS, proxy != nil)
	}
	return f.read(answer, at)
}

func (f *fetch) ask(ctx context.Context, at *url.URL) *http.Request {
	plain := *at
	plain.Fragment = ""
	r := &http.Request{
		Method: f.request.method, URL: &plain, Host: at.Host, Header: http.Header{},
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	r.Header.Set("User-Agent", f.network.options.UserAgent)
	f.request.attach(r)
	return r.WithContext(ctx)
}

// read takes the answer of a hop.
func (f *fetch) read(answer *http.Response, at *url.URL) (*url.URL, error) {
	facts := f.Observation.HTTPFacts
	facts.Status, facts.FinalURL, f.FinalURL = answer.StatusCode, at.String(), at
	f.Observation.ClockMS = f.clock(answer.Header)
	if target, ok := redirect(answer, at); ok {
		return target, nil
	}
	facts.MediaType = mediaType(answer.Header.Get("Content-Type"))
	if answer.StatusCode != http.StatusOK {
		return nil, newFault(mail.HTTPStatus, fmt.Sprintf("%s answered %s", at.Host, printable(answer.Status, 100)))
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, MaxDocument+1))
	facts.Bytes = min(len(body), MaxDocument)
	if err != nil {
		return nil, err
	}
	if len(body) > MaxDocument {
		return nil, newFault(mail.TooLarge, at.Host+" sent more than 1 MiB")
	}
	f.Body = body
	return nil, nil
}

// clock says how far the clock of a web server is ahead, in milliseconds; nil
// where it does not tell the time, or a cache does that kept the answer (RFC
// 9111 section 5.1).
func (f *fetch) clock(h http.Header) *int64 {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil || h.Get("Age") != "" {
		return nil
	}
	ahead := date.Sub(f.network.Now()).Milliseconds()
	return &ahead
}

// redirect gives the target of an answer that is a redirect with a usable one.
func redirect(answer *http.Response, at *url.URL) (*url.URL, bool) {
	switch answer.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return nil, false
	}
	location := answer.Header.Get("Location")
	if location == "" {
		return nil, false
	}
	target, err := at.Parse(location)
	return target, err == nil
}

func mediaType(contentType string) string {
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return ""
	}
	return bounded(media, 100)
}

func (f *fetch) relate(obs mail.Observation) {
	known := func(o mail.Observation) bool { return o.ID == obs.ID }
	if !slices.ContainsFunc(f.Related, known) {
		f.Related = append(f.Related, obs)
	}
}

// relateNames adds what the DNS said of the host, if anybody asked.
func (f *fetch) relateNames(host string) {
	for _, a := range f.network.remembered(host) {
		f.relate(a.Observation)
	}
}

// relateTLS adds the handshake of the connection that the answer came over,
// which may be older than the request.
func (f *fetch) relateTLS(at *url.URL, peer netip.Addr, state *tls.ConnectionState, proxied bool) {
	port := at.Port()
	if port == "" {
		port = "443"
	}
	if proxied {
		peer = netip.Addr{} // the connection leads to the proxy
	}
	obs := webTLS(at.Hostname(), net.JoinHostPort(at.Hostname(), port), peer, *state)
	obs.At = f.Observation.At
	f.relate(obs)
}

// failure classifies what ended the fetch.
func (f *fetch) failure(own context.Context, err error) *mail.Failure {
	host := f.Observation.URL
	if f.at != nil {
		host = f.at.Host
	}
	return f.network.webFailure(f.outer, own, host, err)
}

// webFailure classifies what ended a request to a host. The outer context is the
// caller's, own has the bound of one fetch.
func (n *Network) webFailure(outer, own context.Context, host string, err error) *mail.Failure {
	switch class := classOf(err); {
	case over(outer):
		return classify(context.DeadlineExceeded, host)
	case over(own):
		return &mail.Failure{Class: mail.Timeout, Detail: fmt.Sprintf("no document from %s within %s", host, inWords(n.timeouts.fetch))}
	case class == mail.ProtocolFault && strings.HasSuffix(err.Error(), "server gave HTTP response to HTTPS client"):
		return &mail.Failure{Class: mail.TLSNotSpoken, Detail: host + " answered the TLS handshake with plain HTTP"}
	case class == mail.ProtocolFault && strings.Contains(err.Error(), "response headers exceeded"):
		return &mail.Failure{Class: mail.TooLarge, Detail: fmt.Sprintf("%s sent a header of more than %d KiB", host, maxHeaderBytes>>10)}
	}
	return classify(err, host)
}

// peerOf gives the address that a connection leads to.
func peerOf(conn net.Conn) netip.Addr {
	if tcp, ok := conn.RemoteAddr().(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}

func addressText(addr netip.Addr) string {
	if !addr.IsValid() {
		return ""
	}
	return addr.String()
}
