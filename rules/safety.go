package rules

import (
	"cmp"
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// safetyRules are about what was done, or not done, with the password.
func safetyRules() []rule {
	return []rule{
		{
			id: "safety.insecure-auth", looksFor: "the certificate rule was lifted for the password",
			severity: mail.Warning, owner: mail.OwnerUser, confidence: mail.Certain,
			references: []string{"RFC 8314 section 4.1", "RFC 9525 section 6.6"},
			words: words{
				title:  "The password was sent to {hosts} although the certificate is not to be trusted",
				detail: "--insecure-auth allowed that. Whoever was at the other end has the password now.",
				fix:    "If this was not a test server, change the password. Run without --insecure-auth once the certificate is mended.",
			},
			variants: map[string]words{"unused": {
				title:  "The certificate rule was lifted with --insecure-auth, and it was not needed",
				detail: "The password went only to servers whose certificate is good.",
				fix:    "Run without --insecure-auth.",
			}, "certificate": {
				title:  "The certificate was shown to {hosts} although that of the server is not to be trusted",
				detail: "--insecure-auth allowed that. Whoever was at the other end knows who you are, and cannot sign in with it.",
				fix:    "Run without --insecure-auth once the certificate of the server is mended.",
			}},
			check: (*index).findInsecure,
		},
		{
			id: "safety.trust-discovered", looksFor: "the password went to a host that only weak claims name",
			severity: mail.Warning, owner: mail.OwnerUser, confidence: mail.Certain,
			references: []string{"RFC 6186 section 6"},
			words: words{
				title:  "The password was sent to {hosts}, which nobody vouches for",
				detail: "--trust-discovered allowed that. Only {sources} {sources:names|name} this server for {domain}, which somebody on the way can forge.",
				fix:    "Make sure that {hosts} {hosts:belongs|belong} to your provider; if not, change the password.",
			},
			variants: map[string]words{"certificate": {
				title: "The certificate was shown to {hosts}, which nobody vouches for",
				fix:   "Make sure that {hosts} {hosts:belongs|belong} to your provider. Nobody else can sign in with the certificate.",
			}},
			check: (*index).findTrusted,
		},
		{
			id: "auth.not-allowed-host", looksFor: "the password was kept from a host that only weak claims name",
			severity: mail.Warning, owner: mail.OwnerUser, confidence: mail.Certain,
			references: []string{"RFC 6186 section 6"},
			words: words{
				title:  "The password was not sent to {hosts}, which nobody vouches for",
				detail: "Only {sources} {sources:names|name} {hosts} for {domain}, which somebody on the way can forge. The servers answer, but signing in was not tested.",
				fix:    "If you know that {hosts} {hosts:belongs|belong} to your provider, run again with --trust-discovered, or name the server yourself with {flags}.",
			},
			variants: map[string]words{"certificate": {
				title: "The certificate was not shown to {hosts}, which nobody vouches for",
			}},
			check: (*index).findNotAllowed,
		},
		{
			id: "proxy.used", looksFor: "web requests went through a proxy",
			severity: mail.Notice, owner: mail.OwnerNetwork, confidence: mail.Certain,
			references: []string{"RFC 9110 section 7.6"},
			words: words{
				title:  "Web requests went through the proxy {proxies}",
				detail: "The environment of this computer says so. Mail servers were asked directly.",
				fix:    "Nothing, if that is as it should be; else unset HTTPS_PROXY and HTTP_PROXY.",
			},
			check: (*index).findProxy,
		},
	}
}

func (x *index) findInsecure() []hit {
	if !x.Insecure {
		return nil
	}
	risky := slices.DeleteFunc(x.settings(), func(s *server) bool { return s.verified() || len(s.tries()) == 0 })
	if len(risky) == 0 {
		hits := x.domainHit()
		hits[0].variant, hits[0].severity = "unused", mail.Notice
		return hits
	}
	h := about(risky)
	if x.Secretless {
		h.variant = "certificate"
	}
	for _, s := range risky {
		h.evidence = append(h.evidence, ids(s.tries())...)
	}
	return []hit{h}
}

// tries gives the sign-ins at which something was sent.
func (s *server) tries() []mail.Observation {
	return slices.DeleteFunc(slices.Clone(s.signIns), func(o mail.Observation) bool {
		return o.AuthFacts == nil || o.Mechanism == "none" || failureClass(o) == mail.PolicyRefused
	})
}

func (x *index) findTrusted() []hit {
	if !x.Discovered {
		return nil
	}
	organisation := x.organisation()
	var trusted []*server
	for _, s := range x.settings() {
		if len(s.tries()) > 0 && !s.vouchedFor() && !within(s.endpoint.Host, organisation) {
			trusted = append(trusted, s)
		}
	}
	hits := with(grouped(trusted, byHost), func(h hit) params { return params{"sources": sourcesOf(h.servers)} })
	for i, h := range hits {
		if x.Secretless {
			hits[i].variant = "certificate"
		}
		for _, s := range h.servers {
			hits[i].evidence = append(hits[i].evidence, ids(s.tries())...)
		}
	}
	return hits
}

// vouchedFor reports whether somebody names s as a setting whom one can believe:
// the user, a source that is proved or vouches, or plain DNS, which is trusted so
// far only with a target in the domain's own organisation.
func (s *server) vouchedFor() bool {
	return slices.ContainsFunc(s.candidates, func(c mail.Candidate) bool {
		return c.Role != mail.MX && c.Trust().Rank() <= mail.TrustDNS.Rank()
	})
}

// organisation gives the domain that the organisation of the mail domain has
// registered, as far as the run shows it: its documents are asked for there and
// at the mail domain, and never above.
func (x *index) organisation() string {
	widest := x.Target.Domain
	for _, o := range x.ofKind(mail.KindHTTP) {
		place, _ := strings.CutPrefix(o.Subject, "https://")
		if host, path, _ := strings.Cut(place, "/"); strings.HasPrefix(path, ".well-known/autoconfig/") && within(widest, host) {
			widest = host
		}
	}
	return widest
}

// findNotAllowed makes one hit of all servers that wait for consent. It is a
// warning as long as signing in was not proved elsewhere for their roles.
func (x *index) findNotAllowed() []hit {
	if _, literal := x.Target.Literal(); literal {
		return nil // the user named the host
	}
	var waiting []*server
	severity := mail.Notice
	for _, s := range x.servers {
		if !slices.Contains(x.NotChecked, mail.NotChecked{Subject: s.text, Why: mail.WhyConsent}) {
			continue
		}
		waiting = append(waiting, s)
		for _, c := range s.candidates {
			if c.Role != mail.MX && x.state[c.Role] != mail.Works {
				severity = mail.Warning
			}
		}
	}
	hits := grouped(waiting, anyKey)
	for i, h := range hits {
		flags := each(h.servers, func(s *server) string { return "--" + string(s.endpoint.Protocol) })
		hits[i].severity = severity
		if x.Secretless {
			hits[i].variant = "certificate"
		}
		hits[i].params = params{"sources": sourcesOf(h.servers), "flags": flags}
	}
	return hits
}

// sourcesOf names who claims the servers, in words.
func sourcesOf(servers []*server) []string {
	names := map[mail.Source]string{
		mail.SourceSRV: "the SRV record", mail.SourceMX: "the MX record", mail.SourceTXT: "a TXT record",
		mail.SourceAutoconfig: "an autoconfig document", mail.SourceAutodiscover: "an autodiscover answer",
		mail.SourcePACC: "a configuration document", mail.SourceISPDB: "the public directory ISPDB",
		mail.SourceProvider: "the built-in table", mail.SourceJMAP: "a JMAP answer", mail.SourceGuess: "a guess", mail.SourceUser: "you",
	}
	var list []string
	for _, s := range servers {
		for _, c := range s.candidates {
			for _, source := range c.Sources() {
				list = append(list, cmp.Or(names[source], "an unknown source"))
			}
		}
	}
	return distinct(list)
}

func (x *index) findProxy() []hit {
	var proxies, evidence []string
	for _, o := range x.ofKind(mail.KindHTTP) {
		if o.HTTPFacts != nil && o.Proxy != "" {
			proxies, evidence = append(proxies, o.Proxy), append(evidence, o.ID)
		}
	}
	if len(proxies) == 0 {
		return nil
	}
	hits := x.domainHit(evidence[:min(len(evidence), 6)]...)
	hits[0].params = params{"proxies": distinct(proxies)}
	return hits
}
