package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// briefServers puts for each server that the user asked about what people look
// for first; -v has all of it.
func (v *view) briefServers() {
	known := map[string]string{} // where a certificate was shown first
	for _, subject := range v.endpoints() {
		v.blank()
		if closed := v.neverOpen(subject); closed != nil {
			v.prose("  "+v.ink.bold.Sprint(v.text(v.subjectWords(subject)))+"  ", 4, v.ink.none, closed.Detail)
			continue
		}
		v.paragraph(2, v.ink.bold, v.subjectWords(subject)+v.atWords(subject))
		for _, o := range v.seen(subject) {
			switch {
			case isTest(o), isSurvey(o): // have a part of their own
			case isAttempt(o):
				v.alsoTried(o)
			case v.atFurtherAddress(o):
				v.oddAddress(o)
			default:
				v.briefFacts(o, known)
			}
		}
	}
}

// neverOpen gives why no connection to a server was made, nil where one was.
func (v *view) neverOpen(subject string) *mail.Failure {
	var first *mail.Failure
	for _, o := range v.at[subject] {
		switch {
		case o.Kind != mail.KindDial || o.Failure == nil:
			return nil
		case first == nil:
			first = o.Failure
		}
	}
	return first
}

// atWords names the address that a session is with, and those that are like it.
func (v *view) atWords(subject string) string {
	var addresses []string
	for _, o := range v.at[subject] {
		switch {
		case o.Kind != mail.KindSession || o.Address == "" || v.odd(o):
		case v.atFurtherAddress(o):
			addresses = append(addresses, o.Address)
		default:
			addresses = append([]string{o.Address}, addresses...)
		}
	}
	if len(addresses) == 0 {
		return ""
	}
	return " at " + v.list(addresses, ", ")
}

// oddAddress puts a further address of a server where it is not like the first.
func (v *view) oddAddress(o mail.Observation) {
	if o.Failure != nil || o.TLSFacts != nil && v.odd(o) {
		v.furtherFacts(o)
	}
}

// odd reports whether something is wrong at a further address of a server, or
// its certificate is another one than that of the first.
func (v *view) odd(o mail.Observation) bool {
	if !v.atFurtherAddress(o) {
		return false
	}
	usual := ""
	for _, first := range v.at[o.Subject] {
		if first.TLSFacts != nil && first.Attempt == "" && !v.atFurtherAddress(first) {
			usual = shownCertificate(first)
		}
	}
	return slices.ContainsFunc(v.at[o.Subject], func(here mail.Observation) bool {
		return here.Address == o.Address && (here.Failure != nil || here.TLSFacts != nil && here.Attempt == "" && shownCertificate(here) != usual)
	})
}

// shownCertificate tells certificates apart, as far as people see a difference.
func shownCertificate(o mail.Observation) string {
	if o.TLSFacts == nil || len(o.Certificates) == 0 {
		return ""
	}
	c := o.Certificates[0]
	return strings.Join([]string{c.Subject, c.Issuer, strings.Join(c.Names, " "), c.Key, c.NotAfter.String()}, "|")
}

func (v *view) briefFacts(o mail.Observation, known map[string]string) {
	switch {
	case o.Kind == mail.KindDial && o.Failure != nil:
		v.fact("Not at", join(", ", o.Address, string(o.Failure.Class)))
		return
	case o.TLSFacts != nil:
		v.briefCertificate(o, known)
		v.fact("Encryption", join(", ", o.Version, o.Cipher, o.Group))
		v.extras(o.TLSFacts)
	case o.SessionFacts != nil:
		v.briefSession(o)
	}
	if o.Failure != nil && (o.TLSFacts != nil || o.SessionFacts != nil) && !v.toldOfHandshake(o) {
		v.fact("Failure", o.Failure.Detail)
	}
}

// toldOfHandshake reports whether a session failed for nothing but its handshake.
func (v *view) toldOfHandshake(o mail.Observation) bool {
	return o.SessionFacts != nil && slices.ContainsFunc(v.at[o.Subject], func(other mail.Observation) bool {
		return other.TLSFacts != nil && other.Failure != nil && *other.Failure == *o.Failure
	})
}

// briefCertificate puts a certificate on two lines, or on one where it stands above.
func (v *view) briefCertificate(o mail.Observation, known map[string]string) {
	key := shownCertificate(o)
	if key == "" {
		return
	}
	c := o.Certificates[0]
	if first := known[key]; first != "" {
		v.fact("Certificate", "the same as "+first)
		return
	}
	names := v.list(c.Names, ", ")
	if names != "" {
		names = "for " + names
	}
	if e, err := mail.ParseEndpoint(o.Subject); err == nil {
		known[key] = fmt.Sprintf("%s %d", v.hostWords(e.Host), e.Port)
		if len(c.Names) == 1 && c.Names[0] == e.Host {
			names = ""
		}
	}
	issuer := "from " + shortName(c.Issuer)
	if c.SelfSigned {
		issuer = "signed by itself"
	}
	v.fact("Certificate", join(", ", issuer, c.Key, names))
	v.fact("Valid", "until "+day(c.NotAfter)+v.left(c.NotBefore, c.NotAfter))
}

// shortName gives the common name of a distinguished name, and where it has none all of it.
func shortName(name string) string {
	for _, part := range strings.Split(name, ",") {
		if common, ok := strings.CutPrefix(part, "CN="); ok {
			return common
		}
	}
	return name
}

func (v *view) briefSession(o mail.Observation) {
	f := o.SessionFacts
	v.signInFacts(f)
	v.fact("Can do", v.extensions(f))
	v.fact("With TLS", change(f.Capabilities, maxChanges))
	v.fact("Limits", limitWords(f.Limits))
	v.fact("Software", softwareWords(f))
	if o.Failure == nil || f.Greeting == "" || !strings.Contains(o.Failure.Detail, f.Greeting) {
		v.fact("Greeting", greetingWords(f))
	}
	v.injection(f)
}

// signInFacts puts the ways to sign in, and those that are there before the encryption.
func (v *view) signInFacts(f *mail.SessionFacts) {
	ways, bare := f.Mechanisms.AfterTLS, f.Mechanisms.BeforeTLS
	switch {
	case ways != nil && len(bare) > 0:
		v.fact("Sign-in", orNothing(ways)+"; before encryption too: "+strings.Join(bare, " "))
	case ways != nil:
		v.fact("Sign-in", orNothing(ways))
	case bare != nil:
		v.fact("Sign-in", orNothing(bare)+" (before encryption)")
	}
}

func orNothing(list []string) string {
	if len(list) == 0 {
		return "nothing"
	}
	return strings.Join(list, " ")
}

// The numbers of capabilities that stand in the brief words for a server, and of
// those that encryption adds or takes away.
const (
	maxExtensions = 18
	maxChanges    = 4
)

// extensions gives what a server can do that is not told elsewhere: where it is
// too much, what people ask for first.
func (v *view) extensions(f *mail.SessionFacts) string {
	list := f.Capabilities.AfterTLS
	if list == nil {
		list = f.Capabilities.BeforeTLS
	}
	return shortened(slices.DeleteFunc(slices.Clone(list), toldElsewhere), maxExtensions)
}

// shortened joins capabilities, and of more than limit those that people ask for first.
func shortened(list []string, limit int) string {
	more := ""
	if rest := len(list) - limit; rest > 0 {
		slices.SortStableFunc(list, func(a, b string) int { return fame(a) - fame(b) })
		list, more = list[:limit], fmt.Sprintf(" and %d more", rest)
	}
	separator := " "
	if slices.ContainsFunc(list, func(c string) bool { return strings.Contains(c, " ") }) { // some have parameters
		separator = ", "
	}
	return strings.Join(list, separator) + more
}

func toldElsewhere(capability string) bool {
	word, _, _ := strings.Cut(capability, " ")
	switch word {
	case "AUTH", "SASL", "SIZE", "LIMITS", "EXPIRE", "LOGIN-DELAY", "IMPLEMENTATION", "USER":
		return true
	}
	return strings.HasPrefix(word, "AUTH=") || strings.HasPrefix(word, "APPENDLIMIT")
}

// fame ranks capabilities, lowest first: sign-in, and what people ask for.
func fame(capability string) int {
	word, _, _ := strings.Cut(capability, " ")
	if word == "AUTH" || word == "SASL" || strings.HasPrefix(word, "AUTH=") {
		return -1
	}
	asked := []string{
		"STARTTLS", "STLS", "LOGINDISABLED", "USER",
		"PIPELINING", "8BITMIME", "SMTPUTF8", "CHUNKING", "DSN", "REQUIRETLS", "ENHANCEDSTATUSCODES",
		"IMAP4REV1", "IMAP4REV2", "SASL-IR", "IDLE", "MOVE", "UIDPLUS", "QUOTA", "SPECIAL-USE", "NAMESPACE", "CONDSTORE", "ID", "UTF8=ACCEPT",
		"UIDL", "TOP", "UTF8", "RESP-CODES",
	}
	if slices.Contains(asked, word) {
		return 0
	}
	return 1
}

// change says what encryption changes about what a server offers, beside the
// offer of the encryption itself, "" where nothing changes or both are not
// known. Of more than limit either way the rest is counted.
func change(b mail.BothWays, limit int) string {
	if b.BeforeTLS == nil || b.AfterTLS == nil {
		return ""
	}
	without := func(list, others []string) string {
		return shortened(slices.DeleteFunc(slices.Clone(list), func(c string) bool {
			return slices.Contains(others, c) || c == "STARTTLS" || c == "STLS"
		}), limit)
	}
	gained, lost := without(b.AfterTLS, b.BeforeTLS), without(b.BeforeTLS, b.AfterTLS)
	if gained != "" {
		gained = "also " + gained
	}
	if lost != "" {
		lost = "no longer " + lost
	}
	return join("; ", gained, lost)
}

// softwareWords gives what a server seems to be, and what it calls itself.
func softwareWords(f *mail.SessionFacts) string {
	switch {
	case f.SoftwareID == "" || strings.EqualFold(f.Software, f.SoftwareID):
		return f.Software
	case f.Software == "" || strings.Contains(strings.ToLower(f.SoftwareID), strings.ToLower(f.Software)):
		return f.SoftwareID
	}
	return f.Software + ", calls itself " + f.SoftwareID
}

// slowGreeting is from when on the time of a greeting is told, in milliseconds.
const slowGreeting = 1000

// greetingWords gives a greeting without the capabilities in it, which stand in a place of their own.
func greetingWords(f *mail.SessionFacts) string {
	greeting := f.Greeting
	if before, rest, ok := strings.Cut(greeting, "[CAPABILITY "); ok {
		if _, after, closed := strings.Cut(rest, "]"); closed {
			greeting = strings.TrimRight(before, " ") + after
		}
	}
	if f.GreetingMS >= slowGreeting {
		greeting += " (after " + seconds(f.GreetingMS) + ")"
	}
	return greeting
}
