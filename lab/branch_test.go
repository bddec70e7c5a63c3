package lab_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"strings"
	"syscall"
	"testing"

	"github.com/mailmedic/mailmedic/lab"
)

// branchWorld has a server on port 25 whose script stands behind it.
const branchWorld = `A server that makes differences
-- servers.toml --
[[server]]
endpoints = ["smtps://192.0.2.1:465"]
script = "x"
-- script/x --
`

func TestScriptsBranchByConnectionAndByLine(t *testing.T) {
	t.Parallel()
	r := start(t, "branch.txtar", branchWorld+`
S: 220 hello
WHEN connection 1 and not connection >1
  S: first
WHEN connection 2
  S: second
END
WHEN line EHLO *
  S: {tag} heard
OTHERWISE
  C: HELO *
  S: {tag} taken
END
WHEN connection >2
  CLOSE
END
S: done
`, lab.Options{})
	for _, text := range []string{
		"S: 220 hello\nS: first\nC: ehlo x\nS: ehlo heard\nS: done\nS: (end)",
		"S: 220 hello\nS: second\nC: HELO x\nS: HELO taken\nS: done\nS: (end)",
		"S: 220 hello\nC: EHLO x\nS: EHLO heard\nS: (end)",
		"S: 220 hello\nC: QUIT\nS: (end)",
	} {
		converse(t, dial(t, r, "192.0.2.1:465"), text)
	}
}

func TestScriptsBranchByClientHello(t *testing.T) {
	t.Parallel()
	modern := &tls.Config{ServerName: "a.example", NextProtos: []string{"imap"}}
	old := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	classical := &tls.Config{InsecureSkipVerify: true, CurvePreferences: []tls.CurveID{tls.X25519}}
	for condition, fits := range map[string]*tls.Config{
		"hello version 1.3":                              modern,
		"not hello version 1.2":                          old,
		"hello version 1.0 and not hello version 1.3":    old,
		"hello suite TLS_AES_*":                          modern,
		"hello suite c013 and not hello suite TLS_AES_*": nil, // it has a name
		"hello suite TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA and not hello suite 1301": modern,
		"hello group X25519MLKEM768":               modern,
		"hello name A.example":                     modern,
		"not hello name *":                         old,
		"hello alpn imap":                          modern,
		"hello share >1200":                        modern,
		"hello share <100":                         classical,
		"hello size >1200 and not hello size <600": modern,
	} {
		t.Run(condition, func(t *testing.T) {
			t.Parallel()
			r := start(t, "branch.txtar", branchWorld+"WHEN "+condition+"\nALERT 100\nEND\nALERT 40\n", lab.Options{})
			for name, config := range map[string]*tls.Config{"modern": modern, "old": old, "classical": classical} {
				err := tls.Client(dial(t, r, "192.0.2.1:465"), config).HandshakeContext(t.Context())
				chosen := err != nil && strings.Contains(err.Error(), tls.AlertError(100).Error())
				if want := config == fits; want && !chosen || fits == nil && chosen {
					t.Errorf("%s: chosen %v: %v", name, chosen, err)
				}
			}
		})
	}
}

func TestAClientThatDoesNotBeginWithAClientHelloIsToldApart(t *testing.T) {
	t.Parallel()
	r := start(t, "branch.txtar", branchWorld+"WHEN hello\nTLS\nS: secret\nOTHERWISE\nC: *\nS: plain\nEND\n", lab.Options{})
	converse(t, dial(t, r, "192.0.2.1:465"), "C: EHLO a\nS: plain\nS: (end)")
	converse(t, dial(t, r, "192.0.2.1:465"), "TLS\nS: secret\nS: (end)")
}

func TestTheHandshakeOfAScriptHasOptions(t *testing.T) {
	t.Parallel()
	r := start(t, "branch.txtar", branchWorld+`
WHEN connection 1
  TLS certificate=expired
WHEN connection 2
  TLS tls_versions=1.2
WHEN connection 3
  TLS client_certificate=required
OTHERWISE
  HELLO 1.0 TLS_RSA_WITH_RC4_128_SHA
  CLOSE
END
S: 220 hello
`, lab.Options{})
	config := clientTLS(r, "192.0.2.1")
	asked := false
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		asked = true
		return &tls.Certificate{}, nil
	}
	shake := func() (*tls.Conn, error) {
		conn := tls.Client(dial(t, r, "192.0.2.1:465"), config)
		return conn, conn.HandshakeContext(t.Context())
	}
	if _, err := shake(); !errors.As(err, new(x509.CertificateInvalidError)) && !strings.Contains(err.Error(), "expired") {
		t.Errorf("expired: %v", err)
	}
	if conn, err := shake(); err != nil || conn.ConnectionState().Version != tls.VersionTLS12 {
		t.Errorf("TLS 1.2: %v", err)
	}
	conn, err := shake()
	if err == nil {
		_, err = conn.Read(make([]byte, 1))
	}
	if !asked || err == nil || !strings.Contains(err.Error(), "certificate required") {
		t.Errorf("client certificate: asked %v, %v", asked, err)
	}
	if _, err := shake(); err == nil || !strings.Contains(err.Error(), "protocol version") && !strings.Contains(err.Error(), "unsupported version") {
		t.Errorf("a choice that nobody wants: %v", err)
	}
}

func TestScriptsSendWithoutEnd(t *testing.T) {
	t.Parallel()
	r := start(t, "branch.txtar", branchWorld+`
WHEN connection 1
  REPEAT * 220-more\r\n
WHEN connection 2
  RANDOM 70000
  C: *
OTHERWISE
  RANDOM *
END
RESET
`, lab.Options{})
	endless := dial(t, r, "192.0.2.1:465")
	for range 1000 {
		converse(t, endless, "S: 220-more")
	}
	first, second := dial(t, r, "192.0.2.1:465"), dial(t, r, "192.0.2.1:465")
	a, err := io.ReadAll(io.LimitReader(first, 70_000))
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(io.LimitReader(second, 70_000))
	if err != nil {
		t.Fatal(err)
	}
	if string(a) != string(b) {
		t.Error("two runs have other bytes")
	}
	converse(t, first, "C: enough")
	if _, err := first.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("after so many bytes: %v", err)
	}
}

func TestAServerAsksForACertificate(t *testing.T) {
	t.Parallel()
	r := start(t, "ask.txtar", `It asks
-- servers.toml --
[[server]]
endpoints = ["imaps://192.0.2.1:993"]
client_certificate = "optional"
`, lab.Options{})
	asked := false
	config := clientTLS(r, "192.0.2.1")
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		asked = true
		return &tls.Certificate{}, nil
	}
	conn := tls.Client(dial(t, r, "192.0.2.1:993"), config)
	if line, err := readLine(conn); err != nil || !strings.HasPrefix(line, "* OK") || !asked {
		t.Errorf("%q, %v, asked %v", line, err, asked)
	}
}
