package report

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mailmedic/mailmedic/mail"
)

// trial is a setting at imaps://imap.example.org:993 with what was seen there.
func trial(proof mail.Proof, state mail.State, seen ...mail.Observation) []mail.Event {
	e := mail.Endpoint{Protocol: mail.IMAP, Security: mail.TLS, Host: "imap.example.org", Port: 993}
	events := []mail.Event{{Header: &mail.Header{Schema: mail.Schema, Target: mail.Target{Input: "example.org", Domain: "example.org"}}}}
	for i, o := range seen {
		o.ID, o.Subject = string(o.Kind)+strings.Repeat("'", i), e.String()
		events = append(events, mail.Event{Observation: &o})
	}
	return append(
		events,
		mail.Event{Setting: &mail.Setting{Endpoint: e, Role: mail.Incoming, Proof: proof, Trust: mail.TrustDNS, Sources: []mail.Source{mail.SourceSRV}, Preferred: true}},
		mail.Event{Verdict: &mail.Closing{
			Verdict: mail.Verdict{Receive: state, Send: mail.NoneSet, Summary: "Summary."}, Complete: true,
			NotChecked: []mail.NotChecked{{Subject: e.String(), Why: mail.WhyDeadline}},
		}},
	)
}

func failed(kind mail.Kind, class mail.Class) mail.Observation {
	o := mail.Observation{Kind: kind, Failure: &mail.Failure{Class: class}}
	if kind == mail.KindAuth {
		o.AuthFacts = &mail.AuthFacts{Mechanism: "plain"}
	}
	return o
}

func TestAServerBehindABlockIsNotCalledBroken(t *testing.T) {
	t.Parallel()
	events := trial(mail.Published, mail.Broken, failed(mail.KindDial, mail.Timeout))
	subject := events[1].Observation.Subject
	for owner, want := range map[mail.Owner]string{
		mail.OwnerNetwork:  "cannot be reached from this network, see below",
		mail.OwnerProvider: "broken, see below",
	} {
		f := mail.Finding{ID: "net.smtp-blocked", Severity: mail.Critical, Subject: subject, Title: "This network blocks sending", Owner: owner}
		v := newView(mustFold(t, slices.Insert(slices.Clone(events), len(events)-1, mail.Event{Finding: &f})), Options{})
		if got := v.outcome(v.r.Settings[0]).words; got != want {
			t.Errorf("%s acts: %q, want %q", owner, got, want)
		}
	}
}

func envelope(mailReply, rcptReply string) mail.Observation {
	o := failed(mail.KindSend, mail.PolicyRefused)
	o.SendFacts = &mail.SendFacts{Sender: "anna@example.org", MailReply: mailReply, RcptReply: rcptReply}
	return o
}

func TestOutcomeSaysWhatWasProvedAndNoMore(t *testing.T) {
	t.Parallel()
	dialled := mail.Observation{Kind: mail.KindDial}
	why := " because the time was over (--timeout gives more)"
	for _, tc := range []struct {
		name   string
		events []mail.Event
		want   string
	}{
		{"a message came back", trial(mail.RoundTrip, mail.Works), "a message arrived"},
		{"signed in", trial(mail.SignedIn, mail.Works), "signed in"},
		{"signed in although another form was rejected", trial(mail.SignedIn, mail.Works, failed(mail.KindAuth, mail.AuthRejected)), "signed in"},
		{"one message", trial(mail.SignedIn, mail.Works, mail.Observation{Kind: mail.KindMailbox, MailboxFacts: &mail.MailboxFacts{Messages: 1}}), "signed in · 1 message"},
		{"a quota without a limit is no quota", trial(mail.SignedIn, mail.Works, mail.Observation{Kind: mail.KindMailbox, MailboxFacts: &mail.MailboxFacts{Messages: 2, Quota: &mail.Quota{Used: 5}}}), "signed in · 2 messages"},
		{"a mailbox that could not be opened", trial(mail.SignedIn, mail.Works, failed(mail.KindMailbox, mail.ProtocolFault)), "signed in, and then refused"},
		{"a mailbox that broke off", trial(mail.SignedIn, mail.Works, failed(mail.KindMailbox, mail.Closed)), "signed in"},
		{"a sender that is refused", trial(mail.SignedIn, mail.Works, envelope("553 5.7.1 no", "")), "signed in, and then refused"},
		{"a sender that is put off", trial(mail.SignedIn, mail.Works, envelope("450 4.7.1 later", "")), "signed in"},
		{"a recipient that is refused", trial(mail.SignedIn, mail.Works, envelope("250 2.1.0 Ok", "550 5.1.1 no")), "signed in"},
		{"every recipient is refused", trial(mail.SignedIn, mail.Broken, envelope("250 2.1.0 Ok", "554 5.7.1 no")), "signed in, and then refused"},
		{"the handshake alone", trial(mail.Handshake, mail.Ready, dialled), "secure connection works, sign-in not tested"},
		{"a rejected password", trial(mail.Handshake, mail.Broken, failed(mail.KindAuth, mail.AuthRejected)), "sign-in refused"},
		{"a sign-in that the server could not judge", trial(mail.Handshake, mail.Ready, failed(mail.KindAuth, mail.AuthTemporary)), "sign-in failed"},
		{"a bad certificate", trial(mail.Reachable, mail.Broken, dialled, failed(mail.KindTLS, mail.CertExpired)), "broken"},
		{"nothing answers", trial(mail.Published, mail.Broken, failed(mail.KindDial, mail.Timeout)), "broken"},
		{"one address of two is dead", trial(mail.Reachable, mail.Ready, dialled, failed(mail.KindDial, mail.Timeout)), "answers, not fully tested" + why},
		{"nothing answers, nowhere", trial(mail.Published, mail.Unproven, failed(mail.KindDial, mail.Unreachable)), "could not be tested from here"},
		{"nobody tried", trial(mail.Published, mail.Unproven), "published, not tested" + why},
		{"the time was over while dialling", trial(mail.Published, mail.Broken, failed(mail.KindDial, mail.Deadline)), "published, not tested" + why},
		{"a private address was refused by us", trial(mail.Published, mail.Broken, failed(mail.KindDial, mail.PolicyRefused)), "published, not tested" + why},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			v := newView(mustFold(t, tc.events), Options{Unicode: true})
			if got := v.outcome(v.r.Settings[0]).words; got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}

func TestBrokenPointsToTheFindingsOnlyWhenTheyAreShown(t *testing.T) {
	t.Parallel()
	events := trial(mail.Published, mail.Broken, failed(mail.KindDial, mail.Refused))
	events = append(events[:len(events)-1], mail.Event{Finding: &mail.Finding{ID: "net.refused", Severity: mail.Error, Title: "Nothing listens"}}, events[len(events)-1])
	for o, want := range map[Options]bool{{Width: 120}: true, {Width: 120, Quiet: true}: false} {
		if got := strings.Contains(string(printed(t, "text", o, events)), "broken, see below"); got != want {
			t.Errorf("%+v: pointer %v, want %v", o, got, want)
		}
	}
}

func TestUserNamesAndWaysToSignInAreSaidAsInMailPrograms(t *testing.T) {
	t.Parallel()
	anna := mail.Target{Address: "anna@example.org", Domain: "example.org"}
	domain := mail.Target{Domain: "example.org"}
	for _, tc := range []struct {
		name   string
		target mail.Target
		want   string
	}{
		{"anna", anna, "anna"},
		{"", anna, "usually anna@example.org"},
		{"", domain, "usually the full email address"},
		{"%EMAILADDRESS%", domain, "the full email address"},
		{"%EMAILLOCALPART%", domain, "the part before the @"},
		{"%EMAILLOCALPART%.%EMAILDOMAIN%", domain, "NAME.example.org"},
	} {
		if got := usernameWords(tc.name, tc.target); got != tc.want {
			t.Errorf("%q is said %q, want %q", tc.name, got, tc.want)
		}
	}
	got := signInWords([]string{"scram-sha-256", "cram-md5", "plain", "login", "xoauth2", "oauthbearer", "gssapi", "ntlm", "external", "x-new"})
	want := []string{"encrypted password", mail.NormalPassword, "OAuth2", "Kerberos", "NTLM", "TLS certificate", "x-new"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestHintsNameOnlyWhatLeadsFurther(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, stream string
		o            Options
		want, not    []string
	}{
		{"all is well", "works", Options{Command: "check"}, []string{"More detail: -v"}, []string{"ticket", "transcript", "password"}},
		{"a fault at a server", "cannot-send", Options{Command: "check"}, []string{"--transcript", "-o json=ticket.json"}, []string{"password"}},
		{"a recorded run", "cannot-send", Options{Command: "report"}, []string{"-o json=ticket.json"}, []string{"--transcript"}},
		{"the conversation is there", "wrong-password", Options{Command: "check"}, []string{"-v"}, []string{"--transcript"}},
		{"no sign-in was asked for", "domain-only", Options{Command: "check", Width: 120}, []string{"mailmedic check NAME@xn--bcher-kva.example --ask-password"}, []string{"ticket"}},
		{"settings were only looked up", "domain-only", Options{Command: "discover", Unicode: true}, []string{"mailmedic check bücher.example"}, []string{"password"}},
		{"all is on the page", "works", Options{Command: "check", Verbose: 1}, nil, []string{"More detail"}},
		{"quiet", "cannot-send", Options{Command: "check", Quiet: true}, nil, []string{"-v", "asked", "ticket"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := string(printed(t, "text", tc.o, streamEvents(t, tc.stream)))
			for _, want := range tc.want {
				if !strings.Contains(got, want) {
					t.Errorf("no %q in:\n%s", want, got)
				}
			}
			for _, not := range tc.not {
				if strings.Contains(got, not) {
					t.Errorf("%q in:\n%s", not, got)
				}
			}
		})
	}
}

func TestFindingsThatSayTheSameShareTheirAdvice(t *testing.T) {
	t.Parallel()
	got := string(printed(t, "text", Options{}, streamEvents(t, "broken-only")))
	for text, n := range map[string]int{"does not answer on port": 2, "try from another network": 1, "one of several explanations": 1} {
		if strings.Count(got, text) != n {
			t.Errorf("%q stands %d times, want %d:\n%s", text, strings.Count(got, text), n, got)
		}
	}
}

func TestAServerThatTakesNoPlainPasswordSaysHowToSignIn(t *testing.T) {
	t.Parallel()
	events := trial(mail.Handshake, mail.Ready)
	for i := range events {
		if s := events[i].Setting; s != nil {
			s.Auth = []string{"xoauth2"}
		}
	}
	if got := string(printed(t, "text", Options{}, events)); !strings.Contains(got, "sign-in by OAuth2") {
		t.Errorf("not said:\n%s", got)
	}
}

func TestWordsOfALaterVersionArePrintedAsTheyAre(t *testing.T) {
	t.Parallel()
	e := mail.Endpoint{Protocol: mail.IMAP, Security: mail.TLS, Host: "imap.example.org", Port: 993}
	got := string(printed(t, "text", Options{Verbose: 1}, []mail.Event{
		{Setting: &mail.Setting{Endpoint: e, Role: mail.Incoming, Trust: "sworn\u202e", Sources: []mail.Source{"oracle"}}},
		{Finding: &mail.Finding{ID: "x", Severity: "grim", Title: "Title", Fix: "mend it", Owner: "nobody", Confidence: "hopeful"}},
		{Verdict: &mail.Closing{Verdict: mail.Verdict{Summary: "So."}, NotChecked: []mail.NotChecked{{Subject: "moon", Why: "distance"}}}},
	}))
	for _, want := range []string{`sworn\u202e`, "oracle", "? Title", "nobody", "hopeful", "because distance: moon"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in:\n%s", want, got)
		}
	}
}

func TestConsentIsWhatIsMissingAfterAPasswordWasGiven(t *testing.T) {
	t.Parallel()
	events := trial(mail.Handshake, mail.Ready)
	last := &events[len(events)-1].Verdict.NotChecked[0]
	for why, want := range map[mail.Why]bool{mail.WhyConsent: true, mail.WhyBudget: false} {
		last.Why = why
		got := string(printed(t, "text", Options{Command: "check"}, events))
		if strings.Contains(got, "--trust-discovered") != want || strings.Contains(got, "--ask-password") {
			t.Errorf("%s: hint %v in:\n%s", why, want, got)
		}
	}
}

func TestATokenIsHintedAtWhereItLeadsFurther(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]bool{"auth.oauth-only": true, "auth.token-rejected": true, "auth.rejected": false} {
		events := trial(mail.Handshake, mail.Ready)
		closing := events[len(events)-1]
		events = append(events[:len(events)-1:len(events)-1], mail.Event{Finding: &mail.Finding{ID: id, Severity: mail.Error, Title: "x"}}, closing)
		if got := string(printed(t, "text", Options{Command: "check"}, events)); strings.Contains(got, "mailmedic login ") != want {
			t.Errorf("%s: hint %v in:\n%s", id, want, got)
		}
	}
}

func TestFurtherHandshakesAreLabelledAndBreakNothing(t *testing.T) {
	t.Parallel()
	handshake := mail.Observation{Kind: mail.KindTLS, TLSFacts: &mail.TLSFacts{
		Version: "TLS 1.3", ChainNotes: []mail.ChainNote{mail.ChainRoot}, Stapled: mail.OCSPGood, ClientCertificate: mail.CertificateOptional,
	}}
	legacy := failed(mail.KindTLS, mail.TLSAlert)
	legacy.TLSFacts = &mail.TLSFacts{Attempt: "legacy"}
	classical := mail.Observation{Kind: mail.KindTLS, TLSFacts: &mail.TLSFacts{Attempt: "classical", Version: "TLS 1.3", Group: "X25519"}}
	session := mail.Observation{Kind: mail.KindSession, SessionFacts: &mail.SessionFacts{
		Limits: map[string]int64{"size": 1000, "rcptmax": 5}, Injection: mail.InjectionDiscarded,
	}}
	got := string(printed(t, "text", Options{Verbose: 1, Width: 120}, trial(mail.Reachable, mail.Broken, mail.Observation{Kind: mail.KindDial}, handshake, classical, legacy, session)))
	for _, want := range []string{
		"Also tried    classical key exchange: TLS 1.3, X25519\n", "Also tried    old versions too: tls-alert\n", "Chain         the root is sent too\n",
		"Stapled       good\n", "Asks for      a certificate of the client, optional\n", "Limits        5 recipients of a message, messages up to 1 kB\n",
		"Injection     a command before the handshake is discarded\n", "answers, not fully tested",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in:\n%s", want, got)
		}
	}
	if strings.Contains(got, "Failure") {
		t.Errorf("a further handshake stands there as a failure:\n%s", got)
	}
}

func TestClientsThatWereAskedForAreOnAQuietPageToo(t *testing.T) {
	t.Parallel()
	events := trial(mail.Published, mail.Unproven)
	events[len(events)-1].Verdict.Clients = []mail.Program{{Name: "Thunderbird"}}
	if got := string(printed(t, "text", Options{Quiet: true}, events)); !strings.Contains(got, "Thunderbird") {
		t.Errorf("no client in:\n%s", got)
	}
}

func TestUserNamesAreSpelledAsTheirHostsAre(t *testing.T) {
	t.Parallel()
	target := mail.Target{Address: "jörg@xn--bcher-kva.example", Domain: "xn--bcher-kva.example"}
	for _, tc := range []struct {
		name        string
		unicode     bool
		want, ascii string
	}{
		{"jörg@xn--bcher-kva.example", true, "jörg@bücher.example", "jörg@xn--bcher-kva.example"},
		{"", true, "usually jörg@bücher.example", "jörg@xn--bcher-kva.example"},
		{"jörg@xn--bcher-kva.example", false, "jörg@xn--bcher-kva.example", ""},
		{"anna@hoster.example", true, "anna@hoster.example", ""},
	} {
		if got, ascii := newPage(Options{Unicode: tc.unicode}, target).shownUsername(tc.name, target); got != tc.want || ascii != tc.ascii {
			t.Errorf("%q: %q and %q, want %q and %q", tc.name, got, ascii, tc.want, tc.ascii)
		}
	}
}

func TestWhatFurtherResolversSayIsNoQuestionOfItsOwn(t *testing.T) {
	t.Parallel()
	mx := func(id string) mail.Event {
		facts := &mail.DNSFacts{Name: "a.example", Type: "MX", Resolver: "192.0.2.54:53"}
		return mail.Event{Observation: &mail.Observation{ID: id, Kind: mail.KindDNS, Subject: "a.example", DNSFacts: facts}}
	}
	got := string(printed(t, "text", Options{}, []mail.Event{mx("mx:a.example"), mx("mx:a.example@192.0.2.54:53"), {Verdict: &mail.Closing{Complete: true}}}))
	if !strings.Contains(got, "1 question asked") {
		t.Errorf("not one question in:\n%s", got)
	}
}

func TestADocumentIsNotSaidToBeDNS(t *testing.T) {
	t.Parallel()
	v := newView(mail.Report{}, Options{})
	page := mail.Observation{HTTPFacts: &mail.HTTPFacts{Status: 200}}
	if got := v.believed(mail.Claim{Source: mail.SourcePACC, Trust: mail.TrustDNS}, page, mail.Incoming); !strings.Contains(got, "own document") || strings.Contains(got, "plain DNS") {
		t.Error(got)
	}
}
