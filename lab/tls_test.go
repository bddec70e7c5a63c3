package lab_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mailmedic/mailmedic/lab"
)

// noon is when the worlds of this file run.
func noon() time.Time { return time.Date(2026, 3, 14, 12, 30, 0, 0, time.UTC) }

const tlsWorld = `Certificates of all kinds
-- servers.toml --
[[server]]
endpoints = ["imaps://192.0.2.1:993", "imap+starttls://192.0.2.1:143"]
[[server]]
endpoints = ["imaps://192.0.2.2"]
certificate = { kind = "expired", days = 3, names = ["mail.example"] }
[[server]]
endpoints = ["imaps://192.0.2.3"]
certificate = { kind = "not-yet-valid", days = 2, names = ["mail.example"] }
[[server]]
endpoints = ["imaps://192.0.2.4"]
certificate = { kind = "wrong-name" }
[[server]]
endpoints = ["imaps://192.0.2.5"]
certificate = { kind = "self-signed", names = ["mail.example"] }
[[server]]
endpoints = ["imaps://192.0.2.6"]
certificate = { kind = "unknown-ca", names = ["mail.example"] }
[[server]]
endpoints = ["imaps://192.0.2.7"]
certificate = { kind = "leaf-only", names = ["mail.example"] }
[[server]]
endpoints = ["imaps://192.0.2.8"]
certificate = { names = ["mail.example"] }
tls_versions = ["1.0", "1.1"]
[[server]]
endpoints = ["imaps://192.0.2.9"]
certificate = { days = 5 }
[[server]]
endpoints = ["imaps://192.0.2.11"]
handshake = "close"
[[server]]
endpoints = ["imaps://192.0.2.12"]
handshake = "reset"
[[server]]
endpoints = ["imaps://192.0.2.13"]
handshake = "alert"
`

func TestCertificatesFailAsTold(t *testing.T) {
	t.Parallel()
	r := start(t, "tls.txtar", tlsWorld, lab.Options{Now: noon})
	invalid := func(err error, reason x509.InvalidReason) bool {
		var e x509.CertificateInvalidError
		return errors.As(err, &e) && e.Reason == reason
	}
	unknown := func(err error) bool { return errors.As(err, new(x509.UnknownAuthorityError)) }
	for _, c := range []struct {
		what, address, host string
		check               func(error) bool
	}{
		{"good, for an address", "192.0.2.1", "192.0.2.1", func(err error) bool { return err == nil }},
		{"expired", "192.0.2.2", "mail.example", func(err error) bool { return invalid(err, x509.Expired) }},
		{"not yet valid", "192.0.2.3", "mail.example", func(err error) bool { return invalid(err, x509.Expired) }},
		{"wrong name", "192.0.2.4", "mail.example", func(err error) bool { return errors.As(err, new(x509.HostnameError)) }},
		{"self-signed", "192.0.2.5", "mail.example", unknown},
		{"unknown authority", "192.0.2.6", "mail.example", unknown},
		{"leaf only", "192.0.2.7", "mail.example", unknown},
		{"old versions", "192.0.2.8", "mail.example", func(err error) bool { return err != nil && strings.Contains(err.Error(), "protocol version") }},
		{"close", "192.0.2.11", "192.0.2.11", func(err error) bool { return errors.Is(err, io.EOF) }},
		{"reset", "192.0.2.12", "192.0.2.12", func(err error) bool { return errors.Is(err, syscall.ECONNRESET) }},
		{"alert", "192.0.2.13", "192.0.2.13", func(err error) bool {
			return errors.As(err, new(tls.AlertError)) || strings.Contains(err.Error(), "internal error")
		}},
	} {
		t.Run(c.what, func(t *testing.T) {
			config := clientTLS(r, c.host)
			config.Time = noon
			if err := tls.Client(dial(t, r, c.address+":993"), config).HandshakeContext(t.Context()); !c.check(err) {
				t.Errorf("the handshake ended with %v", err)
			}
		})
	}
}

// presented gives the certificates of a server, whatever they are worth.
func presented(t *testing.T, r *lab.Running, to string) []*x509.Certificate {
	t.Helper()
	conn := tls.Client(dial(t, r, to), &tls.Config{InsecureSkipVerify: true})
	if err := conn.HandshakeContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	return conn.ConnectionState().PeerCertificates
}

func TestDaysOfCertificatesAreWholeAtAnyTimeOfTheDay(t *testing.T) {
	t.Parallel()
	r := start(t, "tls.txtar", tlsWorld, lab.Options{Now: noon})
	midnight := time.Date(2026, 3, 14, 0, 0, 0, 0, time.UTC)
	if got, want := presented(t, r, "192.0.2.2:993")[0].NotAfter, midnight.AddDate(0, 0, -3); !got.Equal(want) {
		t.Errorf("expired on %s, want %s", got, want)
	}
	if got, want := presented(t, r, "192.0.2.9:993")[0].NotAfter, midnight.AddDate(0, 0, 6).Add(-time.Second); !got.Equal(want) {
		t.Errorf("expires on %s, want %s", got, want)
	}
	if got, want := presented(t, r, "192.0.2.3:993")[0].NotBefore, midnight.AddDate(0, 0, 3).Add(-time.Second); !got.Equal(want) {
		t.Errorf("valid from %s, want %s", got, want)
	}
}

func TestChainsAreSentAsTold(t *testing.T) {
	t.Parallel()
	r := start(t, "tls.txtar", tlsWorld, lab.Options{Now: noon})
	for to, want := range map[string][]string{
		"192.0.2.2:993": {"CN=mail.example", "CN=Mail Lab Issuing CA,O=Mail Lab"},
		"192.0.2.5:993": {"CN=mail.example"},
		"192.0.2.6:993": {"CN=mail.example", "CN=Private CA,O=Mail Lab"},
		"192.0.2.7:993": {"CN=mail.example"},
	} {
		var got []string
		for _, c := range presented(t, r, to) {
			got = append(got, c.Subject.String())
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s sends %q, want %q", to, got, want)
		}
	}
	if self := presented(t, r, "192.0.2.5:993")[0]; self.Issuer.String() != self.Subject.String() {
		t.Errorf("the self-signed certificate is issued by %s", self.Issuer)
	}
}

func TestOldVersionsCanBeSpoken(t *testing.T) {
	t.Parallel()
	r := start(t, "tls.txtar", tlsWorld, lab.Options{Now: noon})
	config := clientTLS(r, "mail.example")
	config.Time, config.MinVersion = noon, tls.VersionTLS10
	conn := tls.Client(dial(t, r, "192.0.2.8:993"), config)
	if err := conn.HandshakeContext(t.Context()); err != nil || conn.ConnectionState().Version != tls.VersionTLS11 {
		t.Errorf("version %x, %v", conn.ConnectionState().Version, err)
	}
}

func TestTwoRunsShowTheSameFacts(t *testing.T) {
	t.Parallel()
	facts := func() (seen []string) {
		r := start(t, "tls.txtar", tlsWorld, lab.Options{Now: noon})
		for _, to := range []string{"192.0.2.1:993", "192.0.2.2:993", "192.0.2.6:993"} {
			for _, c := range presented(t, r, to) {
				seen = append(seen, c.Subject.String(), c.Issuer.String(), c.NotBefore.String(), c.NotAfter.String(), c.PublicKeyAlgorithm.String())
			}
		}
		greeting, err := readLine(dial(t, r, "192.0.2.1:143"))
		if err != nil {
			t.Fatal(err)
		}
		return append(seen, greeting)
	}
	if first, second := facts(), facts(); !reflect.DeepEqual(first, second) {
		t.Errorf("first\n%q\nthen\n%q", first, second)
	}
}

func BenchmarkStart(b *testing.B) {
	w, err := lab.Parse("tls.txtar", []byte(tlsWorld))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		r, err := w.Start(b.Context(), lab.Options{})
		if err != nil {
			b.Fatal(err)
		}
		r.Close()
	}
}
