package rules

import (
	"slices"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

const (
	controlIMAP  = "imaps://imap.control.example:993"
	controlSMTP  = "smtps://smtp.comparison.example:465"
	controlRelay = "smtp+starttls://mx.control.example:25"
	secondSMTP   = "smtps://mail.control.example:465"
	secondRelay  = "smtp+starttls://mx.comparison.example:25"
	directoryAt  = "https://autoconfig.thunderbird.net:443"
)

// controls moves what was seen of control hosts out of the way of the servers.
func (w *world) controls(texts ...string) *world {
	for i, o := range w.Observations {
		if slices.Contains(texts, o.Subject) {
			w.Observations[i].ID, w.Observations[i].Control = "control:"+o.ID, true
			if o.Address != "" {
				w.Observations[i].Address = "198.51.100.1"
			}
		}
	}
	return w
}

// control is a connection to control hosts.
func (w *world) control(class mail.Class, texts ...string) *world {
	return w.dial(class, texts...).controls(texts...)
}

// controlShows is a handshake with a control host.
func (w *world) controlShows(text string, class mail.Class, certificate mail.Certificate) *world {
	return w.handshake(text, class, certificate).controls(text)
}

// tells lets somebody tell the time.
func (w *world) tells(id string, ahead time.Duration) *world {
	for i, o := range w.Observations {
		if o.ID == id {
			ms := ahead.Milliseconds()
			w.Observations[i].ClockMS = &ms
		}
	}
	return w
}

// from sets the address of those who answered.
func (w *world) from(address string, ids ...string) *world {
	for i, o := range w.Observations {
		if slices.Contains(ids, o.ID) {
			w.Observations[i].Address = address
		}
	}
	return w
}

// directory is the handshake with the directory of settings.
func (w *world) directory(class mail.Class, certificate mail.Certificate) *world {
	return w.observe(mail.Observation{
		ID: "tls:" + directoryAt + "#203.0.113.80", Kind: mail.KindTLS, Subject: directoryAt, Address: "203.0.113.80", Source: mail.SourceISPDB,
		Failure: failure(class), TLSFacts: &mail.TLSFacts{Version: "TLS 1.3", Certificates: []mail.Certificate{certificate}},
	})
}

// narrow is a server from which nothing large comes.
func (w *world) narrow(texts ...string) *world {
	for _, text := range texts {
		w.handshake(text, mail.Timeout).attempt(text, "small", "", mail.TLSAlert).attempt(text, "classical", "", mail.Timeout)
	}
	return w
}

func blockFixtures() []fixture {
	both := func(class mail.Class) *world { return published().dial(class, imaps, smtps) }
	quiet := both(mail.Timeout).web("https://autoconfig.example.org/mail/config-v1.1.xml", 404, mail.HTTPStatus)
	blocked := "This network blocks mail: no mail server can be reached, whoever runs it"
	sending := "This network blocks sending: no SMTP server can be reached, whoever runs it"
	return []fixture{
		{"net.mail-blocked", "control hosts are silent too", both(mail.Timeout).control(mail.Timeout, controlIMAP, controlSMTP), blocked, mail.Critical},
		{"net.mail-blocked", "control hosts are turned back too", both(mail.Unreachable).answers("mx:example.org", "10 mx").control(mail.Unreachable, controlIMAP, controlSMTP), blocked, mail.Critical},
		{"net.mail-blocked", "a control host answers", quiet.control("", controlIMAP, controlSMTP), "", ""},
		{"net.mail-blocked", "the servers refuse, and the control host is silent", both(mail.Refused).control(mail.Timeout, controlIMAP, controlSMTP), "", ""},
		{"server.timeout", "control hosts are silent too", both(mail.Timeout).control(mail.Timeout, controlIMAP, controlSMTP), "", ""},
		{"run.incomplete", "control hosts are silent too", both(mail.Timeout).control(mail.Timeout, controlIMAP, controlSMTP), "", ""},
		{
			"server.timeout", "a control host answers", published().works(imaps).dial(mail.Timeout, smtps).control("", controlSMTP),
			"smtp.example.org does not answer on port 465", mail.Critical,
		},

		{"net.smtp-blocked", "a control host is silent too", published().works(imaps).dial(mail.Timeout, smtps).control(mail.Timeout, controlSMTP, secondSMTP), sending, mail.Critical},
		{"net.smtp-blocked", "control hosts answer", published().srv(smtp).works(imaps).dial(mail.Timeout, smtps, smtp).control("", controlSMTP), "", ""},

		{
			"net.port-blocked", "one port of two", published().srv(smtp).works(imaps, smtp).dial(mail.Timeout, smtps).control(mail.Timeout, controlSMTP, secondSMTP),
			"This network blocks port 465: smtp.example.org cannot be reached there", mail.Error,
		},
		{
			"net.port-blocked", "control hosts answer on another port for sending", published().works(imaps).dial(mail.Timeout, smtps).control(mail.Timeout, controlSMTP).control("", "smtp+starttls://smtp.comparison.example:587"),
			"This network blocks port 465: smtp.example.org cannot be reached there", mail.Critical,
		},
		{
			"net.port-blocked", "the only control host may be down as well", nowhere().user(imaps).dial(mail.Timeout, imaps).control(mail.Timeout, controlIMAP),
			"This network seems to block port 993: imap.example.org cannot be reached there", mail.Critical,
		},
		{
			"net.mail-blocked", "all control hosts are of one owner, and may be down as well", both(mail.Timeout).control(mail.Timeout, controlIMAP, secondSMTP),
			"This network seems to block mail: no mail server can be reached, whoever runs it", mail.Critical,
		},
		{"net.port-blocked", "a control host does not have the service", published().works(imaps).dial(mail.Refused, smtps).control("", controlIMAP).control(mail.Refused, "smtps://imap.control.example:465"), "", ""},
		{"net.port-blocked", "a control host answers", published().srv(smtp).works(imaps, smtp).dial(mail.Timeout, smtps).control("", controlSMTP), "", ""},

		{
			"net.port-25-blocked", "a control host is silent too", good().mxHost(mx).dial(mail.Timeout, mx).control(mail.Timeout, controlRelay, secondRelay),
			"This network blocks port 25, as most networks of homes and offices do", mail.Notice,
		},
		{
			"net.port-25-blocked", "the user sends through it", nowhere().user(mx).dial(mail.Timeout, mx).control(mail.Timeout, controlRelay, secondRelay),
			"This network blocks port 25: mx.example.org cannot be reached there", mail.Critical,
		},
		{"net.port-25-blocked", "a control host answers", good().mxHost(mx).dial(mail.Timeout, mx).control("", controlRelay), "", ""},
		{"mx.unreachable", "a control host is silent too", good().mxHost(mx).dial(mail.Timeout, mx).control(mail.Timeout, controlRelay), "", ""},
		{
			"mx.unreachable", "a control host answers", good().mxHost(mx).dial(mail.Timeout, mx).control("", controlRelay),
			"mx.example.org does not answer on port 25, while other mail servers do", mail.Warning,
		},
	}
}

func portalFixtures() []fixture {
	const title = "This network wants a sign-in on its web page first, and lets no mail through until then"
	portal := goodCertificate()
	portal.Subject, portal.Names = "CN=login.hotel.example", []string{"login.hotel.example"}
	http := `answered: HTTP/1.1 302 Found`
	one := published().session(imaps, mail.ProtocolFault, func(f *mail.SessionFacts) { f.Greeting = "" }, http).dial(mail.Timeout, smtps)
	other := "smtps://mail.example.net:465"
	led := func(w *world) *world {
		return w.dial(mail.Timeout, imaps, smtps).page("http://autoconfig.example.org/x.xml", 200, "", func(f *mail.HTTPFacts) {
			f.Redirects = []string{"http://login.hotel.example/hello"}
		})
	}
	says511 := nowhere().web("http://autoconfig.example.org/mail/config-v1.1.xml", 511, mail.HTTPStatus)
	return []fixture{
		{"net.captive-portal", "the directory shows the same wrong certificate", published().shows(mail.CertName, portal, imaps).dial(mail.Timeout, smtps).directory(mail.CertName, portal), title, mail.Critical},
		{"net.captive-portal", "a control host shows the same wrong certificate", published().shows(mail.CertName, portal, imaps, smtps).controlShows(controlIMAP, mail.CertName, portal), title, mail.Critical},
		{"net.captive-portal", "a control host's name leads to the same address", published().dial(mail.Timeout, imaps, smtps).answers("a:imap.example.org", "10.0.0.1").answers("a:imap.control.example", "10.0.0.1").controls("imap.control.example"), title, mail.Critical},
		{
			"net.captive-portal", "a name of the domain leads to the servers of a control host, which proves itself",
			published().shows(mail.CertName, portal, imaps, smtps).answers("a:imap.example.org", "203.0.113.9").
				answers("a:imap.control.example", "203.0.113.9").controls("imap.control.example").controlShows(controlIMAP, "", goodCertificate()),
			"", "",
		},
		{
			"net.captive-portal", "a name of the domain leads to the servers of a control host, which greets",
			published().works(imaps).dial(mail.Refused, smtps).shows(mail.CertName, portal, imaps).answers("a:smtp.example.org", "203.0.113.9").
				answers("a:send.control.example", "203.0.113.9").controls("send.control.example").
				session("smtp+starttls://send.control.example:587", "", func(f *mail.SessionFacts) { f.Greeting = "220 send.control.example ESMTP" }).
				controls("smtp+starttls://send.control.example:587"),
			"", "",
		},
		{"net.captive-portal", "a web server says so", says511, title, mail.Critical},
		{"net.captive-portal", "web servers at mail ports of two owners", nowhere().srv(imaps).ispdb(other).session(imaps, mail.ProtocolFault, func(f *mail.SessionFacts) { f.Greeting = "" }, http).handshake(other, mail.TLSNotSpoken).detail("tls:"+other+"#192.0.2.1", `192.0.2.1 answered the TLS handshake with "HTTP/1.1 400 Bad Request"`), title, mail.Critical},
		{"net.captive-portal", "one wrong certificate of one house", published().shows(mail.CertName, portal, imaps, smtps), "", ""},
		{"net.captive-portal", "a web server at one mail port", one, "", ""},
		{
			"net.captive-portal", "a web server at one mail port, and web requests are led elsewhere",
			published().session(imaps, mail.ProtocolFault, func(f *mail.SessionFacts) { f.Greeting = "" }, http).dial(mail.Timeout, smtps).
				page("http://autoconfig.example.org/x.xml", 200, "", func(f *mail.HTTPFacts) { f.Redirects = []string{"http://login.hotel.example/hello"} }),
			title, mail.Critical,
		},
		{
			"net.captive-portal", "web requests are led elsewhere, and nothing else gets through",
			led(published()).control(mail.Timeout, controlIMAP, controlSMTP), title, mail.Critical,
		},
		{
			"net.captive-portal", "the domain is parked, and its servers are gone",
			led(published()).web("https://autoconfig.thunderbird.net/v1.1/example.org", 404, mail.HTTPStatus).control(mail.Timeout, controlIMAP), "", "",
		},
		{"net.captive-portal", "something can be used", good().says(mail.SourceAutoconfig, mail.TrustAuthenticated, pop3s).shows(mail.CertName, portal, pop3s).directory(mail.CertName, portal), "", ""},
		{"tls.certificate-name", "a portal answers", published().shows(mail.CertName, portal, imaps, smtps).directory(mail.CertName, portal), "", ""},
	}
}

// detail sets the words of a failure.
func (w *world) detail(id, words string) *world {
	for _, o := range w.Observations {
		if o.ID == id {
			o.Failure.Detail = words
		}
	}
	return w
}

func clockFixtures() []fixture {
	const day = 24 * time.Hour
	later := goodCertificate() // by a clock that is a year and more behind
	later.NotBefore, later.NotAfter = daysFromToday(380), daysFromToday(470)
	ended := goodCertificate()
	ended.NotAfter = daysFromToday(-3)
	early := func() *world { return published().shows(mail.CertNotYetValid, later, imaps, smtps) }
	page := "http://autoconfig.example.org/mail/config-v1.1.xml"
	return []fixture{
		{
			"net.clock-wrong", "a control host tells the time, and certificates are not valid yet",
			early().control("", controlIMAP).tells("control:dial:"+controlIMAP+"#192.0.2.1", 400*day), "The clock of this computer is 400 days behind", mail.Critical,
		},
		{
			"net.clock-wrong", "two web servers tell the time, and nothing is out of date",
			good().web(page, 404, mail.HTTPStatus).tells(page, -3*time.Hour).web("http://example.net/", 200, "").tells("http://example.net/", -3*time.Hour-time.Minute),
			"The clock of this computer is 3 hours fast", mail.Warning,
		},
		{
			"net.clock-wrong", "the certificate of a control host has expired as well",
			published().shows(mail.CertExpired, ended, imaps, smtps).controlShows(controlIMAP, mail.CertExpired, ended), "The clock of this computer is at least 3 days fast", mail.Critical,
		},
		{
			"net.clock-wrong", "that of the directory is not valid yet as well",
			early().directory(mail.CertNotYetValid, later), "The clock of this computer is probably at least 380 days behind", mail.Critical,
		},
		{
			"net.clock-wrong", "only one house says so, at two addresses",
			early().web(page, 404, mail.HTTPStatus).tells(page, 400*day).from("192.0.2.80", page), "The clock of this computer is probably 400 days behind", mail.Critical,
		},
		{
			"net.clock-wrong", "only web servers were asked",
			nowhere().web(page, 404, mail.HTTPStatus).tells(page, 400*day).directory(mail.CertNotYetValid, later), "The clock of this computer is 400 days behind", mail.Warning,
		},
		{"net.clock-wrong", "only one computer says so", early().web(page, 404, mail.HTTPStatus).tells(page, 400*day), "", ""},
		{
			"net.clock-wrong", "one box speaks for two houses",
			early().web(page, 404, mail.HTTPStatus).tells(page, 400*day).web("http://example.net/", 200, "").tells("http://example.net/", 400*day).
				from("192.0.2.1", page, "http://example.net/"), "", "",
		},
		{"net.clock-wrong", "somebody tells the same time", early().control("", controlIMAP).tells("control:dial:"+controlIMAP+"#192.0.2.1", time.Second), "", ""},
		{
			"net.clock-wrong", "a certificate that is good contradicts",
			early().web(page, 404, mail.HTTPStatus).tells(page, 400*day).directory("", goodCertificate()), "", "",
		},
		{"net.clock-wrong", "two tell different times", early().web(page, 404, mail.HTTPStatus).tells(page, 400*day).control("", controlIMAP).tells("control:dial:"+controlIMAP+"#192.0.2.1", 90*day), "", ""},
		{
			"tls.certificate-not-yet-valid", "the clock is wrong",
			early().control("", controlIMAP).tells("control:dial:"+controlIMAP+"#192.0.2.1", 400*day), "", "",
		},
		{
			"tls.certificate-expired", "the clock is wrong, and the certificate has expired all the same",
			published().shows(mail.CertNotYetValid, later, imaps).shows(mail.CertExpired, ended, smtps).control("", controlIMAP).tells("control:dial:"+controlIMAP+"#192.0.2.1", 400*day),
			"The certificate of smtp.example.org expired on 19 Nov 2026, 3 days ago", mail.Critical,
		},
	}
}

func packetFixtures() []fixture {
	all := "Large packets do not come through to this computer: secure connections to mail servers hang"
	return []fixture{
		{"net.packet-size", "one server", published().works(smtps).narrow(imaps), "Large packets do not come through from imap.example.org (port 993)", mail.Critical},
		{"net.packet-size", "a control host too", published().narrow(imaps, smtps, controlIMAP).controls(controlIMAP), all, mail.Critical},
		{"net.packet-size", "the control host's do come through", published().narrow(imaps, smtps).controlShows(controlIMAP, "", goodCertificate()), "Large packets do not come through from imap.example.org (port 993)", mail.Critical},
		{"net.packet-size", "small ones do not come through either", published().works(smtps).handshake(imaps, mail.Timeout).attempt(imaps, "small", "", mail.Timeout).attempt(imaps, "classical", "", mail.Timeout), "", ""},
		{
			"net.packet-size", "the certificate came, and the handshake hung after it",
			published().works(smtps).narrow(imaps).changed(imaps, func(f *mail.TLSFacts) {
				if f.Attempt == "" {
					f.Certificates = []mail.Certificate{goodCertificate()}
				}
			}), "", "",
		},
		{"net.packet-size", "only the hello of today is too large", published().works(smtps).handshake(imaps, mail.Timeout).attempt(imaps, "small", "", mail.TLSAlert).attempt(imaps, "classical", "TLS 1.3", ""), "", ""},
		{
			"tls.large-hello", "a control host is cut off as well",
			published().works(imaps).handshake(smtps, mail.Reset).attempt(smtps, "classical", "TLS 1.3", "").
				handshake(controlSMTP, mail.Reset).attempt(controlSMTP, "classical", "TLS 1.3", "").controls(controlSMTP),
			"Something in this network breaks off when TLS begins with a large packet", mail.Critical,
		},
		{
			"net.tls-broken", "a control host is cut off as well", published().handshake(imaps, mail.Reset).handshake(smtps, mail.Reset).handshake(controlIMAP, mail.Reset).controls(controlIMAP),
			"Something here breaks every encrypted connection to mail servers, whoever runs them", mail.Critical,
		},
		{
			"net.tls-broken", "the control host's hangs as well", published().handshake(imaps, mail.Timeout).dial(mail.Timeout, smtps).handshake(controlIMAP, mail.Timeout).controls(controlIMAP),
			"Something here breaks every encrypted connection to mail servers, whoever runs them", mail.Critical,
		},
		{
			"net.tls-broken", "two owners' are cut off", nowhere().srv(imaps).ispdb("smtps://mail.example.net:465").handshake(imaps, mail.Reset).handshake("smtps://mail.example.net:465", mail.Reset),
			"Something here breaks every encrypted connection to mail servers, whoever runs them", mail.Critical,
		},
		{"net.tls-broken", "the control host's is good", published().handshake(imaps, mail.Reset).handshake(smtps, mail.Reset).controlShows(controlIMAP, "", goodCertificate()), "", ""},
		{"tls.handshake-failed", "everything is cut off", published().handshake(imaps, mail.Reset).handshake(smtps, mail.Reset).handshake(controlIMAP, mail.Reset).controls(controlIMAP), "", ""},
		{"tls.handshake-failed", "large packets are lost", published().works(smtps).narrow(imaps), "", ""},
	}
}

func interceptionFixtures() []fixture {
	shield := goodCertificate()
	shield.Issuer = "CN=Office Gateway CA"
	public := goodCertificate()
	public.Issuer = "CN=R10,O=Let's Encrypt,C=US"
	other := "smtps://mail.example.net:465"
	return []fixture{
		{
			"tls.intercepted", "one unknown authority signs for a control host too", published().shows(mail.CertUntrusted, shield, imaps, smtps).controlShows(controlIMAP, mail.CertUntrusted, shield),
			"Something on this computer or network stands in for imap.example.org and smtp.example.org and other servers", mail.Critical,
		},
		{
			"tls.intercepted", "one unknown authority signs for three owners", nowhere().srv(imaps).ispdb(other).shows(mail.CertUntrusted, shield, imaps, other).directory(mail.CertUntrusted, shield),
			"Something on this computer or network stands in for mail.example.net and imap.example.org and other servers", mail.Critical,
		},
		{
			"tls.intercepted", "this computer trusts the unknown authority", published().shows("", shield, imaps, smtps).controlShows(controlIMAP, "", shield),
			"Something on this computer or network reads the mail traffic to imap.example.org and smtp.example.org", mail.Notice,
		},
		{"tls.intercepted", "a public authority signs for a control host too", published().shows(mail.CertUntrusted, public, imaps, smtps).controlShows(controlIMAP, mail.CertUntrusted, public), "", ""},
		{
			"tls.intercepted", "one unknown authority signs for three owners, and not for a control host",
			nowhere().srv(imaps).ispdb(other).shows(mail.CertUntrusted, shield, imaps, other).directory(mail.CertUntrusted, shield).controlShows(controlIMAP, "", public), "", "",
		},
		{"tls.intercepted", "one unknown authority signs for two owners", nowhere().srv(imaps).ispdb(other).shows(mail.CertUntrusted, shield, imaps, other), "", ""},
	}
}

func smtpProxyFixtures() []fixture {
	const other = "smtp+starttls://smtp.other.test:587"
	greets := func(text string) func(*mail.SessionFacts) {
		return func(f *mail.SessionFacts) { f.Greeting = text }
	}
	proxied := func(mine, theirs string) *world {
		return good().srv(smtp).srv(other).session(smtp, mail.StartTLSNotOffered, greets(mine)).session(other, mail.StartTLSNotOffered, greets(theirs)).
			from("192.0.2.9", "session:"+other)
	}
	return []fixture{
		{
			"net.smtp-proxy", "servers of two owners call themselves the same", proxied("220 gate.hotel.test ESMTP", "220 GATE.hotel.test. ready"),
			"Something on the way answers in place of smtp.example.org and smtp.other.test: it calls itself gate.hotel.test (port 587)", mail.Error,
		},
		{"starttls.not-offered", "a proxy hides it", proxied("220 gate.hotel.test ESMTP", "220 gate.hotel.test"), "", ""},
		{"net.smtp-proxy", "each has a name of its own", proxied("220 smtp.example.org ESMTP", "220 smtp.other.test"), "", ""},
		{"net.smtp-proxy", "one of them has the name", proxied("220 smtp.other.test ESMTP", "220 smtp.other.test"), "", ""},
		{"net.smtp-proxy", "no names", proxied("220 ESMTP", "220 ESMTP"), "", ""},
		{
			"net.smtp-proxy", "a hoster of both proves who it is", good().srv(smtp).srv(other).works(smtp, other).
				session(smtp, "", greets("220 mail.hoster.test")).session(other, "", greets("220 mail.hoster.test")).from("192.0.2.9", "session:"+other), "", "",
		},
	}
}
