package rules

import (
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

const (
	smallSize = 10_000_000 // bytes of a message below which people notice that attachments are refused
	longDelay = 60         // seconds between two sign-ins above which programs that look often are turned away
	shortStay = 30         // days below which people notice that mail is gone
)

// sessionRules are about what servers can do and cannot, as far as people feel it.
func sessionRules() []rule {
	return []rule{
		{
			id: "smtp.small-size", looksFor: "a server takes only small messages",
			severity: mail.Notice, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 1870 section 4"},
			words: words{
				title:  "{host} takes no message larger than {size} MB ({ports:port|ports} {ports})",
				detail: "Attachments grow by a third on the way, so a file of two thirds of that is refused already.",
				fix:    "Send large files by a link, or raise the server's limit for the size of messages.",
			},
			check: limited(mail.Outgoing, "size", func(n int64) bool { return n > 0 && n < smallSize }, func(n int64) params {
				return params{"size": max(1, int(n>>20))}
			}),
		},
		{
			id: "pop3.deletes-mail", looksFor: "a POP3 server does not keep mail that was fetched",
			severity: mail.Warning, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 2449 section 6.7"},
			words: words{
				title:  "{host} does not keep mail that was fetched by POP3",
				detail: "Mail that one program has fetched is gone for every other one, whatever the program's setting to leave mail on the server says.",
				fix:    "Use IMAP where mail is read on more than one device, and keep a backup of what POP3 fetched.",
			},
			variants: map[string]words{"days": {
				title:  "{host} keeps mail for {days} {days:day|days} only (POP3)",
				detail: "Older mail disappears from the server by itself, also when the program is set to leave it there.",
			}},
			check: (*index).findExpire,
		},
		{
			id: "pop3.login-delay", looksFor: "a POP3 server wants a pause between two sign-ins",
			severity: mail.Notice, owner: mail.OwnerUser, confidence: mail.Certain,
			references: []string{"RFC 2449 section 6.5"},
			words: words{
				title:  "{host} lets nobody look for new mail more often than every {minutes} {minutes:minute|minutes} (POP3)",
				detail: "A mail program that looks more often is refused, which looks like a wrong password.",
				fix:    "Set the mail program to look for new mail less often than that, or use IMAP.",
			},
			check: limited(mail.Incoming, "login-delay", func(n int64) bool { return n > longDelay }, func(n int64) params {
				return params{"minutes": int((min(n, 1<<30) + 59) / 60)}
			}),
		},
		{
			id: "pop3.no-uidl", looksFor: "a POP3 server cannot tell messages apart",
			severity: mail.Notice, owner: mail.OwnerProvider, confidence: mail.Likely,
			references: []string{"RFC 1939 section 7", "RFC 2449 section 6.8"},
			words: words{
				title:  "{host} does not offer to name messages (POP3 without UIDL)",
				detail: "A mail program that leaves mail on the server cannot know what it has already, and may fetch everything again and again.",
				fix:    "Use IMAP, or let the mail program delete what it has fetched.",
			},
			check: (*index).findNoUIDL,
		},
		{
			id: "server.bare-lf", looksFor: "a server ends its lines against the rules",
			severity: mail.Notice, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 5321 section 2.3.8", "RFC 9051 section 2.2"},
			words: words{
				title:  "{hosts} {hosts:ends|end} lines with LF alone instead of CR LF ({ports:port|ports} {ports})",
				detail: "Most mail programs forgive that. It shows a home-made server or a device in between that rewrites mail traffic.",
				fix:    "Update the server, or the device in front of it.",
			},
			check: func(x *index) []hit {
				return seenInSession(grouped(x.serversWhere(func(s *server) bool {
					return s.said().BareLF && !s.failedAt(mail.KindSession, mail.ProtocolFault, mail.TooLarge)
				}), byHost))
			},
		},
	}
}

// inspectionRules are about firewalls that rewrite what servers say.
func inspectionRules() []rule {
	return []rule{{
		id: "net.smtp-inspection", looksFor: "a firewall rewrites the conversation with a server",
		severity: mail.Error, weighed: true, owner: mail.OwnerNetwork, confidence: mail.Likely,
		references: []string{"RFC 5321 section 4.2", "RFC 3207 section 6"},
		words: words{
			title:  "A firewall on the way to {host} rewrites SMTP and hides the encryption ({ports:port|ports} {ports})",
			detail: "The server's greeting and its offers are blotted out, as the SMTP inspection of Cisco PIX and ASA firewalls does. So encryption and sign-in seem to be missing, and mail programs cannot {task} mail.[ It said: {said}]",
			fix:    "On the firewall, switch the inspection off (no inspect esmtp) or let encryption pass (allow-tls). Until then port 465 with SSL/TLS passes unseen.",
		},
		silences: []silence{{[]string{"starttls.*", "tls.none-offered", "auth.no-mechanism", "server.protocol-fault", "smtp.*", "discovery.no-encryption"}, sameServers}},
		check:    (*index).findInspection,
	}, {
		id: "smtp.no-extensions", looksFor: "a server speaks only the SMTP of old times",
		severity: mail.Error, weighed: true, owner: mail.OwnerProvider, confidence: mail.Likely,
		references: []string{"RFC 5321 section 2.2.1", "RFC 5321 section 3.2"},
		words: words{
			title:  "{host} knows no extensions of SMTP on {ports:port|ports} {ports}, so neither encryption nor sign-in",
			detail: "It does not answer EHLO as a server of today does, so mail programs cannot {task} mail there in safety. A very old server does that, or a filter in front of one.",
			fix:    "Update the server or take the filter away, or publish another host or port for sending.[ In the mail program use port {open}.]",
		},
		silences: []silence{{[]string{"starttls.not-offered", "tls.none-offered", "auth.no-mechanism"}, sameServers}},
		check:    (*index).findNoExtensions,
	}}
}

// said gives what s said of itself.
func (s *server) said() mail.SessionFacts {
	if s.session == nil || s.session.SessionFacts == nil {
		return mail.SessionFacts{}
	}
	return *s.session.SessionFacts
}

// limited makes a check for servers whose limit of that name is one that people
// feel; what they say under TLS counts where they are to be used with it.
func limited(role mail.Role, name string, felt func(int64) bool, own func(int64) params) func(*index) []hit {
	return func(x *index) []hit {
		found := x.serversWhere(func(s *server) bool {
			n, known := s.said().Limits[name]
			return known && s.fault == nil && s.in(role) && felt(n)
		})
		hits := seenInSession(grouped(found, byHost))
		return with(hits, func(h hit) params { return own(h.servers[0].said().Limits[name]) })
	}
}

func (x *index) findExpire() []hit {
	hits := limited(mail.Incoming, "expire", func(n int64) bool { return n <= shortStay }, func(n int64) params { return params{"days": int(n)} })(x)
	for i, h := range hits {
		if h.params["days"] != 0 {
			hits[i].variant, hits[i].severity = "days", mail.Notice
		}
	}
	return hits
}

// findNoUIDL looks only at servers that list their capabilities: an old one may know UIDL without saying so.
func (x *index) findNoUIDL() []hit {
	return seenInSession(grouped(x.serversWhere(func(s *server) bool {
		offered := s.said().Capabilities.AfterTLS
		return s.endpoint.Protocol == mail.POP3 && s.fault == nil && len(offered) > 0 && !slices.Contains(offered, "UIDL")
	}), byHost))
}

// findNoExtensions looks for servers that list nothing after EHLO, or know only HELO.
func (x *index) findNoExtensions() []hit {
	bare := func(list []string) bool { return list != nil && len(list) == 0 }
	hits := grouped(x.serversWhere(func(s *server) bool {
		c := s.said().Capabilities
		started := s.fault == nil || s.faultClass() == mail.StartTLSNotOffered
		return s.endpoint.Protocol == mail.SMTP && started && (bare(c.AfterTLS) || c.AfterTLS == nil && bare(c.BeforeTLS))
	}), byHost)
	return with(seenInSession(hits), func(h hit) params { return params{"open": x.openPorts(h.servers)} })
}

// findInspection looks for the traces that the inspection leaves: a greeting of
// asterisks, and keywords of EHLO that are overwritten with the letter X.
func (x *index) findInspection() []hit {
	hits := grouped(x.serversWhere(func(s *server) bool {
		return s.endpoint.Protocol == mail.SMTP && s.blotted() != ""
	}), byHost)
	for i, h := range hits {
		first := h.servers[0]
		hits[i].params, hits[i].evidence = params{"said": said(first.blotted())}, first.sessionID()
	}
	return hits
}

// blotted quotes what was made unreadable, "" where nothing was.
func (s *server) blotted() string {
	facts := s.said()
	if strings.HasPrefix(facts.Greeting, "220") && strings.Contains(facts.Greeting, "****") {
		return facts.Greeting
	}
	for _, capability := range facts.Capabilities.BeforeTLS {
		word, _, _ := strings.Cut(capability, " ")
		if len(word) >= 5 && strings.Trim(word[:len(word)-1], "X") == "" {
			return word
		}
	}
	return ""
}
