package rules

import (
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// findWrongName makes one hit for each host, since each needs its own name.
func (x *index) findWrongName() []hit {
	broken := x.serversWhere(func(s *server) bool { return s.faultClass() == mail.CertName })
	hits := groupedByCertificate(broken, byHost)
	for i, h := range hits {
		c, _ := h.servers[0].certificate()
		p := params{"names": c.Names, "right": x.rightName(h.servers[0].endpoint.Host, c.Names)}
		if p["right"] == "" {
			p["under"] = wildcardDomain(c.Names)
		}
		hits[i].params = p
		switch hits[i].variant = x.nearlyRight(h.servers[0], c); hits[i].variant {
		case "wildcard":
			delete(p, "under")
		case "service":
			p["service"] = h.servers[0].provenAs(mail.IdentitySRVName)
		}
	}
	return hits
}

// nearlyRight says what a certificate has in place of the host that some programs
// would take for it or once took, "" for nothing of that sort.
func (x *index) nearlyRight(s *server, c mail.Certificate) string {
	host := s.endpoint.Host
	switch {
	case slices.ContainsFunc(c.Names, func(n string) bool { return tooDeep(host, n) }):
		return "wildcard"
	case x.bySRV(s) && s.provenAs(mail.IdentitySRVName) != "": // RFC 7817 section 3: it and the next are names that count
		return "service"
	case x.bySRV(s) && slices.ContainsFunc(c.Names, func(n string) bool { return covers(n, x.Target.Domain) }):
		return "domain"
	case len(c.Names) == 0 && covers(commonName(c.Subject), host):
		return "common-name"
	}
	return ""
}

// provenAs gives the name in the certificate of s that proves one kind of identity.
func (s *server) provenAs(kind mail.IdentityKind) string {
	facts, _ := s.shown()
	for _, identity := range facts.Identities {
		if identity.Kind == kind {
			return identity.MatchedBy
		}
	}
	return ""
}

// commonName gives the CN of a distinguished name in the form of RFC 4514.
func commonName(subject string) string {
	for _, part := range strings.FieldsFunc(subject, func(r rune) bool { return r == ',' || r == '+' }) {
		if name, ok := strings.CutPrefix(part, "CN="); ok {
			return name
		}
	}
	return ""
}

// bySRV reports whether an SRV record of the mail domain names s.
func (x *index) bySRV(s *server) bool {
	return slices.ContainsFunc(s.candidates, func(c mail.Candidate) bool { return slices.Contains(c.Sources(), mail.SourceSRV) })
}

// tooDeep reports whether host lies more than one label below a wildcard (RFC 9525 section 6.3).
func tooDeep(host, name string) bool {
	above, wild := strings.CutPrefix(strings.ToLower(name), "*.")
	below, within := strings.CutSuffix(host, "."+above)
	return wild && within && strings.Contains(below, ".")
}

// rightName chooses the name that a person should type in: one that the wrong
// name is an alias of, or that another server of this run is proved under, as
// far as the certificate has it; else the only name in the certificate, else one
// that sounds like a mail server. A wildcard is no name, nor is the domain that it stands under.
func (x *index) rightName(wrong string, names []string) string {
	known := x.aliases(wrong)
	for _, s := range x.servers {
		if s.verified() {
			known = append(known, s.endpoint.Host)
		}
	}
	for _, host := range known {
		if slices.ContainsFunc(names, func(n string) bool { return covers(n, host) }) {
			return host
		}
	}
	var usable []string
	for _, n := range names {
		n = strings.ToLower(strings.TrimSuffix(n, "."))
		if n != wrong && n != wildcardDomain(names) && strings.Contains(n, ".") && !strings.ContainsAny(n, "*:") {
			usable = append(usable, n)
		}
	}
	if len(usable) == 1 {
		return usable[0]
	}
	label, _, _ := strings.Cut(wrong, ".")
	for _, first := range []string{label, "mail", "imap", "smtp", "pop", "mx"} {
		for _, n := range usable {
			if strings.HasPrefix(n, first+".") {
				return n
			}
		}
	}
	return ""
}

// covers reports whether a name in a certificate stands for host (RFC 9525 section 6.3).
func covers(name, host string) bool {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if above, wild := strings.CutPrefix(name, "*."); wild {
		_, parent, _ := strings.Cut(host, ".")
		return parent == above
	}
	return name == host
}

// wildcardDomain gives the domain that the first wildcard stands under.
func wildcardDomain(names []string) string {
	for _, n := range names {
		if above, wild := strings.CutPrefix(strings.ToLower(n), "*."); wild {
			return above
		}
	}
	return ""
}

// aliases gives the names that the DNS says a host is an alias of.
func (x *index) aliases(host string) []string {
	var list []string
	for _, qtype := range []string{"a", "aaaa"} {
		if o, ok := x.dns(qtype, host); ok && o.DNSFacts != nil {
			for _, alias := range o.Aliases {
				list = append(list, strings.ToLower(strings.TrimSuffix(alias, ".")))
			}
		}
	}
	return list
}
