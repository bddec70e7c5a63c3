package discover

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

// Search is one run of the sources. Its methods may be called at any time from
// any goroutine.
type Search struct {
	net     *wire.Network
	target  mail.Target
	options Options
	emit    func(mail.Event)

	ctx    context.Context // of all questions: a Search is one run
	cancel context.CancelFunc

	sources   sync.WaitGroup // questions of the sources but guesses
	guesses   sync.WaitGroup // calls of Guess that have not returned
	watchers  sync.WaitGroup // what only waits or looks ahead
	published chan struct{}
	survey    survey
	fault     atomic.Pointer[wire.Crash]

	emitting sync.Mutex // held while emit runs; guards ledger
	ledger   ledger

	mu       sync.Mutex // guards what follows; never held while emit runs
	pending  map[*question]struct{}
	asked    map[Pending]bool // to ask nothing twice
	stopped  []Pending
	notAsked map[NotAsked]bool
	services map[serviceID]mail.Service
	floor    int // questions whose best is of this rank or worse are not asked any more
	released map[mail.Role]bool
	waiting  bool // Wait has begun to wait for guesses: no more are made
	known    knownProviders
}

// question is a Pending that can be cancelled.
type question struct {
	Pending
	cancel context.CancelFunc
}

func newSearch(ctx context.Context, n *wire.Network, target mail.Target, o Options, emit func(mail.Event)) *Search {
	ctx, cancel := context.WithCancel(ctx)
	return &Search{
		net: n, target: target, options: o, emit: emit,
		ctx: ctx, cancel: cancel,
		published: make(chan struct{}),
		survey:    survey{done: make(chan struct{}), asked: make(chan struct{})},
		ledger:    newLedger(),
		pending:   map[*question]struct{}{},
		asked:     map[Pending]bool{},
		notAsked:  map[NotAsked]bool{},
		services:  map[serviceID]mail.Service{},
		floor:     mail.TrustGuess.Rank() + 1,
		released:  map[mail.Role]bool{},
	}
}

// ask runs work in a goroutine of its own unless the same was asked before.
// work returns false when it was cut short.
func (s *Search) ask(p Pending, work func(context.Context) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.asked[p] {
		s.asked[p] = true
		s.start(&s.sources, p, work)
	}
}

// start runs a question in a group, as long as it is worth asking. s.mu is held.
func (s *Search) start(group *sync.WaitGroup, p Pending, work func(context.Context) bool) {
	if p.Best.Rank() >= s.floor {
		s.stopped = append(s.stopped, p)
		return
	}
	ctx, cancel := context.WithCancel(s.ctx)
	q := &question{p, cancel}
	s.pending[q] = struct{}{}
	group.Go(func() {
		defer cancel()
		answered := s.guarded(ctx, work)
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.pending, q)
		if !answered {
			s.stopped = append(s.stopped, p)
		}
	})
}

// guarded does the work of a question. A panic, most likely of a parser that met
// something new, ends the search and is raised again by Wait.
func (s *Search) guarded(ctx context.Context, work func(context.Context) bool) (answered bool) {
	if crash := wire.Catch(func() { answered = work(ctx) }); crash != nil {
		s.fault.CompareAndSwap(nil, crash)
		s.cancel()
	}
	return answered
}

// cut reports whether a failure is nothing but the end of its question, which
// says nothing of the world.
func cut(f *mail.Failure) bool { return f != nil && f.Class == mail.Deadline }

// leaveOut notes that something is not asked, and why.
func (s *Search) leaveOut(source mail.Source, subject, why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notAsked[NotAsked{source, subject, why}] = true
}

// found emits the observations that a source saw, as far as they are news, and
// then the candidates that grew by the offers, in one piece.
func (s *Search) found(source mail.Source, observations []mail.Observation, offers []offer) {
	s.emitting.Lock()
	defer s.emitting.Unlock()
	for _, o := range observations {
		s.tell(source, o)
	}
	for _, c := range s.ledger.merge(s.unpinned(offers)) {
		s.emit(mail.Event{Candidate: &c})
	}
}

// tell emits what a source saw, and again what was seen before where it says
// more in this light. s.emitting is held.
func (s *Search) tell(source mail.Source, o mail.Observation) {
	if note := answerNote(o); note != "" {
		o.Notes = append(slices.Clone(o.Notes), note)
	}
	o, news := s.ledger.note(source, o)
	if news {
		s.emit(mail.Event{Observation: &o})
	}
	for _, other := range s.ledger.intercepted(o) {
		other.Notes = append(slices.Clone(other.Notes), interceptedNote)
		if other, news := s.ledger.note(other.Source, other); news {
			s.emit(mail.Event{Observation: &other})
		}
	}
}

// watch closes Published once the sources have ended. It comes last in Start:
// whatever is asked later is asked by a question that is itself not yet ended.
func (s *Search) watch() {
	s.watchers.Go(func() {
		s.sources.Wait()
		close(s.published)
	})
}

// Pending lists what still waits, sorted by source and subject.
func (s *Search) Pending() []Pending {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Pending, 0, len(s.pending))
	for q := range s.pending {
		list = append(list, q.Pending)
	}
	slices.SortFunc(list, comparePending)
	return list
}

// Stop cancels every question whose answer could at best claim trust worse or
// less, and asks none of them any more. What it cancelled is listed by Wait.
func (s *Search) Stop(worse mail.Trust) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.floor = min(s.floor, worse.Rank())
	for q := range s.pending {
		if q.Best.Rank() >= s.floor {
			q.cancel()
		}
	}
}

// Published is closed when all sources but guesses have ended or were stopped.
func (s *Search) Published() <-chan struct{} { return s.published }

// Wait waits until every source and every guess that was begun has ended. After
// it nothing is emitted, nothing is guessed and no goroutine is left.
func (s *Search) Wait() Result {
	<-s.published
	s.mu.Lock()
	s.waiting = true
	s.mu.Unlock()
	s.guesses.Wait()
	s.cancel()
	s.watchers.Wait()
	s.fault.Load().Raise()

	s.emitting.Lock()
	candidates := s.ledger.sorted()
	s.emitting.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	stopped := s.unguessed(s.stopped)
	return Result{
		Provider: s.known.choose(candidates), Services: s.sortedServices(),
		Stopped: stopped, NotAsked: slices.SortedFunc(maps.Keys(s.notAsked), compareNotAsked),
	}
}

func compareNotAsked(a, b NotAsked) int {
	return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.Why, b.Why))
}

func comparePending(a, b Pending) int {
	return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.Best.Rank(), b.Best.Rank()))
}
