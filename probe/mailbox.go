package probe

import (
	"strconv"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// mailbox counts the messages of INBOX without changing anything (EXAMINE, RFC
// 9051 section 6.3.3) and asks for the quota where the server has one.
func (m *imap) mailbox() (mail.MailboxFacts, error) {
	r, err := m.command("EXAMINE INBOX")
	if err == nil && r.status != "OK" && offers(m.known, "ID") {
		// Some providers open no mailbox to a program that has not named itself (RFC 2971).
		if _, err = m.command(`ID ("name" "mailmedic")`); err == nil {
			r, err = m.command("EXAMINE INBOX")
		}
	}
	if err != nil {
		return mail.MailboxFacts{}, err
	}
	if r.status != "OK" {
		return mail.MailboxFacts{}, faultf(mail.ProtocolFault, "signed in, but INBOX cannot be opened: %s", r.line)
	}
	facts := mail.MailboxFacts{Messages: countExists(r.untagged)}
	if offers(m.known, "QUOTA") {
		if r, err = m.command("GETQUOTAROOT INBOX"); err == nil {
			facts.Quota = fullestQuota(r.untagged)
		}
	}
	return facts, nil
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
