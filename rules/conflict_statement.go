package rules

import (
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// A nameForm is a form of the user name with who says it.
type nameForm struct {
	username string
	voices   []*voice
}

// findUsernameConflict makes one hit of each host about whose user name the
// voices disagree.
func (x *index) findUsernameConflict() []hit {
	var hits []hit
	for _, host := range each(x.servers, byHost) {
		forms := x.nameForms(host)
		if len(forms) < 2 {
			continue
		}
		servers := slices.DeleteFunc(x.settings(), func(s *server) bool { return s.endpoint.Host != host })
		if len(servers) > 0 {
			hits = append(hits, x.usernameHit(host, servers, forms))
		}
	}
	return hits
}

// nameForms gives the forms that are claimed for a host, the most trusted
// first. Who gives two forms for one host does not disagree with anybody.
func (x *index) nameForms(host string) []nameForm {
	var forms []nameForm
	for _, v := range x.voices() {
		said := v.usernames(host)
		if len(said) != 1 {
			continue
		}
		i := slices.IndexFunc(forms, func(f nameForm) bool { return strings.EqualFold(f.username, said[0]) })
		if i < 0 {
			forms = append(forms, nameForm{username: said[0]})
			i = len(forms) - 1
		}
		forms[i].voices = append(forms[i].voices, v)
	}
	return forms
}

// usernames gives the distinct user names that v claims for a host.
func (v *voice) usernames(host string) []string {
	var names []string
	for _, s := range v.statements {
		if s.candidate.Endpoint.Host == host && s.claim.Username != "" {
			names = append(names, s.claim.Username)
		}
	}
	return slices.Compact(distinct(names))
}

func (x *index) usernameHit(host string, servers []*server, forms []nameForm) hit {
	h := hit{subject: host, servers: servers}
	var says []string
	for _, f := range forms {
		for _, v := range f.voices {
			says = append(says, capital(v.name)+" "+saysVerb(v)+" "+clip(f.username, maxSaid)+".")
			h.evidence = append(h.evidence, v.evidence...)
		}
	}
	h.evidence = x.observed(h.evidence)
	first := x.username(servers[0], servers[0].candidates[0])
	h.params = params{"host": mail.DisplayName(host), "Says": strings.Join(says, " "), "first": said(first)}
	if accepted := acceptedName(servers); accepted != "" {
		h.params["accepted"] = said(accepted)
		h.severity = mail.Notice
		if asked := x.firstAsked(forms); !strings.EqualFold(asked.username, accepted) {
			h.severity = mail.Error
		}
	}
	return h
}

func saysVerb(v *voice) string {
	if v.source == mail.SourceSRV {
		return "say"
	}
	return "says"
}

// firstAsked gives the form of the voice that most mail programs ask first.
func (x *index) firstAsked(forms []nameForm) nameForm {
	best, rank := forms[0], forms[0].voices[0].askedRank(x)
	for _, f := range forms {
		for _, v := range f.voices {
			if r := v.askedRank(x); r < rank {
				best, rank = f, r
			}
		}
	}
	return best
}

// acceptedName gives the user name that one of the servers accepted.
func acceptedName(servers []*server) string {
	for _, s := range servers {
		for _, o := range s.signIns {
			if succeeded(o) && o.AuthFacts != nil {
				return o.Username
			}
		}
	}
	return ""
}

// findAbsentButNamed looks for services that an SRV record rules out and a
// document names. With a target for the service over TLS, "." for the plain
// name says only that there is no STARTTLS.
func (x *index) findAbsentButNamed() []hit {
	var sources, services, records, evidence []string
	var servers []*server
	for _, v := range x.ownVoices() {
		if v.source == mail.SourceSRV || v.source == mail.SourceProvider {
			continue
		}
		for _, s := range v.servers(x, "") {
			name := x.ruledOut(s.endpoint)
			if name == "" {
				continue
			}
			sources, services = appendNew(sources, v.kind), appendNew(services, x.ruledOutService(s.endpoint, name))
			records, servers = appendNew(records, name), appendNew(servers, s)
			evidence = append(append(evidence, v.evidence...), "srv:"+name)
		}
	}
	if len(servers) == 0 {
		return nil
	}
	return []hit{{
		subject: x.subject(), servers: servers, evidence: x.observed(evidence),
		params: params{"sources": sources, "services": services, "records": records},
	}}
}

// ruledOut gives the SRV record that rules an endpoint out, "" where none does.
func (x *index) ruledOut(e mail.Endpoint) string {
	label := serviceLabel(e)
	if label == "" {
		return ""
	}
	name := label + "._tcp." + x.Target.Domain
	if x.srvAbsent(name) {
		return name
	}
	plain := strings.TrimSuffix(name[:len(label)], "s") + "._tcp." + x.Target.Domain
	if plain != name && x.srvAbsent(plain) && len(x.srvRecordsAt(name)) == 0 {
		return plain
	}
	return ""
}

// ruledOutService names the service that an SRV record rules out. Where the name
// for the other encryption has a server, it is not the protocol as a whole.
func (x *index) ruledOutService(e mail.Endpoint, name string) string {
	label, rest, _ := strings.Cut(name, ".")
	other, way := label+"s", " with STARTTLS"
	if strings.HasSuffix(label, "s") {
		other, way = strings.TrimSuffix(label, "s"), " with SSL/TLS"
	}
	if other += "." + rest; len(x.srvRecordsAt(other)) == 0 || x.srvAbsent(other) {
		way = ""
	}
	return protocolName(e.Protocol) + way
}

// srvRecordsAt gives the SRV records of a name, as the DNS shows them.
func (x *index) srvRecordsAt(name string) []string {
	o, ok := x.dns("srv", name)
	if !ok || o.DNSFacts == nil || o.Failure != nil {
		return nil
	}
	return o.Records
}

// srvAbsent reports whether a name says that its service is not offered
// (RFC 2782: a sole target of ".").
func (x *index) srvAbsent(name string) bool {
	records := x.srvRecordsAt(name)
	if len(records) != 1 {
		return false
	}
	fields := strings.Fields(records[0])
	return len(fields) == 4 && fields[3] == "."
}
