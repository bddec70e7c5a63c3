//go:build integration

package integration

import (
	"net"
	"slices"
	"strconv"
	"sync"
)

// silentServer accepts connections on the mail ports of one address, keeps
// them open and never says a word.
type silentServer struct {
	listeners []net.Listener
	accepted  chan struct{} // one for each connection; it never fills in a test run
	loops     sync.WaitGroup

	mu    sync.Mutex
	conns []net.Conn
}

func listenSilently(address string) (*silentServer, error) {
	s := &silentServer{accepted: make(chan struct{}, 1000)}
	for _, port := range []int{25, 465, 587} {
		l, err := net.Listen("tcp", net.JoinHostPort(address, strconv.Itoa(port)))
		if err != nil {
			s.close()
			return nil, err
		}
		s.listeners = append(s.listeners, l)
		s.loops.Go(func() { s.accept(l) })
	}
	return s, nil
}

func (s *silentServer) accept(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns = append(s.conns, conn)
		s.mu.Unlock()
		s.accepted <- struct{}{}
	}
}

func (s *silentServer) close() {
	for _, l := range s.listeners {
		_ = l.Close()
	}
	s.loops.Wait()
	for _, conn := range slices.Clip(s.conns) {
		_ = conn.Close()
	}
}
