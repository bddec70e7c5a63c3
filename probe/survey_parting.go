package probe

import "github.com/mailmedic/mailmedic/wire"

// maxPartings is how many connections of a survey may be ending while the next
// one is asked. Together they are as many as any host is asked over at once.
const maxPartings = 3

// partings are the connections of a survey that wait for the server to hang up.
// A server that takes its time with that does not hold up the survey for all of
// it, and never has more connections to look after than it had for the session.
type partings struct {
	open   wire.Group
	places chan struct{}
	single bool
}

func newPartings() *partings { return &partings{places: make(chan struct{}, maxPartings)} }

// begin calls leave beside what follows, as soon as there is a place for it.
func (p *partings) begin(leave func()) {
	if p.single {
		leave()
		return
	}
	p.places <- struct{}{}
	p.open.Go(func() {
		defer func() { <-p.places }()
		leave()
	})
}

// oneByOne waits for all that are ending, and has each later one end before
// anything follows: the server counts them.
func (p *partings) oneByOne() {
	p.await()
	p.single = true
}

// await waits for all that are ending.
func (p *partings) await() { p.open.Wait() }
