package rules

import "github.com/mailmedic/mailmedic/mail"

// envelope has a submission server answer MAIL and RCPT; the one that refuses comes last.
func (w *world) envelope(mailReply, rcptReply string, refused bool) *world {
	o := mail.Observation{
		ID: "send:" + smtps, Kind: mail.KindSend, Subject: smtps,
		SendFacts: &mail.SendFacts{Sender: "anna@example.org", MailReply: mailReply, RcptReply: rcptReply},
	}
	if refused {
		o.Failure = failure(mail.PolicyRefused, "refused: ", mailReply+rcptReply)
	}
	return w.observe(o)
}

func sendFixtures() []fixture {
	sender := func(reply string) *world { return signedIn().envelope(reply, "", true) }
	recipient := func(reply string) *world { return signedIn().envelope("250 2.1.0 Ok", reply, true) }
	taken := signedIn().envelope("250 2.1.0 Ok", "250 2.1.5 Ok", false)
	strange := sender("550 No, thank you")
	return []fixture{
		{"send.sender-refused", "in words", sender("553 5.7.1 <anna@example.org>: Sender address rejected: not owned by user anna"), "smtp.example.org lets this account send no mail as anna@example.org", mail.Error},
		{"send.sender-refused", "by the code alone", sender("550 5.7.60 nope"), "smtp.example.org lets this account send no mail as anna@example.org", mail.Error},
		{"send.sender-refused", "it is taken", taken, "", ""},

		{"send.relay-denied", "in words", recipient("554 5.7.1 <anna@example.org>: Relay access denied"), "smtp.example.org refuses to pass on mail of the signed-in account", mail.Error},
		{"send.relay-denied", "by the code alone", recipient("550 5.7.1 nope"), "smtp.example.org refuses to pass on mail of the signed-in account", mail.Error},
		{"send.relay-denied", "it is taken", taken, "", ""},

		{"send.limit-reached", "in words", sender("550 5.4.5 Daily user sending limit exceeded"), "smtp.example.org lets anna@example.org send no more mail for now", mail.Error},
		{"send.limit-reached", "it is taken", taken, "", ""},

		{"send.too-large", "in words", sender("552 5.3.4 Message size exceeds fixed limit"), "smtp.example.org takes no message of this size", mail.Error},
		{"send.too-large", "it is taken", taken, "", ""},

		{"send.mailbox-full", "by the code alone", recipient("452 4.2.2 no room"), "smtp.example.org takes no mail for anna@example.org, because its mailbox is full", mail.Error},
		{"send.mailbox-full", "it is taken", taken, "", ""},

		{"send.unknown-recipient", "in words", recipient("550 5.1.1 <anna@example.org>: Recipient address rejected: User unknown"), "smtp.example.org does not know anna@example.org as a recipient", mail.Error},
		{"send.unknown-recipient", "it is taken", taken, "", ""},

		{"send.not-signed-in", "in words", sender("530 5.7.57 Client was not authenticated to send anonymous mail"), "smtp.example.org asks for a sign-in that it has already accepted", mail.Error},
		{"send.not-signed-in", "it is taken", taken, "", ""},

		{"send.server-fault", "in words", sender("451 4.3.5 Server configuration error"), "smtp.example.org cannot take mail at the moment", mail.Error},
		{"send.server-fault", "it is taken", taken, "", ""},

		{"send.delayed", "in words", recipient("450 4.2.0 Greylisted, try again"), "smtp.example.org wants mail to be sent again later", mail.Warning},
		{"send.delayed", "it is taken", taken, "", ""},

		{"send.unauthenticated", "in words", recipient("550 5.7.26 This mail has been blocked because the sender is unauthenticated."), "smtp.example.org refuses mail of anna@example.org because nothing proves where it comes from", mail.Error},
		{"send.unauthenticated", "by the code alone", recipient("550 5.7.515 nope"), "smtp.example.org refuses mail of anna@example.org because nothing proves where it comes from", mail.Error},
		{"send.unauthenticated", "it is taken", taken, "", ""},

		{"send.address-blocked", "in words", recipient("550 5.7.1 Service unavailable; client [192.0.2.1] blocked using zen.spamhaus.org"), "smtp.example.org refuses mail from this internet connection, which stands on a block list", mail.Error},
		{"send.address-blocked", "by one of Microsoft's codes", sender("550 5.7.606 nope"), "smtp.example.org refuses mail from this internet connection, which stands on a block list", mail.Error},
		{"send.address-blocked", "it is taken", taken, "", ""},

		{"send.slowed", "in words", recipient("421 4.7.28 Our system has detected an unusual rate of mail"), "smtp.example.org takes mail from here only slowly", mail.Warning},
		{"send.slowed", "it is taken", taken, "", ""},

		{"send.no-reverse-name", "in words", recipient("450 4.7.1 Client host rejected: cannot find your hostname, [192.0.2.1]"), "smtp.example.org refuses mail from an address without a name in the DNS", mail.Error},
		{"send.no-reverse-name", "it is taken", taken, "", ""},

		{"send.bare-newline", "in words", sender("550 5.5.2 smtp bare newline received"), "smtp.example.org refuses messages whose lines end with LF alone", mail.Error},
		{"send.bare-newline", "it is taken", taken, "", ""},

		{"send.needs-smtputf8", "by the code alone", sender("553 5.6.7 nope"), "smtp.example.org cannot carry mail of the address anna@example.org", mail.Error},
		{"send.needs-smtputf8", "it is taken", taken, "", ""},

		{"send.refused", "in words that nobody knows", strange, "smtp.example.org refuses mail from anna@example.org to the same address", mail.Error},
		{"send.refused", "it is taken", taken, "", ""},
	}
}

// proofFixtures are about tokens, and about servers that do not prove themselves.
func proofFixtures() []fixture {
	token := func(text, challenge, reply string) *world {
		w := good()
		w.SignIn, w.Token = true, true
		w.session(text, "", func(f *mail.SessionFacts) { f.Mechanisms.AfterTLS = []string{"xoauth2"} })
		return w.observe(mail.Observation{
			ID: "auth:" + text + "/xoauth2/anna@example.org", Kind: mail.KindAuth, Subject: text, Failure: failure(mail.AuthRejected, "refused: ", reply),
			AuthFacts: &mail.AuthFacts{Mechanism: "xoauth2", Username: "anna@example.org", Reply: reply, Challenge: challenge},
		})
	}
	proof := func(f mail.Fact) *world {
		w := good()
		w.SignIn = true
		o := mail.Observation{
			ID: "auth:" + imaps + "/scram-sha-256/anna@example.org", Kind: mail.KindAuth, Subject: imaps,
			AuthFacts: &mail.AuthFacts{Mechanism: "scram-sha-256", Username: "anna@example.org", ServerProof: f},
		}
		if f == mail.No {
			o.Failure = failure(mail.ProtocolFault, "the server does not prove that it knows the password: the server's signature is wrong")
		}
		return w.observe(o)
	}
	passwords := func() *world {
		w := good()
		w.SignIn, w.Token = true, true
		return w
	}
	return []fixture{
		{"auth.not-authentic", "its signature is wrong", proof(mail.No), "imap.example.org does not prove to know the password of anna@example.org", mail.Critical},
		{"auth.not-authentic", "its signature is right", proof(mail.Yes), "", ""},

		{"auth.token-rejected", "with a reason", token(imaps, `{"status":"401","schemes":"bearer","scope":"https://mail.example/"}`, "NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)"), "imap.example.org rejects the access token of anna@example.org", mail.Critical},
		{"auth.token-rejected", "with a number for a status", token(imaps, `{"status":400,"schemes":"Bearer"}`, "NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)"), "imap.example.org rejects the access token of anna@example.org", mail.Critical},
		{"auth.token-rejected", "without one", token(imaps, "", "NO AUTHENTICATE failed."), "imap.example.org rejects the access token of anna@example.org", mail.Critical},
		{"auth.token-rejected", "at a provider that is known for app passwords", token(imaps, "", "NO AUTHENTICATE failed.").provider(mail.Provider{AppPassword: true}), "imap.example.org rejects the access token of anna@example.org", mail.Critical},
		{"auth.token-rejected", "it was a password", good().rejects(imaps, "NO failed"), "", ""},

		{"auth.token-not-taken", "passwords only", passwords(), "imap.example.org takes no access token, only plain and login", mail.Error},
		{"auth.token-not-taken", "a password was given", signedIn(), "", ""},
	}
}
