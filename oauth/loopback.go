package oauth

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/mailmedic/mailmedic/wire"
)

// Redirect is where a browser brings the answer to: a place on this computer
// (RFC 8252 section 7.3).
type Redirect struct {
	Host string // 127.0.0.1, ::1, or localhost where a provider knows no other
	Port uint16 // 0 for any that is free
	Path string // begins with a slash
}

// ErrRedirect says that a redirect cannot be received, such as where another
// program has the port.
var ErrRedirect = errors.New("the browser's answer cannot be received")

// DefaultRedirect is for servers that follow RFC 8252, which take any port.
func DefaultRedirect() Redirect { return Redirect{Host: "127.0.0.1", Path: "/"} }

// ParseRedirect reads http://HOST[:PORT][/PATH]; the host has to be a loopback one.
func ParseRedirect(text string) (Redirect, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return Redirect{}, errors.New("write it as http://127.0.0.1/ or http://localhost:PORT/PATH")
	}
	at := Redirect{Host: u.Hostname(), Path: u.EscapedPath()}
	if at.Path == "" {
		at.Path = "/"
	}
	addr, err := netip.ParseAddr(at.Host)
	if at.Host != "localhost" && (err != nil || !addr.IsLoopback()) {
		return Redirect{}, fmt.Errorf("%q is not this computer; the host has to be 127.0.0.1, [::1] or localhost", at.Host)
	}
	if u.Port() == "" {
		return at, nil
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	if err != nil || port == 0 {
		return Redirect{}, fmt.Errorf("%q is no port", u.Port())
	}
	at.Port = uint16(port)
	return at, nil
}

// uri gives the redirect URI once the port is known.
func (r Redirect) uri(port uint16) string {
	return "http://" + net.JoinHostPort(r.Host, strconv.Itoa(int(port))) + r.Path
}

// A receiver waits for the one request that brings the answer.
type receiver struct {
	uri    string
	host   string // with the port, as the request must name it
	path   string
	state  string
	issuer issuerRule

	server *http.Server
	came   chan comeback // holds one
	once   sync.Once
	tasks  sync.WaitGroup // listeners and connections
}

// comeback is what a browser brings: a code, or a refusal.
type comeback struct {
	code    string
	refusal *Refusal
}

// The times of a receiver. The person's time is the context's.
const (
	headerPatience = 5 * time.Second        // for one request of a browser on the same computer
	pagePatience   = 500 * time.Millisecond // for the last page to get to the browser
)

// receive listens at the redirect. The caller must close what it gives.
func receive(ctx context.Context, at Redirect, state string, issuer issuerRule) (*receiver, error) {
	listeners, err := wire.ListenLoopback(ctx, at.Host, at.Port)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRedirect, err)
	}
	bound, err := netip.ParseAddrPort(listeners[0].Addr().String())
	if err != nil {
		return nil, fmt.Errorf("listen on this computer: %w", err)
	}
	r := &receiver{
		uri: at.uri(bound.Port()), host: net.JoinHostPort(at.Host, strconv.Itoa(int(bound.Port()))),
		path: at.Path, state: state, issuer: issuer, came: make(chan comeback, 1),
	}
	r.server = &http.Server{
		Handler: r, ReadHeaderTimeout: headerPatience, ReadTimeout: headerPatience, WriteTimeout: headerPatience,
		MaxHeaderBytes: 32 << 10, ErrorLog: log.New(io.Discard, "", 0), ConnState: r.count,
	}
	r.server.SetKeepAlivesEnabled(false)
	for _, l := range listeners {
		r.tasks.Go(func() { _ = r.server.Serve(l) }) // always ends with an error: closed
	}
	return r, nil
}

// count makes close wait for connections. A new one is counted by a goroutine of
// Serve, which is itself counted.
func (r *receiver) count(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		r.tasks.Add(1)
	case http.StateClosed, http.StateHijacked:
		r.tasks.Done()
	}
}

// close lets the last page out and waits until nothing runs any more.
func (r *receiver) close() {
	ctx, cancel := context.WithTimeout(context.Background(), pagePatience)
	defer cancel()
	if r.server.Shutdown(ctx) != nil {
		_ = r.server.Close()
	}
	r.tasks.Wait()
}

// wait gives what the browser brings.
func (r *receiver) wait(ctx context.Context) (comeback, error) {
	select {
	case back := <-r.came:
		return back, nil
	case <-ctx.Done():
		return comeback{}, context.Cause(ctx)
	}
}

// ServeHTTP takes the one request that has the path and the state. Whatever else
// comes, from any program or web page on this computer, changes nothing.
func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	query := q.URL.Query()
	switch {
	case q.Host != r.host || q.URL.EscapedPath() != r.path: // another host is a rebound name
		say(w, http.StatusNotFound, pageNothing)
		return
	case q.Method != http.MethodGet:
		say(w, http.StatusMethodNotAllowed, pageNothing)
		return
	case len(query["state"]) != 1 || subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(r.state)) != 1:
		say(w, http.StatusBadRequest, pageStranger)
		return
	case len(query["code"]) > 1 || len(query["error"]) > 1 || query.Has("code") == query.Has("error"):
		say(w, http.StatusBadRequest, pageNothing)
		return
	}
	back, page := r.read(query)
	taken := false
	r.once.Do(func() { taken = true })
	if !taken {
		say(w, http.StatusNotFound, pageNothing)
		return
	}
	say(w, http.StatusOK, page)
	r.came <- back
}

// read takes what the browser brings, as it is: who has the secrets cleans it.
func (r *receiver) read(query url.Values) (comeback, string) {
	switch {
	case !r.issuer.fits(query.Get("iss")):
		return comeback{refusal: &Refusal{
			Code: mixUp, Step: "the sign-in",
			Description: "the answer comes from " + query.Get("iss") + ", the question went to " + r.issuer.name,
		}}, pageRefused
	case query.Has("error"):
		return comeback{refusal: &Refusal{
			Code: query.Get("error"), Description: query.Get("error_description"),
			Page: query.Get("error_uri"), Step: "the sign-in",
		}}, pageRefused
	}
	return comeback{code: query.Get("code")}, pageThanks
}

// mixUp is our own code for an answer of another issuer (RFC 9207).
const mixUp = "issuer_mismatch"

// The pages that a browser shows. Nothing of a request stands in them.
const (
	pageThanks   = "You are signed in. mailmedic has what it needs: close this page and go back to the terminal."
	pageRefused  = "The sign-in was refused. The terminal says why: close this page and go back to it."
	pageStranger = "This is not the answer to the question that mailmedic asked, so it is not taken. Use the address that the terminal shows."
	pageNothing  = "There is nothing here."
)

func say(w http.ResponseWriter, status int, text string) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer") // the code stands in the address of this page
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, page, text) // a browser that has left needs no page
}

const page = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>mailmedic</title>
<body style="font: 1.2em sans-serif; margin: 4em auto; max-width: 30em"><h1>mailmedic</h1><p>%s</p></body></html>
`
