package report

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mailmedic/mailmedic/mail"
)

func TestTheLaterObservationReplacesTheEarlier(t *testing.T) {
	t.Parallel()
	r := mustFold(t, []mail.Event{
		{Observation: &mail.Observation{ID: "mx:a.example", Kind: mail.KindDNS, TookMS: 1}},
		{Observation: &mail.Observation{ID: "mx:b.example", Kind: mail.KindDNS, TookMS: 2}},
		{Observation: &mail.Observation{ID: "mx:a.example", Kind: mail.KindDNS, TookMS: 3}},
	})
	if len(r.Observations) != 2 || r.Observations[0].TookMS != 3 {
		t.Errorf("folded to %+v", r.Observations)
	}
}

func TestTheLaterCandidateReplacesTheEarlierAndItsPlace(t *testing.T) {
	t.Parallel()
	imap := mail.Endpoint{Protocol: mail.IMAP, Security: mail.TLS, Host: "imap.a.example", Port: 993}
	smtp := mail.Endpoint{Protocol: mail.SMTP, Security: mail.StartTLS, Host: "a.example", Port: 25}
	r := mustFold(t, []mail.Event{
		{Candidate: &mail.Candidate{Endpoint: imap, Role: mail.Incoming, Proof: mail.Published}},
		{Candidate: &mail.Candidate{Endpoint: smtp, Role: mail.MX, Proof: mail.Published}},
		{Candidate: &mail.Candidate{Endpoint: smtp, Role: mail.Outgoing, Proof: mail.Published}},
		{Candidate: &mail.Candidate{Endpoint: imap, Role: mail.Incoming, Proof: mail.SignedIn}},
	})
	var got []string
	for _, c := range r.Candidates {
		got = append(got, string(c.Role)+" "+string(c.Proof))
	}
	if diff := cmp.Diff([]string{"mx published", "outgoing published", "incoming signed-in"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestObservationsStandByKindThenID(t *testing.T) {
	t.Parallel()
	var events []mail.Event
	for _, kind := range append([]mail.Kind{"later", "send", "mailbox"}, kindOrder()[:6]...) {
		for _, id := range []string{"b", "a"} {
			events = append(events, mail.Event{Observation: &mail.Observation{ID: string(kind) + ":" + id, Kind: kind}})
		}
	}
	var got []string
	for _, o := range mustFold(t, events).Observations {
		got = append(got, o.ID)
	}
	want := []string{
		"dns:a", "dns:b", "http:a", "http:b", "dial:a", "dial:b", "tls:a", "tls:b", "session:a", "session:b",
		"auth:a", "auth:b", "mailbox:a", "mailbox:b", "send:a", "send:b", "later:a", "later:b",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheOrderOfArrivalOfObservationsIsNotSeen(t *testing.T) {
	t.Parallel()
	events := streamEvents(t, "cannot-send")
	turned := slices.Clone(events)
	first := slices.IndexFunc(turned, func(e mail.Event) bool { return e.Observation != nil })
	last := len(turned) - 1
	for last > first && turned[last].Observation == nil {
		last--
	}
	turned[first], turned[last] = turned[last], turned[first]
	if diff := cmp.Diff(mustFold(t, events), mustFold(t, turned)); diff != "" {
		t.Error(diff)
	}
}

func TestWhatWasNotCheckedIsSortedAndSaidOnce(t *testing.T) {
	t.Parallel()
	r := mustFold(t, []mail.Event{{Verdict: &mail.Closing{NotChecked: []mail.NotChecked{
		{Subject: "b", Why: mail.WhyGrace}, {Subject: "a", Why: mail.WhyPolicy}, {Subject: "a", Why: mail.WhyGrace}, {Subject: "b", Why: mail.WhyGrace},
	}}}})
	want := []mail.NotChecked{{Subject: "a", Why: mail.WhyGrace}, {Subject: "a", Why: mail.WhyPolicy}, {Subject: "b", Why: mail.WhyGrace}}
	if diff := cmp.Diff(want, r.NotChecked); diff != "" {
		t.Error(diff)
	}
}

func TestAStreamWithoutAVerdictIsNotComplete(t *testing.T) {
	t.Parallel()
	r := mustFold(t, streamEvents(t, "interrupted"))
	if r.Complete || r.Verdict.ExitCode != 130 || r.Verdict.Receive != mail.Unproven || r.Verdict.Summary == "" {
		t.Errorf("complete %v, verdict %+v", r.Complete, r.Verdict)
	}
	if len(r.Observations) == 0 || r.Target.Domain != "example.org" {
		t.Error("what was known is lost")
	}
}

func TestProgressIsNoPartOfTheDocument(t *testing.T) {
	t.Parallel()
	events := streamEvents(t, "works")
	without := slices.DeleteFunc(slices.Clone(events), func(e mail.Event) bool { return e.Progress != nil })
	if len(without) == len(events) {
		t.Fatal("the stream has no progress")
	}
	if diff := cmp.Diff(mustFold(t, events), mustFold(t, without)); diff != "" {
		t.Error(diff)
	}
}

func TestAnEventThatCannotBeRecordedIsAnError(t *testing.T) {
	t.Parallel()
	for name, e := range map[string]mail.Event{
		"no field":              {},
		"two fields":            {Progress: &mail.Progress{}, Verdict: &mail.Closing{}},
		"an endpoint of nobody": {Setting: &mail.Setting{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, format := range Formats() {
				p, err := New(format, failingWriter{t}, Options{})
				if err != nil {
					t.Fatal(err)
				}
				if p.Event(e) == nil {
					t.Errorf("%s takes it", format)
				}
			}
		})
	}
}

// failingWriter fails the test when something is written.
type failingWriter struct{ t *testing.T }

func (w failingWriter) Write(data []byte) (int, error) {
	w.t.Errorf("wrote %q", data)
	return len(data), nil
}

func TestTheFolderMayBeAskedInBetween(t *testing.T) {
	t.Parallel()
	events := streamEvents(t, "works")
	f := NewFolder()
	for _, e := range events {
		if err := f.Add(e); err != nil {
			t.Fatal(err)
		}
		_ = append(f.Report().Settings, mail.Setting{Username: "nobody"})
	}
	if diff := cmp.Diff(mustFold(t, events), f.Report()); diff != "" {
		t.Error(diff)
	}
}
