package check_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mailmedic/mailmedic/check"
	"github.com/mailmedic/mailmedic/lab"
	"github.com/mailmedic/mailmedic/mail"
)

// sendTest asks for a test message.
func sendTest(o *check.Options) { o.SendTest, o.Timeout = &check.SendTest{}, 20*time.Second }

// observed gives what was observed last under an ID, nil for nothing.
func (r run) observed(id string) *mail.Observation {
	var last *mail.Observation
	for _, e := range r.events {
		if e.Observation != nil && e.Observation.ID == id {
			last = e.Observation
		}
	}
	return last
}

// said gives the commands of all sessions with an endpoint that begin with a word, tags aside.
func (r run) said(endpoint, word string) []string {
	var list []string
	for _, s := range r.journal.Sessions {
		for _, line := range s.Commands {
			if s.Endpoint.String() == endpoint && slices.Contains(strings.Fields(line), word) {
				list = append(list, line)
			}
		}
	}
	return list
}

func TestATestMessageComesBack(t *testing.T) {
	t.Parallel()
	r := play(t, world(t, "round-trip"), lab.Options{}, sendTest)
	const in, out = "imaps://imap.round-trip.example:993", "smtps://smtp.round-trip.example:465"
	sent, arrived := r.observed("send:"+out+"/test"), r.observed("mailbox:"+in+"/test")
	if sent == nil || arrived == nil || sent.Test.CameBack != mail.Yes {
		t.Fatalf("sent %+v, arrived %+v", sent, arrived)
	}
	f := arrived.ArrivalFacts
	if f.Arrived != mail.Yes || f.Junk != mail.No || f.Removed != mail.Yes || len(f.Hops) != 3 || len(f.Authentication.Results) != 3 ||
		!slices.Equal(f.Copies, []mail.TestCopy{{Folder: "Sent", Removed: mail.Yes}}) || f.ArrivedMS < 900 { // the filter takes a second, from a moment before the client knows that it was sent
		t.Errorf("%+v", f)
	}
	for endpoint, proof := range r.settings() {
		if proof != mail.RoundTrip {
			t.Errorf("%s is proved as %s", endpoint, proof)
		}
	}
	if r.closing.ExitCode != 0 || !strings.HasSuffix(r.closing.Summary, "a test message went out and came back.") {
		t.Errorf("%+v", r.closing.Verdict)
	}
	if len(r.journal.Messages) != 1 || r.rejected() != 0 {
		t.Errorf("%d messages, %d rejected sign-ins", len(r.journal.Messages), r.rejected())
	}
	// 311 messages were there before, and one in no other folder.
	for _, line := range slices.Concat(r.said(in, "STORE"), r.said(in, "EXPUNGE")) {
		if !strings.Contains(line, " 312 ") && !strings.HasSuffix(line, " 312") && !strings.Contains(line, " 1 ") && !strings.HasSuffix(line, " 1") {
			t.Errorf("it said %q", line)
		}
	}
	if peeks := r.said(in, "FETCH"); slices.ContainsFunc(peeks, func(s string) bool { return strings.Contains(s, "BODY[") || strings.Contains(s, "RFC822") }) {
		t.Errorf("it marks as read: %q", peeks)
	}
}

func TestATestMessageTakesOtherWays(t *testing.T) {
	t.Parallel()
	pop := strings.NewReplacer("imaps://imap", "pop3s://pop", ":993", ":995", "_imaps._tcp        SRV   0 1 993 imap", "_pop3s._tcp SRV 0 1 995 imap", "imap               A", "pop                A")
	pop3 := func(text string) string {
		return strings.ReplaceAll(pop.Replace(text), "SRV 0 1 995 imap", "SRV 0 1 995 pop")
	}
	for _, test := range []struct {
		name     string
		world    string
		change   func(string) string
		options  func(*check.Options)
		findings []string
		exit     int
		want     mail.ArrivalFacts // what matters of it
	}{
		{"by POP3", "test-in-junk", func(s string) string { return pop3(strings.Replace(s, `folder = "Junk"`, "", 1)) }, nil, []string{"roundtrip.unauthenticated"}, 0, mail.ArrivalFacts{Arrived: mail.Yes, Folder: "INBOX", Removed: mail.Yes}},
		{"by POP3, without TOP", "test-in-junk", func(s string) string {
			return strings.Replace(pop3(s), "software = \"Dovecot\"", "capabilities = [\"UIDL\", \"USER\", \"SASL PLAIN\"]", 1)
		}, nil, []string{"roundtrip.not-sent"}, 1, mail.ArrivalFacts{}},
		{"by POP3 with a delay between sign-ins", "test-in-junk", func(s string) string {
			return strings.Replace(pop3(s), "software = \"Dovecot\"", "capabilities = [\"TOP\", \"UIDL\", \"USER\", \"SASL PLAIN\", \"LOGIN-DELAY 300\"]", 1)
		}, nil, []string{"roundtrip.not-sent"}, 1, mail.ArrivalFacts{}},
		{"as junk", "test-in-junk", nil, nil, []string{"roundtrip.in-junk", "roundtrip.unauthenticated"}, 0, mail.ArrivalFacts{Arrived: mail.Yes, Folder: "Junk", Removed: mail.Yes}},
		{"without IDLE and UIDPLUS", "test-in-junk", func(s string) string {
			return strings.Replace(s, "software = \"Dovecot\"", "capabilities = [\"IMAP4rev1\", \"AUTH=PLAIN\", \"SASL-IR\"]", 1)
		}, nil, []string{"roundtrip.in-junk"}, 0, mail.ArrivalFacts{Arrived: mail.Yes, Folder: "Junk", Removed: mail.Yes}},
		{"it is kept", "test-in-junk", nil, func(o *check.Options) { o.SendTest.Keep = true }, nil, 0, mail.ArrivalFacts{Arrived: mail.Yes, Folder: "Junk", Kept: true}},
		{"it never comes", "test-lost", nil, func(o *check.Options) { o.Timeout = 3 * time.Second }, []string{"roundtrip.not-arrived"}, 1, mail.ArrivalFacts{Arrived: mail.No}},
		{"the message is refused", "test-lost", func(s string) string {
			return strings.Replace(s, "delivery = { lost = true }", `data_reply = "554 5.7.1 Spam message rejected"`, 1)
		}, nil, []string{"send.content-refused"}, 1, mail.ArrivalFacts{}},
		{"the sender is refused before", "test-lost", func(s string) string {
			return strings.Replace(s, "delivery = { lost = true }", `mail_reply = "553 5.7.1 not owned by user"`, 1)
		}, nil, []string{"send.sender-refused", "roundtrip.not-sent"}, 1, mail.ArrivalFacts{}},
		{"the password is wrong", "test-lost", func(s string) string {
			return strings.Replace(s, "password = \"a needle and some hay\"\nmessages", "password = \"another\"\nmessages", 1)
		}, nil, []string{"auth.rejected", "roundtrip.not-sent"}, 1, mail.ArrivalFacts{}},
		{"the mailbox is full", "test-lost", func(s string) string {
			return strings.Replace(s, "messages = 7\n", "messages = 7\nquota_used = 102400\nquota_limit = 102400\n", 1)
		}, nil, []string{"mailbox.full", "roundtrip.not-sent"}, 1, mail.ArrivalFacts{}},
		{"nobody signs in", "test-lost", nil, func(o *check.Options) { o.SignIn = nil }, []string{"roundtrip.not-sent"}, 1, mail.ArrivalFacts{}},
		{"there is no time for it", "test-lost", nil, func(o *check.Options) { o.Timeout = 700 * time.Millisecond }, []string{"roundtrip.not-sent"}, 1, mail.ArrivalFacts{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := changedWorld(t, test.world, test.change)
			r := play(t, w, lab.Options{}, func(o *check.Options) {
				sendTest(o)
				if test.options != nil {
					test.options(o)
				}
			})
			for _, id := range test.findings {
				if !slices.Contains(r.findings(), id) {
					t.Errorf("no %s among %v", id, r.findings())
				}
			}
			if r.closing.ExitCode != test.exit {
				t.Errorf("%+v, findings %v", r.closing.Verdict, r.findings())
			}
			var got mail.ArrivalFacts
			for _, e := range r.events {
				if o := e.Observation; o != nil && o.ArrivalFacts != nil {
					got = mail.ArrivalFacts{Arrived: o.Arrived, Folder: o.Folder, Removed: o.Removed, Kept: o.Kept}
				}
			}
			if got.Arrived != test.want.Arrived || got.Folder != test.want.Folder || got.Removed != test.want.Removed || got.Kept != test.want.Kept {
				t.Errorf("arrival %+v, want %+v", got, test.want)
			}
			if r.rejected() > 2 {
				t.Errorf("%d rejected sign-ins", r.rejected())
			}
		})
	}
}

// changedWorld reads a world of which the text was changed.
func changedWorld(tb testing.TB, name string, change func(string) string) *lab.World {
	tb.Helper()
	if change == nil {
		return world(tb, name)
	}
	before := worldText(tb, name)
	after := change(before)
	if after == before {
		tb.Fatal("the world is not changed")
	}
	w, err := lab.Parse(name, []byte(after))
	if err != nil {
		tb.Fatal(err)
	}
	return w
}

func TestProbeSendsATestMessage(t *testing.T) {
	t.Parallel()
	w := world(t, "test-in-junk")
	_, network, _, leave := enter(t, w, lab.Options{})
	defer leave()
	o := check.Options{
		Network: network, FailOn: mail.Error, SendTest: &check.SendTest{},
		SignIn: &check.SignIn{Username: w.Demo.Address, Secret: mail.NewSecret([]byte(w.Demo.Password))},
	}
	proofs := map[mail.Proof]int{}
	closing := check.Probe(t.Context(), w.Endpoints()[:2], o, func(e mail.Event) {
		if e.Setting != nil {
			proofs[e.Setting.Proof]++
		}
	})
	if proofs[mail.RoundTrip] != 2 || closing.ExitCode != 0 {
		t.Errorf("%v, %+v", proofs, closing.Verdict)
	}
}

func TestAnInterruptedWaitSaysSo(t *testing.T) {
	t.Parallel()
	w := world(t, "test-lost")
	_, network, target, leave := enter(t, w, lab.Options{})
	defer leave()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	o := check.Options{Network: network, FailOn: mail.Error, SendTest: &check.SendTest{}, SignIn: &check.SignIn{Secret: mail.NewSecret([]byte(w.Demo.Password))}}
	var findings []string
	closing := check.Run(ctx, target, o, func(e mail.Event) {
		if e.Observation != nil && strings.HasPrefix(e.Observation.ID, "send:") && strings.HasSuffix(e.Observation.ID, "/test") {
			cancel()
		}
		if e.Finding != nil {
			findings = append(findings, e.Finding.ID)
		}
	})
	if closing.ExitCode != 130 || !slices.Contains(findings, "roundtrip.not-awaited") {
		t.Errorf("%+v, %v", closing.Verdict, findings)
	}
}
