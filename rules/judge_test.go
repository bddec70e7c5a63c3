package rules

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/mailmedic/mailmedic/mail"
)

func TestOneCauseIsOneFinding(t *testing.T) {
	t.Parallel()
	expired := goodCertificate()
	expired.NotAfter = daysFromToday(-3)
	oneHost := []string{"imaps://mail.example.org:993", "smtp+starttls://mail.example.org:587", "smtps://mail.example.org:465"}
	for _, tt := range []struct {
		name    string
		world   *world
		want    []string
		subject string
		affects []string
	}{
		{
			"one certificate on three ports", nowhere().ispdb(oneHost...).shows(mail.CertExpired, expired, oneHost...),
			[]string{"tls.certificate-expired"},
			oneHost[0],
			[]string{oneHost[2], oneHost[1]},
		},
		{
			"one dead host", nowhere().ispdb(oneHost...).dial(mail.Timeout, oneHost...),
			[]string{"server.timeout"},
			"mail.example.org",
			[]string{oneHost[0], oneHost[2], oneHost[1]},
		},
		{
			"one wrong password, tried at one of two servers", good().rejects(imaps, "NO"),
			[]string{"auth.rejected"},
			imaps,
			[]string{smtps},
		},
		{
			"one service that rejects what the other accepts", published().srv(smtp).works(imaps, smtps, smtp).accepts(imaps, "anna").rejects(smtps, "535").skipped(mail.WhyBudget, smtp),
			[]string{"auth.rejected"},
			smtps,
			[]string{smtp},
		},
		{
			"an account that is locked, and a server that was spared", good().auth(imaps, "plain", "anna@example.org", mail.AuthTemporary, "NO account is locked, too many tries").skipped(mail.WhyThrottled, smtps),
			[]string{"auth.locked-out"},
			imaps,
			[]string{smtps},
		},
		{
			"two forms of one user name", good().rejects(imaps, "NO").auth(imaps, "plain", "anna", mail.AuthRejected, "NO"),
			[]string{"auth.rejected"},
			imaps,
			[]string{smtps},
		},
		{
			"a domain that does not exist, and all that follows", published().guess(pop3s).mxHost(mx).dns("mx:example.org", mail.DNSNXDomain).
				dialAt(imaps, "", mail.DNSNXDomain).dialAt(smtps, "", mail.DNSNXDomain),
			[]string{"dns.no-such-domain"},
			"example.org", nil,
		},
		{
			"blocked sending, with a silent MX host", published().srv(smtp).mxHost(mx).works(imaps).dial(mail.Timeout, smtps, smtp, mx),
			[]string{"net.smtp-blocked"},
			"example.org",
			[]string{smtps, smtp},
		},
		{
			"blocked sending that is known by guesses alone", nowhere().srv(imaps).guess(smtps, smtp).works(imaps).dial(mail.Timeout, smtps, smtp),
			[]string{"net.smtp-blocked"},
			"example.org",
			[]string{smtps, smtp},
		},
		{
			"a host without any encryption", nowhere().srv(imap).srv(smtps).works(smtps).session(imap, mail.StartTLSNotOffered, nil),
			[]string{"tls.none-offered"},
			imap, nil,
		},
		{
			"a null MX and nothing published", nowhere().answers("mx:example.org", "0 ."),
			[]string{"dns.null-mx"},
			"example.org", nil,
		},
		{
			"a broken domain", nowhere().dns("mx:example.org", mail.DNSServFail),
			[]string{"dns.servfail"},
			"example.org", nil,
		},
		{
			"a security product in front of every server", published().shows(mail.CertUntrusted, mail.Certificate{Issuer: "CN=Kaspersky Personal Root"}, imaps, smtps),
			[]string{"tls.intercepted"},
			imaps,
			[]string{smtps},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			j := tt.world.judge()
			if got := idsOf(j.Findings); !slices.Equal(got, tt.want) {
				t.Fatalf("findings %v, want %v", got, tt.want)
			}
			if f := j.Findings[0]; f.Subject != tt.subject || !slices.Equal(f.Affects, tt.affects) {
				t.Errorf("subject %s affects %v, want %s and %v", f.Subject, f.Affects, tt.subject, tt.affects)
			}
		})
	}
}

func TestAServerThatTheUserNamesIsJudgedEvenInADomainThatDoesNotExist(t *testing.T) {
	t.Parallel()
	j := nowhere().user(imaps).dial(mail.Refused, imaps).dns("mx:example.org", mail.DNSNXDomain).judge()
	if got := idsOf(j.Findings); !slices.Equal(got, []string{"dns.no-such-domain", "server.refused"}) {
		t.Errorf("findings %v", got)
	}
}

func TestTwoCertificatesOfOneHostAreTwoFindings(t *testing.T) {
	t.Parallel()
	first, second := goodCertificate(), goodCertificate()
	first.NotAfter, second.NotAfter = daysFromToday(-3), daysFromToday(-9)
	j := published().srv(imap).works(smtps).shows(mail.CertExpired, first, imaps).shows(mail.CertExpired, second, imap).judge()
	if got := idsOf(j.Findings); !slices.Equal(got, []string{"tls.certificate-expired", "tls.certificate-expired"}) {
		t.Errorf("findings %v", got)
	}
}

func TestTheOrderOfTheFactsDoesNotMatter(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for _, f := range fixtures() {
		want := encode(t, f.world.judge())
		for range 3 {
			shuffled := f.world.Facts
			shuffled.Candidates, shuffled.Observations = slices.Clone(shuffled.Candidates), slices.Clone(shuffled.Observations)
			random.Shuffle(len(shuffled.Candidates), func(i, j int) {
				shuffled.Candidates[i], shuffled.Candidates[j] = shuffled.Candidates[j], shuffled.Candidates[i]
			})
			random.Shuffle(len(shuffled.Observations), func(i, j int) {
				shuffled.Observations[i], shuffled.Observations[j] = shuffled.Observations[j], shuffled.Observations[i]
			})
			if got := encode(t, Judge(shuffled, mail.Error)); got != want {
				t.Fatalf("%s, %s:\n got %s\nwant %s", f.rule, f.when, got, want)
			}
		}
	}
}

func encode(t *testing.T, j Judgement) string {
	t.Helper()
	text, err := json.Marshal(j)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestJudgingLeavesTheFactsAlone(t *testing.T) {
	t.Parallel()
	for _, f := range fixtures() {
		before, err := json.Marshal(f.world.Facts)
		if err != nil {
			t.Fatal(err)
		}
		f.world.judge()
		if after, _ := json.Marshal(f.world.Facts); string(after) != string(before) {
			t.Errorf("%s, %s: the facts changed", f.rule, f.when)
		}
	}
}

func TestFindingsStandWorstFirstAndOnceEach(t *testing.T) {
	t.Parallel()
	for _, f := range fixtures() {
		j := f.world.judge()
		seen := map[[2]string]bool{}
		for i, finding := range j.Findings {
			key := [2]string{finding.ID, finding.Subject}
			if seen[key] {
				t.Errorf("%s, %s: %v stands twice", f.rule, f.when, key)
			}
			seen[key] = true
			if i > 0 && finding.Severity.Rank() < j.Findings[i-1].Severity.Rank() {
				t.Errorf("%s, %s: %s stands too low", f.rule, f.when, finding.ID)
			}
			if !slices.ContainsFunc(j.Rules, func(r mail.Rule) bool { return r.ID == finding.ID && r.Title != "" }) {
				t.Errorf("%s, %s: the rule %s is not declared", f.rule, f.when, finding.ID)
			}
		}
		if len(j.Rules) > len(seen) {
			t.Errorf("%s, %s: %d rules for %d findings", f.rule, f.when, len(j.Rules), len(seen))
		}
	}
}

func TestReceivingStandsBeforeSendingAmongEqals(t *testing.T) {
	t.Parallel()
	j := published().dial(mail.Refused, smtps).handshake(imaps, mail.TLSAlert).judge()
	if got := idsOf(j.Findings); !slices.Equal(got, []string{"tls.handshake-failed", "server.refused"}) {
		t.Errorf("findings %v", got)
	}
}

func TestTextOfServersIsBoundedAndNeverATemplate(t *testing.T) {
	t.Parallel()
	hostile := "NO {who} [x {domain}] \x1b]8;;https://evil.example\x07" + strings.Repeat("ä", 5000)
	certificate := goodCertificate()
	certificate.Names = slices.Repeat([]string{strings.Repeat("a.", 2000) + "example"}, 500)
	certificate.Issuer = hostile
	for name, w := range map[string]*world{
		"a refused sign-in":      good().rejects(imaps, hostile),
		"a greeting":             published().works(smtps).session(imaps, mail.GreetingRejected, func(f *mail.SessionFacts) { f.Greeting = hostile }),
		"a refused STARTTLS":     good().srv(imap).session(imap, mail.StartTLSRefused, nil, "refused: "+hostile),
		"names in a certificate": published().works(smtps).shows(mail.CertName, certificate, imaps),
		"a certificate's issuer": published().works(smtps).shows(mail.CertUntrusted, certificate, imaps),
	} {
		for _, f := range w.judge().Findings {
			if whole := f.Title + f.Detail + f.Fix; len(whole) > 6000 || strings.Contains(f.Detail, "[x example.org]") {
				t.Errorf("%s: %d bytes: %.500q", name, len(whole), whole)
			}
			if strings.ToValidUTF8(f.Detail, "") != f.Detail {
				t.Errorf("%s: a character was cut in two", name)
			}
		}
	}
}

func TestSeverityFollowsWhatIsLost(t *testing.T) {
	t.Parallel()
	other := "imaps://mail.example.org:993"
	for _, tt := range []struct {
		name  string
		world *world
		want  mail.Severity
	}{
		{"nothing else works", published().works(smtps).dial(mail.Refused, imaps), mail.Critical},
		{"the domain publishes it", good().says(mail.SourceAutoconfig, mail.TrustAuthenticated, other).dial(mail.Refused, other), mail.Error},
		{"an http document names it", good().says(mail.SourceAutoconfig, mail.TrustCleartext, other).dial(mail.Refused, other), mail.Error},
		{"the user names it", good().user(other).dial(mail.Refused, other), mail.Error},
		{"only a directory names it", good().ispdb(other).dial(mail.Refused, other), mail.Warning},
		{"only a guess names it", good().guess(other).dial(mail.Refused, other), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if f, _ := tt.world.judge().finding("server.refused"); f.Severity != tt.want {
				t.Errorf("got %q, want %q", f.Severity, tt.want)
			}
		})
	}
}

func TestTheRightNameForAWrongCertificate(t *testing.T) {
	t.Parallel()
	certificate := func(names ...string) mail.Certificate {
		c := goodCertificate()
		c.Names = names
		return c
	}
	wrong := func(names ...string) *world {
		return nowhere().srv(smtps).shows(mail.CertName, certificate(names...), smtps)
	}
	alias := func(w *world, target string) *world {
		w.answers("a:smtp.example.org", "192.0.2.1")
		for _, o := range w.ofKind(mail.KindDNS) {
			if o.Name == "smtp.example.org" {
				o.Aliases = []string{target}
			}
		}
		return w
	}
	for _, tt := range []struct {
		name  string
		world *world
		want  string
	}{
		{"an alias that a wildcard covers", alias(wrong("*.hoster.example", "hoster.example"), "web7.hoster.example."), "In the mail program use web7.hoster.example as the server."},
		{"an alias that the certificate does not have", alias(wrong("*.hoster.example"), "web7.other.example."), "The right name for the mail program ends in hoster.example; ask the provider for it."},
		{"a server that is proved under it", wrong("*.example.net", "mail.example.net").ispdb("imaps://box.example.net:993").works("imaps://box.example.net:993"), "In the mail program use box.example.net as the server."},
		{"the only name", wrong("server10.hoster.example"), "In the mail program use server10.hoster.example as the server."},
		{"the one that sounds like a mail server", wrong("www.hoster.example", "mail.hoster.example"), "In the mail program use mail.hoster.example as the server."},
		{"a wildcard and its domain", wrong("*.hoster.example", "hoster.example"), "The right name for the mail program ends in hoster.example; ask the provider for it."},
		{"names that tell nothing", wrong("www.hoster.example", "shop.hoster.example"), "Have smtp.example.org added"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f, _ := tt.world.judge().finding("tls.certificate-name")
			if !strings.HasPrefix(f.Fix, tt.want) {
				t.Errorf("got %q", f.Fix)
			}
		})
	}
}
