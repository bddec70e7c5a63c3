package lab_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/mailmedic/mailmedic/lab"
)

const webWorld = `Web servers
-- zone --
$ORIGIN web.example.
@         A  192.0.2.80
other     A  192.0.2.80
old       A  192.0.2.80
shared    A  192.0.2.81
silent    A  192.0.2.82
reset     A  192.0.2.83
closed    A  192.0.2.84
-- servers.toml --
[[web]]
host = "web.example"
schemes = ["https", "http"]
[[web]]
host = "shared.web.example"
certificate = { kind = "wrong-name", names = ["*.hoster.example"] }
[[web]]
host = "reset.web.example"
fault = "reset"
[[web]]
host = "closed.web.example"
fault = "close"
[[page]]
url = "//web.example/moved"
status = 301
location = "https://other.web.example/doc.xml"
[[page]]
url = "https://web.example/doc.json"
type = "text/html"
status = 403
[[page]]
url = "http://web.example/plain"
[[page]]
url = "https://web.example/large"
size = 2_000_000
-- web/web.example/index.html --
home
-- web/web.example/doc.json --
{}
-- web/other.web.example/doc.xml --
<a/>
-- web/shared.web.example/doc.txt --
text
`

// resolveIn makes the web client's dialer: every name has its address in hosts.
func webClient(t *testing.T, r *lab.Running, hosts map[string]string) *http.Client {
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: r.Roots()},
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			host, port, err := net.SplitHostPort(address)
			if err != nil {
				return nil, err
			}
			return r.Dial(ctx, network, netip.MustParseAddrPort(hosts[host]+":"+port))
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

var webHosts = map[string]string{
	"web.example": "192.0.2.80", "other.web.example": "192.0.2.80", "old.web.example": "192.0.2.80",
	"shared.web.example": "192.0.2.81", "reset.web.example": "192.0.2.83", "closed.web.example": "192.0.2.84",
	"autoconfig.thunderbird.net": "203.0.113.80",
}

func TestWebServersGiveTheirDocuments(t *testing.T) {
	t.Parallel()
	r := start(t, "web.txtar", webWorld, lab.Options{})
	client := webClient(t, r, webHosts)
	for _, c := range []struct {
		url                       string
		status                    int
		mediaType, location, body string
	}{
		{"https://web.example/", 200, "text/html; charset=utf-8", "", "home\n"},
		{"http://web.example/index.html?x=y", 200, "text/html; charset=utf-8", "", "home\n"},
		{"https://web.example/doc.json", 403, "text/html", "", "{}\n"},
		{"http://web.example/doc.json", 200, "application/json", "", "{}\n"},
		{"https://other.web.example/doc.xml", 200, "text/xml", "", "<a/>\n"},
		{"http://web.example/moved", 301, "text/html; charset=utf-8", "https://other.web.example/doc.xml", ""},
		{"http://web.example/plain", 200, "text/html; charset=utf-8", "", ""},
		{"https://web.example/plain", 404, "text/plain; charset=utf-8", "", "404 page not found\n"},
		{"http://other.web.example/doc.xml", 404, "text/plain; charset=utf-8", "", "404 page not found\n"},
		{"https://autoconfig.thunderbird.net/v1.1/web.example", 404, "text/plain; charset=utf-8", "", "404 page not found\n"},
	} {
		response, err := client.Get(c.url)
		if err != nil {
			t.Errorf("%s: %v", c.url, err)
			continue
		}
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Errorf("%s: %v", c.url, err)
		}
		_ = response.Body.Close()
		header := response.Header
		if response.StatusCode != c.status || header.Get("Content-Type") != c.mediaType || header.Get("Location") != c.location || string(body) != c.body {
			t.Errorf("%s: %d %v %q, want %+v", c.url, response.StatusCode, header, body, c)
		}
	}
	if got := r.Journal().Requests; !slices.Contains(got, "http://web.example/index.html?x=y") {
		t.Errorf("the journal has %q", got)
	}
}

func TestLargePagesAreAsLargeAsSaid(t *testing.T) {
	t.Parallel()
	r := start(t, "web.txtar", webWorld, lab.Options{})
	response, err := webClient(t, r, webHosts).Get("https://web.example/large")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if n, err := io.Copy(io.Discard, response.Body); n != 2_000_000 || err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
}

func TestWebServersFailAsTold(t *testing.T) {
	t.Parallel()
	r := start(t, "web.txtar", webWorld, lab.Options{})
	client := webClient(t, r, webHosts)
	for url, check := range map[string]func(error) bool{
		"https://shared.web.example/doc.txt": func(err error) bool { return errors.As(err, new(x509.HostnameError)) },
		"https://old.web.example/":           func(err error) bool { return errors.As(err, new(x509.HostnameError)) },
		"http://shared.web.example/doc.txt":  func(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) },
		"https://reset.web.example/":         func(err error) bool { return errors.Is(err, syscall.ECONNRESET) },
		"https://closed.web.example/":        func(err error) bool { return errors.Is(err, io.EOF) },
	} {
		response, err := client.Get(url)
		if err == nil {
			_ = response.Body.Close()
		}
		if !check(err) {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestSilentWebServersSayNothing(t *testing.T) {
	t.Parallel()
	r := start(t, "silent.txtar", strings.Replace(webWorld, `host = "reset.web.example"
fault = "reset"`, `host = "silent.web.example"
fault = "silent"`, 1), lab.Options{})
	conn := dial(t, r, "192.0.2.82:443")
	if _, err := conn.Write([]byte("hello\r\n")); err != nil {
		t.Fatal(err)
	}
	r.Close() // ends the wait of the read below
	if n, err := conn.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Errorf("%d bytes, %v", n, err)
	}
}

func TestWhatWasPostedIsKept(t *testing.T) {
	t.Parallel()
	r := start(t, "posts.txtar", `A server that is sent something
-- zone --
web.example. A 192.0.2.80
-- servers.toml --
[[web]]
host = "web.example"
schemes = ["http"]
[[page]]
url = "http://web.example/picky"
needs = "who"
`, lab.Options{})
	client := webClient(t, r, map[string]string{"web.example": "192.0.2.80"})
	for url, want := range map[string]int{"http://web.example/picky": 400, "http://web.example/picky?who=anna": 200} {
		response, err := client.Post(url, "text/plain", strings.NewReader("hello"))
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("%s: status %d", url, response.StatusCode)
		}
	}
	if got := r.Journal().Posts; len(got) != 2 || !slices.Contains(got, "http://web.example/picky?who=anna hello") {
		t.Errorf("kept %q", got)
	}
}
