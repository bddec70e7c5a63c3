package rules

import (
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// unheardRules are about runs in which nobody could be asked what is published.
func unheardRules() []rule {
	return []rule{{
		id: "discovery.not-searchable", looksFor: "the domain is none below which settings can be looked for",
		severity: mail.Error, owner: mail.OwnerUser, confidence: mail.Certain,
		references: []string{"RFC 2606", "RFC 6761 section 6.3"},
		words: words{
			title:  "{domain} is not a mail domain that can be searched",
			detail: "It is a single name, or one below which everybody can register, so nobody was asked about it. Nothing is known about its mail service.",
			fix:    "Write the whole domain, as in anna@example.org, or name the servers with --imap and --smtp.",
		},
		headline: "{domain} is not a mail domain that can be searched.",
		silences: []silence{{[]string{"discovery.*", "run.incomplete"}, sameServers}},
		check:    (*index).findNotSearchable,
	}}
}

func (x *index) findNotSearchable() []hit {
	if x.searched() || len(x.unheardRoles()) == 0 {
		return nil
	}
	return x.domainHit()
}

// searched reports whether anybody was asked what the domain publishes, or
// should have been. Nobody is where the names below it do not belong together.
func (x *index) searched() bool {
	_, literal := x.Target.Literal()
	return literal || x.Target.Domain == "" || x.askedDomain()
}

// askedDomain reports whether the run was about what a domain publishes.
func (x *index) askedDomain() bool {
	_, answered := x.dns("mx", x.Target.Domain)
	return answered || slices.ContainsFunc(x.NotChecked, func(n mail.NotChecked) bool { return n.Subject == "mx:"+x.Target.Domain })
}

// unknowable reports whether nobody can say what is published for a role: the
// domain cannot be searched, or somebody who may know gave no answer.
func (x *index) unknowable(role mail.Role) bool {
	switch {
	case !x.searched():
		return true
	case x.nullMX(), x.dnsClass("mx", x.Target.Domain) == mail.DNSNXDomain, x.declinesAll(role), x.Provider != nil && x.Provider.NoServers:
		return false
	}
	return len(x.unheard(role)) > 0
}

// unheardRoles gives the roles of which nothing is known because nobody answered.
func (x *index) unheardRoles() []mail.Role {
	known := func(role mail.Role) bool {
		return x.state[role] != mail.Unproven || slices.ContainsFunc(x.settings(), func(s *server) bool { return s.in(role) })
	}
	return slices.DeleteFunc([]mail.Role{mail.Incoming, mail.Outgoing}, known)
}

// unheard gives the questions about a role's servers to which nobody gave an
// answer. A refused connection or a missing name is an answer.
func (x *index) unheard(role mail.Role) []string {
	var questions []string
	for _, n := range x.NotChecked {
		_, heard := x.byID[n.Subject]
		if late := n.Why == mail.WhyGrace || n.Why == mail.WhyDeadline; late && !heard && x.mattersTo(n.Subject, role) {
			questions = append(questions, n.Subject)
		}
	}
	for _, o := range x.ordered {
		if x.mattersTo(o.ID, role) && unanswered(o) {
			questions = append(questions, o.ID)
		}
	}
	for _, s := range x.serversIn(role) {
		if s.faultClass() == mail.Deadline {
			questions = append(questions, s.text)
		}
	}
	return distinct(questions)
}

// mattersTo reports whether a question is one about what is published, or
// guessed, for a role.
func (x *index) mattersTo(question string, role mail.Role) bool {
	switch {
	case strings.HasPrefix(question, "srv:"):
		return slices.Contains(x.srvQuestions(role), question)
	case isEndpoint(question):
		return slices.ContainsFunc(x.serversIn(role), func(s *server) bool { return s.text == question })
	case strings.HasPrefix(question, "a:"):
		return true // only guesses ask for it in their own name
	}
	return question == "mx:"+x.Target.Domain || strings.HasPrefix(question, "https://") || strings.HasPrefix(question, "http://")
}

// unanswered reports whether an answer of the DNS or a document stayed away.
// Documents over http are not waited for: many a firewall closes port 80, and
// what stands there is believed last.
func unanswered(o mail.Observation) bool {
	switch o.Kind {
	case mail.KindHTTP:
		if strings.HasPrefix(o.ID, "http://") || answeredWeb(o) {
			return false
		}
	case mail.KindDNS:
		if strings.HasPrefix(o.ID, "a:") {
			return false // where it matters, it is told of the host
		}
	case mail.KindDial, mail.KindTLS, mail.KindSession, mail.KindAuth, mail.KindMailbox, mail.KindSend:
		return false
	}
	switch failureClass(o) {
	case mail.DNSServFail, mail.DNSTimeout, mail.Deadline, mail.Timeout, mail.Unreachable, mail.PolicyRefused:
		return true
	default:
		return false
	}
}

// unheardFrom names the places that gave no answer, for people, and says
// whether it was for want of time.
func (x *index) unheardFrom() (places []string, late bool) {
	for _, role := range x.unheardRoles() {
		for _, question := range x.unheard(role) {
			late = late || slices.Contains(x.NotChecked, mail.NotChecked{Subject: question, Why: mail.WhyDeadline})
			place, _, _ := strings.Cut(question, "?")
			if kind, name, ok := strings.Cut(place, ":"); ok && !strings.Contains(place, "://") {
				place = strings.ToUpper(kind) + " " + name
			}
			places = append(places, place)
		}
	}
	return distinct(places), late
}
