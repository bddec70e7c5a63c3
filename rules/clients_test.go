package rules

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/mailmedic/mailmedic/mail"
)

// missing is a run in which nobody publishes anything in any place that is asked.
func missing() *world {
	w := nowhere()
	for _, url := range []string{
		configHost, configWeb, configHTTP, "http://example.org/.well-known/autoconfig/mail/config-v1.1.xml", directory,
		"https://example.org/autodiscover/autodiscover.xml", discoverAt, "http://autodiscover.example.org/autodiscover/autodiscover.xml",
		paccAt,
	} {
		w.web(url, 404, mail.HTTPStatus)
	}
	for _, label := range append(srvLabels(), "_autodiscover") {
		w.dns("srv:"+label+"._tcp.example.org", mail.DNSNXDomain)
	}
	return w
}

const paccAt = "https://ua-auto-config.example.org/.well-known/user-agent-configuration.json"

// chosen says in one line what a program ends with: the servers, the user name
// and the places that it visits, the ones that it takes from with a star.
func chosen(p mail.Program) string {
	text := "nothing"
	if p.Incoming != nil {
		text = p.Incoming.String()
	}
	if p.Outgoing != nil {
		text += " " + p.Outgoing.String()
	}
	for _, s := range p.Steps {
		if s.Taken {
			text += " from " + s.Place
		}
	}
	return text
}

func simulated(t *testing.T, w *world, name string) mail.Program {
	t.Helper()
	list, _ := SimulateClients(w.Facts)
	i := slices.IndexFunc(list, func(p mail.Program) bool { return p.Name == name })
	if i < 0 {
		t.Fatalf("no program is called %s", name)
	}
	return list[i]
}

func TestEveryProgramFindsWhatItsOrderSays(t *testing.T) {
	t.Parallel()
	both := imaps + " " + smtps
	other := "imaps://imap.example.net:993 smtps://smtp.example.net:465"
	others := strings.Fields(other)
	documented := func() *world { return missing().document(configHost, "anna@example.org", imaps, smtps) }
	overHTTP := func() *world {
		return missing().document(configHTTP, "anna@example.org", imaps, smtps).document(directory, "anna@example.org", others...)
	}
	srv := func() *world { return missing().srv(imaps).srv(smtps) }
	behind := func() *world {
		return missing().answers("mx:example.org", "20 b.example.net.", "10 mx1.mail.example.net.").
			claimedAs("https://autoconfig.example.net/mail/config-v1.1.xml", "anna@example.org", others...)
	}
	guessed := func() *world { return missing().guess(imaps, smtps).works(imaps, smtps) }
	discovered := func() *world { return missing().document(discoverAt, "", imaps, smtps) }
	listed := "the ISPDB entry of example.org"
	for _, tt := range []struct {
		program, when string
		world         *world
		want          string
	}{
		{"Thunderbird", "a document on https", documented(), both + " from " + configHost},
		{"Thunderbird", "http before the directory", overHTTP(), both + " from " + configHTTP},
		{"Thunderbird", "the directory alone", missing().document(directory, "anna", imaps, smtps), both + " from " + listed},
		{"Thunderbird", "behind the MX host", behind(), other + " from https://autoconfig.example.net/mail/config-v1.1.xml"},
		{"Thunderbird", "usual names", guessed(), both + " from usual names such as imap.example.org"},
		{"Thunderbird", "SRV records alone", srv(), "nothing"},
		{"Thunderbird", "Autodiscover alone", discovered(), "nothing"},
		{"Thunderbird", "a document that is not called XML", documented().page(configHost, 200, "", func(f *mail.HTTPFacts) { f.MediaType = "text/html" }), "nothing"},
		{"Thunderbird", "a document without a server for sending", missing().document(configHost, "anna", imaps).document(directory, "anna", others...), other + " from " + listed},
		{"Thunderbird", "a document without user names", missing().document(configHost, "", imaps, smtps), "nothing"},

		{"Thunderbird for Android", "a document on https", documented(), both + " from " + configHost},
		{"Thunderbird for Android", "a server without encryption spoils it", documented().document(configHost, "anna", bareIMAP).document(directory, "anna", others...), other + " from " + listed},
		{"Thunderbird for Android", "POP3 alone", missing().document(configHost, "anna", pop3s, smtps), "nothing"},
		{"Thunderbird for Android", "usual names", guessed(), "nothing"},

		{"Apple Mail", "a document and SRV records", documented().srv(imaps), "nothing"},
		{"Outlook (new)", "Autodiscover", discovered(), "nothing"},

		{"Outlook (classic)", "Autodiscover", discovered(), both + " from " + discoverAt},
		{"Outlook (classic)", "an autoconfig document", documented(), "nothing"},
		{
			"Outlook (classic)", "Autodiscover elsewhere by SRV",
			missing().answers("srv:_autodiscover._tcp.example.org", "0 1 8443 ad.example.net.").claimedAs("https://ad.example.net:8443/autodiscover/autodiscover.xml", "", imaps, smtps),
			both + " from SRV _autodiscover._tcp.example.org",
		},

		{"Delta Chat", "Autodiscover before the directory", discovered().document(directory, "anna", others...), both + " from " + discoverAt},
		{"Delta Chat", "http before the directory", overHTTP(), both + " from " + configHTTP},
		{"Delta Chat", "what a document lacks is guessed", missing().document(configHost, "anna", imaps).guess(smtps).works(smtps), both + " from " + configHost + " from usual names such as imap.example.org"},
		{"Delta Chat", "SRV records alone", srv(), "nothing"},

		{"Evolution", "SRV records alone", srv(), both + " from the SRV records of RFC 6186"},
		{"Evolution", "a document before SRV records", missing().document(configHost, "anna", others...).srv(imaps).srv(smtps), other + " from " + configHost},
		{"Evolution", "http of the one host before https of the other", overHTTP().document(configWeb, "anna", others...), both + " from " + configHTTP},
		{"Evolution", "nothing", missing(), "nothing"},
	} {
		t.Run(tt.program+"/"+tt.when, func(t *testing.T) {
			t.Parallel()
			p := simulated(t, tt.world, tt.program)
			if got := chosen(p); got != tt.want {
				t.Errorf("\n got %s\nwant %s\nsteps %+v", got, tt.want, p.Steps)
			}
			checkProgram(t, tt.world, p)
		})
	}
}

// claimedAs is a document elsewhere that names servers with a user name.
func (w *world) claimedAs(url, username string, texts ...string) *world {
	w.web(url, 200, "")
	for _, text := range texts {
		w.claim(text, roleOf(text), mail.Claim{Source: mail.SourceAutoconfig, Trust: mail.TrustRedirected, Username: username, Evidence: []string{url}})
	}
	return w
}

// checkProgram holds what is true of every simulation.
func checkProgram(t *testing.T, w *world, p mail.Program) {
	t.Helper()
	if len(p.Steps) == 0 || len(p.Notes) == 0 {
		t.Errorf("%s: %d steps, %d notes", p.Name, len(p.Steps), len(p.Notes))
	}
	last := p.Steps[len(p.Steps)-1]
	if p.Incoming != nil && p.Outgoing != nil && !last.Taken {
		t.Errorf("%s: it goes on after it has all: %+v", p.Name, last)
	}
	for _, s := range p.Steps {
		if s.Place == "" || s.Outcome == "" {
			t.Errorf("%s: step %+v", p.Name, s)
		}
		for _, id := range s.Evidence {
			if !slices.ContainsFunc(w.Observations, func(o mail.Observation) bool { return o.ID == id }) {
				t.Errorf("%s: evidence %q was not observed", p.Name, id)
			}
		}
	}
	for _, note := range p.Notes {
		if !strings.HasSuffix(note, ".") || strings.Contains(note, "  ") {
			t.Errorf("%s: note %q", p.Name, note)
		}
	}
}

func TestNotFoundTroubleAndNotAskedAreThreeThings(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		world *world
		want  string
	}{
		{"there is no document", nowhere().web(configHost, 404, mail.HTTPStatus), "not found"},
		{"there is no host", nowhere().web(configHost, 0, mail.DNSNXDomain), "not found: there is no such name"},
		{"there is a web page", nowhere().web(configHost, 200, mail.HTTPBody), "not found: what is there is no settings document"},
		{"a login is wanted", nowhere().web(configHost, 401, mail.HTTPStatus), "it wants a login"},
		{"the web server is broken", nowhere().web(configHost, 503, mail.HTTPStatus), "trouble: the web server answered 503"},
		{"the certificate is bad", nowhere().web(configHost, 0, mail.CertName), "trouble: the certificate is for another name"},
		{"nobody answers", nowhere().web(configHost, 0, mail.Timeout), "trouble: no answer came"},
		{"a class that is new", nowhere().web(configHost, 0, mail.TLSAlert), "trouble: tls-alert"},
		{"nobody asked", nowhere(), "not asked here"},
		{"a web page that says that nothing is there", nowhere().page(configHost, 404, mail.HTTPStatus, func(f *mail.HTTPFacts) { f.MediaType = "text/html" }), "not found"},
		{"the time was over", nowhere().skipped(mail.WhyDeadline, configHost+"?emailaddress=anna%40example.org"), "not asked here: there was no time"},
		{"a document without servers", nowhere().web(configHost, 200, ""), "found, without a server to use"},
		{"asked twice, found once", nowhere().web(configHost, 400, mail.HTTPStatus).document(configHost+"?emailaddress=x", "anna", imaps, smtps), "found: " + imaps + " and " + smtps},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := simulated(t, tt.world, "Thunderbird").Steps[0].Outcome; got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestTroubleWithTheMXRecordIsNotItsAbsence(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		world *world
		want  string
	}{
		{"there is none", missing().dns("mx:example.org", mail.DNSNoData), "not found: there is no MX host"},
		{"it says that there is no mail", missing().answers("mx:example.org", "0 ."), "not found: there is no MX host"},
		{"the DNS is broken", missing().dns("mx:example.org", mail.DNSServFail), "trouble: the DNS is broken"},
		{"it is the domain's own", missing(), "nothing new: it is the domain itself"},
		{"it is a hoster's, whom nobody asked", missing().answers("mx:example.org", "10 mx.example.net."), "not asked here"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			steps := simulated(t, tt.world, "Thunderbird for Android").Steps
			if got := steps[len(steps)-1].Outcome; got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestProgramsTellWhatWouldSurpriseTheirUsers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, program string
		world         *world
		want          string
	}{
		{"http without asking", "Thunderbird", missing().document(configHTTP, "anna", imaps, smtps), "unencrypted http page without asking"},
		{"http with asking", "Thunderbird for Android", missing().document(configHTTP, "anna", imaps, smtps), "asks its user to confirm"},
		{"no encryption", "Thunderbird", missing().document(configHost, "anna", bareIMAP, smtps), "without encryption"},
		{"a server that is gone", "Thunderbird", missing().document(configHost, "anna", imaps, smtps).works(smtps).dial(mail.Refused, imaps), "to receive mail, " + imaps + ", cannot be used"},
		{"tokens only", "Evolution", missing().document(configHost, "anna", smtps).auths(imaps, "oauth2"), "lists OAuth 2.0 only"},
		{"POP3", "Thunderbird", missing().document(configHost, "anna", pop3s, smtps), "takes it away from the server"},
		{"another choice than mailmedic's", "Thunderbird", missing().document(directory, "anna", oldIMAP, smtps).srv(imaps).works(imaps, smtps).dial(mail.Refused, oldIMAP), "mailmedic would use imap.example.org to receive mail instead of old.example.org"},
		{"several servers", "Evolution", missing().document(configHost, "anna", imaps, imap, smtps), "keeps the last one"},
		{"nothing at all", "Thunderbird", missing(), "It would find nothing"},
		{"nothing, but not all of it answered", "Evolution", missing().web(configHost, 0, mail.Timeout), "the others may have something"},
		{"nothing, but names to try", "Thunderbird", missing().guess(imaps), "whether servers answer under the usual names"},
		{"half of it", "Evolution", missing().srv(imaps), "no server for sending"},
		{"a login", "Thunderbird", missing().web(discoverAt, 401, mail.HTTPStatus), "Autodiscover service of the domain wants a login"},
		{"nobody knows", "Apple Mail", missing(), "Apple does not document"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := simulated(t, tt.world, tt.program)
			if !slices.ContainsFunc(p.Notes, func(note string) bool { return strings.Contains(note, tt.want) }) {
				t.Errorf("no note says %q: %q", tt.want, p.Notes)
			}
		})
	}
}

func TestOutlookFindsMicrosoftByItself(t *testing.T) {
	t.Parallel()
	w := missing().provider(mail.Provider{})
	w.Provider.ID = microsoft365
	for _, name := range []string{"Outlook (new)", "Outlook (classic)"} {
		if notes := simulated(t, w, name).Notes; !slices.ContainsFunc(notes, func(n string) bool { return strings.Contains(n, "Exchange accounts") }) {
			t.Errorf("%s: %q", name, notes)
		}
	}
}

func TestTheSimulationDependsOnTheFactsAlone(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	answer := func(f Facts) string {
		programs, publications := SimulateClients(f)
		text, err := json.Marshal([]any{programs, publications})
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	worlds := []*world{missing().document(configHost, "anna", imaps, imap, smtps).srv(pop3s).document(directory, "", oldIMAP)}
	for seed := range uint64(200) {
		worlds = append(worlds, randomWorld(rand.New(rand.NewPCG(seed, 7))))
	}
	for _, w := range worlds {
		before, _ := json.Marshal(w.Facts)
		want := answer(w.Facts)
		shuffled := w.Facts
		shuffled.Candidates, shuffled.Observations = slices.Clone(shuffled.Candidates), slices.Clone(shuffled.Observations)
		random.Shuffle(len(shuffled.Candidates), func(i, j int) {
			shuffled.Candidates[i], shuffled.Candidates[j] = shuffled.Candidates[j], shuffled.Candidates[i]
		})
		random.Shuffle(len(shuffled.Observations), func(i, j int) {
			shuffled.Observations[i], shuffled.Observations[j] = shuffled.Observations[j], shuffled.Observations[i]
		})
		if got := answer(shuffled); got != want {
			t.Fatalf("\n got %s\nwant %s", got, want)
		}
		if after, _ := json.Marshal(w.Facts); string(after) != string(before) {
			t.Error("the facts changed")
		}
	}
}
