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

// The numbers of capabilities that stand in the brief words for a server, and of
// those that encryption adds or takes away.
const (
	maxExtensions = 18
	maxChanges    = 4
)
