package rules

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// A path is what stands between this computer and the servers, as far as
// comparing servers with one another and with control hosts tells. It is found
// before anything is judged, since what it explains says nothing of a server.
type path struct {
	portal  []hit // somebody answers in place of every server
	blocks  []block
	clock   []hit
	packets []hit
	tls     []hit // every handshake is broken
}

// findPath looks for it, and marks the servers of which nothing is known then.
func (x *index) findPath() {
	x.path.portal = x.lookForPortal()
	if len(x.path.portal) == 0 {
		x.path.blocks = x.lookForBlocks()
		x.path.clock = x.lookAtClock()
		x.path.packets = x.lookAtPackets()
		x.path.tls = x.lookAtTLS()
	}
	for _, hits := range [][]hit{x.path.portal, x.path.clock, x.path.packets, x.path.tls, x.blocked("")} {
		for _, h := range hits {
			for _, s := range h.servers {
				s.walled = s.walled || proves(h)
			}
		}
	}
}

// proves reports whether a hit takes its servers out of the blame: the fault is
// here for sure, or likely where silence is all there is to see.
func proves(h hit) bool {
	return h.confidence == mail.Certain || h.confidence != mail.Possible && !slices.ContainsFunc(h.servers, (*server).losesLarge)
}

// controlsOf gives one server for each control host that was asked, in the
// order of the names of what was seen.
func controlsOf(observations []mail.Observation) []*server {
	var controls []*server
	for _, o := range observations {
		e, err := mail.ParseEndpoint(o.Subject)
		if err != nil || o.Kind == mail.KindDNS {
			continue
		}
		i := slices.IndexFunc(controls, func(s *server) bool { return s.text == o.Subject })
		if i < 0 {
			i, controls = len(controls), append(controls, &server{endpoint: e, text: o.Subject})
		}
		controls[i].add(o)
	}
	for _, s := range controls {
		s.fault = s.findFault()
	}
	return controls
}

// seen gives the IDs of what was seen of servers, the first of each that tells most.
func seen(servers []*server) []string {
	var list []string
	for _, s := range servers {
		switch {
		case s.fault != nil:
			list = append(list, s.fault.observation.ID)
		case len(s.handshakes) > 0:
			list = append(list, s.handshakes[0].ID)
		case s.session != nil:
			list = append(list, s.session.ID)
		default:
			list = append(list, ids(s.dials[:min(1, len(s.dials))])...)
		}
	}
	return list
}

// siteOf gives the last two labels of a host name: hosts with different ones
// have different owners. (Some with the same have too, which costs nothing here.)
// An address is a site of its own.
func siteOf(host string) string {
	if _, err := netip.ParseAddr(host); err == nil {
		return host
	}
	labels := strings.Split(strings.TrimSuffix(strings.ToLower(host), "."), ".")
	return strings.Join(labels[max(0, len(labels)-2):], ".")
}

// sitesOf gives the distinct sites of servers.
func sitesOf(servers []*server) []string {
	return distinct(each(servers, func(s *server) string { return siteOf(s.endpoint.Host) }))
}

// hostSeen gives the host that an observation tells of, "" where it is none.
func hostSeen(o mail.Observation) string {
	at := o.Subject
	if o.HTTPFacts != nil && o.FinalURL != "" {
		at = o.FinalURL
	}
	if e, err := mail.ParseEndpoint(at); err == nil {
		return e.Host
	}
	u, err := url.Parse(at)
	if err != nil {
		return ""
	}
	return u.Hostname()
}
