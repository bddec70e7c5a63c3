package lab

import "net"

// largePacket is what no packet on a narrow way may have, in bytes: all that IPv4
// promises to bring through (RFC 791 section 3.1). No certificate is so small.
const largePacket = 576

// narrowConn is a connection over a way that loses the full packets of a large
// answer and does not say so (RFC 2923 section 2.1). What comes after them is
// held back, since TCP hands on nothing before what is missing.
type narrowConn struct {
	net.Conn
	arrived []byte // and not yet read
	lost    bool
}

// Read implements [net.Conn]. It is for one goroutine at a time.
func (c *narrowConn) Read(b []byte) (int, error) {
	for len(c.arrived) == 0 {
		packet := make([]byte, 64<<10)
		n, err := c.Conn.Read(packet)
		if err != nil {
			return 0, err
		}
		if c.lost = c.lost || n > largePacket; !c.lost {
			c.arrived = packet[:n]
		}
	}
	n := copy(b, c.arrived)
	c.arrived = c.arrived[n:]
	return n, nil
}
