package wire

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/miekg/dns"

	"github.com/mailmedic/mailmedic/mail"
)

// Lookup asks one question. The type is "A", "AAAA", "MX", "SRV", "TXT",
// "CNAME" or any other by name; the name is absolute, with or without its final
// dot. Answers, also failures, are remembered for the Network's life, and
// callers that ask the same at once share one query, which none of them can
// cancel for the others. There is no error: failures are in the observation,
// dns-timeout where nobody answered in 5 s, deadline where ctx was over before.
func (n *Network) Lookup(ctx context.Context, name, qtype string) Answer {
	q := questionFor(name, qtype)
	if _, ok := dns.IsDomainName(q.name); !ok || q.qtype == dns.TypeNone {
		a := newAnswer(q)
		a.Observation.Type = strings.ToUpper(qtype)
		a.fail(mail.DNSNXDomain, "%s is not a name and a type that the DNS can hold", printable(name, 300))
		return a
	}
	c, isNew := n.answers.get(q)
	if isNew {
		n.start(c, q)
	}
	select {
	case <-c.done: // also where ctx is over, so that what is known is told
		return c.settled()
	default:
	}
	select {
	case <-c.done:
		return c.settled()
	case <-ctx.Done():
		a := newAnswer(q)
		a.fail(mail.Deadline, "the time was over before an answer for %s came", q)
		return a
	}
}

// settled gives the answer once it is there.
func (c *call) settled() Answer {
	c.crash.Raise()
	return c.answer.clone()
}

// start has c answered, whatever becomes of the caller.
func (n *Network) start(c *call, q question) {
	if !n.tasks.begin() {
		c.answer = newAnswer(q)
		c.answer.fail(mail.Deadline, "the network was closed before %s was asked for", q)
		close(c.done)
		return
	}
	go func() {
		defer n.tasks.done()
		defer close(c.done)
		c.crash = Catch(func() {
			c.answer = n.resolve(n.ctx, n.resolver, q)
			n.compare(q, c.answer.Observation.Resolver)
		})
	}()
}

func questionFor(name, qtype string) question {
	return question{dns.Fqdn(strings.ToLower(name)), dns.StringToType[strings.ToUpper(qtype)]}
}

func newAnswer(q question) Answer {
	name, qtype := hostName(q.name), dns.TypeToString[q.qtype]
	return Answer{Observation: mail.Observation{
		ID:       strings.ToLower(qtype) + ":" + name,
		Kind:     mail.KindDNS,
		Subject:  name,
		At:       time.Now(),
		DNSFacts: &mail.DNSFacts{Name: name, Type: qtype, Records: []string{}},
	}}
}

func (a *Answer) fail(class mail.Class, format string, args ...any) {
	a.Observation.Failure = &mail.Failure{Class: class, Detail: fmt.Sprintf(format, args...)}
}

// resolve answers q from a resolver, over as many questions as its aliases need.
func (n *Network) resolve(ctx context.Context, r *resolver, q question) Answer {
	ctx, cancel := context.WithTimeout(ctx, n.timeouts.dnsName)
	defer cancel()
	a := newAnswer(q)
	defer func() { a.Observation.TookMS = time.Since(a.Observation.At).Milliseconds() }()
	chain := chain{question: q, visited: []string{q.name}}
	for {
		got, err := r.ask(ctx, chain.question, n.timeouts.dnsTry)
		if err != nil {
			a.failTo(q, err)
			return a
		}
		a.Observation.Resolver = got.from.String()
		a.Observation.ExtendedErrors = infoCodes(extendedErrors(got.Msg))
		a.Observation.Authentic = combine(a.Observation.Authentic, authentic(got), len(chain.visited) == 1)
		more, err := chain.follow(got.Msg)
		a.Observation.Aliases = chain.aliases()
		if err != nil {
			a.fail(mail.DNSServFail, "%s: %v", q, err)
			return a
		}
		if more {
			continue
		}
		a.fill(chain.records)
		a.judge(chain, got.Rcode)
		return a
	}
}

// failTo classifies what became of a question without an answer.
func (a *Answer) failTo(q question, err error) {
	if e, ok := errors.AsType[*rcodeError](err); ok {
		a.Observation.Resolver = e.from.String()
		a.Observation.ExtendedErrors, a.Observation.Bogus = infoCodes(e.extended), e.bogus
		a.fail(mail.DNSServFail, "%s: the resolver %v", q, err)
		return
	}
	a.fail(mail.DNSTimeout, "%s: no resolver answered (%v)", q, err)
}

// judge says what an answer without records means (RFC 2308 section 2).
func (a *Answer) judge(c chain, rcode int) {
	if len(c.records) > 0 {
		return
	}
	name := a.Observation.Name
	what := name
	if len(c.visited) > 1 {
		what = fmt.Sprintf("%s, of which %s is an alias,", hostName(c.name), name)
	}
	if rcode == dns.RcodeNameError {
		a.fail(mail.DNSNXDomain, "%s does not exist", what)
		return
	}
	a.fail(mail.DNSNoData, "%s has no %s record", what, a.Observation.Type)
}

// authentic reads the AD bit. Set, it counts only where nobody between the
// resolver and us can have set it: within this machine, or over TLS.
func authentic(got reply) mail.Fact {
	switch {
	case !got.AuthenticatedData:
		return mail.No
	case got.from.private():
		return mail.Yes
	default:
		return mail.NotKnown
	}
}

// combine gives the fact for a chain of answers: the weakest link's.
func combine(before, now mail.Fact, first bool) mail.Fact {
	switch {
	case first || before == now:
		return now
	case before == mail.No || now == mail.No:
		return mail.No
	default:
		return mail.NotKnown
	}
}
