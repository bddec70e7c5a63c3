package rules

import (
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// signInRules are about sign-ins that a server refused.
func signInRules() []rule {
	return slices.Concat(passwordRules(), proofRules(), accountRules(), serviceRules())
}

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
			}},
			headline: "{who} needs an app password for mail programs.",
			check: func(x *index) []hit {
				return append(refusedBy("auth.app-password")(x), x.ahead(func(p mail.Provider) bool { return p.AppPassword && !p.OAuthOnly })...)
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
		{
			id: "auth.mechanism-useless", looksFor: "a server offers a mechanism that it has no passwords for",
			severity: mail.Warning, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 4954 section 4", "RFC 5802 section 2"},
			words: words{
				title:  "{host} offers {useless}, and accepts the password only by {right}",
				detail: "Its password store cannot check {useless}. Mail programs that are set to an encrypted password are told that the password is wrong.",
				fix:    "Take {useless} out of what the server offers. In the mail program choose \"{way}\"[ and, where it asks further, {further}], over SSL/TLS or STARTTLS.",
			},
			check: (*index).findUselessMechanism,
		},
		{
			id: "auth.mechanism-broken", looksFor: "a server offers a mechanism that does not work",
			severity: mail.Notice, owner: mail.OwnerProvider, confidence: mail.Likely,
			references: []string{"RFC 4954 section 4", "RFC 5802 section 5.1", "RFC 7677 section 4"},
			words: words{
				title:  "{host} offers {broken}, which does not work, and lets people in by {right}",
				detail: "Mail programs that are set to this way to sign in fail[ (\"{said}\")], although user name and password are right.",
				fix:    "Take {broken} out of what the server offers, or mend it: the log of the authentication service tells more. In the mail program choose \"{way}\"[ and, where it asks further, {further}], over SSL/TLS or STARTTLS.",
			},
			check: (*index).findBrokenMechanism,
		},
	}
}

// accountRules are about accounts that may not sign in, whatever the password.
func accountRules() []rule {
	return []rule{
		{
			id: "auth.web-login", looksFor: "the provider wants to see a sign-in on the web first",
			severity: mail.Critical, weighed: true, owner: mail.OwnerUser, confidence: mail.Certain,
			references: []string{"RFC 5530 section 3"},
			words: words{
				title:  "The provider holds the sign-in of {user} as suspicious",
				detail: "It wants the owner of the account to confirm on the web first.[ The server said: {said}]",
				fix:    "Sign in on the provider's web site, confirm that it was you, then try the mail program again.",
			},
			headline: "The provider holds the sign-in of {who} as suspicious.",
			check:    refusedBy("auth.web-login"),
		},
		{
			id: "auth.blocked-by-policy", looksFor: "a rule of the organisation refuses the sign-in",
			severity: mail.Critical, weighed: true, owner: mail.OwnerAdmin, confidence: mail.Likely,
			references: []string{"RFC 4954 section 6"},
			words: words{
				title:  "A rule of the organisation refuses this sign-in of {user}",
				detail: "The user name and password may be right; the place, the device or the program is what is not allowed.[ The server said: {said}]",
				fix:    "The administrator finds the reason in the sign-in log, under Conditional Access or security defaults.",
			},
			headline: "A rule of the organisation refuses the sign-in of {who}.",
			check:    refusedBy("auth.blocked-by-policy"),
		},
		{
			id: "auth.locked-out", looksFor: "the account is locked after too many tries",
			severity: mail.Critical, weighed: true, owner: mail.OwnerAdmin, confidence: mail.Certain,
			references: []string{"RFC 4954 section 6"},
			words: words{
				title:  "The account {user} is locked",
				detail: "Usually a device with an old password has tried too often.[ The server said: {said}]",
				fix:    "Correct the password in all devices, wait half an hour or have the administrator unlock the account, then try again.",
			},
			headline: "The account {who} is locked.",
			check:    refusedBy("auth.locked-out"),
		},
		{
			id: "auth.account-disabled", looksFor: "the account is switched off",
			severity: mail.Critical, weighed: true, owner: mail.OwnerAdmin, confidence: mail.Certain,
			references: []string{"RFC 5530 section 3", "RFC 3463 section 3.8"},
			words: words{
				title:  "The account {user} is switched off or may not use this service",
				detail: "The server knows the account and refuses it.[ It said: {said}]",
				fix:    "The administrator of the mailboxes enables the account, or says why it is off.",
			},
			headline: "The account {who} is switched off.",
			check:    refusedBy("auth.account-disabled"),
		},
		{
			id: "auth.throttled", looksFor: "too many sign-ins in a short time",
			severity: mail.Error, weighed: true, owner: mail.OwnerUser, confidence: mail.Certain,
			references: []string{"RFC 5530 section 3", "RFC 2449 section 8.1"},
			words: words{
				title:  "{hosts} {hosts:allows|allow} no more sign-ins for now",
				detail: "Too many tries or connections came from this account or address, perhaps from a device with an old password.[ The server said: {said}]",
				fix:    "Close the other mail programs and devices of the account, correct old passwords in them, wait an hour and try once.",
			},
			check: refusedBy("auth.throttled"),
		},
	}
}

// serviceRules are about one service that refuses what others may accept.
func serviceRules() []rule {
	return []rule{
		{
			id: "auth.smtp-disabled", looksFor: "sending through SMTP is switched off",
			severity: mail.Critical, weighed: true, owner: mail.OwnerAdmin, confidence: mail.Certain,
			references: []string{"RFC 4954 section 6"},
			words: words{
				title:  "Sending through SMTP is switched off for {scope}",
				detail: "The mail program cannot send, whatever the password is.[ The server said: {said}]",
				fix:    "The administrator enables authenticated SMTP: for one mailbox with Set-CASMailbox -SmtpClientAuthenticationDisabled $false, for the whole organisation with Set-TransportConfig -SmtpClientAuthenticationDisabled $false.",
			},
			check: (*index).findSMTPDisabled,
		},
		{
			id: "auth.imap-disabled", looksFor: "IMAP or POP3 is switched off for the account",
			severity: mail.Critical, weighed: true, owner: mail.OwnerAdmin, confidence: mail.Certain,
			references: []string{"RFC 5530 section 3"},
			words: words{
				title:  "{protocols} is switched off for {user}",
				detail: "The mail program cannot {task} mail this way, whatever the password is.[ The server said: {said}]",
				fix:    "Switch it on in the settings of the webmail[ ({url})]; in an organisation the administrator does that for the mailbox.",
			},
			check: refusedBy("auth.imap-disabled"),
		},
		{
			id: "auth.client-unknown", looksFor: "the provider lets only mail programs in that name themselves",
			severity: mail.Error, weighed: true, owner: mail.OwnerUser, confidence: mail.Certain,
			references: []string{"RFC 2971 section 3"},
			words: words{
				title:  "{hosts} {hosts:wants|want} the mail program to say its name first",
				detail: "The password is right, but the mailbox stays shut to programs that do not send the IMAP command ID.[ The server said: {said}]",
				fix:    "Use an up-to-date mail program that sends ID, or the provider's own.",
			},
			check: refusedBy("auth.client-unknown"),
		},
		{
			id: "auth.needs-tls", looksFor: "the server wants encryption before the sign-in",
			severity: mail.Error, weighed: true, owner: mail.OwnerUser, confidence: mail.Certain,
			references: []string{"RFC 4954 section 6", "RFC 5530 section 3", "RFC 8314 section 3"},
			words: words{
				title:  "{hosts} {hosts:wants|want} encryption before the sign-in",
				detail: "A mail program without SSL/TLS or STARTTLS is refused.[ The server said: {said}]",
				fix:    "In the mail program choose SSL/TLS or STARTTLS for this server.",
			},
			check: refusedBy("auth.needs-tls"),
		},
		{
			id: "auth.moved", looksFor: "the account lives on another server",
			severity: mail.Error, weighed: true, owner: mail.OwnerAdmin, confidence: mail.Certain,
			references: []string{"RFC 2221 section 4", "RFC 9051 section 7.1"},
			words: words{
				title:  "{hosts} {hosts:sends|send} {user} to another server",
				detail: "Few mail programs follow such a referral, and none should without asking.[ The server said: {said}]",
				fix:    "Type the server that the reply names into the mail program, once the administrator has confirmed it, and have the published settings name it.",
			},
			check: refusedBy("auth.moved"),
		},
		{
			id: "auth.temporary", looksFor: "the server cannot check passwords now",
			severity: mail.Error, weighed: true, owner: mail.OwnerProvider, confidence: mail.Likely,
			references: []string{"RFC 4954 section 6", "RFC 5530 section 3", "RFC 3206 section 4"},
			words: words{
				title:  "{hosts} cannot check passwords at the moment",
				detail: "The password may well be right; the part of the server that checks it does not work.[ The server said: {said}]",
				fix:    "Wait some minutes and try again; do not change the password. If it lasts, the provider looks for the reason in the log of the authentication service.",
			},
			check: refusedBy("auth.temporary"),
		},
		{
			id: "auth.interrupted", looksFor: "the connection breaks during the sign-in",
			severity: mail.Error, weighed: true, owner: mail.OwnerProvider, confidence: mail.Likely,
			references: []string{"RFC 4954 section 4"},
			words: words{
				title:  "The connection to {hosts} breaks during the sign-in",
				detail: "The server ended the connection or fell silent before it said whether the password is right.[ It said: {said}]",
				fix:    "Look into the server's log for this moment: the authentication service may crash or hang, or a limit may be reached.",
			},
			check: refusedBy("auth.interrupted"),
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

// findUselessMechanism looks for one user name that one mechanism rejects and
// another accepts: the password is right.
func (x *index) findUselessMechanism() []hit {
	var hits []hit
	for _, s := range x.settings() {
		for _, accepted := range s.signIns {
			if accepted.AuthFacts == nil || !succeeded(accepted) {
				continue
			}
			for _, o := range s.signIns {
				if o.AuthFacts == nil || o.Username != accepted.Username || failureClass(o) != mail.AuthRejected || withCertificate(o) {
					continue
				}
				h := about([]*server{s})
				h.evidence = []string{o.ID, accepted.ID}
				h.params = insteadOf(o.Mechanism, accepted.Mechanism)
				h.params["useless"] = strings.ToUpper(o.Mechanism)
				hits = append(hits, h)
			}
		}
	}
	return hits
}

// insteadOf names the mechanism that works, and what mail programs call it.
// Where they call both the same, some let people choose further.
func insteadOf(wrong, right string) params {
	p := params{"right": strings.ToUpper(right), "way": mail.SignInWord(right)}
	if mail.SignInWord(wrong) == p["way"] {
		p["further"] = strings.ToUpper(right)
	}
	return p
}

// findBrokenMechanism looks for a mechanism that was faulted where another one
// was accepted. What it lacks with channel binding is told elsewhere, and that a
// password has no form in SCRAM is no fault of the server.
func (x *index) findBrokenMechanism() []hit {
	var hits []hit
	for _, s := range x.settings() {
		accepted := slices.IndexFunc(s.signIns, func(o mail.Observation) bool { return o.AuthFacts != nil && succeeded(o) })
		if accepted < 0 {
			continue
		}
		for _, o := range s.signIns {
			if o.AuthFacts == nil || failureClass(o) != mail.AuthUnavailable || o.Mechanism == "none" ||
				strings.Contains(o.Reply, "channel-binding") || strings.Contains(o.Reply, "SCRAM has no form for") {
				continue
			}
			h := about([]*server{s})
			h.evidence = []string{o.ID, s.signIns[accepted].ID}
			h.params = insteadOf(o.Mechanism, s.signIns[accepted].Mechanism)
			h.params["broken"], h.params["said"] = strings.ToUpper(o.Mechanism), said(o.Reply)
			hits = append(hits, h)
		}
	}
	return hits
}

func (x *index) findSMTPDisabled() []hit {
	hits := refusedBy("auth.smtp-disabled")(x)
	for i := range hits {
		hits[i].params["scope"] = hits[i].params["user"]
		if words, ok := hits[i].params["said"].(said); ok && meaning(string(words), []reply{{[]string{"for the tenant"}, "tenant"}}) != "" {
			hits[i].params["scope"] = "the whole organisation"
		}
	}
	return hits
}
