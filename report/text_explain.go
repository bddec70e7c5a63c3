package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// trail tells how the settings were found: each question in the order of time,
// what came back, what was taken from it, and why it was believed or not.
func (v *view) trail() {
	if !v.o.Explain {
		return
	}
	v.heading("How this was found")
	v.unasked()
	for _, o := range v.questions() {
		v.prose(v.when(o), v.trailIndent(), v.ink.bold, fmt.Sprintf("%s, %s", v.subjectWords(o.ID), seconds(o.TookMS)))
		v.paragraph(v.trailIndent(), v.answerPen(v.answer(o)), v.cameBack(o))
		for _, t := range v.takenFrom(o.ID) {
			v.step("Taken", v.list(t.servers, ", "))
			v.step("Trust", v.believed(t.claim, o, t.role))
		}
		for i, note := range o.Notes {
			v.step(onlyFirst(i, "Noted"), note)
		}
	}
	v.leftOpen()
}

// questions gives what was asked of the DNS and of web servers, in the order of
// time; of two that began at once, in the order of their names.
func (v *view) questions() []mail.Observation {
	list := slices.DeleteFunc(slices.Clone(v.r.Observations), func(o mail.Observation) bool {
		return o.DNSFacts == nil && o.HTTPFacts == nil || o.Control
	})
	slices.SortFunc(list, func(a, b mail.Observation) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID))
	})
	return list
}

// when gives the start of an entry: milliseconds since the run began.
func (v *view) when(o mail.Observation) string {
	if o.At.IsZero() {
		return pad("", v.trailIndent())
	}
	after := max(0, o.At.Sub(v.r.Started).Milliseconds())
	return pad(v.ink.faint.Sprint(fmt.Sprintf("%6d ms", after)), v.trailIndent())
}

func (v *view) trailIndent() int { return 11 }

// step puts one labelled line of an entry.
func (v *view) step(label, text string) { v.labelled(v.trailIndent(), v.trailIndent()+10, label, text) }

// onlyFirst gives the label of the first of several lines, and none for the others.
func onlyFirst(i int, label string) string {
	if i > 0 {
		return ""
	}
	return label
}

// cameBack says what an answer held.
func (v *view) cameBack(o mail.Observation) string {
	var parts []string
	if f := o.DNSFacts; f != nil {
		for _, alias := range f.Aliases {
			parts = append(parts, "an alias of "+alias)
		}
		if records := strings.Join(f.Records, " | "); records != "" {
			parts = append(parts, records)
		}
		if f.Authentic == mail.Yes {
			parts = append(parts, join(", says ", "signed (DNSSEC)", f.Resolver))
		}
	}
	if f := o.HTTPFacts; f != nil {
		for _, url := range f.Redirects {
			parts = append(parts, "redirected to "+url)
		}
		if f.Status > 0 && (o.Failure == nil || o.Failure.Class != mail.HTTPStatus) { // a failure says it itself
			parts = append(parts, strings.TrimSpace(fmt.Sprintf("status %d %s", f.Status, f.MediaType)))
		}
		if f.Bytes > 0 {
			parts = append(parts, count(f.Bytes, "byte"))
		}
		if f.Proxy != "" {
			parts = append(parts, "through the proxy "+f.Proxy)
		}
		if clock := clockWords(o); clock != "" {
			parts = append(parts, "its clock is "+clock)
		}
	}
	return join(" · ", append(parts, v.unhelpful(o))...)
}

// unhelpful says why nothing could be taken from an answer, and nothing where
// that shows by itself.
func (v *view) unhelpful(o mail.Observation) string {
	a := v.answer(o)
	switch {
	case o.Failure != nil:
		return join(": ", a.words(), o.Failure.Detail)
	case a == absent:
		return a.words() + ": the domain says that there is none"
	case a == unusable:
		return a.words() + ": no settings in it"
	case o.DNSFacts != nil && len(o.Records) == 0:
		return a.words()
	}
	return ""
}

// taken is what was taken from an answer for one reason.
type taken struct {
	claim   mail.Claim
	role    mail.Role
	servers []string
}

// takenFrom gives what rests on an observation; an empty id stands for what
// rests on none.
func (v *view) takenFrom(id string) []taken {
	var list []taken
	add := func(claim mail.Claim, role mail.Role, server string) {
		i := slices.IndexFunc(list, func(t taken) bool {
			return t.claim.Source == claim.Source && t.claim.Trust == claim.Trust && (t.role == mail.MX) == (role == mail.MX)
		})
		if i < 0 {
			i = len(list)
			list = append(list, taken{claim: claim, role: role})
		}
		if !slices.Contains(list[i].servers, server) {
			list[i].servers = append(list[i].servers, server)
		}
	}
	rests := func(evidence []string) bool {
		return slices.Contains(evidence, id) || id == "" && len(evidence) == 0
	}
	for _, c := range v.r.Candidates {
		for _, claim := range c.Claims {
			if rests(claim.Evidence) {
				add(claim, c.Role, v.subjectWords(c.Endpoint.String()))
			}
		}
	}
	for _, s := range v.r.Services {
		if rests(s.Evidence) {
			add(mail.Claim{Source: s.Source, Trust: s.Trust}, "", serviceWord(s.Type)+" at "+v.serviceAt(s))
		}
	}
	return list
}

// unasked puts what was known without a question: the built-in table and the command.
func (v *view) unasked() {
	for _, t := range v.takenFrom("") {
		v.paragraph(v.trailIndent(), v.ink.bold, "Without a question: "+sourceWords(t.claim.Source))
		v.step("Taken", v.list(t.servers, ", "))
		v.step("Trust", v.believed(t.claim, mail.Observation{}, t.role))
	}
}

// believed says why a claim was believed, and how far.
func (v *view) believed(c mail.Claim, o mail.Observation, role mail.Role) string {
	web := o.HTTPFacts != nil
	switch c.Trust {
	case mail.TrustUser:
		return "taken as given: you named it"
	case mail.TrustAuthenticated:
		switch {
		case web:
			return "believed: the domain's own document, over verified https at every hop"
		case o.DNSFacts != nil && o.Authentic == mail.Yes:
			return "believed: the answer is signed (DNSSEC)"
		default: // one answer of several that say the same
			return "believed: " + sourceWords(c.Source) + " says the same, and the domain itself vouches for that"
		}
	case mail.TrustVouched:
		return "believed: " + sourceWords(c.Source) + " vouches for it"
	case mail.TrustDNS:
		if role == mail.MX {
			return "believed for what it is: plain DNS, not signed"
		}
		if web {
			return "believed with care: the domain's own document, but no signed record of the DNS vouches for it"
		}
		return "believed with care: plain DNS, not signed, but the host is inside the domain"
	case mail.TrustRedirected:
		if web {
			return "not without consent: the document is not the domain's own, or leads out of the domain"
		}
		return "not without consent: plain DNS, not signed, and the host is outside the domain"
	case mail.TrustCleartext:
		return "hardly believed: an unencrypted http hop, which anybody on the way can change"
	case mail.TrustGuess:
		return "kept apart as a guess: the name exists, and nobody publishes it"
	}
	return string(c.Trust)
}

// leftOpen puts the questions that were not asked, and those whose answers were
// not waited for.
func (v *view) leftOpen() {
	for _, n := range v.r.NotChecked {
		if n.Source == "" {
			continue
		}
		words := "not asked: " + v.whyNotChecked(n)
		switch n.Why {
		case mail.WhyGrace:
			words = "stopped, because something that is trusted as much was proved by then"
		case mail.WhyDeadline:
			words = "not waited for: " + v.whyNotChecked(n)
		default:
		}
		v.paragraph(v.trailIndent(), v.ink.bold, v.subjectWords(n.Subject))
		v.paragraph(v.trailIndent(), v.ink.faint, words)
	}
}
