package main

import (
	"fmt"
	"io"

	"github.com/mailmedic/mailmedic/mail"
)

// progress draws one line on a terminal while a run is under way.
type progress struct {
	w              io.Writer // nil draws nothing
	asked, servers int
	drawn          bool
}

func newProgress(s *streams, quiet bool) *progress {
	if !s.errIsTTY || quiet {
		return &progress{}
	}
	return &progress{w: s.err}
}

// event draws where the run stands; the verdict wipes the line.
func (p *progress) event(e mail.Event) {
	if p.w == nil {
		return
	}
	switch {
	case e.Observation != nil && (e.Observation.Kind == mail.KindDNS || e.Observation.Kind == mail.KindHTTP):
		p.asked++
	case e.Observation != nil && e.Observation.Kind == mail.KindSession:
		p.servers++
	case e.Candidate != nil:
	case p.drawn:
		fmt.Fprint(p.w, "\r\x1b[K")
		p.drawn = false
		return
	default:
		return
	}
	fmt.Fprintf(p.w, "\r\x1b[Kasking … %d answers about settings, servers: %d", p.asked, p.servers)
	p.drawn = true
}
