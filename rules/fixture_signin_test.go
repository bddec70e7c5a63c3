package rules

import "github.com/mailmedic/mailmedic/mail"

// signInFixtures hold every refusal in the words of some server.
func signInFixtures() []fixture {
	rejected := func(reply string) *world { return good().rejects(imaps, reply) }
	cannot := func(class mail.Class, reply string) *world {
		return good().auth(smtps, "plain", "anna@example.org", class, reply).accepts(imaps, "anna@example.org")
	}
	tokens := func(f *mail.SessionFacts) { f.Mechanisms.AfterTLS = []string{"xoauth2", "oauthbearer"} }
	return []fixture{
		{"auth.rejected", "by the first server", rejected("NO [AUTHENTICATIONFAILED] Authentication failed."), "imap.example.org rejects the user name or the password of anna@example.org", mail.Critical},
		{"auth.rejected", "by both servers", rejected("NO failed").rejects(smtps, "535 5.7.8 Error: authentication failed"), "imap.example.org and smtp.example.org reject the user name or the password of anna@example.org", mail.Critical},
		{"auth.rejected", "by one while the other accepts", cannot(mail.AuthRejected, "535 Incorrect authentication data"), "smtp.example.org rejects the user name and password that imap.example.org accepts", mail.Critical},
		{"auth.rejected", "on one port of a service, and spared on the other", published().srv(smtp).works(imaps, smtps, smtp).accepts(imaps, "anna@example.org").rejects(smtps, "535").skipped(mail.WhyBudget, smtp), "smtp.example.org rejects the user name and password that imap.example.org accepts", mail.Critical},
		{"auth.rejected", "the first form only", signedIn().auth(imaps, "plain", "anna", mail.AuthRejected, "NO"), "", ""},

		{"auth.app-password", "the server says so", rejected("NO [ALERT] Application-specific password required: https://support.example (Failure)"), "imap.example.org wants an app password for anna@example.org, the password of the account is not accepted", mail.Critical},
		{"auth.app-password", "in Chinese", rejected("535 Error: 请使用授权码登录"), "imap.example.org wants an app password for anna@example.org, the password of the account is not accepted", mail.Critical},
		{"auth.app-password", "the provider is known for it", rejected("NO LOGIN failed").provider(mail.Provider{AppPassword: true}), "Mailhouse wants an app password for anna@example.org, the password of the account is not accepted", mail.Critical},
		{"auth.app-password", "nobody has tried yet", good().provider(mail.Provider{AppPassword: true}), "Mailhouse accepts only an app password in mail programs", mail.Notice},
		{"auth.app-password", "the password was accepted", signedIn().provider(mail.Provider{AppPassword: true}), "", ""},

		{"auth.oauth-only", "the server says so", rejected("NO basic authentication is disabled"), "imap.example.org accepts no password, only a sign-in through the web (OAuth 2.0)", mail.Critical},
		{"auth.oauth-only", "the provider is known for it", rejected("NO LOGIN failed.").provider(mail.Provider{OAuthOnly: true}), "imap.example.org accepts no password, only a sign-in through the web (OAuth 2.0)", mail.Critical},
		{"auth.oauth-only", "nothing else is offered", good().session(imaps, "", tokens), "imap.example.org accepts no password, only a sign-in through the web (OAuth 2.0)", mail.Notice},
		{"auth.oauth-only", "nothing else is offered, and there is a password", good().session(imaps, "", tokens).session(smtps, "", tokens).wantsToSignIn(), "imap.example.org and smtp.example.org accept no password, only a sign-in through the web (OAuth 2.0)", mail.Error},
		{"auth.oauth-only", "nothing else is offered, and a password was tried", good().session(imaps, "", tokens).auth(imaps, "none", "anna@example.org", mail.AuthUnavailable, ""), "imap.example.org accepts no password, only a sign-in through the web (OAuth 2.0)", mail.Critical},
		{"auth.oauth-only", "nobody has tried yet", good().provider(mail.Provider{OAuthOnly: true}), "Mailhouse accepts no password in mail programs, only a sign-in through the web (OAuth 2.0)", mail.Notice},
		{"auth.oauth-only", "passwords are accepted too", good(), "", ""},

		{"auth.password-expired", "the server says so", rejected("NO [EXPIRED] Password expired"), "The password of anna@example.org has expired", mail.Critical},
		{"auth.password-expired", "it is wrong", rejected("NO wrong"), "", ""},

		{"auth.username-form", "the local part is what works", good().auth(imaps, "plain", "anna@example.org", mail.AuthRejected, "NO").accepts(imaps, "anna"), "imap.example.org knows the account as anna, not as anna@example.org", mail.Notice},
		{"auth.username-form", "the address is what works", signedIn(), "", ""},

		{"auth.mechanism-useless", "a digest is rejected and the password accepted", good().auth(imaps, "cram-md5", "anna@example.org", mail.AuthRejected, "NO").accepts(imaps, "anna@example.org"), "imap.example.org offers CRAM-MD5, and accepts the password only by PLAIN", mail.Warning},
		{"auth.mechanism-useless", "another user name was rejected", good().auth(imaps, "cram-md5", "anna", mail.AuthRejected, "NO").accepts(imaps, "anna@example.org"), "", ""},

		{"auth.mechanism-broken", "it is not implemented, and another one is", signedIn().auth(imaps, "cram-md5", "anna@example.org", mail.AuthUnavailable, "NO not implemented"), "imap.example.org offers CRAM-MD5, which does not work, and lets people in by PLAIN", mail.Notice},
		{"auth.mechanism-broken", "the password has no form in it", signedIn().auth(imaps, "scram-sha-1", "anna@example.org", mail.AuthUnavailable, "the user name or the password has characters that SCRAM has no form for"), "", ""},
		{"auth.mechanism-broken", "none of them works", good().auth(imaps, "cram-md5", "anna@example.org", mail.AuthUnavailable, "NO not implemented"), "", ""},

		{"auth.web-login", "the server says so", rejected("NO [ALERT] Please log in via your web browser: https://support.example/78754 (Failure)"), "The provider holds the sign-in of anna@example.org as suspicious", mail.Critical},
		{"auth.web-login", "it is wrong", rejected("NO wrong"), "", ""},

		{"auth.blocked-by-policy", "the server says so", rejected("535 5.7.139 Authentication unsuccessful, the request did not meet the criteria to be authenticated successfully"), "A rule of the organisation refuses this sign-in of anna@example.org", mail.Critical},
		{"auth.blocked-by-policy", "it is wrong", rejected("535 5.7.139 Authentication unsuccessful, the user credentials were incorrect."), "", ""},

		{"auth.locked-out", "the server says so", rejected("535 5.7.139 Authentication unsuccessful, the account is locked"), "The account anna@example.org is locked", mail.Critical},
		{"auth.locked-out", "it is wrong", rejected("NO wrong"), "", ""},

		{"auth.account-disabled", "the server says so", rejected("535 5.7.13 User account disabled"), "The account anna@example.org is switched off or may not use this service", mail.Critical},
		{"auth.account-disabled", "it is wrong", rejected("NO wrong"), "", ""},

		{"auth.throttled", "the server says so", cannot(mail.AuthTemporary, "454 4.7.0 Too many login attempts, please try again later"), "smtp.example.org allows no more sign-ins for now", mail.Critical},
		{"auth.throttled", "the backend is down", cannot(mail.AuthTemporary, "454 4.7.0 Temporary authentication failure"), "", ""},

		{"auth.smtp-disabled", "for the mailbox", cannot(mail.AuthRejected, "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox."), "Sending through SMTP is switched off for anna@example.org", mail.Critical},
		{"auth.smtp-disabled", "for everybody", cannot(mail.AuthRejected, "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant."), "Sending through SMTP is switched off for the whole organisation", mail.Critical},
		{"auth.smtp-disabled", "it is wrong", rejected("535 5.7.139 Authentication unsuccessful, the user credentials were incorrect."), "", ""},

		{"auth.imap-disabled", "the server says so", rejected("NO You are yet to enable IMAP for your account"), "IMAP is switched off for anna@example.org", mail.Critical},
		{"auth.imap-disabled", "the mailbox is closed to IMAP", good().auth(imaps, "plain", "anna@example.org", mail.AuthUnavailable, "BAD User is authenticated but not connected."), "IMAP is switched off for anna@example.org", mail.Critical},
		{"auth.imap-disabled", "it is wrong", rejected("NO wrong"), "", ""},

		{"auth.client-unknown", "the server says so", good().auth(imaps, "login", "anna@example.org", mail.AuthRejected, "NO LOGIN Unsafe Login. Please contact the service"), "imap.example.org wants the mail program to say its name first", mail.Critical},
		{"auth.client-unknown", "it is wrong", rejected("NO wrong"), "", ""},

		{"auth.needs-tls", "the server says so", cannot(mail.AuthUnavailable, "530 5.7.0 Must issue a STARTTLS command first"), "smtp.example.org wants encryption before the sign-in", mail.Critical},
		{"auth.needs-tls", "it is wrong", rejected("NO wrong"), "", ""},

		{"auth.moved", "the server says so", rejected("NO [REFERRAL imap://anna;AUTH=*@imap2.example.org/] Specified user is invalid here"), "imap.example.org sends anna@example.org to another server", mail.Critical},
		{"auth.moved", "it is wrong", rejected("NO wrong"), "", ""},

		{"auth.temporary", "the server says so", cannot(mail.AuthTemporary, "454 4.7.0 Temporary authentication failure"), "smtp.example.org cannot check passwords at the moment", mail.Critical},
		{"auth.temporary", "by a code of POP3 alone", cannot(mail.AuthRejected, "-ERR [SYS/PERM] nope"), "smtp.example.org cannot check passwords at the moment", mail.Critical},
		{"auth.temporary", "in words that nobody knows", cannot(mail.AuthTemporary, "435 nope"), "smtp.example.org cannot check passwords at the moment", mail.Critical},
		{"auth.temporary", "it is wrong", rejected("NO wrong"), "", ""},

		{"auth.interrupted", "the server hangs up", cannot(mail.Closed, ""), "The connection to smtp.example.org breaks during the sign-in", mail.Critical},
		{"auth.interrupted", "nothing was sent", good().auth(smtps, "none", "anna@example.org", mail.PolicyRefused, ""), "", ""},
	}
}

func mechanismFixtures() []fixture {
	offers := func(list ...string) func(*mail.SessionFacts) {
		return func(f *mail.SessionFacts) { f.Mechanisms.AfterTLS = append([]string{}, list...) }
	}
	early := func(f *mail.SessionFacts) { f.Mechanisms.BeforeTLS = []string{"plain", "login"} }
	return []fixture{
		{"auth.no-mechanism", "nothing is offered", good().session(smtps, "", offers()), "smtp.example.org offers no way to sign in on port 465", mail.Critical},
		{"auth.no-mechanism", "only what an organisation has, untried", good().session(smtps, "", offers("gssapi", "ntlm")), "smtp.example.org offers no sign-in with a password, only gssapi and ntlm", mail.Warning},
		{"auth.no-mechanism", "only what an organisation has, tried", good().session(smtps, "", offers("gssapi")).auth(smtps, "none", "anna@example.org", mail.AuthUnavailable, ""), "smtp.example.org offers no sign-in with a password, only gssapi", mail.Critical},
		{"auth.no-mechanism", "every mechanism is refused", good().auth(smtps, "plain", "anna@example.org", mail.AuthUnavailable, "504 5.5.4 unrecognized"), "smtp.example.org refuses every way to sign in that it offers on port 465", mail.Critical},
		{"auth.no-mechanism", "IMAP without any", good().session(imaps, "", offers()), "imap.example.org offers no way to sign in on port 993", mail.Critical},
		{"auth.no-mechanism", "POP3 that lists none and refuses", good().srv(pop3s).works(pop3s).session(pop3s, "", offers()).auth(pop3s, "user", "anna@example.org", mail.AuthUnavailable, "-ERR unknown command"), "pop.example.org offers no way to sign in on port 995", mail.Error},
		{"auth.no-mechanism", "POP3 that lists none", good().srv(pop3s).works(pop3s).session(pop3s, "", offers()), "", ""},
		{"auth.no-mechanism", "tokens are taken", good().session(smtps, "", offers("xoauth2")), "", ""},

		{"auth.cleartext-offered", "before STARTTLS", good().srv(smtp).works(smtp).session(smtp, "", early), "smtp.example.org offers to take passwords before the connection is encrypted (port 587)", mail.Warning},
		{"auth.cleartext-offered", "only after STARTTLS", good().srv(smtp).works(smtp), "", ""},
	}
}

func mailboxFixtures() []fixture {
	box := func(used int64) *world {
		return signedIn().observe(mail.Observation{
			ID: "mailbox:" + imaps, Kind: mail.KindMailbox, Subject: imaps,
			MailboxFacts: &mail.MailboxFacts{Messages: 3, Quota: &mail.Quota{Used: used, Limit: 1000}},
		})
	}
	told := func(alerts ...string) *world {
		return signedIn().observe(mail.Observation{
			ID: "mailbox:" + imaps, Kind: mail.KindMailbox, Subject: imaps, MailboxFacts: &mail.MailboxFacts{Messages: 3, Alerts: alerts},
		})
	}
	// Two sessions of one POP3 server, and what each calls the first message.
	named := func(first, second string) *world {
		w := signedIn()
		for _, seen := range [][2]string{{pop3s, first}, {"pop3+starttls://pop.example.org:110", second}} {
			w.srv(seen[0]).works(seen[0]).observe(mail.Observation{
				ID: "mailbox:" + seen[0], Kind: mail.KindMailbox, Subject: seen[0],
				MailboxFacts: &mail.MailboxFacts{Messages: 3, FirstID: seen[1]},
			})
		}
		return w
	}
	shut := func(detail string) *world {
		return signedIn().observe(mail.Observation{ID: "mailbox:" + imaps, Kind: mail.KindMailbox, Subject: imaps, Failure: failure(mail.ProtocolFault, detail)})
	}
	return []fixture{
		{"mailbox.full", "over its limit", box(1010), "The mailbox of anna@example.org is full (101 % of its limit)", mail.Error},
		{"mailbox.full", "nearly", box(930), "The mailbox of anna@example.org is nearly full (93 % of its limit)", mail.Warning},
		{"mailbox.full", "filling", box(800), "The mailbox of anna@example.org is nearly full (80 % of its limit)", mail.Notice},
		{"mailbox.full", "in words", told("[OVERQUOTA] no room"), "The mailbox of anna@example.org is full", mail.Error},
		{"mailbox.full", "it does not open for it", shut("NO [OVERQUOTA] Mailbox is over quota"), "The mailbox of anna@example.org is full", mail.Error},
		{"mailbox.full", "with room", box(790), "", ""},
		{"mailbox.not-opened", "it is full, which says it all", shut("NO [OVERQUOTA] Mailbox is over quota"), "", ""},

		{"send.mailbox-full", "the mailbox was seen to be full, which says it all", box(1010).envelope("250 Ok", "452 4.2.2 full", true), "", ""},

		{"mailbox.alert", "the server says so", told("Your password expires in 3 days"), "imap.example.org wants anna@example.org to know something", mail.Notice},
		{"mailbox.alert", "it is what another rule speaks of", told("Mailbox is over quota"), "", ""},
		{"mailbox.alert", "nothing is said", told(), "", ""},

		{"pop3.unstable-ids", "two sessions, two names", named("0001", "9999"), "pop.example.org gives the same message another name in each session (POP3)", mail.Warning},
		{"pop3.unstable-ids", "two sessions, one name", named("0001", "0001"), "", ""},
		{"pop3.unstable-ids", "one session told nothing", named("0001", ""), "", ""},

		{"mailbox.not-opened", "there is none", shut("NO no such mailbox"), "imap.example.org accepts the sign-in but does not open the mailbox", mail.Error},
		{"mailbox.not-opened", "the program must name itself", shut("NO SELECT Unsafe Login. Please contact"), "imap.example.org accepts the sign-in but opens the mailbox only to mail programs that name themselves", mail.Error},
		{"mailbox.not-opened", "the store is busy", shut("NO [INUSE] Mailbox is locked"), "imap.example.org accepts the sign-in but cannot open the mailbox at the moment", mail.Error},
		{"mailbox.not-opened", "there is maintenance", shut("NO [ALERT] This server is undergoing maintenance"), "imap.example.org accepts the sign-in but cannot open the mailbox at the moment", mail.Error},
		{"mailbox.not-opened", "another POP3 session has it", shut("-ERR maildrop already locked"), "imap.example.org accepts the sign-in but cannot open the mailbox at the moment", mail.Error},
		{"mailbox.not-opened", "the service is off", shut("BAD User is authenticated but not connected."), "imap.example.org accepts the sign-in but opens no mailbox, because the service is off for this account", mail.Error},
		{"mailbox.not-opened", "it opens", box(1), "", ""},
	}
}
