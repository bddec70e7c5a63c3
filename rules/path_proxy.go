package rules

import (
	"maps"
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// smtpProxyRule is about a proxy that takes all SMTP for itself, as hotels and
// some providers of internet access have one.
func smtpProxyRule() rule {
	return rule{
		id: "net.smtp-proxy", looksFor: "one SMTP server answers in place of several",
		severity: mail.Error, weighed: true, owner: mail.OwnerNetwork, confidence: mail.Likely,
		references: []string{"RFC 5321 section 4.2", "RFC 3207 section 6"},
		words: words{
			title:  "Something on the way answers in place of {hosts}: it calls itself {name} ({ports:port|ports} {ports})",
			detail: "Servers of different owners greet with that one name, and none proves with a certificate to be who it should be. A proxy of this network or of the provider of internet access takes all SMTP for itself, so that no mail passes in safety.",
			fix:    "Use port 465 with SSL/TLS, which a proxy cannot take over unseen, or test from another network. Have who runs this network take ports 25 and 587 off the proxy.",
		},
		silences: []silence{{[]string{"starttls.*", "tls.none-offered", "tls.certificate-*", "auth.no-mechanism", "smtp.*", "mx.no-starttls", "discovery.no-encryption"}, sameServers}},
		check:    (*index).findSMTPProxy,
	}
}

// findSMTPProxy looks for one name in the greetings of servers of different
// owners at different addresses, none of whom it belongs to. Who proves the name
// of its host under TLS is no proxy.
func (x *index) findSMTPProxy() []hit {
	named := map[string][]*server{}
	for _, s := range slices.Concat(x.servers, x.controls) {
		name := s.greetingName()
		if name != "" && siteOf(name) != siteOf(s.endpoint.Host) && !s.verified() {
			named[name] = append(named[name], s)
		}
	}
	var hits []hit
	for _, name := range slices.Sorted(maps.Keys(named)) {
		servers := named[name]
		addresses := distinct(each(servers, func(s *server) string { return s.session.Address }))
		if len(sitesOf(servers)) < 2 || len(addresses) < 2 {
			continue
		}
		own := slices.DeleteFunc(slices.Clone(servers), func(s *server) bool { return !slices.Contains(x.servers, s) })
		if len(own) > 0 {
			h := about(own)
			h.params, h.evidence = params{"name": name}, seen(servers)
			hits = append(hits, h)
		}
	}
	return hits
}

// greetingName gives the name of itself with which an SMTP server greets (RFC
// 5321 section 4.2), "" for none that says anything.
func (s *server) greetingName() string {
	fields := strings.Fields(s.greeting())
	if s.endpoint.Protocol != mail.SMTP || len(fields) < 2 || fields[0] != "220" || !strings.Contains(fields[1], ".") {
		return ""
	}
	return strings.ToLower(strings.TrimSuffix(fields[1], "."))
}
