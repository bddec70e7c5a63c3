package rules

import (
	"cmp"
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// A voice is one place that says which servers a domain has: one document, the
// domain's SRV records together, or what is known of a provider. Two voices may
// disagree; one cannot contradict itself by naming several servers.
type voice struct {
	source     mail.Source
	id         string // the observation that it is, "" for what no observation shows
	kind       string // in words, as part of a title
	name       string // the same, and where it is
	trust      mail.Trust
	evidence   []string
	statements []statement
}

// A statement is one claim of a voice with the candidate that it is about.
type statement struct {
	candidate mail.Candidate
	claim     mail.Claim
}

// voices gives everybody who names servers for receiving or sending, the most
// trusted first. Guesses and what the user named publish nothing.
func (x *index) voices() []*voice {
	byKey := map[string]*voice{}
	for _, c := range x.Candidates {
		for _, claim := range c.Claims {
			if c.Role == mail.MX || claim.Source == mail.SourceGuess || claim.Source == mail.SourceUser {
				continue
			}
			for _, key := range x.voiceKeys(claim) {
				v := byKey[key]
				if v == nil {
					v = x.newVoice(key, claim)
					byKey[key] = v
				}
				v.take(statement{c, claim})
			}
		}
	}
	var list []*voice
	for _, v := range byKey {
		v.evidence = distinct(v.evidence)
		list = append(list, v)
	}
	slices.SortFunc(list, func(a, b *voice) int {
		return cmp.Or(cmp.Compare(a.trust.Rank(), b.trust.Rank()), cmp.Compare(a.source, b.source), cmp.Compare(a.id, b.id))
	})
	return list
}

func (v *voice) take(s statement) {
	v.statements = append(v.statements, s)
	v.evidence = append(v.evidence, s.claim.Evidence...)
	if s.claim.Trust.Rank() < v.trust.Rank() {
		v.trust = s.claim.Trust
	}
}

// voiceKeys gives the voices that make a claim: each document among its
// evidence, and else its source as a whole.
func (x *index) voiceKeys(claim mail.Claim) []string {
	var documents []string
	for _, id := range claim.Evidence {
		if x.byID[id].Kind == mail.KindHTTP {
			documents = append(documents, id)
		}
	}
	if len(documents) > 0 {
		return documents
	}
	return []string{"source:" + string(claim.Source)}
}

func (x *index) newVoice(key string, claim mail.Claim) *voice {
	v := &voice{source: claim.Source, trust: claim.Trust, kind: voiceKind(claim.Source)}
	v.name = v.kind
	if o, ok := x.byID[key]; ok && o.Kind == mail.KindHTTP {
		v.id = o.ID
		if claim.Source != mail.SourceISPDB {
			v.name += " at " + clip(addressOf(o), maxSaid)
		}
	}
	return v
}

// voiceKind says who speaks, in words.
func voiceKind(source mail.Source) string {
	switch source {
	case mail.SourceSRV:
		return "the SRV records"
	case mail.SourceProvider:
		return "the list of providers"
	case mail.SourceISPDB:
		return "the public directory ISPDB"
	case mail.SourceAutoconfig:
		return "the autoconfig document"
	case mail.SourceAutodiscover:
		return "the Autodiscover answer"
	case mail.SourcePACC:
		return "the configuration document (PACC)"
	case mail.SourceTXT:
		return "a TXT record"
	case mail.SourceMX, mail.SourceJMAP, mail.SourceGuess, mail.SourceUser:
	}
	return "another source"
}

// addressOf gives where a document was asked for, without the mail address in the query.
func addressOf(o mail.Observation) string {
	url := o.Subject
	if o.HTTPFacts != nil && o.URL != "" {
		url = o.URL
	}
	url, _, _ = strings.Cut(url, "?")
	return url
}

// hosts gives the hosts that v names for a role, sorted.
func (v *voice) hosts(role mail.Role) []string {
	var hosts []string
	for _, s := range v.statements {
		if s.candidate.Role == role {
			hosts = append(hosts, s.candidate.Endpoint.Host)
		}
	}
	return distinct(hosts)
}

// servers gives the servers that v names for a role; "" stands for both roles.
func (v *voice) servers(x *index, role mail.Role) []*server {
	var list []*server
	for _, s := range v.statements {
		at := x.serverAt(s.candidate.Endpoint)
		if (role == "" || s.candidate.Role == role) && !slices.Contains(list, at) {
			list = append(list, at)
		}
	}
	return list
}

// derived reports whether v speaks of the MX host's domain, or of the provider
// behind it, and so only by inference of the mail domain. Autoconfig documents
// and the directory are asked about other domains by inference alone; wherever
// else an answer came from, the domain's own records or redirects led there.
func (v *voice) derived(x *index) bool {
	switch v.source {
	case mail.SourceProvider:
		return slices.Contains(v.evidence, "mx:"+x.Target.Domain)
	case mail.SourceAutoconfig, mail.SourceISPDB:
		return v.id != "" && !x.ownPlace(v.id) && v.trust.Rank() >= mail.TrustRedirected.Rank()
	default:
		return false
	}
}

// ownPlace reports whether a URL was asked for at a host of the mail domain, or
// at a directory under the name of the domain.
func (x *index) ownPlace(id string) bool {
	address := addressOf(x.byID[id])
	return within(hostOf(address), x.Target.Domain) || strings.HasSuffix(address, "/"+x.Target.Domain)
}

// hostOf gives the host of a URL.
func hostOf(url string) string {
	_, rest, _ := strings.Cut(url, "://")
	host, _, _ := strings.Cut(rest, "/")
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		host = host[:i]
	}
	return strings.ToLower(host)
}

// asked gives the place of v in the order in which most mail programs ask: the
// domain's documents, https before http, the directory, what follows from the
// MX record, and last what few programs look at.
func (v *voice) askedRank(x *index) int {
	switch {
	case v.source == mail.SourceAutoconfig && !v.derived(x) && !strings.HasPrefix(v.id, "http:"):
		return 0
	case v.source == mail.SourceAutoconfig && !v.derived(x):
		return 1
	case v.source == mail.SourceISPDB && !v.derived(x):
		return 2
	case v.source == mail.SourceAutoconfig, v.source == mail.SourceISPDB:
		return 3
	case v.source == mail.SourceAutodiscover:
		return 4
	case v.source == mail.SourceSRV:
		return 5
	default:
		return 6
	}
}
