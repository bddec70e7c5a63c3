package wire

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/mailmedic/mailmedic/mail"
)

const (
	overTLS = "tls://dns.example.com"
	overWeb = "https://dns.example.com/dns-query"
)

// serveTLS starts a DNS server over TLS at a virtual address.
func (s *site) serveTLS(t testing.TB, at string, cert *tls.Certificate, handler dns.HandlerFunc) {
	t.Helper()
	s.listenTLS(t, at, cert, func(listener net.Listener) {
		server := &dns.Server{Listener: listener, Handler: handler}
		_ = server.ActivateAndServe()
	})
}

// listenTLS hands a listener over TLS at a virtual address to serve, which runs until the test ends.
func (s *site) listenTLS(t testing.TB, at string, cert *tls.Certificate, serve func(net.Listener)) {
	t.Helper()
	listener, err := tls.Listen("tcp4", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{*cert}})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		serve(listener)
	}()
	t.Cleanup(func() {
		s.network.Close() // the connections first, so that their servers end
		_ = listener.Close()
		<-done
	})
	s.mu.Lock()
	s.places[at] = listener.Addr().String()
	s.mu.Unlock()
}

// answering serves DNS as a handler of miekg/dns.
func (a answerer) answering(w dns.ResponseWriter, q *dns.Msg) {
	if answer := a(q); answer != nil {
		_ = w.WriteMsg(answer)
	}
}

// overHTTP serves DNS as a handler of net/http.
func (a answerer) overHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	q := new(dns.Msg)
	if r.Method != http.MethodPost || r.URL.Path != "/dns-query" || r.Header.Get("Content-Type") != dnsMessage || q.Unpack(body) != nil {
		http.Error(w, "not a DNS question", http.StatusBadRequest)
		return
	}
	packed, _ := a(q).Pack()
	w.Header().Set("Content-Type", dnsMessage)
	_, _ = w.Write(packed)
}

// serveBoth starts encrypted resolvers with the answers of a at dns.example.com.
func (s *site) serveBoth(t testing.TB, cert *tls.Certificate, a answerer) {
	t.Helper()
	s.serveTLS(t, "192.0.2.54:853", cert, a.answering)
	s.serve(t, "192.0.2.54:443", cert, a.overHTTP)
}

func TestAnEncryptedResolver(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, resolver string
		proves, shown  string
	}{
		{"TLS by name", overTLS, "dns.example.com", "tls://dns.example.com:853"},
		{"TLS by address", "tls://192.0.2.54", "192.0.2.54", "tls://192.0.2.54:853"},
		{"TLS by address and name", "tls://192.0.2.54#dns.example.com", "dns.example.com", "tls://192.0.2.54:853#dns.example.com"},
		{"HTTPS by name", overWeb, "dns.example.com", overWeb},
		{"HTTPS by address", "https://192.0.2.54/dns-query", "192.0.2.54", "https://192.0.2.54/dns-query"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, Options{Resolvers: []string{c.resolver}})
			var padding atomic.Int32
			good := mailZone.answerer(t)
			cert := s.ca.issue(t, func(cert *x509.Certificate) {
				cert.DNSNames, cert.IPAddresses = []string{c.proves}, nil
				if ip := net.ParseIP(c.proves); ip != nil {
					cert.DNSNames, cert.IPAddresses = nil, []net.IP{ip}
				}
			})
			s.serveBoth(t, &cert, func(q *dns.Msg) *dns.Msg {
				if packed, _ := q.Pack(); len(packed)%padBlock == 0 {
					padding.Add(1)
				}
				answer := good(q)
				answer.AuthenticatedData = q.AuthenticatedData
				return answer
			})
			var all sync.WaitGroup
			for _, name := range []string{"example.com", "mx1.example.com", "null.example.com", "nowhere.example.com"} {
				for _, qtype := range []string{"A", "AAAA", "MX", "TXT", "SRV"} {
					all.Go(func() {
						a := s.network.Lookup(t.Context(), name, qtype)
						if class := classIn(a.Failure()); class != "" && class != mail.DNSNoData && class != mail.DNSNXDomain {
							t.Errorf("%s %s: %v", qtype, name, a.Failure())
						}
						if !a.Authentic() || a.Observation.Resolver != c.shown {
							t.Errorf("authentic %v, from %s", a.Observation.Authentic, a.Observation.Resolver)
						}
					})
				}
			}
			all.Wait()
			if mx := s.network.Lookup(t.Context(), "example.com", "MX").MX; len(mx) != 2 {
				t.Errorf("MX is %v", mx)
			}
			if got := s.dials.Load(); got > 4 {
				t.Errorf("%d connections for 20 questions", got)
			}
			if padding.Load() != 20 {
				t.Errorf("%d of 20 questions are padded", padding.Load())
			}
		})
	}
}

func TestTheADBitOfAnotherComputerIsNotBelieved(t *testing.T) {
	t.Parallel()
	s := newSite(t, Options{Resolvers: []string{"192.0.2.55"}})
	good := mailZone.answerer(t)
	s.places["192.0.2.55:53"] = resolverAt(t, func(q *dns.Msg) *dns.Msg {
		answer := good(q)
		answer.AuthenticatedData = true
		return answer
	}).String()
	if a := s.network.Lookup(t.Context(), "example.com", "MX"); a.Observation.Authentic != mail.NotKnown {
		t.Errorf("authentic is %v", a.Observation.Authentic)
	}
}

func TestAResolverWithABadCertificateIsNotAsked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		certify func(*testing.T, *site) tls.Certificate
		class   mail.Class
	}{
		{"for another name", func(t *testing.T, s *site) tls.Certificate { return *s.certificate(t, "other.example.com") }, mail.CertName},
		{"that has expired", func(t *testing.T, s *site) tls.Certificate {
			return s.ca.issue(t, func(c *x509.Certificate) {
				c.DNSNames, c.NotAfter = []string{"dns.example.com"}, today.Add(-day)
			})
		}, mail.CertExpired},
		{"of a stranger", func(t *testing.T, _ *site) tls.Certificate {
			return newAuthority(t, "Stranger").issue(t, func(c *x509.Certificate) { c.DNSNames = []string{"dns.example.com"} })
		}, mail.CertChain},
	} {
		for _, resolver := range []string{overTLS, overWeb} {
			t.Run(resolver+" "+c.name, func(t *testing.T) {
				t.Parallel()
				s := newSite(t, Options{Resolvers: []string{resolver}})
				cert := c.certify(t, s)
				s.serveBoth(t, &cert, func(*dns.Msg) *dns.Msg {
					t.Error("it was asked")
					return nil
				})
				begin := time.Now()
				f := s.network.Lookup(t.Context(), "example.com", "MX").Failure()
				if classIn(f) != mail.DNSTimeout || !strings.Contains(f.Detail, string("("+c.class+")")) || !strings.Contains(f.Detail, "dns.example.com") {
					t.Errorf("got %v", f)
				}
				if took := time.Since(begin); took > 2*time.Second {
					t.Errorf("it was tried for %v", took)
				}
			})
		}
	}
}

// handServed has a conversation on every connection.
func handServed(converse func(net.Conn)) func(net.Listener) {
	return func(listener net.Listener) {
		var all sync.WaitGroup
		defer all.Wait()
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer func() { _ = conn.Close() }()
				converse(conn)
			})
		}
	}
}

func TestAResolverOverTLSThatMisbehaves(t *testing.T) {
	t.Parallel()
	good := mailZone.answerer(t)
	reply := func(conn net.Conn, message []byte) []byte {
		q := new(dns.Msg)
		if q.Unpack(message) != nil {
			return nil
		}
		packed, _ := good(q).Pack()
		return packed
	}
	for _, c := range []struct {
		name     string
		converse func(net.Conn)
		want     string // in the failure, "" for a good answer
	}{
		{"answers one question for each connection", func(conn net.Conn) {
			message, _ := readFrame(conn)
			_, _ = conn.Write(framed(reply(conn, message)))
		}, ""},
		{"answers in the wrong order and more than it was asked", func(conn net.Conn) {
			first, _ := readFrame(conn)
			second, _ := readFrame(conn)
			_, _ = conn.Write(framed([]byte("x")))
			_, _ = conn.Write(framed(make([]byte, 40)))
			_, _ = conn.Write(framed(reply(conn, second)))
			_, _ = conn.Write(framed(reply(conn, first)))
			drain(conn)
		}, ""},
		{"closes at once", func(conn net.Conn) { _ = conn.(*tls.Conn).Handshake() }, "the resolver ended the connection"},
		{"sends garbage", func(conn net.Conn) {
			for {
				message, err := readFrame(conn)
				if err != nil {
					return
				}
				_, _ = conn.Write(framed(append(message[:3:3], "no DNS message at all"...)))
			}
		}, "sent a malformed answer"},
		{"speaks another protocol", func(conn net.Conn) {
			_, _ = io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
		}, "the resolver ended the connection"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, Options{Resolvers: []string{overTLS}})
			s.listenTLS(t, "192.0.2.54:853", s.certificate(t, "dns.example.com"), handServed(c.converse))
			var both sync.WaitGroup
			for _, qtype := range []string{"MX", "TXT"} {
				both.Go(func() {
					f := s.network.Lookup(t.Context(), "example.com", qtype).Failure()
					if (f == nil) != (c.want == "") || f != nil && !strings.Contains(f.Detail, c.want) {
						t.Errorf("%s: got %v, want %q", qtype, f, c.want)
					}
				})
			}
			both.Wait()
		})
	}
}

func TestAResolverOverHTTPSThatMisbehaves(t *testing.T) {
	t.Parallel()
	good := mailZone.answerer(t)
	send := func(media string, body []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", media)
			_, _ = w.Write(body)
		}
	}
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		want   string
	}{
		{"has no such page", http.NotFound, "it answered 404 Not Found"},
		{"has lost its backend", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }, "it answered 502 Bad Gateway"},
		{"redirects", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://other.example.com/", http.StatusFound)
		}, "it answered 302 Found"},
		{"sends a web page", send("text/html", []byte("<p>Welcome")), "it answered with text/html"},
		{"says no type", send("", nil), "something without a type"},
		{"sends nothing", send(dnsMessage, nil), "malformed"},
		{"sends garbage", send(dnsMessage, []byte(strings.Repeat("garbage", 100))), "malformed"},
		{"sends too much", send(dnsMessage, make([]byte, dns.MaxMsgSize+1)), "more than a DNS message can hold"},
		{"answers something else", func(w http.ResponseWriter, _ *http.Request) {
			packed, _ := good(new(dns.Msg).SetQuestion("example.net.", dns.TypeMX)).Pack()
			send(dnsMessage, packed)(w, nil)
		}, "malformed"},
		{"answers with an ID that a cache has kept", func(w http.ResponseWriter, r *http.Request) {
			answerer(func(q *dns.Msg) *dns.Msg {
				if q.Id != 0 {
					t.Errorf("the ID of a question is %d", q.Id)
				}
				answer := good(q)
				answer.Id = 4711
				return answer
			}).overHTTP(w, r)
		}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, Options{Resolvers: []string{overWeb}})
			var asked atomic.Int32
			s.serve(t, "192.0.2.54:443", s.certificate(t, "dns.example.com"), func(w http.ResponseWriter, r *http.Request) {
				asked.Add(1)
				c.answer(w, r)
			})
			a := s.network.Lookup(t.Context(), "example.com", "MX")
			f := a.Failure()
			if c.want == "" {
				if len(a.MX) != 2 {
					t.Errorf("got %v", f)
				}
				return
			}
			if classIn(f) != mail.DNSTimeout || !strings.Contains(f.Detail, overWeb+": ") || !strings.Contains(f.Detail, c.want) {
				t.Errorf("got %v, want %q", f, c.want)
			}
			if asked.Load() != 1 {
				t.Errorf("it was asked %d times", asked.Load())
			}
		})
	}
}

func TestAResolverThatIsNotFound(t *testing.T) {
	t.Parallel()
	for _, resolver := range []string{"tls://nowhere.example.com", "https://nowhere.example.com/dns-query"} {
		s := newSite(t, Options{Resolvers: []string{resolver}})
		f := s.network.Lookup(t.Context(), "example.com", "MX").Failure()
		if classIn(f) != mail.DNSTimeout || !strings.Contains(f.Detail, "nowhere.example.com does not exist") {
			t.Errorf("%s: got %v", resolver, f)
		}
	}
}

func TestCloseEndsQuestionsToSlowResolvers(t *testing.T) {
	t.Parallel()
	for _, resolver := range []string{overTLS, overWeb} {
		t.Run(resolver, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, Options{Resolvers: []string{resolver}})
			arrived, gone := make(chan struct{}, 9), make(chan struct{})
			cert := s.certificate(t, "dns.example.com")
			s.listenTLS(t, "192.0.2.54:853", cert, handServed(func(conn net.Conn) {
				_, _ = readFrame(conn)
				arrived <- struct{}{}
				drain(conn)
			}))
			s.serve(t, "192.0.2.54:443", cert, func(_ http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				arrived <- struct{}{}
				<-r.Context().Done()
			})
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				defer close(gone)
				s.network.Lookup(ctx, "example.com", "MX")
			}()
			<-arrived
			s.network.Close()
			<-gone
			cancel()
		})
	}
}

func TestTheNextResolverStandsInForAnEncryptedOne(t *testing.T) {
	t.Parallel()
	for _, first := range []string{overTLS, overWeb} {
		s := newSite(t, Options{Resolvers: []string{first, "192.0.2.55"}}) // nobody listens at the first
		s.places["192.0.2.55:53"] = resolverAt(t, mailZone.answerer(t)).String()
		if a := s.network.Lookup(t.Context(), "example.com", "MX"); len(a.MX) != 2 || a.Observation.Resolver != "192.0.2.55:53" {
			t.Errorf("%s: got %v", first, a.Failure())
		}
	}
}

// Whatever a web server sends, an answer that is taken answers the question.
func FuzzParseWebAnswer(f *testing.F) {
	query := form{edns: true}.message(question{"example.com.", dns.TypeMX})
	query.Id = 0
	packed, err := everyName(query).Pack()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(packed)
	f.Add(packed[:len(packed)-3])
	f.Add(binary.BigEndian.AppendUint16(nil, 4711))
	f.Fuzz(func(t *testing.T, message []byte) {
		got, err := parseWebAnswer(message, query)
		if err != nil {
			if got != nil || !isFinal(err) {
				t.Fatalf("%v with %v", got, err)
			}
			return
		}
		if len(got.Question) == 1 && !strings.EqualFold(got.Question[0].Name, "example.com.") || got.Truncated {
			t.Fatalf("taken: %v", got)
		}
	})
}

func BenchmarkEncryptedLookup(b *testing.B) {
	for _, resolver := range []string{overTLS, overWeb} {
		b.Run(strings.SplitN(resolver, ":", 2)[0], func(b *testing.B) {
			s := newSite(b, Options{Resolvers: []string{resolver}})
			s.serveBoth(b, s.certificate(b, "dns.example.com"), everyName)
			s.network.Lookup(b.Context(), "first.example.com", "A") // opens the connection
			i := 0
			for b.Loop() {
				i++
				if a := s.network.Lookup(b.Context(), fmt.Sprintf("n%d.example.com", i), "A"); a.Failure() != nil {
					b.Fatal(a.Failure())
				}
			}
		})
	}
}

func TestAResolverOverHTTPSThroughAProxy(t *testing.T) {
	t.Parallel()
	through, _ := url.Parse("http://10.0.0.1:3128")
	s := newSite(t, Options{
		Resolvers: []string{overWeb}, RefusePrivate: true,
		Proxy: func(*url.URL) (*url.URL, error) { return through, nil },
	})
	s.serveBoth(t, s.certificate(t, "dns.example.com"), mailZone.answerer(t))
	var tunnels atomic.Int32
	open := proxy(t, s, "192.0.2.54:443", http.StatusOK)
	s.serve(t, "10.0.0.1:3128", nil, func(w http.ResponseWriter, r *http.Request) {
		tunnels.Add(1)
		open(w, r)
	})
	if a := s.network.Lookup(t.Context(), "example.com", "MX"); len(a.MX) != 2 || tunnels.Load() != 1 {
		t.Errorf("got %v through %d tunnels", a.Failure(), tunnels.Load())
	}
}
