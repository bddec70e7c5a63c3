package rules

import "github.com/mailmedic/mailmedic/mail"

func sessionFixtures() []fixture {
	limit := func(text, name string, n int64) *world {
		return good().srv(text).handshake(text, "", goodCertificate()).session(text, "", func(f *mail.SessionFacts) {
			f.Limits, f.Capabilities.AfterTLS = map[string]int64{name: n}, []string{"UIDL", "USER"}
		})
	}
	pop3 := func(capabilities ...string) *world {
		return good().srv(pop3s).handshake(pop3s, "", goodCertificate()).session(pop3s, "", func(f *mail.SessionFacts) { f.Capabilities.AfterTLS = capabilities })
	}
	inspected := func(change func(*mail.SessionFacts)) *world {
		return good().srv(smtp).session(smtp, mail.StartTLSNotOffered, change)
	}
	return []fixture{
		{"smtp.small-size", "5 MiB", limit(smtps, "size", 5<<20), "smtp.example.org takes no message larger than 5 MB (port 465)", mail.Notice},
		{"smtp.small-size", "no fixed limit", limit(smtps, "size", 0), "", ""},
		{"smtp.small-size", "25 MiB", limit(smtps, "size", 25<<20), "", ""},

		{"pop3.deletes-mail", "at once", limit(pop3s, "expire", 0), "pop.example.org does not keep mail that was fetched by POP3", mail.Warning},
		{"pop3.deletes-mail", "after a week", limit(pop3s, "expire", 7), "pop.example.org keeps mail for 7 days only (POP3)", mail.Notice},
		{"pop3.deletes-mail", "after a year", limit(pop3s, "expire", 365), "", ""},

		{"pop3.login-delay", "five minutes", limit(pop3s, "login-delay", 300), "pop.example.org lets nobody look for new mail more often than every 5 minutes (POP3)", mail.Notice},
		{"pop3.login-delay", "half a minute", limit(pop3s, "login-delay", 30), "", ""},

		{"pop3.no-uidl", "it is missing from the list", pop3("USER", "TOP"), "pop.example.org does not offer to name messages (POP3 without UIDL)", mail.Notice},
		{"pop3.no-uidl", "it is there", pop3("USER", "UIDL"), "", ""},
		{"pop3.no-uidl", "nothing is listed", pop3(), "", ""},

		{
			"server.bare-lf", "on one of two", good().session(imaps, "", func(f *mail.SessionFacts) { f.BareLF = true }),
			"imap.example.org ends lines with LF alone instead of CR LF (port 993)", mail.Notice,
		},
		{"server.bare-lf", "nowhere", good(), "", ""},
		{"server.bare-lf", "in another protocol", good().srv(imap).session(imap, mail.ProtocolFault, func(f *mail.SessionFacts) { f.BareLF = true }, "the server speaks MySQL and not IMAP: bytes 4a000000"), "", ""},

		{
			"net.smtp-inspection", "a greeting of asterisks", inspected(func(f *mail.SessionFacts) {
				f.Greeting, f.Capabilities.BeforeTLS = "220 ****************************0*****", []string{}
			}),
			"A firewall on the way to smtp.example.org rewrites SMTP and hides the encryption (port 587)", mail.Error,
		},
		{
			"net.smtp-inspection", "a keyword of the letter X", inspected(func(f *mail.SessionFacts) {
				f.Capabilities.BeforeTLS = []string{"SIZE 1000", "XXXXXXXA", "8BITMIME"}
			}),
			"A firewall on the way to smtp.example.org rewrites SMTP and hides the encryption (port 587)", mail.Error,
		},
		{"net.smtp-inspection", "extensions of a server's own", inspected(func(f *mail.SessionFacts) {
			f.Capabilities.BeforeTLS = []string{"XCLIENT NAME", "XEXCH50", "X-LINK2STATE", "XXX"}
		}), "", ""},
		{
			"starttls.command-injection", "it is answered under TLS", good().srv(smtp).works(smtp).session(smtp, "", func(f *mail.SessionFacts) { f.Injection = mail.InjectionExecuted }),
			"smtp.example.org obeys commands that were sent before the encryption began (port 587)", mail.Critical,
		},
		{"starttls.command-injection", "it is dropped", good().srv(smtp).works(smtp).session(smtp, "", func(f *mail.SessionFacts) { f.Injection = mail.InjectionDiscarded }), "", ""},

		{
			"smtp.no-extensions", "EHLO is not known", inspected(func(f *mail.SessionFacts) { f.Capabilities.BeforeTLS = []string{} }),
			"smtp.example.org knows no extensions of SMTP on port 587, so neither encryption nor sign-in", mail.Error,
		},
		{"smtp.no-extensions", "only STARTTLS is missing", inspected(func(f *mail.SessionFacts) { f.Capabilities.BeforeTLS = []string{"SIZE 1000"} }), "", ""},
		{"starttls.not-offered", "EHLO is not known, which says it all", inspected(func(f *mail.SessionFacts) { f.Capabilities.BeforeTLS = []string{} }), "", ""},

		{"starttls.not-offered", "a firewall hides it", inspected(func(f *mail.SessionFacts) { f.Capabilities.BeforeTLS = []string{"XXXXXXXA"} }), "", ""},
	}
}
