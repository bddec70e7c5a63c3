package check

import (
	"context"
	"time"
)

// compareResolvers takes in what the other resolvers say to the questions of
// this run, where that was wanted. They were asked beside the run, and have the
// grace to answer, but no longer than the run may take. A network that is shared
// by runs was asked other questions too; those are left out.
func (r *record) compareResolvers(ctx context.Context) {
	left := min(r.times.grace, time.Until(r.started.Add(r.o.Timeout)))
	ctx, cancel := context.WithTimeout(ctx, left)
	defer cancel()
	for _, a := range r.o.Network.Comparisons(ctx) {
		if _, ours := r.book.observations[a.Question()]; ours {
			r.observe(a.Observation)
		}
	}
}
