package wire

import (
	"io"
	"net/http"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/mailmedic/mailmedic/mail"
)

func TestPostSendsABodyOverVerifiedHTTPS(t *testing.T) {
	t.Parallel()
	s := newSite(t, Options{})
	got := make(chan string, 1)
	s.serve(t, "192.0.2.80:443", s.certificate(t, "autoconfig.example.com"), func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- r.Method + " " + r.Header.Get("Content-Type") + " " + string(body)
		say("<ok/>")(w, r)
	})
	const url = "https://autoconfig.example.com/autodiscover/autodiscover.xml"
	f := s.network.Post(t.Context(), url, "text/xml", []byte("<ask/>"))
	if f.Observation.Failure != nil || string(f.Body) != "<ok/>" || !f.HTTPS || f.Location != nil {
		t.Fatalf("%q, %+v", f.Body, f.Observation.Failure)
	}
	if o := f.Observation; o.ID != "post:"+url || o.Subject != url || o.URL != url || o.Status != 200 {
		t.Errorf("%+v", o)
	}
	if sent := <-got; sent != "POST text/xml <ask/>" {
		t.Errorf("the server got %q", sent)
	}
}

func TestPostSendsNothingWithoutAGoodCertificateOrOverHTTP(t *testing.T) {
	t.Parallel()
	s := newSite(t, Options{})
	var asked atomic.Int32
	count := func(http.ResponseWriter, *http.Request) { asked.Add(1) }
	s.serve(t, "192.0.2.82:443", s.certificate(t, "other.example.com"), count)
	s.serve(t, "192.0.2.82:80", nil, count)
	for url, want := range map[string]mail.Class{
		"https://bad.example.com/": mail.CertName,
		"http://bad.example.com/":  mail.PolicyRefused,
	} {
		f := s.network.Post(t.Context(), url, "text/xml", []byte("<ask/>"))
		if f.Observation.Failure == nil || f.Observation.Failure.Class != want {
			t.Errorf("%s: %+v", url, f.Observation.Failure)
		}
	}
	if asked.Load() != 0 {
		t.Error("something was sent")
	}
}

func TestWhatIsAskedOnceTellsARedirectAndDoesNotFollowIt(t *testing.T) {
	t.Parallel()
	s := newSite(t, Options{})
	s.serve(t, "192.0.2.80:443", s.certificate(t, "autoconfig.example.com"), func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "https://other.example.com/x")
		w.WriteHeader(http.StatusFound)
	})
	s.serve(t, "192.0.2.81:443", s.certificate(t, "other.example.com"), func(http.ResponseWriter, *http.Request) {
		t.Error("the redirect was followed")
	})
	for name, f := range map[string]Fetched{
		"GetOnce": s.network.GetOnce(t.Context(), "https://autoconfig.example.com/"),
		"Post":    s.network.Post(t.Context(), "https://autoconfig.example.com/", "text/xml", []byte("<ask/>")),
	} {
		o := f.Observation
		if f.Location == nil || f.Location.String() != "https://other.example.com/x" || f.Body != nil || o.Failure != nil || o.Status != 302 {
			t.Errorf("%s: to %v, %+v %+v", name, f.Location, o.HTTPFacts, o.Failure)
		}
	}
}

func TestARedirectThatMayNotBeToldIsNotFollowed(t *testing.T) {
	t.Parallel()
	s := newSite(t, Options{})
	s.serve(t, "192.0.2.80:443", s.certificate(t, "autoconfig.example.com"), func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "https://other.example.com/anna")
		w.WriteHeader(http.StatusFound)
	})
	f := s.network.GetTelling(t.Context(), "https://autoconfig.example.com/x", func(*url.URL) *url.URL { return nil })
	o := f.Observation
	if o.Failure == nil || o.Failure.Class != mail.PolicyRefused || f.Body != nil || len(o.Redirects) != 1 || len(f.Related) == 0 {
		t.Errorf("got %+v, redirects %q", o.Failure, o.Redirects)
	}
}

func TestARedirectIsToldWhatTheCallerDecides(t *testing.T) {
	t.Parallel()
	s := newSite(t, Options{})
	s.serve(t, "192.0.2.80:443", s.certificate(t, "autoconfig.example.com"), func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "https://other.example.com"+r.RequestURI)
		w.WriteHeader(http.StatusFound)
	})
	s.serve(t, "192.0.2.81:443", s.certificate(t, "other.example.com"), func(w http.ResponseWriter, r *http.Request) {
		say(r.RequestURI)(w, r)
	})
	f := s.network.GetTelling(t.Context(), "https://autoconfig.example.com/x?who=anna", func(next *url.URL) *url.URL {
		return &url.URL{Scheme: next.Scheme, Host: next.Host, Path: next.Path}
	})
	if string(f.Body) != "/x" || f.Observation.Failure != nil || f.FinalURL.String() != "https://other.example.com/x" {
		t.Errorf("the other server was asked %q: %+v", f.Body, f.Observation.Failure)
	}
}
