package wire

import (
	"bufio"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

// shaken does a handshake with a server that has config, and gives the
// observation and a line that went through the session.
func shaken(t *testing.T, n *Network, e mail.Endpoint, config *tls.Config, prepare ...func(*Conn)) (c *Conn, obs mail.Observation, completed bool, line string) {
	t.Helper()
	c, server := connectedIn(t.Context(), t, n, e)
	for _, f := range prepare {
		f(c)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		s := tls.Server(server, config)
		if s.Handshake() == nil {
			_, _ = s.Write([]byte("* OK over TLS\r\n"))
		}
		drain(s)
	}()
	obs, completed = c.Handshake(t.Context())
	if completed {
		line, _ = bufio.NewReader(c).ReadString('\n')
	}
	t.Cleanup(func() {
		_ = c.Close()
		<-done
	})
	return c, obs, completed, line
}

func TestAGoodHandshake(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t, "Root")
	inter := ca.below(t, "Intermediate")
	n := (&world{}).network(t, Options{Roots: ca.pool(), Now: now})
	var sent string
	c, obs, completed, line := shaken(t, n, imaps, &tls.Config{
		Certificates: []tls.Certificate{inter.issue(t, nil, inter.cert)},
		GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			sent = hello.ServerName
			return nil, nil
		},
		CurvePreferences: []tls.CurveID{tls.CurveP256},
	})
	if !completed || obs.Failure != nil || !c.Encrypted() || !c.Verified() || line != "* OK over TLS\r\n" || sent != "imap.example.com" {
		t.Fatalf("completed %v, failure %v, line %q, server name %q", completed, obs.Failure, line, sent)
	}
	if obs.ID != "tls:imaps://imap.example.com:993#192.0.2.1" || obs.Kind != mail.KindTLS || obs.Subject != imaps.String() || obs.Address != "192.0.2.1" {
		t.Errorf("%+v", obs)
	}
	if obs.Version != "TLS 1.3" || !strings.HasPrefix(obs.Cipher, "TLS_") || obs.Group != "P-256" || obs.ServerName != "imap.example.com" || len(obs.Certificates) != 2 {
		t.Errorf("%+v", obs.TLSFacts)
	}
	leaf := obs.Certificates[0]
	if leaf.Subject != "CN=a common name" || leaf.Issuer != "CN=Intermediate" || strings.Join(leaf.Names, " ") != "imap.example.com 192.0.2.1" || leaf.Key != "ECDSA P-256" || leaf.SelfSigned {
		t.Errorf("%+v", leaf)
	}
	if state, ok := c.ConnectionState(); !ok || state.Version != tls.VersionTLS13 {
		t.Error("there is no state for channel binding")
	}
	lines := c.Transcript().Lines()
	if !strings.HasPrefix(lines[0].String(), "*: TLS 1.3") || lines[len(lines)-1].String() != "S: * OK over TLS" {
		t.Errorf("the transcript is\n%q", lines)
	}
}

func TestAnAddressIsVerifiedWithoutAServerName(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t, "Root")
	n := (&world{}).network(t, Options{Roots: ca.pool(), Now: now})
	for host, want := range map[string]mail.Class{"192.0.2.1": "", "192.0.2.2": mail.CertName} {
		e := imaps
		e.Host = host
		_, obs, completed, _ := shaken(t, n, e, &tls.Config{Certificates: []tls.Certificate{ca.issue(t, nil)}})
		if !completed || classIn(obs.Failure) != want || obs.ServerName != "" {
			t.Errorf("%s: %v", host, obs.Failure)
		}
	}
}

func TestBadCertificates(t *testing.T) {
	t.Parallel()
	ca, other := newAuthority(t, "Root"), newAuthority(t, "Other Root")
	inter, stray := ca.below(t, "Intermediate"), other.below(t, "Stray")
	lower := inter.below(t, "Lower")
	old := ca.below(t, "Old Intermediate", func(c *x509.Certificate) { c.NotAfter = today.Add(-day) })
	plain := ca.below(t, "Plain", func(c *x509.Certificate) { c.IsCA = false })
	bound := ca.below(t, "Bound", func(c *x509.Certificate) {
		c.PermittedDNSDomains, c.PermittedDNSDomainsCritical = []string{"example.net"}, true
	})
	expired := func(c *x509.Certificate) { c.NotAfter = today.Add(-day) }
	future := func(c *x509.Certificate) { c.NotBefore = today.Add(day) }
	elsewhere := func(c *x509.Certificate) {
		c.DNSNames = []string{"mx.hoster.example", "a.example", "b.example", "c.example"}
	}
	faults := map[string]mail.CertificateFault{
		"with an expired intermediate": mail.IntermediateNotValid, "below an intermediate that must not sign": mail.IntermediateMayNotSign,
		"below a name constraint": mail.NameNotPermitted, "signed with SHA-1": mail.SignatureOutdated,
	}
	withURL := func(c *x509.Certificate) { c.IssuingCertificateURL = []string{"http://ca.example/i.der"} }
	for _, c := range []struct {
		name    string
		cert    tls.Certificate
		class   mail.Class
		details []string
	}{
		{"expired", ca.issue(t, expired), mail.CertExpired, []string{"expired on 21 Nov 2026 12:00 UTC"}},
		{"not yet valid", ca.issue(t, future), mail.CertNotYetValid, []string{"valid from 23 Nov 2026"}},
		{"for another name", ca.issue(t, elsewhere), mail.CertName, []string{"not for imap.example.com", "mx.hoster.example, a.example", "and 1 more"}},
		{"with the name in the subject only", ca.issue(t, func(c *x509.Certificate) {
			c.Subject.CommonName, c.DNSNames, c.IPAddresses = "imap.example.com", nil, nil
		}), mail.CertName, []string{"it has no name at all"}},
		{"self-signed", selfIssued(t, nil), mail.CertUntrusted, []string{"the certificate is self-signed"}},
		{"of an unknown authority that is sent", other.issue(t, nil, other.cert), mail.CertUntrusted, []string{`signed by "Other Root", an authority that is not trusted`}},
		{"without its intermediate", inter.issue(t, nil), mail.CertChain, []string{`signed by "Intermediate", which the server did not send`}},
		{"without its intermediate, which can be had", inter.issue(t, withURL), mail.CertChain, []string{"http://ca.example/i.der"}},
		{"with the wrong intermediate", inter.issue(t, nil, stray.cert), mail.CertChain, []string{`"Intermediate"`}},
		{"with a gap further up", lower.issue(t, nil, lower.cert), mail.CertChain, []string{`"Lower" is signed by "Intermediate"`}},
		{"with an expired intermediate", old.issue(t, nil, old.cert), mail.CertChain, []string{`"Old Intermediate" is not valid today`}},
		{"not made for servers", ca.issue(t, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }), mail.CertUntrusted, []string{"not made for servers"}},
		{"below an intermediate that must not sign", plain.issue(t, nil, plain.cert), mail.CertChain, []string{`"Plain"`}},
		{"below a name constraint", bound.issue(t, nil, bound.cert), mail.CertUntrusted, []string{"not valid"}},
		{"signed with SHA-1", ca.issue(t, func(c *x509.Certificate) { c.SignatureAlgorithm = x509.ECDSAWithSHA1 }), mail.CertUntrusted, []string{"signed with ECDSA-SHA1"}},
		{"with everything wrong", selfIssued(t, func(c *x509.Certificate) { expired(c); elsewhere(c) }), mail.CertExpired, []string{"expired on", "; besides, ", "not for imap.example.com", "self-signed"}},
		{"expired and incomplete", inter.issue(t, expired), mail.CertExpired, []string{"expired on", "has a gap"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n := (&world{}).network(t, Options{Roots: ca.pool(), Now: now})
			conn, obs, completed, line := shaken(t, n, imaps, &tls.Config{Certificates: []tls.Certificate{c.cert}})
			if !completed || conn.Verified() || !conn.Encrypted() || line == "" {
				t.Errorf("completed %v, verified %v, line %q", completed, conn.Verified(), line)
			}
			if classIn(obs.Failure) != c.class || obs.Version == "" || len(obs.Certificates) == 0 {
				t.Fatalf("failure %v", obs.Failure)
			}
			for _, words := range c.details {
				if !strings.Contains(obs.Failure.Detail, words) {
					t.Errorf("the detail %q lacks %q", obs.Failure.Detail, words)
				}
			}
			if want := faults[c.name]; obs.CertificateFault != want {
				t.Errorf("certificate fault %q, want %q", obs.CertificateFault, want)
			}
			if obs.Certificates[0].SelfSigned != strings.Contains(obs.Failure.Detail, "self-signed") {
				t.Error("the fact and the failure disagree about self-signed")
			}
		})
	}
}

func TestOrderAndExtrasInAChainDoNotMatter(t *testing.T) {
	t.Parallel()
	ca, other := newAuthority(t, "Root"), newAuthority(t, "Other Root")
	inter := ca.below(t, "Intermediate")
	lower := inter.below(t, "Lower")
	n := (&world{}).network(t, Options{Roots: ca.pool(), Now: now})
	cert := lower.issue(t, nil, other.cert, inter.cert, lower.cert, ca.cert)
	if _, obs, _, _ := shaken(t, n, imaps, &tls.Config{Certificates: []tls.Certificate{cert}}); obs.Failure != nil {
		t.Error(obs.Failure)
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t, "Root")
	n := (&world{}).network(t, Options{Roots: ca.pool(), Now: now})
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for want, key := range map[string]crypto.Signer{"RSA 2048": rsaKey, "Ed25519": edKey, "ECDSA P-256": newKey(t)} {
		cert := chainOf(sign(t, serverTemplate(), ca.cert, key, ca.key), key)
		_, obs, _, _ := shaken(t, n, imaps, &tls.Config{Certificates: []tls.Certificate{cert}})
		if obs.Failure != nil || obs.Certificates[0].Key != want {
			t.Errorf("%v, %v", obs.Failure, obs.Certificates)
		}
	}
}

func TestHandshakesThatFail(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t, "Root")
	good := ca.issue(t, nil)
	utter := func(text string) func(*net.TCPConn) {
		return func(s *net.TCPConn) {
			_, _ = s.Read(make([]byte, 4096)) // the ClientHello, so that the end is no RST
			_, _ = s.Write([]byte(text))
		}
	}
	offer := func(config *tls.Config) func(*net.TCPConn) {
		config.Certificates = []tls.Certificate{good}
		return func(s *net.TCPConn) { _ = tls.Server(s, config).Handshake() }
	}
	for _, c := range []struct {
		name   string
		serve  func(*net.TCPConn)
		class  mail.Class
		detail string
	}{
		{"a greeting", utter("* OK IMAP4 \x1b[1mready\r\n"), mail.TLSNotSpoken, `192.0.2.1:993 answered the TLS handshake with "* OK IMAP4 \x1b[1mready\r\n"`},
		{"an end", func(s *net.TCPConn) { _, _ = s.Read(make([]byte, 4096)) }, mail.Closed, "connection closed by 192.0.2.1:993 during the TLS handshake"},
		{"a RST", func(s *net.TCPConn) { _ = s.SetLinger(0) }, mail.Reset, "connection reset by 192.0.2.1:993 during the TLS handshake"},
		{"an old version", offer(&tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}), mail.TLSVersion, ""},
		{"an old version without an alert", utter("\x16\x03\x01\x00\x2a\x02\x00\x00\x26\x03\x01" + strings.Repeat("r", 32) + "\x00\x00\x2f\x00"), mail.TLSVersion, "192.0.2.1:993 speaks TLS 1.0 only, which is out of use; TLS 1.2 or later is needed"},
		{"no cipher in common", offer(&tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA}}), mail.TLSAlert, "TLS alert from 192.0.2.1:993: handshake failure"},
		{"a client certificate is wanted", offer(&tls.Config{MaxVersion: tls.VersionTLS12, ClientAuth: tls.RequireAnyClientCert}), mail.TLSAlert, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n := (&world{}).network(t, Options{Roots: ca.pool(), Now: now})
			conn, server := connectedIn(t.Context(), t, n, imaps)
			done := make(chan struct{})
			go func() {
				defer close(done)
				c.serve(server)
				_ = server.Close()
			}()
			obs, completed := conn.Handshake(t.Context())
			<-done
			if completed || conn.Encrypted() || conn.Verified() || classIn(obs.Failure) != c.class {
				t.Fatalf("completed %v, %v", completed, obs.Failure)
			}
			if c.detail != "" && obs.Failure.Detail != c.detail {
				t.Errorf("the detail is %s", obs.Failure.Detail)
			}
			if strings.Contains(obs.Failure.Detail, "tls:") {
				t.Errorf("the detail speaks Go: %s", obs.Failure.Detail)
			}
		})
	}
}

func TestAHandshakeThatEndsHalfWayHasItsFacts(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t, "Root")
	n := (&world{}).network(t, Options{Roots: ca.pool(), Now: now})
	_, obs, completed, _ := shaken(t, n, imaps, &tls.Config{
		Certificates: []tls.Certificate{ca.issue(t, nil)}, MaxVersion: tls.VersionTLS12, ClientAuth: tls.RequireAnyClientCert,
	})
	if completed || obs.Version != "TLS 1.2" || len(obs.Certificates) != 1 {
		t.Errorf("completed %v, %+v", completed, obs.TLSFacts)
	}
}

func TestASilentHandshakeEnds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		timeout time.Duration
		class   mail.Class
		took    time.Duration
	}{
		{"at its own time", time.Hour, mail.Timeout, 10 * time.Second},
		{"with the run", time.Second, mail.Deadline, time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), c.timeout)
				defer cancel()
				inBubble(ctx, t, func(conn *Conn, server net.Conn) {
					go drain(server)
					begin := time.Now()
					obs, completed := conn.Handshake(ctx)
					if completed || classIn(obs.Failure) != c.class || time.Since(begin) != c.took {
						t.Errorf("%v after %v", obs.Failure, time.Since(begin))
					}
				})
			})
		})
	}
}
