package rules

import (
	"slices"
	"testing"

	"github.com/mailmedic/mailmedic/mail"
)

func TestVerdicts(t *testing.T) {
	t.Parallel()
	domainOnly := good()
	domainOnly.Target = mail.Target{Input: "example.org", Domain: "example.org"}
	idn := signedIn()
	idn.Target = mail.Target{Input: "anna@bücher.example", Address: "anna@xn--bcher-kva.example", Domain: "xn--bcher-kva.example"}
	full := signedIn().observe(mail.Observation{ID: "mailbox:" + imaps, Kind: mail.KindMailbox, Subject: imaps, MailboxFacts: &mail.MailboxFacts{Quota: &mail.Quota{Used: 100, Limit: 100}}})
	halfSignedIn := good().accepts(imaps, "anna")
	for _, tt := range []struct {
		name          string
		world         *world
		receive, send mail.State
		exit          int
		summary       string
	}{
		{"signed in", signedIn(), mail.Works, mail.Works, 0, "anna@example.org can receive and send mail."},
		{"signed in with an internationalised domain", idn, mail.Works, mail.Works, 0, "anna@bücher.example can receive and send mail."},
		{"no sign-in asked", good(), mail.Ready, mail.Ready, 0, "The servers of example.org answer; no sign-in was tried."},
		{"a domain alone", domainOnly, mail.Ready, mail.Ready, 0, "The servers of example.org answer; no sign-in was tried."},
		{"signed in for receiving only", halfSignedIn, mail.Works, mail.Ready, 0, "anna@example.org can receive mail; the server for sending answers, but no sign-in was tried there."},
		{"sending is refused", published().works(imaps).accepts(imaps, "anna").dial(mail.Refused, smtps), mail.Works, mail.Broken, 1, "anna@example.org can receive mail but cannot send it."},
		{"receiving is refused", published().works(smtps).accepts(smtps, "anna").dial(mail.Refused, imaps), mail.Broken, mail.Works, 1, "anna@example.org can send mail but cannot receive it."},
		{"both are refused", published().dial(mail.Refused, imaps, smtps), mail.Broken, mail.Broken, 1, "anna@example.org can neither receive nor send mail."},
		{"a wrong password", good().rejects(imaps, "NO"), mail.Broken, mail.Broken, 1, "The server rejects the user name or the password of anna@example.org."},
		{
			"one of several servers is closed to the account", good().srv(pop3s).works(pop3s).rejects(imaps, "NO IMAP access is disabled"),
			mail.Ready, mail.Ready, 1, "The servers of example.org answer, but no sign-in worked where it was tried.",
		},
		{
			"this network lets nobody through to send", published().srv(smtp).works(imaps).accepts(imaps, "anna").dial(mail.Timeout, smtps, smtp).control(mail.Timeout, controlSMTP),
			mail.Works, mail.Broken, 1, "anna@example.org can receive mail but cannot send it from this network.",
		},
		{"the sender is refused after the sign-in", signedIn().envelope("553 5.7.1 not owned by user anna", "", true), mail.Works, mail.Broken, 1, "anna@example.org can receive mail but cannot send it."},
		{"mail is not passed on after the sign-in", signedIn().envelope("250 Ok", "554 5.7.1 Relay access denied", true), mail.Works, mail.Broken, 1, "anna@example.org can receive mail but cannot send it."},
		{"the sender is put off", signedIn().envelope("450 4.7.1 come back later", "", true), mail.Works, mail.Works, 0, "anna@example.org can receive and send mail."},
		{"only the own mailbox is not known", signedIn().envelope("250 Ok", "550 5.1.1 User unknown", true), mail.Works, mail.Works, 1, "anna@example.org can receive and send mail."},
		{"the mailbox is full", full, mail.Works, mail.Works, 1, "anna@example.org can receive and send mail; but new mail is refused because the mailbox is full."},
		{"the mailbox does not open after the sign-in", signedIn().observe(mail.Observation{
			ID: "mailbox:" + imaps, Kind: mail.KindMailbox, Subject: imaps, Failure: failure(mail.ProtocolFault, "BAD User is authenticated but not connected."),
		}), mail.Broken, mail.Works, 1, "anna@example.org can send mail but cannot receive it."},
		{"a second server is silent", good().ispdb(pop3s).dial(mail.Timeout, pop3s), mail.Ready, mail.Ready, 0, "The servers of example.org answer; no sign-in was tried."},

		{"nothing is published, guesses fail", nowhere().guess(imaps).dial(mail.Refused, imaps), mail.NoneSet, mail.NoneSet, 4, "No mail server of example.org could be found."},
		{"nothing is published, guesses work", nowhere().guess(imaps, smtps).works(imaps, smtps), mail.Ready, mail.Ready, 0, "The servers of example.org answer; no sign-in was tried."},
		{"a guess is reachable and no more", nowhere().guess(imaps).dial("", imaps), mail.NoneSet, mail.NoneSet, 4, "No mail server of example.org could be found."},
		{"only receiving is known", nowhere().srv(imaps).works(imaps).accepts(imaps, "anna"), mail.Works, mail.NoneSet, 1, "anna@example.org can receive mail; no server for sending is known."},
		{"the domain does not exist", nowhere().dns("mx:example.org", mail.DNSNXDomain), mail.NoneSet, mail.NoneSet, 4, "example.org does not exist."},
		{"a null MX", nowhere().answers("mx:example.org", "0 ."), mail.NoneSet, mail.NoneSet, 4, "example.org says that it accepts no mail."},

		{"no DNS, and a provider that is known without", nowhere().ispdb(imaps, smtps).dns("mx:example.org", mail.DNSTimeout).dialAt(imaps, "", mail.DNSTimeout).dialAt(smtps, "", mail.DNSTimeout), mail.Unproven, mail.Unproven, 3, "Nothing could be tested: this computer has no working DNS."},
		{"no time to ask anybody", published().skipped(mail.WhyDeadline, imaps, smtps), mail.Unproven, mail.Unproven, 3, "Neither receiving nor sending mail of example.org could be tested."},
		{"no time for one role", published().works(imaps).skipped(mail.WhyDeadline, smtps), mail.Ready, mail.Unproven, 1, "The server for receiving mail of example.org answers; sending could not be tested."},
		{"addresses that may not be asked", published().dial(mail.PolicyRefused, imaps, smtps), mail.Unproven, mail.Unproven, 3, "Neither receiving nor sending mail of example.org could be tested."},
		{"a document that came too late", nowhere().skipped(mail.WhyDeadline, configuration), mail.Unproven, mail.Unproven, 3, "Neither receiving nor sending mail of example.org could be tested."},
		{"nobody answered in time", nowhereAsked(), mail.Unproven, mail.Unproven, 3, "Neither receiving nor sending mail of example.org could be tested."},
		{"interrupted before anybody answered", nowhereAsked().interrupt(), mail.Unproven, mail.Unproven, 130, "Neither receiving nor sending mail of example.org could be tested."},
		{"every question for SRV records fails", unsearched(mail.DNSServFail), mail.Unproven, mail.Unproven, 3, "The settings for anna@example.org could not be found: the DNS resolver of this network does not answer questions for SRV records."},
		{"one question for an SRV record fails", unsearched(mail.DNSNXDomain).dns("srv:_imaps._tcp.example.org", mail.DNSServFail).dns(searching, mail.DNSServFail), mail.Unproven, mail.Unproven, 3, "The settings for anna@example.org could not be found: questions for SRV records of example.org are not answered."},
		{"a server is named, and the rest was not asked in time", nowhereAsked().user(imaps).works(imaps), mail.Ready, mail.Unproven, 1, "The server for receiving mail of example.org answers; sending could not be tested."},
		{"a domain that does not exist, and a host that is silent", nowhere().dns("mx:example.org", mail.DNSNXDomain).web(configuration, 0, mail.Timeout), mail.NoneSet, mail.NoneSet, 4, "example.org does not exist."},
		{"a name that cannot be searched", single(), mail.Unproven, mail.Unproven, 3, "localhost is not a mail domain that can be searched."},
		{"IPv6 addresses alone, and no IPv6 here", published().dialAt(imaps, "2001:db8::1", mail.Unreachable).dialAt(smtps, "2001:db8::1", mail.Unreachable), mail.Unproven, mail.Unproven, 3, "The servers of example.org could not be tested: they have only IPv6 addresses, and this network has no IPv6."},
		{"the domain's DNS is broken", nowhere().dns("mx:example.org", mail.DNSServFail), mail.Unproven, mail.Unproven, 3, "The settings for anna@example.org could not be found: the DNS of example.org is broken."},

		{"interrupted", published().skipped(mail.WhyDeadline, imaps, smtps).interrupt(), mail.Unproven, mail.Unproven, 130, "Neither receiving nor sending mail of example.org could be tested."},
		{"a look at what is published", published(), mail.Unproven, mail.Unproven, 0, "The settings of example.org are published; no server was asked."},
		{"a look that finds usual names only", nowhere().guess(imaps), mail.NoneSet, mail.NoneSet, 4, "Nobody publishes settings for example.org; servers with usual names exist, but none was asked."},
		{"a look that finds nothing", nowhere(), mail.NoneSet, mail.NoneSet, 4, "No mail server of example.org could be found."},
		{"a look that finds receiving only", nowhere().srv(imaps), mail.Unproven, mail.NoneSet, 0, "Settings to receive mail of example.org are published, but none to send it; no server was asked."},
		{"a look that leaves a guess out", published().leftOut(mail.SourceGuess, pop3s), mail.Unproven, mail.Unproven, 0, "The settings of example.org are published; no server was asked."},
		{"a look that finds sending only", nowhere().srv(smtps).guess(imaps), mail.NoneSet, mail.Unproven, 0, "Settings to send mail of example.org are published, but none to receive it; no server was asked."},
		{"a look that finds usual names while the domain's DNS is broken", nowhere().guess(imaps).dns("mx:example.org", mail.DNSServFail), mail.Unproven, mail.Unproven, 3, "The settings for anna@example.org could not be found: the DNS of example.org is broken."},

		{"a look while a host for documents is silent", nowhere().guess(imaps).web(configuration, 0, mail.Timeout), mail.Unproven, mail.Unproven, 3, "What example.org publishes could not be found out: no answer from https://autoconfig.example.org/mail/config-v1.1.xml."},
		{"a look that ends before a document and a usual name are known", nowhere().guess(pop3s).skipped(mail.WhyDeadline, configuration, "a:imap.example.org"), mail.Unproven, mail.Unproven, 3, "What example.org publishes could not be found out: no answer from https://autoconfig.example.org/mail/config-v1.1.xml."},
		{"a look that finds receiving while the question for sending fails", nowhere().srv(imaps).dns(searching, mail.Deadline), mail.Unproven, mail.Unproven, 0, "Settings to receive mail of example.org are published; whether any to send it are could not be found out. No server was asked."},
		{"a look that finds sending while the question for receiving fails", nowhere().srv(smtps).dns("srv:_imaps._tcp.example.org", mail.Deadline), mail.Unproven, mail.Unproven, 0, "Settings to send mail of example.org are published; whether any to receive it are could not be found out. No server was asked."},
		{"a look at servers that the user named", nowhere().user(imaps, smtps), mail.Unproven, mail.Unproven, 0, "The servers are named by you; nobody publishes any for example.org, and none was asked."},
		{"a look at one server that the user named", nowhere().user(imaps), mail.Unproven, mail.NoneSet, 0, "The server is named by you; nobody publishes any for example.org, and none was asked."},
		{"a look at servers that the user named while a host is silent", nowhere().user(imaps, smtps).web(configuration, 0, mail.Timeout), mail.Unproven, mail.Unproven, 0, "The servers are named by you; whether example.org publishes any could not be found out, and none was asked."},
		{"a look that finds what the user did not name", nowhere().user(imaps).srv(smtps), mail.Unproven, mail.Unproven, 0, "Settings to send mail of example.org are published; one server is named by you. No server was asked."},
		{"a look that finds an MX record alone", nowhere().mxHost(mx), mail.NoneSet, mail.NoneSet, 4, "No mail server of example.org could be found."},
		{"a look past a web host that refuses", nowhere().guess(imaps).web("https://autoconfig.example.org/", 0, mail.Refused), mail.NoneSet, mail.NoneSet, 4, "No usable settings for example.org were found; servers with usual names exist, but none was asked."},
		{"a look for an IP address", literal(), mail.NoneSet, mail.NoneSet, 4, "Nobody publishes settings for an IP address; no server was asked."},

		{"others publish for a domain that does not exist", gone(published()), mail.Unproven, mail.Unproven, 4, "example.org does not exist."},
		{"others publish for a domain that does not exist, and nothing works", gone(published()).dial(mail.Refused, imaps, smtps), mail.Broken, mail.Broken, 4, "example.org does not exist."},
		{"a domain that does not exist, and a server that works", gone(good()), mail.Ready, mail.Ready, 1, "The servers of example.org answer; no sign-in was tried."},
		{"a domain that does not exist, and a server that the user named", gone(nowhere()).user(imaps).works(imaps), mail.Ready, mail.NoneSet, 1, "The server for receiving mail of example.org answers; no server for sending is known."},
		{"a look at a domain that does not exist, and a server that the user named", gone(nowhere()).user(imaps), mail.Unproven, mail.NoneSet, 4, "example.org does not exist."},
		{"a look at a null MX and leftover settings", published().answers("mx:example.org", "0 ."), mail.Unproven, mail.Unproven, 0, "example.org says that it accepts no mail."},

		{"one named server works", namedOnly(imaps).works(imaps), mail.Ready, mail.NoneSet, 0, "imap.example.org:993 answers and can be used."},
		{"one named server is broken", namedOnly(imaps).dial(mail.Refused, imaps), mail.Broken, mail.NoneSet, 1, "imap.example.org:993 cannot be used."},
		{"one named server was not reached in time", namedOnly(imaps).skipped(mail.WhyDeadline, imaps), mail.Unproven, mail.NoneSet, 3, "imap.example.org:993 could not be tested."},
		{"one of two named servers is broken", namedOnly(imaps, pop3s).works(imaps).dial(mail.Refused, pop3s), mail.Ready, mail.NoneSet, 1, "1 of 2 servers can be used."},
		{"two named servers work", namedOnly(imaps, smtps).works(imaps, smtps), mail.Ready, mail.Ready, 0, "All 2 servers answer and can be used."},
		{"two named servers, one not reached in time", namedOnly(imaps, smtps).works(imaps).skipped(mail.WhyDeadline, smtps), mail.Ready, mail.Unproven, 1, "1 of 2 servers can be used; 1 could not be tested."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			j := tt.world.judge()
			want := mail.Verdict{Receive: tt.receive, Send: tt.send, Summary: tt.summary, ExitCode: tt.exit}
			if j.Verdict != want {
				t.Errorf("\n got %+v\nwant %+v\nfindings %v", j.Verdict, want, idsOf(j.Findings))
			}
		})
	}
}

// gone makes the domain of a run one that does not exist.
func gone(w *world) *world { return w.dns("mx:example.org", mail.DNSNXDomain) }

func TestEveryPairOfStatesHasASummary(t *testing.T) {
	t.Parallel()
	states := []mail.State{mail.Works, mail.Ready, mail.Broken, mail.Unproven, mail.NoneSet}
	seen := map[string]bool{}
	for _, receive := range states {
		for _, send := range states {
			text := summaries()[[2]mail.State{receive, send}]
			if text == "" || seen[text] {
				t.Errorf("%s and %s: %q is missing or stands twice", receive, send, text)
			}
			seen[text] = true
		}
	}
}

func TestAThingNotTestedIsNeverFine(t *testing.T) {
	t.Parallel()
	for name, w := range map[string]*world{
		"both for want of time": published().skipped(mail.WhyDeadline, imaps, smtps),
		"one for want of time":  published().works(imaps).skipped(mail.WhyDeadline, smtps),
		"one by policy":         published().works(imaps).dial(mail.PolicyRefused, smtps),
		"no DNS":                nowhere().dns("mx:example.org", mail.DNSTimeout),
	} {
		j := w.judge()
		if j.Verdict.ExitCode == 0 || len(j.Findings) == 0 {
			t.Errorf("%s: exit code %d with findings %v", name, j.Verdict.ExitCode, idsOf(j.Findings))
		}
	}
}

func TestTheExitCodeDependsOnTheThreshold(t *testing.T) {
	t.Parallel()
	warned := nowhere().guess(imaps, smtps).works(imaps, smtps)
	broken := published().works(imaps).dial(mail.Refused, smtps)
	for _, tt := range []struct {
		name   string
		world  *world
		failOn mail.Severity
		want   int
	}{
		{"a warning and error", warned, mail.Error, 0},
		{"a warning and warning", warned, mail.Warning, 1},
		{"a critical finding and error", broken, mail.Error, 1},
		{"a critical finding and critical", broken, mail.Critical, 1},
		{"a critical finding and never", broken, "", 0},
		{"a critical finding and a word that is no severity", broken, "never", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			j := Judge(tt.world.Facts, tt.failOn)
			if j.Verdict.ExitCode != tt.want {
				t.Errorf("got %d, want %d", j.Verdict.ExitCode, tt.want)
			}
			replayed := mail.Report{
				Verdict: j.Verdict, Candidates: j.Candidates, Findings: j.Findings,
				Observations: tt.world.Observations, NotChecked: tt.world.NotChecked,
			}
			if got := ExitCode(replayed, tt.failOn, false); got != tt.want {
				t.Errorf("replayed: got %d, want %d", got, tt.want)
			}
			if got := ExitCode(replayed, tt.failOn, true); got != 130 {
				t.Errorf("interrupted: got %d, want 130", got)
			}
		})
	}
}

func TestCompleteMeansNothingWasLeftOutForWantOfTime(t *testing.T) {
	t.Parallel()
	for why, want := range map[mail.Why]bool{
		mail.WhyGrace: false, mail.WhyDeadline: false, mail.WhyBudget: true, mail.WhyConsent: true, mail.WhyPolicy: true, mail.WhyThrottled: true,
	} {
		if got := good().skipped(why, imap).judge().Complete; got != want {
			t.Errorf("%s: complete is %v", why, got)
		}
	}
}

func TestARunThatBrokeSomethingOffIsNotComplete(t *testing.T) {
	t.Parallel()
	if good().srv(imap).session(imap, mail.Deadline, nil).judge().Complete || !good().srv(imap).session(imap, mail.Timeout, nil).judge().Complete {
		t.Error("a session that the run did not wait for counts as looked at, or one that took too long does not")
	}
}

func TestNoNetworkIsExactlyOneFinding(t *testing.T) {
	t.Parallel()
	noDNS := nowhere().ispdb(imaps, smtps).dns("mx:example.org", mail.DNSTimeout).dialAt(imaps, "", mail.DNSTimeout).dialAt(smtps, "", mail.DNSTimeout).
		provider(mail.Provider{AppPassword: true, MustEnable: true}).skipped(mail.WhyDeadline, imaps)
	noDNS.Insecure = true
	noRoute := namedOnly(imaps, smtps).dial(mail.Unreachable, imaps, smtps)
	for want, w := range map[string]*world{"net.no-dns": noDNS, "net.offline": noRoute} {
		j := w.judge()
		if got := idsOf(j.Findings); !slices.Equal(got, []string{want}) || j.Verdict.ExitCode != 3 {
			t.Errorf("got %v and exit code %d, want %s and 3", got, j.Verdict.ExitCode, want)
		}
	}
}
