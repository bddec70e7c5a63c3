package rules

import "github.com/mailmedic/mailmedic/mail"

func connectionFixtures() []fixture {
	return []fixture{
		{"server.refused", "the only server", published().works(imaps).dial(mail.Refused, smtps), "smtp.example.org refuses connections on port 465", mail.Critical},
		{"server.refused", "both ports of a host", published().srv(smtp).works(imaps).dial(mail.Refused, smtps, smtp), "smtp.example.org refuses connections on ports 465 and 587", mail.Critical},
		{"server.refused", "another setting works", good().srv(smtp).dial(mail.Refused, smtp), "smtp.example.org refuses connections on port 587", mail.Error},
		{"server.refused", "only a directory names it", good().ispdb(pop3s).dial(mail.Refused, pop3s), "pop.example.org refuses connections on port 995", mail.Warning},
		{"server.refused", "a guess", good().guess(pop3s).dial(mail.Refused, pop3s), "", ""},

		{"server.timeout", "the only server", published().works(imaps).dial(mail.Timeout, smtps), "smtp.example.org does not answer on port 465", mail.Critical},
		{"server.timeout", "IPv6 lacks a route and IPv4 is silent", published().works(smtps).dialAt(imaps, "2001:db8::1", mail.Unreachable).dial(mail.Timeout, imaps), "imap.example.org does not answer on port 993", mail.Critical},
		{"server.timeout", "one of two addresses answers", good().dialAt(smtps, "192.0.2.9", mail.Timeout), "", ""},

		{"server.unreachable", "no way there", published().works(imaps).dial(mail.Unreachable, smtps), "There is no way to smtp.example.org: the network reports it as unreachable", mail.Critical},
		{"server.unreachable", "only its IPv6 address", good().dialAt(smtps, "2001:db8::1", mail.Unreachable), "", ""},

		{"server.reset", "on connecting", published().works(imaps).dial(mail.Reset, smtps), "smtp.example.org cuts connections to port 465 off", mail.Critical},
		{"server.reset", "after the greeting", published().srv(imap).works(imaps, smtps).session(imap, mail.Reset, nil), "imap.example.org cuts connections to port 143 off", mail.Error},
		{"server.reset", "a refused connection is another thing", published().works(imaps).dial(mail.Refused, smtps), "", ""},

		{"server.closed", "before the greeting", good().srv(imap).session(imap, mail.Closed, nil), "imap.example.org closes connections to port 143 too early", mail.Error},
		{"server.closed", "an MX host", good().mxHost(mx).session(mx, mail.Closed, nil), "", ""},

		{"server.stalled", "after the greeting", good().srv(imap).session(imap, mail.Timeout, nil), "imap.example.org stops answering in the middle of the conversation (port 143)", mail.Error},
		{"server.stalled", "the run's time was over", good().srv(imap).session(imap, mail.Deadline, nil), "", ""},

		{"policy.private-refused", "the address is private", good().srv(imap).dial(mail.PolicyRefused, imap), "imap.example.org was not asked, because its address is not a public one", mail.Warning},
		{"policy.private-refused", "it was asked", good(), "", ""},
	}
}

func greetingFixtures() []fixture {
	greets := func(text string) func(*mail.SessionFacts) {
		return func(f *mail.SessionFacts) { f.Greeting = text }
	}
	after := func(ms int64) func(*mail.SessionFacts) { return func(f *mail.SessionFacts) { f.GreetingMS = ms } }
	rejected := func(greeting string) *world {
		return good().srv(smtp).session(smtp, mail.GreetingRejected, greets(greeting))
	}
	return []fixture{
		{"server.too-many-connections", "the server says so", rejected("421 4.7.0 Too many connections from your address"), "smtp.example.org accepts no more connections for now (port 587)", mail.Error},
		{"server.too-many-connections", "another reason", rejected("554 No SMTP service here"), "", ""},

		{"server.address-blocked", "a block list is named", rejected("554-mx.example.org 554 IP address is block listed"), "smtp.example.org refuses this network's address (port 587)", mail.Error},
		{"server.address-blocked", "the address is listed", rejected("554 Your access to this mail system has been rejected: 192.0.2.1 is listed"), "smtp.example.org refuses this network's address (port 587)", mail.Error},
		{"server.address-blocked", "another reason", rejected("421 Too many connections"), "", ""},

		{"server.greeting-rejected", "no known reason", rejected("554 No SMTP service here"), "smtp.example.org turns connections to port 587 away", mail.Error},
		{"server.greeting-rejected", "it may soon be over", rejected("432 4.3.0 the database is being moved"), "smtp.example.org turns connections to port 587 away for the moment", mail.Error},
		{"server.greeting-rejected", "a known reason", rejected("421 Too much load, try again later"), "", ""},

		{"server.no-greeting", "the server is silent", good().srv(imap).session(imap, mail.GreetingTimeout, greets("")), "imap.example.org accepts connections on port 143 but never says a word", mail.Error},
		{"server.no-greeting", "the greeting is slow", good().session(imaps, "", after(20000)), "", ""},

		{"server.slow-greeting", "twenty seconds", good().session(imaps, "", after(20100)), "imap.example.org takes 20 seconds to greet (port 993)", mail.Notice},
		{"server.slow-greeting", "four seconds", good().session(imaps, "", after(4000)), "", ""},
		{"server.slow-greeting", "an MX host may wait", good().mxHost(mx).works(mx).session(mx, "", after(6000)), "", ""},

		{
			"server.other-protocol", "POP3 on an IMAP port", good().srv(imap).session(imap, mail.ProtocolFault, greets(""), "the server speaks POP3 and not IMAP: +OK hello"),
			"imap.example.org speaks POP3 on port 143, not IMAP", mail.Error,
		},
		{
			"server.other-protocol", "a web server", good().srv(imap).session(imap, mail.ProtocolFault, greets("HTTP/1.1 400 Bad Request")),
			"A web server answers on port 143 of imap.example.org, not IMAP", mail.Error,
		},
		{
			"server.other-protocol", "a web server that waits for a browser under TLS",
			published().works(smtps).handshake(imaps, "", goodCertificate()).session(imaps, mail.ProtocolFault, greets(""), "the server waits for a web browser and does not speak IMAP: HTTP/2, which it chooses in the handshake"),
			"A web server answers on port 993 of imap.example.org, not IMAP", mail.Critical,
		},
		{
			"server.other-protocol", "a guest network's sign-in page", good().srv(imap).session(imap, mail.ProtocolFault, greets(""), "the server speaks HTTP and not IMAP: HTTP/1.1 302 Found"),
			"The sign-in page of this network answers in place of imap.example.org (port 143)", mail.Error,
		},
		{
			"server.other-protocol", "POP3 that was proved to work there", good().srv(imap).session(imap, mail.ProtocolFault, greets(""), "the server speaks POP3 and not IMAP: +OK hello").
				session("pop3+starttls://imap.example.org:143", "", nil),
			"imap.example.org speaks POP3 on port 143, not IMAP", mail.Error,
		},
		{
			"server.other-protocol", "one that has no words", good().srv(imap).session(imap, mail.ProtocolFault, greets(""), "the server speaks MySQL and not IMAP: bytes 4a000000"),
			"imap.example.org speaks MySQL on port 143, not IMAP", mail.Error,
		},
		{
			"server.other-protocol", "FTP where SMTP is due", good().srv(smtp).session(smtp, mail.ProtocolFault, greets("220 FTP ready")),
			"smtp.example.org speaks FTP on port 587, not SMTP", mail.Error,
		},
		{"server.other-protocol", "the right one, badly", good().srv(imap).session(imap, mail.ProtocolFault, greets("* OK hello")), "", ""},

		{
			"server.protocol-fault", "the right protocol, badly", good().srv(imap).session(imap, mail.ProtocolFault, greets("* OK hello")),
			"imap.example.org does not speak IMAP properly on port 143", mail.Error,
		},
		{
			"server.protocol-fault", "everybody is signed in", good().srv(imap).session(imap, mail.ProtocolFault, greets("* PREAUTH welcome")),
			"imap.example.org takes everybody on port 143 as signed in already", mail.Critical,
		},
		{
			"server.protocol-fault", "bytes that are no text", good().srv(imap).session(imap, mail.ProtocolFault, greets(""), "this is not an answer of IMAP: bytes 00ff"),
			"What answers on port 143 of imap.example.org is not a mail server", mail.Error,
		},
		{
			"server.protocol-fault", "without end", good().srv(imap).session(imap, mail.TooLarge, greets(""), "the server's reply is longer than 64 KiB or 100 lines"),
			"imap.example.org sends more than any mail server has to say (port 143)", mail.Error,
		},
		{"server.protocol-fault", "another protocol", good().srv(imap).session(imap, mail.ProtocolFault, greets("220 hello")), "", ""},
	}
}

func modeFixtures() []fixture {
	wrong := "imaps://imap.example.org:143"
	return []fixture{
		{
			"mode.starttls-on-tls-port", "the port speaks TLS at once", good().srv("imap+starttls://imap.example.org:993").session("imap+starttls://imap.example.org:993", mail.PlaintextExpected, nil),
			"Port 993 of imap.example.org needs SSL/TLS, but the settings say STARTTLS", mail.Error,
		},
		{"mode.starttls-on-tls-port", "the other way round", good().srv(wrong).handshake(wrong, mail.TLSNotSpoken), "", ""},

		{
			"mode.tls-on-plain-port", "STARTTLS was tried and works", good().srv(wrong).handshake(wrong, mail.TLSNotSpoken).session(wrong, mail.TLSNotSpoken, nil).session(imap, "", nil),
			"Port 143 of imap.example.org needs STARTTLS, but the settings say SSL/TLS", mail.Error,
		},
		{
			"mode.tls-on-plain-port", "nobody knows what it speaks", good().srv(wrong).handshake(wrong, mail.TLSNotSpoken),
			"Port 143 of imap.example.org does not begin with SSL/TLS, but the settings say so", mail.Error,
		},
		{"mode.tls-on-plain-port", "the settings say STARTTLS", good().srv(smtp).handshake(smtp, mail.TLSNotSpoken), "", ""},
		{"mode.tls-on-plain-port", "the handshake fails otherwise", good().srv(wrong).handshake(wrong, mail.TLSAlert), "", ""},
	}
}

func mxFixtures() []fixture {
	second := "smtp+starttls://mx2.example.org:25"
	refuses := func(f *mail.SessionFacts) { f.Greeting = "554 5.7.1 no mail from home addresses" }
	return []fixture{
		{"mx.unreachable", "two silent hosts", good().mxHost(mx).mxHost(second).dial(mail.Timeout, mx, second), "Port 25 of mx.example.org and mx2.example.org cannot be reached from here", mail.Notice},
		{"mx.unreachable", "one refuses", good().mxHost(mx).dial(mail.Refused, mx), "mx.example.org refuses connections on port 25", mail.Warning},
		{"mx.unreachable", "it answers", good().mxHost(mx).works(mx), "", ""},
		{"mx.unreachable", "the user named it", good().claim(mx, mail.MX, mail.Claim{Source: mail.SourceUser, Trust: mail.TrustUser}).dial(mail.Refused, mx), "", ""},

		{"mx.rejected", "it turns us away", good().mxHost(mx).session(mx, mail.GreetingRejected, refuses), "mx.example.org turns this computer away on port 25", mail.Notice},
		{"mx.rejected", "it answers", good().mxHost(mx).works(mx), "", ""},

		{
			"mx.no-starttls", "no encryption", good().mxHost(mx).session(mx, mail.StartTLSNotOffered, nil),
			"mx.example.org takes mail for example.org without encryption: it offers no STARTTLS on port 25", mail.Warning,
		},
		{"mx.no-starttls", "a bad certificate still encrypts", good().mxHost(mx).shows(mail.CertName, goodCertificate(), mx), "", ""},
	}
}
