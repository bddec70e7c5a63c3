package wire

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// A resolver asks recursive resolvers. It keeps no answers.
type resolver struct {
	systemConfig
	dial DialFunc
}

// A question is what one DNS message asks. The class is always IN.
type question struct {
	name  string // presentation form with the final dot
	qtype uint16
}

func (q question) String() string {
	return dns.TypeToString[q.qtype] + " " + strings.TrimSuffix(q.name, ".")
}

// A reply is what a resolver answered: NOERROR or NXDOMAIN, complete, to the question.
type reply struct {
	*dns.Msg
	server netip.AddrPort
}

// udpSize is the payload that needs no fragments on nearly every path (DNS flag day 2020).
const udpSize = 1232

// Why a message is of no use.
var (
	errTruncated = errors.New("cut the answer short")
	errBroken    = errors.New("sent a malformed answer")
	errAnswered  = errors.New("has answered already")
	errNoServer  = errors.New("this computer has no DNS resolver configured; name one with --resolver")
)

// rcodeError is an answer that says nothing about the name.
type rcodeError struct {
	server netip.AddrPort
	rcode  int
	reason string // of an extended error (RFC 8914), may be empty
}

func (e *rcodeError) Error() string {
	text := fmt.Sprintf("%s answered %s", e.server, rcodeName(e.rcode))
	if e.reason != "" {
		text += " (" + e.reason + ")"
	}
	return text
}

func rcodeName(rcode int) string {
	if name, ok := dns.RcodeToString[rcode]; ok {
		return name
	}
	return fmt.Sprintf("RCODE %d", rcode)
}

// ask puts q to the servers: in turn, the next one as well once try has passed
// without an answer, each one as often as the configuration says. A server that
// answered SERVFAIL or the like is not asked again. The context bounds it all.
func (r *resolver) ask(ctx context.Context, q question, try time.Duration) (reply, error) {
	if len(r.servers) == 0 {
		return reply{}, errNoServer
	}
	if r.try > 0 {
		try = min(try, r.try)
	}
	tries := make(chan netip.AddrPort, len(r.servers)*r.attempts)
	for range r.attempts {
		for _, server := range r.servers {
			tries <- server
		}
	}
	close(tries)
	var answered sync.Map
	attempts, winner := race(ctx, tries, try, func(ctx context.Context, server netip.AddrPort) (reply, error) {
		if _, ok := answered.Load(server); ok {
			return reply{}, errAnswered
		}
		got, err := r.exchange(ctx, server, q)
		if _, ok := errors.AsType[*rcodeError](err); ok {
			answered.Store(server, true)
		}
		return got, err
	}, func(reply) {})
	if winner >= 0 {
		return attempts[winner].result, nil
	}
	return reply{}, whyNobody(attempts)
}

// whyNobody picks the error that tells most: what a resolver said, else what
// became of each one, by its last attempt.
func whyNobody(attempts []attempt[netip.AddrPort, reply]) error {
	last := map[netip.AddrPort]string{}
	var order []netip.AddrPort
	for _, a := range attempts {
		if e, ok := errors.AsType[*rcodeError](a.err); ok {
			return e
		}
		if _, known := last[a.target]; !known {
			order = append(order, a.target)
		}
		last[a.target] = describe(a.err, "")
	}
	words := make([]string, len(order))
	for i, server := range order {
		words[i] = fmt.Sprintf("%s: %s", server, last[server])
	}
	return errors.New(strings.Join(words, "; "))
}

// exchange asks one server once: over UDP with EDNS, over TCP where the answer
// does not fit or arrives broken, and without EDNS where the server cannot
// parse it (RFC 6891 section 7).
func (r *resolver) exchange(ctx context.Context, server netip.AddrPort, q question) (reply, error) {
	got, err := r.send(ctx, server, q, true)
	if err == nil && (got.Rcode == dns.RcodeFormatError || got.Rcode == dns.RcodeNotImplemented) {
		got, err = r.send(ctx, server, q, false)
	}
	if err != nil {
		return reply{}, err
	}
	if got.Rcode != dns.RcodeSuccess && got.Rcode != dns.RcodeNameError {
		return reply{}, &rcodeError{server, got.Rcode, extendedError(got)}
	}
	return reply{got, server}, nil
}

func (r *resolver) send(ctx context.Context, server netip.AddrPort, q question, edns bool) (*dns.Msg, error) {
	query := new(dns.Msg)
	query.SetQuestion(q.name, q.qtype)
	query.AuthenticatedData = true // RFC 6840 section 5.7: tell me whether it is validated
	if edns {
		query.SetEdns0(udpSize, false)
	}
	got, err := r.over(ctx, "udp", server, query)
	if errors.Is(err, errTruncated) || errors.Is(err, errBroken) {
		if got, err = r.over(ctx, "tcp", server, query); err != nil {
			return nil, fmt.Errorf("the answer needs TCP, and there: %s", describe(err, ""))
		}
	}
	return got, err
}

// over does one exchange over one transport.
func (r *resolver) over(ctx context.Context, transport string, server netip.AddrPort, query *dns.Msg) (*dns.Msg, error) {
	packed, err := query.Pack()
	if err != nil {
		return nil, fmt.Errorf("pack the question: %w", err)
	}
	conn, err := r.dial(ctx, networkFor(transport, server.Addr()), server)
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

// overStream exchanges messages with their length in front (RFC 1035 section 4.2.2).
func overStream(conn net.Conn, packed []byte, query *dns.Msg) (*dns.Msg, error) {
	framed := append(binary.BigEndian.AppendUint16(nil, uint16(len(packed))), packed...)
	if _, err := conn.Write(framed); err != nil {
		return nil, err
	}
	var length [2]byte
	if _, err := io.ReadFull(conn, length[:]); err != nil {
		return nil, err
	}
	message := make([]byte, binary.BigEndian.Uint16(length[:]))
	if _, err := io.ReadFull(conn, message); err != nil {
		return nil, err
	}
	got, err := parseReply(message, query)
	if err != nil {
		return nil, errBroken
	}
	return got, nil
}

var errNotOurs = errors.New("not an answer to the question")

const headerSize = 12 // RFC 1035 section 4.1.1

// parseReply reads a message that is to answer query: the same ID and the same
// question. The header's counts are compared, since the parser takes a message
// that ends early for a whole one.
func parseReply(message []byte, query *dns.Msg) (*dns.Msg, error) {
	if len(message) < headerSize || binary.BigEndian.Uint16(message) != query.Id || message[2]&0x80 == 0 {
		return nil, errNotOurs
	}
	got := new(dns.Msg)
	err := got.Unpack(message)
	if err == nil || len(got.Question) > 0 {
		if !answers(got, query) {
			return nil, errNotOurs
		}
	}
	switch {
	case got.Truncated || message[2]&0x02 != 0:
		return nil, errTruncated
	case err != nil || !countsMatch(message, got):
		return nil, errBroken
	}
	return got, nil
}

// answers compares the question. A server that cannot parse a message may leave it out.
func answers(got, query *dns.Msg) bool {
	if len(got.Question) == 0 {
		return got.Rcode == dns.RcodeFormatError || got.Rcode == dns.RcodeNotImplemented
	}
	g, q := got.Question[0], query.Question[0]
	return len(got.Question) == 1 && got.Opcode == dns.OpcodeQuery &&
		g.Qtype == q.Qtype && g.Qclass == q.Qclass && strings.EqualFold(g.Name, q.Name)
}

func countsMatch(message []byte, got *dns.Msg) bool {
	count := func(i int) int { return int(binary.BigEndian.Uint16(message[4+2*i:])) }
	return count(0) == len(got.Question) && count(1) == len(got.Answer) &&
		count(2) == len(got.Ns) && count(3) == len(got.Extra)
}

// extendedError gives the words of the first extended error of got (RFC 8914).
func extendedError(got *dns.Msg) string {
	opt := got.IsEdns0()
	if opt == nil {
		return ""
	}
	for _, o := range opt.Option {
		if e, ok := o.(*dns.EDNS0_EDE); ok {
			words := dns.ExtendedErrorCodeToString[e.InfoCode]
			if e.ExtraText != "" {
				words = strings.TrimPrefix(words+": "+printable(e.ExtraText, 200), ": ")
			}
			return words
		}
	}
	return ""
}
