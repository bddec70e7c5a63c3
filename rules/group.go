package rules

import (
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// about makes a hit of servers that one cause breaks. Its subject is the
// endpoint where there is one, the host where all have the same, else the first endpoint.
func about(servers []*server) hit {
	h := hit{subject: servers[0].text, servers: servers}
	if host := servers[0].endpoint.Host; len(servers) > 1 && len(hostsOf(servers)) == 1 {
		h.subject = host
	}
	return h
}

// grouped makes one hit of each group of servers with the same key, in the
// order of the servers.
func grouped(servers []*server, key func(*server) string) []hit {
	var hits []hit
	for _, k := range each(servers, key) {
		hits = append(hits, about(slices.DeleteFunc(slices.Clone(servers), func(s *server) bool { return key(s) != k })))
	}
	return hits
}

func byHost(s *server) string { return s.endpoint.Host }

// groupedByCertificate makes one hit of each group of servers with the same
// certificate, and key. Its subject is the first endpoint: one host may have several certificates.
func groupedByCertificate(servers []*server, key func(*server) string) []hit {
	hits := grouped(servers, func(s *server) string { return certificateKey(s) + "|" + key(s) })
	for i, h := range hits {
		hits[i].subject = h.servers[0].text
	}
	return hits
}

func anyKey(*server) string { return "" }

// faults makes a check for servers that a failure of one of the classes
// stopped at a stage: one hit for each host.
func faults(stage mail.Kind, classes ...mail.Class) func(*index) []hit {
	return func(x *index) []hit {
		return grouped(x.serversWhere(func(s *server) bool { return s.failedAt(stage, classes...) }), byHost)
	}
}

// with gives hits their own parameters.
func with(hits []hit, own func(hit) params) []hit {
	for i := range hits {
		hits[i].params = own(hits[i])
	}
	return hits
}

// domainHit makes a hit about the mail domain.
func (x *index) domainHit(evidence ...string) []hit {
	return []hit{{subject: x.subject(), evidence: evidence}}
}

// subject names what the run is about: the mail domain, or what the user typed
// where there is none.
func (x *index) subject() string {
	if x.Target.Domain != "" {
		return x.Target.Domain
	}
	return x.Target.Input
}

// ids gives the IDs of observations, at most so many as a reader would look up.
func ids(observations []mail.Observation) []string {
	const enough = 6
	var list []string
	for _, o := range observations[:min(len(observations), enough)] {
		list = append(list, o.ID)
	}
	return list
}

// afterColon gives what a failure's detail quotes of the server's words.
func afterColon(detail string) string {
	_, quoted, _ := strings.Cut(detail, ": ")
	return quoted
}
