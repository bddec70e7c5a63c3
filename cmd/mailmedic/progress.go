package main

import (
	"fmt"
	"io"

	"github.com/mailmedic/mailmedic/mail"
)

const wipeLine = "\r\x1b[K"

// progress draws one line on a terminal while a run is under way.
type progress struct {
	w              io.Writer                // nil draws nothing
	busy           interface{ Load() bool } // somebody is being asked on the same terminal
	asked, servers int
	drawn          bool
}

// newProgress draws nothing where nobody looks, and nothing between the lines
// of a stream that is printed on the same terminal.
func newProgress(s *streams, o *outputFlags) *progress {
	if !s.errIsTTY || o.quiet || o.format == "jsonl" && s.outWidth > 0 {
		return &progress{}
	}
	return &progress{w: s.err, busy: &s.prompting}
}

// event draws where the run stands; the verdict wipes the line.
func (p *progress) event(e mail.Event) {
	if p.w == nil {
		return
	}
	if e.Verdict != nil && p.drawn {
		fmt.Fprint(p.w, wipeLine)
		return
	}
	switch o := e.Observation; {
	case e.Progress != nil && !p.busy.Load():
		fmt.Fprint(p.w, wipeLine+e.Progress.Message+" …")
		p.drawn = true
		return
	case o == nil || p.busy.Load():
		return
	case o.Kind == mail.KindDNS || o.Kind == mail.KindHTTP:
		p.asked++
	case o.Kind == mail.KindSession:
		p.servers++
	}
	fmt.Fprintf(p.w, wipeLine+"asking … %d answers about settings, servers: %d", p.asked, p.servers)
	p.drawn = true
}
