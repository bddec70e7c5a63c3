package rules

import (
	"cmp"
	"slices"

	"github.com/mailmedic/mailmedic/mail"
)

// A refusal is why signing in to a server failed.
type refusal struct {
	rule        string // the rule that speaks of it
	certain     bool   // the server said so in words that are known
	observation mail.Observation
}

// refusalAt says why nobody could sign in to s. The server's words come first,
// then its codes, then what is known of the provider, then the class of the failure.
func (x *index) refusalAt(s *server) (refusal, bool) {
	o := s.refusal()
	if o == nil {
		return refusal{}, false
	}
	words := o.Failure.Detail
	if o.AuthFacts != nil && o.Reply != "" {
		words = o.Reply
	}
	if intercepted(*o) {
		return refusal{"auth.intercepted", true, *o}, true
	}
	if o.AuthFacts != nil && o.ServerProof == mail.No {
		return refusal{"auth.not-authentic", true, *o}, true
	}
	if id := cmp.Or(signInMeaning(words), signInCode(words)); id != "" {
		return refusal{id, true, *o}, true
	}
	if withCertificate(*o) && o.Failure.Class == mail.AuthRejected {
		return refusal{"auth.certificate-rejected", true, *o}, true
	}
	if withToken(*o) && o.Failure.Class == mail.AuthRejected {
		return refusal{"auth.token-rejected", true, *o}, true
	}
	return refusal{x.unspoken(s, o.Failure.Class), o.Failure.Class == mail.AuthRejected, *o}, true
}

// unspoken gives the rule for a refusal without known words.
func (x *index) unspoken(s *server, class mail.Class) string {
	p := x.Provider
	switch {
	case class == mail.AuthRejected && p != nil && p.OAuthOnly:
		return "auth.oauth-only"
	case class == mail.AuthRejected && p != nil && p.AppPassword:
		return "auth.app-password"
	case class == mail.AuthRejected:
		return "auth.rejected"
	case class == mail.AuthTemporary:
		return "auth.temporary"
	case class == mail.AuthUnavailable && s.tokensOnly():
		return "auth.oauth-only"
	case class == mail.AuthUnavailable:
		return "auth.no-mechanism"
	default:
		return "auth.interrupted"
	}
}

// concernsAccount reports whether a refusal is about the account, so that
// other servers would refuse it as well. That one server offers nothing for a
// password says nothing about the next one.
func (r refusal) concernsAccount() bool {
	switch r.rule {
	case "auth.rejected", "auth.token-rejected", "auth.app-password", "auth.web-login", "auth.locked-out",
		"auth.account-disabled", "auth.password-expired", "auth.blocked-by-policy":
		return true
	case "auth.oauth-only":
		return r.observation.Failure.Class == mail.AuthRejected
	default:
		return false
	}
}

// rejectedAccount gives the sign-in at which the account was rejected, if it
// was accepted nowhere.
func (x *index) rejectedAccount() *mail.Observation {
	var found *mail.Observation
	for _, s := range x.servers {
		if s.signedIn() {
			return nil
		}
		if r, ok := x.refusalAt(s); ok && found == nil && r.concernsAccount() {
			found = &r.observation
		}
	}
	return found
}

// offered gives the mechanisms that s offers to those who ask it the safe way.
func (s *server) offered() []string {
	if s.session == nil || s.session.SessionFacts == nil {
		return nil
	}
	return s.session.Mechanisms.AfterTLS
}

// tokensOnly reports whether s takes OAuth 2.0 tokens and no password.
func (s *server) tokensOnly() bool {
	return slices.ContainsFunc(s.offered(), takesToken) && !slices.ContainsFunc(s.offered(), takesPassword)
}

// settings gives the servers that a person may type in: what is published,
// and guesses that were proved.
func (x *index) settings() []*server {
	var found []*server
	for _, s := range x.servers {
		if slices.ContainsFunc(s.candidates, s.counts) {
			found = append(found, s)
		}
	}
	return found
}

// counts reports whether a candidate of s is a setting.
func (s *server) counts(c mail.Candidate) bool {
	return c.Role != mail.MX && (!c.Guessed() || s.proof().Rank() >= mail.Handshake.Rank())
}

// refusedBy makes a check for sign-ins that were refused for the reason of a
// rule: one hit, however many servers say so. It also stops the servers where,
// for its sake, nothing more was tried.
func refusedBy(id string) func(*index) []hit {
	return func(x *index) []hit {
		var refused, spared []*server
		var first refusal
		for _, s := range x.settings() {
			r, ok := x.refusalAt(s)
			switch {
			case ok && r.rule == id:
				if len(refused) == 0 {
					first = r
				}
				refused = append(refused, s)
			case !ok && s.ready() && x.refusedElsewhere(s):
				spared = append(spared, s)
			}
		}
		if len(refused) == 0 {
			return nil
		}
		spared = slices.DeleteFunc(spared, func(s *server) bool {
			return !(first.concernsAccount() && x.rejected != nil) && !slices.ContainsFunc(refused, s.sameService)
		})
		return []hit{x.refusalHit(first, refused, append(slices.Clone(refused), spared...))}
	}
}

func (x *index) refusalHit(first refusal, refused, all []*server) hit {
	h := about(refused)
	h.servers = all
	for _, s := range refused {
		h.evidence = append(h.evidence, s.refusal().ID)
	}
	if !first.certain {
		h.confidence = mail.Likely
	}
	h.params = params{"said": said(""), "hosts": hostsOf(refused), "accepting": hostsOf(x.accepting())}
	if facts := first.observation.AuthFacts; facts != nil {
		h.params["said"] = said(facts.Reply)
	}
	names := x.triedNames(refused)
	h.params["user"] = names[0]
	if len(names) > 1 {
		h.params["tried"] = names
	}
	if p := x.Provider; p != nil {
		h.params["provider"], h.params["url"] = x.providerName(), p.EnableURL
	}
	if len(x.accepting()) > 0 {
		h.variant = "elsewhere"
	}
	return h
}

// triedNames gives the user names that were tried at servers, the address first;
// whom a certificate is for counts only where nothing else was tried.
func (x *index) triedNames(servers []*server) []string {
	var names, certified []string
	for _, s := range servers {
		for _, o := range s.signIns {
			switch {
			case o.AuthFacts == nil || o.Username == "":
			case withCertificate(o):
				certified = append(certified, o.Username)
			default:
				names = append(names, o.Username)
			}
		}
	}
	if len(names) == 0 {
		names = certified
	}
	if names = distinct(names); len(names) == 0 {
		return []string{x.Target.DisplayAddress()}
	}
	if i := slices.Index(names, x.Target.Address); i > 0 {
		names[0], names[i] = names[i], names[0]
	}
	return names
}

// refusedElsewhere reports whether s was spared a sign-in that is known to
// fail: the account was rejected and accepted nowhere, or the same service of
// the same host rejected it on another port.
func (x *index) refusedElsewhere(s *server) bool {
	if len(s.tries()) > 0 {
		return false
	}
	return x.rejected != nil || slices.ContainsFunc(x.servers, func(o *server) bool {
		r := o.refusal()
		return o.sameService(s) && r != nil && r.Failure.Class == mail.AuthRejected
	})
}

// sameService reports whether s and o are ports of one service.
func (s *server) sameService(o *server) bool {
	return s.endpoint.Host == o.endpoint.Host && s.endpoint.Protocol == o.endpoint.Protocol
}

// accepting gives the servers that somebody signed in to.
func (x *index) accepting() []*server {
	return slices.DeleteFunc(slices.Clone(x.servers), func(s *server) bool { return !s.signedIn() })
}
