package wire

import (
	"bytes"
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

// A Choice is what a server chose of an [Offer].
type Choice struct {
	Version uint16
	Suite   uint16
	Group   uint16 // of the key exchange; 0 where the server has not told
	DHBits  int    // of the prime of a key exchange by integers, 0 for another one
	Alert   uint8  // with which it ended the handshake in place of a choice, RFC 8446 section 6
}

// readChoice reads from r up to the end of the ServerHello, and no more than
// that. Its errors are faults, or those of r.
func readChoice(r *messageReader) (Choice, error) {
	kind, size, err := r.header()
	switch {
	case err != nil:
		return Choice{}, err
	case kind != typeServerHello:
		return Choice{}, newFault(mail.ProtocolFault, "the server answers the ClientHello with another message than a ServerHello")
	case size > maxHello:
		return Choice{}, newFault(mail.TooLarge, "the server's ServerHello is longer than any can be")
	}
	body, err := r.body()
	if err != nil {
		return Choice{}, err
	}
	c, ok := parseServerHello(body)
	if !ok {
		return Choice{}, newFault(mail.ProtocolFault, "the server's ServerHello is malformed")
	}
	return c, nil
}

// A messageReader gives the messages of a handshake that is not encrypted yet,
// whatever records they come in. Each is read by header and then body.
type messageReader struct {
	records io.Reader
	rest    []byte // what has come and was not taken
}

// header reads up to where kind and size of the next message are known.
func (r *messageReader) header() (kind byte, size int, err error) {
	if err := r.await(4); err != nil {
		return 0, 0, err
	}
	return r.rest[0], int(r.rest[1])<<16 | int(r.rest[2])<<8 | int(r.rest[3]), nil
}

// body takes the message, whose size the caller has bounded.
func (r *messageReader) body() ([]byte, error) {
	_, size, err := r.header()
	if err == nil {
		err = r.await(4 + size)
	}
	if err != nil {
		return nil, err
	}
	body := r.rest[4 : 4+size]
	r.rest = r.rest[4+size:]
	return body, nil
}

func (r *messageReader) await(size int) error {
	for len(r.rest) < size {
		fragment, err := readRecord(r.records)
		if err != nil {
			return err
		}
		r.rest = append(r.rest, fragment...)
	}
	return nil
}

// maxWarnings is how many warnings may come before the ServerHello.
const maxWarnings = 3

// readRecord reads one record of a handshake that has just begun, and gives
// what is in it. An alert is a fault, except for the warning that the server
// does not know the name and goes on all the same (RFC 6066 section 3).
func readRecord(r io.Reader) ([]byte, error) {
	for range maxWarnings {
		kind, fragment, err := readAnyRecord(r)
		switch {
		case err != nil:
			return nil, err
		case kind == recordHandshake:
			return fragment, nil
		case !bytes.Equal(fragment, []byte{alertWarning, alertUnrecognizedName}):
			return nil, &alertError{tls.AlertError(fragment[len(fragment)-1])} // level, description
		}
	}
	return nil, newFault(mail.ProtocolFault, "the server sends nothing but warnings")
}

func readAnyRecord(r io.Reader) (kind byte, fragment []byte, err error) {
	var header [5]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return 0, nil, err
	}
	if header[0] != recordAlert && header[0] != recordHandshake || header[1] != 3 {
		return 0, nil, newFault(mail.TLSNotSpoken, fmt.Sprintf(`the server answers the ClientHello with "%s"`, printable(string(header[:]), 20)))
	}
	size := int(binary.BigEndian.Uint16(header[3:]))
	if size == 0 || size > maxRecord {
		return 0, nil, newFault(mail.ProtocolFault, "the server sends a TLS record of an impossible length")
	}
	fragment = make([]byte, size)
	_, err = io.ReadFull(r, fragment)
	return header[0], fragment, err
}

// An alertError is a fatal alert that ended a handshake written by hand.
type alertError struct{ alert tls.AlertError }

func (e *alertError) Error() string { return e.alert.Error() }
func (e *alertError) Unwrap() error { return e.alert }

// parseServerHello reads the body of a ServerHello (RFC 8446 section 4.1.3, RFC
// 5246 section 7.4.1.3, RFC 6101 section 5.6.1.3). It gives nothing unless all
// of it is well formed. A HelloRetryRequest counts: it names version and suite.
func parseServerHello(body []byte) (c Choice, ok bool) {
	in := cursor(body)
	c.Version = in.uint16()
	in.take(32) // random
	in.vector8()
	c.Suite = in.uint16()
	in.take(1) // compression
	if len(in) > 0 {
		if !c.readExtensions(in.vector16()) || len(in) > 0 {
			return Choice{}, false
		}
	}
	if in == nil || c.Version < versionSSL30 || c.Version > tls.VersionTLS13 {
		return Choice{}, false
	}
	return c, true
}

func (c *Choice) readExtensions(in cursor) bool {
	for len(in) > 0 {
		id, data := in.uint16(), in.vector16()
		switch id {
		case extensionSupportedVersions:
			c.Version = data.uint16()
		case extensionKeyShare:
			c.Group = data.uint16()
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
