package rules

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

// today is when every run of the tests takes place.
func today() time.Time { return time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC) }

func daysFromToday(days int) time.Time { return today().AddDate(0, 0, days) }

// A world builds the facts of a run step by step.
type world struct{ Facts }

// nowhere is a run about anna@example.org of which nothing is known yet but
// that the domain has an MX record.
func nowhere() *world {
	w := &world{Facts{
		Target: mail.Target{Input: "anna@example.org", Address: "anna@example.org", Domain: "example.org"},
		Now:    today(),
	}}
	return w.answers("mx:example.org", "10 mx.example.org.")
}

const (
	imaps = "imaps://imap.example.org:993"
	smtps = "smtps://smtp.example.org:465"
	imap  = "imap+starttls://imap.example.org:143"
	smtp  = "smtp+starttls://smtp.example.org:587"
	pop3s = "pop3s://pop.example.org:995"
	mx    = "smtp+starttls://mx.example.org:25"
)

// published is a run whose domain publishes one server for each role by SRV; no server was asked.
func published() *world { return nowhere().srv(imaps).srv(smtps) }

// good is a run in which both published servers work.
func good() *world { return published().works(imaps, smtps) }

// signedIn is a run in which somebody signed in at both.
func signedIn() *world {
	w := good()
	w.SignIn = true
	return w.accepts(imaps, "anna@example.org").accepts(smtps, "anna@example.org")
}

func endpoint(text string) mail.Endpoint {
	e, err := mail.ParseEndpoint(text)
	if err != nil {
		panic(err)
	}
	return e
}

// claim adds a candidate, or a claim to one.
func (w *world) claim(text string, role mail.Role, claim mail.Claim) *world {
	e := endpoint(text)
	for i, c := range w.Candidates {
		if c.Endpoint == e && c.Role == role {
			w.Candidates[i].Claims = append(c.Claims, claim)
			return w
		}
	}
	w.Candidates = append(w.Candidates, mail.Candidate{Endpoint: e, Role: role, Claims: []mail.Claim{claim}})
	return w
}

func roleOf(text string) mail.Role {
	if endpoint(text).Protocol == mail.SMTP {
		return mail.Outgoing
	}
	return mail.Incoming
}

func (w *world) says(source mail.Source, trust mail.Trust, texts ...string) *world {
	for _, text := range texts {
		w.claim(text, roleOf(text), mail.Claim{Source: source, Trust: trust})
	}
	return w
}

func (w *world) srv(text string) *world {
	id := "srv:" + serviceLabel(endpoint(text)) + "._tcp.example.org"
	w.claim(text, roleOf(text), mail.Claim{Source: mail.SourceSRV, Trust: mail.TrustDNS, Evidence: []string{id}})
	return w.answers(id, "0 1 "+text)
}

func (w *world) guess(texts ...string) *world {
	return w.says(mail.SourceGuess, mail.TrustGuess, texts...)
}

func (w *world) ispdb(texts ...string) *world {
	return w.says(mail.SourceISPDB, mail.TrustVouched, texts...)
}

func (w *world) user(texts ...string) *world {
	return w.says(mail.SourceUser, mail.TrustUser, texts...)
}

func (w *world) mxHost(text string) *world {
	return w.claim(text, mail.MX, mail.Claim{Source: mail.SourceMX, Trust: mail.TrustDNS, Evidence: []string{"mx:example.org"}})
}

// observe adds an observation, in place of one with the same ID.
func (w *world) observe(o mail.Observation) *world {
	w.Observations = slices.DeleteFunc(w.Observations, func(old mail.Observation) bool { return old.ID == o.ID })
	w.Observations = append(w.Observations, o)
	return w
}

func failure(class mail.Class, detail ...string) *mail.Failure {
	if class == "" {
		return nil
	}
	return &mail.Failure{Class: class, Detail: strings.Join(detail, "")}
}

func (w *world) dns(id string, class mail.Class, records ...string) *world {
	qtype, name, _ := strings.Cut(id, ":")
	return w.observe(mail.Observation{
		ID: id, Kind: mail.KindDNS, Subject: name, Failure: failure(class),
		DNSFacts: &mail.DNSFacts{Name: name, Type: strings.ToUpper(qtype), Records: records, Resolver: "192.0.2.53:53"},
	})
}

func (w *world) answers(id string, records ...string) *world { return w.dns(id, "", records...) }

func (w *world) web(url string, status int, class mail.Class) *world {
	return w.observe(mail.Observation{ID: url, Kind: mail.KindHTTP, Subject: url, Failure: failure(class), HTTPFacts: &mail.HTTPFacts{URL: url, Status: status}})
}

// dialAt is one attempt to connect to one address.
func (w *world) dialAt(text, address string, class mail.Class) *world {
	id := "dial:" + text
	if address != "" {
		id += "#" + address
	}
	return w.observe(mail.Observation{ID: id, Kind: mail.KindDial, Subject: text, Address: address, Failure: failure(class)})
}

func (w *world) dial(class mail.Class, texts ...string) *world {
	for _, text := range texts {
		w.dialAt(text, "192.0.2.1", class)
	}
	return w
}

func goodCertificate() mail.Certificate {
	return mail.Certificate{
		Subject: "CN=example.org", Names: []string{"imap.example.org", "smtp.example.org", "pop.example.org", "mx.example.org"},
		Issuer: "CN=Example Authority", NotBefore: daysFromToday(-20), NotAfter: daysFromToday(70), Key: "ECDSA P-256",
	}
}

// handshake is what came of TLS; a certificate makes it a completed one.
func (w *world) handshake(text string, class mail.Class, certificates ...mail.Certificate) *world {
	facts := &mail.TLSFacts{Certificates: certificates}
	if len(certificates) > 0 {
		facts.Version = "TLS 1.3"
	}
	return w.dial("", text).observe(mail.Observation{
		ID: "tls:" + text + "#192.0.2.1", Kind: mail.KindTLS, Subject: text, Address: "192.0.2.1", Failure: failure(class), TLSFacts: facts,
	})
}

func greetingOf(text string) string {
	return map[mail.Protocol]string{mail.IMAP: "* OK ready", mail.POP3: "+OK ready", mail.SMTP: "220 ready"}[endpoint(text).Protocol]
}

// session is what was said; failed ones have a class.
func (w *world) session(text string, class mail.Class, change func(*mail.SessionFacts), detail ...string) *world {
	facts := &mail.SessionFacts{Greeting: greetingOf(text), GreetingMS: 20}
	if class == "" {
		facts.Capabilities.AfterTLS, facts.Mechanisms.AfterTLS = []string{"AUTH"}, []string{"plain", "login"}
		if endpoint(text).Security == mail.StartTLS {
			facts.Capabilities.BeforeTLS, facts.Mechanisms.BeforeTLS = []string{"STARTTLS", "STLS"}, []string{}
		}
	}
	if change != nil {
		change(facts)
	}
	return w.dial("", text).observe(mail.Observation{
		ID: "session:" + text, Kind: mail.KindSession, Subject: text, Address: "192.0.2.1", Failure: failure(class, detail...), SessionFacts: facts,
	})
}

// works makes servers with which nothing is wrong.
func (w *world) works(texts ...string) *world {
	for _, text := range texts {
		w.handshake(text, "", goodCertificate()).session(text, "", nil)
	}
	return w
}

// shows makes servers that work but for their certificate.
func (w *world) shows(class mail.Class, certificate mail.Certificate, texts ...string) *world {
	for _, text := range texts {
		w.handshake(text, class, certificate).session(text, "", nil)
	}
	return w
}

func (w *world) auth(text, mechanism, username string, class mail.Class, reply string) *world {
	w.SignIn = true
	return w.observe(mail.Observation{
		ID: "auth:" + text + "/" + mechanism + "/" + username, Kind: mail.KindAuth, Subject: text, Failure: failure(class, "refused: ", reply),
		AuthFacts: &mail.AuthFacts{Mechanism: mechanism, Username: username, Reply: reply},
	})
}

func (w *world) accepts(text, username string) *world { return w.auth(text, "plain", username, "", "") }

func (w *world) rejects(text, reply string) *world {
	return w.auth(text, "plain", "anna@example.org", mail.AuthRejected, reply)
}

func (w *world) interrupt() *world {
	w.Interrupted = true
	return w
}

func (w *world) wantsToSignIn() *world {
	w.SignIn = true
	return w
}

func (w *world) provider(p mail.Provider) *world {
	p.ID, p.Name = "mailhouse", "Mailhouse"
	w.Provider = &p
	return w
}

func (w *world) skipped(why mail.Why, subjects ...string) *world {
	for _, s := range subjects {
		w.NotChecked = append(w.NotChecked, mail.NotChecked{Subject: s, Why: why})
	}
	return w
}

// leftOut says that a source did not ask about subjects, on purpose.
func (w *world) leftOut(source mail.Source, subjects ...string) *world {
	for _, s := range subjects {
		w.NotChecked = append(w.NotChecked, mail.NotChecked{Subject: s, Why: mail.WhyPolicy, Source: source})
	}
	return w
}

// at moves the time of the run by some hours.
func (w *world) at(hours int) *world {
	w.Now = w.Now.Add(time.Duration(hours) * time.Hour)
	return w
}

// ofKind gives the observations of a kind, whose facts can be changed through their pointers.
func (w *world) ofKind(kind mail.Kind) []mail.Observation {
	return slices.DeleteFunc(slices.Clone(w.Observations), func(o mail.Observation) bool { return o.Kind != kind })
}

func (w *world) judge() Judgement { return Judge(w.Facts, mail.Error) }

// finding gives the finding with an id, if there is one.
func (j Judgement) finding(id string) (mail.Finding, bool) {
	i := slices.IndexFunc(j.Findings, func(f mail.Finding) bool { return f.ID == id })
	if i < 0 {
		return mail.Finding{}, false
	}
	return j.Findings[i], true
}

func idsOf(findings []mail.Finding) []string {
	list := []string{}
	for _, f := range findings {
		list = append(list, f.ID)
	}
	return list
}

func TestAGoodRunHasNoFindings(t *testing.T) {
	t.Parallel()
	for name, w := range map[string]*world{"asked": good(), "signed in": signedIn()} {
		if got := idsOf(w.judge().Findings); len(got) > 0 {
			t.Errorf("%s: findings %v, want none", name, got)
		}
	}
}
