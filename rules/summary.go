package rules

import (
	"cmp"
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// summary says the verdict in one sentence. Where nothing works for one known
// reason, the reason is the sentence.
func (x *index) summary(found []diagnosis) string {
	p := x.params(hit{})
	if x.cutHere {
		p["here"] = "from this network"
	}
	if !x.anyUsable() && len(found) > 0 && atLeast(x.severity(found[0]), mail.Error) && found[0].headline() != "" {
		return render(found[0].headline(), x.params(found[0].hit))
	}
	receive, send := x.state[mail.Incoming], x.state[mail.Outgoing]
	switch {
	case x.namedOnly():
		return x.namedSummary()
	case !x.triedAny() && (receive == mail.Unproven || send == mail.Unproven):
		return x.lookedSummary()
	case receive == mail.Ready && send == mail.Ready && x.refusedAnywhere():
		return render("The servers of {domain} answer, but no sign-in worked where it was tried.", p)
	case receive == mail.Works && send == mail.Works && x.tripSummary() != "":
		return render(x.tripSummary(), p)
	default:
		return x.reserved(render(summaries()[[2]mail.State{receive, send}], p), found)
	}
}

// refusedAnywhere reports whether a sign-in was tried in vain.
func (x *index) refusedAnywhere() bool {
	return slices.ContainsFunc(x.settings(), func(s *server) bool {
		r, refused := x.refusalAt(s)
		facts := r.observation.AuthFacts
		return refused && facts != nil && facts.Mechanism != "none" // with which nothing is tried
	})
}

// reserved adds to a sentence that mail can be received what stands against it all the same.
func (x *index) reserved(sentence string, found []diagnosis) string {
	for _, d := range found {
		if d.rule.reservation != "" && x.state[mail.Incoming] == mail.Works && atLeast(x.severity(d), mail.Error) {
			return strings.TrimSuffix(sentence, ".") + "; but " + render(d.rule.reservation, x.params(d.hit)) + "."
		}
	}
	return sentence
}

// tripSummary is for a run that sent a test message by servers that work: a
// template, "" where it adds nothing.
func (x *index) tripSummary() string {
	sent, ok := x.submission()
	arrival, _ := x.arrival()
	switch {
	case !ok || sent.SendFacts == nil:
		return ""
	case refusedWords(sent) != "":
		return "{who} can receive mail; signing in to send works, but a test message was refused."
	case arrival.ArrivalFacts == nil:
		return ""
	case arrival.Arrived == mail.No:
		return "{who} can sign in to receive and to send, but a test message did not arrive in time."
	case arrival.Junk == mail.Yes:
		return "{who} can receive and send mail; a test message came back, as junk."
	case cameBack(arrival):
		return "{who} can receive and send mail: a test message went out and came back."
	}
	return ""
}

// headline gives the template of the sentence for a run in which nothing works for this reason.
func (d diagnosis) headline() string { return cmp.Or(d.hit.headline, d.rule.headline) }

func (x *index) anyUsable() bool { return x.usable[mail.Incoming] || x.usable[mail.Outgoing] }

// triedAny reports whether any server was asked, or should have been.
func (x *index) triedAny() bool {
	return probed(mail.Report{Observations: x.ordered, Candidates: x.Candidates, NotChecked: x.NotChecked})
}

// namedSummary is for a run that asks servers which the user named.
func (x *index) namedSummary() string {
	good, untested := 0, 0
	for _, s := range x.servers {
		switch {
		case x.canUse(s), s.in(mail.MX) && s.proof().Rank() >= mail.Handshake.Rank():
			good++
		case !s.tested():
			untested++
		}
	}
	p := params{"good": good, "all": len(x.servers), "untested": untested, "host": mail.DisplayName(x.servers[0].endpoint.HostPort())}
	switch {
	case len(x.servers) == 1 && good == 1:
		return render("{host} answers and can be used.", p)
	case len(x.servers) == 1 && untested == 1:
		return render("{host} could not be tested.", p)
	case len(x.servers) == 1:
		return render("{host} cannot be used.", p)
	case good == len(x.servers):
		return render("All {all} servers answer and can be used.", p)
	case untested > 0:
		return render("{good} of {all} servers can be used; {untested} could not be tested.", p)
	default:
		return render("{good} of {all} servers can be used.", p)
	}
}

// summaries gives the sentence for each pair of states, receiving first.
func summaries() map[[2]mail.State]string {
	return map[[2]mail.State]string{
		{mail.Works, mail.Works}:    "{who} can receive and send mail.",
		{mail.Works, mail.Ready}:    "{who} can receive mail; the server for sending answers, but no sign-in was tried there.",
		{mail.Works, mail.Broken}:   "{who} can receive mail but cannot send it[ {here}].",
		{mail.Works, mail.Unproven}: "{who} can receive mail; sending could not be tested.",
		{mail.Works, mail.NoneSet}:  "{who} can receive mail; no server for sending is known.",

		{mail.Ready, mail.Works}:    "{who} can send mail; the server for receiving answers, but no sign-in was tried there.",
		{mail.Ready, mail.Ready}:    "The servers of {domain} answer; no sign-in was tried.",
		{mail.Ready, mail.Broken}:   "The server for receiving mail of {domain} answers, but mail cannot be sent[ {here}].",
		{mail.Ready, mail.Unproven}: "The server for receiving mail of {domain} answers; sending could not be tested.",
		{mail.Ready, mail.NoneSet}:  "The server for receiving mail of {domain} answers; no server for sending is known.",

		{mail.Broken, mail.Works}:    "{who} can send mail but cannot receive it[ {here}].",
		{mail.Broken, mail.Ready}:    "The server for sending mail of {domain} answers, but mail cannot be received[ {here}].",
		{mail.Broken, mail.Broken}:   "{who} can neither receive nor send mail.",
		{mail.Broken, mail.Unproven}: "{who} cannot receive mail; sending could not be tested.",
		{mail.Broken, mail.NoneSet}:  "{who} cannot receive mail, and no server for sending is known.",

		{mail.Unproven, mail.Works}:    "{who} can send mail; receiving could not be tested.",
		{mail.Unproven, mail.Ready}:    "The server for sending mail of {domain} answers; receiving could not be tested.",
		{mail.Unproven, mail.Broken}:   "{who} cannot send mail; receiving could not be tested.",
		{mail.Unproven, mail.Unproven}: "Neither receiving nor sending mail of {domain} could be tested.",
		{mail.Unproven, mail.NoneSet}:  "Receiving mail of {domain} could not be tested, and no server for sending is known.",

		{mail.NoneSet, mail.Works}:    "{who} can send mail; no server for receiving is known.",
		{mail.NoneSet, mail.Ready}:    "The server for sending mail of {domain} answers; no server for receiving is known.",
		{mail.NoneSet, mail.Broken}:   "{who} cannot send mail, and no server for receiving is known.",
		{mail.NoneSet, mail.Unproven}: "Sending mail of {domain} could not be tested, and no server for receiving is known.",
		{mail.NoneSet, mail.NoneSet}:  "No server for the mail of {domain} is known.",
	}
}
