package rules

import (
	"cmp"
	"slices"

	"github.com/mailmedic/mailmedic/mail"
)

// A grade says how good a setting is for a person who wants to use it now.
type grade int

const (
	gradeUsable    grade = iota
	gradeBlameless       // right as far as known; what stops it lies elsewhere: the network, the password, the server
	gradeWrong           // the setting itself is wrong, or no mail program should use it
)

// A choice is a setting with what decides its place.
type choice struct {
	mail.Setting
	candidate mail.Candidate
	server    *server
	grade     grade
	shadowed  bool // by the provider to which the MX record leads
	trust     int  // the rank of the best trust that any proved way to the same service has
}

// choose gives the settings, incoming before outgoing, best first, and marks
// the one of each role to use. A guess becomes a setting only once it is proved.
//
// Where nothing can be used, the best setting is still marked if what stops it
// is not the setting's fault, since it is what a person should have typed in
// and what will work again; a wrong setting is never marked.
func (x *index) choose() []choice {
	var choices []choice
	for _, role := range []mail.Role{mail.Incoming, mail.Outgoing} {
		of := x.choicesOf(role)
		if len(of) > 0 && of[0].grade != gradeWrong {
			of[0].Preferred = true
		}
		x.usable[role] = len(of) > 0 && of[0].grade == gradeUsable
		choices = append(choices, of...)
	}
	return choices
}

func (x *index) choicesOf(role mail.Role) []choice {
	var choices []choice
	for _, s := range x.servers {
		if x.moot(s) {
			continue
		}
		for _, c := range s.candidates {
			proof := s.proof()
			if c.Role != role || c.Guessed() && proof.Rank() < mail.Handshake.Rank() {
				continue
			}
			choices = append(choices, choice{
				Setting: mail.Setting{
					Endpoint: c.Endpoint,
					Role:     role,
					Username: x.username(s, c),
					Auth:     x.mechanisms(s, c),
					Proof:    proof,
					Sources:  c.Sources(),
					Trust:    c.Trust(),
				},
				candidate: c,
				server:    s,
				grade:     x.grade(s),
				shadowed:  x.shadowed(c),
			})
		}
	}
	shareTrust(choices)
	slices.SortStableFunc(choices, compareChoices)
	return choices
}

// shareTrust lets the proved ways to one service on one host share the trust of
// the best of them: that it is the right host is then known, and the encryption
// decides between them, whoever claims which.
func shareTrust(choices []choice) {
	proved := func(c choice) bool { return c.Proof.Rank() >= mail.Handshake.Rank() }
	for i := range choices {
		choices[i].trust = choices[i].Trust.Rank()
		for _, o := range choices {
			same := o.Endpoint.Host == choices[i].Endpoint.Host && o.Endpoint.Protocol == choices[i].Endpoint.Protocol
			if same && proved(o) && proved(choices[i]) {
				choices[i].trust = min(choices[i].trust, o.Trust.Rank())
			}
		}
	}
}

// compareChoices puts what can be used first, then what is proved further, then
// what is claimed better. Between proved settings the protocol counts before
// the trust: IMAP keeps mail on the server. What a web host serves for a domain
// whose mail is elsewhere comes after what is known of that place.
func compareChoices(a, b choice) int {
	return cmp.Or(
		cmp.Compare(a.grade, b.grade),
		cmp.Compare(b.Proof.Rank(), a.Proof.Rank()),
		cmp.Compare(shadowRank(a), shadowRank(b)),
		cmp.Compare(guessRank(a.candidate), guessRank(b.candidate)),
		cmp.Compare(protocolRank(a.candidate), protocolRank(b.candidate)),
		cmp.Compare(a.trust, b.trust),
		compareEndpoints(a.candidate, b.candidate),
	)
}

func guessRank(c mail.Candidate) int {
	if c.Guessed() {
		return 1
	}
	return 0
}

func shadowRank(c choice) int {
	if c.shadowed {
		return 1
	}
	return 0
}

// grade judges a server as a setting.
func (x *index) grade(s *server) grade {
	switch {
	case x.canUse(s):
		return gradeUsable
	case x.wrongSetting(s):
		return gradeWrong
	default:
		return gradeBlameless
	}
}

// canUse reports whether a mail program can use s: TLS verified, capabilities
// read, signing in not refused, here or where it speaks for s, and the mailbox
// or the sender not refused after it.
func (x *index) canUse(s *server) bool {
	return s.ready() && s.refusal() == nil && !x.refusedElsewhere(s) && !x.shutAfterSignIn(s) && !x.refusesSender(s)
}

// shutAfterSignIn reports whether s let somebody sign in and opened no mailbox.
func (x *index) shutAfterSignIn(s *server) bool {
	return failureClass(x.byID["mailbox:"+s.text]) == mail.ProtocolFault
}

// wrongSetting reports whether another setting would help where s does not.
func (x *index) wrongSetting(s *server) bool {
	if s.walled {
		return s.endpoint.Security == mail.None
	}
	switch s.faultClass() {
	case mail.DNSNXDomain, mail.DNSNoData, mail.TLSNotSpoken, mail.PlaintextExpected, mail.CertName,
		mail.StartTLSNotOffered, mail.ProtocolFault, mail.PolicyRefused:
		return true
	case mail.Refused:
		return x.answersElsewhere(s)
	case "":
		return s.endpoint.Security == mail.None || s.capable() && !s.ready()
	default:
		return s.endpoint.Security == mail.None
	}
}

// answersElsewhere reports whether the host of s accepts connections on
// another port, so that it is up and the port is wrong.
func (x *index) answersElsewhere(s *server) bool {
	return slices.ContainsFunc(x.servers, func(o *server) bool {
		return o.endpoint.Host == s.endpoint.Host && o.endpoint.Port != s.endpoint.Port && o.connected()
	})
}

// username gives the user name that was accepted, else the one that the best
// claim with one gives, else the address.
func (x *index) username(s *server, c mail.Candidate) string {
	for _, o := range s.signIns {
		if succeeded(o) && o.AuthFacts != nil {
			return o.Username
		}
	}
	for _, claim := range byTrust(c.Claims) {
		if claim.Username != "" {
			return claim.Username
		}
	}
	return x.Target.Address
}

// mechanisms gives the ways to sign in, what can be used first: as the server
// offers them, or as published where nobody has asked it.
func (x *index) mechanisms(s *server, c mail.Candidate) []string {
	var list []string
	if s.session != nil && s.session.SessionFacts != nil {
		list = s.session.Mechanisms.AfterTLS
		if s.endpoint.Security == mail.None {
			list = s.session.Mechanisms.BeforeTLS
		}
	}
	for _, claim := range byTrust(c.Claims) {
		if list == nil {
			list = claim.Auth
		}
	}
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b string) int { return cmp.Compare(x.mechanismRank(s, a), x.mechanismRank(s, b)) })
	return list
}

// mechanismRank puts first what was used, then what takes a password, then
// OAuth, the other way round where the provider takes no password, and last what
// only some networks have.
func (x *index) mechanismRank(s *server, mechanism string) int {
	for _, o := range s.signIns {
		if succeeded(o) && o.AuthFacts != nil && o.Mechanism == mechanism {
			return 0
		}
	}
	oauthFirst := x.Provider != nil && x.Provider.OAuthOnly
	switch {
	case takesToken(mechanism):
		if oauthFirst {
			return 1
		}
		return 3
	case takesPassword(mechanism):
		return 2
	default:
		return 4
	}
}

func byTrust(claims []mail.Claim) []mail.Claim {
	sorted := slices.Clone(claims)
	slices.SortStableFunc(sorted, func(a, b mail.Claim) int { return cmp.Compare(a.Trust.Rank(), b.Trust.Rank()) })
	return sorted
}

// takesPassword reports whether a SASL mechanism works with a password alone.
func takesPassword(mechanism string) bool {
	return slices.Contains([]string{
		"plain", "login", "user", "apop", "cram-md5", "digest-md5",
		"scram-sha-1", "scram-sha-1-plus", "scram-sha-256", "scram-sha-256-plus", "scram-sha-512", "scram-sha-512-plus",
	}, mechanism)
}

// takesToken reports whether a SASL mechanism works with an OAuth 2.0 token (RFC 7628).
func takesToken(mechanism string) bool {
	return slices.Contains([]string{"xoauth2", "oauthbearer", "oauth2", "oauth10a"}, mechanism)
}
