package probe

import (
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mailmedic/mailmedic/wire"
)

// A server that takes half a second to hang up, as Exim does, is asked on meanwhile.
func TestThreeConnectionsMayBeEndingAtATime(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		single bool
		most   int32
		took   []time.Duration // until each that follows can be made
	}{
		{"beside the next", false, 3, []time.Duration{0, 0, 0, 500, 500, 500, 1000}},
		{"one by one, once the server counts them", true, 1, []time.Duration{500, 1000, 1500, 2000, 2500, 3000, 3500}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var now, most atomic.Int32
				p := newPartings()
				if tt.single {
					p.oneByOne()
				}
				began := time.Now()
				var took []time.Duration
				for range tt.took {
					p.begin(func() {
						n := now.Add(1)
						if n > most.Load() {
							most.Store(n)
						}
						<-time.After(500 * time.Millisecond)
						now.Add(-1)
					})
					took = append(took, time.Since(began)/time.Millisecond)
				}
				if !slices.Equal(took, tt.took) {
					t.Errorf("the next could be made after %v ms, want %v", took, tt.took)
				}
				if p.await(); now.Load() != 0 || most.Load() != tt.most {
					t.Errorf("%d are left, %d were ending at a time, want %d", now.Load(), most.Load(), tt.most)
				}
			})
		})
	}
}

func TestAPanicInAPartingReachesTheSurvey(t *testing.T) {
	t.Parallel()
	p := newPartings()
	p.begin(func() { panic("on purpose") })
	if crash := wire.Catch(p.await); crash == nil || crash.Value != "on purpose" {
		t.Errorf("crash %v", crash)
	}
}
