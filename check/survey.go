package check

import (
	"net/netip"

	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/probe"
)

// surveys are the TLS surveys of a run. They begin when all else is done, so
// that they hold nothing up, and each address is asked over one connection at a
// time, whatever hosts and ports lead to it.
type surveys struct {
	state phase
	open  map[mail.Endpoint]*probe.Session // that are not surveyed to the end
}

// survey begins the surveys when it is time for them. An address that has asked
// for fewer connections is spared.
func (c *conductor) survey() {
	if c.surveys.state != notBegun || c.probing() || c.asksFurther() || c.controls.pending > 0 || c.connected() {
		return
	}
	c.surveys = surveys{state: begun, open: map[mail.Endpoint]*probe.Session{}}
	at := map[netip.Addr][]*probe.Session{}
	for _, candidate := range c.book.candidateList() {
		e := candidate.Endpoint
		p := c.probes[e]
		if _, known := c.surveys.open[e]; known || p.session == nil || !p.session.Surveyable() {
			continue
		}
		peer := p.session.Peer().Unmap()
		if c.cooling[peer] != nil {
			c.skip(mail.NotChecked{Subject: surveyName(p.session), Why: mail.WhyThrottled})
			continue
		}
		c.surveys.open[e] = p.session
		at[peer] = append(at[peer], p.session)
	}
	if len(c.surveys.open) > 0 {
		c.emit(mail.Event{Progress: &mail.Progress{Message: "surveying TLS, which takes many connections"}})
	}
	for _, sessions := range at {
		c.start(func() { c.surveyAddress(sessions) })
	}
}

// surveyAddress surveys the servers behind one address, until it has had enough.
func (c *conductor) surveyAddress(sessions []*probe.Session) {
	enough := false
	for _, s := range sessions {
		if enough {
			c.tell(func() {
				c.skip(mail.NotChecked{Subject: surveyName(s), Why: mail.WhyThrottled})
				delete(c.surveys.open, s.Endpoint())
			})
			continue
		}
		seen, end := s.Survey(c.run, c.o.Network)
		enough = end == probe.SurveyTurnedAway
		c.tell(func() {
			c.observe(seen)
			if end != probe.SurveyLate {
				delete(c.surveys.open, s.Endpoint())
			}
		})
	}
}

// surveyName is what the survey of a session is called where it was not made.
func surveyName(s *probe.Session) string {
	return s.Endpoint().String() + "#" + s.Peer().String() + "/survey"
}

// connected reports whether a connection is open or being made.
func (c *conductor) connected() bool {
	for _, places := range c.atHost {
		if places > 0 {
			return true
		}
	}
	return false
}

// surveying reports whether surveys are still to come or under way.
func (c *conductor) surveying() bool {
	return c.o.Survey && (c.surveys.state == notBegun || len(c.surveys.open) > 0)
}

// cutSurveys notes which surveys the end of the run has left out or cut short.
func (c *conductor) cutSurveys(why mail.Why) {
	for _, s := range c.surveys.open {
		c.skip(mail.NotChecked{Subject: surveyName(s), Why: why})
	}
}
