package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

// servers puts what every server showed of itself: encryption, certificate, software, capabilities.
func (v *view) servers() {
	if v.o.Verbose == 0 {
		return
	}
	endpoints := v.endpoints()
	if len(endpoints) == 0 {
		return
	}
	v.heading("Servers")
	for _, subject := range endpoints {
		v.blank()
		v.paragraph(2, v.ink.bold, v.subjectWords(subject))
		for _, o := range v.at[subject] {
			switch {
			case isAttempt(o):
				v.alsoTried(o)
			case v.atFurtherAddress(o):
				v.furtherFacts(o)
			default:
				v.serverFacts(o)
			}
		}
	}
}

// endpoints gives the servers that were asked, in the order of their names.
func (v *view) endpoints() []string {
	var list []string
	for subject, seen := range v.at {
		if slices.ContainsFunc(seen, isServer) {
			list = append(list, subject)
		}
	}
	slices.Sort(list)
	return list
}

func isServer(o mail.Observation) bool {
	switch o.Kind {
	case mail.KindDial, mail.KindTLS, mail.KindSession, mail.KindAuth, mail.KindMailbox, mail.KindSend:
		_, err := mail.ParseEndpoint(o.Subject)
		return err == nil
	default:
		return false
	}
}

// atFurtherAddress reports whether o is about an address of a server other than
// the one that its session is with.
func (v *view) atFurtherAddress(o mail.Observation) bool {
	if o.Kind != mail.KindTLS && o.Kind != mail.KindSession || o.Address == "" {
		return false
	}
	return slices.ContainsFunc(v.at[o.Subject], func(s mail.Observation) bool {
		return s.ID == "session:"+o.Subject && s.Address != "" && s.Address != o.Address
	})
}

// furtherFacts puts what came of a further address in one line.
func (v *view) furtherFacts(o mail.Observation) {
	words := "answers in " + seconds(o.TookMS)
	if f := o.TLSFacts; f != nil {
		words = join(", ", f.Version, f.Cipher)
		if len(f.Certificates) > 0 {
			words = join(", ", words, "certificate "+f.Certificates[0].Subject+" until "+day(f.Certificates[0].NotAfter))
		}
	}
	v.fact("Also at", o.Address+": "+words+failureWords(o.Failure, "; "))
}

// isAttempt reports whether o is a handshake that only finds out what a server can do.
func isAttempt(o mail.Observation) bool { return o.TLSFacts != nil && o.Attempt != "" }

// alsoTried puts what came of such a handshake in one line.
func (v *view) alsoTried(o mail.Observation) {
	f := o.TLSFacts
	way := f.Attempt
	switch way {
	case "classical":
		way = "classical key exchange"
	case "tls-1.2":
		way = "TLS 1.2 at most"
	case "legacy":
		way = "old versions too"
	}
	v.fact("Also tried", way+": "+join("; ", join(", ", f.Version, f.Cipher, f.Group), failureWords(o.Failure, "")))
}

// extras puts what is odd or rare about a handshake.
func (v *view) extras(f *mail.TLSFacts) {
	var notes []string
	for _, n := range f.ChainNotes {
		notes = append(notes, chainWords(n))
	}
	v.fact("Chain", strings.Join(notes, ", "))
	v.fact("Stapled", string(f.Stapled))
	if f.ClientCertificate != "" {
		v.fact("Asks for", "a certificate of the client, "+cmp.Or(string(f.ClientCertificateAnswer), string(f.ClientCertificate)))
	}
}

func chainWords(n mail.ChainNote) string {
	switch n {
	case mail.ChainOrder:
		return "not in order"
	case mail.ChainExtra:
		return "some do not belong to it"
	case mail.ChainRepeated:
		return "some are sent twice"
	case mail.ChainRoot:
		return "the root is sent too"
	case mail.ChainMissing:
		return "an intermediate is missing"
	}
	return string(n)
}

// limitWords gives what a server will not go beyond, by name.
func limitWords(limits map[string]int64) string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(limits)) {
		list = append(list, fmt.Sprintf("%s %d", name, limits[name]))
	}
	return strings.Join(list, ", ")
}

func (v *view) serverFacts(o mail.Observation) {
	if o.Kind == mail.KindDial {
		v.fact("Address", o.Address+failureWords(o.Failure, ": "))
		return
	}
	if f := o.TLSFacts; f != nil {
		v.fact("Encryption", join(", ", f.Version, f.Cipher, f.Group))
		for i, c := range f.Certificates {
			v.certificate(i, c)
		}
		v.extras(f)
	}
	if f := o.SessionFacts; f != nil {
		v.fact("Software", f.Software)
		v.fact("Greeting", f.Greeting)
		v.bothWays("Sign-in", f.Mechanisms)
		v.bothWays("Can do", f.Capabilities)
		v.fact("Limits", limitWords(f.Limits))
		if f.Injection != "" {
			v.fact("Injection", "a command before the handshake is "+string(f.Injection))
		}
	}
	if f := o.AuthFacts; f != nil {
		label := "Signed in as"
		if o.Failure != nil {
			label = "Tried as"
		}
		v.fact(label, join(" ", f.Username, "by", f.Mechanism)+said(f.Reply))
	}
	if f := o.MailboxFacts; f != nil && o.Failure == nil {
		v.mailboxFacts(f)
	}
	if f := o.SendFacts; f != nil {
		v.sendFacts(f)
	}
	v.fact("Failure", failureWords(o.Failure, ""))
}

func (v *view) certificate(i int, c mail.Certificate) {
	if i > 0 {
		v.fact("Signed by", fmt.Sprintf("%s, until %s", c.Subject, day(c.NotAfter)))
		return
	}
	v.fact("Certificate", fmt.Sprintf("%s, %s, from %s", c.Subject, c.Key, c.Issuer))
	v.fact("Valid", fmt.Sprintf("%s to %s%s", day(c.NotBefore), day(c.NotAfter), v.left(c.NotAfter)))
	v.fact("For", strings.Join(c.Names, ", "))
}

// left says how long something is still valid, by the time of the run.
func (v *view) left(until time.Time) string {
	days := int(until.Sub(v.r.Started).Hours() / 24)
	switch {
	case until.Before(v.r.Started):
		return fmt.Sprintf(" (ended %s ago)", count(-days, "day"))
	default:
		return fmt.Sprintf(" (%s left)", count(days, "day"))
	}
}

// fact puts one thing that a server showed.
func (v *view) fact(label, text string) { v.labelled(4, 18, label, text) }

// bothWays puts a list before and after the connection was encrypted; what was not asked for is not said.
func (v *view) bothWays(label string, b mail.BothWays) {
	for _, way := range []struct {
		list []string
		when string
	}{{b.AfterTLS, ""}, {b.BeforeTLS, " (before encryption)"}} {
		switch {
		case way.list == nil:
		case len(way.list) == 0:
			v.fact(label, "nothing"+way.when)
		default:
			v.fact(label, strings.Join(way.list, " ")+way.when)
		}
	}
}

// observations puts one line for everything that was seen.
func (v *view) observations() {
	if v.o.Verbose < 2 || len(v.r.Observations) == 0 {
		return
	}
	v.heading("Observations")
	for _, o := range v.r.Observations {
		v.prose("  ", 4, v.ink.none, fmt.Sprintf("%s, %d ms%s%s", o.ID, o.TookMS, factWords(o), failureWords(o.Failure, ": ")))
	}
}

// factWords gives the facts of an observation that stands in no other section.
func factWords(o mail.Observation) string {
	switch {
	case o.DNSFacts != nil && len(o.Records) > 0:
		return ": " + strings.Join(o.Records, " | ")
	case o.HTTPFacts != nil && o.Status > 0:
		words := ": status " + strconv.Itoa(o.Status)
		if o.FinalURL != o.URL {
			words = join(" at ", words, o.FinalURL)
		}
		return words
	}
	return ""
}

// transcripts puts the conversations that were kept, line for line.
func (v *view) transcripts() {
	if !v.o.Transcript {
		return
	}
	for _, o := range v.r.Observations {
		if o.SessionFacts == nil || len(o.Transcript) == 0 {
			continue
		}
		title := "Conversation with " + v.subjectWords(o.Subject)
		if v.atFurtherAddress(o) {
			title += " at " + o.Address
		}
		v.heading(title)
		for _, line := range o.Transcript {
			v.line("  ", fmt.Sprintf("%6d %s", line.AfterMS, v.text(line.String())))
		}
	}
}

func failureWords(f *mail.Failure, before string) string {
	if f == nil {
		return ""
	}
	return before + join(", ", string(f.Class), f.Detail)
}

func said(reply string) string {
	if reply == "" {
		return ""
	}
	return ", the server said: " + reply
}

func day(t time.Time) string { return t.UTC().Format("2 Jan 2006") }

// join joins the texts that are not empty.
func join(separator string, texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(s string) bool { return s == "" }), separator)
}
