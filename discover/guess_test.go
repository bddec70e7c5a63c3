package discover

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mailmedic/mailmedic/lab"
	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

func contains(list []string, s string) bool { return slices.Contains(list, s) }

func containsAny(s string, parts ...string) bool {
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(s, part) })
}

func hasPrefix(s string, prefixes ...string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(s, p) })
}

func TestNothingIsGuessedUnasked(t *testing.T) {
	t.Parallel()
	out := run(t, guessable).discover("anna@example.org", Options{})
	if got := out.claims(mail.SourceGuess); len(got) > 0 {
		t.Errorf("guessed %v", got)
	}
	if out.failure("a:imap.example.org") != "" {
		t.Error("what was looked up ahead was emitted")
	}
}

func TestGuessesByRole(t *testing.T) {
	t.Parallel()
	w := run(t, guessable)
	incoming := []string{
		"imap+starttls://imap.example.org:143 guess guess", "imap+starttls://mail.example.org:143 guess guess", "imap+starttls://mx.example.org:143 guess guess",
		"imaps://imap.example.org:993 guess guess", "imaps://mail.example.org:993 guess guess", "imaps://mx.example.org:993 guess guess",
		"pop3+starttls://mail.example.org:110 guess guess", "pop3+starttls://mx.example.org:110 guess guess", "pop3+starttls://pop.example.org:110 guess guess",
		"pop3s://mail.example.org:995 guess guess", "pop3s://mx.example.org:995 guess guess", "pop3s://pop.example.org:995 guess guess",
	}
	outgoing := []string{
		"smtp+starttls://mail.example.org:587 guess guess", "smtp+starttls://mx.example.org:587 guess guess", "smtp+starttls://smtp.example.org:587 guess guess",
		"smtps://mail.example.org:465 guess guess", "smtps://mx.example.org:465 guess guess", "smtps://smtp.example.org:465 guess guess",
	}
	if diff := diffOf(incoming, w.discover("anna@example.org", Options{}, mail.Incoming).claims(mail.SourceGuess)); diff != "" {
		t.Error(diff)
	}
	if diff := diffOf(outgoing, w.discover("anna@example.org", Options{}, mail.Outgoing).claims(mail.SourceGuess)); diff != "" {
		t.Error(diff)
	}
	all := w.discover("anna@example.org", Options{}, mail.Incoming, mail.Outgoing, mail.Incoming)
	if diff := diffOf(slices.Concat(incoming, outgoing), all.claims(mail.SourceGuess)); diff != "" {
		t.Error(diff)
	}
	if claim := all.claim(t, "imaps://imap.example.org:993", mail.SourceGuess); diffOf([]string{"a:imap.example.org"}, claim.Evidence) != "" || claim.Username != "" {
		t.Errorf("got %+v", claim)
	}
}

func TestGuessesThatTheDNSRulesOut(t *testing.T) {
	t.Parallel()
	const names = "imap A 192.0.2.2\nmail A 192.0.2.3\nsmtp A 192.0.2.4\n"
	for _, tt := range []struct {
		name, zone string
		want       []string
	}{
		{"names that do not resolve", "@ MX 10 mx\n", nil},
		{"a wildcard leaves the MX host", "@ MX 10 mx.hoster.example.\n* A 192.0.2.1\nmx.hoster.example. A 192.0.2.2\n", []string{
			"imap+starttls://mx.hoster.example:143", "imaps://mx.hoster.example:993", "pop3+starttls://mx.hoster.example:110",
			"pop3s://mx.hoster.example:995", "smtp+starttls://mx.hoster.example:587", "smtps://mx.hoster.example:465",
		}},
		{
			"case 62: services that are not offered", "imap A 192.0.2.2\nsmtp A 192.0.2.4\n_imap._tcp SRV 0 0 0 .\n_submission._tcp SRV 0 0 0 .\n_submissions._tcp SRV 0 0 0 .\n",
			[]string{"imaps://imap.example.org:993"},
		},
		{"case 72: null MX", "@ MX 0 .\n" + names, nil},
		{"case 73: no MX, but a host of the usual name", "@ A 192.0.2.1\nimap A 192.0.2.2\n", []string{
			"imap+starttls://imap.example.org:143", "imaps://imap.example.org:993",
		}},
		{"case 80: the MX host of a provider is not its mail server", "@ MX 10 aspmx.l.google.com.\naspmx.l.google.com. A 192.0.2.1\n", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			out := run(t, "-- zone --\n"+tt.zone).discover("anna@example.org", Options{}, mail.Incoming, mail.Outgoing)
			var got []string
			for _, line := range out.claims(mail.SourceGuess) {
				got = append(got, strings.TrimSuffix(line, " guess guess"))
			}
			if diff := diffOf(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestADomainThatDoesNotExistIsNotGuessed(t *testing.T) { // case 74
	t.Parallel()
	out := run(t, "-- zone --\n@ TXT x\n").discover("anna@missing.example", Options{}, mail.Incoming, mail.Outgoing)
	if got := out.claims(); len(got) > 0 {
		t.Errorf("got %v", got)
	}
	if got := out.failure("mx:missing.example"); got != mail.DNSNXDomain {
		t.Errorf("the failure is %q", got)
	}
}

func TestAnAddressLiteralIsGuessedWithoutLookups(t *testing.T) { // case 117
	t.Parallel()
	w := run(t, guessable)
	out := w.discover("anna@[192.0.2.1]", Options{}, mail.Incoming, mail.Outgoing)
	want := []string{
		"imap+starttls://192.0.2.1:143 guess guess", "imaps://192.0.2.1:993 guess guess", "pop3+starttls://192.0.2.1:110 guess guess",
		"pop3s://192.0.2.1:995 guess guess", "smtp+starttls://192.0.2.1:587 guess guess", "smtps://192.0.2.1:465 guess guess",
	}
	if diff := diffOf(want, out.claims()); diff != "" {
		t.Error(diff)
	}
	if j := w.running.Journal(); len(j.Questions)+len(j.Requests) > 0 {
		t.Errorf("asked %v %v", j.Questions, j.Requests)
	}
}

func TestPublicSuffixesAreNotAsked(t *testing.T) {
	t.Parallel()
	for _, domain := range []string{"com", "co.uk", "localhost"} {
		w := run(t, guessable)
		out := w.discover("anna@"+domain, Options{}, mail.Incoming)
		if j := w.running.Journal(); len(j.Questions)+len(j.Requests)+len(out.claims()) > 0 {
			t.Errorf("%s: asked %v %v, claims %v", domain, j.Questions, j.Requests, out.claims())
		}
	}
}

func TestNothingAboveTheOrganisationIsAsked(t *testing.T) {
	t.Parallel()
	w := run(t, "-- zone --\n$ORIGIN example.co.uk.\n@ MX 10 mx\nmx A 192.0.2.1\n")
	w.discover("anna@dept.example.co.uk", Options{NoThirdParty: true}, mail.Incoming, mail.Outgoing)
	for _, question := range w.running.Journal().Questions {
		if !strings.HasSuffix(question, "example.co.uk") {
			t.Errorf("asked %s", question)
		}
	}
}

func TestPinsReplaceTheirProtocolOnly(t *testing.T) { // case 125
	t.Parallel()
	pins := []mail.Endpoint{{Protocol: mail.IMAP, Host: "my.example"}, endpoint("smtps://out.example:465")}
	out := run(t, guessable+"_imaps._tcp SRV 0 0 993 imap\n_pop3s._tcp SRV 0 0 995 pop\n_submissions._tcp SRV 0 0 465 smtp\n").
		discover("anna@example.org", Options{Pins: pins}, mail.Outgoing)
	want := []string{
		"imap+starttls://my.example:143 user user", "imaps://my.example:993 user user",
		"pop3s://pop.example.org:995 srv dns", "smtp+starttls://mx.example.org:25 mx dns", "smtps://out.example:465 user user",
	}
	if diff := diffOf(want, out.claims()); diff != "" {
		t.Error(diff)
	}
}

// blackHole is a world whose autoconfig hosts answer no packet.
const blackHole = guessable + `_imaps._tcp SRV 0 0 993 imap
autoconfig A 192.0.2.66
-- servers.toml --
[[network]]
to = ["192.0.2.66"]
fault = "drop"
`

func TestCase54ASlowSourceHoldsNothingBackAndIsStopped(t *testing.T) { // cases 54, 55, 128
	t.Parallel()
	w := run(t, blackHole)
	found := make(chan struct{})
	target := mail.Target{Address: "anna@example.org", Domain: "example.org"}
	search := Start(t.Context(), w.network, target, Options{NoThirdParty: true}, func(e mail.Event) {
		if e.Candidate != nil && e.Candidate.Endpoint == endpoint("imaps://imap.example.org:993") {
			close(found)
		}
	})
	<-found // while autoconfig still waits
	select {
	case <-search.Published():
		t.Error("published, though a source waits")
	default:
	}
	waiting := Pending{mail.SourceAutoconfig, "https://autoconfig.example.org/mail/config-v1.1.xml?emailaddress=anna%40example.org", mail.TrustAuthenticated}
	if !slices.Contains(search.Pending(), waiting) {
		t.Errorf("pending are %v", search.Pending())
	}
	search.Stop(mail.TrustCleartext)
	if !slices.Contains(search.Pending(), waiting) {
		t.Error("a source was stopped that can still claim more")
	}
	search.Stop(mail.TrustAuthenticated)
	<-search.Published()
	result := search.Wait()
	cleartext := Pending{mail.SourceAutoconfig, "http://autoconfig.example.org/mail/config-v1.1.xml", mail.TrustCleartext}
	if !slices.Contains(result.Stopped, waiting) || !slices.Contains(result.Stopped, cleartext) {
		t.Errorf("stopped are %v", result.Stopped)
	}
	if !slices.IsSortedFunc(result.Stopped, comparePending) {
		t.Error("stopped are not sorted")
	}
	if len(search.Pending()) > 0 {
		t.Errorf("still pending are %v", search.Pending())
	}
}

func TestCase55ASlowSourceOfHigherTrustIsStillHeard(t *testing.T) {
	t.Parallel()
	w, err := lab.Parse("test.txtar", []byte("A slow web server\n-- zone --\n$ORIGIN example.org.\n_imaps._tcp SRV 0 0 993 imap\nautoconfig A 192.0.2.81\n"+
		"-- servers.toml --\n[[page]]\nurl = \"https://autoconfig.example.org/mail/config-v1.1.xml\"\ndelay = \"1h\"\n"+
		"-- web/autoconfig.example.org/mail/config-v1.1.xml --\n"+imapDocument("imap.example.org")))
	if err != nil {
		t.Fatal(err)
	}
	hour := make(chan time.Time)
	running, err := w.Start(t.Context(), lab.Options{After: func(time.Duration) <-chan time.Time { return hour }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(running.Close)
	network, err := wire.New(running.Network())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(network.Close)
	var trusts []mail.Trust
	search := Start(t.Context(), network, anna, Options{NoThirdParty: true}, func(e mail.Event) {
		if e.Candidate == nil {
			return
		}
		if trusts = append(trusts, e.Candidate.Trust()); len(trusts) == 1 {
			close(hour) // only once the faster one was told does the slower one answer
		}
	})
	search.Wait()
	if diff := diffOf([]mail.Trust{mail.TrustDNS, mail.TrustAuthenticated}, trusts); diff != "" {
		t.Error(diff)
	}
}

func TestCase128WhatWasCutIsNotObserved(t *testing.T) { // case 128
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	search, out := run(t, blackHole).searching(ctx, "example.org", Options{NoThirdParty: true})
	result := search.Wait()
	const id = "https://autoconfig.example.org/mail/config-v1.1.xml"
	if out.failure(id) != "" {
		t.Errorf("%s was observed: %q", id, out.failure(id))
	}
	if !slices.ContainsFunc(result.Stopped, func(p Pending) bool { return p.Subject == id }) {
		t.Errorf("stopped are %v", result.Stopped)
	}
}

func TestWhatWasNotGuessedInTimeIsTheSameEveryTime(t *testing.T) {
	t.Parallel()
	w := run(t, "-- zone --\n@ MX 10 mx\nmx A 192.0.2.25\nautoconfig A 192.0.2.66\n-- servers.toml --\n[[network]]\nto = [\"192.0.2.66\"]\nfault = \"drop\"\n")
	for range 3 {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		search, _ := w.searching(ctx, "anna@example.org", Options{NoThirdParty: true})
		<-search.Published()
		search.Guess(mail.Incoming, mail.Outgoing)
		var late []string
		for _, p := range search.Wait().Stopped {
			if p.Source == mail.SourceGuess {
				late = append(late, p.Subject)
			}
		}
		cancel()
		if diff := diffOf([]string{"a:imap.example.org", "a:mail.example.org", "a:mx.example.org", "a:pop.example.org", "a:smtp.example.org"}, late); diff != "" {
			t.Fatal(diff)
		}
	}
}

func TestNothingIsGuessedOnceStoppedOrOver(t *testing.T) {
	t.Parallel()
	w := run(t, guessable)
	search, out := w.searching(t.Context(), "anna@example.org", Options{})
	search.Stop(mail.TrustGuess)
	search.Guess(mail.Incoming)
	search.Wait()
	search.Guess(mail.Outgoing)
	if got := out.claims(mail.SourceGuess); len(got) > 0 {
		t.Errorf("guessed %v", got)
	}
}

func TestGuessReturnsWhenTheGuessesWereEmitted(t *testing.T) {
	t.Parallel()
	search, out := run(t, guessable).searching(t.Context(), "anna@example.org", Options{})
	search.Guess(mail.Outgoing)
	if got := out.claims(mail.SourceGuess); len(got) != 6 {
		t.Errorf("on return there are %v", got)
	}
	search.Wait()
}

func TestEmitMayStopTheSearch(t *testing.T) {
	t.Parallel()
	w := run(t, blackHole)
	ready := make(chan *Search, 1)
	search := Start(t.Context(), w.network, mail.Target{Domain: "example.org"}, Options{}, func(e mail.Event) {
		if c := e.Candidate; c != nil && c.Role == mail.MX {
			s := <-ready
			s.Stop(mail.TrustUser)
			ready <- s
			if len(s.Pending()) == 0 {
				t.Error("nothing is pending, though emit has not returned")
			}
		}
	})
	ready <- search
	if result := search.Wait(); len(result.Stopped) == 0 {
		t.Error("nothing was stopped")
	}
}

func TestAnEndedRunEndsTheSearch(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	search, out := run(t, guessable).searching(ctx, "anna@example.org", Options{})
	search.Guess(mail.Incoming, mail.Outgoing)
	if result := search.Wait(); len(result.Stopped) == 0 || len(out.claims()) > 0 {
		t.Errorf("stopped %v, claims %v", result.Stopped, out.claims())
	}
}
