package rules

import (
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// sendRules are about what a submission server said to an envelope that was
// tried and taken back.
func sendRules() []rule {
	return []rule{
		{
			id: "send.sender-refused", looksFor: "the account may not send as its own address",
			severity: mail.Error, owner: mail.OwnerAdmin, confidence: mail.Certain,
			references: []string{"RFC 6409 section 6.1", "RFC 5321 section 3.3"},
			words: words{
				title:  "{host} lets this account send no mail as {sender}",
				detail: "Signing in works, and every message from this address is refused.[ The server said: {said}]",
				fix:    "In the mail program use the account's own address as the sender. If {sender} is meant to be one of its addresses, the administrator adds it as an alias, or grants the right to send as it.",
			},
			check: refusedEnvelope("send.sender-refused"),
		},
		{
			id: "send.relay-denied", looksFor: "a submission server does not pass mail on",
			severity: mail.Error, owner: mail.OwnerAdmin, confidence: mail.Certain,
			references: []string{"RFC 5321 section 3.6.1", "RFC 6409 section 4.3"},
			words: words{
				title:  "{host} refuses to pass on mail of the signed-in account",
				detail: "The server treats the account as a stranger, so mail programs report that relaying is denied.[ The server said: {said}]",
				fix:    "Use the submission server of the provider, on port 465 or 587, with the account's own address as the sender. The administrator checks that signed-in users may relay there.",
			},
			check: refusedEnvelope("send.relay-denied"),
		},
		{
			id: "send.limit-reached", looksFor: "the account has sent too much and is stopped",
			severity: mail.Error, owner: mail.OwnerUser, confidence: mail.Certain,
			references: []string{"RFC 5321 section 4.2.1", "RFC 3463 section 3.5"},
			words: words{
				title:  "{host} lets {who} send no more mail for now",
				detail: "A limit is reached, or the provider holds the account for one that spammers have taken over.[ The server said: {said}]",
				fix:    "If you did not send much, change the password at once, and look for rules and devices that you do not know. Then wait until the next day, or ask the provider to lift the block.",
			},
			check: refusedEnvelope("send.limit-reached"),
		},
		{
			id: "send.too-large", looksFor: "a message is larger than the server takes",
			severity: mail.Error, owner: mail.OwnerUser, confidence: mail.Certain,
			references: []string{"RFC 1870 section 6", "RFC 3463 section 3.4"},
			words: words{
				title:  "{host} takes no message of this size",
				detail: "An attachment grows by 37 % on its way, since it is sent as text.[ The server said: {said}]",
				fix:    "Send a link to the file, or make it smaller.",
			},
			check: refusedEnvelope("send.too-large"),
		},
		{
			id: "send.mailbox-full", looksFor: "the mailbox takes no more mail",
			severity: mail.Error, owner: mail.OwnerUser, confidence: mail.Certain,
			references: []string{"RFC 3463 section 3.3"},
			words: words{
				title:  "{host} takes no mail for {sender}, because its mailbox is full",
				detail: "Mail to this address comes back to the senders.[ The server said: {said}]",
				fix:    "Delete large mails and empty the trash folder, or have the provider raise the limit.",
			},
			check: refusedEnvelope("send.mailbox-full"),
		},
		{
			id: "send.unknown-recipient", looksFor: "the server does not know the address of its own account",
			severity: mail.Error, owner: mail.OwnerAdmin, confidence: mail.Likely,
			references: []string{"RFC 3463 section 3.2", "RFC 5321 section 3.3"},
			words: words{
				title:  "{host} does not know {sender} as a recipient",
				detail: "Signing in works, but mail to this address comes back.[ The server said: {said}]",
				fix:    "Check that the address is spelled right. The administrator makes a mailbox or an alias for it, and ends a move to another provider that was left half done.",
			},
			check: refusedEnvelope("send.unknown-recipient"),
		},
		{
			id: "send.not-signed-in", looksFor: "a server wants a sign-in that it has just accepted",
			severity: mail.Error, owner: mail.OwnerProvider, confidence: mail.Likely,
			references: []string{"RFC 4954 section 6"},
			words: words{
				title:  "{host} asks for a sign-in that it has already accepted",
				detail: "Mail programs ask for the password again and again.[ The server said: {said}]",
				fix:    "Check on the server that what accepts the sign-in and what takes mail are configured for the same users.",
			},
			check: refusedEnvelope("send.not-signed-in"),
		},
		{
			id: "send.server-fault", looksFor: "a submission server cannot take mail now",
			severity: mail.Error, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 5321 section 4.2.1", "RFC 3463 section 3.4"},
			words: words{
				title:  "{host} cannot take mail at the moment",
				detail: "The fault is the server's own, and mail programs keep the message to try again.[ The server said: {said}]",
				fix:    "Wait and try again. The provider looks for a full disk or a faulty configuration in the server's log.",
			},
			check: refusedEnvelope("send.server-fault"),
		},
		{
			id: "send.delayed", looksFor: "a submission server puts mail off",
			severity: mail.Warning, owner: mail.OwnerProvider, confidence: mail.Likely,
			references: []string{"RFC 5321 section 4.5.4.1", "RFC 6647"},
			words: words{
				title:  "{host} wants mail to be sent again later",
				detail: "Greylisting is meant for strange servers, and makes mail programs report an error.[ The server said: {said}]",
				fix:    "Try again after some minutes. If it lasts, the provider exempts users who have signed in.",
			},
			check: refusedEnvelope("send.delayed"),
		},
		{
			id: "send.refused", looksFor: "a submission server refuses mail for a reason of its own",
			severity: mail.Error, owner: mail.OwnerProvider, confidence: mail.Possible,
			references: []string{"RFC 5321 section 4.2.1"},
			words: words{
				title:  "{host} refuses mail from {sender} to the same address",
				detail: "Signing in works, and sending does not.[ The server said: {said}]",
				fix:    "Ask the provider what its server means by that.",
			},
			check: refusedEnvelope("send.refused"),
		},
	}
}

// refusedEnvelope makes a check for envelopes that were refused for the reason of a rule.
func refusedEnvelope(id string) func(*index) []hit {
	return func(x *index) []hit {
		var refused []*server
		for _, s := range x.settings() {
			if o := x.refusedBy(s); refusedWords(o) != "" && refusalMeaning(o) == id {
				refused = append(refused, s)
			}
		}
		hits := grouped(refused, byHost)
		for i, h := range hits {
			o := x.refusedBy(h.servers[0])
			hits[i].params = params{"said": said(refusedWords(o)), "sender": o.Sender}
			for _, s := range h.servers {
				hits[i].evidence = append(hits[i].evidence, x.refusedBy(s).ID)
			}
			// The words of a server about this are known, unless only its code was.
			if id != "send.refused" && meaning(refusedWords(o), sendReplies()) == "" {
				hits[i].confidence = mail.Likely
			}
		}
		return hits
	}
}

// refusedBy gives what a server said to an envelope that it refused, or to a
// test message, where there is either.
func (x *index) refusedBy(s *server) mail.Observation {
	rehearsed := x.byID["send:"+s.text]
	if sent := x.byID["send:"+s.text+testSuffix]; refusedWords(rehearsed) == "" && refusedWords(sent) != "" {
		return sent
	}
	return rehearsed
}

// refusalMeaning gives the rule for what was refused.
func refusalMeaning(o mail.Observation) string {
	words := refusedWords(o)
	id := sendMeaning(words, o.RcptReply == "")
	if _, enhanced := codesOf(words); o.Test != nil && o.Test.Reply != "" && id == "send.relay-denied" && enhanced == "5.7.1" &&
		meaning(words, sendReplies()) == "" {
		return "send.content-refused" // the recipient was taken before
	}
	return id
}

// refusedWords gives the reply that refused an envelope or a message, "" where none did.
func refusedWords(o mail.Observation) string {
	switch {
	case o.SendFacts == nil || failureClass(o) != mail.PolicyRefused:
		return ""
	case o.Test != nil && o.Test.Reply != "":
		return o.Test.Reply
	case o.RcptReply != "":
		return o.RcptReply
	default:
		return o.MailReply
	}
}

// refusesSender reports whether s refuses every message of the account for good:
// not one recipient, one message or one moment is at fault.
func (x *index) refusesSender(s *server) bool {
	o := x.byID["send:"+s.text]
	words := refusedWords(o)
	if code, _ := codesOf(words); !strings.HasPrefix(code, "5") {
		return false
	}
	atMail := o.RcptReply == ""
	switch sendMeaning(words, atMail) {
	case "send.sender-refused", "send.relay-denied", "send.limit-reached", "send.not-signed-in", "send.unauthenticated", "send.address-blocked", "send.no-reverse-name":
		return true
	case "send.refused":
		return atMail
	}
	return false
}
