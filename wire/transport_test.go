package wire

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

// proxy is an HTTP proxy that opens every tunnel to one place, and answers plain requests itself.
func proxy(t *testing.T, s *site, to string, status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect {
			say("from the proxy: "+r.URL.String())(w, r)
			return
		}
		w.WriteHeader(status)
		if status != http.StatusOK {
			return
		}
		s.mu.Lock()
		at := s.places[to]
		s.mu.Unlock()
		out, err := net.Dial("tcp4", at)
		if err != nil {
			t.Error(err)
			return
		}
		in, rest, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		var tunnel sync.WaitGroup
		tunnel.Go(func() {
			_, _ = io.Copy(out, rest)
			_ = out.Close()
		})
		_, _ = io.Copy(in, out)
		_ = in.Close()
		tunnel.Wait()
	}
}

func TestProxy(t *testing.T) {
	t.Parallel()
	through, _ := url.Parse("http://user:pass@10.0.0.1:3128")
	for _, c := range []struct {
		name, url string
		names     []string
		status    int
		body      string
		class     mail.Class
	}{
		{"http", "http://autoconfig.example.com/x", nil, 200, "from the proxy: http://autoconfig.example.com/x", ""},
		{"https", "https://autoconfig.example.com/x", []string{"autoconfig.example.com"}, 200, "hello", ""},
		{"https with a certificate for another name", "https://autoconfig.example.com/x", []string{"hoster.example"}, 200, "", mail.CertName},
		{"a refusal", "https://autoconfig.example.com/x", []string{"autoconfig.example.com"}, 403, "", mail.HTTPStatus},
		{"https to an address", "https://192.0.2.80/x", []string{"autoconfig.example.com"}, 200, "", mail.PolicyRefused},
		{"a metadata address", "http://169.254.169.254/x", nil, 200, "", mail.PolicyRefused},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, Options{RefusePrivate: true, Proxy: func(*url.URL) (*url.URL, error) { return through, nil }})
			s.serve(t, "192.0.2.80:443", s.certificate(t, c.names...), say("hello"))
			s.serve(t, "10.0.0.1:3128", nil, proxy(t, s, "192.0.2.80:443", c.status))
			f := s.network.Get(t.Context(), c.url)
			if string(f.Body) != c.body || classIn(f.Observation.Failure) != c.class {
				t.Fatalf("%q, %v", f.Body, f.Observation.Failure)
			}
			if c.name != "a metadata address" && f.Observation.Proxy != "http://10.0.0.1:3128" {
				t.Errorf("the proxy is said to be %q", f.Observation.Proxy)
			}
			if strings.Contains(related(f), "a:autoconfig") {
				t.Error("the name was asked for, though the proxy does that")
			}
		})
	}
}

func TestManyFetchesAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, Options{})
	s.serve(t, "192.0.2.80:443", s.certificate(t, "autoconfig.example.com"), say("hello"))
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			f := s.network.Get(t.Context(), fmt.Sprintf("https://autoconfig.example.com/%d", i))
			if string(f.Body) != "hello" {
				t.Error(f.Observation.Failure)
			}
		})
	}
	all.Wait()
	if got := s.dials.Load(); got > 4 {
		t.Errorf("%d connections to one host", got)
	}
}

func TestCloseEndsWhatAFetchHasGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &world{servers: map[string]func(net.Conn){
			"udp4 192.0.2.53:53": webZone.answerer(t).overPipe, "tcp4 192.0.2.80:443": drain,
		}}
		n := w.network(t, Options{Proxy: func(*url.URL) (*url.URL, error) { return nil, nil }})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begin := time.Now()
		f := n.Get(ctx, "https://autoconfig.example.com/")
		n.Close()
		if classIn(f.Observation.Failure) != mail.Deadline || time.Since(begin) != time.Second {
			t.Errorf("%v after %v", f.Observation.Failure, time.Since(begin))
		}
		if f = n.Get(t.Context(), "https://autoconfig.example.com/"); classIn(f.Observation.Failure) != mail.Deadline {
			t.Errorf("after Close: %v", f.Observation.Failure)
		}
	})
}
