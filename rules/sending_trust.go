package rules

import "github.com/mailmedic/mailmedic/mail"

// sendTrustRules are about servers that refuse mail for where it comes from or
// how it is written, and not for who signed in.
func sendTrustRules() []rule {
	return []rule{
		{
			id: "send.unauthenticated", looksFor: "mail of the domain is refused because SPF, DKIM or DMARC do not vouch for it",
			severity: mail.Error, owner: mail.OwnerAdmin, confidence: mail.Certain,
			references: []string{"RFC 7208", "RFC 6376", "RFC 7372 section 3"},
			words: words{
				title:  "{host} refuses mail of {sender} because nothing proves where it comes from",
				detail: "The domain's SPF, DKIM or DMARC does not allow the server that the mail comes through.[ The server said: {said}]",
				fix:    "The administrator of the domain adds the sending server to the SPF record and has it sign with DKIM. In the mail program send through the server of the address's own provider.",
			},
			check: refusedEnvelope("send.unauthenticated"),
		},
		{
			id: "send.address-blocked", looksFor: "a submission server refuses this internet connection",
			severity: mail.Error, owner: mail.OwnerNetwork, confidence: mail.Certain,
			references: []string{"RFC 6471", "RFC 3463 section 3.8"},
			words: words{
				title:  "{host} refuses mail from this internet connection, which stands on a block list",
				detail: "Lists of that kind name home connections and senders of spam; a server should not apply them to who has signed in.[ The server said: {said}]",
				fix:    "Send over port 465 or 587 with a sign-in. If that is what was done, ask the provider not to apply block lists there, and look the address up at the list that the reply names.",
			},
			check: refusedEnvelope("send.address-blocked"),
		},
		{
			id: "send.slowed", looksFor: "mail is put off because of how much comes from the sender",
			severity: mail.Warning, owner: mail.OwnerSender, confidence: mail.Likely,
			references: []string{"RFC 5321 section 4.2.1", "RFC 3463 section 3.8"},
			words: words{
				title:  "{host} takes mail from here only slowly",
				detail: "Too much came from this sender or address in a short time, or recipients complained.[ The server said: {said}]",
				fix:    "Send less at a time and wait some hours. If it lasts, look whether a device or a web form sends spam.",
			},
			check: refusedEnvelope("send.slowed"),
		},
		{
			id: "send.no-reverse-name", looksFor: "a server wants the sender's address to have a name",
			severity: mail.Error, owner: mail.OwnerAdmin, confidence: mail.Certain,
			references: []string{"RFC 1912 section 2.1", "RFC 7372 section 3.3"},
			words: words{
				title:  "{host} refuses mail from an address without a name in the DNS",
				detail: "The PTR record of the sending address is missing, or its name does not lead back.[ The server said: {said}]",
				fix:    "Mail programs send over port 465 or 587 with a sign-in. For a mail server of one's own its administrator has the PTR record set by who gives out the address.",
			},
			check: refusedEnvelope("send.no-reverse-name"),
		},
		{
			id: "send.bare-newline", looksFor: "a message is refused for its line ends",
			severity: mail.Error, owner: mail.OwnerUser, confidence: mail.Certain,
			references: []string{"RFC 5321 section 2.3.8"},
			words: words{
				title:  "{host} refuses messages whose lines end with LF alone",
				detail: "Servers refuse that since it was used to smuggle messages past filters.[ The server said: {said}]",
				fix:    "Update the program, the device or the script that wrote the message; each line must end with CR LF.",
			},
			check: refusedEnvelope("send.bare-newline"),
		},
		{
			id: "send.needs-smtputf8", looksFor: "an address in another script than ASCII cannot be used",
			severity: mail.Error, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 6531 section 3", "RFC 3463 section 3.7"},
			words: words{
				title:  "{host} cannot carry mail of the address {sender}",
				detail: "The address has letters outside ASCII, and the server does not take part in SMTPUTF8.[ The server said: {said}]",
				fix:    "Use an alias in plain ASCII, or a server that offers SMTPUTF8.",
			},
			check: refusedEnvelope("send.needs-smtputf8"),
		},
	}
}
