package rules

import (
	"strconv"
	"strings"
)

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
		{[]string{"rate limit"}, "send.limit-reached"},
		{[]string{"quota of messages"}, "send.limit-reached"},

		{[]string{"[tss"}, "send.slowed"}, // Yahoo
		{[]string{"unusual rate"}, "send.slowed"},
		{[]string{"sender frequency limited"}, "send.slowed"},
		{[]string{"frequency limit"}, "send.slowed"},
		{[]string{"deferred", "complaints"}, "send.slowed"},

		{[]string{"find your hostname"}, "send.no-reverse-name"},
		{[]string{"find your reverse hostname"}, "send.no-reverse-name"},
		{[]string{"ptr record"}, "send.no-reverse-name"},
		{[]string{"reverse dns"}, "send.no-reverse-name"},
		{[]string{"rdns"}, "send.no-reverse-name"},

		{[]string{"bare lf"}, "send.bare-newline"},
		{[]string{"bare newline"}, "send.bare-newline"},
		{[]string{"bare <lf>"}, "send.bare-newline"},
		{[]string{"smtputf8"}, "send.needs-smtputf8"},

		{[]string{"unauthenticated"}, "send.unauthenticated"},
		{[]string{"dmarc"}, "send.unauthenticated"},
		{[]string{"spf", "fail"}, "send.unauthenticated"},
		{[]string{"dkim", "fail"}, "send.unauthenticated"},

		{[]string{"blocked using"}, "send.address-blocked"},
		{[]string{"block list"}, "send.address-blocked"},
		{[]string{"blocklist"}, "send.address-blocked"},
		{[]string{"blacklist"}, "send.address-blocked"},
		{[]string{"spamhaus"}, "send.address-blocked"},
		{[]string{"[bl21]"}, "send.address-blocked"},            // Yahoo
		{[]string{"[cs01]"}, "send.address-blocked"},            // Apple
		{[]string{"[hm08]"}, "send.address-blocked"},            // Apple
		{[]string{"banned sending ip"}, "send.address-blocked"}, // Microsoft

		{[]string{"not owned by"}, "send.sender-refused"},
		{[]string{"permissions to send as"}, "send.sender-refused"},
		{[]string{"send as"}, "send.sender-refused"},
		{[]string{"must be same as authorization user"}, "send.sender-refused"},
		{[]string{"alias expansion error"}, "send.server-fault"},
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

		{[]string{"spam"}, "send.content-refused"},
		{[]string{"virus"}, "send.content-refused"},
		{[]string{"malware"}, "send.content-refused"},
		{[]string{"content rejected"}, "send.content-refused"},
		{[]string{"message content"}, "send.content-refused"},
		{[]string{"message rejected"}, "send.content-refused"},

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
	if id := sendCode(enhanced, atMail); id != "" {
		return id
	}
	switch {
	case code == "530":
		return "send.not-signed-in"
	case strings.HasPrefix(code, "4"):
		return "send.delayed"
	default:
		return "send.refused"
	}
}

// sendCode gives the rule for an enhanced code, "" where it does not say enough.
// The codes above 7.26 are Microsoft's own.
func sendCode(enhanced string, atMail bool) string {
	_, detail, _ := strings.Cut(enhanced, ".")
	switch detail {
	case "2.2":
		return "send.mailbox-full"
	case "3.4", "2.3":
		return "send.too-large"
	case "4.5", "5.3":
		return "send.limit-reached"
	case "1.1", "1.10", "4.1":
		return "send.unknown-recipient"
	case "6.7":
		return "send.needs-smtputf8"
	case "6.11":
		return "send.bare-newline"
	case "7.20", "7.21", "7.22", "7.23", "7.24", "7.26", "7.509", "7.515": // RFC 7372
		return "send.unauthenticated"
	case "7.25":
		return "send.no-reverse-name"
	case "7.28", "16.55":
		return "send.slowed"
	case "7.511":
		return "send.address-blocked"
	case "7.54", "7.64":
		return "send.relay-denied"
	case "1.8", "7.60":
		return "send.sender-refused"
	}
	switch {
	case enhanced == "5.7.1" && atMail: // 4.7.1 is for the moment
		return "send.sender-refused"
	case enhanced == "5.7.1":
		return "send.relay-denied"
	case strings.HasPrefix(detail, "3."):
		return "send.server-fault"
	case listedByMicrosoft(detail):
		return "send.address-blocked"
	}
	return ""
}

// listedByMicrosoft recognises 7.606 to 7.649.
func listedByMicrosoft(detail string) bool {
	number, ok := strings.CutPrefix(detail, "7.")
	n, err := strconv.Atoi(number)
	return ok && err == nil && n >= 606 && n <= 649
}
