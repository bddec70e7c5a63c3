package wire

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/mailmedic/mailmedic/mail"
)

// comparisons are what the other resolvers say to the questions that one has answered.
type comparisons struct {
	mu    sync.Mutex
	calls []*comparison
}

// A comparison is a question that one resolver has answered, put to another.
type comparison struct {
	call
	question
	to upstream
}

// compare puts q, which one resolver has answered, to the others. Nobody waits for them here.
func (n *Network) compare(q question, answered string) {
	if !n.options.Compare || answered == "" {
		return
	}
	for _, u := range n.resolver.responsible(q.name) {
		if u.String() == answered {
			continue
		}
		if !n.tasks.begin() {
			return
		}
		c := &comparison{call{done: make(chan struct{})}, q, u}
		if !n.others.add(c) {
			n.tasks.done()
			return
		}
		go func() {
			defer n.tasks.done()
			defer close(c.done)
			c.crash = Catch(func() {
				c.answer = c.mark(n.resolve(n.ctx, &resolver{upstreams: []upstream{u}, attempts: n.resolver.attempts}, q))
			})
		}()
	}
}

// mark makes an answer tell whose it is, so that nobody takes it for the first one.
func (c *comparison) mark(a Answer) Answer {
	a.Observation.ID += "@" + c.to.String()
	a.Observation.Resolver = c.to.String()
	return a
}

// inTime waits for the answer until ctx is over.
func (c *comparison) inTime(ctx context.Context) Answer {
	select {
	case <-c.done:
	case <-ctx.Done():
	}
	select {
	case <-c.done: // also where ctx is over
		return c.settled()
	default:
		a := c.mark(newAnswer(c.question))
		a.fail(mail.Deadline, "the time was over before %s answered", c.to)
		return a
	}
}

func (o *comparisons) add(c *comparison) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.calls) >= maxRemembered {
		return false
	}
	o.calls = append(o.calls, c)
	return true
}

// Comparisons gives what the other resolvers say to the questions that were
// answered so far, in the order of their IDs, which are those of the first
// answers with "@" and the resolver. It waits for them until ctx is over; what
// is not there by then has failed with class deadline. Without
// [Options].Compare there are none; with it the first 4096 are kept.
func (n *Network) Comparisons(ctx context.Context) []Answer {
	n.others.mu.Lock()
	calls := slices.Clone(n.others.calls)
	n.others.mu.Unlock()
	answers := make([]Answer, len(calls))
	for i, c := range calls {
		answers[i] = c.inTime(ctx)
	}
	slices.SortFunc(answers, func(a, b Answer) int { return strings.Compare(a.Observation.ID, b.Observation.ID) })
	return answers
}
