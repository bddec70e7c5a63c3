//go:build integration

package integration

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// swaks talks to a submission server, and gives the conversation.
func swaks(t *testing.T, address, port, user, password string, more ...string) string {
	t.Helper()
	args := []string{
		"--server", address, "--port", port, "--auth", "PLAIN", "--auth-user", user, "--auth-password", password,
		"--from", user, "--to", user, "--helo", "client.test",
	}
	if port == "465" {
		args = append(args, "--tls-on-connect")
	} else {
		args = append(args, "--tls")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	out, _ := exec.CommandContext(ctx, "swaks", append(args, more...)...).CombinedOutput() // what was said shows how it ended
	return string(out)
}

// verified makes swaks insist on a certificate of the test's authority.
func verified() []string { return []string{"--tls-verify", "--tls-ca-path", the.caFile} }

// imapClient is as much of IMAP as it takes to look into a mailbox.
type imapClient struct {
	conn   net.Conn
	reader *bufio.Reader
	tag    int
}

// dialIMAP connects to a setting at an address, as its security says.
func dialIMAP(t *testing.T, address string, s setting) *imapClient {
	t.Helper()
	conn, err := net.DialTimeout("tcp", net.JoinHostPort(address, strconv.Itoa(s.Port)), 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	c := &imapClient{conn: conn, reader: bufio.NewReader(conn)}
	if s.Security == "starttls" {
		c.line(t)
		c.command(t, "STARTTLS")
	}
	secured := tls.Client(conn, &tls.Config{ServerName: s.Host, RootCAs: testRoots(t)})
	if err := secured.Handshake(); err != nil {
		t.Fatalf("%s:%d: %v", s.Host, s.Port, err)
	}
	c.conn, c.reader = secured, bufio.NewReader(secured)
	if s.Security == "tls" {
		c.line(t)
	}
	return c
}

// command sends a command and gives everything up to its tagged reply, which must be OK.
func (c *imapClient) command(t *testing.T, format string, args ...any) string {
	t.Helper()
	c.tag++
	tag := "t" + strconv.Itoa(c.tag)
	if _, err := fmt.Fprintf(c.conn, tag+" "+format+"\r\n", args...); err != nil {
		t.Fatal(err)
	}
	var reply strings.Builder
	for {
		line := c.line(t)
		reply.WriteString(line)
		if status, found := strings.CutPrefix(line, tag+" "); found {
			if !strings.HasPrefix(status, "OK") {
				t.Fatalf("%s was answered %q", strings.Fields(format)[0], line)
			}
			return reply.String()
		}
	}
}

func (c *imapClient) line(t *testing.T) string {
	t.Helper()
	line, err := c.reader.ReadString('\n')
	if err != nil {
		t.Fatalf("IMAP: %v", err)
	}
	return line
}

func testRoots(t *testing.T) *x509.CertPool {
	t.Helper()
	pem, err := os.ReadFile(the.caFile)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		t.Fatal("no certificate in the CA file")
	}
	return pool
}

// testResolver asks the test's name server.
func testResolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, dnsAddress+":53")
	}}
}
