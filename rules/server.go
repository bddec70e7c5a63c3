package rules

import (
	"net/netip"
	"slices"

	"github.com/mailmedic/mailmedic/mail"
)

// A server is one endpoint with all that is claimed of it and seen of it.
type server struct {
	endpoint   mail.Endpoint
	text       string           // the endpoint's text form
	candidates []mail.Candidate // one for each role it is named for
	dials      []mail.Observation
	handshakes []mail.Observation // at the address of the session
	ladder     []mail.Observation // further handshakes, in other ways than mail programs make them: no proof of anything
	survey     *mail.Observation  // of all that it takes of TLS; nil where none was made
	elsewhere  []mail.Observation // handshakes, then sessions, at further addresses of the host
	session    *mail.Observation
	signIns    []mail.Observation
	cameBack   bool   // a test message went out or came in by it, and was seen in the mailbox
	noRoute    bool   // it has only IPv6 addresses, and this network has no IPv6
	walled     bool   // something between this computer and it is to blame, so that nothing is known of it
	fault      *fault // what stopped it before anybody could sign in; nil where nothing did or nothing was tried
}

// A fault is the first thing that stopped a server.
type fault struct {
	class       mail.Class
	observation mail.Observation
}

// serversOf gives one server for each endpoint of the candidates, in their order.
func serversOf(candidates []mail.Candidate, observations []mail.Observation) []*server {
	var servers []*server
	byText := map[string]*server{}
	for _, c := range candidates {
		text := c.Endpoint.String()
		if byText[text] == nil {
			byText[text] = &server{endpoint: c.Endpoint, text: text}
			servers = append(servers, byText[text])
		}
		byText[text].candidates = append(byText[text].candidates, c)
	}
	for _, o := range observations {
		if s := byText[o.Subject]; s != nil {
			s.add(o)
		}
	}
	for _, s := range servers {
		s.separate()
		s.fault = s.findFault()
	}
	return servers
}

func (s *server) add(o mail.Observation) {
	switch o.Kind {
	case mail.KindDial:
		s.dials = append(s.dials, o)
	case mail.KindTLS:
		switch {
		case o.TLSFacts != nil && o.Survey != nil:
			s.survey = &o
		case o.TLSFacts != nil && o.Attempt != "":
			s.ladder = append(s.ladder, o)
		default:
			s.handshakes = append(s.handshakes, o)
		}
	case mail.KindSession:
		switch {
		case isTest(o): // a further session for its transcript
		case atFurtherAddress(o):
			s.elsewhere = append(s.elsewhere, o)
		default:
			s.session = &o
		}
	case mail.KindAuth:
		s.signIns = append(s.signIns, o)
	case mail.KindMailbox, mail.KindSend:
		s.cameBack = s.cameBack || cameBack(o)
	case mail.KindDNS, mail.KindHTTP:
	}
}

// in reports whether somebody names s for role.
func (s *server) in(role mail.Role) bool {
	return slices.ContainsFunc(s.candidates, func(c mail.Candidate) bool { return c.Role == role })
}

// concerns reports whether a fault of s is worth a finding of its own: its
// users will meet it. Nobody meets a guess that is not proved, and an MX has
// rules of its own.
func (s *server) concerns() bool { return s.named() || slices.ContainsFunc(s.candidates, s.counts) }

// named reports whether the user named s.
func (s *server) named() bool {
	return slices.ContainsFunc(s.candidates, func(c mail.Candidate) bool { return c.Trust() == mail.TrustUser })
}

// implied reports whether nobody but the user names s, and only its host.
func (s *server) implied() bool {
	return !slices.ContainsFunc(s.candidates, func(c mail.Candidate) bool {
		return slices.ContainsFunc(c.Claims, func(claim mail.Claim) bool { return !claim.Implied })
	})
}

// moot reports whether another port of the host that the user named does what
// s would have been for.
func (x *index) moot(s *server) bool {
	return s.implied() && !x.canUse(s) && slices.ContainsFunc(x.servers, func(other *server) bool {
		return other.implied() && other.endpoint.Host == s.endpoint.Host && other.endpoint.Protocol == s.endpoint.Protocol && x.canUse(other)
	})
}

// tested reports whether anything came of s, good or bad. What the user's
// policy or the end of the run stopped, this network's lack of IPv6 or something
// else on the way, was not tested.
func (s *server) tested() bool {
	switch s.faultClass() {
	case "":
		return s.session != nil
	case mail.Deadline, mail.PolicyRefused:
		return false
	default:
		return !s.noRoute && !s.walled
	}
}

// connected reports whether a TCP connection was made.
func (s *server) connected() bool {
	if s.session != nil || len(s.handshakes) > 0 {
		return true
	}
	return slices.ContainsFunc(s.dials, succeeded)
}

// verified reports whether a TLS session with a good certificate was made.
func (s *server) verified() bool { return slices.ContainsFunc(s.handshakes, succeeded) }

// encrypted reports whether a TLS session was made, whatever its certificate.
func (s *server) encrypted() bool {
	return slices.ContainsFunc(s.handshakes, func(o mail.Observation) bool { return o.TLSFacts != nil && o.Version != "" })
}

// ready reports whether a person could sign in to s: TLS verified, capabilities
// read, and a way to sign in.
func (s *server) ready() bool {
	return s.proof().Rank() >= mail.Handshake.Rank() && s.verified() && s.capable() && s.fault == nil &&
		(!s.offersNothing() || s.signedIn())
}

// offersNothing reports whether s has no way to sign in and should have one,
// which an MX should not. Old POP3 servers do not list the commands USER and
// PASS that they know (RFC 2449 section 6.2).
func (s *server) offersNothing() bool {
	offered := s.offered()
	return (s.in(mail.Incoming) || s.in(mail.Outgoing)) && offered != nil && len(offered) == 0 && s.endpoint.Protocol != mail.POP3
}

// signedIn reports whether somebody signed in.
func (s *server) signedIn() bool { return slices.ContainsFunc(s.signIns, succeeded) }

// refusal gives the failed sign-in that speaks for s: nil where a sign-in
// succeeded or none was tried. A rejection says more than a mechanism that
// failed, and one of the password more than one of the certificate before it.
func (s *server) refusal() *mail.Observation {
	if s.signedIn() {
		return nil
	}
	weight := func(o mail.Observation) int {
		switch {
		case o.Failure.Class != mail.AuthRejected:
			return 0
		case withCertificate(o):
			return 1
		}
		return 2
	}
	var best *mail.Observation
	for i, o := range s.signIns {
		switch class := failureClass(o); {
		case class == mail.PolicyRefused || class == mail.Deadline:
		case best == nil || weight(o) > weight(*best):
			best = &s.signIns[i]
		}
	}
	return best
}

func (s *server) faultClass() mail.Class {
	if s.fault == nil {
		return ""
	}
	return s.fault.class
}

// failedAt reports whether a failure of one of the classes at the given stage stopped s.
func (s *server) failedAt(stage mail.Kind, classes ...mail.Class) bool {
	return s.fault != nil && s.fault.observation.Kind == stage && slices.Contains(classes, s.fault.class)
}

// findFault looks for the first thing that stopped s. A proved mismatch of
// modes explains whatever else went wrong on the connection.
func (s *server) findFault() *fault {
	onTheWire := slices.Clone(s.handshakes)
	if s.session != nil {
		onTheWire = append(onTheWire, *s.session)
	}
	for _, o := range onTheWire {
		if class := failureClass(o); class == mail.TLSNotSpoken || class == mail.PlaintextExpected {
			return &fault{class, o}
		}
	}
	if s.verified() { // on one address at least; another one with a bad certificate does not stop the session
		onTheWire = onTheWire[len(s.handshakes):]
	}
	for _, o := range onTheWire {
		if o.Failure != nil {
			return &fault{o.Failure.Class, o}
		}
	}
	if s.connected() {
		return nil
	}
	return dialFault(s.dials)
}

// dialFault chooses among the failed attempts on several addresses the one that
// says most: an answer before silence, silence before a missing route, which
// may only mean that there is no IPv6 here.
func dialFault(dials []mail.Observation) *fault {
	order := []mail.Class{mail.Refused, mail.Reset, mail.Timeout, mail.Unreachable}
	rank := func(o mail.Observation) int {
		if i := slices.Index(order, failureClass(o)); i >= 0 {
			return i
		}
		return len(order)
	}
	if len(dials) == 0 {
		return nil
	}
	best := slices.MinFunc(dials, func(a, b mail.Observation) int { return rank(a) - rank(b) })
	return &fault{failureClass(best), best}
}

// certificate gives the server's own certificate.
func (s *server) certificate() (mail.Certificate, bool) {
	for _, o := range s.handshakes {
		if o.TLSFacts != nil && len(o.Certificates) > 0 {
			return o.Certificates[0], true
		}
	}
	return mail.Certificate{}, false
}

// evidence gives the ID of what stopped s.
func (s *server) evidence() []string {
	if s.fault == nil {
		return nil
	}
	return []string{s.fault.observation.ID}
}

// sessionID gives the ID of the session as evidence.
func (s *server) sessionID() []string {
	if s.session == nil {
		return nil
	}
	return []string{s.session.ID}
}

// because gives the IDs of the observations for which s was looked at.
func (s *server) because() []string {
	var ids []string
	for _, c := range s.candidates {
		for _, claim := range c.Claims {
			ids = append(ids, claim.Evidence...)
		}
	}
	return ids
}

func succeeded(o mail.Observation) bool { return o.Failure == nil }

// isIPv6 reports whether o is about an IPv6 address.
func isIPv6(o mail.Observation) bool {
	addr, err := netip.ParseAddr(o.Address)
	return err == nil && addr.Is6() && !addr.Is4In6()
}
