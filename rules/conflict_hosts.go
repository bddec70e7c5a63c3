package rules

import (
	"cmp"
	"slices"

	"github.com/mailmedic/mailmedic/mail"
)

// A dispute is about who names the servers of a domain: the voice that
// mailmedic goes by, and others that name none of its hosts for some roles.
type dispute struct {
	believed *voice
	others   []*voice
	roles    []mail.Role
}

// disputes compares voices with the one among them that is believed.
func (x *index) dispute(voices []*voice) dispute {
	var d dispute
	for _, role := range []mail.Role{mail.Incoming, mail.Outgoing} {
		believed := x.believed(role, voices)
		if believed == nil || d.believed != nil && believed != d.believed {
			continue
		}
		for _, v := range voices {
			if v == believed || !x.disjoint(believed, v, role) {
				continue
			}
			d.believed = believed
			if !slices.Contains(d.others, v) {
				d.others = append(d.others, v)
			}
			if !slices.Contains(d.roles, role) {
				d.roles = append(d.roles, role)
			}
		}
	}
	return d
}

// believed gives the voice that names the setting to use for a role, and where
// none does the most trusted one that names any.
func (x *index) believed(role mail.Role, voices []*voice) *voice {
	host := x.preferredHost(role)
	var first *voice
	for _, v := range voices {
		switch hosts := v.hosts(role); {
		case slices.Contains(hosts, host):
			return v
		case first == nil && len(hosts) > 0:
			first = v
		}
	}
	return first
}

// preferredHost gives the host of the setting to use for a role, "" where there is none.
func (x *index) preferredHost(role mail.Role) string {
	for _, c := range x.choose() {
		if c.Role == role && c.Preferred {
			return c.Endpoint.Host
		}
	}
	return ""
}

// disjoint reports whether two voices both name hosts for a role, none of them
// the same machine.
func (x *index) disjoint(a, b *voice, role mail.Role) bool {
	hostsA, hostsB := a.hosts(role), b.hosts(role)
	if len(hostsA) == 0 || len(hostsB) == 0 {
		return false
	}
	for _, one := range hostsA {
		if slices.ContainsFunc(hostsB, func(other string) bool { return one == other || x.sameMachine(one, other) }) {
			return false
		}
	}
	return true
}

// sameMachine reports whether two names are known to lead to a common address.
func (x *index) sameMachine(a, b string) bool {
	addresses := x.addressesOf(b)
	return slices.ContainsFunc(x.addressesOf(a), func(address string) bool { return slices.Contains(addresses, address) })
}

// addressesOf gives the addresses that the DNS gives a host.
func (x *index) addressesOf(host string) []string {
	var list []string
	for _, qtype := range []string{"a", "aaaa"} {
		if o, ok := x.dns(qtype, host); ok && o.DNSFacts != nil {
			list = append(list, o.Records...)
		}
	}
	return distinct(list)
}

// hit makes the finding of a dispute.
func (x *index) disputeHit(d dispute) hit {
	servers := []*server{}
	sources, says := []string{d.believed.kind}, x.saying(d.believed, d.roles)
	evidence := slices.Clone(d.believed.evidence)
	for _, v := range d.others {
		sources, says = append(sources, v.kind), says+" "+x.saying(v, d.roles)
		evidence = append(evidence, v.evidence...)
		for _, role := range d.roles {
			for _, s := range v.servers(x, role) {
				if !slices.Contains(servers, s) {
					servers = append(servers, s)
				}
			}
		}
	}
	h := hit{subject: x.subject(), servers: servers, evidence: x.observed(evidence), severity: x.disputeSeverity(d)}
	h.params = params{
		"sources": sources[1:], "Sources": capital(joined(sources)), "Says": says,
		"believed": d.believed.kind, "why": x.whyBelieved(d), "task": taskOf(d.roles),
	}
	return h
}

// saying gives a sentence of which hosts a voice names.
func (x *index) saying(v *voice, roles []mail.Role) string {
	var hosts []string
	for _, role := range roles {
		for _, host := range v.hosts(role) {
			if name := mail.DisplayName(host); !slices.Contains(hosts, name) {
				hosts = append(hosts, name)
			}
		}
	}
	verb := " names "
	if v.source == mail.SourceSRV {
		verb = " name "
	}
	return capital(v.name) + verb + joined(hosts) + "."
}

func taskOf(roles []mail.Role) string {
	switch {
	case len(roles) > 1:
		return "receive and send"
	case slices.Contains(roles, mail.Outgoing):
		return "send"
	default:
		return "receive"
	}
}

// disputeSeverity is an error where the voice that most programs ask first is
// not the one to believe and its servers are proved to fail, and a notice where
// somebody signed in on every side.
func (x *index) disputeSeverity(d dispute) mail.Severity {
	all := append([]*voice{d.believed}, d.others...)
	first := slices.MinFunc(all, func(a, b *voice) int { return cmp.Compare(a.askedRank(x), b.askedRank(x)) })
	signedIn := func(v *voice, role mail.Role) bool {
		return slices.ContainsFunc(v.servers(x, role), (*server).signedIn)
	}
	everywhere := true
	for _, role := range d.roles {
		if first != d.believed && x.broken(first, role) {
			return mail.Error
		}
		everywhere = everywhere && !slices.ContainsFunc(all, func(v *voice) bool { return !signedIn(v, role) })
	}
	if everywhere {
		return mail.Notice
	}
	return mail.Warning
}

// broken reports whether all servers that a voice names for a role are proved to fail.
func (x *index) broken(v *voice, role mail.Role) bool {
	return x.every(v, role, func(s *server) bool {
		r := s.refusal()
		return x.gone(s) || r != nil && r.Failure.Class == mail.AuthRejected
	})
}

// every reports whether v names servers for a role and a condition holds for all of them.
func (x *index) every(v *voice, role mail.Role, holds func(*server) bool) bool {
	servers := v.servers(x, role)
	return len(servers) > 0 && !slices.ContainsFunc(servers, func(s *server) bool { return !holds(s) })
}

// gone reports whether a server is not there at all, or is another one than
// published. One that is merely silent may be back tomorrow.
func (x *index) gone(s *server) bool {
	return s.tested() && (x.wrongSetting(s) || s.faultClass() == mail.Refused) ||
		s.session == nil && x.hasAddress(s.endpoint.Host) == mail.No
}

// whyBelieved says why mailmedic goes by one side.
func (x *index) whyBelieved(d dispute) string {
	failing := func(v *voice) bool {
		return slices.ContainsFunc(d.roles, func(role mail.Role) bool { return x.broken(v, role) })
	}
	ahead := func(v *voice) bool { return v.trust.Rank() < d.believed.trust.Rank() }
	switch {
	case failing(d.believed):
		return "though its servers do not work now, " + trustReason(d.believed.trust)
	case x.onlyWebHost(d):
		return "because the others seem to sit on the web host of the domain, where a hosting panel may have put them by itself"
	case !slices.ContainsFunc(d.others, func(v *voice) bool { return !failing(v) }):
		return "because the servers of the other side do not work"
	case slices.ContainsFunc(d.others, ahead):
		return "because of what its servers showed"
	default:
		return trustReason(d.believed.trust)
	}
}

// trustReason says what a class of trust rests on.
func trustReason(t mail.Trust) string {
	switch t {
	case mail.TrustAuthenticated:
		return "because the domain itself vouches for it, by https with a good certificate or by DNSSEC"
	case mail.TrustVouched:
		return "because a list that is kept with care vouches for it"
	case mail.TrustDNS:
		return "because it stands in the DNS of the domain itself"
	case mail.TrustCleartext, mail.TrustRedirected, mail.TrustUser, mail.TrustGuess:
	}
	return "because nothing better is known"
}

// ownVoices leaves out what is only inferred from the MX record.
func (x *index) ownVoices() []*voice {
	return slices.DeleteFunc(x.voices(), func(v *voice) bool { return v.derived(x) })
}

// ownDocuments gives the domain's own autoconfig documents, in the order in
// which mail programs ask for them.
func (x *index) ownDocuments() []*voice {
	documents := slices.DeleteFunc(x.ownVoices(), func(v *voice) bool { return v.source != mail.SourceAutoconfig || v.id == "" })
	slices.SortStableFunc(documents, func(a, b *voice) int {
		return cmp.Or(cmp.Compare(a.askedRank(x), b.askedRank(x)), cmp.Compare(wellKnownRank(a), wellKnownRank(b)))
	})
	return documents
}

// wellKnownRank puts the host autoconfig.D before the web host of D.
func wellKnownRank(v *voice) int {
	if hasAutoconfigHost(v.id) {
		return 0
	}
	return 1
}
