package rules

import (
	"net/netip"
	"slices"

	"github.com/mailmedic/mailmedic/mail"
)

// A block is a finding about packets that something here drops or turns back.
type block struct {
	rule string
	hit  hit
}

// blocked gives the hits of a rule, those of every rule where none is named.
func (x *index) blocked(rule string) []hit {
	var hits []hit
	for _, b := range x.path.blocks {
		if rule == "" || b.rule == rule {
			hits = append(hits, b.hit)
		}
	}
	return hits
}

// findBlock makes the check of a rule.
func findBlock(rule string) func(*index) []hit {
	return func(x *index) []hit { return x.blocked(rule) }
}

// stopped reports whether connections to s fail in a way in which something
// between here and there could make them fail.
func stopped(s *server) bool {
	return !s.noRoute && !s.isNear() && s.failedAt(mail.KindDial, mail.Timeout, mail.Refused, mail.Reset, mail.Unreachable)
}

// isNear reports whether s is inside this computer or network: the way to it is
// not the way to those that everybody knows.
func (s *server) isNear() bool {
	return slices.ContainsFunc(s.dials, func(o mail.Observation) bool {
		addr, err := netip.ParseAddr(o.Address)
		return err == nil && (addr.IsLoopback() || addr.IsPrivate())
	})
}

// A passage is what control hosts tell of the way to servers of a kind.
type passage int

const (
	unknown passage = iota
	open            // connections to others are made on the same port
	shut            // they fail in the same way
)

// passage compares s, to which no connection is made, with the control hosts on
// the same port, or on a port for the same role. Of another port that is open
// nothing follows for this one.
func (x *index) passage(s *server) (passage, []*server) {
	controls := x.controlsWhere(func(c *server) bool { return c.endpoint.Port == s.endpoint.Port })
	samePort := len(controls) > 0
	if !samePort {
		controls = x.controlsWhere(func(c *server) bool { return c.endpoint.Role() == s.endpoint.Role() })
	}
	reached := slices.DeleteFunc(slices.Clone(controls), func(c *server) bool { return !c.connected() })
	alike := func(c *server) bool { return stopped(c) && c.faultClass() == s.faultClass() }
	switch {
	case len(reached) > 0 && samePort:
		return open, reached
	case len(reached) == 0 && slices.ContainsFunc(controls, alike):
		return shut, controls
	default:
		return unknown, nil
	}
}

// controlsWhere gives the control hosts that were tried and match. One that
// refuses a port and answers on another may simply not have that service.
func (x *index) controlsWhere(match func(*server) bool) []*server {
	refuses := func(c *server) bool {
		return c.failedAt(mail.KindDial, mail.Refused, mail.Reset) && slices.ContainsFunc(x.controls, func(o *server) bool {
			return o.endpoint.Host == c.endpoint.Host && o.connected()
		})
	}
	return slices.DeleteFunc(slices.Clone(x.controls), func(c *server) bool {
		return !match(c) || !c.connected() && !stopped(c) || refuses(c)
	})
}

// lookForBlocks looks for ports that something here closes for everybody.
func (x *index) lookForBlocks() []block {
	var list []block
	if h, found := x.lookForRelayBlock(); found {
		list = append(list, block{"net.port-25-blocked", h})
	}
	var walled, controls []*server
	for _, s := range x.dialed(isSubmissionOrBox) {
		if way, like := x.passage(s); stopped(s) && way == shut {
			walled, controls = append(walled, s), append(controls, like...)
		}
	}
	if len(walled) == 0 {
		return append(list, x.suspectBlocks()...)
	}
	h := x.blockHit(walled, controls)
	answering := x.dialed(func(s *server) bool { return isSubmissionOrBox(s) && s.connected() })
	outgoing := func(s *server) bool { return s.endpoint.Protocol == mail.SMTP }
	allOutgoing := x.dialed(func(s *server) bool { return outgoing(s) && isSubmissionOrBox(s) })
	elsewhere := x.controlsWhere(func(c *server) bool { return isSubmissionOrBox(c) && c.connected() })
	switch incoming := slices.ContainsFunc(walled, func(s *server) bool { return !outgoing(s) }); {
	case incoming && slices.ContainsFunc(walled, outgoing) && len(answering) == 0 && len(elsewhere) == 0:
		h.variant, h.headline = "control", "Nothing could be tested: this network {blocks} mail."
		return append(list, block{"net.mail-blocked", h})
	case !incoming && len(walled) == len(allOutgoing) && !slices.ContainsFunc(elsewhere, outgoing):
		h.variant = "control"
		return append(list, block{"net.smtp-blocked", h})
	default:
		h.params["open"] = x.openPorts(walled)
		return append(list, block{"net.port-blocked", h})
	}
}

// blockHit makes a hit of servers that cannot be reached, as little as the control hosts.
func (x *index) blockHit(walled, controls []*server) hit {
	if concerned := slices.DeleteFunc(slices.Clone(walled), func(s *server) bool { return !s.concerns() }); len(concerned) > 0 {
		walled = concerned
	}
	return x.comparedWith(controls, about(walled))
}

// comparedWith completes a hit. It is certain where the control hosts cannot all
// be down: they have several owners, or one of them answers on another port.
func (x *index) comparedWith(controls []*server, h hit) hit {
	hosts := distinct(hostsOf(controls))
	h.subject, h.confidence = x.subject(), mail.Certain
	h.evidence = distinct(seen(controls))
	h.params = params{"controls": hosts, "blocks": "blocks", "known": "known to work"}
	up := func(c *server) bool {
		return c.connected() && slices.Contains(hosts, mail.DisplayName(c.endpoint.Host))
	}
	if len(sitesOf(controls)) < 2 && !slices.ContainsFunc(x.controls, up) {
		h.confidence, h.params = mail.Likely, params{"controls": hosts, "blocks": "seems to block", "single": hosts}
	}
	return h
}

func isSubmissionOrBox(s *server) bool { return s.endpoint.Port != 25 }

// lookForRelayBlock looks for port 25 being closed for everybody.
func (x *index) lookForRelayBlock() (hit, bool) {
	relays := x.dialed(func(s *server) bool { return s.endpoint.Port == 25 })
	var controls []*server
	for _, s := range relays {
		way, like := x.passage(s)
		if !stopped(s) || way != shut {
			return hit{}, false
		}
		controls = append(controls, like...)
	}
	if len(relays) == 0 {
		return hit{}, false
	}
	h := x.comparedWith(controls, about(relays))
	if needed := slices.DeleteFunc(slices.Clone(relays), func(s *server) bool { return !s.concerns() }); len(needed) > 0 {
		h.variant, h.severity = "needed", x.weigh(needed)
		h.params["open"] = x.openPorts(needed)
	}
	return h, true
}

// suspectBlocks looks for them where no control host tells.
func (x *index) suspectBlocks() []block {
	if hits := x.suspectMailBlock(); len(hits) > 0 {
		return []block{{"net.mail-blocked", hits[0]}}
	}
	if hits := x.suspectSMTPBlock(); len(hits) > 0 {
		return []block{{"net.smtp-blocked", hits[0]}}
	}
	return nil
}

// suspectMailBlock needs two hosts, since a single one may just be down.
func (x *index) suspectMailBlock() []hit {
	dialed := x.dialed(func(*server) bool { return true })
	quiet := x.dialed(silent)
	web := slices.ContainsFunc(x.ordered, answeredWeb)
	if len(quiet) == 0 || len(quiet) < len(dialed) || len(hostsOf(quiet)) < 2 || !web || x.anyOpen(quiet) {
		return nil
	}
	h := about(quiet)
	h.subject = x.subject()
	return []hit{h}
}

// suspectSMTPBlock tells a blocked port from a server that is down: likely where
// two hosts are silent, or one that answers for receiving; else it is possible.
// A silent port 25 proves nothing, one that answers proves that SMTP gets through.
func (x *index) suspectSMTPBlock() []hit {
	isSMTP := func(s *server) bool { return s.endpoint.Protocol == mail.SMTP }
	dialed := x.dialed(isSMTP)
	quiet := x.dialed(func(s *server) bool { return isSMTP(s) && silent(s) })
	answering := x.dialed(func(s *server) bool { return !isSMTP(s) && s.connected() })
	submission := slices.DeleteFunc(slices.Clone(quiet), func(s *server) bool { return !s.in(mail.Outgoing) })
	hosts := len(hostsOf(submission)) // guesses that are silent count as well
	if published := slices.DeleteFunc(slices.Clone(submission), func(s *server) bool { return !s.concerns() }); len(published) > 0 {
		submission = published
	}
	if len(answering) == 0 || len(submission) == 0 || len(quiet) < 2 || len(quiet) < len(dialed) || x.anyOpen(submission) {
		return nil
	}
	h := about(submission)
	h.subject = x.subject()
	shared := slices.ContainsFunc(answering, func(a *server) bool { return a.endpoint.Host == submission[0].endpoint.Host })
	if hosts < 2 && !shared {
		h.confidence = mail.Possible
	}
	return []hit{h}
}

// anyOpen reports whether a control host answers on a port on which one of the
// servers does not.
func (x *index) anyOpen(servers []*server) bool {
	return slices.ContainsFunc(servers, func(s *server) bool {
		way, _ := x.passage(s)
		return way == open
	})
}
