//go:build integration

package integration

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// jwtKey signs the tokens of the tests; Dovecot keeps it under the name "default".
const jwtKey = "a key of thirty-two bytes, or so."

// TestDovecotAcceptsWhatEveryMechanismMakesOfASecret has a server for each
// mechanism, so that each is the only one there is.
func TestDovecotAcceptsWhatEveryMechanismMakesOfASecret(t *testing.T) {
	t.Parallel()
	right, wrong := []string{"--password-file", password}, []string{"--password-file", "another one"}
	valid, old := []string{"--token-file", accessToken(t, time.Hour)}, []string{"--token-file", accessToken(t, -time.Hour)}
	for mechanism, c := range map[string]struct {
		address        string
		accept, reject []string
		finding        string
	}{
		"cram-md5":      {"127.0.10.11", right, wrong, "auth.rejected"},
		"scram-sha-1":   {"127.0.10.12", right, wrong, "auth.rejected"},
		"scram-sha-256": {"127.0.10.13", right, wrong, "auth.rejected"},
		"xoauth2":       {"127.0.10.14", valid, old, "auth.token-rejected"},
		"oauthbearer":   {"127.0.10.15", valid, old, "auth.token-rejected"},
		"external":      {"127.0.10.16", []string{"--client-cert", "anna"}, []string{"--client-cert", "otto"}, "auth.certificate-rejected"},
	} {
		t.Run(mechanism, func(t *testing.T) {
			t.Parallel()
			runtime.LockOSThread() // the server ends with it, see startServer
			caFile := startMechanism(t, mechanism, mechanism, c.address)
			try := func(secret []string) *report {
				file := filepath.Join(filepath.Dir(caFile), secret[1]+".pem")
				if secret[0] != "--client-cert" {
					file = passwordFile(t, secret[1])
				}
				return mailmedic(t, "probe", "imaps://"+mechanism+".mech.test:993", "--user", "anna@good.test",
					secret[0], file, "--resolver", dnsAddress, "--ca-file", caFile, "-f", "json").report(t)
			}
			r := try(c.accept)
			wantVerdict(t, r, 0, "works", "none")
			if s := r.preferred(t, "incoming"); s.Proof != "signed-in" {
				t.Errorf("the proof is %s", s.Proof)
			}
			if ids := try(c.reject).findingIDs(); !strings.Contains(strings.Join(ids, " "), c.finding) {
				t.Errorf("a bad secret gives %q, want %s", ids, c.finding)
			}
		})
	}
}

// TestDovecotAsksWhatATokenIsWorth has Dovecot ask the one who gave out the
// token (RFC 7662), as it must where a token is no more than a random word.
func TestDovecotAsksWhatATokenIsWorth(t *testing.T) {
	t.Parallel()
	runtime.LockOSThread() // the server ends with it, see startServer
	const address, token = "127.0.10.19", "2YotnFZFEjr1zCsicMWpAA"
	var asked atomic.Int64
	issuer := http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		w.Header().Set("Content-Type", "application/json")
		if r.FormValue("token") == token {
			_, _ = io.WriteString(w, `{"active": true, "username": "anna@good.test", "scope": "mail"}`)
		} else {
			_, _ = io.WriteString(w, `{"active": false}`)
		}
	})}
	listener, err := net.Listen("tcp", address+":8080")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() { _ = issuer.Serve(listener) })
	t.Cleanup(func() { issuer.Close(); serving.Wait() })
	caFile := startMechanism(t, "introspected", "oauthbearer xoauth2", address)
	for secret, finding := range map[string]string{token: "", "another one": "auth.token-rejected"} {
		r := mailmedic(t, "probe", "imaps://introspected.mech.test:993", "--user", "anna@good.test",
			"--token-file", passwordFile(t, secret), "--resolver", dnsAddress, "--ca-file", caFile, "-f", "json").report(t)
		if finding != "" {
			wantFinding(t, r, finding, "introspected.mech.test")
			continue
		}
		wantVerdict(t, r, 0, "works", "none")
		wantSignedIn(t, r, "anna@good.test", "imaps://introspected.mech.test:993")
	}
	if asked.Load() < 2 {
		t.Errorf("the issuer was asked %d times", asked.Load())
	}
}

// startMechanism starts a Dovecot with one mechanism, as a host of mech.test, for
// as long as the test runs, and gives the file of its authority.
func startMechanism(t *testing.T, host, mechanism, address string) (caFile string) {
	t.Helper()
	dir, err := the.subdir("mech-" + host)
	if err != nil {
		t.Fatal(err)
	}
	ca, err := newAuthority()
	if err != nil {
		t.Fatal(err)
	}
	caFile = filepath.Join(dir, "ca.pem")
	keys := filepath.Join(dir, "keys", "default", "HS256")
	data := struct{ Dir, Host, Mechanism, Address string }{dir, host, mechanism, address}
	for _, step := range []func() error{
		func() error { return ca.writeRoot(caFile) },
		func() error {
			return ca.writeServer(filepath.Join(dir, "tls.pem"), 60*day, host+".mech.test")
		},
		func() error { return ca.writeClient(filepath.Join(dir, "anna.pem"), "anna@good.test") },
		func() error { return ca.writeClient(filepath.Join(dir, "otto.pem"), "otto@good.test") },
		func() error { return render(filepath.Join(dir, "dovecot.conf"), "testdata/mechanism.conf", data) },
		func() error { return render(filepath.Join(dir, "oauth2.conf"), "testdata/oauth2.conf", data) },
		func() error { return makeOwned(filepath.Join(dir, "home"), "nobody") },
		func() error { return os.MkdirAll(keys, 0o755) },
		func() error {
			return os.WriteFile(filepath.Join(keys, "default"), []byte(base64.StdEncoding.EncodeToString([]byte(jwtKey))), 0o644)
		},
		func() error {
			return os.WriteFile(filepath.Join(dir, "users"), []byte("anna@good.test:"+password+"::::::\n"), 0o600)
		},
		func() error { return chown(filepath.Join(dir, "users"), "dovecot") },
		func() error {
			return os.WriteFile(filepath.Join(dir, "holders"), []byte("anna@good.test:::::::nopassword\n"), 0o644)
		},
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	s, err := startServer("dovecot", dir, "/usr/sbin/dovecot", "-F", "-c", filepath.Join(dir, "dovecot.conf"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.signal(); s.wait() })
	if err := s.await(t.Context(), address+":993"); err != nil {
		t.Fatal(err)
	}
	return caFile
}

// accessToken makes a JSON Web Token (RFC 7519) for anna@good.test that expires
// after the time given.
func accessToken(t *testing.T, expires time.Duration) string {
	t.Helper()
	now := time.Now()
	part := func(v map[string]any) string {
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(data)
	}
	signed := part(map[string]any{"alg": "HS256", "typ": "JWT"}) + "." + part(map[string]any{
		"sub": "anna@good.test", "scope": "mail", "iat": now.Add(-2 * time.Hour).Unix(), "exp": now.Add(expires).Unix(),
	})
	mac := hmac.New(sha256.New, []byte(jwtKey))
	mac.Write([]byte(signed))
	return signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
