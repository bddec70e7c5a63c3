package probe

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mailmedic/mailmedic/mail"
)

// fetch is a FETCH response with the header of the test message, or another one.
func fetch(uid int, header string) string {
	return "RAW * 1 FETCH (UID " + strconv.Itoa(uid) + ` BODY[HEADER.FIELDS (\"Mailmedic-Test\" \"Message-ID\")] {` + strconv.Itoa(len(header)) + `}\r\n` + header + `)\r\n` + "\n"
}

// wait opens the mailbox of a session, waits for the test message and deletes it.
func waitFor(t *testing.T, script string, patience time.Duration) (found *located, gone removal, err error) {
	t.Helper()
	w := newWorld(t, script)
	s, _ := w.open(imapTLS, Options{})
	if outcome := s.SignIn(t.Context(), withPassword(), false); outcome != Accepted {
		t.Fatalf("outcome %s", outcome)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	b, err := s.openIMAP(ctx, s.speaker.(*imap), theMessage(anna))
	if err != nil {
		return nil, removal{}, err
	}
	if found, err = b.await(ctx, time.Now().Add(patience)); err != nil || found == nil {
		return found, removal{}, err
	}
	return found, b.remove(ctx, found), nil
}

func TestATestMessageIsFoundByIMAPAndDeletedAlone(t *testing.T) {
	t.Parallel()
	marker := "Mailmedic-Test: " + theMessage(anna).token
	in := func(capabilities, folders string) string {
		return imapBoth + "C: m1 AUTHENTICATE\nS: m1 OK [CAPABILITY IMAP4rev1 " + capabilities + "] in\nC: m2 LIST\n" + folders + "S: m2 OK\n" +
			"C: m3 EXAMINE \"INBOX\"\nS: * 4 EXISTS\nS: * OK [UIDVALIDITY 7] x\nS: * OK [UIDNEXT 5] x\nS: m3 OK [READ-ONLY] x\n"
	}
	idle := "C: m4 IDLE\nS: + go\nS: * 5 EXISTS\nC: DONE\nS: m4 OK\n"
	look := "C: m5 UID FETCH 5:* (UID BODY.PEEK[HEADER.FIELDS (Mailmedic-Test Message-ID)])\n"
	found := idle + look + fetch(5, marker) + "S: m5 OK\n"
	opened := "C: m6 SELECT \"INBOX\"\nS: * OK [UIDVALIDITY 7] x\nS: * OK [UIDNEXT 6] x\nS: m6 OK [READ-WRITE] x\n"
	marked := opened + "C: m7 UID STORE 5 +FLAGS.SILENT (\\Deleted)\nS: m7 OK\n"
	junk := "S: * LIST (\\HasNoChildren) \".\" INBOX.Spam\nS: * LIST () \".\" INBOX.Other\n"
	counted := "C: m4 STATUS \"INBOX.Spam\" (UIDNEXT UIDVALIDITY)\nS: * STATUS INBOX.Spam (UIDNEXT 3 UIDVALIDITY 9)\nS: m4 OK\n"
	gmail := `S: * LIST (\HasNoChildren \Trash) "/" "[Gmail]/Trash"` + "\nC: m4 STATUS\nS: * STATUS \"[Gmail]/Trash\" (UIDNEXT 20 UIDVALIDITY 1)\nS: m4 OK\n"
	gmail = strings.Replace(in("IDLE UIDPLUS MOVE X-GM-EXT-1", "GMAIL"), "GMAILS: m2 OK\n", strings.SplitAfter(gmail, "\n")[0]+"S: m2 OK\n", 1) + strings.Join(strings.SplitAfter(gmail, "\n")[1:], "")
	for _, test := range []struct {
		name, script string
		folder       string
		want         removal
	}{
		{
			"with IDLE and UIDPLUS", in("IDLE UIDPLUS", "") + found + marked + "C: m8 UID EXPUNGE 5\nS: * 5 EXPUNGE\nS: m8 OK\nC: m9 UID FETCH 5 (UID)\nS: m9 OK",
			"INBOX",
			removal{removed: mail.Yes},
		},
		{
			"the server repeats the names of the fields in quotation marks", in("IDLE UIDPLUS", "") + idle + look +
				strings.Replace(fetch(5, marker), "(X)", `(\"Mailmedic-Test\" \"Message-ID\")`, 1) + "S: m5 OK\nC: m6 SELECT\nS: m6 NO no",
			"INBOX",
			removal{removed: mail.No, remains: "in INBOX: the folder INBOX cannot be opened: NO no"},
		},
		{
			"the server only says that it deletes", in("IDLE UIDPLUS", "") + found + marked + "C: m8 UID EXPUNGE 5\nS: m8 OK\nC: m9 UID FETCH 5 (UID)\nS: * 5 FETCH (UID 5)\nS: m9 OK",
			"INBOX",
			removal{removed: mail.No, remains: "in INBOX: the server says that it is deleted, and still has it"},
		},
		{
			"without UIDPLUS, nothing else to delete", in("IDLE", "") + found + marked + "C: m8 UID SEARCH DELETED\nS: * SEARCH 5\nS: m8 OK\nC: m9 EXPUNGE\nS: * 5 EXPUNGE\nS: m9 OK\nC: m10 UID FETCH\nS: m10 OK",
			"INBOX",
			removal{removed: mail.Yes},
		},
		{
			"without UIDPLUS, another message waits to be deleted", in("IDLE", "") + found + marked + "C: m8 UID SEARCH DELETED\nS: * SEARCH 2 5\nS: m8 OK\nC: m9 UID STORE 5 -FLAGS.SILENT (\\Deleted)\nS: m9 OK",
			"INBOX",
			removal{removed: mail.No, remains: "in INBOX: other messages there wait to be deleted, and this server deletes all of them or none"},
		},
		{
			"a mailbox that is not to be changed", in("IDLE UIDPLUS", "") + found + opened + "C: m7 UID STORE\nS: m7 NO [NOPERM] not yours\nC: m8 UID EXPUNGE 5\nS: m8 OK\nC: m9 UID FETCH 5\nS: * 5 FETCH (UID 5)\nS: m9 OK",
			"INBOX",
			removal{removed: mail.No, remains: "in INBOX: NO [NOPERM] not yours"},
		},
		{
			"a server that numbers anew", in("IDLE UIDPLUS", "") + found + "C: m6 SELECT \"INBOX\"\nS: * 30 EXISTS\nS: * OK [UIDVALIDITY 8] x\nS: * OK [UIDNEXT 6] x\nS: m6 OK x\nC: m7 FETCH 11:* (UID\n" + fetch(31, marker) + "S: m7 OK\n" +
				"C: m8 UID STORE 31 \nS: m8 OK\nC: m9 UID EXPUNGE 31\nS: m9 OK\nC: m10 UID FETCH 31\nS: m10 OK",
			"INBOX",
			removal{removed: mail.Yes},
		},
		{
			"a server that numbers anew, and does not have it", in("IDLE UIDPLUS", "") + found + "C: m6 SELECT \"INBOX\"\nS: * 3 EXISTS\nS: * OK [UIDVALIDITY 8] x\nS: * OK [UIDNEXT 6] x\nS: m6 OK x\nC: m7 FETCH 1:* (UID\n" + fetch(5, "Mailmedic-Test: X") + "S: m7 OK",
			"INBOX",
			removal{removed: mail.No, remains: "in INBOX: the server has numbered its messages anew, and it was not found again"},
		},
		{
			"another message comes first", in("IDLE UIDPLUS", "") + idle + look + fetch(5, "Message-ID: <x@y>") + "S: m5 OK\nC: m6 IDLE\nS: + go\nS: * 6 EXISTS\nC: DONE\nS: m6 OK\nC: m7 UID FETCH 5:*\n" + fetch(6, marker) + "S: m7 OK\nC: m8 SELECT\nS: m8 NO not now",
			"INBOX",
			removal{removed: mail.No, remains: "in INBOX: the folder INBOX cannot be opened: NO not now"},
		},
		{
			"what n:* means is no news, whatever it carries", in("IDLE UIDPLUS", "") + idle + look + fetch(4, marker) + "S: m5 OK\nC: m6 IDLE\nS: + go\nS: * 6 EXISTS\nC: DONE\nS: m6 OK\nC: m7 UID FETCH 5:*\n" + fetch(5, marker) + "S: m7 OK\nC: m8 SELECT\nCLOSE",
			"INBOX",
			removal{removed: mail.NotKnown, remains: "the connection ended before it could be deleted"},
		},
		{
			"news in the answer to the look", in("IDLE UIDPLUS", "") + "C: m4 IDLE\nS: + go\nC: DONE\nS: m4 OK\n" + look + "S: * 5 EXISTS\nS: m5 OK\nC: m6 UID FETCH 5:*\n" + fetch(5, marker) + "S: m6 OK\nC: m7 SELECT\nS: m7 NO no",
			"INBOX",
			removal{removed: mail.No, remains: "in INBOX: the folder INBOX cannot be opened: NO no"},
		},
		{
			"IDLE that is offered and refused", in("IDLE UIDPLUS", "") + "C: m4 IDLE\nS: m4 NO not today\nC: m5 NOOP\nS: * 5 EXISTS\nS: m5 OK\nC: m6 UID FETCH\n" + fetch(5, marker) + "S: m6 OK\nC: m7 SELECT\nS: m7 NO no",
			"INBOX",
			removal{removed: mail.No, remains: "in INBOX: the folder INBOX cannot be opened: NO no"},
		},
		{
			"as junk, in a folder that only its name tells", in("IDLE UIDPLUS", junk) + counted + "C: m5 IDLE\nS: + go\nC: DONE\nS: m5 OK\nC: m6 UID FETCH 5:*\nS: m6 OK\n" +
				"C: m7 STATUS \"INBOX.Spam\"\nS: * STATUS INBOX.Spam (UIDNEXT 4 UIDVALIDITY 9)\nS: m7 OK\nC: m8 EXAMINE \"INBOX.Spam\"\nS: * OK [UIDVALIDITY 9] x\nS: * OK [UIDNEXT 4] x\nS: m8 OK\nC: m9 UID FETCH 3:*\n" + fetch(3, marker) + "S: m9 OK\nC: m10 SELECT \"INBOX.Spam\"\nS: m10 NO no",
			"INBOX.Spam",
			removal{removed: mail.No, remains: "in INBOX.Spam: the folder INBOX.Spam cannot be opened: NO no"},
		},
		{
			"at Gmail by way of the trash", gmail + strings.NewReplacer("m4", "m5", "m5", "m6").Replace(idle+look) + fetch(5, marker) + "S: m6 OK\nC: m7 SELECT\nS: * OK [UIDVALIDITY 7] x\nS: * OK [UIDNEXT 6] x\nS: m7 OK\n" +
				"C: m8 UID MOVE 5 \"[Gmail]/Trash\"\nS: m8 OK\nC: m9 STATUS\nS: * STATUS \"[Gmail]/Trash\" (UIDNEXT 21 UIDVALIDITY 1)\nS: m9 OK\nC: m10 EXAMINE \"[Gmail]/Trash\"\nS: * OK [UIDVALIDITY 1] x\nS: * OK [UIDNEXT 21] x\nS: m10 OK\nC: m11 UID FETCH 20:*\n" + fetch(20, marker) +
				"S: m11 OK\nC: m12 SELECT \"[Gmail]/Trash\"\nS: * OK [UIDVALIDITY 1] x\nS: * OK [UIDNEXT 21] x\nS: m12 OK\nC: m13 UID STORE 20\nS: m13 OK\nC: m14 UID EXPUNGE 20\nS: m14 OK\nC: m15 UID FETCH 20\nS: m15 OK",
			"INBOX",
			removal{removed: mail.Yes},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			found, gone, err := waitFor(t, test.script, 3*time.Second)
			if err != nil || found == nil {
				t.Fatalf("found %v, %v", found, err)
			}
			if diff := cmp.Diff(test.want, gone, cmp.AllowUnexported(removal{})); diff != "" || found.folder.title != test.folder {
				t.Errorf("in %s: %s", found.folder.title, diff)
			}
		})
	}
}

func TestAWaitThatCannotBeginOrEndsEarly(t *testing.T) {
	t.Parallel()
	in := imapBoth + "C: m1 AUTHENTICATE\nS: m1 OK [CAPABILITY IMAP4rev1 IDLE] in\nC: m2 LIST\n"
	box := in + "S: m2 OK\nC: m3 EXAMINE\nS: * OK [UIDVALIDITY 7] x\nS: * OK [UIDNEXT 5] x\nS: m3 OK\n"
	for _, test := range []struct {
		name, script string
		class        mail.Class
	}{
		{"INBOX does not open", in + "S: m2 OK\nC: m3 EXAMINE\nS: m3 NO Unsafe Login", mail.ProtocolFault},
		{"headers are not shown", box + "C: m4 IDLE\nS: + go\nS: * 5 EXISTS\nC: DONE\nS: m4 OK\nC: m5 UID FETCH\nS: m5 BAD what", mail.ProtocolFault},
		{"the server leaves at IDLE", box + "C: m4 IDLE\nS: + go\nS: * BYE too long\nCLOSE", mail.Closed},
		{"the connection ends at IDLE", box + "C: m4 IDLE\nS: + go\nCLOSE", mail.Closed},
		{"a flood of folders", in + "FLOOD * LIST () \\\".\\\" \\\"junk\\\"\\r\\n", mail.TooLarge},
		{"an endless line at IDLE", box + "C: m4 IDLE\nS: + go\nFLOOD aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", mail.TooLarge},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, test.script)
			s, _ := w.open(imapTLS, Options{})
			if outcome := s.SignIn(t.Context(), withPassword(), false); outcome != Accepted {
				t.Fatalf("outcome %s", outcome)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			b, err := s.openIMAP(ctx, s.speaker.(*imap), theMessage(anna))
			if err == nil {
				_, err = b.await(ctx, time.Now().Add(3*time.Second))
			}
			if f := s.failureOf(ctx, err); f == nil || f.Class != test.class {
				t.Errorf("failure %+v", f)
			}
		})
	}
}

func TestAMessageThatDoesNotComeIsNotFound(t *testing.T) {
	t.Parallel()
	script := imapBoth + "C: m1 AUTHENTICATE\nS: m1 OK [CAPABILITY IMAP4rev1] in\nC: m2 LIST \"\" \"*\"\nS: m2 OK\n" +
		"C: m3 EXAMINE\nS: m3 OK\nC: m4 UID FETCH * (UID)\nS: * 9 FETCH (UID 40)\nS: m4 OK\nC: m5 NOOP\nS: m5 OK\nC: m6 UID FETCH 41:*\nS: m6 OK\nC: m7 UID FETCH 41:*\nS: m7 OK"
	found, _, err := waitFor(t, script, 10*time.Millisecond)
	if found != nil || err != nil {
		t.Errorf("found %v, %v", found, err)
	}
}

func TestTheSignInOfATripIsTheOneThatWasAccepted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "TLS\nS: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=CRAM-MD5 AUTH=PLAIN AUTH=LOGIN]\nC: m1 AUTHENTICATE PLAIN\nS: m1 NO [AUTHENTICATIONFAILED] no\nC: m2 LOGOUT")
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	var seen []mail.Observation
	trip := Trip{
		Network: w.network(), Credentials: withPassword(), Address: anna,
		In: Way{endpoint(t, imapTLS), anna, "plain"}, Out: Way{endpoint(t, smtpTLS), anna, "plain"},
	}
	j := &journey{Trip: trip, emit: func(o mail.Observation) { seen = append(seen, o) }, message: theMessage(anna)}
	if _, f := j.openBox(ctx); f == nil || f.Class != mail.AuthRejected {
		t.Errorf("failure %+v", f)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if tries := slices.DeleteFunc(slices.Clone(w.heard), func(s string) bool { return !strings.Contains(s, "AUTHENTICATE") }); len(tries) != 1 || len(seen) != 0 {
		t.Errorf("tries %q, told %v", tries, seen)
	}
}

func TestATestMessageIsFoundByPOP3AndDeletedAlone(t *testing.T) {
	t.Parallel()
	in := "TLS\nS: +OK\nC: CAPA\nS: +OK\nS: SASL PLAIN\nS: TOP\nS: .\nC: AUTH PLAIN\n"
	before := in + "S: +OK\nC: STAT\nS: +OK 2 100\nC: QUIT\nS: +OK"
	after := in + "S: +OK\nC: STAT\nS: +OK 3 200\n"
	message := "S: +OK\nS: ..dotted: x\nS: Mailmedic-Test: " + theMessage(anna).token + "\nS: \nS: .\n"
	other := "S: +OK\nS: Subject: x\nS: \nS: .\n"
	for _, test := range []struct {
		name, second string
		want         removal
		class        mail.Class
	}{
		{"it is there", after + "C: TOP 3 0\n" + message + "C: DELE 3\nS: +OK\nC: QUIT\nS: +OK", removal{removed: mail.Yes}, ""},
		{"a server that counts from the newest", after + "C: TOP 3 0\n" + other + "C: TOP 1 0\n" + message + "C: DELE 1\nS: +OK\nC: QUIT\nS: +OK", removal{removed: mail.Yes}, ""},
		{"it is not to be deleted", after + "C: TOP 3 0\n" + message + "C: DELE 3\nS: -ERR read only", removal{removed: mail.No, remains: "in INBOX: -ERR read only"}, ""},
		{"it is not deleted in the end", after + "C: TOP 3 0\n" + message + "C: DELE 3\nS: +OK\nC: QUIT\nS: -ERR some deleted messages not removed", removal{removed: mail.No, remains: "in INBOX: -ERR some deleted messages not removed"}, ""},
		{"the connection ends", after + "C: TOP 3 0\n" + message + "C: DELE 3\nCLOSE", removal{remains: "the connection ended before it could be deleted"}, ""},
		{"headers are not shown", after + "C: TOP 3 0\nS: -ERR not here", removal{}, mail.ProtocolFault},
		{"the sign-in is rejected now", in + "S: -ERR [AUTH] no", removal{}, mail.AuthRejected},
		{"too often", in + "S: -ERR [LOGIN-DELAY] minimum time between mail checks", removal{}, mail.AuthTemporary},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, before, test.second)
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			j := &journey{
				Trip: Trip{Network: w.network(), Credentials: withPassword(), In: Way{endpoint(t, pop3TLS), anna, "plain"}},
				emit: func(mail.Observation) {}, message: theMessage(anna),
			}
			b, f := j.openBox(ctx)
			if f != nil {
				t.Fatalf("%+v", f)
			}
			defer b.Close(ctx)
			found, err := b.await(ctx, time.Now().Add(2*time.Second))
			if f := b.failureOf(ctx, err); class(mail.Observation{Failure: f}) != test.class {
				t.Fatalf("failure %+v", f)
			}
			if test.class != "" {
				return
			}
			if diff := cmp.Diff(test.want, b.remove(ctx, found), cmp.AllowUnexported(removal{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What a server shows on the second connection is what is wrong, not that no
// password is sent to it.
func TestATripSaysWhatIsOtherwiseThanBefore(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		script string
		class  mail.Class
		words  string
	}{
		"another certificate": {strings.Replace(imapBoth, "TLS", "TLS expired", 1), mail.CertExpired, ""},
		"other mechanisms": {
			strings.Replace(imapBoth, "AUTH=PLAIN", "AUTH=CRAM-MD5", 1), mail.AuthUnavailable,
			"the server no longer offers plain, with which it has let this user in before",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, test.script)
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			j := &journey{
				Trip: Trip{Network: w.network(), Credentials: withPassword(), In: Way{endpoint(t, imapTLS), anna, "plain"}},
				emit: func(mail.Observation) {}, message: theMessage(anna),
			}
			_, f := j.openBox(ctx)
			if f == nil || f.Class != test.class || test.words != "" && f.Detail != test.words {
				t.Errorf("failure %+v", f)
			}
		})
	}
}

// A box for a person who ends the run as soon as the message is seen.
type hastyBox struct {
	*Session
	end     context.CancelFunc
	removed bool
}

func (b *hastyBox) await(context.Context, time.Time) (*located, error) { return &located{}, nil }

func (b *hastyBox) header(ctx context.Context, _ *located) (string, error) {
	b.end()
	return "Subject: test\r\n\r\n", ctx.Err()
}

func (b *hastyBox) remove(ctx context.Context, _ *located) removal {
	b.removed = ctx.Err() == nil
	return removal{removed: mail.Yes}
}

func (b *hastyBox) redacted(words string) string { return words }

func TestAMessageThatWasSeenIsDeletedWhereTheRunIsInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	b, facts := &hastyBox{end: cancel}, mail.ArrivalFacts{}
	(&journey{}).arrived(ctx, b, handover{}, &located{}, &facts)
	if !b.removed || facts.Removed != mail.Yes {
		t.Errorf("%+v", facts)
	}
}

func TestTimeToTidyEndsWithTheRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		due, release := context.WithTimeout(t.Context(), time.Minute)
		defer release()
		own, cancel := withTimeToTidy(due)
		defer cancel()
		<-own.Done()
		if took := time.Since(began); took != time.Minute {
			t.Errorf("it ends after %s, not with the run", took)
		}
		interrupted, end := context.WithTimeout(t.Context(), time.Minute)
		own, cancel = withTimeToTidy(interrupted)
		defer cancel()
		end()
		began = time.Now()
		<-own.Done()
		if took := time.Since(began); took != tidying {
			t.Errorf("it ends %s after the interruption", took)
		}
	})
}
