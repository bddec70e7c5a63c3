package check_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mailmedic/mailmedic/check"
	"github.com/mailmedic/mailmedic/lab"
	"github.com/mailmedic/mailmedic/mail"
)

// surveysOf gives what the surveys of a run found.
func surveysOf(r run) map[string]mail.TLSSurvey {
	found := map[string]mail.TLSSurvey{}
	for _, e := range r.events {
		if o := e.Observation; o != nil && o.TLSFacts != nil && o.Survey != nil {
			found[o.Subject] = *o.Survey
		}
	}
	return found
}

func TestEveryServerIsSurveyedAndNoneUnasked(t *testing.T) {
	t.Parallel()
	w := world(t, "good")
	r := probe(t, w, func(o *check.Options) { o.Survey = true }, endpointsOf(w)...)
	found := surveysOf(r)
	if len(found) != len(w.Endpoints()) {
		t.Errorf("surveys of %d servers, want %d", len(found), len(w.Endpoints()))
	}
	for subject, s := range found {
		if s.Stopped != "" || s.Connections == 0 || s.Connections > 30 || s.PostQuantum != mail.Yes {
			t.Errorf("%s: %+v", subject, s)
		}
	}
	if !r.closing.Complete || r.closing.Verdict.ExitCode != 0 {
		t.Errorf("%+v", r.closing)
	}
	if unasked := surveysOf(probe(t, w, nil, endpointsOf(w)...)); len(unasked) != 0 {
		t.Errorf("%d surveys that nobody asked for", len(unasked))
	}
}

// The survey is gentle: it begins when all else is done, and each address is asked over one connection at a time.
func TestSurveysAskAnAddressOverOneConnectionAtATime(t *testing.T) {
	t.Parallel()
	w := world(t, "good")
	r := probe(t, w, func(o *check.Options) { o.Survey = true }, "imap.good.example:993", "imap.good.example:143")
	byAddress := map[netip.Addr][]uint16{}
	for _, d := range r.journal.Dials {
		byAddress[d.To.Addr()] = append(byAddress[d.To.Addr()], d.To.Port())
	}
	long := 0
	for addr, ports := range byAddress {
		if len(ports) < 10 {
			continue
		}
		long++
		changes := 0
		for i := range ports[1:] {
			if ports[i] != ports[i+1] {
				changes++
			}
		}
		if changes > 4 { // the ports come one after the other, and not in turns
			t.Errorf("%s: %v", addr, ports)
		}
	}
	if long != 1 {
		t.Errorf("the surveys went to %d addresses", long)
	}
}

func TestASurveyThatTheTimeCutsShortSaysSo(t *testing.T) {
	t.Parallel()
	w, err := lab.Parse("slow", []byte(`Every connection takes its time
-- zone --
$ORIGIN slow.example.
mail  A  192.0.2.10
-- servers.toml --
[demo]
address = "slow.example"
[[server]]
endpoints = ["imap+starttls://mail.slow.example:143", "imap+starttls://mail.slow.example:1143"]
greeting_delay = "200ms"
`))
	if err != nil {
		t.Fatal(err)
	}
	r := probe(t, w, func(o *check.Options) { o.Survey, o.Timeout = true, 2*time.Second }, endpointsOf(w)...)
	found := surveysOf(r)["imap+starttls://mail.slow.example:143"]
	if found.Stopped != "the time was over" || found.Connections < 3 || found.Versions[0].Complete {
		t.Errorf("%+v", found)
	}
	var left []string
	for _, n := range r.closing.NotChecked {
		left = append(left, n.Subject+" "+string(n.Why))
	}
	want := []string{
		"imap+starttls://mail.slow.example:1143#192.0.2.10/survey deadline",
		"imap+starttls://mail.slow.example:143#192.0.2.10/survey deadline",
	}
	if !slices.Equal(left, want) || r.closing.Complete {
		t.Errorf("left out %q, want %q; complete %v", left, want, r.closing.Complete)
	}
}

func TestCasesOfASurvey(t *testing.T) {
	t.Parallel()
	w := world(t, "case/tls-survey")
	r := probe(t, w, func(o *check.Options) { o.Survey = true }, endpointsOf(w)...)
	at := surveysOf(r)
	findings := map[string][]string{}
	for _, e := range r.events {
		if f := e.Finding; f != nil {
			findings[f.Subject] = append(findings[f.Subject], f.ID)
		}
	}
	for _, tt := range []struct {
		subject string
		holds   func(mail.TLSSurvey) bool
		finding string
		silent  string // a finding that would be no news
	}{
		{"imaps://name.survey.example:993", func(s mail.TLSSurvey) bool {
			return s.WithoutName == mail.OtherWithoutName && s.OtherCertificate != nil && s.ALPN == mail.ALPNIgnored
		}, "tls.name-dependence", ""},
		{"smtps://needs.survey.example:465", func(s mail.TLSSurvey) bool {
			return s.WithoutName == mail.RefusedWithoutName && s.PostQuantum == mail.No
		}, "tls.name-dependence", ""},
		{"imaps://alpn.survey.example:993", func(s mail.TLSSurvey) bool {
			return s.ALPN == mail.ALPNRefused && s.WithoutName == mail.SameWithoutName
		}, "", "tls.name-dependence"},
		{"pop3s://ssl.survey.example:995", func(s mail.TLSSurvey) bool {
			return slices.Equal(s.Versions[4].Suites, []string{"TLS_RSA_WITH_3DES_EDE_CBC_SHA", "TLS_RSA_WITH_RC4_128_SHA"}) && s.Versions[4].Complete && s.Versions[3].Offered == mail.No
		}, "tls.version", "tls.weak-suites"},
		{"smtp+starttls://alone.survey.example:587", func(s mail.TLSSurvey) bool {
			return len(s.Versions[1].Suites) == 2 && s.Versions[1].Order == mail.ServerOrder && s.GroupsComplete && len(s.Groups) == 0
		}, "tls.obsolete-ciphers", "tls.no-forward-secrecy"},
		{"pop3s://hangs.survey.example:995", func(s mail.TLSSurvey) bool {
			return len(s.Versions[1].Suites) == 5 && s.Versions[1].Complete && s.Versions[2].Offered == mail.No && s.Stopped == ""
		}, "tls.no-tls13", "tls.version"},
	} {
		if !tt.holds(at[tt.subject]) {
			t.Errorf("%s: %+v", tt.subject, at[tt.subject])
		}
		if tt.finding != "" && !slices.Contains(findings[tt.subject], tt.finding) || slices.Contains(findings[tt.subject], tt.silent) {
			t.Errorf("%s: findings %q, want %s and not %s", tt.subject, findings[tt.subject], tt.finding, tt.silent)
		}
	}
}

// An address that has had enough of one survey is spared the next, and one that
// asked for fewer connections before is spared altogether.
func TestAnAddressThatAsksForFewerConnectionsIsSpared(t *testing.T) {
	t.Parallel()
	server := func(limit string) string {
		return `Few connections are let in
-- zone --
$ORIGIN few.example.
mail  A  192.0.2.10
-- servers.toml --
[demo]
address = "few.example"
[[server]]
endpoints = ["smtp+starttls://mail.few.example:587", "smtp+starttls://mail.few.example:2587"]
script = "few"
-- script/few --
WHEN connection ` + limit + `
  S: 421 4.7.0 Too many connections
  CLOSE
END
S: 220 few.example ESMTP
C: EHLO *
S: 250-few.example
S: 250 STARTTLS
C: STARTTLS
S: 220 go
TLS
C: EHLO *
S: 250-few.example
S: 250 AUTH PLAIN
C: *
`
	}
	first, second := "smtp+starttls://mail.few.example:587", "smtp+starttls://mail.few.example:2587"
	for limit, want := range map[string][]string{"1": {first, second}, ">3": {second}} {
		t.Run(limit, func(t *testing.T) {
			t.Parallel()
			w, err := lab.Parse("few", []byte(server(limit)))
			if err != nil {
				t.Fatal(err)
			}
			r := probe(t, w, func(o *check.Options) { o.Survey = true }, first, second)
			var spared []string
			for _, n := range r.closing.NotChecked {
				if at, ok := strings.CutSuffix(n.Subject, "#192.0.2.10/survey"); ok && n.Why == mail.WhyThrottled {
					spared = append(spared, at)
				}
			}
			if !slices.Equal(slices.Sorted(slices.Values(spared)), slices.Sorted(slices.Values(want))) {
				t.Errorf("spared are %q, want %q; surveys: %+v", spared, want, surveysOf(r))
			}
			if n := len(surveysOf(r)); n != 2-len(want) {
				t.Errorf("%d surveys", n)
			}
		})
	}
}
