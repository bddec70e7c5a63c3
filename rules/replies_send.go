package rules

import "strings"

// sendReplies tells apart why an envelope or a message is refused, the
// particular before the general. What providers say of themselves was last
// looked at in 2026-11.
func sendReplies() []reply {
	return []reply{
		{[]string{"daily user sending limit"}, "send.limit-reached"},
		{[]string{"sending limit"}, "send.limit-reached"},
		{[]string{"bad outbound sender"}, "send.limit-reached"},
		{[]string{"submissionquotaexceeded"}, "send.limit-reached"},
		{[]string{"sender thread limit"}, "send.limit-reached"},
		{[]string{"too much mail"}, "send.limit-reached"},
		{[]string{"too many messages"}, "send.limit-reached"},
		{[]string{"sender frequency limited"}, "send.limit-reached"},
		{[]string{"rate limit"}, "send.limit-reached"},
		{[]string{"quota of messages"}, "send.limit-reached"},

		{[]string{"not owned by"}, "send.sender-refused"},
		{[]string{"permissions to send as"}, "send.sender-refused"},
		{[]string{"send as"}, "send.sender-refused"},
		{[]string{"must be same as authorization user"}, "send.sender-refused"},
		{[]string{"relaying disallowed as"}, "send.sender-refused"},
		{[]string{"sender address rejected"}, "send.sender-refused"},
		{[]string{"sender not allowed"}, "send.sender-refused"},
		{[]string{"not allowed to send from"}, "send.sender-refused"},

		{[]string{"relay access denied"}, "send.relay-denied"},
		{[]string{"relaying denied"}, "send.relay-denied"},
		{[]string{"relay not permitted"}, "send.relay-denied"},
		{[]string{"relaying not allowed"}, "send.relay-denied"},
		{[]string{"unable to relay"}, "send.relay-denied"},
		{[]string{"tenantattribution"}, "send.relay-denied"},

		{[]string{"not authenticated"}, "send.not-signed-in"},
		{[]string{"authentication required"}, "send.not-signed-in"},

		{[]string{"greylist"}, "send.delayed"},
		{[]string{"graylist"}, "send.delayed"},

		{[]string{"insufficient system storage"}, "send.server-fault"},
		{[]string{"server configuration error"}, "send.server-fault"},
		{[]string{"message size exceeds"}, "send.too-large"},
		{[]string{"message too large"}, "send.too-large"},
		{[]string{"mailbox is full"}, "send.mailbox-full"},
		{[]string{"mailbox full"}, "send.mailbox-full"},
		{[]string{"over quota"}, "send.mailbox-full"},
		{[]string{"overquota"}, "send.mailbox-full"},
		{[]string{"quota exceeded"}, "send.mailbox-full"},
		{[]string{"user unknown"}, "send.unknown-recipient"},
		{[]string{"no such user"}, "send.unknown-recipient"},
	}
}

// sendMeaning gives the rule for a reply that refuses an envelope: by its words,
// else by the enhanced code (RFC 3463), else by the code. atMail says that it
// was MAIL that was refused, not RCPT.
func sendMeaning(words string, atMail bool) string {
	if id := meaning(words, sendReplies()); id != "" {
		return id
	}
	code, enhanced := codesOf(words)
	_, detail, _ := strings.Cut(enhanced, ".")
	switch {
	case detail == "2.2":
		return "send.mailbox-full"
	case detail == "3.4" || detail == "2.3":
		return "send.too-large"
	case detail == "4.5" || detail == "5.3":
		return "send.limit-reached"
	case strings.HasPrefix(detail, "3."):
		return "send.server-fault"
	case detail == "1.1" || detail == "1.10":
		return "send.unknown-recipient"
	case detail == "1.8" || detail == "7.60" || detail == "7.1" && atMail:
		return "send.sender-refused"
	case detail == "7.1" || detail == "7.54" || detail == "7.64":
		return "send.relay-denied"
	case code == "530":
		return "send.not-signed-in"
	case strings.HasPrefix(code, "4"):
		return "send.delayed"
	default:
		return "send.refused"
	}
}
