package rules

import "github.com/mailmedic/mailmedic/mail"

// ProofOf says how far the observations prove an endpoint. An endpoint without
// encryption is at most reachable, unless somebody signed in.
func ProofOf(e mail.Endpoint, observations []mail.Observation) mail.Proof {
	s := &server{endpoint: e, text: e.String()}
	for _, o := range observations {
		if o.Subject == s.text && !o.Control {
			s.add(o)
		}
	}
	s.separate()
	s.fault = s.findFault()
	return s.proof()
}

func (s *server) proof() mail.Proof {
	switch {
	case s.signedIn() && s.cameBack:
		return mail.RoundTrip
	case s.signedIn():
		return mail.SignedIn
	case s.endpoint.Security != mail.None && s.verified() && s.fault == nil && s.capable():
		return mail.Handshake
	case s.connected():
		return mail.Reachable
	default:
		return mail.Published
	}
}

// capable reports whether the capabilities that hold under TLS were read.
func (s *server) capable() bool {
	return s.session != nil && s.session.SessionFacts != nil && s.session.Capabilities.AfterTLS != nil
}
