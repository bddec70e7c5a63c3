package rules

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/mailmedic/mailmedic/mail"
)

// outdated reports whether a version of TLS must not be used any more (RFC 8996, RFC 7568).
func outdated(version string) bool {
	return slices.Contains([]string{"SSL 2.0", "SSL 3.0", "TLS 1.0", "TLS 1.1"}, version)
}

// lostHandshake reports whether a handshake failed for another reason than certificate or mode.
func (s *server) lostHandshake() bool {
	return s.faultClass() == mail.TLSAlert || s.faultClass() == mail.TLSVersion ||
		s.failedAt(mail.KindTLS, mail.Closed, mail.Reset, mail.Timeout, mail.ProtocolFault, mail.TooLarge)
}

// found gives what the first further handshake showed that worked. One that
// shows a version may have failed after that.
func (s *server) found() mail.TLSFacts {
	for _, o := range s.ladder {
		if o.Version != "" && !o.CertificateFault.EndsHandshake() && (o.Failure == nil || o.Failure.Class.Certificate()) {
			return *o.TLSFacts
		}
	}
	return mail.TLSFacts{}
}

// wayThatWorks names the first way in which a handshake went well after the
// usual one failed. A raw ClientHello ends with the server's choice: a good one
// says that it would have failed after that, like those before.
func (s *server) wayThatWorks() string {
	if s.choosesWell() && !s.oddCertificate() {
		return ""
	}
	return s.found().Attempt
}

// choosesWell reports whether s, offered everything there is, chooses what is good today.
func (s *server) choosesWell() bool {
	found := s.found()
	return found.Attempt == "legacy" && !outdated(found.Version) && goodSuite(found.Cipher)
}

// outdatedVersion gives the outdated version that s speaks, "" where it speaks a newer one or none is known.
func (s *server) outdatedVersion() string {
	for _, o := range s.handshakes {
		if o.TLSFacts != nil && outdated(o.Version) {
			return o.Version
		}
	}
	if v := s.found().Version; outdated(v) {
		return v
	}
	return ""
}

// lost makes a check for servers whose handshake failed, and which match: one hit for each host.
func lost(match func(*server) bool, own func(hit) params) func(*index) []hit {
	return func(x *index) []hit {
		hits := grouped(x.serversWhere(func(s *server) bool { return s.lostHandshake() && match(s) }), byHost)
		for i, h := range hits {
			hits[i].evidence = ids(h.servers[0].ladder)
			if own != nil {
				hits[i].params = own(h)
			}
		}
		return hits
	}
}

func (x *index) findOldTLS() []hit {
	hits := grouped(x.serversWhere(func(s *server) bool {
		if s.lostHandshake() && s.outdatedVersion() != "" || s.faultClass() == mail.TLSVersion && s.wayThatWorks() == "" {
			return true
		}
		return s.fault == nil && s.outdatedVersion() != ""
	}), byHost)
	for i, h := range hits {
		first := h.servers[0]
		hits[i].params = params{"version": first.outdatedVersion()}
		hits[i].evidence = append(first.handshakeIDs(), ids(first.ladder)...)
		if first.fault == nil { // mailmedic got through, others will not
			hits[i].severity = mail.Warning
		}
	}
	return hits
}

// findFailedHandshake takes what is no matter of certificate, version or mode,
// and what no other way to begin could mend.
func (x *index) findFailedHandshake() []hit {
	failed := x.serversWhere(func(s *server) bool {
		return s.lostHandshake() && s.faultClass() != mail.TLSVersion && s.wayThatWorks() == ""
	})
	hits := grouped(failed, func(s *server) string { return s.endpoint.Host + " " + s.alert() })
	for i, h := range hits {
		hits[i].variant = h.servers[0].alert()
		hits[i].evidence = ids(h.servers[0].ladder)
	}
	return separate(hits)
}

// separate gives hits of one rule that would have the same subject their first endpoint instead.
func separate(hits []hit) []hit {
	for i, h := range hits {
		same := func(other hit) bool { return other.subject == h.subject }
		if slices.ContainsFunc(hits[i+1:], same) || slices.ContainsFunc(hits[:i], same) {
			hits[i].subject = h.servers[0].text
		}
	}
	return hits
}

// alert gives the number of the alert that ended the handshake with s, where it is one with words of its own.
func (s *server) alert() string {
	o := s.fault.observation
	if o.TLSFacts == nil || o.Alert == 0 {
		return ""
	}
	number := strconv.Itoa(int(o.Alert))
	if _, known := alertWords()[number]; !known {
		return ""
	}
	return number
}

func (s *server) certificateRequest() mail.CertificateRequest {
	var request mail.CertificateRequest
	for _, o := range s.handshakes {
		if o.TLSFacts != nil {
			request = cmp.Or(o.ClientCertificate, request)
		}
	}
	return request
}

func (x *index) findCertificateDemand() []hit {
	demanding := x.serversWhere(func(s *server) bool { return s.certificateRequest() == mail.CertificateRequired && s.fault != nil })
	asking := x.serversWhere(func(s *server) bool {
		answer, _ := s.certificateAnswer()
		return s.certificateRequest() == mail.CertificateOptional && answer == "" && s.fault == nil
	})
	hits := grouped(demanding, byHost)
	for _, h := range grouped(asking, byHost) {
		h.variant, h.severity, h.evidence = "optional", mail.Notice, h.servers[0].handshakeIDs()
		hits = append(hits, h)
	}
	return separate(hits)
}
