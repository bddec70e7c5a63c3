package rules

import (
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

func hasAutoconfigHost(url string) bool { return strings.HasPrefix(hostOf(url), "autoconfig.") }

// findDifferentHosts compares what is published for the domain. Of its own
// documents only the first is asked here: that they differ is a finding of its
// own, and so is an entry of the directory that is out of date. What is built in
// about a provider is no publication of the domain.
func (x *index) findDifferentHosts() []hit {
	d := x.hostDispute()
	if d.believed == nil {
		return nil
	}
	return []hit{x.disputeHit(d)}
}

func (x *index) hostDispute() dispute {
	documents := x.ownDocuments()
	stale := x.staleDirectory()
	voices := slices.DeleteFunc(x.ownVoices(), func(v *voice) bool {
		again := slices.ContainsFunc(documents, func(d *voice) bool { return d.id == v.id && d.id != documents[0].id })
		return again || v.source == mail.SourceProvider || slices.ContainsFunc(stale.others, func(s *voice) bool { return s.id == v.id && s.source == v.source })
	})
	return x.dispute(voices)
}

// findProviderConflict compares what the domain publishes with the provider
// whose MX hosts take its mail.
func (x *index) findProviderConflict() []hit {
	d := x.providerDispute()
	if d.believed == nil {
		return nil
	}
	return []hit{x.providerHit(d, d.believed)}
}

// providerDispute takes the side of the provider; see turned.
func (x *index) providerDispute() dispute {
	own := x.ownVoices()
	for _, provider := range x.voices() {
		if provider.source != mail.SourceProvider || !provider.derived(x) {
			continue
		}
		var d dispute
		for _, role := range []mail.Role{mail.Incoming, mail.Outgoing} {
			for _, v := range own {
				if x.disjoint(provider, v, role) && !x.sameHouse(provider, v, role) {
					d.believed = provider
					d.others, d.roles = appendNew(d.others, v), appendNew(d.roles, role)
				}
			}
		}
		if d.believed != nil {
			return d
		}
	}
	return dispute{}
}

// sameHouse reports whether a voice names other hosts of the same provider: a
// name that ends like the provider's own or like the MX host's. Their last two
// labels are enough for that here: what they hide is a warning at most.
func (x *index) sameHouse(provider, v *voice, role mail.Role) bool {
	mx, _ := x.dns("mx", x.Target.Domain)
	house := provider.hosts(role)
	if host := bestMXHost(mx); !within(host, x.Target.Domain) {
		house = append(house, host)
	}
	return slices.ContainsFunc(v.hosts(role), func(host string) bool {
		return slices.ContainsFunc(house, func(of string) bool { return lastLabels(host) != "" && lastLabels(host) == lastLabels(of) })
	})
}

// lastLabels gives the last two labels of a name, "" for a name that has fewer.
func lastLabels(name string) string {
	labels := strings.Split(name, ".")
	if len(labels) < 2 {
		return ""
	}
	return strings.Join(labels[len(labels)-2:], ".")
}

// turned gives a dispute with a provider as it stands where the setting to use
// is one that the domain names, and else as it is.
func (x *index) turned(d dispute) dispute {
	if d.believed == nil {
		return d
	}
	host := x.preferredHost(d.roles[0])
	for _, v := range d.others {
		if slices.Contains(v.hosts(d.roles[0]), host) {
			return dispute{believed: v, others: []*voice{d.believed}, roles: d.roles}
		}
	}
	return d
}

// disputedHosts gives the hosts for a role that only those name whom mailmedic
// does not go by.
func (x *index) disputedHosts(role mail.Role) []string {
	var hosts []string
	for _, d := range []dispute{x.hostDispute(), x.staleDirectory(), x.turned(x.providerDispute())} {
		if !slices.Contains(d.roles, role) {
			continue
		}
		for _, v := range d.others {
			hosts = append(hosts, slices.DeleteFunc(v.hosts(role), func(host string) bool { return slices.Contains(d.believed.hosts(role), host) })...)
		}
	}
	return hosts
}

// providerHit says which side is believed: the provider's, unless the setting
// to use is one that the domain names.
func (x *index) providerHit(d dispute, provider *voice) hit {
	h := x.disputeHit(d)
	name := "another provider"
	if x.Provider != nil && x.Provider.Name != "" {
		name = x.Provider.Name
	}
	var says, theirs []string
	for _, v := range d.others {
		says = append(says, x.saying(v, d.roles))
	}
	for _, role := range d.roles {
		theirs = append(theirs, provider.hosts(role)...)
	}
	h.params["provider"], h.params["Says"], h.params["theirs"] = name, strings.Join(says, " "), distinct(theirs)
	h.params["believed"], h.params["why"] = "the MX record", x.whyBelieved(d)
	if turned := x.turned(d); turned.believed != d.believed {
		h.params["believed"], h.params["why"], h.severity = turned.believed.kind, x.whyBelieved(turned), x.disputeSeverity(turned)
	}
	return h
}

// appendNew adds to a list what it does not have.
func appendNew[T ~string | *voice | *server](list []T, item T) []T {
	if slices.Contains(list, item) {
		return list
	}
	return append(list, item)
}

// staleDirectory looks for an entry of the directory whose servers are gone
// while the domain itself names others.
func (x *index) staleDirectory() dispute {
	directory := func(v *voice) bool { return v.source == mail.SourceISPDB }
	voices := x.ownVoices()
	others := slices.DeleteFunc(slices.Clone(voices), directory)
	for _, v := range voices {
		if !directory(v) {
			continue
		}
		d := x.dispute(append(slices.Clone(others), v))
		failed := func(role mail.Role) bool { return x.every(v, role, x.gone) }
		if d.believed != nil && d.believed != v && slices.Contains(d.others, v) && slices.ContainsFunc(d.roles, failed) {
			d.others = []*voice{v}
			return d
		}
	}
	return dispute{}
}

func (x *index) findStaleDirectory() []hit {
	d := x.staleDirectory()
	if d.believed == nil {
		return nil
	}
	h := x.disputeHit(d)
	h.params["Own"] = x.saying(d.believed, d.roles)
	return []hit{h}
}

// findDifferentDocuments compares the domain's documents with the one that is asked first.
func (x *index) findDifferentDocuments() []hit {
	documents := x.ownDocuments()
	if len(documents) < 2 {
		return nil
	}
	d := dispute{believed: documents[0], roles: []mail.Role{mail.Incoming, mail.Outgoing}}
	variant := "http"
	for _, v := range documents[1:] {
		if !slices.Equal(v.lines(), d.believed.lines()) {
			d.others = append(d.others, v)
			if !strings.HasPrefix(v.id, "http:") || strings.HasPrefix(d.believed.id, "http:") {
				variant = ""
			}
		}
	}
	if len(d.others) == 0 {
		return nil
	}
	h := x.disputeHit(d)
	h.variant, h.severity = variant, x.documentSeverity(d)
	all := append([]*voice{d.believed}, d.others...)
	h.params["Says"] = documentSayings(all)
	if v := x.believed(mail.Incoming, all); v != nil {
		rest := slices.DeleteFunc(slices.Clone(all), func(o *voice) bool { return o == v })
		h.params["believed"], h.params["why"] = v.name, x.whyBelieved(dispute{v, rest, d.roles})
	}
	return []hit{h}
}

// documentSeverity is an error where the document that is asked first leads to
// servers that all fail while another one's work.
func (x *index) documentSeverity(d dispute) mail.Severity {
	works := func(s *server) bool { return x.canUse(s) }
	for _, role := range d.roles {
		better := func(v *voice) bool { return slices.ContainsFunc(v.servers(x, role), works) }
		if x.broken(d.believed, role) && slices.ContainsFunc(d.others, better) {
			return mail.Error
		}
	}
	return mail.Warning
}

// lines gives all that a document says that a person would type in, sorted.
func (v *voice) lines() []string {
	var lines []string
	for _, s := range v.statements {
		line := s.candidate.Endpoint.String()
		if s.claim.Username != "" {
			line += " as " + clip(s.claim.Username, maxSaid)
		}
		lines = append(lines, line)
	}
	return distinct(lines)
}

// documentSayings quotes what each document has and the others have not.
func documentSayings(documents []*voice) string {
	var sayings []string
	for _, v := range documents {
		own := slices.DeleteFunc(v.lines(), func(line string) bool {
			return !slices.ContainsFunc(documents, func(o *voice) bool { return !slices.Contains(o.lines(), line) })
		})
		if len(own) == 0 {
			sayings = append(sayings, capital(v.name)+" lacks some of that.")
			continue
		}
		sayings = append(sayings, capital(v.name)+" says "+joined(own)+".")
	}
	return strings.Join(sayings, " ")
}

// findPlaintextBeside looks for voices that name a server without encryption
// beside one with it, unless an error speaks of it already.
func (x *index) findPlaintextBeside() []hit {
	hits := map[string]hit{}
	var order []string
	for _, v := range x.voices() {
		bare := slices.DeleteFunc(v.servers(x, ""), func(s *server) bool {
			return s.endpoint.Security != mail.None || x.explained[s] || !v.encrypts(s.endpoint.Protocol)
		})
		if len(bare) == 0 {
			continue
		}
		h := about(bare)
		h.evidence, h.params = x.observed(v.evidence), params{"Source": capital(v.kind)}
		if _, again := hits[h.subject]; !again {
			hits[h.subject] = h
			order = append(order, h.subject)
		}
	}
	var list []hit
	for _, subject := range order {
		list = append(list, hits[subject])
	}
	return list
}

// encrypts reports whether v names a server with encryption for a protocol.
func (v *voice) encrypts(p mail.Protocol) bool {
	return slices.ContainsFunc(v.statements, func(s statement) bool {
		return s.candidate.Endpoint.Protocol == p && s.candidate.Endpoint.Security != mail.None
	})
}
