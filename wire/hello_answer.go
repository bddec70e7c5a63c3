package wire

import (
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/mailmedic/mailmedic/mail"
)

const (
	maxRecord = 1<<14 + 2048 // bytes of one record, RFC 5246 section 6.2.3
	maxHello  = 1 << 14      // bytes of one ServerHello; real ones have about a hundred
)

// A choice is what a server chose of an [offer].
type choice struct {
	version uint16
	suite   uint16
	group   tls.CurveID // 0 where the ServerHello does not tell, which is before TLS 1.3
}

// readChoice reads from r up to the end of the ServerHello, and no more than
// that. Its errors are faults, or those of r.
func readChoice(r io.Reader) (choice, error) {
	var message []byte
	for len(message) < 4 || len(message) < 4+helloLength(message) {
		fragment, err := readRecord(r)
		if err != nil {
			return choice{}, err
		}
		message = append(message, fragment...)
		if len(message) > 4 && message[0] != typeServerHello {
			return choice{}, newFault(mail.ProtocolFault, "the server answers the ClientHello with another message than a ServerHello")
		}
		if len(message) >= 4 && helloLength(message) > maxHello {
			return choice{}, newFault(mail.TooLarge, "the server's ServerHello is longer than any can be")
		}
	}
	c, ok := parseServerHello(message[4 : 4+helloLength(message)])
	if !ok {
		return choice{}, newFault(mail.ProtocolFault, "the server's ServerHello is malformed")
	}
	return c, nil
}

// helloLength gives the length of a handshake message from its header.
func helloLength(message []byte) int {
	return int(message[1])<<16 | int(message[2])<<8 | int(message[3])
}

// readRecord reads one record of a handshake that has just begun, and gives
// what is in it. An alert is a fault.
func readRecord(r io.Reader) ([]byte, error) {
	var header [5]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return nil, err
	}
	if header[0] != recordAlert && header[0] != recordHandshake || header[1] != 3 {
		return nil, newFault(mail.TLSNotSpoken, fmt.Sprintf(`the server answers the ClientHello with "%s"`, printable(string(header[:]), 20)))
	}
	size := int(binary.BigEndian.Uint16(header[3:]))
	if size == 0 || size > maxRecord {
		return nil, newFault(mail.ProtocolFault, "the server sends a TLS record of an impossible length")
	}
	fragment := make([]byte, size)
	if _, err := io.ReadFull(r, fragment); err != nil {
		return nil, err
	}
	if header[0] == recordAlert {
		return nil, &alertError{tls.AlertError(fragment[len(fragment)-1])} // level, description
	}
	return fragment, nil
}

// An alertError is a fatal alert that ended a handshake written by hand.
type alertError struct{ alert tls.AlertError }

func (e *alertError) Error() string { return e.alert.Error() }
func (e *alertError) Unwrap() error { return e.alert }

// parseServerHello reads the body of a ServerHello (RFC 8446 section 4.1.3, RFC
// 5246 section 7.4.1.3, RFC 6101 section 5.6.1.3). It gives nothing unless all
// of it is well formed. A HelloRetryRequest counts: it names version and suite.
func parseServerHello(body []byte) (c choice, ok bool) {
	in := cursor(body)
	c.version = in.uint16()
	in.take(32) // random
	in.vector8()
	c.suite = in.uint16()
	in.take(1) // compression
	if len(in) > 0 {
		if !c.readExtensions(in.vector16()) || len(in) > 0 {
			return choice{}, false
		}
	}
	if in == nil || c.version < versionSSL30 || c.version > tls.VersionTLS13 {
		return choice{}, false
	}
	return c, true
}

func (c *choice) readExtensions(in cursor) bool {
	for len(in) > 0 {
		id, data := in.uint16(), in.vector16()
		switch id {
		case extensionSupportedVersions:
			c.version = data.uint16()
		case extensionKeyShare:
			c.group = tls.CurveID(data.uint16())
		}
		if in == nil || data == nil {
			return false
		}
	}
	return in != nil
}

// A cursor takes fields off the front of a message. One that was asked for more
// than there is becomes nil, and stays so.
type cursor []byte

func (c *cursor) take(n int) cursor {
	if *c == nil || len(*c) < n {
		*c = nil
		return nil
	}
	field := (*c)[:n:n]
	*c = (*c)[n:]
	return field
}

func (c *cursor) uint16() uint16 {
	field := c.take(2)
	if field == nil {
		return 0
	}
	return binary.BigEndian.Uint16(field)
}

func (c *cursor) vector8() cursor {
	size := c.take(1)
	if size == nil {
		return nil
	}
	return c.take(int(size[0]))
}

func (c *cursor) vector16() cursor {
	size := c.uint16()
	return c.take(int(size))
}
