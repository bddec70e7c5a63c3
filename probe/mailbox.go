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
	introduction := question{`ID ("name" "mailmedic")`, func(f *mail.MailboxFacts, u []string) { f.ServerID = serverID(u) }}
	examine := question{"EXAMINE INBOX", func(f *mail.MailboxFacts, u []string) { f.Messages = countExists(u) }}
	first := []question{introduction, examine}
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
	return facts, nil
}

// askAll asks questions that do not depend on one another, all before the first
// answer (RFC 9051 section 5.5), and gives the last answer.
func (m *imap) askAll(questions []question, facts *mail.MailboxFacts) (last imapReply, err error) {
	tags := make([]string, len(questions))
	var all strings.Builder
	for i, q := range questions {
		tags[i] = m.tag()
		all.WriteString(tags[i] + " " + q.command + "\r\n")
	}
	if _, err = io.WriteString(m.out, all.String()); err != nil {
		return last, err
	}
	for i, q := range questions {
		if last, err = m.await(tags[i]); err != nil {
			return last, err
		}
		q.take(facts, last.untagged)
	}
	return last, nil
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
		fields := strings.Fields(line)
		if len(fields) != 2 || !strings.EqualFold(fields[1], "EXISTS") {
			continue
		}
		if n, err := strconv.ParseUint(fields[0], 10, 32); err == nil {
			count = int(n)
		}
	}
	return count
}

// fullestQuota reads the storage limits of all roots (RFC 9208 section 4.2) and gives the one
// that is nearest to its limit, and nil where there is none.
func fullestQuota(untagged []string) *mail.Quota {
	var fullest *mail.Quota
	for _, line := range untagged {
		if !strings.HasPrefix(strings.ToUpper(line), "QUOTA ") {
			continue
		}
		q, ok := parseStorage(line)
		if ok && (fullest == nil || share(q) > share(*fullest)) {
			fullest = &q
		}
	}
	return fullest
}

func share(q mail.Quota) float64 { return float64(q.Used) / float64(q.Limit) }

// parseStorage reads (STORAGE used limit), which counts in units of 1024 bytes.
func parseStorage(line string) (mail.Quota, bool) {
	open, end := strings.LastIndexByte(line, '('), strings.LastIndexByte(line, ')')
	if open < 0 || end < open {
		return mail.Quota{}, false
	}
	fields := strings.Fields(line[open+1 : end])
	for i := 0; i+2 < len(fields); i += 3 {
		if !strings.EqualFold(fields[i], "STORAGE") {
			continue
		}
		// 53 bits times 1024 still fit into an int64.
		used, err1 := strconv.ParseUint(fields[i+1], 10, 53)
		limit, err2 := strconv.ParseUint(fields[i+2], 10, 53)
		if err1 != nil || err2 != nil || limit == 0 {
			return mail.Quota{}, false
		}
		return mail.Quota{Used: int64(used) * 1024, Limit: int64(limit) * 1024}, true
	}
	return mail.Quota{}, false
}
