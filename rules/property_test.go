package rules

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/mailmedic/mailmedic/mail"
)

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

// randomWorld is a run that makes no sense, as a damaged recording may tell it.
func randomWorld(r *rand.Rand) *world {
	w := nowhere()
	servers := []string{imaps, imap, pop3s, smtps, smtp, mx, "imap://imap.example.org:143", "imaps://smtp.example.org:465"}
	classes := []mail.Class{
		"", "", "", mail.DNSNXDomain, mail.DNSNoData, mail.DNSServFail, mail.DNSTimeout, mail.Refused, mail.Timeout, mail.Unreachable, mail.Reset,
		mail.Closed, mail.TLSVersion, mail.TLSAlert, mail.TLSNotSpoken, mail.PlaintextExpected, mail.CertExpired, mail.CertNotYetValid,
		mail.CertName, mail.CertUntrusted, mail.CertChain, mail.StartTLSNotOffered, mail.StartTLSRefused, mail.StartTLSInjection,
		mail.ProtocolFault, mail.GreetingRejected, mail.GreetingTimeout, mail.TooLarge, mail.AuthRejected, mail.AuthUnavailable,
		mail.AuthTemporary, mail.PolicyRefused, mail.HTTPStatus, mail.HTTPBody, mail.Deadline, "unheard-of",
	}
	for _, s := range servers {
		for range r.IntN(3) {
			claim := mail.Claim{
				Source: pick(r, mail.SourceSRV, mail.SourceISPDB, mail.SourceGuess, mail.SourceUser, ""),
				Trust:  pick(r, mail.TrustUser, mail.TrustAuthenticated, mail.TrustVouched, mail.TrustDNS, mail.TrustRedirected, mail.TrustCleartext, mail.TrustGuess, ""),
			}
			w.claim(s, pick(r, mail.Incoming, mail.Outgoing, mail.MX), claim)
		}
		for _, kind := range []mail.Kind{mail.KindDial, mail.KindTLS, mail.KindSession, mail.KindAuth, mail.KindMailbox, mail.KindHTTP, mail.KindDNS, mail.KindSend} {
			if r.IntN(3) == 0 {
				continue
			}
			o := mail.Observation{ID: string(kind) + ":" + s, Kind: kind, Subject: s, Address: pick(r, "", "192.0.2.1", "2001:db8::1", "x")}
			o.Failure = failure(pick(r, classes...), pick(r, "", "detail: x", "[LIMIT]"))
			if r.IntN(8) == 0 {
				o.ClockMS = pick(r, new(int64), new(int64(90*24*3600*1000)))
			}
			if r.IntN(4) > 0 { // else without facts
				addFacts(r, &o)
			}
			w.observe(o)
		}
		if r.IntN(6) == 0 {
			w.skipped(pick(r, mail.WhyGrace, mail.WhyDeadline, mail.WhyPolicy, mail.WhyConsent, mail.WhyBudget, mail.WhyThrottled), s)
		}
	}
	for _, c := range []string{controlIMAP, controlSMTP, controlRelay} {
		if r.IntN(2) == 0 {
			w.dial(pick(r, "", mail.Timeout, mail.Timeout, mail.Refused), c).handshake(c, pick(r, "", mail.Timeout, mail.CertExpired, mail.CertUntrusted), goodCertificate()).controls(c)
		}
	}
	if r.IntN(3) == 0 {
		w.dns("mx:example.org", pick(r, classes...), pick(r, "0 .", "", "x", "10 mx.example.org."))
	}
	if r.IntN(3) == 0 {
		w.provider(mail.Provider{NoServers: r.IntN(2) == 0, AppPassword: r.IntN(2) == 0, OAuthOnly: r.IntN(2) == 0, MustEnable: r.IntN(2) == 0})
	}
	w.SignIn, w.Insecure, w.Discovered, w.Interrupted = r.IntN(2) == 0, r.IntN(4) == 0, r.IntN(4) == 0, r.IntN(8) == 0
	return w
}

func addFacts(r *rand.Rand, o *mail.Observation) {
	words := func() []string {
		return pick(r, nil, []string{}, []string{"plain"}, []string{"xoauth2"}, []string{"gssapi"}, []string{"STARTTLS"})
	}
	switch o.Kind {
	case mail.KindDNS:
		o.DNSFacts = &mail.DNSFacts{Name: pick(r, "example.org", "a.example.org", "example.net"), Records: []string{""}}
	case mail.KindHTTP:
		o.HTTPFacts = &mail.HTTPFacts{URL: o.Subject, Status: pick(r, 0, 200), MediaType: pick(r, "", "text/xml"), Proxy: pick(r, "", "http://proxy.example")}
	case mail.KindTLS:
		c := goodCertificate()
		c.SelfSigned, c.Names = r.IntN(2) == 0, words()
		c.NotAfter = pick(r, c.NotAfter, daysFromToday(-3), daysFromToday(1))
		o.TLSFacts = &mail.TLSFacts{Version: pick(r, "", "TLS 1.0", "TLS 1.3"), Certificates: pick(r, nil, []mail.Certificate{c})}
	case mail.KindSession:
		o.SessionFacts = &mail.SessionFacts{
			Greeting: pick(r, "", "* PREAUTH", "220 x", "421 too many", "+OK"), GreetingMS: pick(r, int64(0), 9000),
			Capabilities: mail.BothWays{BeforeTLS: words(), AfterTLS: words()}, Mechanisms: mail.BothWays{BeforeTLS: words(), AfterTLS: words()},
		}
	case mail.KindAuth:
		o.AuthFacts = &mail.AuthFacts{Mechanism: pick(r, "plain", "none"), Username: pick(r, "", "anna", "anna@example.org"), Reply: pick(r, "", "[EXPIRED]", "too many auth")}
	case mail.KindMailbox:
		o.MailboxFacts = &mail.MailboxFacts{Quota: pick(r, nil, &mail.Quota{}, &mail.Quota{Used: 2, Limit: 1})}
	case mail.KindDial, mail.KindSend:
	}
}

func TestWhateverTheFactsTheJudgementHolds(t *testing.T) {
	t.Parallel()
	for seed := range uint64(1000) {
		w := randomWorld(rand.New(rand.NewPCG(seed, 1)))
		j := w.judge()
		preferred := map[mail.Role]int{}
		for _, s := range j.Settings {
			if s.Preferred {
				preferred[s.Role]++
			}
			if s.Role == mail.MX {
				t.Errorf("seed %d: an MX is a setting", seed)
			}
		}
		if preferred[mail.Incoming] > 1 || preferred[mail.Outgoing] > 1 {
			t.Errorf("seed %d: preferred %v", seed, preferred)
		}
		if len(j.Candidates) != len(w.Candidates) || j.Verdict.Summary == "" {
			t.Errorf("seed %d: %d candidates of %d, summary %q", seed, len(j.Candidates), len(w.Candidates), j.Verdict.Summary)
		}
		if !slices.Contains([]int{0, 1, 3, 4, 130}, j.Verdict.ExitCode) {
			t.Errorf("seed %d: exit code %d", seed, j.Verdict.ExitCode)
		}
		checkStates(t, seed, w, j)
		seen := map[[2]string]bool{}
		for _, f := range j.Findings {
			checkFinding(t, w, f)
			if key := [2]string{f.ID, f.Subject}; seen[key] {
				t.Errorf("seed %d: %v stands twice", seed, key)
			} else {
				seen[key] = true
			}
		}
		if t.Failed() {
			return
		}
	}
}

// Where the way to a server is proved to be at fault, nobody blames the server.
func TestNoServerIsBlamedForTheWayToIt(t *testing.T) {
	t.Parallel()
	proved := 0
	for seed := range uint64(1000) {
		x := newIndex(walledWorld(rand.New(rand.NewPCG(seed, 2))).Facts)
		x.judgeRoles(x.choose())
		for _, d := range x.apply(ruleBook()) {
			owner := cmp.Or(d.hit.owner, d.rule.owner)
			for _, s := range d.hit.servers {
				if s.walled {
					proved++
				}
				if s.walled && owner == mail.OwnerProvider && x.severity(d).Rank() <= mail.Error.Rank() {
					t.Fatalf("seed %d: %s blames %s, which was not reached: %v", seed, d.rule.id, s.text, s.fault)
				}
			}
		}
	}
	if proved < 150 {
		t.Errorf("only %d servers were out of reach", proved)
	}
}

// walledWorld is a run in which one thing may be wrong between here and there, and
// another with a server.
func walledWorld(r *rand.Rand) *world {
	w := nowhere()
	later := goodCertificate()
	later.NotBefore = daysFromToday(80)
	servers := []string{imaps, imap, pop3s, smtps, smtp, mx}
	fail := func(text string) {
		switch r.IntN(6) {
		case 0:
			w.works(text)
		case 1, 2:
			w.dial(pick(r, mail.Timeout, mail.Refused, mail.Unreachable), text)
		case 3:
			w.shows(mail.CertNotYetValid, later, text)
		case 4:
			w.narrow(text)
		case 5:
			w.session(text, pick(r, mail.ProtocolFault, mail.Closed), func(f *mail.SessionFacts) { f.Greeting = "" }, "answered: HTTP/1.1 302 Found")
		}
	}
	for _, s := range servers[:1+r.IntN(len(servers))] {
		if s == mx {
			w.mxHost(s)
		} else {
			w.srv(s)
		}
		fail(s)
	}
	controls := []string{controlIMAP, controlSMTP, controlRelay}
	for _, c := range controls {
		if r.IntN(4) > 0 {
			fail(c)
		}
	}
	return w.controls(controls...)
}

// checkStates holds what the states promise: a role that cannot be used has a
// grave finding, and so has every setting of a broken one.
func checkStates(t *testing.T, seed uint64, w *world, j Judgement) {
	t.Helper()
	grave := slices.DeleteFunc(slices.Clone(j.Findings), func(f mail.Finding) bool { return !atLeast(f.Severity, mail.Error) })
	if len(grave) > 0 && slices.ContainsFunc(grave, func(f mail.Finding) bool {
		return slices.Contains([]string{"net.no-dns", "net.offline", "dns.no-such-domain"}, f.ID)
	}) {
		return // it speaks for all
	}
	x := newIndex(w.Facts)
	states := map[mail.Role]mail.State{mail.Incoming: j.Verdict.Receive, mail.Outgoing: j.Verdict.Send}
	for _, s := range j.Settings {
		text := s.Endpoint.String()
		named := func(f mail.Finding) bool {
			return f.Subject == text || f.Subject == s.Endpoint.Host || slices.Contains(f.Affects, text)
		}
		if states[s.Role] == mail.Broken && x.serverAt(s.Endpoint).tested() && !slices.ContainsFunc(grave, named) {
			t.Errorf("seed %d: %s is broken, and no finding says why %s is: %v", seed, s.Role, text, idsOf(j.Findings))
		}
	}
}
