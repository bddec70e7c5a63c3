package lab

import (
	"io"
	"net"
)

// drain reads and forgets until the client or the world ends.
func drain(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }

// endOfFile ends a TCP connection so that the client reads an end of file. A
// close while something of the client is unread would be a RST, and so what
// the client sees would be left to chance.
func endOfFile(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.CloseWrite()
	}
	drain(conn)
}

// reset ends a TCP connection with a RST.
func reset(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
