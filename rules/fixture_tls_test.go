package rules

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/mailmedic/mailmedic/mail"
)

func certificateFixtures() []fixture {
	valid := func(from, to int) mail.Certificate {
		c := goodCertificate()
		c.NotBefore, c.NotAfter = daysFromToday(from), daysFromToday(to)
		return c
	}
	named := func(names ...string) mail.Certificate {
		c := goodCertificate()
		c.Names = names
		return c
	}
	from := func(issuer string, self bool) mail.Certificate {
		c := goodCertificate()
		c.Issuer, c.SelfSigned = issuer, self
		return c
	}
	deep := "imaps://a.b.example.org:993"
	return []fixture{
		{
			"tls.intercepted", "an antivirus program signs", published().shows(mail.CertUntrusted, from("CN=Avast Web/Mail Shield Root", false), imaps, smtps),
			"Avast on this computer or network reads the mail traffic to imap.example.org and smtp.example.org", mail.Critical,
		},
		{
			"tls.intercepted", "this computer trusts the product", good().shows("", from("CN=Kaspersky Personal Root", false), imaps, smtps),
			"Kaspersky on this computer or network reads the mail traffic to imap.example.org and smtp.example.org", mail.Notice,
		},
		{"tls.intercepted", "a name that only contains one of a product", published().shows(mail.CertUntrusted, from("CN=Lavgas Root", false), imaps, smtps), "", ""},
		{"tls.intercepted", "an unknown authority signs", published().shows(mail.CertUntrusted, from("CN=Own Authority", false), imaps, smtps), "", ""},

		{
			"tls.certificate-expired", "on one of two servers", published().works(imaps).shows(mail.CertExpired, valid(-93, -3), smtps),
			"The certificate of smtp.example.org expired on 19 Nov 2026, 3 days ago", mail.Critical,
		},
		{
			"tls.certificate-expired", "yesterday, and another setting works", good().srv(smtp).shows(mail.CertExpired, valid(-90, -1), smtp),
			"The certificate of smtp.example.org expired on 21 Nov 2026, 1 day ago", mail.Error,
		},
		{
			"tls.certificate-expired", "today, on every server", published().shows(mail.CertExpired, valid(-90, 0), imaps, smtps),
			"The certificate of imap.example.org and smtp.example.org expired on 22 Nov 2026", mail.Critical,
		},
		{"tls.certificate-expired", "a guess", good().guess(pop3s).shows(mail.CertExpired, valid(-93, -3), pop3s), "", ""},

		{
			"tls.certificate-not-yet-valid", "from tomorrow on", published().works(imaps).shows(mail.CertNotYetValid, valid(1, 90), smtps),
			"The certificate of smtp.example.org is valid only from 23 Nov 2026 on", mail.Critical,
		},
		{"tls.certificate-not-yet-valid", "since today", good().shows("", valid(0, 90), smtps), "", ""},

		{
			"tls.certificate-name", "the hoster's name", published().works(imaps).shows(mail.CertName, named("*.hoster.example", "web7.hoster.example"), smtps),
			"The certificate of smtp.example.org is not for that name, but for *.hoster.example and web7.hoster.example", mail.Critical,
		},
		{
			"tls.certificate-name", "the mail domain alone", published().works(imaps).shows(mail.CertName, named("example.org"), smtps),
			"The certificate of smtp.example.org is not for that name, but for example.org", mail.Critical,
		},
		{
			"tls.certificate-name", "the service alone",
			published().works(imaps).shows(mail.CertName, named("www.example.org"), smtps).changed(smtps, func(f *mail.TLSFacts) {
				f.Identities = []mail.Identity{{Kind: mail.IdentitySRVName, Name: "_submissions.example.org", MatchedBy: "_submissions.example.org"}}
			}),
			"The certificate of smtp.example.org is not for that name, but for www.example.org", mail.Critical,
		},
		{
			"tls.certificate-name", "the name is the common name alone", published().works(imaps).shows(mail.CertName, mail.Certificate{Subject: "O=Example,CN=SMTP.example.org", Names: []string{}}, smtps),
			"The certificate of smtp.example.org has that name only where programs no longer look", mail.Critical,
		},
		{"tls.certificate-name", "the mail domain is missing, which nobody minds", good().shows("", named("imap.example.org"), imaps), "", ""},
		{
			"tls.certificate-name", "no name at all", published().works(imaps).shows(mail.CertName, named(), smtps),
			"The certificate of smtp.example.org is not for that name", mail.Critical,
		},
		{
			"tls.certificate-name", "a wildcard that is too short", good().ispdb(deep).shows(mail.CertName, named("*.example.org"), deep),
			"The certificate of a.b.example.org is not for that name, but for *.example.org", mail.Warning,
		},
		{"tls.certificate-name", "the wildcard fits", good().shows("", named("*.example.org"), imaps), "", ""},

		{
			"tls.certificate-self-signed", "one certificate on both", published().shows(mail.CertUntrusted, from("CN=example.org", true), imaps, smtps),
			"The certificate of imap.example.org and smtp.example.org is signed by itself and vouched for by nobody", mail.Critical,
		},
		{"tls.certificate-self-signed", "an unknown authority", published().shows(mail.CertUntrusted, from("CN=Own Authority", false), imaps), "", ""},

		{
			"tls.certificate-untrusted", "an unknown authority", published().works(smtps).shows(mail.CertUntrusted, from("CN=Own Authority", false), imaps),
			"The certificate of imap.example.org comes from an authority that is not trusted: CN=Own Authority", mail.Critical,
		},
		{"tls.certificate-untrusted", "signed by itself", published().shows(mail.CertUntrusted, from("CN=example.org", true), imaps), "", ""},

		{
			"tls.chain-incomplete", "the leaf alone, of an authority that may be somebody's own", published().shows(mail.CertChain, from("CN=Own Authority", false), imaps),
			"The certificate chain that imap.example.org sends leads to no authority that is known here", mail.Critical,
		},
		{
			"tls.chain-incomplete", "the leaf alone, of an authority that another server sends whole",
			published().shows("", from("CN=Own Authority", false), smtps).shows(mail.CertChain, from("CN=Own Authority", false), imaps),
			"imap.example.org does not send the whole certificate chain", mail.Critical,
		},
		{
			"tls.chain-incomplete", "the leaf alone, of a public authority", published().works(smtps).shows(mail.CertChain, from("CN=R10,O=Let's Encrypt,C=US", false), imaps),
			"imap.example.org does not send the whole certificate chain", mail.Critical,
		},
		{"tls.chain-incomplete", "the whole chain", good(), "", ""},

		{
			"tls.certificate-expires-soon", "20 of 90 days are left", good().shows("", valid(-70, 20), imaps, smtps),
			"The certificate of imap.example.org and smtp.example.org expires on 12 Dec 2026, in 20 days", mail.Warning,
		},
		{
			"tls.certificate-expires-soon", "hours are left", good().shows("", valid(-90, 0), smtps).at(-5),
			"The certificate of smtp.example.org expires within a day, on 22 Nov 2026", mail.Error,
		},
		{"tls.certificate-expires-soon", "40 of 90 days are left", good().shows("", valid(-50, 40), imaps), "", ""},
		{"tls.certificate-expires-soon", "5 of 6 days are left", good().shows("", valid(-1, 5), imaps), "", ""},
		{"tls.certificate-expires-soon", "100 of 398 days are left", good().shows("", valid(-298, 100), imaps), "", ""},
	}
}

// attempt adds a further handshake in another way.
func (w *world) attempt(text, way, version string, class mail.Class) *world {
	facts := &mail.TLSFacts{Attempt: way, Version: version}
	if version != "" {
		facts.Cipher = "TLS_RSA_WITH_RC4_128_SHA"
	}
	return w.observe(mail.Observation{ID: "tls:" + text + "#192.0.2.1/" + way, Kind: mail.KindTLS, Subject: text, Failure: failure(class), TLSFacts: facts})
}

// changed changes what handshakes with a server showed.
func (w *world) changed(text string, change func(*mail.TLSFacts)) *world {
	for i, o := range w.Observations {
		if o.Kind == mail.KindTLS && o.Subject == text {
			facts := *o.TLSFacts
			facts.Certificates = slices.Clone(facts.Certificates)
			change(&facts)
			w.Observations[i].TLSFacts = &facts
		}
	}
	return w
}

func (w *world) request(text string, r mail.CertificateRequest) *world {
	return w.changed(text, func(f *mail.TLSFacts) { f.ClientCertificate = r })
}

// alertFixtures are handshakes that the server ended with an alert, case 60.
func alertFixtures() []fixture {
	title := map[uint8]string{112: "The server behind smtp.example.org does not know that name (port 465)"}
	var list []fixture
	for _, number := range []uint8{40, 42, 48, 80, 86, 112, 116, 120, 255} {
		w := published().works(imaps).handshake(smtps, mail.TLSAlert).changed(smtps, func(f *mail.TLSFacts) { f.Alert = number })
		list = append(list, fixture{
			"tls.handshake-failed", "alert " + strconv.Itoa(int(number)), w,
			cmp.Or(title[number], "No encrypted connection to smtp.example.org comes about on port 465"), mail.Critical,
		})
	}
	return list
}

func certificateFactFixtures() []fixture {
	with := func(change func(*mail.Certificate)) *world {
		return good().changed(imaps, func(f *mail.TLSFacts) { change(&f.Certificates[0]) })
	}
	status := func(s mail.OCSPStatus) *world {
		return good().changed(imaps, func(f *mail.TLSFacts) { f.Stapled = s })
	}
	notes := func(list ...mail.ChainNote) *world {
		return good().changed(imaps, func(f *mail.TLSFacts) { f.ChainNotes = list })
	}
	unusable := func(fault mail.CertificateFault, detail ...string) *world {
		w := published().works(imaps).handshake(smtps, mail.CertUntrusted).session(smtps, mail.CertUntrusted, nil).changed(smtps, func(f *mail.TLSFacts) { f.CertificateFault = fault })
		for _, o := range w.ofKind(mail.KindTLS) {
			if o.Subject == smtps {
				o.Failure.Detail = strings.Join(detail, "")
			}
		}
		return w
	}
	faulty := func(class mail.Class, fault mail.CertificateFault) *world {
		c := goodCertificate()
		c.Signature = "SHA1-RSA"
		return published().works(imaps).shows(class, c, smtps).changed(smtps, func(f *mail.TLSFacts) { f.CertificateFault = fault })
	}
	clientOnly := goodCertificate()
	clientOnly.Usages = []string{"client", "email"}
	return []fixture{
		{"tls.certificate-revoked", "the server says so itself", status(mail.OCSPRevoked), "The certificate of imap.example.org was revoked by the authority that issued it", mail.Error},
		{"tls.certificate-revoked", "it is good", status(mail.OCSPGood), "", ""},

		{
			"tls.certificate-usage", "for clients only", published().works(imaps).shows(mail.CertUntrusted, clientOnly, smtps),
			"The certificate of smtp.example.org is not made for servers, but for: client and email", mail.Critical,
		},
		{"tls.certificate-usage", "it is an authority's", with(func(c *mail.Certificate) { c.Authority = true }), "The certificate of imap.example.org is one of an authority and not of a server", mail.Warning},
		{"tls.certificate-usage", "it signed itself, which is worse", with(func(c *mail.Certificate) { c.Authority, c.SelfSigned = true, true }), "", ""},
		{"tls.certificate-usage", "for servers too", with(func(c *mail.Certificate) { c.Usages = []string{"client", "server"} }), "", ""},
		{"tls.certificate-untrusted", "it is not made for servers", published().works(imaps).shows(mail.CertUntrusted, clientOnly, smtps), "", ""},

		{"tls.certificate-weak", "a short key", with(func(c *mail.Certificate) { c.Key = "RSA 1024" }), "The certificate of imap.example.org is weak: an RSA key of 1024 bits", mail.Warning},
		{
			"tls.certificate-weak", "exponent and signature", with(func(c *mail.Certificate) { c.Key, c.Exponent, c.Signature = "RSA 2048", 3, "SHA1-RSA" }),
			"The certificate of imap.example.org is weak: a signature with SHA1 and an RSA key with the exponent 3", mail.Warning,
		},
		{
			"tls.certificate-weak", "an intermediate one", good().changed(imaps, func(f *mail.TLSFacts) {
				f.Certificates = append(f.Certificates, mail.Certificate{Key: "ECDSA P-224", Signature: "MD5-RSA"})
			}),
			"The certificate of imap.example.org is weak: a key on the curve P-224 of an intermediate certificate and a signature with MD5 of an intermediate certificate", mail.Warning,
		},
		{"tls.certificate-weak", "a root signs itself as it likes", with(func(c *mail.Certificate) { c.SelfSigned, c.Signature = true, "SHA1-RSA" }), "", ""},
		{"tls.certificate-weak", "a good one", with(func(c *mail.Certificate) { c.Key, c.Signature = "RSA 3072", "SHA256-RSA" }), "", ""},

		{
			"tls.certificate-unusable", "it cannot be read", unusable(mail.CertificateUnreadable, "the certificate cannot be read: SAN dNSName is malformed"),
			"The certificate of smtp.example.org breaks the rules for certificates: SAN dNSName is malformed", mail.Critical,
		},
		{"tls.certificate-unusable", "a huge key", unusable(mail.CertificateKeyTooBig), "The certificate of smtp.example.org has a key of more than 8192 bits", mail.Critical},
		{"tls.certificate-unusable", "a tiny key", unusable(mail.CertificateKeyTooTiny), "The certificate of smtp.example.org has a key of less than 1024 bits", mail.Critical},
		{
			"tls.certificate-unusable", "a tiny key, which TLS 1.3 does without", published().works(imaps).handshake(smtps, mail.TLSAlert).attempt(smtps, "tls-1.2", "TLS 1.2", mail.CertUntrusted).changed(smtps, func(f *mail.TLSFacts) {
				if f.Attempt != "" {
					f.CertificateFault = mail.CertificateKeyTooTiny
				}
			}),
			"The certificate of smtp.example.org has a key of less than 1024 bits", mail.Critical,
		},
		{"tls.certificate-unusable", "far too many", unusable(mail.CertificatesTooLarge), "smtp.example.org sends more certificates than any program takes", mail.Critical},
		{
			"tls.certificate-unusable", "only the certificate can be what is odd", published().works(imaps).handshake(smtps, mail.TLSAlert).attempt(smtps, "legacy", "TLS 1.3", "").changed(smtps, func(f *mail.TLSFacts) {
				f.Cipher = "TLS_AES_128_GCM_SHA256"
			}),
			"The certificate of smtp.example.org is of a kind that mail programs of today do not take (port 465)", mail.Critical,
		},
		{
			"tls.certificate-unusable", "the server has shown it, and could not go on", published().works(imaps).handshake(smtps, mail.TLSAlert).
				attempt(smtps, "classical", "TLS 1.3", mail.TLSAlert).attempt(smtps, "legacy", "TLS 1.3", "").changed(smtps, func(f *mail.TLSFacts) {
				f.Cipher = "TLS_AES_128_GCM_SHA256"
				if f.Attempt == "classical" {
					f.Certificates = []mail.Certificate{goodCertificate()}
				}
			}), "", "",
		},
		{
			"tls.handshake-failed", "the server has shown its certificate, and could not go on", published().works(imaps).handshake(smtps, mail.TLSAlert).
				attempt(smtps, "legacy", "TLS 1.3", "").changed(smtps, func(f *mail.TLSFacts) { f.Cipher, f.Alert = "TLS_AES_128_GCM_SHA256", 80 }),
			"No encrypted connection to smtp.example.org comes about on port 465", mail.Critical,
		},
		{
			"tls.certificate-unusable", "signed with SHA-1", faulty(mail.CertUntrusted, mail.SignatureOutdated),
			"The certificate of smtp.example.org is signed in a way that is out of use (SHA1-RSA)", mail.Critical,
		},
		{"tls.certificate-untrusted", "signed with SHA-1", faulty(mail.CertUntrusted, mail.SignatureOutdated), "", ""},
		{
			"tls.certificate-unusable", "its authority is bound to other names", faulty(mail.CertUntrusted, mail.NameNotPermitted),
			"The certificate of smtp.example.org comes from an authority that must not vouch for that name: Example Authority", mail.Critical,
		},
		{
			"tls.certificate-unusable", "an intermediate one is out of date", faulty(mail.CertChain, mail.IntermediateNotValid),
			"smtp.example.org sends an intermediate certificate that is out of date", mail.Critical,
		},
		{"tls.chain-incomplete", "an intermediate one is out of date", faulty(mail.CertChain, mail.IntermediateNotValid), "", ""},
		{
			"tls.certificate-unusable", "an intermediate one is none", faulty(mail.CertChain, mail.IntermediateMayNotSign),
			"smtp.example.org sends a chain with a certificate in it that must not sign others", mail.Critical,
		},
		{"tls.certificate-unusable", "it has expired besides", faulty(mail.CertExpired, mail.SignatureOutdated), "", ""},
		{"tls.certificate-unusable", "the cipher is what is odd", published().works(imaps).handshake(smtps, mail.TLSAlert).attempt(smtps, "legacy", "TLS 1.2", ""), "", ""},
		{"tls.certificate-unusable", "it is merely expired", published().works(imaps).shows(mail.CertExpired, goodCertificate(), smtps), "", ""},
		{"tls.certificate-untrusted", "it cannot be read", unusable(mail.CertificateUnreadable), "", ""},

		{"tls.stale-status", "out of date", status(mail.OCSPStale), "imap.example.org sends a status of its certificate that cannot be used", mail.Notice},
		{"tls.stale-status", "none is sent", good(), "", ""},

		{
			"tls.chain-order", "two things", notes(mail.ChainOrder, mail.ChainExtra, mail.ChainRoot),
			"imap.example.org sends the certificate chain in disorder: the order is wrong and some do not belong to it", mail.Notice,
		},
		{"tls.chain-order", "only the root is too much", notes(mail.ChainRoot), "", ""},
	}
}

func tlsFixtures() []fixture {
	old := func(text string, class mail.Class) *world {
		w := good().srv(text).handshake(text, class, goodCertificate()).session(text, class, nil)
		for _, o := range w.Observations {
			if o.Kind == mail.KindTLS && o.Subject == text {
				o.Version = "TLS 1.0"
			}
		}
		return w
	}
	bare := "imap://imap.example.org:143"
	noTLS := func(f *mail.SessionFacts) { f.Capabilities.BeforeTLS = []string{"IMAP4REV1"} }
	withTLS := func(f *mail.SessionFacts) { f.Capabilities.BeforeTLS = []string{"IMAP4REV1", "STARTTLS"} }
	return []fixture{
		{"tls.version", "no version in common", good().srv(smtp).handshake(smtp, mail.TLSVersion), "smtp.example.org speaks only outdated versions of TLS on port 587", mail.Error},
		{"tls.version", "an old one was agreed on", old(smtp, ""), "smtp.example.org speaks only outdated versions of TLS (TLS 1.0) on port 587", mail.Warning},
		{
			"tls.version", "only a raw hello finds it", good().srv(smtp).handshake(smtp, mail.TLSAlert).attempt(smtp, "legacy", "SSL 3.0", ""),
			"smtp.example.org speaks only outdated versions of TLS (SSL 3.0) on port 587", mail.Error,
		},
		{"tls.version", "TLS 1.3", good(), "", ""},
		{"tls.version", "it is TLS 1.3 that the server cannot stand", good().srv(smtp).handshake(smtp, mail.TLSVersion).attempt(smtp, "tls-1.2", "TLS 1.2", ""), "", ""},

		{
			"tls.obsolete-ciphers", "RC4 only", good().srv(smtp).handshake(smtp, mail.TLSAlert).attempt(smtp, "classical", "", mail.TLSAlert).attempt(smtp, "legacy", "TLS 1.2", ""),
			"smtp.example.org offers only outdated encryption on port 587 (TLS_RSA_WITH_RC4_128_SHA)", mail.Error,
		},
		{
			"tls.obsolete-ciphers", "the server chose a good one, and could not go on", good().srv(smtp).handshake(smtp, mail.TLSAlert).
				attempt(smtp, "legacy", "TLS 1.2", "").changed(smtp, func(f *mail.TLSFacts) { f.Cipher = "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384" }), "", "",
		},
		{"tls.obsolete-ciphers", "the version is outdated too", good().srv(smtp).handshake(smtp, mail.TLSAlert).attempt(smtp, "legacy", "TLS 1.0", ""), "", ""},

		{
			"tls.large-hello", "a small hello works", published().works(imaps).handshake(smtps, mail.Reset).attempt(smtps, "classical", "TLS 1.3", ""),
			"smtp.example.org breaks off on port 465 when TLS begins with a large packet", mail.Critical,
		},
		{
			"tls.large-hello", "the small one fails later too", published().works(imaps).handshake(smtps, mail.TLSAlert).
				attempt(smtps, "classical", "TLS 1.3", mail.TLSAlert).attempt(smtps, "tls-1.2", "TLS 1.2", mail.TLSAlert), "", "",
		},
		{"tls.large-hello", "no hello works", published().works(imaps).handshake(smtps, mail.Reset).attempt(smtps, "classical", "", mail.Reset), "", ""},

		{
			"tls.version-intolerance", "TLS 1.2 alone works", published().works(imaps).handshake(smtps, mail.Closed).attempt(smtps, "classical", "", mail.Closed).attempt(smtps, "tls-1.2", "TLS 1.2", ""),
			"smtp.example.org breaks off on port 465 when TLS 1.3 is offered", mail.Critical,
		},
		{"tls.version-intolerance", "TLS 1.3 works", good(), "", ""},

		{
			"tls.client-certificate", "demanded after the handshake", published().works(imaps).shows("", goodCertificate(), smtps).session(smtps, mail.TLSAlert, nil).request(smtps, mail.CertificateRequired),
			"smtp.example.org lets only those in who show a certificate of their own (port 465)", mail.Critical,
		},
		{
			"tls.client-certificate", "asked for", good().request(smtps, mail.CertificateOptional),
			"smtp.example.org asks for a certificate of the mail program and goes on without one", mail.Notice,
		},
		{"tls.client-certificate", "nobody asks", good(), "", ""},

		{"tls.handshake-failed", "an alert", published().works(imaps).handshake(smtps, mail.TLSAlert), "No encrypted connection to smtp.example.org comes about on port 465", mail.Critical},
		{"tls.handshake-failed", "the connection is closed", good().srv(smtp).handshake(smtp, mail.Closed), "No encrypted connection to smtp.example.org comes about on port 587", mail.Error},
		{"tls.handshake-failed", "another way works", published().works(imaps).handshake(smtps, mail.Reset).attempt(smtps, "classical", "TLS 1.3", ""), "", ""},
		{"tls.handshake-failed", "a client certificate is what is missing", published().works(imaps).handshake(smtps, mail.TLSAlert).request(smtps, mail.CertificateRequired), "", ""},
		{"tls.handshake-failed", "the certificate is what is wrong", published().works(imaps).shows(mail.CertExpired, goodCertificate(), smtps), "", ""},

		{
			"starttls.injection", "plain text after the answer", good().srv(smtp).session(smtp, mail.StartTLSInjection, nil),
			"smtp.example.org sends plain text into the start of the encryption on port 587", mail.Critical,
		},
		{"starttls.injection", "STARTTLS is refused", good().srv(smtp).session(smtp, mail.StartTLSRefused, nil), "", ""},

		{
			"tls.none-offered", "the only port of the host", published().works(smtps).dial(mail.Refused, imaps).srv(imap).session(imap, mail.StartTLSNotOffered, noTLS),
			"imap.example.org offers no encryption at all (port 143)", mail.Critical,
		},
		{
			"tls.none-offered", "published without encryption", nowhere().ispdb(bare).session(bare, "", noTLS),
			"imap.example.org offers no encryption at all (port 143)", mail.Critical,
		},
		{
			"tls.none-offered", "a mail exchanger that the user named", (&world{Facts{Now: today()}}).claim(mx, mail.MX, mail.Claim{Source: mail.SourceUser, Trust: mail.TrustUser}).session(mx, mail.StartTLSNotOffered, noTLS),
			"mx.example.org offers no encryption at all (port 25)", mail.Error,
		},
		{"tls.none-offered", "another port has it", good().srv(imap).session(imap, mail.StartTLSNotOffered, noTLS), "", ""},

		{
			"starttls.not-offered", "another port has it", good().srv(imap).session(imap, mail.StartTLSNotOffered, noTLS),
			"imap.example.org does not offer STARTTLS on port 143", mail.Error,
		},
		{"starttls.not-offered", "no port has it, which says it all", published().works(smtps).srv(imap).session(imap, mail.StartTLSNotOffered, noTLS), "", ""},

		{
			"starttls.refused", "the key cannot be read", good().srv(smtp).session(smtp, mail.StartTLSRefused, nil, "STARTTLS is offered and refused: 454 4.7.0 TLS not available due to local problem"),
			"smtp.example.org offers STARTTLS on port 587 and then refuses it", mail.Error,
		},
		{
			"starttls.refused", "in plain text where the handshake begins", good().srv(smtp).handshake(smtp, mail.TLSNotSpoken),
			"smtp.example.org offers STARTTLS on port 587 and then refuses it", mail.Error,
		},
		{"starttls.refused", "it works", good().srv(smtp).works(smtp), "", ""},

		{
			"discovery.no-encryption", "the domain publishes it", good().says(mail.SourceAutoconfig, mail.TrustAuthenticated, bare).session(bare, "", withTLS),
			"imap.example.org is published for use without encryption (port 143)", mail.Error,
		},
		{"discovery.no-encryption", "a directory lists it beside better ones", good().ispdb(bare).session(bare, "", withTLS), "", ""},
	}
}

func TestAFurtherHandshakeProvesNothing(t *testing.T) {
	t.Parallel()
	w := published().handshake(smtps, mail.Reset).session(smtps, mail.Reset, nil).attempt(smtps, "classical", "TLS 1.3", "")
	if proof := ProofOf(endpoint(smtps), w.Observations); proof != mail.Reachable {
		t.Errorf("proof %s", proof)
	}
	if j := w.judge(); j.Verdict.Send != mail.Broken {
		t.Errorf("verdict %+v", j.Verdict)
	}
}
