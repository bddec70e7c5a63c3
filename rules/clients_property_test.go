package rules

import (
	"encoding/xml"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/mailmedic/mailmedic/mail"
)

// randomPublished is a domain that publishes anything anywhere.
func randomPublished(r *rand.Rand) *world {
	w := missing()
	servers := []string{imaps, imap, bareIMAP, pop3s, oldIMAP, houseIMAP, smtps, smtp, houseSMTP, "imaps://example.org:993", "imaps://imap.example.org:1993"}
	for _, url := range []string{configHost, configWeb, configHTTP, directory, discoverAt, "https://autoconfig.example.net/mail/config-v1.1.xml"} {
		switch r.IntN(3) {
		case 0:
			w.web(url, pick(r, 0, 302, 401, 404, 503), pick(r, mail.CertName, mail.HTTPStatus, mail.Refused, mail.DNSNXDomain, mail.HTTPBody, mail.PolicyRefused))
		case 1:
			for range r.IntN(4) {
				w.document(url, pick(r, "", "anna", "anna@example.org", "u4711"), pick(r, servers...))
			}
		}
	}
	for range r.IntN(4) {
		w.srv(pick(r, imaps, imap, pop3s, smtps, smtp))
	}
	if r.IntN(3) == 0 {
		w.mailhouse()
	}
	if r.IntN(4) == 0 {
		w.answers("srv:"+pick(r, srvLabels()...)+"._tcp.example.org", "0 0 0 .")
	}
	w.answers("mx:example.org", pick(r, "10 mx.example.org.", "10 mx.mail.example.net.", "0 .", "x"))
	w.guess(pick(r, servers...))
	for _, s := range servers {
		switch r.IntN(6) {
		case 0:
			w.works(s)
		case 1:
			w.dial(pick(r, mail.Refused, mail.Timeout, mail.DNSNXDomain), s)
		case 2:
			w.works(s).accepts(s, pick(r, "anna", "anna@example.org"))
		case 3:
			w.answers("a:"+endpoint(s).Host, pick(r, "192.0.2.1", "192.0.2.80"))
		}
	}
	return w
}

func TestWhateverIsPublishedTheSimulationHolds(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for seed := range uint64(300) {
		w := randomPublished(rand.New(rand.NewPCG(seed, 11)))
		for _, f := range w.judge().Findings {
			checkFinding(t, w, f)
			seen[f.ID] = true
		}
		programs, publications := SimulateClients(w.Facts)
		for _, p := range programs {
			checkProgram(t, w, p)
			checkTaken(t, w, p)
		}
		for _, p := range publications {
			checkPublication(t, w, p)
			seen[p.Kind] = true
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	for _, r := range conflictRules() {
		if !seen[r.id] {
			t.Errorf("%s was never found: the worlds are too tame", r.id)
		}
	}
	if !seen["dns"] || !seen["document"] {
		t.Errorf("nothing was ever to be published: the worlds are too tame")
	}
}

// checkTaken holds that a program takes what somebody named, of a protocol that it knows.
func checkTaken(t *testing.T, w *world, p mail.Program) {
	t.Helper()
	i := slices.IndexFunc(programs(), func(known program) bool { return known.name == p.Name })
	for _, e := range []*mail.Endpoint{p.Incoming, p.Outgoing} {
		if e == nil {
			continue
		}
		if !slices.ContainsFunc(w.Candidates, func(c mail.Candidate) bool { return c.Endpoint == *e }) {
			t.Errorf("%s takes %s, which nobody names", p.Name, e)
		}
		if !slices.Contains(programs()[i].protocol, e.Protocol) {
			t.Errorf("%s takes %s, which it does not speak", p.Name, e)
		}
	}
	if programs()[i].whole && (p.Incoming == nil) != (p.Outgoing == nil) {
		t.Errorf("%s takes half of a place", p.Name)
	}
}

// checkPublication holds that what is to be pasted is well formed, and names no
// server that is known to be gone or only guessed at.
func checkPublication(t *testing.T, w *world, p mail.Publication) {
	t.Helper()
	if p.Kind == "dns" {
		parseZoneLine(t, p.Content)
	} else if strings.HasPrefix(p.Content, "<") {
		if err := xml.Unmarshal([]byte(p.Content), new(struct{})); err != nil {
			t.Errorf("%v: %s", err, p.Content)
		}
	}
	x := newIndex(w.Facts)
	x.judgeRoles(x.choose())
	for _, s := range x.servers {
		bad := x.gone(s) || !slices.ContainsFunc(s.candidates, s.counts)
		better := slices.ContainsFunc(x.servers, func(o *server) bool {
			return o.endpoint.Host == s.endpoint.Host && o != s
		})
		named := strings.Contains(p.Content, "<hostname>"+s.endpoint.Host+"<") || strings.Contains(p.Content, "<Server>"+s.endpoint.Host+"<") ||
			strings.HasSuffix(p.Content, " "+s.endpoint.Host+".")
		if bad && !better && named {
			t.Errorf("%s names %s: %s", p.Name, s.text, p.Content)
		}
	}
}
