package rules

import (
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// conflictRules are about sources that contradict each other. Every finding
// tells both sides, which one mailmedic goes by and why. It is a warning, since
// somebody gets the wrong servers; an error where that is the side which most
// mail programs take and it is proved not to work.
//
// That two sources name different ports or ways of encryption of one host is no
// contradiction: both can be right, and all of them stand in one ranked list.
func conflictRules() []rule {
	return slices.Concat([]rule{{
		id: "conflict.mx-provider", looksFor: "mail goes to a known provider while the domain names other servers",
		severity: mail.Warning, owner: mail.OwnerAdmin, confidence: mail.Likely,
		references: []string{"RFC 5321 section 5.1", "draft-ietf-mailmaint-autoconfig"},
		words: words{
			title:  "Mail for {domain} goes to {provider}, but {sources} {sources:names|name} other servers",
			detail: "{Says} The MX record leads to {provider}, whose servers are {theirs}. Mail programs that follow the former may sign in to an old or empty mailbox. mailmedic goes by {believed}, {why}.",
			fix:    "If the mailboxes are at {provider}, withdraw what names {hosts}, or publish the servers of {provider} there: web hosting panels publish such a document by themselves until it is switched off. If they are not, correct the MX record.",
		},
		check: (*index).findProviderConflict,
	}, {
		id: "conflict.ispdb-stale", looksFor: "the public directory lists servers that the domain has left",
		severity: mail.Warning, owner: mail.OwnerAdmin, confidence: mail.Likely,
		references: []string{"draft-ietf-mailmaint-autoconfig"},
		words: words{
			title:  "The entry for {domain} in the public directory ISPDB is out of date",
			detail: "It names {hosts}, which cannot be used. {Own} Mail programs that ask the directory are sent to servers that are gone. mailmedic goes by {believed}, {why}.",
			fix:    "Have the entry corrected at github.com/thunderbird/autoconfig. Until then an autoconfig document of the domain's own is asked first by the programs that know both.",
		},
		check: (*index).findStaleDirectory,
	}}, hostConflictRules(), statementConflictRules())
}

func hostConflictRules() []rule {
	return []rule{{
		id: "conflict.documents", looksFor: "the domain's settings documents differ",
		severity: mail.Warning, owner: mail.OwnerAdmin, confidence: mail.Certain,
		references: []string{"draft-ietf-mailmaint-autoconfig"},
		words: words{
			title:  "The settings documents of {domain} say different things",
			detail: "{Says} What a mail program is told depends on which place it asks first. mailmedic goes by {believed}, {why}.",
			fix:    "Keep one document, and let the other places redirect to it.",
		},
		variants: map[string]words{"http": {
			title:  "The settings document of {domain} says something else over http than over https",
			detail: "{Says} The http document was forgotten, or somebody on the way changed it. mailmedic goes by {believed}, {why}.",
			fix:    "Serve the same document in both places, or let http redirect to https. If the web server does so already, somebody on this network changes it.",
		}},
		check: (*index).findDifferentDocuments,
	}, {
		id: "conflict.hosts", looksFor: "two sources name different servers",
		severity: mail.Warning, owner: mail.OwnerAdmin, confidence: mail.Certain,
		references: []string{"RFC 6186 section 3", "draft-ietf-mailmaint-autoconfig"},
		words: words{
			title:  "{Sources} name different servers to {task} mail of {domain}",
			detail: "{Says} Which server a mail program gets depends on where it asks. mailmedic goes by {believed}, {why}.",
			fix:    "Decide which servers are right, and correct or withdraw what says otherwise.",
		},
		check: (*index).findDifferentHosts,
	}}
}

func statementConflictRules() []rule {
	return []rule{{
		id: "conflict.username", looksFor: "sources disagree on the form of the user name",
		severity: mail.Warning, owner: mail.OwnerAdmin, confidence: mail.Certain,
		references: []string{"RFC 6186 section 4"},
		words: words{
			title:  "The sources disagree on the user name for {host}",
			detail: "{Says}[ The server accepted {accepted}.] Mail programs that take the wrong one fail as with a wrong password. mailmedic tries {first} first.",
			fix:    "Publish the form that the server accepts everywhere; most accept the full address.",
		},
		check: (*index).findUsernameConflict,
	}, {
		id: "conflict.absent-but-named", looksFor: "the DNS rules out a service that a document names",
		severity: mail.Warning, owner: mail.OwnerAdmin, confidence: mail.Certain,
		references: []string{"RFC 6186 section 3.4", "RFC 2782"},
		words: words{
			title:  "The DNS of {domain} says that there is no {services}, but {sources} {sources:names|name} a server for it",
			detail: "{records} {records:has|have} the target \".\", which means that the service is not offered. Mail programs that follow the DNS do not look for it, the others go to {hosts}.",
			fix:    "If the service is offered, publish its host in the SRV {records:record|records}; if not, remove it from the document.",
		},
		check: (*index).findAbsentButNamed,
	}, {
		id: "conflict.plaintext", looksFor: "a source offers a server without encryption beside one with it",
		severity: mail.Warning, owner: mail.OwnerAdmin, confidence: mail.Certain,
		references: []string{"RFC 8314 section 4.1"},
		words: words{
			title:  "{Source} offers {protocols} without encryption beside a server with it",
			detail: "A mail program that takes {hosts} without encryption ({ports:port|ports} {ports}) sends the password in clear text; Thunderbird for Android refuses a document as a whole for this. mailmedic ranks it last.",
			fix:    "Remove the server without encryption from it.",
		},
		check: (*index).findPlaintextBeside,
	}}
}

// capital gives a sentence its first letter. A protocol has capitals only, and a
// URL is not changed.
func capital(text string) string {
	first, rest, _ := strings.Cut(text, " ")
	switch {
	case text == "", strings.Contains(first, "://"):
		return text
	case first == "imap", first == "pop3", first == "smtp":
		return strings.TrimSpace(strings.ToUpper(first) + " " + rest)
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// observed leaves out ids that no observation has, such as those of a claim
// from a recording that was cut.
func (x *index) observed(ids []string) []string {
	return slices.DeleteFunc(distinct(ids), func(id string) bool {
		_, ok := x.byID[id]
		return !ok
	})
}
