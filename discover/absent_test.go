package discover

import (
	"testing"

	"github.com/mailmedic/mailmedic/mail"
)

const parentsDocument = "https://autoconfig.example.org/mail/config-v1.1.xml"

// parentWorld is a world whose organisation has a document. zone is more of
// its zone.
func parentWorld(zone string) string {
	return "-- zone --\nautoconfig A 192.0.2.81\n" + zone + "-- web/autoconfig.example.org/mail/config-v1.1.xml --\n" + imapDocument("imap.example.org")
}

func TestTheParentsDocumentAndTheDomainThatItIsReadFor(t *testing.T) {
	t.Parallel()
	runCases(t, []caseTest{
		{
			name: "nobody has settings in a domain that does not exist", world: parentWorld(""), target: "anna@staff.example.org",
			claims: []string{}, notes: map[string]string{parentsDocument: "staff.example.org does not exist"},
		},
		{
			name: "a domain without mail records exists", world: parentWorld("staff TXT x\n"), target: "anna@staff.example.org",
			claims: []string{ownIMAP + " autoconfig redirected"},
		},
		{
			name: "a name that only has names below it exists", world: parentWorld("www.staff A 192.0.2.9\n"), target: "anna@staff.example.org",
			claims: []string{ownIMAP + " autoconfig redirected"},
		},
		{
			name: "null MX is about receiving, and what a document says stands", world: parentWorld("@ MX 0 .\n"),
			claims: []string{ownIMAP + " autoconfig authenticated"},
		},
	})
}

func TestTheParentsDocumentWaitsForTheDomain(t *testing.T) {
	t.Parallel()
	w := run(t, parentWorld(""))
	out := &outcome{candidates: map[identity]mail.Candidate{}, observations: map[string]mail.Observation{}}
	target := mail.Target{Address: "anna@staff.example.org", Domain: "staff.example.org"}
	s := newSearch(t.Context(), w.network, target, Options{}, out.take)
	s.askDocument(document{source: mail.SourceAutoconfig, url: parentsDocument, trust: mail.TrustRedirected, parent: true})
	if f := w.network.Get(t.Context(), parentsDocument); f.Observation.Failure != nil { // it comes first
		t.Fatal(f.Observation.Failure)
	}
	s.askMX()
	s.watch()
	s.Wait()
	if got := out.claims(); len(got) > 0 {
		t.Errorf("offered are %v", got)
	}
}
