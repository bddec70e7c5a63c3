package discover

import (
	"context"
	"slices"
	"sync"

	"github.com/mailmedic/mailmedic/discover/providers"
	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

// usualName is a label that providers like for their servers, with the
// protocols that it is used for. The domain itself is no guess: it is a web host.
type usualName struct {
	label     string
	protocols []mail.Protocol
}

func usualNames() []usualName {
	return []usualName{
		{"imap", []mail.Protocol{mail.IMAP}},
		{"pop", []mail.Protocol{mail.POP3}},
		{"smtp", []mail.Protocol{mail.SMTP}},
		{"mail", []mail.Protocol{mail.IMAP, mail.POP3, mail.SMTP}},
	}
}

// Guess makes the guesses for the roles incoming or outgoing, and returns when
// they were emitted or stopped. It does nothing for a role that was guessed
// before, and nothing once Wait waits.
func (s *Search) Guess(roles ...mail.Role) {
	var made sync.WaitGroup
	if !s.release(&made, roles) {
		return
	}
	defer s.guesses.Done()
	made.Wait()
}

// release starts the guesses in a group. It reports false when it is too late.
func (s *Search) release(made *sync.WaitGroup, roles []mail.Role) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting {
		return false
	}
	s.guesses.Add(1)
	for _, role := range roles {
		if !s.released[role] {
			s.released[role] = true
			s.guess(made, s.guessedPorts(role))
		}
	}
	return true
}

// guessedPorts gives the ports where a role is looked for.
func (s *Search) guessedPorts(role mail.Role) []mail.StandardPort {
	var ports []mail.StandardPort
	for _, p := range []mail.Protocol{mail.IMAP, mail.POP3, mail.SMTP} {
		if submissionRole(p) == role && !s.pinned(p) {
			ports = append(ports, accessPorts(p)...)
		}
	}
	return ports
}

// guess starts the guesses for some ports in a group. s.mu is held.
func (s *Search) guess(made *sync.WaitGroup, ports []mail.StandardPort) {
	domain := s.target.Domain
	if addr, literal := s.target.Literal(); literal {
		s.start(made, Pending{mail.SourceGuess, domain, mail.TrustGuess}, func(context.Context) bool {
			s.found(mail.SourceGuess, nil, guessOffers(addr.String(), ports, nil))
			return true
		})
		return
	}
	if wire.OrganisationalDomain(domain) == "" {
		return
	}
	for _, usual := range usualNames() {
		own := slices.DeleteFunc(slices.Clone(ports), func(p mail.StandardPort) bool {
			return !slices.Contains(usual.protocols, p.Protocol)
		})
		if len(own) == 0 {
			continue
		}
		name := usual.label + "." + domain
		s.start(made, Pending{mail.SourceGuess, "a:" + name, mail.TrustGuess}, func(ctx context.Context) bool {
			return s.guessName(ctx, name, own)
		})
	}
	s.start(made, Pending{mail.SourceGuess, "mx:" + domain, mail.TrustGuess}, func(ctx context.Context) bool {
		return s.guessMXHost(ctx, ports)
	})
}

// unguessed gives what was stopped, with the guess at the MX host under the name
// that was not looked up: who takes the mail is a question of its own, which was
// answered or is among those that were stopped.
func (s *Search) unguessed(stopped []Pending) []Pending {
	s.survey.mu.Lock()
	host := s.survey.mxHost
	s.survey.mu.Unlock()
	var list []Pending
	for _, p := range stopped {
		if p.Source == mail.SourceGuess && p.Subject == "mx:"+s.target.Domain {
			if host == "" {
				continue
			}
			p.Subject = "a:" + host
		}
		list = append(list, p)
	}
	slices.SortFunc(list, comparePending)
	return slices.Compact(list)
}

// guessName guesses a usual name, unless every name exists.
func (s *Search) guessName(ctx context.Context, name string, ports []mail.StandardPort) bool {
	if !s.surveyed(ctx) {
		return false
	}
	if s.survey.wildcard {
		s.leaveOut(mail.SourceGuess, name, s.survey.why)
		return true
	}
	return s.guessHost(ctx, name, ports)
}

// guessMXHost guesses the host that takes the domain's mail, unless it is
// known that the mailbox is elsewhere.
func (s *Search) guessMXHost(ctx context.Context, ports []mail.StandardPort) bool {
	if !s.surveyed(ctx) {
		return false
	}
	host := s.survey.mxHost
	switch {
	case host == "":
		return true
	case providers.IsGateway(host):
		s.leaveOut(mail.SourceGuess, host, "it is a filter in front of the mailbox")
		return true
	case providers.ByMX(host) != nil:
		s.leaveOut(mail.SourceGuess, host, "it is the MX host of a provider whose mail servers are known")
		return true
	}
	return s.guessHost(ctx, host, ports)
}

// guessHost offers a host if it exists and the domain does not rule it out.
func (s *Search) guessHost(ctx context.Context, host string, ports []mail.StandardPort) bool {
	if why := s.pointless(); why != "" {
		s.leaveOut(mail.SourceGuess, host, why)
		return true
	}
	if ctx.Err() != nil {
		return false // what was looked up ahead is there at times, and at times is not
	}
	addrs, answers := s.net.Addresses(ctx, host)
	if anyCut(answers) {
		return false
	}
	var offers []offer
	if len(addrs) > 0 {
		offers = guessOffers(host, s.survey.open(ports), answers)
		s.sayRuledOut(host, ports)
	}
	s.found(mail.SourceGuess, observationsOf(answers), offers)
	return true
}

// sayRuledOut notes which of the ports are left out since the domain says that
// it has no such service.
func (s *Search) sayRuledOut(host string, ports []mail.StandardPort) {
	open := s.survey.open(ports)
	for _, p := range ports {
		if !slices.Contains(open, p) {
			e := mail.Endpoint{Protocol: p.Protocol, Security: p.Security, Host: host, Port: p.Port}
			s.leaveOut(mail.SourceGuess, e.String(), "the domain says by an SRV record that it has no such service")
		}
	}
}

func guessOffers(host string, ports []mail.StandardPort, answers []wire.Answer) []offer {
	var evidence []string
	for _, answer := range answers {
		if answer.Failure() == nil {
			evidence = append(evidence, answer.Observation.ID)
		}
	}
	offers := make([]offer, len(ports))
	for i, p := range ports {
		offers[i] = offer{
			role:     submissionRole(p.Protocol),
			endpoint: mail.Endpoint{Protocol: p.Protocol, Security: p.Security, Host: host, Port: p.Port},
			claim:    mail.Claim{Source: mail.SourceGuess, Trust: mail.TrustGuess, Evidence: evidence},
		}
	}
	return offers
}

func observationsOf(answers []wire.Answer) []mail.Observation {
	list := make([]mail.Observation, len(answers))
	for i, answer := range answers {
		list[i] = answer.Observation
	}
	return list
}
