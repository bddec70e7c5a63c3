package probe

import (
	"strconv"
	"strings"
)

// A watched is a folder, and from where on its messages are new.
type watched struct {
	name     string // as it stands on the wire
	title    string // for people
	use      string // of RFC 6154; "" for INBOX
	next     uint64 // UIDs from here on are new
	known    uint64 // UIDNEXT when it was looked at last
	validity uint64
}

// renumbered gives the folder as it is with this UIDVALIDITY: where that is
// another one than before, nobody knows which messages are new. Courier gives
// a mailbox its number only with the first message.
func (f watched) renumbered(validity uint64) watched {
	if validity != f.validity {
		f.validity, f.next = validity, 0
	}
	return f
}

// listing asks for the folders where a message may be filed that is not in INBOX.
func (b *imapBox) listing() string {
	if offers(b.imap.known, "IMAP4REV2") || offers(b.imap.known, "LIST-EXTENDED") && offers(b.imap.known, "SPECIAL-USE") {
		return `LIST (SPECIAL-USE) "" "*" RETURN (SPECIAL-USE)`
	}
	return `LIST "" "*"`
}

// noteOthers notes those folders.
func (b *imapBox) noteOthers(untagged []string) {
	for _, line := range untagged {
		l, ok := parseListed(line)
		if _, sayable := quote(l.name); ok && sayable && len(b.others) < maxListed {
			b.others = append(b.others, watched{name: l.name, title: b.clean(decodeName(l.name)), use: usualUse(l)})
		}
	}
}

// usualUse gives what a folder is for, by its attribute or else by its name,
// where that matters here.
func usualUse(l listed) string {
	switch l.use {
	case "junk", "sent", "trash", "all", "archive":
		return l.use
	case "":
	default:
		return ""
	}
	name := l.name
	if l.delimiter != "" {
		name = name[strings.LastIndex(name, l.delimiter)+len(l.delimiter):]
		name = strings.TrimPrefix(name, l.delimiter)
	}
	switch strings.ToLower(name) {
	case "junk", "spam", "junk e-mail", "junk email", "junk mail", "bulk", "bulk mail":
		return "junk"
	case "sent", "sent items", "sent messages", "sent mail":
		return "sent"
	}
	return ""
}

// count notes from where on messages of the other folders are new.
func (b *imapBox) count() error {
	commands := make([]string, len(b.others))
	for i, f := range b.others {
		commands[i] = statusOf(f)
	}
	if len(commands) == 0 {
		return nil
	}
	answers, err := b.imap.batch(commands...)
	if err != nil {
		return err
	}
	var counted []watched
	for i, answer := range answers {
		if f := b.others[i]; readStatus(&f, answer) {
			f.next = f.known
			counted = append(counted, f)
		}
	}
	b.others = counted
	return nil
}

func statusOf(f watched) string { return "STATUS " + quoted(f.name) + " (UIDNEXT UIDVALIDITY)" }

// readStatus reads the answer to statusOf (RFC 9051 section 7.3.4).
func readStatus(f *watched, answer imapReply) bool {
	ok := false
	for _, line := range answer.untagged {
		list := tokens(line)
		if len(list) == 0 || !strings.EqualFold(list[0].text, "STATUS") {
			continue
		}
		for i := 0; i+1 < len(list); i++ {
			n, err := strconv.ParseUint(list[i+1].text, 10, 32)
			switch name := strings.ToUpper(list[i].text); {
			case err != nil:
			case name == "UIDNEXT":
				f.known, ok = n, true
			case name == "UIDVALIDITY":
				f.validity = n
			}
		}
	}
	return ok && answer.status == "OK"
}

// quoted writes the name of a folder. Those that cannot be quoted are not looked into.
func quoted(name string) string {
	q, _ := quote(name)
	return q
}
