package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// shortName gives the common name of a distinguished name, and where it has none all of it.
func shortName(name string) string {
	for _, part := range strings.Split(name, ",") {
		if common, ok := strings.CutPrefix(part, "CN="); ok {
			return common
		}
	}
	return name
}

func orNothing(list []string) string {
	if len(list) == 0 {
		return "nothing"
	}
	return strings.Join(list, " ")
}

// extensions gives what a server can do that is not told elsewhere: where it is
// too much, what people ask for first.
func (v *view) extensions(f *mail.SessionFacts) string {
	list := f.Capabilities.AfterTLS
	if list == nil {
		list = f.Capabilities.BeforeTLS
	}
	return shortened(slices.DeleteFunc(slices.Clone(list), toldElsewhere), maxExtensions)
}

// shortened joins capabilities, and of more than limit those that people ask for first.
func shortened(list []string, limit int) string {
	more := ""
	if rest := len(list) - limit; rest > 0 {
		slices.SortStableFunc(list, func(a, b string) int { return fame(a) - fame(b) })
		list, more = list[:limit], fmt.Sprintf(" and %d more", rest)
	}
	separator := " "
	if slices.ContainsFunc(list, func(c string) bool { return strings.Contains(c, " ") }) { // some have parameters
		separator = ", "
	}
	return strings.Join(list, separator) + more
}

func toldElsewhere(capability string) bool {
	word, _, _ := strings.Cut(capability, " ")
	switch word {
	case "AUTH", "SASL", "SIZE", "LIMITS", "EXPIRE", "LOGIN-DELAY", "IMPLEMENTATION", "USER":
		return true
	}
	return strings.HasPrefix(word, "AUTH=") || strings.HasPrefix(word, "APPENDLIMIT")
}

// fame ranks capabilities, lowest first: sign-in, and what people ask for.
func fame(capability string) int {
	word, _, _ := strings.Cut(capability, " ")
	if word == "AUTH" || word == "SASL" || strings.HasPrefix(word, "AUTH=") {
		return -1
	}
	asked := []string{
		"STARTTLS", "STLS", "LOGINDISABLED", "USER",
		"PIPELINING", "8BITMIME", "SMTPUTF8", "CHUNKING", "DSN", "REQUIRETLS", "ENHANCEDSTATUSCODES",
		"IMAP4REV1", "IMAP4REV2", "SASL-IR", "IDLE", "MOVE", "UIDPLUS", "QUOTA", "SPECIAL-USE", "NAMESPACE", "CONDSTORE", "ID", "UTF8=ACCEPT",
		"UIDL", "TOP", "UTF8", "RESP-CODES",
	}
	if slices.Contains(asked, word) {
		return 0
	}
	return 1
}

// change says what encryption changes about what a server offers, beside the
// offer of the encryption itself, "" where nothing changes or both are not
// known. Of more than limit either way the rest is counted.
func change(b mail.BothWays, limit int) string {
	if b.BeforeTLS == nil || b.AfterTLS == nil {
		return ""
	}
	without := func(list, others []string) string {
		return shortened(slices.DeleteFunc(slices.Clone(list), func(c string) bool {
			return slices.Contains(others, c) || c == "STARTTLS" || c == "STLS"
		}), limit)
	}
	gained, lost := without(b.AfterTLS, b.BeforeTLS), without(b.BeforeTLS, b.AfterTLS)
	if gained != "" {
		gained = "also " + gained
	}
	if lost != "" {
		lost = "no longer " + lost
	}
	return join("; ", gained, lost)
}

// softwareWords gives what a server seems to be, and what it calls itself.
func softwareWords(f *mail.SessionFacts) string {
	switch {
	case f.SoftwareID == "" || strings.EqualFold(f.Software, f.SoftwareID):
		return f.Software
	case f.Software == "" || strings.Contains(strings.ToLower(f.SoftwareID), strings.ToLower(f.Software)):
		return f.SoftwareID
	}
	return f.Software + ", calls itself " + f.SoftwareID
}

// slowGreeting is from when on the time of a greeting is told, in milliseconds.
const slowGreeting = 1000

// greetingWords gives a greeting without the capabilities in it, which stand in a place of their own.
func greetingWords(f *mail.SessionFacts) string {
	greeting := f.Greeting
	if before, rest, ok := strings.Cut(greeting, "[CAPABILITY "); ok {
		if _, after, closed := strings.Cut(rest, "]"); closed {
			greeting = strings.TrimRight(before, " ") + after
		}
	}
	if f.GreetingMS >= slowGreeting {
		greeting += " (after " + seconds(f.GreetingMS) + ")"
	}
	return greeting
}
