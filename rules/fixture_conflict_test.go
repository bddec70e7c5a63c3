package rules

import "github.com/mailmedic/mailmedic/mail"

// The places of documents in the fixtures.
const (
	configHost = "https://autoconfig.example.org/mail/config-v1.1.xml"
	configWeb  = "https://example.org/.well-known/autoconfig/mail/config-v1.1.xml"
	configHTTP = "http://autoconfig.example.org/mail/config-v1.1.xml"
	directory  = "https://autoconfig.thunderbird.net/v1.1/example.org"
	discoverAt = "https://autodiscover.example.org/autodiscover/autodiscover.xml"
)

// document is a document that names servers, with one user name for all of them.
func (w *world) document(url, username string, texts ...string) *world {
	source, trust := mail.SourceAutoconfig, mail.TrustAuthenticated
	switch url {
	case configHTTP:
		trust = mail.TrustCleartext
	case directory:
		source, trust = mail.SourceISPDB, mail.TrustVouched
	case discoverAt:
		source = mail.SourceAutodiscover
	}
	w.web(url, 200, "")
	for _, o := range w.ofKind(mail.KindHTTP) {
		if o.ID == url {
			o.MediaType = "text/xml"
		}
	}
	for i, o := range w.Observations {
		if o.ID == url {
			w.Observations[i].Source = source
		}
	}
	for _, text := range texts {
		w.claim(text, roleOf(text), mail.Claim{Source: source, Trust: trust, Username: username, Evidence: []string{url}})
	}
	return w
}

// mailhouse is a provider that takes the mail of the domain.
func (w *world) mailhouse() *world {
	for _, text := range []string{houseIMAP, houseSMTP} {
		w.claim(text, roleOf(text), mail.Claim{Source: mail.SourceProvider, Trust: mail.TrustVouched, Evidence: []string{"mx:example.org"}})
	}
	return w.provider(mail.Provider{})
}

const (
	houseIMAP = "imaps://imap.mailhouse.example:993"
	houseSMTP = "smtps://smtp.mailhouse.example:465"
	oldIMAP   = "imaps://old.example.org:993"
	bareIMAP  = "imap://imap.example.org:143"
)

func conflictFixtures() []fixture {
	documented := func() *world { return nowhere().document(configHost, "anna@example.org", imaps, smtps) }
	panel := func() *world {
		return nowhere().mailhouse().document(configHost, "", "imaps://example.org:993", "smtps://example.org:465")
	}
	return append(hostConflictFixtures(), []fixture{
		{
			"conflict.mx-provider", "a hosting panel serves a document", panel(),
			"Mail for example.org goes to Mailhouse, but the autoconfig document names other servers", mail.Warning,
		},
		{
			"conflict.mx-provider", "the document's servers fail",
			panel().works(houseIMAP, houseSMTP).dial(mail.Refused, "imaps://example.org:993", "smtps://example.org:465"),
			"Mail for example.org goes to Mailhouse, but the autoconfig document names other servers", mail.Error,
		},
		{
			"conflict.mx-provider", "the domain's own servers are proved", documented().mailhouse().works(imaps, smtps).accepts(imaps, "anna@example.org").accepts(smtps, "anna@example.org"),
			"Mail for example.org goes to Mailhouse, but the autoconfig document names other servers", mail.Warning,
		},
		{"conflict.mx-provider", "the document names another host of the provider", nowhere().mailhouse().document(configHost, "", "imaps://mail.mailhouse.example:993", "smtps://mail.mailhouse.example:465"), "", ""},
		{"conflict.mx-provider", "the document names a host like the MX host", nowhere().mailhouse().answers("mx:example.org", "10 mx.house.example.").document(configHost, "", "imaps://imap.house.example:993"), "", ""},
		{"conflict.mx-provider", "the document names the provider's servers", nowhere().mailhouse().document(configHost, "", houseIMAP, houseSMTP), "", ""},

		{
			"conflict.username", "a document and the directory differ", documented().document(directory, "anna", imaps),
			"The sources disagree on the user name for imap.example.org", mail.Warning,
		},
		{
			"conflict.username", "what programs take is not what the server accepts",
			nowhere().document(configHost, "anna", imaps, smtps).document(directory, "anna@example.org", imaps).works(imaps, smtps).accepts(imaps, "anna@example.org"),
			"The sources disagree on the user name for imap.example.org", mail.Error,
		},
		{
			"conflict.username", "what programs take is accepted",
			documented().document(directory, "anna", imaps).works(imaps, smtps).accepts(imaps, "anna@example.org"),
			"The sources disagree on the user name for imap.example.org", mail.Notice,
		},
		{"conflict.username", "one of them does not say", documented().srv(imaps), "", ""},

		{
			"conflict.absent-but-named", "no POP3 by DNS, POP3 in the document", documented().document(configHost, "", pop3s).answers("srv:_pop3s._tcp.example.org", "0 0 0 ."),
			"The DNS of example.org says that there is no POP3, but the autoconfig document names a server for it", mail.Warning,
		},
		{
			"conflict.absent-but-named", "no IMAP by DNS, IMAP over TLS in the document", documented().answers("srv:_imap._tcp.example.org", "0 0 0 ."),
			"The DNS of example.org says that there is no IMAP, but the autoconfig document names a server for it", mail.Warning,
		},
		{
			"conflict.absent-but-named", "no STARTTLS by DNS beside a server with TLS", documented().srv(imaps).document(configHost, "", imap).answers("srv:_imap._tcp.example.org", "0 0 0 .").answers("srv:_imaps._tcp.example.org", "0 1 993 imap.example.org."),
			"The DNS of example.org says that there is no IMAP with STARTTLS, but the autoconfig document names a server for it", mail.Warning,
		},
		{
			"conflict.absent-but-named", "no TLS by DNS beside a server with STARTTLS", documented().document(configHost, "", pop3s).answers("srv:_pop3s._tcp.example.org", "0 0 0 .").answers("srv:_pop3._tcp.example.org", "0 1 110 pop.example.org."),
			"The DNS of example.org says that there is no POP3 with SSL/TLS, but the autoconfig document names a server for it", mail.Warning,
		},
		{"conflict.absent-but-named", "only TLS by DNS and in the document", documented().srv(imaps).answers("srv:_imap._tcp.example.org", "0 0 0 ."), "", ""},

		{
			"conflict.plaintext", "the directory lists one without encryption", nowhere().document(directory, "", imaps, smtps, bareIMAP).works(imaps, smtps),
			"The public directory ISPDB offers IMAP without encryption beside a server with it", mail.Warning,
		},
		{"conflict.plaintext", "it lists none with encryption", nowhere().document(directory, "", bareIMAP), "", ""},
		{"conflict.plaintext", "an error speaks of it already", documented().document(configHost, "", bareIMAP).works(imaps, smtps).session(bareIMAP, "", nil), "", ""},
	}...)
}

func hostConflictFixtures() []fixture {
	documented := func() *world { return nowhere().document(configHost, "", imaps, smtps) }
	return []fixture{
		{
			"conflict.hosts", "SRV records and a document", documented().srv(oldIMAP),
			"The autoconfig document and the SRV records name different servers to receive mail of example.org", mail.Warning,
		},
		{
			"conflict.hosts", "what programs ask first fails", nowhere().document(directory, "", oldIMAP, smtps).claimed(imaps).works(imaps, smtps, oldIMAP).rejects(oldIMAP, "NO").accepts(imaps, "anna@example.org"),
			"The configuration document (PACC) and the public directory ISPDB name different servers to receive mail of example.org", mail.Error,
		},
		{
			"conflict.hosts", "somebody signed in on both sides", documented().srv(oldIMAP).works(imaps, oldIMAP, smtps).accepts(imaps, "anna").accepts(oldIMAP, "anna"),
			"The autoconfig document and the SRV records name different servers to receive mail of example.org", mail.Notice,
		},
		{"conflict.hosts", "other ports and ways of encryption of the same hosts", documented().srv(imap).srv(smtp), "", ""},
		{
			"conflict.hosts", "two names of one machine",
			documented().srv(oldIMAP).answers("a:old.example.org", "192.0.2.7").answers("a:imap.example.org", "192.0.2.7"), "", "",
		},
		{"conflict.hosts", "what follows from the MX record says nothing of the domain", documented().claimedBy("https://autoconfig.hoster.example/mail/config-v1.1.xml", "imaps://imap.hoster.example:993"), "", ""},
		{
			"conflict.hosts", "an SRV record leads to the Autodiscover service of another house", nowhere().srv(imaps).said(mail.SourceAutodiscover, "post:https://ad.hoster.example/autodiscover/autodiscover.xml", "imaps://imap.hoster.example:993"),
			"The SRV records and the Autodiscover answer name different servers to receive mail of example.org", mail.Warning,
		},
		{
			"conflict.hosts", "a TXT record leads to a document of another house", nowhere().srv(imaps).said(mail.SourceTXT, "https://conf.hoster.example/c.xml", "imaps://imap.hoster.example:993"),
			"The SRV records and a TXT record name different servers to receive mail of example.org", mail.Warning,
		},

		{
			"conflict.ispdb-stale", "the listed servers do not exist", documented().document(directory, "", oldIMAP).dns("a:old.example.org", mail.DNSNXDomain),
			"The entry for example.org in the public directory ISPDB is out of date", mail.Warning,
		},
		{
			"conflict.ispdb-stale", "programs ask the directory first", good().document(directory, "", oldIMAP).dial(mail.Refused, oldIMAP),
			"The entry for example.org in the public directory ISPDB is out of date", mail.Error,
		},
		{"conflict.ispdb-stale", "its servers work too", documented().document(directory, "", oldIMAP).works(imaps, smtps, oldIMAP), "", ""},

		{
			"conflict.documents", "the web host serves another one", documented().document(configWeb, "", oldIMAP, smtps),
			"The settings documents of example.org say different things", mail.Warning,
		},
		{
			"conflict.documents", "the first one's servers fail", documented().document(configWeb, "", oldIMAP, smtps).works(oldIMAP, smtps).dial(mail.Refused, imaps),
			"The settings documents of example.org say different things", mail.Error,
		},
		{
			"conflict.documents", "http differs", documented().document(configHTTP, "", oldIMAP, smtps),
			"The settings document of example.org says something else over http than over https", mail.Warning,
		},
		{"conflict.documents", "they are the same", documented().document(configWeb, "", imaps, smtps).document(configHTTP, "", imaps, smtps), "", ""},
	}
}

// claimed is a configuration document of the domain that few programs ask for.
func (w *world) claimed(texts ...string) *world {
	const url = "https://ua-auto-config.example.org/"
	w.web(url, 200, "")
	for _, text := range texts {
		w.claim(text, roleOf(text), mail.Claim{Source: mail.SourcePACC, Trust: mail.TrustAuthenticated, Evidence: []string{url}})
	}
	return w
}

// claimedBy is a document of the domain above the MX host.
func (w *world) claimedBy(url string, texts ...string) *world {
	return w.said(mail.SourceAutoconfig, url, texts...)
}

// said is a document at another house.
func (w *world) said(source mail.Source, url string, texts ...string) *world {
	w.web(url, 200, "")
	for _, text := range texts {
		w.claim(text, roleOf(text), mail.Claim{Source: source, Trust: mail.TrustRedirected, Evidence: []string{url}})
	}
	return w
}
