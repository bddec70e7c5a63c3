package report

import (
	"fmt"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// mailboxFacts puts what a mailbox holds and what its server does with it.
func (v *view) mailboxFacts(f *mail.MailboxFacts) {
	size := ""
	if f.Octets > 0 {
		size = bytesWords(f.Octets)
	}
	v.fact("Mailbox", join(", ", count(f.Messages, "message"), size, quotaWords(f.Quota)))
	v.fact("Calls itself", f.ServerID)
	for _, alert := range f.Alerts {
		v.fact("Tells you", alert)
	}
	v.fact("Folders", strings.Join(folderWords(f.Folders), ", "))
	v.fact("Namespaces", strings.Join(namespaceWords(f.Namespaces), ", "))
	v.fact("Keeps mail", customsWords(f))
}

// folderWords names each folder with a use of its own, and the use where the name is another.
func folderWords(folders []mail.Folder) []string {
	var list []string
	for _, f := range folders {
		words := f.Name
		if !strings.EqualFold(f.Name, f.Use) {
			words += " (" + f.Use + ")"
		}
		list = append(list, words)
	}
	return list
}

// namespaceWords gives where mailboxes begin that do not simply stand at the top.
func namespaceWords(spaces []mail.Namespace) []string {
	var list []string
	for _, n := range spaces {
		if n.Prefix != "" {
			list = append(list, n.Kind+" below "+n.Prefix)
		}
	}
	return list
}

// customsWords says what a POP3 server does with mail and with those who fetch it.
func customsWords(f *mail.MailboxFacts) string {
	var list []string
	switch {
	case f.ExpireDays == nil:
	case *f.ExpireDays == 0:
		list = append(list, "until it was fetched")
	default:
		list = append(list, "for "+count(*f.ExpireDays, "day"))
	}
	if f.StableIDs == mail.No {
		list = append(list, "without names that last")
	}
	if f.LoginDelayS > 0 {
		list = append(list, fmt.Sprintf("one sign-in in %d s", f.LoginDelayS))
	}
	return strings.Join(list, ", ")
}

// sendFacts puts what a submission server said to an envelope that was taken back.
func (v *view) sendFacts(f *mail.SendFacts) {
	v.fact("Sender", f.Sender+said(f.MailReply))
	if f.RcptReply != "" {
		v.fact("Recipient", f.Sender+said(f.RcptReply))
	}
}

// quotaWords says how much of a limit is used, "" where there is none.
func quotaWords(q *mail.Quota) string {
	switch {
	case q == nil || q.Limit <= 0:
		return ""
	case q.Resource == "message":
		return fmt.Sprintf("%d of %d messages used", q.Used, q.Limit)
	}
	return bytesWords(q.Used) + " of " + bytesWords(q.Limit) + " used"
}

// bytesWords gives a size as people read it, in powers of ten.
func bytesWords(n int64) string {
	switch {
	case n >= 1e9:
		return fmt.Sprintf("%.1f GB", float64(n)/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.0f MB", float64(n)/1e6)
	case n >= 1e3:
		return fmt.Sprintf("%.0f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%d bytes", n)
}
