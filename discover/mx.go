package discover

import (
	"context"
	"fmt"
	"net/netip"
	"strings"

	"github.com/mailmedic/mailmedic/discover/providers"
	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

// maxMXHosts bounds how many MX hosts become candidates.
const maxMXHosts = 4

// askMX asks who takes the domain's mail. The answer can still lead to a
// provider that is vouched for.
func (s *Search) askMX() {
	s.survey.expect(1)
	s.ask(Pending{mail.SourceMX, "mx:" + s.target.Domain, mail.TrustVouched}, func(ctx context.Context) bool {
		defer s.survey.arrived()
		defer close(s.survey.asked)
		answer := s.net.Lookup(ctx, s.target.Domain, "MX")
		if cut(answer.Failure()) {
			return false
		}
		s.survey.mx(answer)
		seen := answer.Observation
		seen.Notes = mxNotes(answer)
		offers, more := mxOffers(answer)
		for _, host := range more {
			s.leaveOut(mail.SourceMX, host, fmt.Sprintf("%d MX hosts are asked, and it ranks behind them", maxMXHosts))
		}
		s.found(mail.SourceMX, []mail.Observation{seen}, offers)
		if host := bestMX(answer); host != "" {
			s.followMX(host, answer.Observation.ID)
		}
		return true
	})
}

// mxNotes say what an answer tells of the mailbox, and what is odd about it.
func mxNotes(answer wire.Answer) []string {
	var n notes
	if nullMX(answer) {
		n.add("the domain says that it takes no mail (RFC 7505)")
	}
	for i, mx := range answer.MX {
		host, err := parseHost(mx.Host)
		switch {
		case mx.Host == ".":
		case err != nil:
			n.add("%s is not a host name and is passed over", quote(mx.Host))
		case localHost(host) != "":
			n.add("the MX host is named by %s", localHost(host))
		case i == 0 && providers.IsGateway(host):
			n.add("%s is a filter or forwarder in front of the mailbox: it says nothing of where the mailbox is", host)
		}
	}
	return n.list
}

// mxOffers gives the MX hosts on port 25, RFC 5321 section 5.1, and the names of
// those beyond the bound.
func mxOffers(answer wire.Answer) (offers []offer, more []string) {
	trust := mail.TrustDNS
	if answer.Authentic() {
		trust = mail.TrustAuthenticated
	}
	for _, mx := range answer.MX {
		host, err := parseHost(mx.Host)
		if err != nil {
			continue
		}
		if len(offers) == maxMXHosts {
			more = append(more, host)
			continue
		}
		offers = append(offers, offer{
			role:     mail.MX,
			endpoint: mail.Endpoint{Protocol: mail.SMTP, Security: mail.StartTLS, Host: host, Port: 25},
			claim: mail.Claim{
				Source: mail.SourceMX, Trust: trust, Priority: int(mx.Preference),
				Evidence: []string{answer.Observation.ID},
			},
		})
	}
	return offers, more
}

// bestMX gives the host name that the domain prefers, and "" where there is
// none. An IP address in its place is a fault and leads nowhere.
func bestMX(answer wire.Answer) string {
	if len(answer.MX) == 0 {
		return ""
	}
	host, err := mail.ParseDomain(answer.MX[0].Host)
	if err != nil {
		return ""
	}
	return host
}

// nullMX reports whether the domain says that it takes no mail, RFC 7505.
func nullMX(answer wire.Answer) bool {
	return len(answer.MX) == 1 && answer.MX[0].Host == "."
}

// followMX asks what the best MX host tells of the mailbox: the provider whose
// it is, and the documents of the domain above it. A filter in front of the
// mailbox tells nothing.
func (s *Search) followMX(host, evidence string) {
	if providers.IsGateway(host) {
		s.leaveOut(mail.SourceMX, host, "it is a filter in front of the mailbox, whose settings are not those of the mailbox")
		return
	}
	if p := providers.ByMX(host); p != nil {
		s.provide(p, false, []string{evidence})
	}
	for _, domain := range mxDomains(host, s.target.Domain) {
		s.askMXAutoconfig(domain)
		s.askMXISPDB(domain)
	}
}

// mxDomains gives the domains above an MX host whose documents may speak for
// the domain: the one directly above it and its organisational domain. Nothing
// at or above a public suffix is among them, nor the domain itself.
func mxDomains(host, domain string) []string {
	organisation := wire.OrganisationalDomain(host)
	if _, err := netip.ParseAddr(host); err == nil || organisation == "" {
		return nil
	}
	var list []string
	_, above, _ := strings.Cut(host, ".")
	if above != organisation && above != domain && wire.InDomain(above, organisation) {
		list = append(list, above)
	}
	if organisation != domain {
		list = append(list, organisation)
	}
	return list
}
