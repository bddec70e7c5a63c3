package rules

import "github.com/mailmedic/mailmedic/mail"

func publishedFixtures() []fixture {
	cleartext := func() *world { return nowhere().says(mail.SourceAutoconfig, mail.TrustCleartext, imaps, smtps) }
	redirected := func() *world { return nowhere().says(mail.SourceSRV, mail.TrustRedirected, imaps, smtps) }
	return []fixture{
		{"discovery.nothing-published", "nothing at all", nowhere().mxHost(mx).works(mx), "No settings for example.org are published, and none could be guessed", mail.Error},
		{"discovery.nothing-published", "guesses were not asked", nowhere().guess(imaps, smtps), "No settings for example.org are published; there are only servers with usual names", mail.Error},
		{"discovery.nothing-published", "guesses fail", nowhere().guess(imaps, smtps).dial(mail.Refused, imaps, smtps), "No settings for example.org are published, and none could be guessed", mail.Error},
		{"discovery.nothing-published", "there is an MX record and no guess, and nobody was asked", nowhere().mxHost(mx), "No settings for example.org are published, and none could be guessed", mail.Error},
		{"discovery.nothing-published", "a web host refuses connections", nowhere().guess(imaps).web("https://autoconfig.example.org/", 0, mail.Refused).dial(mail.Refused, imaps), "No usable settings for example.org were found, and none could be guessed", mail.Error},
		{"discovery.nothing-published", "a document is too large, and guesses were not asked", nowhere().guess(imaps).web("https://autoconfig.example.org/", 200, mail.TooLarge), "No usable settings for example.org were found; there are only servers with usual names", mail.Error},
		{"discovery.nothing-published", "an IP address whose host was asked", literal().dial(mail.Refused, "imaps://192.0.2.10:993"), "No mail server was found at [192.0.2.10]", mail.Error},
		{"discovery.nothing-published", "an IP address whose host was not asked", literal(), "Nobody publishes settings for an IP address such as [192.0.2.10]", mail.Error},
		{"discovery.digest-mismatch", "the document has another digest", pacc("the document is not the one whose digest the TXT record _ua-auto-config.example.org holds"), "The settings document at https://ua-auto-config.example.org/ does not match its digest in the DNS", mail.Warning},
		{"discovery.digest-mismatch", "the document cannot be read", pacc("unexpected end of JSON input"), "", ""},
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

func declaredFixtures() []fixture {
	declines := func(w *world, labels ...string) *world {
		for _, label := range labels {
			w.answers("srv:"+label+"._tcp.example.org", "0 0 0 .")
		}
		return w
	}
	toReceive, toSend := []string{"_imap", "_imaps", "_pop3", "_pop3s"}, []string{"_submission", "_submissions"}
	receiving := func() *world { return nowhere().srv(pop3s).works(pop3s) }
	literal := nowhere().guess("imaps://192.0.2.10:993", "smtps://192.0.2.10:465").works("imaps://192.0.2.10:993", "smtps://192.0.2.10:465").
		skipped(mail.WhyConsent, "imaps://192.0.2.10:993")
	literal.Target = mail.Target{Input: "anna@[192.0.2.10]", Address: "anna@[192.0.2.10]", Domain: "[192.0.2.10]"}
	return []fixture{
		{"discovery.not-offered", "to send", declines(receiving(), toSend...), "example.org declares that it has no server to send mail with a mail program", mail.Notice},
		{"discovery.not-offered", "to receive and to send", declines(nowhere(), append(toReceive, toSend...)...), "example.org declares that it has no server to receive and send mail with a mail program", mail.Notice},
		{"discovery.not-offered", "one way to send is left open", declines(receiving(), "_submission").dns("srv:_submissions._tcp.example.org", mail.DNSNXDomain), "", ""},
		{"discovery.not-offered", "a directory knows a server all the same", declines(receiving(), toSend...).ispdb(smtps).works(smtps), "", ""},
		{"discovery.no-outgoing", "the domain declares that it has none", declines(receiving(), toSend...), "", ""},
		{"discovery.no-outgoing", "one way to send is left open", declines(receiving(), "_submission"), "No server for sending mail of example.org is known", mail.Error},
		{"discovery.nothing-published", "the domain declares that it has none", declines(nowhere(), append(toReceive, toSend...)...), "", ""},

		{"discovery.guess-only", "the user named the host by its address", literal, "", ""},
		{"auth.not-allowed-host", "the user named the host by its address", literal, "", ""},
	}
}

const (
	configuration = "https://autoconfig.example.org/mail/config-v1.1.xml?emailaddress=anna%40example.org"
	searching     = "srv:_submissions._tcp.example.org"
)

// single is a run about a name below which nothing can be searched.
func single() *world {
	return &world{Facts{Target: mail.Target{Input: "anna@localhost", Address: "anna@localhost", Domain: "localhost"}, Now: today()}}
}

// unsearched is a run whose questions for SRV records fail.
func unsearched(class mail.Class) *world {
	w := nowhere().answers("a:example.net", "192.0.2.1")
	for _, label := range []string{"_imap", "_imaps", "_pop3", "_pop3s", "_submission", "_submissions"} {
		w.dns("srv:"+label+"._tcp.example.org", class)
	}
	return w
}

func unheardFixtures() []fixture {
	plain := "http://autoconfig.example.org/mail/config-v1.1.xml"
	return []fixture{
		{"discovery.not-searchable", "a single name", single(), "localhost is not a mail domain that can be searched", mail.Error},
		{"discovery.not-searchable", "its servers are named", single().user(imaps, smtps).works(imaps, smtps), "", ""},
		{"discovery.not-searchable", "there was no time to ask", nowhereAsked(), "", ""},
		{"discovery.nothing-published", "a single name", single(), "", ""},
		{"run.incomplete", "a single name", single(), "", ""},

		{"discovery.nothing-published", "a document came too late", nowhere().skipped(mail.WhyDeadline, configuration), "", ""},
		{"run.incomplete", "a document came too late", nowhere().skipped(mail.WhyDeadline, configuration), "Receiving and sending mail of example.org could not be tested", mail.Error},
		{"run.incomplete", "there was no time to ask anybody", nowhereAsked(), "Receiving and sending mail of example.org could not be tested", mail.Error},
		{"discovery.nothing-published", "a host for documents is silent", nowhere().web(configuration, 0, mail.Timeout), "", ""},
		{"discovery.nothing-published", "a guess came too late", nowhere().guess(imaps).skipped(mail.WhyDeadline, imaps), "", ""},
		{"discovery.nothing-published", "a guess was cut short", nowhere().guess(imaps).session(imaps, mail.Deadline, nil), "", ""},
		{"discovery.nothing-published", "the name of a guess came too late", nowhere().skipped(mail.WhyDeadline, "a:imap.example.org"), "", ""},
		{
			"discovery.nothing-published", "every place answered that there is nothing",
			unsearched(mail.DNSNXDomain).web(configuration, 404, mail.HTTPStatus).web(plain, 0, mail.Timeout).
				web("https://autoconfig.example.net/", 0, mail.DNSNXDomain).dns("a:autoconfig.example.org", mail.DNSServFail),
			"No settings for example.org are published, and none could be guessed", mail.Error,
		},
		{"discovery.no-outgoing", "the question for it failed", nowhere().srv(imaps).works(imaps).dns(searching, mail.DNSTimeout), "", ""},
		{"discovery.no-outgoing", "another question failed", nowhere().srv(imaps).works(imaps).dns("srv:_pop3._tcp.example.org", mail.DNSTimeout), "No server for sending mail of example.org is known", mail.Error},
		{"dns.servfail", "no question for SRV records is answered, and the resolver is to blame", unsearched(mail.DNSServFail), "", ""},
		{"dns.servfail", "one question for an SRV record fails", unsearched(mail.DNSNXDomain).dns("srv:_imaps._tcp.example.org", mail.DNSServFail), "Looking up the SRV record _imaps._tcp.example.org ends in an error (SERVFAIL)", mail.Error},
		{"dns.servfail", "one question for an SRV record fails, and servers are known", good().dns("srv:_pop3s._tcp.example.org", mail.DNSServFail), "", ""},
		{"run.incomplete", "a look at what is published, and a host for documents is silent", nowhere().guess(imaps).web(configuration, 0, mail.Timeout), "What example.org publishes to receive and send mail could not be found out", mail.Error},
		{"run.incomplete", "a look at what is published, and the question for one role failed", nowhere().srv(imaps).dns(searching, mail.Deadline), "What example.org publishes to send mail could not be found out", mail.Error},
		{"run.incomplete", "every question for SRV records failed", unsearched(mail.DNSServFail), "", ""},
		{"dns.timeout", "no question for SRV records is answered, and the resolver is to blame", unsearched(mail.DNSTimeout), "", ""},
		{"dns.timeout", "two questions for SRV records are not answered", unsearched(mail.DNSNXDomain).dns("srv:_imaps._tcp.example.org", mail.DNSTimeout).dns(searching, mail.DNSTimeout), "Nobody answers the questions for the SRV records _imaps._tcp.example.org and _submissions._tcp.example.org", mail.Error},
	}
}

// nowhereAsked is a run that ended before anybody had answered.
func nowhereAsked() *world {
	w := nowhere().skipped(mail.WhyDeadline, "mx:example.org", searching, configuration)
	w.Observations = nil
	return w
}

// literal is a run about an address that names its host by an IP address; the host was guessed.
func literal() *world {
	w := &world{Facts{Target: mail.Target{Input: "anna@[192.0.2.10]", Address: "anna@[192.0.2.10]", Domain: "[192.0.2.10]"}, Now: today()}}
	return w.guess("imaps://192.0.2.10:993")
}

// pacc is a run in which a PACC document was of no use.
func pacc(detail string) *world {
	const url = "https://ua-auto-config.example.org/"
	w := good().web(url, 200, mail.HTTPBody)
	o := &w.Observations[len(w.Observations)-1]
	o.Source, o.Failure.Detail, o.MediaType = mail.SourcePACC, detail, "application/json"
	return w
}

// document is a run in which a document could not be read.
func document(mediaType string) *world {
	w := good().web("https://autoconfig.example.org/", 200, mail.HTTPBody)
	for _, o := range w.ofKind(mail.KindHTTP) {
		o.MediaType = mediaType
	}
	return w
}

// department is a run about a domain below the one that its organisation has registered.
func department() *world {
	w := nowhere()
	w.Target = mail.Target{Input: "anna@sales.example.org", Address: "anna@sales.example.org", Domain: "sales.example.org"}
	return w.web("https://example.org/.well-known/autoconfig/mail/config-v1.1.xml", 404, mail.HTTPStatus).
		web("https://autoconfig.org/mail/config-v1.1.xml", 404, mail.HTTPStatus)
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
		{
			"safety.insecure-auth", "a certificate was shown", lifted(published().works(smtps).shows(mail.CertExpired, goodCertificate(), imaps).auth(imaps, "external", "anna@example.org", "", "").with(byCertificate)),
			"The certificate was shown to imap.example.org although that of the server is not to be trusted", mail.Warning,
		},
		{"safety.trust-discovered", "a certificate was shown", trusting(led().auth(elsewhere, "external", "anna@example.org", "", "").with(byCertificate)), "The certificate was shown to mail.hoster.example, which nobody vouches for", mail.Warning},
		{"safety.insecure-auth", "the rule stands", signedIn(), "", ""},

		{"safety.trust-discovered", "the password went there", trusting(led().accepts(elsewhere, "anna@example.org")), "The password was sent to mail.hoster.example, which nobody vouches for", mail.Warning},
		{"safety.trust-discovered", "the host is guessed from the MX record", trusting(nowhere().guess(elsewhere).works(elsewhere).accepts(elsewhere, "anna")), "The password was sent to mail.hoster.example, which nobody vouches for", mail.Warning},
		{"safety.trust-discovered", "the host takes mail for the domain too", trusting(nowhere().guess(elsewhere).claim(elsewhere, mail.MX, mail.Claim{Source: mail.SourceMX, Trust: mail.TrustDNS}).works(elsewhere).accepts(elsewhere, "anna")), "The password was sent to mail.hoster.example, which nobody vouches for", mail.Warning},
		{"safety.trust-discovered", "a directory vouches for the guess", trusting(nowhere().guess(elsewhere).ispdb(elsewhere).works(elsewhere).accepts(elsewhere, "anna")), "", ""},
		{"safety.trust-discovered", "the guess is in the domain", trusting(nowhere().guess(imaps).works(imaps).accepts(imaps, "anna")), "", ""},
		{"safety.trust-discovered", "the guess is in the organisation that the domain is part of", trusting(department().guess(imaps).works(imaps).accepts(imaps, "anna")), "", ""},
		{"safety.trust-discovered", "the guess is above that organisation", trusting(department().guess("imaps://mail.org:993").works("imaps://mail.org:993").accepts("imaps://mail.org:993", "anna")), "The password was sent to mail.org, which nobody vouches for", mail.Warning},
		{"safety.trust-discovered", "the host is the domain's own", trusting(signedIn()), "", ""},

		{"auth.not-allowed-host", "nobody was there to ask", led().skipped(mail.WhyConsent, elsewhere), "The password was not sent to mail.hoster.example, which nobody vouches for", mail.Warning},
		{"auth.not-allowed-host", "nobody was there to ask about a certificate", led().skipped(mail.WhyConsent, elsewhere).with(byCertificate), "The certificate was not shown to mail.hoster.example, which nobody vouches for", mail.Warning},
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
