package rules

import "github.com/mailmedic/mailmedic/mail"

func networkFixtures() []fixture {
	noDNS := nowhere().dns("mx:example.org", mail.DNSTimeout).dns("srv:_imaps._tcp.example.org", mail.DNSTimeout)
	stub := nowhere().dns("mx:example.org", mail.DNSServFail).dns("a:autoconfig.thunderbird.net", mail.DNSServFail)
	route := published().dial(mail.Unreachable, imaps, smtps)
	route.Observations = route.Observations[3:] // without the answers of the DNS
	web := "https://autoconfig.example.org/mail/config-v1.1.xml"
	otherHost := "smtps://mail.example.net:465"
	return []fixture{
		{"net.no-dns", "no resolver answers", noDNS, "This computer has no working DNS", mail.Critical},
		{"net.no-dns", "the resolver here fails for every domain", stub, "This computer has no working DNS", mail.Critical},
		{"net.no-dns", "only the domain fails", nowhere().dns("mx:example.org", mail.DNSServFail), "", ""},
		{"net.no-dns", "one answer is enough", nowhere().dns("a:example.org", mail.DNSTimeout), "", ""},

		{"net.offline", "no address has a route", route, "This computer has no network connection", mail.Critical},
		{"net.offline", "a resolver outside of this computer answers", published().dial(mail.Unreachable, imaps, smtps), "", ""},

		{
			"net.mail-blocked", "two hosts are silent and the web answers",
			published().dial(mail.Timeout, imaps, smtps).web(web, 404, mail.HTTPStatus),
			"This network seems to block mail: no mail server answers, web servers do", mail.Critical,
		},
		{
			"net.mail-blocked", "a single host may be down",
			nowhere().ispdb("imaps://mail.example.org:993", "smtps://mail.example.org:465").
				dial(mail.Timeout, "imaps://mail.example.org:993", "smtps://mail.example.org:465").web(web, 404, mail.HTTPStatus),
			"", "",
		},

		{
			"net.smtp-blocked", "both SMTP ports are silent and IMAP works",
			published().srv(smtp).works(imaps).dial(mail.Timeout, smtps, smtp),
			"This network seems to block sending: no SMTP server answers, servers for receiving do", mail.Critical,
		},
		{
			"net.smtp-blocked", "two SMTP hosts are silent",
			published().ispdb(otherHost).works(imaps).dial(mail.Timeout, smtps, otherHost),
			"This network seems to block sending: no SMTP server answers, servers for receiving do", mail.Critical,
		},
		{"net.smtp-blocked", "one SMTP port still answers", published().srv(smtp).works(imaps, smtp).dial(mail.Timeout, smtps), "", ""},
		{"net.smtp-blocked", "a single port may be down", published().works(imaps).dial(mail.Timeout, smtps), "", ""},
	}
}

func dnsFixtures() []fixture {
	typo := nowhere()
	typo.Target = mail.Target{Input: "anna@gmial.com", Address: "anna@gmial.com", Domain: "gmial.com"}
	return []fixture{
		{"dns.no-such-domain", "the domain is unknown", nowhere().dns("mx:example.org", mail.DNSNXDomain), "example.org does not exist", mail.Critical},
		{"dns.no-such-domain", "a near name exists", typo.dns("mx:gmial.com", mail.DNSNXDomain), "gmial.com does not exist", mail.Critical},
		{"dns.no-such-domain", "only a name below it is unknown", good().dns("a:autoconfig.example.org", mail.DNSNXDomain), "", ""},

		{
			"dns.servfail", "the domain", nowhere().dns("mx:example.org", mail.DNSServFail).answers("a:example.net", "192.0.2.1"),
			"The DNS of example.org is broken: questions about it end in an error (SERVFAIL)", mail.Critical,
		},
		{
			"dns.servfail", "the host of a server", published().works(imaps).dialAt(smtps, "", mail.DNSServFail),
			"The DNS of smtp.example.org is broken: questions about it end in an error (SERVFAIL)", mail.Critical,
		},
		{"dns.servfail", "a name that nobody needs", good().dns("srv:_pop3._tcp.example.org", mail.DNSServFail), "", ""},

		{
			"dns.timeout", "the domain while others answer", nowhere().dns("mx:example.org", mail.DNSTimeout).answers("a:example.net", "192.0.2.1"),
			"The name servers of example.org do not answer", mail.Critical,
		},
		{"dns.timeout", "a name that nobody needs", good().dns("srv:_pop3._tcp.example.org", mail.DNSTimeout), "", ""},

		{"dns.null-mx", "the domain takes no mail", nowhere().answers("mx:example.org", "0 ."), "example.org says that it accepts no mail (null MX)", mail.Critical},
		{"dns.null-mx", "the domain has an MX host", good(), "", ""},

		{
			"dns.no-mx", "there is an address instead", good().dns("mx:example.org", mail.DNSNoData).answers("a:example.org", "192.0.2.1"),
			"example.org has no MX record", mail.Warning,
		},
		{
			"dns.no-mx", "there is no address either",
			good().dns("mx:example.org", mail.DNSNoData).dns("a:example.org", mail.DNSNoData).dns("aaaa:example.org", mail.DNSNoData),
			"example.org has no MX record and no address: it cannot receive mail", mail.Error,
		},
		{"dns.no-mx", "the answer is broken", good().dns("mx:example.org", mail.DNSServFail), "", ""},

		{
			"dns.mx-target-missing", "the host is unknown", good().mxHost(mx).dialAt(mx, "", mail.DNSNXDomain),
			"The MX record of example.org names mx.example.org, which has no address", mail.Error,
		},
		{
			"dns.mx-target-missing", "the host has neither address", good().dns("a:mx.example.org", mail.DNSNoData).dns("aaaa:mx.example.org", mail.DNSNoData),
			"The MX record of example.org names mx.example.org, which has no address", mail.Error,
		},
		{"dns.mx-target-missing", "an IP address", good().answers("mx:example.org", "10 192.0.2.25."), "The MX record of example.org names an IP address, 192.0.2.25, where a host must stand", mail.Error},
		{"dns.mx-target-missing", "the sender's own computer", good().answers("mx:example.org", "10 localhost."), "The MX record of example.org names localhost, which is every sender's own computer", mail.Error},
		{"dns.mx-target-missing", "the host has only an IPv6 address", good().dns("a:mx.example.org", mail.DNSNoData).answers("aaaa:mx.example.org", "2001:db8::25"), "", ""},

		{
			"dns.srv-target-missing", "the host is unknown", published().works(imaps).dialAt(smtps, "", mail.DNSNXDomain),
			"The SRV record of example.org names smtp.example.org, which has no address", mail.Critical,
		},
		{
			"dns.srv-target-missing", "two records name it, and nothing was asked",
			published().srv(smtp).dns("a:smtp.example.org", mail.DNSNXDomain),
			"The SRV records of example.org name smtp.example.org, which has no address", mail.Critical,
		},
		{"dns.srv-target-missing", "a directory names the host", good().ispdb(pop3s).dialAt(pop3s, "", mail.DNSNXDomain), "", ""},

		{
			"dns.host-not-found", "a directory names a host that is gone", good().ispdb(pop3s).dialAt(pop3s, "", mail.DNSNXDomain),
			"The mail server pop.example.org does not exist in the DNS", mail.Warning,
		},
		{
			"dns.host-not-found", "the domain's document names one", good().says(mail.SourceAutoconfig, mail.TrustAuthenticated, pop3s).dialAt(pop3s, "", mail.DNSNoData),
			"The mail server pop.example.org does not exist in the DNS", mail.Error,
		},
		{"dns.host-not-found", "a guess is not found", good().guess(pop3s).dialAt(pop3s, "", mail.DNSNXDomain), "", ""},
	}
}

func familyFixtures() []fixture {
	overIPv6 := func(class mail.Class) *world {
		return published().dialAt(imaps, "2001:db8::1", class).dialAt(smtps, "2001:db8::2", mail.Unreachable)
	}
	off := published().dial(mail.PolicyRefused, imaps, smtps)
	for _, o := range off.ofKind(mail.KindDial) {
		o.Failure.Detail = "only IPv4 was asked for: imap.example.org has no A record"
	}
	return []fixture{
		{"net.no-ipv6", "no IPv6 address has a route", overIPv6(mail.Unreachable), "imap.example.org and smtp.example.org could not be tested: there are only IPv6 addresses, and this network has no IPv6", mail.Critical},
		{"net.no-ipv6", "one IPv6 address has", overIPv6(mail.Refused), "", ""},
		{"net.no-ipv6", "there is an IPv4 address too", overIPv6(mail.Unreachable).dial(mail.Timeout, imaps, smtps), "", ""},
		{"server.unreachable", "no IPv6 address has a route", overIPv6(mail.Unreachable), "", ""},
		{"run.incomplete", "no IPv6 address has a route", overIPv6(mail.Unreachable), "", ""},

		{"policy.family-off", "only the other family was asked for", off, "imap.example.org and smtp.example.org were not asked: -4 or -6 rules the only addresses out", mail.Warning},
		{"policy.family-off", "the address is a private one", published().dial(mail.PolicyRefused, imaps, smtps), "", ""},
		{"policy.private-refused", "only the other family was asked for", off, "", ""},
		{"dns.srv-target-missing", "only the other family was asked for", off.dns("a:imap.example.org", mail.DNSNoData), "", ""},
	}
}

func providerFixtures() []fixture {
	nameless := func(p mail.Provider) *world {
		w := good()
		w.Provider = &p
		return w
	}
	return []fixture{
		{
			"provider.no-servers", "the provider is known for it", nowhere().provider(mail.Provider{NoServers: true, Website: "https://mailhouse.example"}),
			"Mailhouse has no servers for ordinary mail programs", mail.Critical,
		},
		{"provider.no-servers", "servers work all the same", good().provider(mail.Provider{NoServers: true}), "", ""},
		{
			"provider.must-enable", "nobody has signed in", good().provider(mail.Provider{MustEnable: true, EnableURL: "https://mailhouse.example/imap"}),
			"Mailhouse lets mail programs in only after IMAP or POP3 was switched on in its settings", mail.Notice,
		},
		{
			"provider.must-enable", "the password is rejected", good().provider(mail.Provider{MustEnable: true}).rejects(imaps, "NO authentication failed"),
			"Mailhouse lets mail programs in only after IMAP or POP3 was switched on in its settings", mail.Warning,
		},
		{
			"provider.must-enable", "its document has no name for it", nameless(mail.Provider{ID: "mailhouse.example", MustEnable: true}),
			"mailhouse.example lets mail programs in only after IMAP or POP3 was switched on in its settings", mail.Notice,
		},
		{
			"provider.must-enable", "its document has neither name nor id", nameless(mail.Provider{MustEnable: true}),
			"example.org lets mail programs in only after IMAP or POP3 was switched on in its settings", mail.Notice,
		},
		{"provider.must-enable", "somebody has signed in", signedIn().provider(mail.Provider{MustEnable: true}), "", ""},
	}
}
