package rules

import (
	"slices"
	"strconv"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

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

// harms reports whether a weakness harms a client that meets it by mistake. Those
// that ask for anonymous suites believe any certificate as well, and for the long
// attack on Triple DES (RFC 9325 section 4.1) no mail session lasts long enough.
func harms(weakness string) bool {
	return weakness != "Triple DES" && weakness != "IDEA" && !strings.Contains(weakness, "anonymous")
}

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
		if !slices.ContainsFunc(list, harms) || h.forMX() {
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

// findNameDependence: mail servers that deliver do not mind another certificate,
// as most believe any; those that do mind send the name (RFC 8461 section 4.1, RFC 7672 section 8.1).
func (x *index) findNameDependence() []hit {
	way := func(s *server) []string {
		switch found := s.survey.Survey; found.WithoutName {
		case mail.RefusedWithoutName:
			return []string{"refused"}
		case mail.OtherWithoutName:
			if found.OtherCertificate != nil && !s.exchangesOnly() && !slices.ContainsFunc(found.OtherCertificate.Names, func(name string) bool { return covers(name, s.endpoint.Host) }) {
				return append([]string{"other"}, found.OtherCertificate.Names...)
			}
		case mail.SameWithoutName:
		}
		return nil
	}
	hits := x.surveyed(way)
	for i, h := range hits {
		switch said := way(h.servers[0]); {
		case said[0] == "other":
			hits[i].params = params{"names": said[1:]}
		case h.forMX():
			hits[i].variant, hits[i].severity = "mx", mail.Warning
		default:
			hits[i].variant = "refused"
		}
	}
	return hits
}
