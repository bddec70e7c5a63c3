//go:build integration

package integration

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// TestATokenOfAuthlibSignsInAtDovecot has an authorization server and a mail
// server that know nothing of one another but a key.
func TestATokenOfAuthlibSignsInAtDovecot(t *testing.T) {
	t.Parallel()
	runtime.LockOSThread() // the servers end with it, see startServer
	mailCA := startMechanism(t, "login", "oauthbearer", "127.0.10.17")
	caFile := startAuthlib(t, "127.0.10.18", mailCA)
	for flow, page := range map[string]*regexp.Regexp{
		"--browser": regexp.MustCompile(`https://\S+/authorize\?\S+`),
		"--device":  regexp.MustCompile(`https://\S+user_code=\S+`),
	} {
		t.Run(flow, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "token")
			login := mailmedicCommand(t, "login", "anna@good.test", "--issuer", "https://auth.mech.test", "--client-id", "program-1",
				flow, "--token-file", file, "--resolver", dnsAddress, "--ca-file", caFile, "--timeout", "30s")
			visitor := &visitor{page: page, client: browserOf(t, caFile)}
			login.Stderr = visitor
			err := login.Run()
			visitor.visits.Wait()
			if err != nil || visitor.err != nil {
				t.Fatalf("%v, %v\n%s", err, visitor.err, &visitor.told)
			}
			token, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if said := visitor.told.String() + login.Stdout.(*bytes.Buffer).String(); strings.Contains(said, strings.TrimSpace(string(token))) {
				t.Errorf("the token is shown:\n%s", said)
			}
			r := mailmedic(t, "probe", "imaps://login.mech.test:993", "--user", "anna@good.test", "--token-file", file,
				"--resolver", dnsAddress, "--ca-file", caFile, "-f", "json").report(t)
			wantVerdict(t, r, 0, "works", "none")
		})
	}
	refused := mailmedic(t, "login", "anna@good.test", "--issuer", "https://auth.mech.test", "--client-id", "nobody", "--device",
		"--token-file", filepath.Join(t.TempDir(), "token"), "--resolver", dnsAddress, "--ca-file", caFile)
	if refused.code != 1 || !bytes.Contains(refused.stderr, []byte("invalid_client")) {
		t.Errorf("a client id that nobody registered: exit code %d\n%s", refused.code, refused.stderr)
	}
}

// startAuthlib starts an authorization server for as long as the test runs, and
// gives a file with its authority and those of another file.
func startAuthlib(t *testing.T, address, others string) (caFile string) {
	t.Helper()
	dir, err := the.subdir("authlib")
	if err != nil {
		t.Fatal(err)
	}
	ca, err := newAuthority()
	if err != nil {
		t.Fatal(err)
	}
	caFile, own, key := filepath.Join(dir, "all.pem"), filepath.Join(dir, "ca.pem"), filepath.Join(dir, "tls.pem")
	if err := ca.writeRoot(own); err != nil {
		t.Fatal(err)
	}
	if err := ca.writeServer(key, 60*day, "auth.mech.test"); err != nil {
		t.Fatal(err)
	}
	var all []byte
	for _, file := range []string{own, others} {
		pem, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, pem...)
	}
	if err := os.WriteFile(caFile, all, 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := startServer("authlib", dir, "/usr/bin/python3", "testdata/authorization.py", address, "https://auth.mech.test", key, jwtKey)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.signal(); s.wait() })
	if err := s.await(t.Context(), address+":443"); err != nil {
		out, _ := os.ReadFile(filepath.Join(dir, "authlib.out"))
		t.Fatalf("%v\n%s", err, out)
	}
	return caFile
}

// A visitor reads standard error as a person does, and opens the page that it shows.
type visitor struct {
	page   *regexp.Regexp
	client *http.Client
	told   bytes.Buffer
	once   sync.Once
	visits sync.WaitGroup
	err    error
}

func (v *visitor) Write(p []byte) (int, error) {
	v.told.Write(p)
	if page := v.page.FindString(v.told.String()); page != "" && strings.Contains(v.told.String(), "Waiting") {
		v.once.Do(func() { v.visits.Go(func() { v.err = v.visit(page) }) })
	}
	return len(p), nil
}

func (v *visitor) visit(page string) error {
	answer, err := v.client.Get(page)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	return err
}

// browserOf gives a client that knows the names of the test.
func browserOf(t *testing.T, caFile string) *http.Client {
	t.Helper()
	pem, err := os.ReadFile(caFile)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots},
		DialContext: func(ctx context.Context, network, to string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, strings.Replace(to, "auth.mech.test", "127.0.10.18", 1))
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}
