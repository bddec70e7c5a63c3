package rules

import (
	"slices"

	"github.com/mailmedic/mailmedic/mail"
)

// passwordRules are about the password and the user name.
func passwordRules() []rule {
	return []rule{
		{
			id: "auth.app-password", looksFor: "the provider wants an app password",
			severity: mail.Critical, weighed: true, owner: mail.OwnerUser, confidence: mail.Certain,
			references: []string{"RFC 4954 section 6"},
			words: words{
				title:  "[{provider} wants ]an app password[ for {user}], the password of the account is not accepted",
				detail: "Mail programs cannot use the password that is used on the web.[ The server said: {said}]",
				fix:    "Sign in on the provider's web site, make an app password[ ({url})], and type that into the mail program. Or use a mail program that signs in through the web (OAuth 2.0).",
			},
			variants: map[string]words{"ahead": {
				title:  "{provider} accepts only an app password in mail programs",
				detail: "The password that is used on the web will be refused there.",
			}, "unnamed": {
				title: "{hosts} {hosts:wants|want} an app password[ for {user}], the password of the account is not accepted",
			}},
			headline: "{who} needs an app password for mail programs.",
			check: func(x *index) []hit {
				refused := refusedBy("auth.app-password")(x)
				for i := range refused {
					if x.Provider == nil {
						refused[i].variant = "unnamed"
					}
				}
				return append(refused, x.ahead(func(p mail.Provider) bool { return p.AppPassword && !p.OAuthOnly })...)
			},
		},
		{
			id: "auth.oauth-only", looksFor: "passwords are not accepted at all, only OAuth 2.0",
			severity: mail.Critical, weighed: true, owner: mail.OwnerUser, confidence: mail.Certain,
			references: []string{"RFC 7628", "RFC 6749"},
			words: words{
				title:  "{hosts} {hosts:accepts|accept} no password, only a sign-in through the web (OAuth 2.0)",
				detail: "However right the password is, a mail program that sends it is refused.[ The server said: {said}]",
				fix:    "In the mail program choose OAuth2 (or \"modern authentication\") as the way to sign in, or use a mail program that knows it.",
			},
			variants: map[string]words{"ahead": {
				title:  "{provider} accepts no password in mail programs, only a sign-in through the web (OAuth 2.0)",
				detail: "Mail programs that can only send a password will be refused there.",
			}},
			headline: "{who} can be used only by mail programs that sign in through the web (OAuth 2.0).",
			check: func(x *index) []hit {
				refused := refusedBy("auth.oauth-only")(x)
				if len(refused) > 0 {
					return refused
				}
				return append(x.findTokensOnly(), x.ahead(func(p mail.Provider) bool { return p.OAuthOnly })...)
			},
		},
		{
			id: "auth.password-expired", looksFor: "the password has expired",
			severity: mail.Critical, weighed: true, owner: mail.OwnerUser, confidence: mail.Certain,
			references: []string{"RFC 5530 section 3", "RFC 4954 section 6"},
			words: words{
				title:  "The password of {user} has expired",
				detail: "The server knows the account and wants a new password first.[ It said: {said}]",
				fix:    "Change the password on the provider's web site, then type the new one into the mail program.",
			},
			headline: "The password of {who} has expired.",
			check:    refusedBy("auth.password-expired"),
		},
		{
			id: "auth.rejected", looksFor: "the server rejects the user name or the password",
			severity: mail.Critical, weighed: true, owner: mail.OwnerUser, confidence: mail.Certain,
			references: []string{"RFC 4954 section 6", "RFC 5530 section 3", "RFC 3206 section 4"},
			words: words{
				title:  "{hosts} {hosts:rejects|reject} the user name or the password of {user}",
				detail: "The servers and the encryption are in order; it is the sign-in that fails. For safety servers do not say which of the two is wrong.[ Tried as {tried}.][ The server said: {said}]",
				fix:    "Try the same user name and password in the provider's webmail. If they work there, ask the provider whether mail programs need another user name, an app password or a switch; if not, have the password reset.",
			},
			variants: map[string]words{"elsewhere": {
				title:  "{hosts} {hosts:rejects|reject} the user name and password that {accepting} {accepting:accepts|accept}",
				detail: "So the password is right, but mail programs cannot {task} mail with it there.[ The server said: {said}]",
				fix:    "Ask the provider whether this service must be switched on for {user}, or wants another user name or password.",
			}},
			headline: "The server rejects the user name or the password of {who}.",
			check:    refusedBy("auth.rejected"),
		},
		{
			id: "auth.odd-password", looksFor: "a rejected password has characters that get lost on the way",
			severity: mail.Warning, owner: mail.OwnerUser, confidence: mail.Possible,
			references: []string{"RFC 4616 section 2", "RFC 8265 section 4.2"},
			words: words{
				title:  "The password that was rejected has characters beyond ASCII",
				detail: "Mail programs and servers do not agree on how to send and store them: what works on the web may be refused here.",
				fix:    "Choose a password of letters a to z, digits and the signs of an English keyboard.",
			},
			variants: map[string]words{"invisible": {
				title:  "The password that was rejected has a character that cannot be seen",
				detail: "A space at an end, a space that does not break or one without width comes along when a password is copied from a web page or a document.",
				fix:    "Type the password by hand, or copy it without what stands around it.",
			}},
			check: (*index).findOddPassword,
		},
		{
			id: "auth.username-form", looksFor: "the account has another user name than expected",
			severity: mail.Notice, owner: mail.OwnerUser, confidence: mail.Certain,
			references: []string{"RFC 6186 section 4"},
			words: words{
				title:  "{host} knows the account as {right}, not as {wrong}",
				detail: "Mail programs usually try the address first and report a wrong password.",
				fix:    "Type {right} as the user name into the mail program. The domain can publish this in an autoconfig document.",
			},
			check: (*index).findUsernameForm,
		},
	}
}

// ahead speaks of what a provider is known for before anybody has signed in.
func (x *index) ahead(known func(mail.Provider) bool) []hit {
	if x.Token || x.Provider == nil || !known(*x.Provider) || x.namedOnly() {
		return nil
	}
	for _, o := range x.ofKind(mail.KindAuth) {
		if class := failureClass(o); class != mail.PolicyRefused && class != mail.Deadline {
			return nil
		}
	}
	h := x.domainHit()
	h[0].variant, h[0].severity = "ahead", mail.Notice
	h[0].params = params{"provider": x.providerName(), "url": x.Provider.EnableURL}
	return h
}

// findTokensOnly looks for servers that offer OAuth 2.0 and nothing for a
// password. Who has given a password cannot sign in there.
func (x *index) findTokensOnly() []hit {
	if x.Token || x.Provider != nil && x.Provider.OAuthOnly {
		return nil
	}
	var only []*server
	for _, s := range x.settings() {
		if s.ready() && s.tokensOnly() && !s.signedIn() {
			only = append(only, s)
		}
	}
	hits := seenInSession(grouped(only, anyKey))
	for i := range hits {
		hits[i].severity = mail.Notice
		if x.SignIn {
			hits[i].severity = mail.Error
		}
	}
	return hits
}

// findOddPassword speaks of a rejected password only: one that was accepted is
// nobody's business.
func (x *index) findOddPassword() []hit {
	if x.Oddity == "" || x.Token || x.rejected == nil {
		return nil
	}
	s := x.settings()
	i := slices.IndexFunc(s, func(s *server) bool { return s.refusal() != nil && s.refusal().ID == x.rejected.ID })
	if i < 0 {
		return nil
	}
	h := about(s[i : i+1])
	h.evidence = []string{x.rejected.ID}
	if x.Oddity == mail.OddInvisible {
		h.variant = string(x.Oddity)
	}
	return []hit{h}
}

func (x *index) findUsernameForm() []hit {
	var hits []hit
	for _, s := range x.settings() {
		right, wrong := "", ""
		var evidence []string
		for _, o := range s.signIns {
			switch {
			case o.AuthFacts == nil || o.Username == "" || withCertificate(o):
			case succeeded(o):
				right, evidence = o.Username, append(evidence, o.ID)
			case failureClass(o) == mail.AuthRejected:
				wrong, evidence = o.Username, append(evidence, o.ID)
			}
		}
		if right != "" && wrong != "" && right != wrong {
			h := about([]*server{s})
			h.params, h.evidence = params{"right": right, "wrong": wrong}, evidence
			hits = append(hits, h)
		}
	}
	return hits
}
