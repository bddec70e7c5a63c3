package wire

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/miekg/dns"
)

// An upstream is one recursive resolver. Its String is how observations name it.
type upstream interface {
	// exchange puts a question once and gives the answer to it, whatever its
	// RCODE is. The context bounds it.
	exchange(ctx context.Context, q question, f form) (*dns.Msg, error)
	// private reports whether nobody on the way can change what it answers, and
	// it is one whose word on DNSSEC counts.
	private() bool
	String() string
}

// A form is how a question is put.
type form struct {
	edns      bool // with an OPT record (RFC 6891)
	unchecked bool // with the CD bit: do not validate (RFC 4035 section 3.2.2)
}

// udpSize is the payload that needs no fragments on nearly every path (DNS flag day 2020).
const udpSize = 1232

// message makes the query for q.
func (f form) message(q question) *dns.Msg {
	query := new(dns.Msg)
	query.SetQuestion(q.name, q.qtype)
	query.AuthenticatedData = true // RFC 6840 section 5.7: tell me whether it is validated
	query.CheckingDisabled = f.unchecked
	if f.edns {
		query.SetEdns0(udpSize, false)
	}
	return query
}

// padBlock is the length to whose multiples encrypted queries are padded (RFC 8467 section 4.1).
const padBlock = 128

// padded adds padding, so that the length of an encrypted query tells less.
func padded(query *dns.Msg) *dns.Msg {
	opt := query.IsEdns0()
	if opt == nil {
		return query
	}
	const optionHeader = 4
	missing := padBlock - (query.Len()+optionHeader)%padBlock
	opt.Option = append(opt.Option, &dns.EDNS0_PADDING{Padding: make([]byte, missing%padBlock)})
	return query
}

// A plainServer is asked over UDP, and over TCP where the answer does not fit
// or arrives broken.
type plainServer struct {
	addr    netip.AddrPort
	trustAD bool // who names it means that it validates, and does not just pass the AD bit on
	dial    DialFunc

	knowsEDNS atomic.Bool // a query with EDNS was answered
	lacksEDNS atomic.Bool // only those without are: a firewall on the way drops the others
}

func (s *plainServer) String() string { return s.addr.String() }

func (s *plainServer) private() bool { return s.trustAD && s.addr.Addr().IsLoopback() }

func (s *plainServer) exchange(ctx context.Context, q question, f form) (*dns.Msg, error) {
	f.edns = f.edns && !s.lacksEDNS.Load()
	got, err := s.send(ctx, f.message(q))
	switch {
	case err != nil:
	case f.edns:
		s.knowsEDNS.Store(true)
	case !s.knowsEDNS.Load():
		s.lacksEDNS.Store(true)
	}
	return got, err
}

func (s *plainServer) send(ctx context.Context, query *dns.Msg) (*dns.Msg, error) {
	got, err := s.over(ctx, "udp", query)
	if errors.Is(err, errTruncated) || errors.Is(err, errBroken) {
		if got, err = s.over(ctx, "tcp", query); err != nil {
			return nil, fmt.Errorf("the answer needs TCP, and there: %s", describe(err, ""))
		}
	}
	return got, err
}

// over does one exchange over one transport.
func (s *plainServer) over(ctx context.Context, transport string, query *dns.Msg) (*dns.Msg, error) {
	packed, err := query.Pack()
	if err != nil {
		return nil, fmt.Errorf("pack the question: %w", err)
	}
	conn, err := s.dial(ctx, networkFor(transport, s.addr.Addr()), s.addr)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if transport == "tcp" {
		return overStream(conn, packed, query)
	}
	return overDatagrams(conn, packed, query)
}

// overDatagrams waits for the datagram that answers query; what does not is
// ignored, since anybody can send it.
func overDatagrams(conn net.Conn, packed []byte, query *dns.Msg) (*dns.Msg, error) {
	if _, err := conn.Write(packed); err != nil {
		return nil, err
	}
	buffer := make([]byte, 4096) // more than was announced
	for {
		n, err := conn.Read(buffer)
		if err != nil {
			return nil, err
		}
		got, err := parseReply(buffer[:n], query)
		if err == nil || errors.Is(err, errTruncated) || errors.Is(err, errBroken) {
			return got, err
		}
	}
}

func overStream(conn net.Conn, packed []byte, query *dns.Msg) (*dns.Msg, error) {
	if _, err := conn.Write(framed(packed)); err != nil {
		return nil, err
	}
	message, err := readFrame(conn)
	if err != nil {
		return nil, err
	}
	got, err := parseReply(message, query)
	if err != nil {
		return nil, errBroken
	}
	return got, nil
}

// framed puts the length in front of a message (RFC 1035 section 4.2.2).
func framed(message []byte) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(message))), message...)
}

// readFrame reads a message with its length in front.
func readFrame(r io.Reader) ([]byte, error) {
	var length [2]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, err
	}
	message := make([]byte, binary.BigEndian.Uint16(length[:]))
	_, err := io.ReadFull(r, message)
	return message, err
}
