package report

import (
	"fmt"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// roundTrip puts what became of the test message, where one was sent.
func (v *view) roundTrip() {
	sent, arrival := v.ofTest(mail.KindSend), v.ofTest(mail.KindMailbox)
	if sent == nil || sent.SendFacts == nil || sent.Test == nil {
		return
	}
	v.blank()
	v.paragraph(2, v.ink.bold, "Test message")
	row := func(label, text string) { v.labelled(4, 16, label, text) }
	row("Sent", v.sentWords(*sent))
	if arrival == nil || arrival.ArrivalFacts == nil {
		row("Message-ID", sent.Test.MessageID)
		return
	}
	row("Arrived", v.arrivedWords(*arrival))
	if arrival.Arrived != mail.Yes || v.o.Verbose > 0 {
		row("Message-ID", sent.Test.MessageID)
	}
	if len(arrival.Hops) > 1 || v.o.Verbose > 0 {
		row("On its way", v.hopWords(arrival.Hops))
	}
	row("Checked", authenticationWords(arrival.Authentication))
	row("Now", remainsWords(arrival.ArrivalFacts))
}

// ofTest gives the observation of a test message, nil where there is none.
func (v *view) ofTest(kind mail.Kind) *mail.Observation {
	for i, o := range v.r.Observations {
		if o.Kind == kind && isTest(o) {
			return &v.r.Observations[i]
		}
	}
	return nil
}

// isTest reports whether o is about a test message, and not about a server's settings.
func isTest(o mail.Observation) bool { return strings.HasSuffix(o.ID, "/test") }

// refusedTest reports whether s is the setting by which a test message was refused.
func (v *view) refusedTest(s mail.Setting) bool {
	o := v.ofTest(mail.KindSend)
	return o != nil && o.Subject == s.Endpoint.String() && o.SendFacts != nil && o.Failure != nil && o.Failure.Class == mail.PolicyRefused
}

// sentWords says who took the message, or that nobody did.
func (v *view) sentWords(o mail.Observation) string {
	host := o.Subject
	if e, err := mail.ParseEndpoint(o.Subject); err == nil {
		host = v.hostName(e.Host)
	}
	switch {
	case !o.Test.At.IsZero():
		return "taken by " + host + said(o.Test.Reply)
	case o.Test.Reply != "":
		return "refused by " + host + said(o.Test.Reply)
	case o.RcptReply != "" && o.Failure != nil && o.Failure.Class == mail.PolicyRefused:
		return "refused by " + host + said(o.RcptReply)
	case o.Failure != nil && o.Failure.Class == mail.PolicyRefused:
		return "refused by " + host + said(o.MailReply)
	default:
		return "to " + host + ", and it is not known whether it was taken" + failureWords(o.Failure, ": ")
	}
}

func (v *view) arrivedWords(o mail.Observation) string {
	switch {
	case o.Arrived == mail.No:
		return "not within " + seconds(o.WaitedMS)
	case o.Arrived != mail.Yes && v.interrupted():
		return "not within the " + seconds(o.WaitedMS) + " before the run was interrupted"
	case o.Arrived != mail.Yes:
		return "not known after " + seconds(o.WaitedMS) + failureWords(o.Failure, ": ")
	case o.Junk == mail.Yes:
		return "as junk, in the folder " + o.Folder + ", after " + seconds(o.ArrivedMS)
	case o.FolderUse != "":
		return "in the folder " + o.Folder + ", after " + seconds(o.ArrivedMS)
	default:
		return "in the inbox, after " + seconds(o.ArrivedMS)
	}
}

// hopWords names the servers on the way, and how long each of them took where
// the stamps show that.
func (v *view) hopWords(hops []mail.Hop) string {
	var list []string
	for i, h := range hops {
		words := h.By
		if words == "" {
			words = "an unnamed server"
		}
		if v.o.Verbose > 0 && h.With != "" {
			words += " by " + h.With
		}
		switch {
		case h.At.IsZero() || i == 0 && h.DelayMS >= 0 && h.DelayMS < 1000:
		case h.DelayMS < 0:
			words += fmt.Sprintf(" (clocks differ by %s)", seconds(-h.DelayMS))
		default:
			words += fmt.Sprintf(" (+%d s)", h.DelayMS/1000)
		}
		list = append(list, words)
	}
	return strings.Join(list, ", ")
}

// authenticationWords says what the receiving side found about the sender.
func authenticationWords(a *mail.Authentication) string {
	if a == nil || len(a.Results) == 0 {
		return ""
	}
	var list []string
	for _, r := range a.Results {
		words := strings.ToUpper(r.Method) + " " + r.Result
		if r.Result != "pass" && r.Domain != "" {
			words += " for " + r.Domain
		}
		list = append(list, words)
	}
	words := strings.Join(list, ", ")
	if a.Server != "" {
		words += ", says " + a.Server
	}
	return words
}

// remainsWords says where the message is now.
func remainsWords(f *mail.ArrivalFacts) string {
	var words string
	switch {
	case f.Arrived != mail.Yes:
		return "it stays in the mailbox, if it still comes"
	case f.Kept:
		words = "left where it is, as you wished"
	case f.Removed == mail.Yes:
		words = "deleted again"
	default:
		words = "still there " + f.Remains
	}
	for _, c := range f.Copies {
		if c.Removed == mail.Yes {
			words += "; the copy that the server filed in " + c.Folder + " is deleted too"
		} else {
			words += "; a copy stays in " + c.Folder
		}
	}
	return words
}
