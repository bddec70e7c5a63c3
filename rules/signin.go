package rules

import (
	"slices"

	"github.com/mailmedic/mailmedic/mail"
)

// signInRules are about sign-ins that a server refused.
func signInRules() []rule {
	return slices.Concat(passwordRules(), mechanismFaultRules(), proofRules(), accountRules(), serviceRules())
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
			headline: "The account {who} is switched off or may not use this service.",
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
