package rules

import (
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// declaredRules are about what a domain says that it does not have.
func declaredRules() []rule {
	return []rule{{
		id: "discovery.not-offered", looksFor: "the domain declares that it has no servers for a task",
		severity: mail.Notice, owner: mail.OwnerAdmin, confidence: mail.Certain,
		references: []string{"RFC 6186 section 3.4", "RFC 2782"},
		words: words{
			title:  "{domain} declares that it has no server to {tasks} mail with a mail program",
			detail: "Its SRV records for that name the target \".\", which means that there is no such service. Mail programs cannot {tasks} mail with this domain's own servers.",
			fix:    "Nothing, if that is as it should be. Else replace the SRV records by those that name the servers.",
		},
		check: (*index).findNotOffered,
	}}
}

func (x *index) findNotOffered() []hit {
	var tasks, evidence []string
	for _, role := range []mail.Role{mail.Incoming, mail.Outgoing} {
		if x.state[role] == mail.NoneSet && x.declinesAll(role) {
			tasks = append(tasks, map[mail.Role]string{mail.Incoming: "receive", mail.Outgoing: "send"}[role])
			evidence = append(evidence, x.srvQuestions(role)...)
		}
	}
	if len(tasks) == 0 {
		return nil
	}
	hits := x.domainHit(evidence...)
	hits[0].params = params{"tasks": tasks}
	return hits
}

// declinesAll reports whether the domain answers every question for an SRV record
// of a role with the target ".".
func (x *index) declinesAll(role mail.Role) bool {
	return !slices.ContainsFunc(x.srvQuestions(role), func(id string) bool {
		o := x.byID[id]
		return o.DNSFacts == nil || len(o.Records) != 1 || !strings.HasSuffix(o.Records[0], " .")
	})
}

// srvQuestions gives the IDs of the questions for the SRV records of a role
// (RFC 6186 section 3, RFC 8314 section 5.1).
func (x *index) srvQuestions(role mail.Role) []string {
	labels := []string{"_submission", "_submissions"}
	if role == mail.Incoming {
		labels = []string{"_imap", "_imaps", "_pop3", "_pop3s"}
	}
	for i, label := range labels {
		labels[i] = "srv:" + label + "._tcp." + x.Target.Domain
	}
	return labels
}
