package mail

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestEventsSurviveJSON(t *testing.T) {
	t.Parallel()
	e := Endpoint{IMAP, TLS, "imap.example.org", 993}
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	events := []Event{
		{Header: &Header{Schema, Tool{"mailmedic", "1"}, Target{"a@b", "a@b", "b"}, at, "check"}},
		{Progress: &Progress{"asking"}},
		{Candidate: &Candidate{e, Incoming, []Claim{{Source: SourceSRV, Trust: TrustDNS, Evidence: []string{"srv:x"}}}, Published}},
		{Observation: &Observation{ID: "a:b", Kind: KindDNS, Subject: "b", At: at, DNSFacts: &DNSFacts{Name: "b", Type: "A", Records: []string{"192.0.2.1"}, Authentic: No}}},
		{Observation: &Observation{ID: "h", Kind: KindHTTP, HTTPFacts: &HTTPFacts{URL: "https://b/", Status: 404}, Failure: &Failure{HTTPStatus, "404"}}},
		{Observation: &Observation{ID: "d", Kind: KindDial, Subject: e.String(), Address: "192.0.2.1"}},
		{Observation: &Observation{ID: "t", Kind: KindTLS, TLSFacts: &TLSFacts{Version: "TLS 1.3", Certificates: []Certificate{{Subject: "CN=b", Names: []string{"b"}, NotBefore: at, NotAfter: at}}}}},
		{Observation: &Observation{ID: "t/survey", Kind: KindTLS, TLSFacts: &TLSFacts{Attempt: "survey", Survey: &TLSSurvey{
			Versions: []SurveyedVersion{{Version: "TLS 1.3", Offered: Yes, Suites: []string{"TLS_AES_128_GCM_SHA256"}, Complete: true, Order: ServerOrder}, {Version: "SSL 3.0", Suites: []string{}}},
			Groups:   []string{"X25519"}, PostQuantum: No, DHBits: 1024, ALPN: ALPNIgnored, WithoutName: OtherWithoutName, OtherCertificate: &Certificate{Names: []string{"x"}}, Connections: 9, Stopped: "why",
		}}}},
		{Observation: &Observation{ID: "s", Kind: KindSession, SessionFacts: &SessionFacts{Greeting: "* OK", Capabilities: BothWays{nil, []string{}}}}},
		{Observation: &Observation{ID: "u", Kind: KindAuth, AuthFacts: &AuthFacts{Mechanism: "plain", Username: "a@b"}}},
		{Observation: &Observation{ID: "m", Kind: KindMailbox, MailboxFacts: &MailboxFacts{Messages: 3, Quota: &Quota{Used: 1, Limit: 2}}}},
		{Rule: &Rule{ID: "tls.x", References: []string{"RFC 9525"}}},
		{Finding: &Finding{ID: "tls.x", Severity: Critical, Evidence: []string{"t"}, Because: []string{}, References: []string{}}},
		{Setting: &Setting{e, Incoming, "a@b", []string{"plain"}, SignedIn, []Source{SourceSRV}, TrustDNS, true}},
		{Verdict: &Closing{Verdict: Verdict{Works, Ready, "fine", 0}, TookMS: 12, Complete: true, NotChecked: []NotChecked{{Subject: "x", Why: WhyGrace}}}},
	}
	for _, event := range events {
		data, err := json.Marshal(event)
		if err != nil {
			t.Fatal(err)
		}
		var again Event
		if err := json.Unmarshal(data, &again); err != nil {
			t.Fatalf("%s: %v", data, err)
		}
		if diff := cmp.Diff(event, again); diff != "" {
			t.Errorf("%s\n%s", data, diff)
		}
		if fields := strings.Count(string(data), `":`); fields == 0 {
			t.Errorf("%s says nothing", data)
		}
	}
}

func TestFactsThatWereNotCheckedAreNullAndNeverFalse(t *testing.T) {
	t.Parallel()
	for fact, want := range map[Fact]string{NotKnown: "null", No: "false", Yes: "true"} {
		data, err := json.Marshal(struct{ F Fact }{fact})
		if err != nil || string(data) != `{"F":`+want+`}` {
			t.Errorf("%d: %s, %v", fact, data, err)
		}
	}
}

func TestOrdersAreTheOnesOfTheContract(t *testing.T) {
	t.Parallel()
	if TrustUser.Rank() != 0 || TrustGuess.Rank() <= TrustCleartext.Rank() || Trust("odd").Rank() <= TrustGuess.Rank() {
		t.Error("trust")
	}
	if Published.Rank() != 0 || RoundTrip.Rank() <= SignedIn.Rank() {
		t.Error("proof")
	}
	if Critical.Rank() != 0 || OK.Rank() <= Notice.Rank() {
		t.Error("severity")
	}
}
