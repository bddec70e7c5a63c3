package wire

import (
	"context"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

// converse posts a form, and gives the answer's status and body.
func converse(ctx context.Context, n *Network, url string) (status int, body string, failure *mail.Failure) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader("grant_type=x"))
	if err != nil {
		return 0, "", Classify(err)
	}
	answer, err := n.Conversation().RoundTrip(r)
	if err != nil {
		return 0, "", Classify(err)
	}
	defer func() { _ = answer.Body.Close() }()
	data, _ := io.ReadAll(answer.Body)
	return answer.StatusCode, string(data), nil
}

func TestAConversationGivesEveryAnswerWhole(t *testing.T) {
	t.Parallel()
	s := newSite(t, Options{UserAgent: "mailmedic/test"})
	s.serve(t, "192.0.2.80:443", s.certificate(t, "autoconfig.example.com"), func(w http.ResponseWriter, r *http.Request) {
		sent, _ := io.ReadAll(r.Body)
		switch r.URL.Path {
		case "/refused":
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, r.UserAgent()+" "+string(sent))
		case "/moved":
			http.Redirect(w, r, "https://other.example.com/", http.StatusTemporaryRedirect)
		case "/large":
			_, _ = io.WriteString(w, strings.Repeat("x", MaxDocument+1))
		}
	})
	for path, want := range map[string]struct {
		status int
		body   string
		class  mail.Class
	}{
		"/refused": {400, "mailmedic/test grant_type=x", ""},
		"/moved":   {307, "", ""},
		"/large":   {0, "", mail.TooLarge},
	} {
		status, body, failure := converse(t.Context(), s.network, "https://autoconfig.example.com"+path)
		if want.class != "" {
			if failure == nil || failure.Class != want.class {
				t.Errorf("%s: %+v, want %s", path, failure, want.class)
			}
			continue
		}
		if status != want.status || body != want.body || failure != nil {
			t.Errorf("%s: %d %q %+v", path, status, body, failure)
		}
	}
}

func TestAConversationSendsNothingWhereItMayNot(t *testing.T) {
	t.Parallel()
	s := newSite(t, Options{})
	var asked atomic.Int32
	count := func(http.ResponseWriter, *http.Request) { asked.Add(1) }
	s.serve(t, "192.0.2.82:443", s.certificate(t, "other.example.com"), count)
	s.serve(t, "192.0.2.82:80", nil, count)
	for url, want := range map[string]mail.Class{
		"https://bad.example.com/":      mail.CertName,
		"http://bad.example.com/":       mail.PolicyRefused,
		"https://me@bad.example.com/":   mail.PolicyRefused,
		"https://169.254.169.254/token": mail.PolicyRefused,
	} {
		if _, _, failure := converse(t.Context(), s.network, url); failure == nil || failure.Class != want {
			t.Errorf("%s: %+v, want %s", url, failure, want)
		}
	}
	if asked.Load() != 0 {
		t.Error("something was sent")
	}
}

func TestAConversationEndsWithTheCallerOrWithItsOwnTime(t *testing.T) {
	t.Parallel()
	s := newSite(t, Options{})
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	ctx, cancel := context.WithCancel(t.Context())
	s.serve(t, "192.0.2.80:443", s.certificate(t, "autoconfig.example.com"), func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/left" {
			cancel()
		}
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	if _, _, failure := converse(ctx, s.network, "https://autoconfig.example.com/left"); failure == nil || failure.Class != mail.Deadline {
		t.Errorf("cancelled: %+v", failure)
	}
	s.network.timeouts.fetch = 50 * time.Millisecond
	if _, _, failure := converse(t.Context(), s.network, "https://autoconfig.example.com/slow"); failure == nil || failure.Class != mail.Timeout {
		t.Errorf("slow: %+v", failure)
	}
}

func TestOnlyThisComputerReachesALoopbackPort(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"127.0.0.1", "localhost"} {
		listeners, err := ListenLoopback(t.Context(), host, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range listeners {
			if at := netip.MustParseAddrPort(l.Addr().String()); !at.Addr().IsLoopback() || at.Port() == 0 || at.Port() != netip.MustParseAddrPort(listeners[0].Addr().String()).Port() {
				t.Errorf("%s: it listens at %s", host, at)
			}
			_ = l.Close()
		}
	}
	for _, host := range []string{"0.0.0.0", "192.0.2.1", "example.com", ""} {
		if listeners, err := ListenLoopback(t.Context(), host, 0); err == nil {
			t.Errorf("%q: it listens at %v", host, listeners[0].Addr())
		}
	}
}
