package discover

import (
	"context"

	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

// maxTargets bounds how many endpoints one answer or document may name: more
// is not a service but somebody's way to have us knock at many doors.
const maxTargets = 16

// service is a service label of RFC 6186 or RFC 8314 with what it stands for.
type service struct {
	label    string
	protocol mail.Protocol
	security mail.Security
}

func services() []service {
	return []service{
		{"_imaps", mail.IMAP, mail.TLS},
		{"_imap", mail.IMAP, mail.StartTLS},
		{"_pop3s", mail.POP3, mail.TLS},
		{"_pop3", mail.POP3, mail.StartTLS},
		{"_submissions", mail.SMTP, mail.TLS}, // RFC 8314 section 5.1
		{"_submission", mail.SMTP, mail.StartTLS},
	}
}

// askSRV asks for every service at once; one that fails costs only itself.
func (s *Search) askSRV() {
	for _, svc := range services() {
		name := svc.label + "._tcp." + s.target.Domain
		s.survey.expect(1)
		s.ask(Pending{mail.SourceSRV, "srv:" + name, mail.TrustAuthenticated}, func(ctx context.Context) bool {
			defer s.survey.arrived()
			answer := s.net.Lookup(ctx, name, "SRV")
			if cut(answer.Failure()) {
				return false
			}
			if notOffered(answer) {
				s.survey.rulesOut(svc)
			}
			seen := answer.Observation
			seen.Notes = srvNotes(answer, svc, s.target.Domain)
			s.found(mail.SourceSRV, []mail.Observation{seen}, srvOffers(answer, svc, s.target.Domain))
			return true
		})
	}
}

// srvNotes say what is odd about an answer.
func srvNotes(answer wire.Answer, svc service, domain string) []string {
	var n notes
	if notOffered(answer) {
		n.add("the domain says that it has no %s", svc.label)
	}
	for _, srv := range answer.SRV {
		host, err := mail.ParseDomain(srv.Target)
		switch {
		case srv.Target == ".":
		case err != nil:
			n.add("the target %s is not a host name and is passed over", quote(srv.Target))
		case srv.Port == 0:
			n.add("%s has port 0 and is passed over", host)
		default:
			if e := (mail.Endpoint{Protocol: svc.protocol, Security: svc.security, Host: host, Port: srv.Port}); !usualPort(e) {
				n.add("port %d of %s is unusual for %s", srv.Port, host, svc.label)
			}
			if srvTrust(answer.Authentic(), host, domain) == mail.TrustRedirected {
				n.add("%s is outside of %s and DNSSEC does not vouch for it: a program has to ask its user (RFC 6186 section 6)", host, domain)
			}
		}
	}
	if len(answer.SRV) > maxTargets {
		n.add("more than %d targets: the rest is passed over", maxTargets)
	}
	return n.list
}

// notOffered reports whether the domain says that it has no such service:
// a target of "." (RFC 2782, RFC 6186 section 3.4).
func notOffered(answer wire.Answer) bool {
	return len(answer.SRV) == 1 && answer.SRV[0].Target == "."
}

// srvOffers gives the targets of an answer. The order of RFC 2782 is carried
// as priority and weight.
func srvOffers(answer wire.Answer, svc service, domain string) []offer {
	var offers []offer
	for _, srv := range answer.SRV {
		host, err := mail.ParseDomain(srv.Target)
		if err != nil || srv.Port == 0 || len(offers) == maxTargets {
			continue
		}
		offers = append(offers, offer{
			role:     submissionRole(svc.protocol),
			endpoint: mail.Endpoint{Protocol: svc.protocol, Security: svc.security, Host: host, Port: srv.Port},
			claim: mail.Claim{
				Source:   mail.SourceSRV,
				Trust:    srvTrust(answer.Authentic(), host, domain),
				Priority: int(srv.Priority),
				Weight:   int(srv.Weight),
				Evidence: []string{answer.Observation.ID},
			},
		})
	}
	return offers
}

// srvTrust follows RFC 6186 section 6: without DNSSEC only a target in the
// domain's own organisation needs no confirmation.
func srvTrust(authentic bool, host, domain string) mail.Trust {
	switch {
	case authentic:
		return mail.TrustAuthenticated
	case wire.InDomain(host, domain) || wire.SameOrganisation(host, domain):
		return mail.TrustDNS
	default:
		return mail.TrustRedirected
	}
}
