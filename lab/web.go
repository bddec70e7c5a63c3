package lab

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// openWeb opens a server for every address and port that web hosts have.
func (r *Running) openWeb() error {
	certificates := map[string]*tls.Certificate{}
	hosts := map[netip.AddrPort][]*site{}
	var order []netip.AddrPort
	for _, s := range r.world.sites {
		certificate, err := r.authority.certificate(s.Certificate, []string{s.Host})
		if err != nil {
			return err
		}
		certificates[s.Host] = &certificate
		for _, addr := range s.at {
			for _, scheme := range s.Schemes {
				at := netip.AddrPortFrom(addr, schemePort(scheme))
				if hosts[at] == nil {
					order = append(order, at)
				}
				hosts[at] = append(hosts[at], s)
			}
		}
	}
	for _, at := range order {
		if err := r.openSite(at, hosts[at], certificates); err != nil {
			return fmt.Errorf("web server at %s: %w", at, err)
		}
	}
	return nil
}

func schemePort(scheme string) uint16 {
	if scheme == "https" {
		return 443
	}
	return 80
}

func (r *Running) openSite(at netip.AddrPort, sites []*site, certificates map[string]*tls.Certificate) error {
	if fault := sites[0].Fault; fault != "" {
		return r.listen([]netip.AddrPort{at}, func(conn net.Conn, _ int) { breakWeb(conn, fault) })
	}
	l, err := r.listenTCP()
	if err != nil {
		return err
	}
	r.tcp[at] = realAddress(l.Addr())
	scheme := "http"
	if at.Port() == schemePort("https") {
		scheme = "https"
		l = tls.NewListener(l, &tls.Config{
			SessionTicketsDisabled: true,
			GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
				if s := hostOf(sites, hello.ServerName); s != nil {
					return certificates[s.Host], nil
				}
				return certificates[sites[0].Host], nil // as web servers do without a host of that name
			},
		})
	}
	return r.serveHTTP(l, r.webHandler(scheme, sites))
}

// serveHTTP serves HTTP/1.1 until the world ends.
func (r *Running) serveHTTP(l net.Listener, handler http.Handler) error {
	server := &http.Server{
		Handler:      handler,
		ErrorLog:     log.New(io.Discard, "", 0),
		ConnState:    r.countWeb,
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){}, // HTTP/1.1 only
	}
	if !r.own(server) {
		return net.ErrClosed
	}
	r.spawn(func() { _ = server.Serve(l) }) // always ends with an error: closed
	return nil
}

// countWeb makes Close wait for web connections. A new one is counted by the
// goroutine of Serve, which is itself counted.
func (r *Running) countWeb(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		r.wg.Add(1)
	case http.StateClosed, http.StateHijacked:
		r.wg.Done()
	}
}

func breakWeb(conn net.Conn, fault string) {
	switch fault {
	case "close":
		endOfFile(conn)
	case "reset":
		_, _ = conn.Read(make([]byte, 1)) // so that the client is reading when it happens
		reset(conn)
	case "silent":
		drain(conn)
	}
}

func hostOf(sites []*site, host string) *site {
	i := slices.IndexFunc(sites, func(s *site) bool { return strings.EqualFold(s.Host, host) })
	if i < 0 {
		return nil
	}
	return sites[i]
}

func (r *Running) webHandler(scheme string, sites []*site) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Date", r.now().UTC().Format(http.TimeFormat))
		r.recorder.record(func(j *Journal) {
			j.Requests = append(j.Requests, scheme+"://"+req.Host+req.URL.RequestURI())
		})
		if req.Method == http.MethodPost {
			r.recordPost(scheme, req)
		}
		host, _, _ := strings.Cut(req.Host, ":")
		s := hostOf(sites, host)
		if s == nil && sites[0].CatchAll != "" {
			http.Redirect(w, req, sites[0].CatchAll, http.StatusFound)
			return
		}
		if s == nil {
			http.NotFound(w, req)
			return
		}
		p, ok := s.pages[scheme+":"+req.URL.Path]
		if i := r.issuers[s.Host]; !ok && i != nil && scheme == "https" {
			i.ServeHTTP(w, req)
			return
		}
		if !ok {
			http.NotFound(w, req)
			return
		}
		if p.Needs != "" && !req.URL.Query().Has(p.Needs) {
			http.Error(w, p.Needs+" is missing", http.StatusBadRequest)
			return
		}
		if r.wait(p.Delay) {
			p.serve(w, req)
		}
	})
}

// maxPost bounds what is kept of a body, in bytes.
const maxPost = 64 << 10

func (r *Running) recordPost(scheme string, req *http.Request) {
	body, _ := io.ReadAll(io.LimitReader(req.Body, maxPost)) // what came of it is what was sent
	req.Body = io.NopCloser(bytes.NewReader(body))
	r.recorder.record(func(j *Journal) {
		j.Posts = append(j.Posts, scheme+"://"+req.Host+req.URL.RequestURI()+" "+string(body))
	})
}

func (p page) serve(w http.ResponseWriter, req *http.Request) {
	w.Header().Set("Content-Type", p.mediaType(req.URL.Path))
	if p.Location != "" {
		w.Header().Set("Location", p.Location)
	}
	status := p.Status
	if status == 0 {
		status = http.StatusOK
	}
	w.WriteHeader(status)
	if req.Method == http.MethodHead || status == http.StatusNoContent {
		return
	}
	_, _ = w.Write(p.body) // a client that has left needs no answer
	if missing := p.Size - len(p.body); missing > 0 {
		_, _ = w.Write(bytes.Repeat([]byte(" "), missing))
	}
}
