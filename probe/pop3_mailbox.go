package probe

import (
	"strconv"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// mailbox counts the messages with STAT (RFC 1939 section 5), and asks what the
// server does with them. Nothing is read and nothing deleted.
func (p *pop3) mailbox() (mail.MailboxFacts, error) {
	if p.pipelining {
		if err := p.sendAhead("STAT", "CAPA"); err != nil {
			return mail.MailboxFacts{}, err
		}
	}
	n, octets, err := p.stat()
	if err != nil {
		return mail.MailboxFacts{}, err
	}
	facts := mail.MailboxFacts{Messages: n, Octets: octets}
	p.customs(&facts)
	return facts, nil
}

// stat counts the messages and their bytes; a size that is none is not known, and 0.
func (p *pop3) stat() (messages int, octets int64, err error) {
	ok, line, err := p.command("STAT")
	if err != nil {
		return 0, 0, err
	}
	fields := strings.Fields(line)
	if !ok || len(fields) < 2 {
		return 0, 0, faultf(mail.ProtocolFault, "signed in, but the mailbox cannot be opened: %s", line)
	}
	messages, err = strconv.Atoi(fields[1])
	if err != nil || messages < 0 {
		return 0, 0, faultf(mail.ProtocolFault, "the answer to STAT has no count: %s", line)
	}
	if len(fields) > 2 {
		octets, _ = strconv.ParseInt(fields[2], 10, 64)
	}
	return messages, max(0, octets), nil
}

// customs reads how long messages stay, how often a program may come, and
// whether it can tell messages apart. The first two may be others after the
// sign-in than before it (RFC 2449 sections 6.5 and 6.7). What cannot be learned
// stays not known.
func (p *pop3) customs(facts *mail.MailboxFacts) {
	if p.legacy {
		return
	}
	capabilities, err := p.capabilities()
	if err != nil || p.legacy {
		return
	}
	if expire, ok := parameters(capabilities, "EXPIRE"); ok && len(expire) > 0 {
		if days, err := strconv.ParseUint(expire[0], 10, 31); err == nil { // else NEVER
			n := int(days)
			facts.ExpireDays = &n
		}
	}
	if delay, ok := parameters(capabilities, "LOGIN-DELAY"); ok && len(delay) > 0 {
		if seconds, err := strconv.ParseUint(delay[0], 10, 31); err == nil {
			facts.LoginDelayS = int(seconds)
		}
	}
	facts.StableIDs, facts.FirstID = p.stableIDs(facts.Messages, offers(capabilities, "UIDL"))
}

// stableIDs tries UIDL (RFC 1939 section 7) on the first message where there is
// one, and gives its name.
func (p *pop3) stableIDs(messages int, offered bool) (stable mail.Fact, first string) {
	if messages == 0 || !offered {
		return mail.FactOf(offered), ""
	}
	ok, line, err := p.command("UIDL 1")
	if err != nil {
		return mail.NotKnown, ""
	}
	fields := strings.Fields(line)
	if !ok || len(fields) < 3 {
		return mail.No, ""
	}
	return mail.Yes, fields[2]
}
