package rules

import (
	"slices"

	"github.com/mailmedic/mailmedic/mail"
)

// tlsRules are about handshakes that fail or should not have succeeded.
func tlsRules() []rule {
	return []rule{
		{
			id: "tls.version", looksFor: "a server speaks only outdated TLS",
			severity: mail.Error, weighed: true, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 8996 section 4", "RFC 8997 section 3", "RFC 8314 section 4.1"},
			words: words{
				title:  "{host} speaks only outdated versions of TLS[ ({version})] on {ports:port|ports} {ports}",
				detail: "Mail programs of today want TLS 1.2 or later and refuse to {task} mail.",
				fix:    "Update the mail server or its TLS library and enable TLS 1.2 and 1.3.",
			},
			check: (*index).findOldTLS,
		},
		{
			id: "tls.handshake-failed", looksFor: "a TLS handshake fails for another reason than the certificate",
			severity: mail.Error, weighed: true, owner: mail.OwnerProvider, confidence: mail.Likely,
			references: []string{"RFC 8446 section 6.2"},
			words: words{
				title:  "No encrypted connection to {host} comes about on {ports:port|ports} {ports}",
				detail: "The TLS handshake fails before the certificate can be judged, so mail programs cannot {task} mail.",
				fix:    "Look into the server's log for the reason: often a key or certificate file that cannot be read, or outdated ciphers. If it works from another network, a firewall or antivirus program here breaks TLS.",
			},
			check: (*index).findFailedHandshake,
		},
	}
}

func (x *index) findOldTLS() []hit {
	outdated := func(s *server) string {
		for _, o := range s.handshakes {
			if o.TLSFacts != nil && slices.Contains([]string{"SSL 2.0", "SSL 3.0", "TLS 1.0", "TLS 1.1"}, o.Version) {
				return o.Version
			}
		}
		return ""
	}
	hits := grouped(x.serversWhere(func(s *server) bool {
		return s.faultClass() == mail.TLSVersion || s.fault == nil && outdated(s) != ""
	}), byHost)
	for i, h := range hits {
		first := h.servers[0]
		hits[i].params = params{"version": outdated(first)}
		hits[i].evidence = first.handshakeIDs()
		if first.fault == nil { // mailmedic got through, others will not
			hits[i].severity = mail.Warning
		}
	}
	return hits
}

// findFailedHandshake takes what is no matter of certificate, version or mode.
func (x *index) findFailedHandshake() []hit {
	return grouped(x.serversWhere(func(s *server) bool {
		return s.faultClass() == mail.TLSAlert ||
			s.failedAt(mail.KindTLS, mail.Closed, mail.Reset, mail.Timeout, mail.ProtocolFault, mail.TooLarge)
	}), byHost)
}
