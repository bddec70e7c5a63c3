package rules

import (
	"slices"
	"strconv"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// surveyRules are about what a server takes beside what a mail program of today
// asks for. They speak only where a survey was made.
func surveyRules() []rule {
	return []rule{
		{
			id: "tls.old-versions", looksFor: "a server still takes outdated versions of TLS beside newer ones",
			severity: mail.Warning, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 8996 section 2", "RFC 7568 section 3", "RFC 8997 section 3"},
			words: words{
				title:  "{host} still accepts {versions} on {ports:port|ports} {ports}",
				detail: "Mail programs of today use newer versions, so nobody notices. But somebody on the way can attack old programs that do not, and audits object to it.",
				fix:    "Set TLS 1.2 as the lowest version on the server. If old devices still need more than that, give them a server of their own.",
			},
			variants: map[string]words{
				"ssl": {detail: "SSL 3.0 is broken (POODLE): who sits on the way can read parts of what is sent with it, passwords too. No mail program of the last ten years needs it."},
				"mx":  {detail: "Other mail servers use the best version that both sides know, and without one some would send in plain text, so this does little harm on port 25. Audits object to it all the same."},
			},
			check: (*index).findOldVersions,
		},
		{
			id: "tls.no-tls13", looksFor: "a server does not speak TLS 1.3",
			severity: mail.Notice, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 8446 section 1.2", "RFC 9325 section 3.1.1"},
			words: words{
				title:  "{host} does not speak TLS 1.3 on {ports:port|ports} {ports}",
				detail: "TLS 1.2 is still good, so mail programs work. TLS 1.3 connects faster, hides more, and is what protection from quantum computers needs.",
				fix:    "Enable TLS 1.3, which takes OpenSSL 1.1.1, GnuTLS 3.6.5 or a later version.",
			},
			check: (*index).findNoTLS13,
		},
		{
			id: "tls.weak-suites", looksFor: "a server takes cipher suites that protect little or nothing",
			severity: mail.Warning, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 9325 section 4.1", "RFC 7465 section 2", "RFC 5469 section 4"},
			words: words{
				title:  "{host} accepts weak encryption on {ports:port|ports} {ports}: {kinds}",
				detail: "Mail programs of today ask for better and get it. Old or badly set ones may end up with these, and who sits on the way can then read or change what they send.",
				fix:    "Allow only ECDHE with AES-GCM or ChaCha20 in the server's list of ciphers, and AES-CBC where old programs need it.",
			},
			check: (*index).findWeakSuites,
		},
		{
			id: "tls.no-forward-secrecy", looksFor: "a server takes or demands key exchanges without forward secrecy",
			severity: mail.Notice, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 9325 section 4.1", "RFC 9325 section 7.3"},
			words: words{
				title:  "{host} also accepts encryption without forward secrecy on {ports:port|ports} {ports}",
				detail: "Who records a connection with a static RSA key exchange can read it later, if the server's key is ever lost. Programs of today choose better.",
				fix:    "Leave the suites that begin with TLS_RSA out of the server's list of ciphers.",
			},
			variants: map[string]words{"only": {
				title:  "{host} knows no encryption with forward secrecy on {ports:port|ports} {ports}",
				detail: "Who records connections can read all of them later, if the server's key is ever lost. Some newer mail programs refuse such servers.",
				fix:    "Enable TLS 1.3 or suites with ECDHE on the server.",
			}},
			check: (*index).findStaticKeys,
		},
		{
			id: "tls.prefers-weak", looksFor: "a server prefers a weak cipher suite to a strong one",
			severity: mail.Warning, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 9325 section 4.2.1"},
			words: words{
				title:  "{host} prefers weak encryption to strong on {ports:port|ports} {ports}",
				detail: "The server insists on its own order, in which {weak} comes before {strong}. So also programs that could do better get the weak one.",
				fix:    "Put ECDHE with AES-GCM and ChaCha20 first in the server's list of ciphers, or let the client choose.",
			},
			check: (*index).findWeakFirst,
		},
		{
			id: "tls.weak-dh", looksFor: "a server uses Diffie-Hellman with a short prime",
			severity: mail.Warning, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 9325 section 4.1", "RFC 7919 section 1"},
			words: words{
				title:  "{host} uses Diffie-Hellman with only {bits} bits on {ports:port|ports} {ports}",
				detail: "Such keys can be computed (Logjam), and many programs refuse them: those that choose this key exchange report that the key is too small.",
				fix:    "Give the server parameters of 2048 bits or more, such as ffdhe2048, or leave out the suites with DHE: ECDHE takes their place.",
			},
			check: (*index).findShortPrimes,
		},
		{
			id: "tls.name-dependence", looksFor: "a server shows another certificate where no server name is sent",
			severity: mail.Notice, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 6066 section 3"},
			words: words{
				title:  "{host} shows another certificate to programs that send no server name ({ports:port|ports} {ports})",
				detail: "Old mail programs, printers and scanners do not send the name (SNI). They get another certificate[, for {names}], and warn of it or refuse.",
				fix:    "Make the certificate for {host} the server's default one, or put its name into the default certificate too.",
			},
			variants: map[string]words{"refused": {
				title:  "{host} refuses programs that send no server name ({ports:port|ports} {ports})",
				detail: "Old mail programs, printers and scanners do not send the name (SNI) and get no connection.",
				fix:    "Give the server a default certificate, with the name of {host} in it.",
			}},
			check: (*index).findNameDependence,
		},
	}
}

// besidesOutdated: where a server has nothing good, what it has beside that is no news.
func besidesOutdated() []silence {
	return []silence{{[]string{"tls.old-versions", "tls.no-tls13", "tls.weak-suites", "tls.no-forward-secrecy", "tls.prefers-weak"}, sameServers}}
}

// surveyed gives the servers whose survey shows something, one hit for each
// host and what is to be said of it; say gives nothing for all others.
func (x *index) surveyed(say func(*server) []string) []hit {
	found := x.serversWhere(func(s *server) bool { return s.survey != nil && len(say(s)) > 0 })
	hits := grouped(found, func(s *server) string { return s.endpoint.Host + " " + strings.Join(say(s), ",") })
	for i, h := range hits {
		for _, s := range h.servers {
			hits[i].evidence = append(hits[i].evidence, s.survey.ID)
		}
	}
	return separate(hits)
}

// offered tells whether a version is offered.
func offered(s *server, version string) mail.Fact {
	for _, v := range s.survey.Survey.Versions {
		if v.Version == version {
			return v.Offered
		}
	}
	return mail.NotKnown
}

// exchangesOnly reports whether other mail servers alone use s.
func (s *server) exchangesOnly() bool {
	return s.in(mail.MX) && !s.in(mail.Incoming) && !s.in(mail.Outgoing)
}

// forMX reports whether a hit is about nothing but mail between servers.
func (h hit) forMX() bool {
	return !slices.ContainsFunc(h.servers, func(s *server) bool { return !s.exchangesOnly() })
}

func (x *index) findOldVersions() []hit {
	old := func(s *server) []string {
		var list []string
		for _, v := range s.survey.Survey.Versions {
			if outdated(v.Version) && v.Offered == mail.Yes {
				list = append(list, v.Version)
			}
		}
		if offered(s, "TLS 1.2") != mail.Yes && offered(s, "TLS 1.3") != mail.Yes {
			return nil // which is another matter
		}
		return list
	}
	hits := x.surveyed(old)
	for i, h := range hits {
		versions := old(h.servers[0])
		hits[i].params = params{"versions": versions}
		mx := h.forMX()
		switch ssl := slices.Contains(versions, "SSL 3.0"); {
		case mx && !ssl:
			hits[i].variant, hits[i].severity = "mx", mail.Notice
		case ssl && !mx:
			hits[i].variant, hits[i].severity = "ssl", mail.Error
		case ssl:
			hits[i].variant = "ssl"
		}
	}
	return hits
}

func (x *index) findNoTLS13() []hit {
	return x.surveyed(func(s *server) []string {
		if offered(s, "TLS 1.3") == mail.No && offered(s, "TLS 1.2") == mail.Yes {
			return []string{"TLS 1.2"}
		}
		return nil
	})
}

// suites gives all suites that a survey has found, whatever the version.
func (s *server) suites() []string {
	var list []string
	for _, v := range s.survey.Survey.Versions {
		list = append(list, v.Suites...)
	}
	return distinct(list)
}

// weaknessOf says what is wrong with a suite for good, "" for nothing.
func weaknessOf(suite string) string {
	for _, w := range []struct{ part, words string }{
		{"_NULL_", "none at all (NULL)"},
		{"_anon_", "without a certificate (anonymous)"},
		{"_EXPORT", "export grade"},
		{"_DES_", "single DES"},
		{"_RC4_", "RC4"},
		{"_RC2_", "RC2"},
		{"_3DES_", "Triple DES"},
		{"_IDEA_", "IDEA"},
	} {
		if strings.Contains(suite, w.part) {
			return w.words
		}
	}
	return ""
}

// staticKey reports whether a suite has no forward secrecy.
func staticKey(suite string) bool { return strings.HasPrefix(suite, "TLS_RSA_") }

// findWeakSuites leaves anonymous suites to other mail servers, which do not
// look at certificates (RFC 7672 section 8.2).
func (x *index) findWeakSuites() []hit {
	kinds := func(s *server) []string {
		var list []string
		for _, suite := range s.suites() {
			kind := weaknessOf(suite)
			if kind != "" && !(s.exchangesOnly() && strings.Contains(kind, "anonymous")) {
				list = append(list, kind)
			}
		}
		slices.Sort(list)
		return slices.Compact(list)
	}
	hits := x.surveyed(kinds)
	for i, h := range hits {
		list := kinds(h.servers[0])
		hits[i].params = params{"kinds": list}
		if len(list) == 1 && (list[0] == "Triple DES" || list[0] == "IDEA") || h.forMX() {
			hits[i].severity = mail.Notice
		}
	}
	return hits
}

func (x *index) findStaticKeys() []hit {
	kind := func(s *server) []string {
		static := func(suite string) bool { return staticKey(suite) && weaknessOf(suite) == "" }
		suites := s.suites()
		switch {
		case !slices.ContainsFunc(suites, static):
			return nil
		case slices.ContainsFunc(suites, func(suite string) bool { return !staticKey(suite) }):
			return []string{"also"}
		case !surveyedWhole(s):
			return nil
		}
		return []string{"only"}
	}
	hits := x.surveyed(kind)
	for i, h := range hits {
		if kind(h.servers[0])[0] == "only" {
			hits[i].variant, hits[i].severity = "only", mail.Warning
		}
	}
	return hits
}

// surveyedWhole reports whether nothing is left of which it is not known
// whether the server takes it.
func surveyedWhole(s *server) bool {
	return !slices.ContainsFunc(s.survey.Survey.Versions, func(v mail.SurveyedVersion) bool { return !v.Complete })
}

func (x *index) findWeakFirst() []hit {
	worse := func(s *server) []string {
		for _, v := range s.survey.Survey.Versions {
			if v.Order != mail.ServerOrder {
				continue
			}
			weak := slices.IndexFunc(v.Suites, func(suite string) bool { return weaknessOf(suite) != "" || staticKey(suite) })
			strong := slices.IndexFunc(v.Suites, strongSuite)
			if weak >= 0 && weak < strong {
				return []string{v.Suites[weak], v.Suites[strong]}
			}
		}
		return nil
	}
	return with(x.surveyed(worse), func(h hit) params {
		pair := worse(h.servers[0])
		return params{"weak": pair[0], "strong": pair[1]}
	})
}

// strongSuite reports whether a suite is what is recommended today, RFC 9325 section 4.2.
func strongSuite(suite string) bool {
	sealed := strings.Contains(suite, "_GCM_") || strings.Contains(suite, "_CHACHA20_")
	return sealed && !staticKey(suite) && weaknessOf(suite) == ""
}

func (x *index) findShortPrimes() []hit {
	const enough = 2048 // bits, RFC 9325 section 4.1
	bits := func(s *server) []string {
		if n := s.survey.Survey.DHBits; n > 0 && n < enough {
			return []string{strconv.Itoa(n)}
		}
		return nil
	}
	return with(x.surveyed(bits), func(h hit) params { return params{"bits": h.servers[0].survey.Survey.DHBits} })
}

func (x *index) findNameDependence() []hit {
	way := func(s *server) []string {
		switch found := s.survey.Survey; found.WithoutName {
		case mail.RefusedWithoutName:
			return []string{"refused"}
		case mail.OtherWithoutName:
			if found.OtherCertificate != nil && !slices.ContainsFunc(found.OtherCertificate.Names, func(name string) bool { return covers(name, s.endpoint.Host) }) {
				return append([]string{"other"}, found.OtherCertificate.Names...)
			}
		case mail.SameWithoutName:
		}
		return nil
	}
	hits := x.surveyed(way)
	for i, h := range hits {
		if said := way(h.servers[0]); said[0] == "refused" {
			hits[i].variant = said[0]
		} else {
			hits[i].params = params{"names": said[1:]}
		}
	}
	return hits
}
