package rules

import "github.com/mailmedic/mailmedic/mail"

// surveyRules are about what a server takes beside what a mail program of today
// asks for. They speak only where a survey was made.
func surveyRules() []rule {
	return []rule{
		{
			id: "tls.old-versions", looksFor: "a server still takes outdated versions of TLS beside newer ones",
			severity: mail.Warning, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 8996 section 2", "RFC 7568 section 3", "RFC 8997 section 3"},
			words: words{
				title:  "{host} still accepts {versions} on {ports:port|ports} {ports}",
				detail: "Mail programs of today use newer versions, so nobody notices. But somebody on the way can attack old programs that do not, and audits object to it.",
				fix:    "Set TLS 1.2 as the lowest version on the server. If some devices cannot do that, give them a server of their own.",
			},
			variants: map[string]words{
				"ssl": {detail: "SSL 3.0 is broken (POODLE): who sits on the way can read parts of what is sent with it, passwords too. No mail program of the last ten years needs it."},
				"mx":  {detail: "Other mail servers use the best version that both sides know, and without one some would send in plain text, so this does little harm on port 25. Audits object to it all the same."},
			},
			check: (*index).findOldVersions,
		},
		{
			id: "tls.no-tls13", looksFor: "a server does not speak TLS 1.3",
			severity: mail.Notice, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 8446 section 1.2", "RFC 9325 section 3.1.1"},
			words: words{
				title:  "{host} does not speak TLS 1.3 on {ports:port|ports} {ports}",
				detail: "TLS 1.2 is still good, so mail programs work. TLS 1.3 connects faster, hides more, and is what protection from quantum computers needs.",
				fix:    "Enable TLS 1.3, which takes OpenSSL 1.1.1, GnuTLS 3.6.5 or a later version.",
			},
			check: (*index).findNoTLS13,
		},
		{
			id: "tls.weak-suites", looksFor: "a server takes cipher suites that protect little or nothing",
			severity: mail.Warning, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 9325 section 4.1", "RFC 7465 section 2", "RFC 5469 section 4"},
			words: words{
				title:  "{host} accepts weak encryption on {ports:port|ports} {ports}: {kinds}",
				detail: "Mail programs of today ask for better and get it. Old or badly set ones may end up with these, and who sits on the way can then read or change what they send.",
				fix:    "Allow only ECDHE with AES-GCM or ChaCha20 in the server's list of ciphers, and AES-CBC where old programs need it.",
			},
			check: (*index).findWeakSuites,
		},
		{
			id: "tls.no-forward-secrecy", looksFor: "a server takes or demands key exchanges without forward secrecy",
			severity: mail.Notice, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 9325 section 4.1", "RFC 9325 section 7.3"},
			words: words{
				title:  "{host} also accepts encryption without forward secrecy on {ports:port|ports} {ports}",
				detail: "Who records a connection with a static RSA key exchange can read it later, if the server's key is ever lost. Programs of today choose better.",
				fix:    "Leave the suites that begin with TLS_RSA out of the server's list of ciphers.",
			},
			variants: map[string]words{"only": {
				title:  "{host} knows no encryption with forward secrecy on {ports:port|ports} {ports}",
				detail: "Who records connections can read all of them later, if the server's key is ever lost. Some newer mail programs refuse such servers.",
				fix:    "Enable TLS 1.3 or suites with ECDHE on the server.",
			}},
			check: (*index).findStaticKeys,
		},
		{
			id: "tls.prefers-weak", looksFor: "a server prefers a weak cipher suite to a strong one",
			severity: mail.Warning, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 9325 section 4.2.1"},
			words: words{
				title:  "{host} prefers weak encryption to strong on {ports:port|ports} {ports}",
				detail: "The server insists on its own order, in which {weak} comes before {strong}. So also programs that could do better get the weak one.",
				fix:    "Put ECDHE with AES-GCM and ChaCha20 first in the server's list of ciphers, or let the client choose.",
			},
			check: (*index).findWeakFirst,
		},
		{
			id: "tls.weak-dh", looksFor: "a server uses Diffie-Hellman with a short prime",
			severity: mail.Warning, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 9325 section 4.1", "RFC 7919 section 1"},
			words: words{
				title:  "{host} uses Diffie-Hellman with only {bits} bits on {ports:port|ports} {ports}",
				detail: "Such keys can be computed (Logjam), and many programs refuse them: those that choose this key exchange report that the key is too small.",
				fix:    "Give the server parameters of 2048 bits or more, such as ffdhe2048, or leave out the suites with DHE: ECDHE takes their place.",
			},
			check: (*index).findShortPrimes,
		},
		{
			id: "tls.name-dependence", looksFor: "a server shows another certificate where no server name is sent",
			severity: mail.Notice, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 6066 section 3"},
			words: words{
				title:  "{host} shows another certificate to programs that send no server name ({ports:port|ports} {ports})",
				detail: "Old mail programs, printers and scanners do not send the name (SNI). They get another certificate[, for {names}], and warn of it or refuse.",
				fix:    "Make the certificate for {host} the server's default one, or put its name into the default certificate too.",
			},
			variants: map[string]words{
				"refused": {
					title:  "{host} refuses programs that send no server name ({ports:port|ports} {ports})",
					detail: "Old mail programs, printers and scanners do not send the name (SNI) and get no connection.",
					fix:    "Give the server a default certificate, with the name of {host} in it.",
				},
				"mx": {
					title:  "{host} refuses mail servers that send no server name ({ports:port|ports} {ports})",
					detail: "Many mail servers do not send the name (SNI) when they deliver. No encrypted connection comes about then, and they send in plain text or give up.",
					fix:    "Give the server a default certificate, with the name of {host} in it.",
				},
			},
			check: (*index).findNameDependence,
		},
	}
}
