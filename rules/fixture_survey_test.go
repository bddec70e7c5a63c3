package rules

import (
	"slices"

	"github.com/mailmedic/mailmedic/mail"
)

const (
	gcm    = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
	dheCBC = "TLS_DHE_RSA_WITH_AES_128_CBC_SHA"
	rsaCBC = "TLS_RSA_WITH_AES_128_CBC_SHA"
	triple = "TLS_RSA_WITH_3DES_EDE_CBC_SHA"
	rc4    = "TLS_RSA_WITH_RC4_128_SHA"
	anon   = "TLS_ECDH_anon_WITH_AES_256_CBC_SHA"
)

// goodSurvey is one of a server of today.
func goodSurvey() mail.TLSSurvey {
	return mail.TLSSurvey{
		Versions: []mail.SurveyedVersion{
			{Version: "TLS 1.3", Offered: mail.Yes, Suites: []string{"TLS_AES_128_GCM_SHA256"}, Complete: true},
			{Version: "TLS 1.2", Offered: mail.Yes, Suites: []string{gcm}, Complete: true},
			{Version: "TLS 1.1", Offered: mail.No, Suites: []string{}, Complete: true},
			{Version: "TLS 1.0", Offered: mail.No, Suites: []string{}, Complete: true},
			{Version: "SSL 3.0", Offered: mail.No, Suites: []string{}, Complete: true},
		},
		Groups: []string{"X25519"}, GroupsComplete: true, PostQuantum: mail.No, WithoutName: mail.SameWithoutName, Connections: 20,
	}
}

// survey adds a survey of servers that differs from a good one.
func (w *world) survey(change func(*mail.TLSSurvey), texts ...string) *world {
	for _, text := range texts {
		s := goodSurvey()
		change(&s)
		w.observe(mail.Observation{ID: "tls:" + text + "#192.0.2.1/survey", Kind: mail.KindTLS, Subject: text, TLSFacts: &mail.TLSFacts{Attempt: "survey", Survey: &s}})
	}
	return w
}

func surveyFixtures() []fixture {
	surveyed := func(change func(*mail.TLSSurvey)) *world { return good().survey(change, imaps) }
	forMail := func(change func(*mail.TLSSurvey)) *world {
		return good().claim(mx, mail.MX, mail.Claim{Source: mail.SourceUser, Trust: mail.TrustUser}).works(mx).survey(change, mx)
	}
	// takes puts versions among those that are offered.
	takes := func(versions ...string) func(*mail.TLSSurvey) {
		return func(s *mail.TLSSurvey) {
			for i, v := range s.Versions {
				if slices.Contains(versions, v.Version) {
					s.Versions[i].Offered, s.Versions[i].Suites = mail.Yes, []string{dheCBC}
				}
			}
		}
	}
	// speaks replaces the suites of TLS 1.2.
	speaks := func(order mail.SuiteOrder, suites ...string) func(*mail.TLSSurvey) {
		return func(s *mail.TLSSurvey) { s.Versions[1].Suites, s.Versions[1].Order = suites, order }
	}
	only12 := func(suites ...string) func(*mail.TLSSurvey) {
		return func(s *mail.TLSSurvey) {
			s.Versions[0].Offered, s.Versions[0].Suites = mail.No, []string{}
			s.Versions[1].Suites = suites
		}
	}
	bits := func(n int) func(*mail.TLSSurvey) { return func(s *mail.TLSSurvey) { s.DHBits = n } }
	unnamed := func(way mail.NameDependence, names ...string) func(*mail.TLSSurvey) {
		return func(s *mail.TLSSurvey) {
			s.WithoutName = way
			if way == mail.OtherWithoutName {
				s.OtherCertificate = &mail.Certificate{Names: names}
			}
		}
	}
	same := func(*mail.TLSSurvey) {}
	return []fixture{
		{
			"tls.old-versions", "on two ports", good().survey(takes("TLS 1.1", "TLS 1.0"), imaps, "imap+starttls://imap.example.org:143").srv("imap+starttls://imap.example.org:143"),
			"imap.example.org still accepts TLS 1.1 and TLS 1.0 on ports 143 and 993", mail.Warning,
		},
		{"tls.old-versions", "SSL 3.0", surveyed(takes("SSL 3.0")), "imap.example.org still accepts SSL 3.0 on port 993", mail.Error},
		{"tls.old-versions", "between mail servers", forMail(takes("TLS 1.0")), "mx.example.org still accepts TLS 1.0 on port 25", mail.Notice},
		{"tls.old-versions", "SSL 3.0 between mail servers", forMail(takes("SSL 3.0")), "mx.example.org still accepts SSL 3.0 on port 25", mail.Warning},
		{"tls.old-versions", "it is not known", surveyed(func(s *mail.TLSSurvey) { s.Versions[4].Offered = mail.NotKnown }), "", ""},
		{"tls.old-versions", "nothing newer is there, which is another matter", surveyed(func(s *mail.TLSSurvey) {
			takes("TLS 1.0")(s)
			s.Versions[0].Offered, s.Versions[1].Offered = mail.No, mail.No
		}), "", ""},

		{"tls.no-tls13", "TLS 1.2 alone", surveyed(only12(gcm)), "imap.example.org does not speak TLS 1.3 on port 993", mail.Notice},
		{"tls.no-tls13", "it is not known", surveyed(func(s *mail.TLSSurvey) { s.Versions[0].Offered = mail.NotKnown }), "", ""},
		{"tls.no-tls13", "both", surveyed(same), "", ""},

		{"tls.weak-suites", "RC4 and anonymous", surveyed(speaks("", gcm, rc4, anon)), "imap.example.org accepts weak encryption on port 993: RC4 and without a certificate (anonymous)", mail.Warning},
		{"tls.weak-suites", "anonymous alone, as Postfix has it", surveyed(speaks("", gcm, anon)), "imap.example.org accepts weak encryption on port 993: without a certificate (anonymous)", mail.Notice},
		{"tls.weak-suites", "Triple DES alone", surveyed(speaks("", gcm, triple)), "imap.example.org accepts weak encryption on port 993: Triple DES", mail.Notice},
		{"tls.weak-suites", "between mail servers", forMail(speaks("", gcm, rc4, anon)), "mx.example.org accepts weak encryption on port 25: RC4", mail.Notice},
		{"tls.weak-suites", "only anonymous ones between mail servers", forMail(speaks("", gcm, anon)), "", ""},
		{"tls.weak-suites", "none is weak", surveyed(same), "", ""},

		{"tls.no-forward-secrecy", "beside good ones", surveyed(speaks("", gcm, rsaCBC)), "imap.example.org also accepts encryption without forward secrecy on port 993", mail.Notice},
		{"tls.no-forward-secrecy", "nothing else", surveyed(only12(rsaCBC)), "imap.example.org knows no encryption with forward secrecy on port 993", mail.Warning},
		{"tls.no-forward-secrecy", "nothing else as far as is known", surveyed(func(s *mail.TLSSurvey) {
			only12(rsaCBC)(s)
			s.Versions[1].Complete = false
		}), "", ""},
		{"tls.no-forward-secrecy", "good ones only", surveyed(same), "", ""},

		{"tls.prefers-weak", "by the server's order", surveyed(speaks(mail.ServerOrder, rsaCBC, gcm)), "imap.example.org prefers weak encryption to strong on port 993", mail.Warning},
		{"tls.prefers-weak", "the client chooses", surveyed(speaks(mail.ClientOrder, rsaCBC, gcm)), "", ""},
		{"tls.prefers-weak", "the strong one comes first", surveyed(speaks(mail.ServerOrder, gcm, rsaCBC)), "", ""},

		{"tls.weak-dh", "1024 bits", surveyed(bits(1024)), "imap.example.org uses Diffie-Hellman with only 1024 bits on port 993", mail.Warning},
		{"tls.weak-dh", "2048 bits", surveyed(bits(2048)), "", ""},

		{
			"tls.name-dependence", "another certificate", surveyed(unnamed(mail.OtherWithoutName, "web7.hoster.example")),
			"imap.example.org shows another certificate to programs that send no server name (port 993)", mail.Notice,
		},
		{"tls.name-dependence", "refused", surveyed(unnamed(mail.RefusedWithoutName)), "imap.example.org refuses programs that send no server name (port 993)", mail.Notice},
		{"tls.name-dependence", "refused between mail servers", forMail(unnamed(mail.RefusedWithoutName)), "mx.example.org refuses mail servers that send no server name (port 25)", mail.Warning},
		{"tls.name-dependence", "another certificate between mail servers", forMail(unnamed(mail.OtherWithoutName, "web7.hoster.example")), "", ""},
		{"tls.name-dependence", "another certificate for the same name", surveyed(unnamed(mail.OtherWithoutName, "*.example.org")), "", ""},
		{"tls.name-dependence", "the same certificate", surveyed(same), "", ""},
	}
}
