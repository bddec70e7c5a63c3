package rules

import (
	"slices"

	"github.com/mailmedic/mailmedic/mail"
)

// modeRules are about settings whose encryption does not fit the port.
func modeRules() []rule {
	return []rule{
		{
			id: "mode.starttls-on-tls-port", looksFor: "the setting says STARTTLS, the port speaks TLS from the first byte on",
			severity: mail.Error, weighed: true, owner: mail.OwnerAdmin, confidence: mail.Certain,
			references: []string{"RFC 8314 section 3.3", "RFC 8314 section 7.3"},
			words: words{
				title:  "Port {ports} of {host} needs SSL/TLS, but the settings say {mode}",
				detail: "The server waits for an encrypted connection while the mail program waits for a greeting, so both are silent until the program gives up.",
				fix:    "In the mail program choose SSL/TLS for port {ports}, and correct the setting where it is published.",
			},
			check: findMode(mail.PlaintextExpected),
		},
		{
			id: "mode.tls-on-plain-port", looksFor: "the setting says SSL/TLS, the port begins in plain text",
			severity: mail.Error, weighed: true, owner: mail.OwnerAdmin, confidence: mail.Certain,
			references: []string{"RFC 8314 section 3.3", "RFC 3207 section 4", "RFC 2595"},
			words: words{
				title:  "Port {ports} of {host} does not begin with SSL/TLS, but the settings say so",
				detail: "The server greets in plain text. Mail programs report a wrong version number or an unexpected answer.",
				fix:    "Find out which service listens on the port, and correct the setting where it is published.[ In the mail program use port {open}.]",
			},
			variants: map[string]words{"starttls": {
				title:  "Port {ports} of {host} needs STARTTLS, but the settings say SSL/TLS",
				detail: "The server greets in plain text and then offers encryption. Mail programs that begin with SSL/TLS report a wrong version number or an unexpected answer.",
				fix:    "In the mail program choose STARTTLS for port {ports}, and correct the setting where it is published.",
			}},
			check: func(x *index) []hit {
				hits := slices.DeleteFunc(findMode(mail.TLSNotSpoken)(x), func(h hit) bool { return h.servers[0].endpoint.Security != mail.TLS })
				for i, h := range hits {
					hits[i].params = params{"open": x.openPorts(h.servers)}
					if id, ok := x.startTLSProved(h.servers[0]); ok {
						hits[i].variant, hits[i].evidence = "starttls", []string{id}
					}
				}
				return hits
			},
		},
	}
}

func findMode(class mail.Class) func(*index) []hit {
	return func(x *index) []hit {
		return grouped(x.serversWhere(func(s *server) bool { return s.faultClass() == class }), func(s *server) string { return s.text })
	}
}

// startTLSProved reports whether a second connection with STARTTLS went well on the port of s.
func (x *index) startTLSProved(s *server) (id string, ok bool) {
	e := s.endpoint
	e.Security = mail.StartTLS
	o, ok := x.byID["session:"+e.String()]
	return o.ID, ok && succeeded(o)
}
