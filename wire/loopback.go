package wire

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
)

// ListenLoopback opens a port that only programs of this computer reach. host is
// 127.0.0.1, ::1 or localhost; the latter stands for both addresses, and for one
// where the computer has no other, since a browser may take either. Port 0 lets
// the system choose. The listeners are the caller's to close.
func ListenLoopback(ctx context.Context, host string, port uint16) ([]net.Listener, error) {
	if host == "localhost" {
		return listenBoth(ctx, port)
	}
	addr, err := netip.ParseAddr(host)
	if err != nil || !addr.IsLoopback() {
		return nil, fmt.Errorf("%s is no loopback address", printable(host, 100))
	}
	l, err := listenAt(ctx, addr.String(), port)
	if err != nil {
		return nil, err
	}
	return []net.Listener{l}, nil
}

func listenBoth(ctx context.Context, port uint16) ([]net.Listener, error) {
	first, err := listenAt(ctx, "127.0.0.1", port)
	if err != nil {
		return nil, err
	}
	second, err := listenAt(ctx, "::1", uint16(first.Addr().(*net.TCPAddr).Port))
	if err != nil {
		return []net.Listener{first}, nil //nolint:nilerr // a computer without IPv6
	}
	return []net.Listener{first, second}, nil
}

func listenAt(ctx context.Context, addr string, port uint16) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(addr, strconv.Itoa(int(port))))
	if err != nil {
		return nil, fmt.Errorf("listen on this computer: %w", err)
	}
	return l, nil
}
