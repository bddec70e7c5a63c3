package rules

import "github.com/mailmedic/mailmedic/mail"

// The use of a mailbox, in percent of its limit, from which it is worth a word.
const (
	nearlyFull = 90
	full       = 100
)

// mailboxRules are about what was seen after signing in.
func mailboxRules() []rule {
	return []rule{
		{
			id: "mailbox.full", looksFor: "the mailbox is full or nearly so",
			severity: mail.Error, owner: mail.OwnerUser, confidence: mail.Certain,
			references: []string{"RFC 9208", "RFC 5530 section 3"},
			words: words{
				title:  "The mailbox of {who} is full ({percent} % of its limit)",
				detail: "New mail is refused or waits at the senders' servers, and comes back to them after some days.",
				fix:    "Delete large mails and empty the trash folder, or have the provider raise the limit.",
			},
			variants: map[string]words{"nearly": {
				title:  "The mailbox of {who} is nearly full ({percent} % of its limit)",
				detail: "Once it is full, new mail is refused.",
			}},
			check: (*index).findFullMailbox,
		},
		{
			id: "mailbox.not-opened", looksFor: "signing in works, the mailbox does not open",
			severity: mail.Error, owner: mail.OwnerProvider, confidence: mail.Likely,
			references: []string{"RFC 9051 section 6.3.2", "RFC 2971 section 3"},
			words: words{
				title:  "{host} accepts the sign-in but does not open the mailbox",
				detail: "The password is right, and mail programs still show no mail.",
				fix:    "Ask the provider whether the mailbox exists and whether this service is enabled for it.",
			},
			variants: map[string]words{"client": {
				title:  "{host} accepts the sign-in but opens the mailbox only to mail programs that name themselves",
				detail: "The provider wants the IMAP command ID from the mail program.",
				fix:    "Use an up-to-date mail program that sends ID, or the provider's own.",
			}},
			check: (*index).findShutMailbox,
		},
	}
}

func (x *index) findFullMailbox() []hit {
	for _, o := range x.ofKind(mail.KindMailbox) {
		if o.MailboxFacts == nil || o.Quota == nil || o.Quota.Limit <= 0 {
			continue
		}
		percent := int(float64(o.Quota.Used) / float64(o.Quota.Limit) * 100)
		h := hit{subject: o.Subject, evidence: []string{o.ID}, params: params{"percent": percent}}
		switch {
		case percent >= full:
			return []hit{h}
		case percent >= nearlyFull:
			h.variant, h.severity = "nearly", mail.Warning
			return []hit{h}
		}
	}
	return nil
}

func (x *index) findShutMailbox() []hit {
	var shut []*server
	clients := false
	for _, s := range x.settings() {
		o, ok := x.byID["mailbox:"+s.text]
		if !ok || succeeded(o) || failureClass(o) == mail.Deadline {
			continue
		}
		shut = append(shut, s)
		clients = clients || signInMeaning(o.Failure.Detail) == "auth.client-unknown"
	}
	hits := grouped(shut, byHost)
	for i, h := range hits {
		hits[i].evidence = []string{"mailbox:" + h.servers[0].text}
		if clients {
			hits[i].variant = "client"
		}
	}
	return hits
}
