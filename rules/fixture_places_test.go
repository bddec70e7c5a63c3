package rules

import "github.com/mailmedic/mailmedic/mail"

// page changes what the web said at a place.
func (w *world) page(url string, status int, class mail.Class, change func(*mail.HTTPFacts)) *world {
	w.web(url, status, class)
	for _, o := range w.ofKind(mail.KindHTTP) {
		if o.ID == url && change != nil {
			change(o.HTTPFacts)
		}
	}
	return w
}

// webShows is what a web host's certificate is.
func (w *world) webShows(host string, class mail.Class, change func(*mail.Certificate)) *world {
	certificate := goodCertificate()
	certificate.Names = []string{"*.hoster.example"}
	change(&certificate)
	return w.web("https://"+host+"/mail/config-v1.1.xml", 0, class).observe(mail.Observation{
		ID: "tls:https://" + host + ":443#192.0.2.80", Kind: mail.KindTLS, Subject: "https://" + host + ":443", Address: "192.0.2.80",
		Failure: failure(class), TLSFacts: &mail.TLSFacts{Version: "TLS 1.3", Certificates: []mail.Certificate{certificate}},
	})
}

// notes adds what was noted of an observation.
func (w *world) notes(id string, notes ...string) *world {
	for i, o := range w.Observations {
		if o.ID == id {
			w.Observations[i].Notes = notes
		}
	}
	return w
}

// auths is a document that lists ways to sign in.
func (w *world) auths(text string, auth ...string) *world {
	w.web(configHost, 200, "")
	return w.claim(text, roleOf(text), mail.Claim{Source: mail.SourceAutoconfig, Trust: mail.TrustAuthenticated, Auth: auth, Evidence: []string{configHost}})
}

func placesFixtures() []fixture {
	nothing := func(*mail.Certificate) {}
	own := func(c *mail.Certificate) { c.SelfSigned = true }
	ended := func(c *mail.Certificate) { c.NotAfter = daysFromToday(-2) }
	toHTTP := func(f *mail.HTTPFacts) { f.Redirects = []string{"http://www.example.org/mail.xml"} }
	circle := func(f *mail.HTTPFacts) { f.Redirects = []string{configWeb, configHost} }
	called := func(mediaType string) func(*mail.HTTPFacts) {
		return func(f *mail.HTTPFacts) { f.MediaType = mediaType }
	}
	served := func(mediaType string) *world {
		w := nowhere().document(configHost, "", imaps, smtps)
		return w.page(configHost, 200, "", called(mediaType))
	}
	utf8 := func(w *world) *world {
		w.Target.Input, w.Target.Address = "jörg@example.org", "jörg@example.org"
		return w
	}
	return append(publishedServerFixtures(), []fixture{
		{"address.not-ascii", "a server does not take it", utf8(good()), "The address jörg@example.org has letters before the @ that many mail servers do not take", mail.Notice},
		{"address.not-ascii", "no server was asked", utf8(published()), "The address jörg@example.org has letters before the @ that many mail servers do not take", mail.Notice},
		{"address.not-ascii", "all of it is ASCII", good(), "", ""},
		{"discovery.document-certificate", "it is the hoster's", good().webShows("autoconfig.example.org", mail.CertName, nothing), "The certificate of the web host autoconfig.example.org is for another name", mail.Notice},
		{"discovery.document-certificate", "nothing else is published", nowhere().webShows("autoconfig.example.org", mail.CertName, nothing), "The certificate of the web host autoconfig.example.org is for another name", mail.Warning},
		{"discovery.document-certificate", "it has ended", good().webShows("autoconfig.example.org", mail.CertExpired, ended), "The certificate of the web host autoconfig.example.org has expired", mail.Notice},
		{"discovery.document-certificate", "it is not yet valid", good().webShows("autoconfig.example.org", mail.CertNotYetValid, nothing), "The certificate of the web host autoconfig.example.org is not valid yet", mail.Notice},
		{"discovery.document-certificate", "the host signed it itself", good().webShows("autoconfig.example.org", mail.CertUntrusted, own), "The web host autoconfig.example.org has a certificate that it signed itself", mail.Notice},
		{"discovery.document-certificate", "nobody knows who signed it", good().webShows("autoconfig.example.org", mail.CertUntrusted, nothing), "The certificate of the web host autoconfig.example.org comes from an authority that is not trusted", mail.Notice},
		{"discovery.document-certificate", "another domain's web host", good().webShows("autoconfig.hoster.example", mail.CertName, nothing), "", ""},

		{"discovery.wants-login", "the document", good().web(configHost, 401, mail.HTTPStatus), "The settings document at " + configHost + " wants a login", mail.Warning},
		{"discovery.wants-login", "Autodiscover", good().web(discoverAt, 401, mail.HTTPStatus), "The Autodiscover service at " + discoverAt + " answers only after a login", mail.Notice},
		{"discovery.wants-login", "there is no document", good().web(configHost, 404, mail.HTTPStatus), "", ""},

		{"discovery.redirect-loop", "they run in a circle", good().page(configHost, 302, mail.HTTPStatus, circle), "The redirects at " + configHost + " lead nowhere", mail.Warning},
		{"discovery.redirect-loop", "they lead to a page that is not there", good().page(configHost, 404, mail.HTTPStatus, circle), "", ""},
		{"discovery.redirect-downgrade", "https leads to http", good().page(configHost, 302, mail.PolicyRefused, toHTTP), configHost + " redirects from https to unencrypted http", mail.Warning},
		{"discovery.redirect-downgrade", "http leads to http", good().page(configHTTP, 302, mail.PolicyRefused, toHTTP), "", ""},

		{"discovery.media-type", "it is called a web page", served("text/html"), "The settings document at " + configHost + " is served as text/html and not as text/xml", mail.Warning},
		{"discovery.media-type", "it is called XML", served("application/xml"), "", ""},
		{"discovery.media-type", "it is a web page", good().page(configHost, 200, mail.HTTPBody, called("text/html")), "", ""},

		{
			"discovery.document-notes", "a host stands there twice", served("text/xml").notes(configHost, "imap server: hostname stands there 2 times"),
			"Mail programs may read the settings document at " + configHost + " differently", mail.Notice,
		},
		{"discovery.document-notes", "only its media type is wrong", served("text/html").notes(configHost, "it is served as text/html"), "", ""},
		{"discovery.document-notes", "there is nothing to note", served("text/xml"), "", ""},
	}...)
}

func publishedServerFixtures() []fixture {
	outside := "imaps://imap.hoster.example:993"
	alias := func() *world {
		w := good().answers("a:imap.example.org", "192.0.2.1")
		for _, o := range w.ofKind(mail.KindDNS) {
			if o.Name == "imap.example.org" {
				o.Aliases = []string{"web7.hoster.example."}
			}
		}
		return w
	}
	led := func() *world {
		return nowhere().srv(smtps).answers("srv:_imaps._tcp.example.org", "0 1 993 imap.hoster.example.").claim(outside, mail.Incoming,
			mail.Claim{Source: mail.SourceSRV, Trust: mail.TrustRedirected, Evidence: []string{"srv:_imaps._tcp.example.org"}})
	}
	return []fixture{
		{"discovery.srv-alias", "the target is an alias", alias(), "The SRV record of example.org leads to imap.example.org, which is an alias (CNAME)", mail.Notice},
		{"discovery.srv-alias", "the target has an address", good().answers("a:imap.example.org", "192.0.2.1"), "", ""},

		{"discovery.srv-outside", "one of the records leads away", led(), "The SRV records of example.org lead to imap.hoster.example, outside the domain, without DNSSEC", mail.Notice},
		{"discovery.srv-outside", "a document names the same server", led().document(configHost, "", outside), "", ""},
		{"discovery.srv-outside", "all of them lead away", nowhere().says(mail.SourceSRV, mail.TrustRedirected, outside), "", ""},

		{"discovery.unusual-port", "a port of its own", good().document(configHost, "", "smtps://smtp.example.org:586"), "SMTP of smtp.example.org is published on the unusual port 586", mail.Notice},
		{"discovery.unusual-port", "the port of another service", good().document(configHost, "", "imaps://imap.example.org:995"), "IMAP of imap.example.org is published on port 995, which is for POP3 with SSL/TLS", mail.Warning},
		{"discovery.unusual-port", "the port of another service, and it works", good().document(configHost, "", "imaps://imap.example.org:995").works("imaps://imap.example.org:995"), "IMAP of imap.example.org is published on port 995, which is for POP3 with SSL/TLS", mail.Notice},
		{"discovery.unusual-port", "the usual ones", good().srv(imap).srv(smtp), "", ""},
		{"discovery.unusual-port", "the user named it, and nobody publishes it", nowhere().user("imaps://imap.example.org:995").dial(mail.Refused, "imaps://imap.example.org:995"), "", ""},

		{"discovery.network-only", "it knows its users by their network", good().auths(smtps, "client-ip-address"), "smtp.example.org takes mail only from the network of the provider", mail.Notice},
		{"discovery.network-only", "it takes a password", good().auths(smtps, "plain"), "", ""},

		{"discovery.password-not-possible", "only tokens are listed", published().auths(imaps, "oauth2"), "imap.example.org is published without a sign-in by password: only OAuth 2.0", mail.Notice},
		{"discovery.password-not-possible", "a password is listed too", published().auths(imaps, "oauth2", "plain"), "", ""},
		{"discovery.password-not-possible", "the server takes one all the same", good().auths(imaps, "oauth2"), "", ""},
		{"discovery.password-not-possible", "the provider is known for it", published().auths(imaps, "oauth2").provider(mail.Provider{OAuthOnly: true}), "", ""},

		{"discovery.incomplete", "a document did not come in time", published().skipped(mail.WhyDeadline, configHost), "Not every source was heard in the time allowed", mail.Notice},
		{"discovery.incomplete", "servers were asked too", good().skipped(mail.WhyDeadline, configHost), "", ""},
	}
}
