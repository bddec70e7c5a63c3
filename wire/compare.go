package wire

import (
	"context"
	"slices"
	"strings"
	"sync"
)

// comparisons are what the other resolvers say to the questions that one has answered.
type comparisons struct {
	mu    sync.Mutex
	calls []*call
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
		c := &call{done: make(chan struct{})}
		if !n.tasks.begin() {
			return
		}
		if !n.others.add(c) {
			n.tasks.done()
			return
		}
		go func() {
			defer n.tasks.done()
			defer close(c.done)
			c.answer = n.resolve(n.ctx, &resolver{upstreams: []upstream{u}, attempts: n.resolver.attempts}, q)
			c.answer.Observation.ID += "@" + u.String()
			c.answer.Observation.Resolver = u.String()
		}()
	}
}

func (o *comparisons) add(c *call) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.calls) >= maxRemembered {
		return false
	}
	o.calls = append(o.calls, c)
	return true
}

// Comparisons gives what the other resolvers say to the questions that were
// asked so far, in the order of their IDs, which are those of the first answers
// with "@" and the resolver. It waits for them until ctx is over, and leaves out
// what is not there by then. Without [Options].Compare there are none.
func (n *Network) Comparisons(ctx context.Context) []Answer {
	n.others.mu.Lock()
	calls := slices.Clone(n.others.calls)
	n.others.mu.Unlock()
	var there []Answer
	for _, c := range calls {
		select {
		case <-c.done:
		case <-ctx.Done():
		}
		select {
		case <-c.done:
			there = append(there, c.answer.clone())
		default:
		}
	}
	slices.SortFunc(there, func(a, b Answer) int { return strings.Compare(a.Observation.ID, b.Observation.ID) })
	return there
}
