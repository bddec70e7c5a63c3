package rules

import (
	"cmp"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// The use of a mailbox, in percent of its limit, from which it is worth a word.
const (
	filling    = 80
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
			}, "said": {
				title:  "The mailbox of {who} is full",
				detail: "New mail is refused or waits at the senders' servers.[ The server said: {said}]",
			}},
			reservation: "new mail is refused because the mailbox is full",
			silences:    []silence{{[]string{"send.mailbox-full"}, everything}},
			check:       (*index).findFullMailbox,
		},
		{
			id: "mailbox.alert", looksFor: "the server has something to tell its user",
			severity: mail.Notice, owner: mail.OwnerUser, confidence: mail.Certain,
			references: []string{"RFC 9051 section 7.1"},
			words: words{
				title:  "{host} wants {who} to know something",
				detail: "Not every mail program shows such a message.[ The server said: {said}]",
				fix:    "Read it, and do what it asks on the provider's own web site. Do not follow a link in it that leads elsewhere.",
			},
			check: (*index).findAlert,
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
			}, "now": {
				title:  "{host} accepts the sign-in but cannot open the mailbox at the moment",
				detail: "The password is right; the store behind the server is busy or under repair.[ The server said: {said}]",
				fix:    "Wait some minutes and try again. If it lasts, the provider looks at the mail store.",
			}, "service": {
				title:  "{host} accepts the sign-in but opens no mailbox, because the service is off for this account",
				detail: "The password is right. The account has no mailbox or no licence, or IMAP is switched off for it.[ The server said: {said}]",
				fix:    "The administrator gives the account a mailbox and switches the service on for it.",
			}},
			check: (*index).findShutMailbox,
		},
		{
			id: "pop3.unstable-ids", looksFor: "a POP3 server names the same messages differently each time",
			severity: mail.Warning, owner: mail.OwnerProvider, confidence: mail.Likely,
			references: []string{"RFC 1939 section 7"},
			words: words{
				title:  "{host} gives the same message another name in each session (POP3)",
				detail: "A mail program that leaves mail on the server takes every message for a new one and fetches all of them again and again.",
				fix:    "Use IMAP. The provider makes the unique ids (UIDL) last, also across ports and servers.",
			},
			check: (*index).findUnstableIDs,
		},
	}
}

// findFullMailbox goes by the limit that a server tells, else by its words.
func (x *index) findFullMailbox() []hit {
	for _, o := range x.ofKind(mail.KindMailbox) {
		if o.MailboxFacts == nil || o.Quota == nil || o.Quota.Limit <= 0 {
			continue
		}
		percent := o.Quota.Percent()
		h := hit{subject: o.Subject, evidence: []string{o.ID}, params: params{"percent": percent}}
		switch {
		case percent >= full:
			return []hit{h}
		case percent >= nearlyFull:
			h.variant, h.severity = "nearly", mail.Warning
			return []hit{h}
		case percent >= filling:
			h.variant, h.severity = "nearly", mail.Notice
			return []hit{h}
		}
	}
	for _, o := range x.ofKind(mail.KindMailbox) {
		if words := mailboxWords(o); mailboxMeaning(words) == "mailbox.full" {
			return []hit{{subject: o.Subject, evidence: []string{o.ID}, variant: "said", params: params{"said": said(words)}}}
		}
	}
	return nil
}

// mailboxWords gives what a server said of its own accord after a sign-in, and
// why it did not open the mailbox.
func mailboxWords(o mail.Observation) string {
	switch {
	case o.Failure != nil:
		return o.Failure.Detail
	case o.MailboxFacts != nil:
		return strings.Join(o.Alerts, " / ")
	}
	return ""
}

// findAlert passes on what a server wants its user told, once for each text,
// unless another rule knows what it means.
func (x *index) findAlert() []hit {
	var hits []hit
	told := map[string]bool{}
	for _, s := range x.settings() {
		o, ok := x.byID["mailbox:"+s.text]
		if !ok || o.MailboxFacts == nil || len(o.Alerts) == 0 {
			continue
		}
		words := mailboxWords(o)
		if told[words] || mailboxMeaning(words) != "" {
			continue
		}
		told[words] = true
		hits = append(hits, hit{
			subject: s.text, evidence: []string{o.ID},
			params: params{"host": mail.DisplayName(s.endpoint.Host), "said": said(words)},
		})
	}
	return hits
}

func (x *index) findShutMailbox() []hit {
	var shut []*server
	for _, s := range x.settings() {
		o, ok := x.byID["mailbox:"+s.text]
		if ok && !succeeded(o) && failureClass(o) != mail.Deadline && mailboxMeaning(o.Failure.Detail) != "mailbox.full" {
			shut = append(shut, s)
		}
	}
	hits := grouped(shut, byHost)
	for i, h := range hits {
		o := x.byID["mailbox:"+h.servers[0].text]
		hits[i].evidence, hits[i].params = []string{o.ID}, params{"said": said(o.Failure.Detail)}
		switch cmp.Or(mailboxMeaning(o.Failure.Detail), signInMeaning(o.Failure.Detail), signInCode(o.Failure.Detail)) {
		case "auth.client-unknown":
			hits[i].variant = "client"
		case "auth.temporary", "auth.throttled":
			hits[i].variant = "now"
		case "auth.imap-disabled", "auth.account-disabled":
			hits[i].variant, hits[i].owner = "service", mail.OwnerAdmin
		}
	}
	return hits
}

// findUnstableIDs compares what two sessions at one host call the first message
// of a mailbox that holds as many messages in both.
func (x *index) findUnstableIDs() []hit {
	first := map[string]*server{} // by host
	named := func(s *server) mail.MailboxFacts {
		if o := x.byID["mailbox:"+s.text]; o.MailboxFacts != nil && o.FirstID != "" {
			return *o.MailboxFacts
		}
		return mail.MailboxFacts{}
	}
	for _, s := range x.settings() {
		facts := named(s)
		if facts.FirstID == "" {
			continue
		}
		one, known := first[s.endpoint.Host]
		if !known {
			first[s.endpoint.Host] = s
			continue
		}
		if before := named(one); before.Messages == facts.Messages && before.FirstID != facts.FirstID {
			return []hit{{
				subject: s.endpoint.Host, evidence: []string{"mailbox:" + one.text, "mailbox:" + s.text},
				params: params{"host": mail.DisplayName(s.endpoint.Host)},
			}}
		}
	}
	return nil
}
