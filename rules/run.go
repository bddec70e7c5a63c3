package rules

import (
	"slices"

	"github.com/mailmedic/mailmedic/mail"
)

// runRules are about what the run itself left open.
func runRules() []rule {
	return []rule{unexplainedRule(), {
		id: "run.incomplete", looksFor: "something was to be tested and was not",
		severity: mail.Error, owner: mail.OwnerUser, confidence: mail.Certain,
		references: []string{"RFC 5321 section 4.5.3.2"},
		words: words{
			title:  "{Task} mail of {domain} could not be tested",
			detail: "Nothing is known about it, good or bad.[ {Reason}]",
			fix:    "Run again[ {remedy}].",
		},
		variants: map[string]words{"late": {
			title:  "Not everything was asked in the time allowed",
			detail: "The verdict stands, but {subjects} {subjects:was|were} not asked.",
			fix:    "Run again with a longer --timeout to see the rest.",
		}, "interrupted": {
			title:  "Not everything was asked before the run was interrupted",
			detail: "The verdict says what was known by then; {subjects} {subjects:was|were} not asked.",
			fix:    "Run again and let it finish to see the rest.",
		}, "looked": {
			title: "What {domain} publishes to {tasks} mail could not be found out",
		}},
		check: (*index).findIncomplete,
	}}
}

// unexplainedRule speaks where no other rule does. It is asked after those about servers.
func unexplainedRule() rule {
	return rule{
		id: "server.unexplained", looksFor: "a server cannot be used, and no rule knows why",
		severity: mail.Error, weighed: true, owner: mail.OwnerProvider, confidence: mail.Possible,
		references: []string{"RFC 8314 section 3"},
		words: words{
			title:  "{hosts} cannot be used on {ports:port|ports} {ports}",
			detail: "Something went wrong that mailmedic has no better words for[: {class}].",
			fix:    "Look at the conversation with --transcript and into the server's log for this moment.",
		},
		check: func(x *index) []hit {
			hits := grouped(x.serversWhere(func(s *server) bool { return s.tested() && !x.canUse(s) && !x.explained[s] }), byHost)
			return with(hits, func(h hit) params { return params{"class": string(h.servers[0].faultClass())} })
		},
	}
}

// findIncomplete looks for roles about which nothing is known, and for what was
// cut short by the run's deadline. A run that only looks up what is published
// tests no role, and leaves open what nobody could answer.
func (x *index) findIncomplete() []hit {
	if !x.triedAny() {
		return x.findUnknowable()
	}
	h := x.domainHit()[0]
	receive, send := x.state[mail.Incoming] == mail.Unproven, x.state[mail.Outgoing] == mail.Unproven
	if receive || send {
		h.servers = slices.DeleteFunc(x.settings(), func(s *server) bool {
			return !(receive && s.in(mail.Incoming) || send && s.in(mail.Outgoing))
		})
		reason, remedy := x.whyUntested(h.servers)
		h.params = params{"Task": untestedTask(receive, send), "Reason": reason, "remedy": remedy}
		return []hit{h}
	}
	var late []string
	for _, n := range x.NotChecked {
		if n.Why == mail.WhyDeadline {
			late = append(late, n.Subject)
		}
	}
	if len(late) == 0 {
		return nil
	}
	h.variant, h.severity, h.params = "late", mail.Notice, params{"subjects": distinct(late)}
	if x.Interrupted {
		h.variant = "interrupted"
	}
	return []hit{h}
}

// findUnknowable looks for roles of which nobody could say what is published.
func (x *index) findUnknowable() []hit {
	var tasks []string
	for _, role := range x.unheardRoles() {
		tasks = append(tasks, map[mail.Role]string{mail.Incoming: "receive", mail.Outgoing: "send"}[role])
	}
	if len(tasks) == 0 {
		return nil
	}
	reason, remedy := x.whyUntested(nil)
	h := x.domainHit()[0]
	h.variant, h.params = "looked", params{"tasks": tasks, "Reason": reason, "remedy": remedy}
	return []hit{h}
}

func untestedTask(receive, send bool) string {
	switch {
	case receive && send:
		return "Receiving and sending"
	case receive:
		return "Receiving"
	default:
		return "Sending"
	}
}

// whyUntested says why servers were not tested, and with what to run again.
func (x *index) whyUntested(servers []*server) (reason, remedy string) {
	why := func(w mail.Why, class mail.Class) bool {
		return slices.ContainsFunc(servers, func(s *server) bool {
			return s.faultClass() == class || slices.Contains(x.NotChecked, mail.NotChecked{Subject: s.text, Why: w})
		})
	}
	switch {
	case x.Interrupted:
		return "The run was interrupted before everybody had answered.", "and let it finish"
	case len(servers) == 0:
		places, late := x.unheardFrom()
		reason = render("[There was no answer from {places}.]", params{"places": places})
		if late {
			return reason, "with a longer --timeout"
		}
		return reason, "later or from another network"
	case slices.ContainsFunc(servers, (*server).familyOff):
		return "The servers have no address of the family that the run was held to.", "without -4 and -6"
	case why(mail.WhyPolicy, mail.PolicyRefused):
		return "The servers have addresses that this run was not allowed to connect to.", "with --allow-private if they are inside this network"
	case why(mail.WhyDeadline, mail.Deadline):
		return "The time allowed was over before the servers had answered.", "with a longer --timeout"
	default:
		return "", "when the network is in order"
	}
}
