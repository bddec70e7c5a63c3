//go:build integration

package integration

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// counter passes connections on to a server and counts them.
type counter struct {
	listener net.Listener
	server   string
	seen     atomic.Int64
	shy      atomic.Bool // the next connection is told to come again later, in the words of SMTP and LMTP
	work     sync.WaitGroup
}

// countConnections listens in front of a server for as long as the test runs.
func countConnections(t *testing.T, address, server string) *counter {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	c := &counter{listener: listener, server: server}
	c.work.Go(c.accept)
	t.Cleanup(func() {
		listener.Close()
		c.work.Wait()
	})
	return c
}

// made gives the connections since it was asked last.
func (c *counter) made() int64 { return c.seen.Swap(0) }

func (c *counter) accept() {
	for {
		client, err := c.listener.Accept()
		if err != nil {
			return
		}
		c.seen.Add(1)
		if c.shy.Swap(false) {
			_, _ = io.WriteString(client, "421 4.7.1 Greylisted, come again later\r\n")
			client.Close()
			continue
		}
		c.work.Go(func() { c.pass(client) })
	}
}

func (c *counter) pass(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", c.server)
	if err != nil {
		return
	}
	defer server.Close()
	var one sync.WaitGroup
	one.Go(func() { half(server, client) })
	half(client, server)
	one.Wait()
}

// half carries one direction, and its end.
func half(to, from net.Conn) {
	_, _ = io.Copy(to, from)
	if c, ok := to.(*net.TCPConn); ok {
		_ = c.CloseWrite()
	}
	if c, ok := from.(*net.TCPConn); ok {
		_ = c.CloseRead()
	}
}
