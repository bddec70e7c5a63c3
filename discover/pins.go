package discover

import (
	"context"
	"slices"

	"github.com/mailmedic/mailmedic/mail"
)

// askPins offers what the user fixed. Nobody is asked; it is a question because
// whoever is told of the candidates may only begin to listen once Start has returned.
func (s *Search) askPins() {
	var offers []offer
	for _, pin := range s.options.Pins {
		expanded := expandPin(pin)
		for _, e := range expanded {
			claim := mail.Claim{Source: mail.SourceUser, Trust: mail.TrustUser, Implied: len(expanded) > 1}
			offers = append(offers, offer{submissionRole(e.Protocol), e, claim})
		}
	}
	if len(offers) > 0 {
		s.ask(Pending{mail.SourceUser, s.target.Domain, mail.TrustUser}, func(context.Context) bool {
			s.found(mail.SourceUser, nil, offers)
			return true
		})
	}
}

// expandPin fills in what the user left out: every standard port, or how a
// connection to the port becomes encrypted. On a port that is not standard
// both ways are tried.
func expandPin(pin mail.Endpoint) []mail.Endpoint {
	if pin.Port != 0 && pin.Security != "" {
		return []mail.Endpoint{pin}
	}
	var list []mail.Endpoint
	for _, std := range accessPorts(pin.Protocol) {
		wanted := pin.Port == 0 || pin.Port == std.Port
		if wanted && (pin.Security == "" || pin.Security == std.Security) {
			list = append(list, mail.Endpoint{Protocol: pin.Protocol, Security: std.Security, Host: pin.Host, Port: std.Port})
		}
	}
	switch {
	case len(list) > 0:
		return list
	case pin.Port == 0: // a security without a registered port of its own
		pin.Port = mail.DefaultPort(pin.Protocol, pin.Security)
		return []mail.Endpoint{pin}
	case pin.Protocol == mail.SMTP && pin.Port == 25:
		pin.Security = mail.StartTLS
		return []mail.Endpoint{pin}
	}
	implicit, upgraded := pin, pin
	implicit.Security, upgraded.Security = mail.TLS, mail.StartTLS
	return []mail.Endpoint{implicit, upgraded}
}

// unpinned drops offers of protocols that the user fixed, unless they are the
// user's own or of MX hosts.
func (s *Search) unpinned(offers []offer) []offer {
	if len(s.options.Pins) == 0 {
		return offers
	}
	return slices.DeleteFunc(slices.Clone(offers), func(o offer) bool {
		return o.role != mail.MX && o.claim.Source != mail.SourceUser && s.pinned(o.endpoint.Protocol)
	})
}

func (s *Search) pinned(p mail.Protocol) bool {
	return slices.ContainsFunc(s.options.Pins, func(pin mail.Endpoint) bool { return pin.Protocol == p })
}

// submissionRole gives the role of a server that serves mail programs: an SMTP
// server that somebody names for them is for submission, also on port 25.
func submissionRole(p mail.Protocol) mail.Role {
	if p == mail.SMTP {
		return mail.Outgoing
	}
	return mail.Incoming
}

// accessPorts are the standard ports of a protocol where mail programs connect.
func accessPorts(p mail.Protocol) []mail.StandardPort {
	return slices.DeleteFunc(mail.StandardPorts(), func(std mail.StandardPort) bool {
		return std.Protocol != p || std.Port == 25
	})
}
