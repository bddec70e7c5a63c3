package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

// servers puts what every server showed of itself: encryption, certificate, software, capabilities.
func (v *view) servers() {
	endpoints := v.endpoints()
	if len(endpoints) == 0 || v.o.Verbose == 0 && !v.asksServers() {
		return
	}
	v.heading("Servers")
	if v.o.Verbose == 0 {
		v.briefServers()
		return
	}
	for _, subject := range endpoints {
		v.blank()
		v.paragraph(2, v.ink.bold, v.subjectWords(subject))
		for _, o := range v.seen(subject) {
			switch {
			case isSurvey(o): // has a part of its own
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

// asksServers reports whether servers that the user named are what the run is about.
func (v *view) asksServers() bool { return v.r.Command == "probe" }

// endpoints gives the servers that were asked: by protocol, by host, and the
// ports that encrypt from the first byte on before the others.
func (v *view) endpoints() []string {
	var list []string
	for subject, seen := range v.at {
		if slices.ContainsFunc(seen, isServer) {
			list = append(list, subject)
		}
	}
	place := func(subject string) string {
		e, _ := mail.ParseEndpoint(subject)
		rank := slices.Index([]mail.Security{mail.TLS, mail.StartTLS, mail.None}, e.Security)
		return fmt.Sprintf("%s %s %d %05d", e.Protocol, e.Host, rank, e.Port)
	}
	slices.SortFunc(list, func(a, b string) int { return strings.Compare(place(a), place(b)) })
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

// seen gives what was observed of a server, last what came of its further addresses.
func (v *view) seen(subject string) []mail.Observation {
	list := slices.Clone(v.at[subject])
	slices.SortStableFunc(list, func(a, b mail.Observation) int { return v.later(a) - v.later(b) })
	return list
}

func (v *view) later(o mail.Observation) int {
	if v.atFurtherAddress(o) {
		return 1
	}
	return 0
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
	case "small":
		way = "asked for a small answer"
	}
	v.fact("Also tried", way+": "+join("; ", join(", ", f.Version, f.Cipher, f.Group), failureWords(o.Failure, "")))
}

// racedWords says how long a program waits that tries several addresses.
func racedWords(f *mail.DialFacts) string {
	if f == nil || f.RacedMS == 0 {
		return ""
	}
	return fmt.Sprintf(", connected %s after the first address was tried", seconds(f.RacedMS))
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

// provedWords says which names a certificate proves, where that is more or less
// than the host, or the name in it is another one.
func provedWords(identities []mail.Identity) string {
	var proved, missing []string
	plain := true
	for _, i := range identities {
		words := i.Name
		if i.Kind == mail.IdentityMailDomain {
			words = "the mail domain " + words
		}
		switch {
		case i.MatchedBy == "" && i.Kind == mail.IdentityHost:
			missing, plain = append(missing, "not "+words), false
		case i.MatchedBy == "":
		case strings.EqualFold(i.MatchedBy, i.Name):
			proved, plain = append(proved, words), plain && i.Kind == mail.IdentityHost
		default:
			proved, plain = append(proved, words+" by "+i.MatchedBy), false
		}
	}
	if plain {
		return ""
	}
	return strings.Join(append(proved, missing...), ", ")
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

// limitWords gives what a server will not go beyond.
func limitWords(limits map[string]int64) string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(limits)) {
		list = append(list, limitWord(name, limits[name]))
	}
	return strings.Join(list, ", ")
}

func limitWord(name string, n int64) string {
	switch {
	case name == "size" && n == 0:
		return "no fixed size of messages"
	case name == "size":
		return "messages up to " + bytesWords(n)
	case name == "rcptmax":
		return fmt.Sprintf("%d recipients of a message", n)
	case name == "rcptdomainmax":
		return fmt.Sprintf("%d domains among the recipients", n)
	case name == "mailmax":
		return fmt.Sprintf("%d messages over one connection", n)
	case name == "expire" && n == 0:
		return "mail is not kept once it was fetched"
	case name == "expire":
		return fmt.Sprintf("mail is kept for %d days", n)
	case name == "login-delay":
		return fmt.Sprintf("%d s between two sign-ins", n)
	}
	return fmt.Sprintf("%s %d", name, n)
}

func (v *view) serverFacts(o mail.Observation) {
	if o.Kind == mail.KindDial {
		v.fact("Address", o.Address+racedWords(o.DialFacts)+failureWords(o.Failure, ": "))
		return
	}
	if f := o.TLSFacts; f != nil {
		v.fact("Encryption", join(", ", f.Version, f.Cipher, f.Group))
		for i, c := range f.Certificates {
			v.certificate(i, c)
		}
		v.fact("Proves", provedWords(f.Identities))
		v.extras(f)
	}
	if f := o.SessionFacts; f != nil {
		v.fact("Software", softwareWords(f))
		v.fact("Greeting", v.wholeGreeting(f))
		v.fact("Clock", clockWords(o))
		v.bothWays("Sign-in", f.Mechanisms)
		v.bothWays("Can do", f.Capabilities)
		v.fact("With TLS", change(f.Capabilities, len(f.Capabilities.AfterTLS)+len(f.Capabilities.BeforeTLS)))
		v.fact("Limits", limitWords(f.Limits))
		v.injection(f)
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
	v.fact("Valid", day(c.NotBefore)+" to "+day(c.NotAfter)+v.left(c.NotBefore, c.NotAfter))
	v.fact("For", strings.Join(slices.Concat(c.Names, c.ServiceNames), ", "))
	v.fact("SHA-256", inGroups(c.SHA256))
}

// injection says what came of the test of commands before the handshake.
func (v *view) injection(f *mail.SessionFacts) {
	if f.Injection != "" {
		v.fact("Injection", "a command before the handshake is "+string(f.Injection))
	}
}

// wholeGreeting gives a greeting and when its first byte came.
func (v *view) wholeGreeting(f *mail.SessionFacts) string {
	if f.Greeting == "" {
		return ""
	}
	return f.Greeting + " (after " + seconds(f.GreetingMS) + ")"
}

// inGroups puts a space behind every eight digits of a fingerprint.
func inGroups(digits string) string {
	var groups []string
	for group := range slices.Chunk([]byte(digits), 8) {
		groups = append(groups, string(group))
	}
	return strings.Join(groups, " ")
}

// left says how long something is still valid, by the time of the run.
func (v *view) left(from, until time.Time) string {
	days := func(d time.Duration) int { return int(d.Hours() / 24) }
	switch now := v.r.Started; {
	case until.Before(now):
		return fmt.Sprintf(" (ended %s ago)", count(days(now.Sub(until)), "day"))
	case from.After(now):
		return fmt.Sprintf(" (begins on %s)", day(from))
	default:
		return fmt.Sprintf(" (%d of %s left)", days(until.Sub(now)), count(days(until.Sub(from)), "day"))
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
