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
	ok, line, err := p.command("STAT")
	if err != nil {
		return mail.MailboxFacts{}, err
	}
	fields := strings.Fields(line)
	if !ok || len(fields) < 2 {
		return mail.MailboxFacts{}, faultf(mail.ProtocolFault, "signed in, but the mailbox cannot be opened: %s", line)
	}
	n, err := strconv.Atoi(fields[1])
	if err != nil || n < 0 {
		return mail.MailboxFacts{}, faultf(mail.ProtocolFault, "the answer to STAT has no count: %s", line)
	}
	facts := mail.MailboxFacts{Messages: n}
	if len(fields) > 2 {
		facts.Octets, _ = strconv.ParseInt(fields[2], 10, 64) // a size that is none is not known
		facts.Octets = max(0, facts.Octets)
	}
	p.customs(&facts)
	return facts, nil
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
