package rules

import "github.com/mailmedic/mailmedic/mail"

func publishedFixtures() []fixture {
	cleartext := func() *world { return nowhere().says(mail.SourceAutoconfig, mail.TrustCleartext, imaps, smtps) }
	redirected := func() *world { return nowhere().says(mail.SourceSRV, mail.TrustRedirected, imaps, smtps) }
	return []fixture{
		{"discovery.nothing-published", "nothing at all", nowhere().mxHost(mx).works(mx), "No settings for example.org are published, and none could be guessed", mail.Error},
		{"discovery.nothing-published", "guesses were not asked", nowhere().guess(imaps, smtps), "No settings for example.org are published; there are only servers with usual names", mail.Error},
		{"discovery.nothing-published", "guesses fail", nowhere().guess(imaps, smtps).dial(mail.Refused, imaps, smtps), "No settings for example.org are published, and none could be guessed", mail.Error},
		{"discovery.nothing-published", "a guess works", nowhere().guess(imaps, smtps).works(imaps, smtps), "", ""},
		{"discovery.nothing-published", "the DNS is broken", nowhere().dns("mx:example.org", mail.DNSServFail), "", ""},

		{"discovery.no-incoming", "only sending is known", nowhere().srv(smtps).works(smtps), "No server for receiving mail of example.org is known", mail.Error},
		{"discovery.no-incoming", "only sending is published, and nobody was asked", nowhere().srv(smtps).guess(imaps), "No server for receiving mail of example.org is known", mail.Error},
		{"discovery.no-incoming", "both are known", good(), "", ""},
		{"discovery.no-outgoing", "only receiving is known", nowhere().srv(imaps).works(imaps), "No server for sending mail of example.org is known", mail.Error},
		{"discovery.no-outgoing", "only receiving is published, and nobody was asked", nowhere().srv(imaps), "No server for sending mail of example.org is known", mail.Error},
		{"discovery.no-outgoing", "the user asked about one server", namedOnly(imaps).works(imaps), "", ""},

		{"discovery.guess-only", "guesses work", nowhere().guess(imaps, smtps).works(imaps, smtps), "The servers of example.org were found by guessing; nobody publishes them", mail.Warning},
		{"discovery.guess-only", "one role is published", nowhere().srv(imaps).guess(smtps).works(imaps, smtps), "", ""},

		{"discovery.cleartext-only", "an http document alone", cleartext().works(imaps, smtps), "The settings of example.org are published only over unencrypted http", mail.Warning},
		{"discovery.cleartext-only", "SRV records agree", cleartext().srv(imaps).srv(smtps).works(imaps, smtps), "", ""},

		{"discovery.document-broken", "it is served as XML", document("text/xml; charset=utf-8"), "The settings document at https://autoconfig.example.org/ cannot be read", mail.Warning},
		{"discovery.document-broken", "it is a web page", document("text/html"), "", ""},

		{"discovery.redirected", "plain SRV records lead away", redirected().works(imaps, smtps), "The settings of example.org are not vouched for by the domain itself", mail.Notice},
		{"discovery.redirected", "a directory agrees", redirected().ispdb(imaps, smtps).works(imaps, smtps), "", ""},
	}
}

// document is a run in which a document could not be read.
func document(mediaType string) *world {
	w := good().web("https://autoconfig.example.org/", 200, mail.HTTPBody)
	for _, o := range w.ofKind(mail.KindHTTP) {
		o.MediaType = mediaType
	}
	return w
}

// namedOnly is a run that asks servers which the user named, and no domain.
func namedOnly(texts ...string) *world {
	w := &world{Facts{Target: mail.Target{Input: texts[0]}, Now: today()}}
	return w.user(texts...)
}

func safetyFixtures() []fixture {
	lifted := func(w *world) *world {
		w.Insecure = true
		return w
	}
	trusting := func(w *world) *world {
		w.Discovered = true
		return w
	}
	elsewhere := "imaps://mail.hoster.example:993"
	led := func() *world {
		return good().says(mail.SourceSRV, mail.TrustRedirected, elsewhere).works(elsewhere)
	}
	proxied := good().web("https://autoconfig.example.org/", 200, "")
	for _, o := range proxied.ofKind(mail.KindHTTP) {
		o.Proxy = "http://proxy.example:3128"
	}
	return []fixture{
		{
			"safety.insecure-auth", "the password went there", lifted(published().works(smtps).shows(mail.CertExpired, goodCertificate(), imaps).accepts(imaps, "anna@example.org")),
			"The password was sent to imap.example.org although the certificate is not to be trusted", mail.Warning,
		},
		{
			"safety.insecure-auth", "it was not needed", lifted(signedIn()),
			"The certificate rule was lifted with --insecure-auth, and it was not needed", mail.Notice,
		},
		{"safety.insecure-auth", "the rule stands", signedIn(), "", ""},

		{"safety.trust-discovered", "the password went there", trusting(led().accepts(elsewhere, "anna@example.org")), "The password was sent to mail.hoster.example, which nobody vouches for", mail.Warning},
		{"safety.trust-discovered", "the host is the domain's own", trusting(signedIn()), "", ""},

		{"auth.not-allowed-host", "nobody was there to ask", led().skipped(mail.WhyConsent, elsewhere), "The password was not sent to mail.hoster.example, which nobody vouches for", mail.Warning},
		{"auth.not-allowed-host", "the budget was spent", led().skipped(mail.WhyBudget, elsewhere), "", ""},

		{"proxy.used", "the environment names one", proxied, "Web requests went through the proxy http://proxy.example:3128", mail.Notice},
		{"proxy.used", "there is none", good().web("https://autoconfig.example.org/", 200, ""), "", ""},
	}
}

func runFixtures() []fixture {
	return []fixture{
		{"server.unexplained", "a failure that no rule knows", published().works(imaps).session(smtps, mail.HTTPBody, nil), "smtp.example.org cannot be used on port 465", mail.Critical},
		{"server.unexplained", "a failure that one knows", published().works(imaps).session(smtps, mail.Closed, nil), "", ""},

		{"run.incomplete", "one role was not reached in time", published().works(imaps).skipped(mail.WhyDeadline, smtps), "Sending mail of example.org could not be tested", mail.Error},
		{"run.incomplete", "one role's address is not allowed", published().works(smtps).dial(mail.PolicyRefused, imaps), "Receiving mail of example.org could not be tested", mail.Error},
		{"run.incomplete", "a second server was not reached in time", good().srv(imap).skipped(mail.WhyDeadline, imap), "Not everything was asked in the time allowed", mail.Notice},
		{"run.incomplete", "the user interrupts", good().srv(imap).skipped(mail.WhyDeadline, imap).interrupt(), "Not everything was asked before the run was interrupted", mail.Notice},
		{"run.incomplete", "the user interrupts early", published().skipped(mail.WhyDeadline, imaps, smtps).interrupt(), "Receiving and sending mail of example.org could not be tested", mail.Error},
		{"run.incomplete", "nothing was to be tested", published(), "", ""},
		{"run.incomplete", "what was left out had become needless", good().srv(imap).skipped(mail.WhyGrace, imap), "", ""},
	}
}
