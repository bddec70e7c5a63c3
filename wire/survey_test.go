package wire

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

// offered makes an offer to a server that does as serve says.
func offered(t *testing.T, o Offer, serve func(net.Conn)) (Choice, *mail.Failure) {
	t.Helper()
	n := (&world{}).network(t, Options{Roots: x509.NewCertPool(), Now: now})
	n.timeouts.parting = 10 * time.Millisecond // these servers never hang up first
	c, server := connectedIn(t.Context(), t, n, imaps)
	done := make(chan struct{})
	go func() {
		defer close(done)
		serve(server)
		drain(server)
	}()
	got, failure := c.Offer(t.Context(), o)
	if failure == nil {
		c.Leave(t.Context(), got.Version)
	}
	_ = c.Close()
	<-done
	return got, failure
}

func everyOffer(version uint16) Offer {
	return Offer{Versions: []uint16{version}, Suites: SurveySuites(version), Groups: SurveyGroups(version)}
}

func TestAnOfferTellsWhatTheServerChooses(t *testing.T) {
	t.Parallel()
	certificates := oldCertificate(t)
	for _, tt := range []struct {
		name   string
		config *tls.Config
		offer  Offer
		want   Choice
	}{
		{
			"TLS 1.3 names a group where none is given",
			&tls.Config{CurvePreferences: []tls.CurveID{tls.CurveP384}},
			everyOffer(tls.VersionTLS13),
			Choice{Version: tls.VersionTLS13, Suite: tls.TLS_AES_128_GCM_SHA256, Group: 24},
		},
		{
			"TLS 1.2 tells the curve of its key exchange",
			&tls.Config{MaxVersion: tls.VersionTLS12, CurvePreferences: []tls.CurveID{tls.CurveP521}},
			everyOffer(tls.VersionTLS12),
			Choice{Version: tls.VersionTLS12, Suite: tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, Group: 25},
		},
		{
			"a static key exchange has no group",
			&tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA}},
			everyOffer(tls.VersionTLS12),
			Choice{Version: tls.VersionTLS12, Suite: tls.TLS_RSA_WITH_AES_128_CBC_SHA},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.config.Certificates = certificates
			var hello *tls.ClientHelloInfo
			got, failure := offered(t, tt.offer, serving(tt.config, &hello))
			if failure != nil || got != tt.want {
				t.Errorf("failure %v, got %+v, want %+v", failure, got, tt.want)
			}
			if hello.ServerName != "imap.example.com" {
				t.Errorf("the server was asked for %q", hello.ServerName)
			}
		})
	}
}

// Whoever leaves says so, and waits for the server to hang up, but not longer than the run.
func TestLeavingWaitsForTheServer(t *testing.T) {
	t.Parallel()
	leave := func(ctx context.Context, serve func(net.Conn)) time.Duration {
		n := (&world{}).network(t, Options{Roots: x509.NewCertPool(), Now: now})
		n.timeouts.parting = time.Minute
		c, server := connectedIn(t.Context(), t, n, imaps)
		done := make(chan struct{})
		go func() { defer close(done); serve(server); _ = server.Close() }()
		began := time.Now()
		c.Leave(ctx, tls.VersionTLS13)
		took := time.Since(began)
		_ = c.Close()
		<-done
		return took
	}
	var heard []byte
	wait := leave(t.Context(), func(c net.Conn) { heard, _ = io.ReadAll(c) }) // it ends with the half that is closed
	if want := []byte{21, 3, 3, 0, 2, 1, 90, 21, 3, 3, 0, 2, 1, 0}; !bytes.Equal(heard, want) || wait > 30*time.Second {
		t.Errorf("after %s the server has heard %x, want %x", wait, heard, want)
	}
	over, end := context.WithCancel(t.Context())
	end()
	if wait := leave(over, drain); wait > 30*time.Second {
		t.Errorf("it waits %s for a server after the end of the run", wait)
	}
}

func TestARefusedOfferHasAClassOfItsOwn(t *testing.T) {
	t.Parallel()
	var hello *tls.ClientHelloInfo
	modern := serving(&tls.Config{Certificates: oldCertificate(t), MinVersion: tls.VersionTLS13}, &hello)
	for name, tt := range map[string]struct {
		serve func(net.Conn)
		class mail.Class
		alert uint8
	}{
		"the version is too old": {modern, mail.TLSVersion, 70},
		"nothing in common": {func(c net.Conn) {
			_, _ = c.Read(make([]byte, 4096))
			_, _ = c.Write(inRecord(recordAlert, []byte{2, 40}))
		}, mail.TLSAlert, 40},
		"hung up": {func(c net.Conn) {
			_, _ = c.Read(make([]byte, 4096))
			_ = c.Close()
		}, mail.Closed, 0},
	} {
		if got, failure := offered(t, everyOffer(tls.VersionTLS10), tt.serve); failure == nil || failure.Class != tt.class || got != (Choice{Alert: tt.alert}) {
			t.Errorf("%s: %+v, %+v", name, failure, got)
		}
	}
}

// A server that floods what comes behind its ServerHello, or breaks off, takes nothing away from it.
func TestTheKeyExchangeIsBounded(t *testing.T) {
	t.Parallel()
	hello := serverHello(0x0303, 0x0033)
	for name, tt := range map[string]struct {
		behind []byte
		bits   int
	}{
		"a prime of 1024 bits":    {inRecord(recordHandshake, append([]byte{typeServerKeyExchange, 0, 0, 130}, vector16(append([]byte{0x80}, make([]byte, 127)...))...)), 1024},
		"a length beyond its end": {inRecord(recordHandshake, []byte{typeServerKeyExchange, 0, 0, 3, 0xff, 0xff, 1}), 0},
		"a message of 16 MiB":     {inRecord(recordHandshake, []byte{11, 0xff, 0xff, 0xff}), 0},
		"nothing":                 {nil, 0},
		"an alert":                {inRecord(recordAlert, []byte{2, 80}), 0},
		"the end":                 {inRecord(recordHandshake, []byte{typeServerHelloDone, 0, 0, 0}), 0},
	} {
		got, failure := offered(t, everyOffer(tls.VersionTLS12), func(c net.Conn) {
			_, _ = c.Read(make([]byte, 4096))
			_, _ = c.Write(append(inRecord(recordHandshake, hello), tt.behind...))
			if tt.behind == nil {
				_ = c.Close()
			}
		})
		if want := (Choice{Version: 0x0303, Suite: 0x0033, DHBits: tt.bits}); failure != nil || got != want {
			t.Errorf("%s: %+v, %+v, want %+v", name, failure, got, want)
		}
	}
}

func TestAServerPresentsItselfWithAndWithoutAName(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t, "Root")
	named, other := ca.issue(t, nil), oldCertificate(t)[0]
	config := &tls.Config{
		NextProtos: []string{"imap"},
		GetCertificate: func(info *tls.ClientHelloInfo) (*tls.Certificate, error) {
			if info.ServerName == "" {
				return &other, nil
			}
			return &named, nil
		},
	}
	present := func(ask bool, protocols ...string) (Presentation, *mail.Failure) {
		n := (&world{}).network(t, Options{Roots: ca.pool(), Now: now})
		n.timeouts.parting = 10 * time.Millisecond
		c, server := connectedIn(t.Context(), t, n, imaps)
		done := make(chan struct{})
		go func() { defer close(done); _ = tls.Server(server, config).Handshake(); drain(server) }()
		defer func() { _ = c.Close(); <-done }()
		return c.Present(t.Context(), ask, protocols...)
	}
	with, failure := present(true, "imap")
	if failure != nil || with.Protocol != "imap" || with.Certificate == nil {
		t.Fatalf("%+v, %+v", with, failure)
	}
	without, failure := present(false)
	if failure != nil || without.Protocol != "" || without.Certificate == nil || without.Certificate.Key == with.Certificate.Key {
		t.Errorf("%+v, %+v", without, failure)
	}
	if p, failure := present(true, "h2"); failure == nil || failure.Class != mail.TLSAlert || p.Certificate != nil {
		t.Errorf("%+v, %+v", p, failure)
	}
}

func TestWhatIsAskedForFitsItsVersion(t *testing.T) {
	t.Parallel()
	for _, version := range SurveyVersions() {
		suites := SurveySuites(version)
		if n := len(suites); n < 5 || n >= 128 {
			t.Errorf("%s: %d suites", VersionName(version), n)
		}
		seen := map[string]bool{}
		for _, id := range suites {
			name := SuiteName(id)
			if seen[name] || strings.HasPrefix(name, "0x") {
				t.Errorf("%s: %s has no name or stands there twice", VersionName(version), name)
			}
			seen[name] = true
		}
		if version < tls.VersionTLS12 && (seen["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"] || !seen["TLS_RSA_WITH_3DES_EDE_CBC_SHA"]) {
			t.Errorf("%s: %v", VersionName(version), seen)
		}
		if n := len(everyOffer(version).record()); n > 0xff && n < 0x200 || n > 1400 {
			t.Errorf("%s: a ClientHello of %d bytes", VersionName(version), n)
		}
	}
	if all := slices.Concat(SurveySuites(tls.VersionTLS13), SurveySuites(tls.VersionTLS12)); len(all) >= 128 {
		t.Errorf("%d suites at once", len(all))
	}
	for id, want := range map[uint16]bool{4588: true, 0x0201: true, 29: false, 0x0100: false} {
		if PostQuantum(id) != want || GroupName(id) == "" {
			t.Errorf("%s: %v", GroupName(id), !want)
		}
	}
}
