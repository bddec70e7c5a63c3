package wire

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

// A site is web servers on loopback that a Network finds by virtual names and
// standard ports.
type site struct {
	ca      authority
	network *Network
	mu      sync.Mutex
	places  map[string]string // "192.0.2.80:443" to the socket
	dials   atomic.Int32      // TCP connections
}

const webZone = zone(`
autoconfig.example.com. A 192.0.2.80
other.example.com.      A 192.0.2.81
bad.example.com.        A 192.0.2.82
closed.example.com.     A 192.0.2.83
meta.example.com.       A 169.254.169.254
dns.example.com.        A 192.0.2.54
`)

func newSite(t testing.TB, o Options) *site {
	t.Helper()
	s := &site{ca: newAuthority(t, "Root"), places: map[string]string{}}
	s.places["192.0.2.53:53"] = resolverAt(t, webZone.answerer(t)).String()
	o.System, o.Roots, o.Now, o.Dial = []string{resolverAddress}, s.ca.pool(), now, s.dial
	if o.Proxy == nil {
		o.Proxy = func(*url.URL) (*url.URL, error) { return nil, nil }
	}
	n, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	n.timeouts.unhurry()
	if n.guide != nil {
		n.guide.timeouts.unhurry()
	}
	s.network = n
	return s
}

// unhurry makes the waits for resolvers so long that a busy machine does not
// meet them.
func (t *timeouts) unhurry() {
	t.dnsTry, t.dnsName, t.webConnect = time.Minute, time.Minute, time.Minute
}

func (s *site) dial(ctx context.Context, network string, to netip.AddrPort) (net.Conn, error) {
	s.mu.Lock()
	at, ok := s.places[to.String()]
	s.mu.Unlock()
	if !ok {
		at = "127.0.0.1:1"
	}
	if strings.HasPrefix(network, "tcp") {
		s.dials.Add(1)
	}
	return dialSystem(ctx, network, netip.MustParseAddrPort(at))
}

// serve starts a server at a virtual address, over TLS where there is a certificate.
func (s *site) serve(t testing.TB, at string, cert *tls.Certificate, handler http.HandlerFunc) {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.EnableHTTP2 = true
	if cert != nil {
		server.TLS = &tls.Config{Certificates: []tls.Certificate{*cert}}
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	s.mu.Lock()
	s.places[at] = server.Listener.Addr().String()
	s.mu.Unlock()
}

// certificate is one for names.
func (s *site) certificate(t testing.TB, names ...string) *tls.Certificate {
	c := s.ca.issue(t, func(c *x509.Certificate) { c.DNSNames = names })
	return &c
}

func say(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "Text/XML; charset=utf-8")
		_, _ = io.WriteString(w, text)
	}
}

func related(f Fetched) string {
	var ids []string
	for _, o := range f.Related {
		ids = append(ids, o.ID)
	}
	return strings.Join(ids, " ")
}

func TestGetADocument(t *testing.T) {
	t.Parallel()
	s := newSite(t, Options{UserAgent: "mailmedic/test"})
	var header http.Header
	s.serve(t, "192.0.2.80:443", s.certificate(t, "autoconfig.example.com"), func(w http.ResponseWriter, r *http.Request) {
		header = r.Header
		if r.ProtoMajor != 2 || r.Host != "autoconfig.example.com" || r.URL.RawQuery != "emailaddress=anna%40example.com" {
			http.Error(w, "wrong", http.StatusTeapot)
		}
		say("<clientConfig/>")(w, r)
	})
	const address = "https://autoconfig.example.com/mail/config-v1.1.xml?emailaddress=anna%40example.com#top"
	f := s.network.Get(t.Context(), address)
	if f.Observation.Failure != nil || string(f.Body) != "<clientConfig/>" || !f.HTTPS || f.FinalURL.String() != address {
		t.Fatalf("%q, %+v", f.Body, f.Observation.Failure)
	}
	o := f.Observation
	if o.ID != address || o.Kind != mail.KindHTTP || o.Status != 200 || o.MediaType != "text/xml" || o.Bytes != 15 || o.Address != "192.0.2.80" || o.Proxy != "" {
		t.Errorf("%+v", o.HTTPFacts)
	}
	if got := related(f); got != "a:autoconfig.example.com aaaa:autoconfig.example.com tls:https://autoconfig.example.com:443#192.0.2.80" {
		t.Errorf("related are %s", got)
	}
	if header.Get("User-Agent") != "mailmedic/test" || len(header) != 1 {
		t.Errorf("the request had %v", header)
	}
	again := s.network.Get(t.Context(), address)
	if string(again.Body) == "" || related(again) != related(f) || s.dials.Load() != 1 {
		t.Errorf("again: %d connections, related %s", s.dials.Load(), related(again))
	}
}

func TestRedirects(t *testing.T) {
	t.Parallel()
	s := newSite(t, Options{})
	redirect := func(w http.ResponseWriter, r *http.Request) {
		switch path := r.URL.Path; {
		case path == "/there":
			say("there")(w, r)
		case path == "/cookie":
			if r.Header.Get("Cookie")+r.Header.Get("Referer") != "" {
				http.Error(w, "told too much", http.StatusTeapot)
			}
			say("silent")(w, r)
		case path == "/nowhere":
			w.WriteHeader(http.StatusFound)
		case strings.HasPrefix(path, "/count"):
			http.Redirect(w, r, path+"x", http.StatusTemporaryRedirect)
		default:
			http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
			http.Redirect(w, r, r.URL.Query().Get("to"), http.StatusMovedPermanently)
		}
	}
	s.serve(t, "192.0.2.80:443", s.certificate(t, "autoconfig.example.com"), redirect)
	s.serve(t, "192.0.2.80:80", nil, redirect)
	s.serve(t, "192.0.2.81:443", s.certificate(t, "other.example.com"), redirect)
	for _, c := range []struct {
		name, from, to string
		body           string
		class          mail.Class
		https          bool
		hops           int
	}{
		{"within a server", "https://autoconfig.example.com/", "/there", "there", "", true, 1},
		{"to another server", "https://autoconfig.example.com/", "https://other.example.com/there", "there", "", true, 1},
		{"without cookie and referrer", "https://autoconfig.example.com/", "/cookie", "silent", "", true, 1},
		{"from http to https", "http://autoconfig.example.com/", "https://autoconfig.example.com/there", "there", "", false, 1},
		{"from http to http", "http://autoconfig.example.com/", "/there", "there", "", false, 1},
		{"from https to http", "https://autoconfig.example.com/", "http://autoconfig.example.com/there", "", mail.PolicyRefused, true, 1},
		{"to another scheme", "https://autoconfig.example.com/", "file:///etc/passwd", "", mail.PolicyRefused, true, 1},
		{"to a URL with a user", "https://autoconfig.example.com/", "https://a:b@other.example.com/", "", mail.PolicyRefused, true, 1},
		{"to a metadata address", "http://autoconfig.example.com/", "http://169.254.169.254/latest", "", mail.PolicyRefused, false, 1},
		{"to a name with a metadata address", "http://autoconfig.example.com/", "http://meta.example.com/", "", mail.PolicyRefused, false, 1},
		{"in a circle", "https://autoconfig.example.com/", "/?to=%2F", "", mail.HTTPStatus, true, 3},
		{"without an end", "https://autoconfig.example.com/", "/count", "", mail.HTTPStatus, true, 11},
		{"to nowhere", "https://autoconfig.example.com/", "/nowhere", "", mail.HTTPStatus, true, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := s.network.Get(t.Context(), c.from+"?to="+url.QueryEscape(c.to))
			if string(f.Body) != c.body || classIn(f.Observation.Failure) != c.class || f.HTTPS != c.https {
				t.Errorf("%q, %v, https %v", f.Body, f.Observation.Failure, f.HTTPS)
			}
			if len(f.Observation.Redirects) != c.hops {
				t.Errorf("redirects %v", f.Observation.Redirects)
			}
		})
	}
}

func TestAnswersThatAreNoDocument(t *testing.T) {
	t.Parallel()
	s := newSite(t, Options{})
	handle := func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/404":
			http.NotFound(w, r)
		case "/204":
			w.WriteHeader(http.StatusNoContent)
		case "/exact":
			_, _ = w.Write(make([]byte, MaxDocument))
		case "/large", "/announced":
			if r.URL.Path == "/announced" {
				w.Header().Set("Content-Length", fmt.Sprint(1<<40))
			}
			for range 2 * MaxDocument / 4096 {
				if _, err := w.Write(make([]byte, 4096)); err != nil {
					return
				}
			}
		case "/header":
			w.Header().Set("X-Long", strings.Repeat("x", 1<<20))
		case "/short":
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte("short"))
			panic(http.ErrAbortHandler)
		}
	}
	s.serve(t, "192.0.2.80:443", s.certificate(t, "autoconfig.example.com"), handle)
	s.serve(t, "192.0.2.80:80", nil, handle)
	expired := s.ca.issue(t, func(c *x509.Certificate) {
		c.DNSNames, c.NotAfter = []string{"bad.example.com"}, today.Add(-day)
	})
	var asked atomic.Int32
	s.serve(t, "192.0.2.82:443", &expired, func(http.ResponseWriter, *http.Request) { asked.Add(1) })
	s.serve(t, "192.0.2.81:443", nil, say("plain http"))
	for _, c := range []struct {
		name, url string
		class     mail.Class
		detail    string
		status    int
	}{
		{"not found", "https://autoconfig.example.com/404", mail.HTTPStatus, "autoconfig.example.com answered 404 Not Found", 404},
		{"no content", "https://autoconfig.example.com/204", mail.HTTPStatus, "204", 204},
		{"the largest", "https://autoconfig.example.com/exact", "", "", 200},
		{"too large", "https://autoconfig.example.com/large", mail.TooLarge, "more than 1 MiB", 200},
		{"said to be too large", "https://autoconfig.example.com/announced", mail.TooLarge, "more than 1 MiB", 200},
		{"too large a header", "http://autoconfig.example.com/header", mail.TooLarge, "header", 0},
		{"an expired certificate", "https://bad.example.com/", mail.CertExpired, "expired on", 0},
		{"not TLS", "https://other.example.com/", mail.TLSNotSpoken, "HTTP/1.", 0},
		{"nobody listens", "https://closed.example.com/", mail.Refused, "connection refused by 192.0.2.83:443", 0},
		{"no such host", "https://nowhere.example.com/", mail.DNSNXDomain, "nowhere.example.com does not exist", 0},
		{"not a URL", "https://exa mple/", mail.PolicyRefused, "not a URL", 0},
		{"another scheme", "ftp://example.com/", mail.PolicyRefused, "only https and http", 0},
		{"no host", "https:///x", mail.PolicyRefused, "only https and http", 0},
		{"a link-local address", "http://[fe80::1]/", mail.PolicyRefused, "link-local", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := s.network.Get(t.Context(), c.url)
			failure := f.Observation.Failure
			if classIn(failure) != c.class || f.Observation.Status != c.status || (f.Body == nil) != (c.class != "") {
				t.Fatalf("status %d, %d bytes, %v", f.Observation.Status, len(f.Body), failure)
			}
			if failure != nil && !strings.Contains(failure.Detail, c.detail) {
				t.Errorf("the detail is %s", failure.Detail)
			}
		})
	}
	t.Run("a body that ends early", func(t *testing.T) {
		t.Parallel()
		f := s.network.Get(t.Context(), "http://autoconfig.example.com/short")
		if f.Body != nil || classIn(f.Observation.Failure) != mail.Closed {
			t.Errorf("%q, %v", f.Body, f.Observation.Failure)
		}
	})
	t.Cleanup(func() {
		if asked.Load() != 0 {
			t.Error("a request went to a server with a bad certificate")
		}
	})
}

func TestABadCertificateIsObserved(t *testing.T) {
	t.Parallel()
	s := newSite(t, Options{})
	s.serve(t, "192.0.2.80:443", s.certificate(t, "hoster.example"), say("secret"))
	f := s.network.Get(t.Context(), "https://autoconfig.example.com/")
	if classIn(f.Observation.Failure) != mail.CertName || f.HTTPS || f.FinalURL != nil {
		t.Errorf("%v", f.Observation.Failure)
	}
	i := slices.IndexFunc(f.Related, func(o mail.Observation) bool { return o.Kind == mail.KindTLS })
	if i < 0 || classIn(f.Related[i].Failure) != mail.CertName || f.Related[i].Certificates[0].Names[0] != "hoster.example" {
		t.Errorf("related: %+v", f.Related)
	}
}

func TestAFetchEnds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		server func(net.Conn)
		run    time.Duration
		class  mail.Class
		took   time.Duration
	}{
		{"2.5 s after nothing answers", nil, time.Hour, mail.Timeout, 2500 * time.Millisecond},
		{"15 s after it began, with a server that takes its time", drain, time.Hour, mail.Timeout, 15 * time.Second},
		{"with the run", drain, time.Second, mail.Deadline, time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := &world{servers: map[string]func(net.Conn){
					"udp4 192.0.2.53:53": webZone.answerer(t).overPipe, "tcp4 192.0.2.80:80": c.server,
				}}
				n := w.network(t, Options{Proxy: func(*url.URL) (*url.URL, error) { return nil, nil }})
				ctx, cancel := context.WithTimeout(t.Context(), c.run)
				defer cancel()
				begin := time.Now()
				f := n.Get(ctx, "http://autoconfig.example.com/")
				if classIn(f.Observation.Failure) != c.class || time.Since(begin) != c.took {
					t.Errorf("%v after %v", f.Observation.Failure, time.Since(begin))
				}
			})
		})
	}
}
