package probe

import (
	"io"
	"strconv"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// mailbox looks at INBOX without changing anything (EXAMINE, RFC 9051 section
// 6.3.3), at the folders, the namespaces and the quota. It says its name first
// (RFC 2971), since some providers open no mailbox to a program without one.
func (m *imap) mailbox() (mail.MailboxFacts, error) {
	facts := mail.MailboxFacts{}
	if err := m.afterSignIn(); err != nil {
		return facts, err
	}
	introduce := question{introduction, func(f *mail.MailboxFacts, u []string) { f.ServerID = serverID(u) }}
	examine := question{"EXAMINE INBOX", func(f *mail.MailboxFacts, u []string) { f.Messages = countExists(u) }}
	first := []question{introduce, examine}
	if !offers(m.known, "ID") {
		first = first[1:]
	}
	last, err := m.askAll(first, &facts)
	switch {
	case err != nil:
		return facts, err
	case last.status != "OK":
		return facts, faultf(mail.ProtocolFault, "signed in, but INBOX cannot be opened: %s", last.line)
	}
	_, _ = m.askAll(m.furtherQuestions(), &facts) // what is known is known
	facts.Alerts = m.alerts
	return facts, nil
}

// askAll asks questions that do not depend on one another, and gives the last answer.
func (m *imap) askAll(questions []question, facts *mail.MailboxFacts) (last imapReply, err error) {
	commands := make([]string, len(questions))
	for i, q := range questions {
		commands[i] = q.command
	}
	answers, err := m.batch(commands...)
	for i, answer := range answers {
		questions[i].take(facts, answer.untagged)
		last = answer
	}
	return last, err
}

// batch sends commands that do not depend on one another, all before the first
// answer (RFC 9051 section 5.5), and gives the answers up to an error.
func (m *imap) batch(commands ...string) (answers []imapReply, err error) {
	return m.batchOnly(nil, commands...)
}

// batchOnly is batch with the untagged responses that are wanted, see awaitOnly.
func (m *imap) batchOnly(wanted func(untagged string) bool, commands ...string) (answers []imapReply, err error) {
	tags := make([]string, len(commands))
	var all strings.Builder
	for i, command := range commands {
		tags[i] = m.tag()
		all.WriteString(tags[i] + " " + command + "\r\n")
	}
	if _, err = io.WriteString(m.out, all.String()); err != nil {
		return nil, err
	}
	for _, tag := range tags {
		answer, err := m.awaitOnly(tag, wanted)
		if err != nil {
			return answers, err
		}
		answers = append(answers, answer)
	}
	return answers, nil
}

// afterSignIn asks for the capabilities again where the server has not told
// them with the sign-in (RFC 9051 section 6.2.2): they may be others now.
func (m *imap) afterSignIn() error {
	if m.renewed {
		return nil
	}
	_, err := m.command("CAPABILITY")
	return err
}

// A question is a command whose answer tells something more of a mailbox.
type question struct {
	command string
	take    func(facts *mail.MailboxFacts, untagged []string)
}

// furtherQuestions are those that the server has said it can answer.
func (m *imap) furtherQuestions() []question {
	var questions []question
	rev2 := offers(m.known, "IMAP4REV2")
	if rev2 || offers(m.known, "SPECIAL-USE") {
		list := `LIST "" "*"`
		if rev2 || offers(m.known, "LIST-EXTENDED") {
			list = `LIST (SPECIAL-USE) "" "*" RETURN (SPECIAL-USE)` // these alone: there may be thousands of others
		}
		questions = append(questions, question{list, func(f *mail.MailboxFacts, u []string) { f.Folders = specialFolders(u) }})
	}
	if rev2 || offers(m.known, "NAMESPACE") {
		questions = append(questions, question{"NAMESPACE", func(f *mail.MailboxFacts, u []string) { f.Namespaces = namespaces(u) }})
	}
	if offers(m.known, "QUOTA") {
		questions = append(questions, question{"GETQUOTAROOT INBOX", func(f *mail.MailboxFacts, u []string) { f.Quota = fullestQuota(u) }})
	}
	return questions
}

// countExists reads the last "n EXISTS".
func countExists(untagged []string) int {
	count := 0
	for _, line := range untagged {
		if n, ok := existing(line); ok {
			count = n
		}
	}
	return count
}

// existing reads "n EXISTS".
func existing(untagged string) (int, bool) {
	fields := strings.Fields(untagged)
	if len(fields) != 2 || !strings.EqualFold(fields[1], "EXISTS") {
		return 0, false
	}
	n, err := strconv.ParseUint(fields[0], 10, 32)
	return int(n), err == nil //nolint:gosec // it has 32 bits
}

// fullestQuota reads the limits of all roots (RFC 9208 section 4.2) and gives the one
// that is nearest, and nil where there is none.
func fullestQuota(untagged []string) *mail.Quota {
	var fullest *mail.Quota
	for _, line := range untagged {
		if !strings.HasPrefix(strings.ToUpper(line), "QUOTA ") {
			continue
		}
		if q := nearestLimit(line); q != nil && (fullest == nil || share(*q) > share(*fullest)) {
			fullest = q
		}
	}
	return fullest
}

func share(q mail.Quota) float64 { return float64(q.Used) / float64(q.Limit) }

// nearestLimit reads (STORAGE used limit MESSAGE used limit) and gives the limit
// that is nearest. STORAGE counts in units of 1024 bytes (RFC 9208 section 5.1).
func nearestLimit(line string) *mail.Quota {
	open, end := strings.LastIndexByte(line, '('), strings.LastIndexByte(line, ')')
	if open < 0 || end < open {
		return nil
	}
	var nearest *mail.Quota
	fields := strings.Fields(line[open+1 : end])
	for i := 0; i+2 < len(fields); i += 3 {
		if q := limitOf(fields[i], fields[i+1], fields[i+2]); q != nil && (nearest == nil || share(*q) > share(*nearest)) {
			nearest = q
		}
	}
	return nearest
}

// limitOf reads one limit, nil where it is none or not about what a person feels.
func limitOf(resource, used, limit string) *mail.Quota {
	// 53 bits times 1024 still fit into an int64.
	n, err1 := strconv.ParseUint(used, 10, 53)
	most, err2 := strconv.ParseUint(limit, 10, 53)
	if err1 != nil || err2 != nil || most == 0 {
		return nil
	}
	switch strings.ToUpper(resource) {
	case "STORAGE":
		return &mail.Quota{Used: int64(n) * 1024, Limit: int64(most) * 1024}
	case "MESSAGE":
		return &mail.Quota{Used: int64(n), Limit: int64(most), Resource: "message"}
	}
	return nil
}
