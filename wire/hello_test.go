package wire

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/mailmedic/mailmedic/mail"
)

// tried begins a handshake in one way with a server that does as serve says.
func tried(t *testing.T, h Hello, serve func(net.Conn)) mail.Observation {
	t.Helper()
	n := (&world{}).network(t, Options{Roots: newAuthority(t, "Root").pool(), Now: now})
	c, server := connectedIn(t.Context(), t, n, imaps)
	done := make(chan struct{})
	go func() {
		defer close(done)
		serve(server)
		drain(server)
	}()
	obs := c.Try(t.Context(), h)
	if c.Encrypted() || c.Verified() {
		t.Error("the connection counts as encrypted")
	}
	_ = c.Close()
	<-done
	return obs
}

// serving is a server with config, which hands on what it was greeted with.
func serving(config *tls.Config, hello **tls.ClientHelloInfo) func(net.Conn) {
	config = config.Clone()
	config.GetConfigForClient = func(info *tls.ClientHelloInfo) (*tls.Config, error) {
		*hello = info
		return nil, nil
	}
	return func(conn net.Conn) { _ = tls.Server(conn, config).Handshake() }
}

func oldCertificate(t *testing.T) []tls.Certificate {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := serverTemplate()
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}
}

func TestTheLegacyHelloNamesWhatAServerChooses(t *testing.T) {
	t.Parallel()
	certificates := oldCertificate(t)
	suites := func(ids ...uint16) *tls.Config {
		return &tls.Config{Certificates: certificates, MaxVersion: tls.VersionTLS12, CipherSuites: ids}
	}
	for _, tt := range []struct {
		name            string
		config          *tls.Config
		version, cipher string
	}{
		{"TLS 1.3", &tls.Config{Certificates: certificates}, "TLS 1.3", "TLS_AES_128_GCM_SHA256"},
		{"TLS 1.2", suites(), "TLS 1.2", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
		{"TLS 1.0 alone", &tls.Config{Certificates: certificates, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10}, "TLS 1.0", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"},
		{"3DES with an RSA key exchange alone", suites(tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA), "TLS 1.2", "TLS_RSA_WITH_3DES_EDE_CBC_SHA"},
		{"RC4 alone", suites(tls.TLS_RSA_WITH_RC4_128_SHA), "TLS 1.2", "TLS_RSA_WITH_RC4_128_SHA"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var hello *tls.ClientHelloInfo
			obs := tried(t, HelloLegacy, serving(tt.config, &hello))
			if obs.Failure != nil || obs.Version != tt.version || obs.Cipher != tt.cipher {
				t.Errorf("failure %v, %s, %s", obs.Failure, obs.Version, obs.Cipher)
			}
			if obs.ID != "tls:imaps://imap.example.com:993#192.0.2.1/legacy" || obs.Attempt != "legacy" || len(obs.Certificates) != 0 {
				t.Errorf("%+v", obs)
			}
			if hello.ServerName != "imap.example.com" {
				t.Errorf("the server was asked for %q", hello.ServerName)
			}
		})
	}
}

func TestOtherWaysToBeginAreWholeHandshakes(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t, "Root")
	for _, tt := range []struct {
		way     Hello
		version string
	}{{HelloClassical, "TLS 1.3"}, {HelloTLS12, "TLS 1.2"}} {
		var hello *tls.ClientHelloInfo
		obs := tried(t, tt.way, serving(&tls.Config{Certificates: []tls.Certificate{ca.issue(t, nil)}}, &hello))
		if obs.Version != tt.version || len(obs.Certificates) != 1 || !strings.HasSuffix(obs.ID, "/"+string(tt.way)) {
			t.Errorf("%s: %+v, %+v", tt.way, obs, obs.TLSFacts)
		}
		for _, group := range hello.SupportedCurves {
			if group == tls.X25519MLKEM768 {
				t.Errorf("%s: a post-quantum key share is offered", tt.way)
			}
		}
		if tt.way == HelloTLS12 && hello.SupportedVersions[0] != tls.VersionTLS12 {
			t.Errorf("offered are %x", hello.SupportedVersions)
		}
	}
}

// Whatever versions a server speaks, and with whatever certificate, its answer is an alert.
func TestTheSmallHelloIsAnsweredByARefusal(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t, "Root")
	for name, config := range map[string]*tls.Config{
		"every version": {},
		"TLS 1.3 only":  {MinVersion: tls.VersionTLS13},
		"TLS 1.2 only":  {MaxVersion: tls.VersionTLS12},
		"TLS 1.0 only":  {MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10},
	} {
		var hello *tls.ClientHelloInfo
		config.Certificates = []tls.Certificate{ca.issue(t, nil)}
		obs := tried(t, HelloSmall, serving(config, &hello))
		if obs.Alert == 0 || obs.Version != "" || !strings.HasSuffix(obs.ID, "/small") {
			t.Errorf("%s: %+v, %+v", name, obs, obs.Failure)
		}
	}
}

func TestAServerThatAsksForACertificateSaysSo(t *testing.T) {
	t.Parallel()
	var hello *tls.ClientHelloInfo
	config := &tls.Config{Certificates: oldCertificate(t), ClientAuth: tls.RequestClientCert}
	if obs := tried(t, HelloClassical, serving(config, &hello)); obs.ClientCertificate != mail.CertificateOptional {
		t.Errorf("%+v", obs.TLSFacts)
	}
	config.ClientAuth = tls.NoClientCert
	if obs := tried(t, HelloClassical, serving(config, &hello)); obs.ClientCertificate != "" {
		t.Errorf("%+v", obs.TLSFacts)
	}
}

// Case 60: an alert is known by its number, however the handshake was made.
func TestAlertsAreKnownByNumber(t *testing.T) {
	t.Parallel()
	for _, number := range []uint8{40, 42, 48, 70, 80, 86, 112, 116, 120, 255} {
		for _, way := range []Hello{HelloClassical, HelloLegacy} {
			obs := tried(t, way, func(conn net.Conn) {
				_, _ = conn.Read(make([]byte, 4096))
				_, _ = conn.Write([]byte{recordAlert, 3, 3, 0, 2, 2, number})
			})
			class := mail.TLSAlert
			if number == 70 {
				class = mail.TLSVersion
			}
			if obs.Failure == nil || obs.Failure.Class != class || obs.Alert != number {
				t.Errorf("%q, alert %d: %+v, %d", way, number, obs.Failure, obs.Alert)
			}
		}
	}
}

// A serverHello is what a server of SSL 3.0 sends that crypto/tls cannot play.
func serverHello(version, suite uint16, extensions ...byte) []byte {
	body := numbers([]uint16{version})
	body = append(body, make([]byte, 32)...)
	body = append(body, 0)
	body = append(body, numbers([]uint16{suite})...)
	body = append(body, 0)
	body = append(body, extensions...)
	return append([]byte{typeServerHello, 0, byte(len(body) >> 8), byte(len(body))}, body...)
}

func inRecord(kind byte, fragment []byte) []byte {
	return append([]byte{kind, 3, 0}, vector16(fragment)...)
}

func TestServerHellosByHand(t *testing.T) {
	t.Parallel()
	ssl := serverHello(versionSSL30, 0x0005)
	retry := serverHello(0x0303, 0x1301, 0, 12, 0, 43, 0, 2, 3, 4, 0, 51, 0, 2, 0, 24)
	for _, tt := range []struct {
		name  string
		sends []byte
		want  Choice
		class mail.Class
	}{
		{"SSL 3.0", inRecord(recordHandshake, ssl), Choice{Version: versionSSL30, Suite: 5}, ""},
		{"a request to try again", inRecord(recordHandshake, retry), Choice{Version: 0x0304, Suite: 0x1301, Group: 24}, ""},
		{"in two records", append(inRecord(recordHandshake, ssl[:7]), inRecord(recordHandshake, ssl[7:])...), Choice{Version: versionSSL30, Suite: 5}, ""},
		{"a warning about the name before it", append(inRecord(recordAlert, []byte{1, 112}), inRecord(recordHandshake, ssl)...), Choice{Version: versionSSL30, Suite: 5}, ""},
		{"nothing but warnings", bytes.Repeat(inRecord(recordAlert, []byte{1, 112}), 9), Choice{}, mail.ProtocolFault},
		{"cut off in the middle", inRecord(recordHandshake, ssl)[:20], Choice{}, mail.Closed},
		{"nothing at all", nil, Choice{}, mail.Closed},
		{"an alert", inRecord(recordAlert, []byte{2, 40}), Choice{}, mail.TLSAlert},
		{"plain text", []byte("220 mail.example ESMTP\r\n"), Choice{}, mail.TLSNotSpoken},
		{"a length beyond its end", inRecord(recordHandshake, serverHello(0x0303, 5, 0, 9, 0, 43)), Choice{}, mail.ProtocolFault},
		{"a version from nowhere", inRecord(recordHandshake, serverHello(0x0909, 5)), Choice{}, mail.ProtocolFault},
		{"another message", inRecord(recordHandshake, append([]byte{11}, ssl[1:]...)), Choice{}, mail.ProtocolFault},
		{"an empty record", inRecord(recordHandshake, nil), Choice{}, mail.ProtocolFault},
		{"a record of all sizes", []byte{recordHandshake, 3, 3, 0xff, 0xff}, Choice{}, mail.ProtocolFault},
		{"a ServerHello of 16 MiB", inRecord(recordHandshake, []byte{typeServerHello, 0xff, 0xff, 0xff, 0}), Choice{}, mail.TooLarge},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := readChoice(&messageReader{records: iotest.OneByteReader(bytes.NewReader(tt.sends))})
			if f := Classify(err); (f == nil) != (tt.class == "") || f != nil && f.Class != tt.class {
				t.Errorf("failure %+v, want %q", f, tt.class)
			}
			if got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

// A server may send as many records as it likes; no more is kept than a ServerHello can have.
func TestAnEndlessServerHelloIsBounded(t *testing.T) {
	t.Parallel()
	read := 0
	crumbs := iotest.OneByteReader(endless{&read, inRecord(recordHandshake, []byte{typeServerHello, 0, 0x3f, 0xff, 1, 1, 1, 1})})
	if _, err := readChoice(&messageReader{records: crumbs}); err == nil || read > 8*maxHello {
		t.Errorf("error %v after %d bytes", err, read)
	}
}

// endless repeats what it holds, and counts what was taken.
type endless struct {
	read *int
	data []byte
}

func (e endless) Read(p []byte) (int, error) {
	p[0] = e.data[*e.read%len(e.data)]
	*e.read++
	return 1, nil
}

func TestTheClientHelloKeepsOutOfTheSizeThatBreaksLoadBalancers(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"a.test", strings.Repeat("a-long-label.", 15) + "test"} {
		o := legacyOffer(host)
		if n := len(o.record()); n > 0xff && n < 0x200 || n > 1200 {
			t.Errorf("%d bytes for %d letters", n, len(host))
		}
		o.Suites = o.Suites[:3]
		if n := len(o.record()); n > 0xff && n < 0x200 {
			t.Errorf("%d bytes with few suites", n)
		}
	}
	if o := (Offer{Versions: []uint16{versionSSL30}, Suites: everySuite()}); o.extensions(nil) != nil {
		t.Error("SSL 3.0 has no extensions")
	}
}

// What is taken for a choice has a version that exists, and comes without an
// error; what is not leaves nothing behind.
func FuzzServerHello(f *testing.F) {
	f.Add(inRecord(recordHandshake, serverHello(versionSSL30, 5)))
	f.Add(inRecord(recordHandshake, serverHello(0x0303, 0x1301, 0, 6, 0, 43, 0, 2, 3, 4)))
	f.Add(inRecord(recordAlert, []byte{2, 70}))
	f.Add([]byte("220 x\r\n"))
	f.Add(append(inRecord(recordHandshake, serverHello(0x0303, 0x0033)), inRecord(recordHandshake, []byte{typeServerKeyExchange, 0, 0, 4, 0, 2, 0xff, 1})...))
	f.Add(append(inRecord(recordHandshake, serverHello(0x0303, 0xc02f)), inRecord(recordHandshake, []byte{typeServerKeyExchange, 0, 0, 3, 3, 0, 29})...))
	f.Fuzz(func(t *testing.T, sent []byte) {
		messages := &messageReader{records: bytes.NewReader(sent)}
		got, err := readChoice(messages)
		if err == nil {
			more := got
			more.readKeyExchange(messages)
			if more.DHBits < 0 || more.Version != got.Version || more.Suite != got.Suite {
				t.Fatalf("%+v became %+v", got, more)
			}
		}
		switch {
		case err != nil && got != Choice{}:
			t.Fatalf("%+v comes with %v", got, err)
		case err != nil && Classify(err) == nil, errors.Is(err, io.ErrNoProgress):
			t.Fatalf("%v has no class", err)
		case err == nil && versionName(got.Version) == "":
			t.Fatalf("%+v", got)
		}
	})
}
