package wire

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"

	"github.com/mailmedic/mailmedic/mail"
)

// A resolver asks recursive resolvers. It keeps no answers.
type resolver struct {
	upstreams []upstream
	attempts  int           // how often each is asked
	try       time.Duration // at most, before the next is asked; 0 for our own measure
	scopes    []scope
}

// A scope is a domain that has resolvers of its own, as VPNs configure it.
type scope struct {
	domain    string // absolute
	upstreams []upstream
}

// responsible gives the upstreams that know of a name: those of the closest scope.
func (r *resolver) responsible(name string) []upstream {
	best := scope{domain: ".", upstreams: r.upstreams}
	for _, s := range r.scopes {
		if dns.IsSubDomain(s.domain, name) && dns.CountLabel(s.domain) > dns.CountLabel(best.domain) {
			best = s
		}
	}
	return best.upstreams
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
	from upstream
}

// Why a message is of no use.
var (
	errTruncated = errors.New("cut the answer short")
	errBroken    = errors.New("sent a malformed answer")
	errAnswered  = errors.New("has answered already")
	errNoServer  = errors.New("this computer has no DNS resolver configured; name one with --resolver")
)

// rcodeError is an answer that says nothing about the name.
type rcodeError struct {
	from     upstream
	rcode    int
	extended []*dns.EDNS0_EDE
	bogus    bool // the name fails DNSSEC validation
}

func (e *rcodeError) Error() string {
	text := fmt.Sprintf("%s answered %s", e.from, rcodeName(e.rcode))
	switch reason := extendedWords(e.extended); {
	case reason != "":
		text += " (" + reason + ")"
	case e.bogus:
		text += ", and an answer when it is not to check DNSSEC signatures"
	}
	return text
}

func rcodeName(rcode int) string {
	if name, ok := dns.RcodeToString[rcode]; ok {
		return name
	}
	return fmt.Sprintf("RCODE %d", rcode)
}

// A turn is the time of one upstream to be asked.
type turn struct {
	of    upstream
	round int
}

// ask puts q to the upstreams: in turn, the next one as well once try has passed
// without an answer, each one as often as the configuration says. One that
// answered SERVFAIL or the like is not asked again. From the second round on
// EDNS is left out, since there are firewalls that swallow queries with it. The
// context bounds it all.
func (r *resolver) ask(ctx context.Context, q question, try time.Duration) (reply, error) {
	upstreams := r.responsible(q.name)
	if len(upstreams) == 0 {
		return reply{}, errNoServer
	}
	if r.try > 0 {
		try = min(try, r.try)
	}
	turns := make(chan turn, len(upstreams)*r.attempts)
	for round := range r.attempts {
		for _, u := range upstreams {
			turns <- turn{u, round}
		}
	}
	close(turns)
	var answered sync.Map
	attempts, winner := race(ctx, turns, try, func(ctx context.Context, t turn) (reply, error) {
		if _, ok := answered.Load(t.of); ok {
			return reply{}, errAnswered
		}
		got, err := put(ctx, t.of, q, t.round == 0)
		if isFinal(err) {
			answered.Store(t.of, true)
		}
		return got, err
	}, func(reply) {})
	if winner >= 0 {
		return attempts[winner].result, nil
	}
	return reply{}, whyNobody(attempts)
}

// isFinal reports whether asking the same upstream again would tell nothing new.
func isFinal(err error) bool {
	if _, ok := errors.AsType[*rcodeError](err); ok {
		return true
	}
	f, ok := errors.AsType[*fault](err)
	if !ok {
		return false
	}
	switch f.failure.Class {
	case mail.Timeout, mail.Deadline, mail.Closed, mail.Reset, mail.Refused, mail.Unreachable:
		return false
	default:
		return true
	}
}

// whyNobody picks the error that tells most: what a resolver said, else what
// became of each one, by the last attempt that tells.
func whyNobody(attempts []attempt[turn, reply]) error {
	last := map[upstream]string{}
	var order []upstream
	for _, a := range attempts {
		if e, ok := errors.AsType[*rcodeError](a.err); ok {
			return e
		}
		known := slices.Contains(order, a.target.of)
		failure := Classify(a.err)
		if known && (errors.Is(a.err, errAnswered) || failure.Class == mail.Deadline) {
			continue // says less than what came before
		}
		if !known {
			order = append(order, a.target.of)
		}
		last[a.target.of] = failure.Detail
	}
	words := make([]string, len(order))
	for i, u := range order {
		words[i] = fmt.Sprintf("%s: %s", u, last[u])
	}
	return errors.New(strings.Join(words, "; "))
}

// put asks one upstream once: without EDNS where it cannot parse that (RFC 6891
// section 7), and where it fails without a reason also without validation, to
// tell a broken signature from a broken server.
func put(ctx context.Context, u upstream, q question, edns bool) (reply, error) {
	got, err := u.exchange(ctx, q, form{edns: edns})
	if err == nil && (got.Rcode == dns.RcodeFormatError || got.Rcode == dns.RcodeNotImplemented) {
		edns = false
		got, err = u.exchange(ctx, q, form{})
	}
	if err != nil {
		return reply{}, err
	}
	if isAnswer(got) {
		return reply{got, u}, nil
	}
	failed := &rcodeError{from: u, rcode: got.Rcode, extended: extendedErrors(got)}
	failed.bogus = saysBogus(failed.extended)
	if got.Rcode == dns.RcodeServerFailure && len(failed.extended) == 0 {
		unchecked, err := u.exchange(ctx, q, form{edns: edns, unchecked: true})
		failed.bogus = err == nil && isAnswer(unchecked)
	}
	return reply{}, failed
}

// isAnswer reports whether a message says something of the name.
func isAnswer(got *dns.Msg) bool {
	return got.Rcode == dns.RcodeSuccess || got.Rcode == dns.RcodeNameError
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
