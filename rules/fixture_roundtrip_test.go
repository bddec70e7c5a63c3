package rules

import (
	"strings"
	"testing"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

// submits has a submission server answer a test message.
func (w *world) submits(reply string, refused bool) *world {
	o := mail.Observation{
		ID: "send:" + smtps + "/test", Kind: mail.KindSend, Subject: smtps,
		SendFacts: &mail.SendFacts{
			Sender: "anna@example.org", MailReply: "250 2.1.0 Ok", RcptReply: "250 2.1.5 Ok",
			Test: &mail.Submission{MessageID: "<x@example.org>", Reply: reply},
		},
	}
	if refused {
		o.Failure = failure(mail.PolicyRefused, "refused: ", reply)
	}
	return w.observe(o)
}

// arrives has the test message come, as change says, after three seconds.
func (w *world) arrives(change func(*mail.ArrivalFacts)) *world {
	facts := mail.ArrivalFacts{Arrived: mail.Yes, ArrivedMS: 3000, Folder: "INBOX", Junk: mail.No, Removed: mail.Yes}
	change(&facts)
	o := mail.Observation{ID: "mailbox:" + imaps + "/test", Kind: mail.KindMailbox, Subject: imaps, ArrivalFacts: &facts}
	if facts.Arrived != mail.Yes {
		o.Failure = failure(mail.Timeout, "nothing came")
	}
	return w.submits("250 2.0.0 Ok: queued", false).observe(o)
}

// fails has a trip end before it begins.
func (w *world) fails(id string, kind mail.Kind, subject string) *world {
	return w.observe(mail.Observation{ID: id, Kind: kind, Subject: subject, Failure: failure(mail.AuthRejected, "NO not now")})
}

func roundTripFixtures() []fixture {
	trip := func(change func(*mail.ArrivalFacts)) *world { return signedIn().arrives(change) }
	back := trip(func(*mail.ArrivalFacts) {})
	results := func(list ...mail.AuthResult) *world {
		return trip(func(f *mail.ArrivalFacts) {
			f.Authentication = &mail.Authentication{Server: "mx.example.org", Results: list}
		})
	}
	stamps := func(delays ...int64) *world {
		return trip(func(f *mail.ArrivalFacts) {
			f.ArrivedMS = 50_000
			for i, ms := range delays {
				at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
				f.Hops = append(f.Hops, mail.Hop{By: []string{"smtp", "filter", "mx"}[i] + ".example.org", At: at, DelayMS: ms})
			}
		})
	}
	junk := func(results ...mail.AuthResult) *world {
		return trip(func(f *mail.ArrivalFacts) {
			f.Folder, f.FolderUse, f.Junk = "Spam", "junk", mail.Yes
			f.Authentication = &mail.Authentication{Results: results}
		})
	}
	interrupted := trip(func(f *mail.ArrivalFacts) { f.Arrived = mail.NotKnown })
	interrupted.Interrupted = true
	unsent := signedIn()
	unsent.Unsent = "the run's time was over before"
	spf := mail.AuthResult{Method: "spf", Result: "softfail", Domain: "example.org"}
	dkim := func(result string) mail.AuthResult { return mail.AuthResult{Method: "dkim", Result: result} }
	return []fixture{
		{"send.content-refused", "in words", signedIn().submits("554 5.7.1 Spam message rejected", true), "smtp.example.org refuses a test message for what is in it", mail.Error},
		{"send.content-refused", "by a code that says no more", signedIn().submits("550 5.7.1 nope", true), "smtp.example.org refuses a test message for what is in it", mail.Error},
		{"send.content-refused", "it is taken", back, "", ""},
		{"send.too-large", "at the message", signedIn().submits("552 5.3.4 too big", true), "smtp.example.org takes no message of this size", mail.Error},
		{"send.limit-reached", "at the message", signedIn().submits("554 5.2.0 SubmissionQuotaExceeded", true), "smtp.example.org lets anna@example.org send no more mail for now", mail.Error},

		{"roundtrip.not-sent", "for a reason of the run", unsent, "No test message was sent", mail.Error},
		{"roundtrip.not-sent", "sending does not let in again", signedIn().fails("send:"+smtps+"/test", mail.KindSend, smtps), "No test message was sent", mail.Error},
		{"roundtrip.not-sent", "the mailbox does not let in again", signedIn().fails("mailbox:"+imaps+"/test", mail.KindMailbox, imaps), "No test message was sent", mail.Error},
		{"roundtrip.not-sent", "it was not asked for", signedIn(), "", ""},
		{"roundtrip.not-sent", "it was sent", back, "", ""},

		{"roundtrip.not-awaited", "the connection ended", trip(func(f *mail.ArrivalFacts) { f.Arrived = mail.NotKnown }), "A test message was sent, and imap.example.org could not be asked whether it arrived", mail.Error},
		{"roundtrip.not-awaited", "the user ended it", interrupted, "A test message was sent, and the run was interrupted before it arrived", mail.Notice},
		{"roundtrip.not-awaited", "it came", back, "", ""},

		{"roundtrip.not-arrived", "nothing came", trip(func(f *mail.ArrivalFacts) { f.Arrived = mail.No }), "A test message of anna@example.org to itself did not arrive in the time allowed", mail.Error},
		{"roundtrip.not-arrived", "it came", back, "", ""},

		{"roundtrip.in-junk", "with a reason", junk(spf), "Mail of anna@example.org to itself lands in the folder Spam", mail.Warning},
		{"roundtrip.in-junk", "without one", junk(), "Mail of anna@example.org to itself lands in the folder Spam", mail.Warning},
		{"roundtrip.in-junk", "it is in the inbox", back, "", ""},

		{"roundtrip.elsewhere", "in an archive", trip(func(f *mail.ArrivalFacts) { f.Folder, f.FolderUse = "Old", "archive" }), "The test message is not in the inbox, only in Old", mail.Notice},
		{"roundtrip.elsewhere", "in junk", junk(), "", ""},
		{"roundtrip.elsewhere", "in the inbox", back, "", ""},

		{"roundtrip.not-removed", "the message", trip(func(f *mail.ArrivalFacts) { f.Removed, f.Remains = mail.No, "in INBOX: NO [NOPERM] no" }), "The test message is still in the mailbox", mail.Notice},
		{"roundtrip.not-removed", "a copy", trip(func(f *mail.ArrivalFacts) { f.Copies = []mail.TestCopy{{Folder: "Sent", Removed: mail.No}} }), "A copy of the test message is still in the folder Sent", mail.Notice},
		{"roundtrip.not-removed", "it was meant to stay", trip(func(f *mail.ArrivalFacts) { f.Removed, f.Kept = mail.NotKnown, true }), "", ""},
		{"roundtrip.not-removed", "it is gone", back, "", ""},

		{"roundtrip.unauthenticated", "one method", results(spf, dkim("pass")), "SPF fails for mail that anna@example.org sends", mail.Warning},
		{"roundtrip.unauthenticated", "two methods", results(spf, dkim("fail")), "SPF and DKIM fail for mail that anna@example.org sends", mail.Warning},
		{"roundtrip.unauthenticated", "one signature of two", results(dkim("fail"), dkim("pass")), "", ""},
		{"roundtrip.unauthenticated", "nothing was looked at", results(mail.AuthResult{Method: "spf", Result: "none"}), "", ""},

		{"roundtrip.held-up", "by one server", stamps(0, 2000, 45_000), "The test message took 45 s from filter.example.org to mx.example.org", mail.Warning},
		{"roundtrip.held-up", "a clock is wrong", stamps(0, 2000, 245_000), "", ""},
		{"roundtrip.held-up", "a little", stamps(0, 2000, 5000), "", ""},

		{"roundtrip.clock", "of a server behind", stamps(0, -61_000, 61_000), "The clocks of smtp.example.org and filter.example.org differ by about 61 s", mail.Notice},
		{"roundtrip.clock", "of a server ahead", stamps(0, 0, 3_600_000), "The clocks of filter.example.org and mx.example.org differ by about 3600 s", mail.Notice},
		{"roundtrip.clock", "of this computer", stamps(-90_000, 0), "The clocks of this computer and of smtp.example.org differ by about 90 s", mail.Notice},
		{"roundtrip.clock", "of this computer behind", stamps(30_000, 0), "The clocks of this computer and of smtp.example.org differ by about 30 s", mail.Notice},
		{"roundtrip.clock", "all agree", stamps(1000, 0, 45_000), "", ""},
	}
}

func TestATestMessageThatCameBackProvesBothSettings(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		world   *world
		proof   mail.Proof
		summary string
		exit    int
	}{
		"it came back":    {signedIn().arrives(func(*mail.ArrivalFacts) {}), mail.RoundTrip, "a test message went out and came back.", 0},
		"as junk":         {signedIn().arrives(func(f *mail.ArrivalFacts) { f.Junk, f.FolderUse = mail.Yes, "junk" }), mail.RoundTrip, "a test message came back, as junk.", 0},
		"only in a list":  {signedIn().arrives(func(f *mail.ArrivalFacts) { f.FolderUse = "all" }), mail.SignedIn, "can receive and send mail.", 0},
		"it did not":      {signedIn().arrives(func(f *mail.ArrivalFacts) { f.Arrived = mail.No }), mail.SignedIn, "a test message did not arrive in time.", 1},
		"it was refused":  {signedIn().submits("554 5.7.1 spam", true), mail.SignedIn, "a test message was refused.", 1},
		"nobody sent one": {signedIn(), mail.SignedIn, "can receive and send mail.", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if o, ok := test.world.byID("send:" + smtps + "/test"); ok && test.proof == mail.RoundTrip {
				o.Test.CameBack = mail.Yes
			}
			j := test.world.judge()
			for _, s := range j.Settings {
				if s.Preferred && s.Proof != test.proof {
					t.Errorf("%s is proved as %s", s.Endpoint, s.Proof)
				}
			}
			if !strings.HasSuffix(j.Verdict.Summary, test.summary) || j.Verdict.ExitCode != test.exit || j.Verdict.Receive != mail.Works || j.Verdict.Send != mail.Works {
				t.Errorf("verdict %+v", j.Verdict)
			}
		})
	}
}

// byID finds an observation.
func (w *world) byID(id string) (mail.Observation, bool) {
	for _, o := range w.Observations {
		if o.ID == id {
			return o, true
		}
	}
	return mail.Observation{}, false
}
