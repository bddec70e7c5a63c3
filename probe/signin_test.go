package probe

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mailmedic/mailmedic/mail"
)

const (
	anna   = "anna@example.org"
	secret = `s3cret "k\y" +/ü`

	smtpBoth = "TLS\nS: 220 x\nC: EHLO\nS: 250-x\nS: 250 AUTH LOGIN PLAIN\n"
	imapBoth = "TLS\nS: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN]\n"
	pop3Both = "TLS\nS: +OK\nC: CAPA\nS: +OK\nS: SASL PLAIN\nS: USER\nS: .\n"
)

func encoded(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func plainMessage() string { return encoded("\x00" + anna + "\x00" + secret) }

// withPassword gives credentials that any mechanism for passwords can use.
func withPassword() Credentials {
	return Credentials{Username: anna, Secret: mail.NewSecret([]byte(secret))}
}

// signIn opens a session and signs in on it.
func (w *world) signIn(at string, o Options, insecure bool) (*Session, *seen, Outcome) {
	s, got := w.open(at, o)
	outcome := s.SignIn(context.Background(), withPassword(), insecure)
	s.Mailbox(context.Background())
	return s, got, outcome
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	plain, login := plainMessage(), "C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: "+encoded(anna)+"\nS: 334 UGFzc3dvcmQ6\nC: "+encoded(secret)+"\n"
	for _, test := range []struct {
		name, at, script string
		outcome          Outcome
		tried            []string // mechanism and class of each try
		reply            string   // of the last try
		usable           bool
	}{
		{"SMTP PLAIN is accepted", smtpTLS, smtpBoth + "C: AUTH PLAIN " + plain + "\nS: 235 2.7.0 ok", Accepted, []string{"plain "}, "235 2.7.0 ok", true},
		{"SMTP LOGIN after 504 to PLAIN", smtpTLS, smtpBoth + "C: AUTH PLAIN\nS: 504 5.5.4 unrecognized\n" + login + "S: 235 ok", Accepted, []string{"plain auth-unavailable", "login "}, "235 ok", true},
		{
			"SCRAM without a channel after a server that binds in another way", imapTLS,
			"TLS\nS: * OK [CAPABILITY IMAP4rev1 AUTH=SCRAM-SHA-256-PLUS AUTH=SCRAM-SHA-1-PLUS AUTH=SCRAM-SHA-256 AUTH=PLAIN] x\n" +
				"C: m1 AUTHENTICATE SCRAM-SHA-256-PLUS\nS: m1 NO bad protocol / cancel\nC: m2 AUTHENTICATE SCRAM-SHA-256\nS: m2 NO [AUTHENTICATIONFAILED] no",
			Rejected,
			[]string{"scram-sha-256-plus auth-unavailable", "scram-sha-256 auth-rejected"},
			"NO [AUTHENTICATIONFAILED] no", true,
		},
		{"SMTP LOGIN after 501 to the initial response", smtpTLS, smtpBoth + "C: AUTH PLAIN\nS: 501 5.5.2 no\n" + login + "S: 235 ok", Accepted, []string{"plain auth-unavailable", "login "}, "235 ok", true},
		{"SMTP PLAIN without use for the initial response", smtpTLS, smtpBoth + "C: AUTH PLAIN " + plain + "\nS: 334 \nC: " + plain + "\nS: 235 ok", Accepted, []string{"plain "}, "235 ok", true},
		{"SMTP 334 without sense is a fault of the mechanism", smtpTLS, smtpBoth + "C: AUTH PLAIN\nS: 334 %%%\nC: *\nS: 501 cancelled\n" + login + "S: 235 ok", Accepted, []string{"plain auth-unavailable", "login "}, "235 ok", true},
		{"SMTP 334 without end is a fault of the mechanism", smtpTLS, "TLS\nS: 220 x\nC: EHLO\nS: 250-x\nS: 250 AUTH LOGIN\n" + login + "S: 334 more\nC: *\nS: 501 cancelled", Mechanism, []string{"login auth-unavailable"}, "the server asks for more than the mechanism has", true},
		{"SMTP 334 without end even after the cancellation ends the session", smtpTLS, "TLS\nS: 220 x\nC: EHLO\nS: 250-x\nS: 250 AUTH LOGIN\n" + login + "S: 334 more\nC: *\nS: 334 more", Mechanism, []string{"login auth-unavailable"}, "the server asks for more than the mechanism has", false},
		{"SMTP 334 again to a repeated answer is a fault of the mechanism", smtpTLS, "TLS\nS: 220 x\nC: EHLO\nS: 250-x\nS: 250 AUTH PLAIN\nC: AUTH PLAIN " + plain + "\nS: 334\nC: " + plain + "\nS: 334\nC: *\nS: 501 cancelled", Mechanism, []string{"plain auth-unavailable"}, "the server asks for more than the mechanism has", true},
		{"SMTP LOGIN with prompts of its own", smtpTLS, "TLS\nS: 220 x\nC: EHLO\nS: 250-x\nS: 250 AUTH=LOGIN\nC: AUTH LOGIN\nS: 334 who?\nC: " + encoded(anna) + "\nS: 334\nC: " + encoded(secret) + "\nS: 235 ok", Accepted, []string{"login "}, "235 ok", true},
		{"case 77: SMTP 535 is a rejection and ends it", smtpTLS, smtpBoth + "C: AUTH PLAIN\nS: 535 5.7.8 no", Rejected, []string{"plain auth-rejected"}, "535 5.7.8 no", true},
		{"case 77: SMTP 534 is a rejection and ends it", smtpTLS, smtpBoth + "C: AUTH PLAIN\nS: 534-5.7.9 app password\nS: 534 5.7.9 required", Rejected, []string{"plain auth-rejected"}, "534 5.7.9 app password required", true},
		{"SMTP 454 is temporary", smtpTLS, smtpBoth + "C: AUTH PLAIN\nS: 454 4.7.0 later", Temporary, []string{"plain auth-temporary"}, "454 4.7.0 later", true},
		{"SMTP too many tries", smtpTLS, smtpBoth + "C: AUTH PLAIN\nS: 454 4.7.0 Too many login attempts", Throttled, []string{"plain auth-temporary"}, "454 4.7.0 Too many login attempts", true},
		{"SMTP too many wrong passwords is both", smtpTLS, smtpBoth + "C: AUTH PLAIN\nS: 535 5.7.0 (#AUTH005) Too many bad auth attempts.", Throttled, []string{"plain auth-rejected"}, "535 5.7.0 (#AUTH005) Too many bad auth attempts.", true},
		{"SMTP with a locked account", smtpTLS, smtpBoth + "C: AUTH PLAIN\nS: 535 5.7.139 Authentication unsuccessful, the account is locked.", Throttled, []string{"plain auth-rejected"}, "535 5.7.139 Authentication unsuccessful, the account is locked.", true},
		{"IMAP with a locked account", imapTLS, imapBoth + "C: m1 AUTHENTICATE\nS: m1 NO [AUTHENTICATIONFAILED] Account temporarily locked", Throttled, []string{"plain auth-rejected"}, "NO [AUTHENTICATIONFAILED] Account temporarily locked", true},
		{"POP3 with a locked account", pop3TLS, pop3Both + "C: AUTH PLAIN\nS: -ERR [AUTH] account locked", Throttled, []string{"plain auth-rejected"}, "-ERR [AUTH] account locked", true},
		{"case 87: SMTP 421 ends the session", smtpTLS, smtpBoth + "C: AUTH PLAIN\nS: 421 4.7.0 bye\nCLOSE", Temporary, []string{"plain auth-temporary"}, "421 4.7.0 bye", false},
		{"case 87: hanging up is no rejection", smtpTLS, smtpBoth + "C: AUTH PLAIN\nCLOSE", Failed, []string{"plain closed"}, "", false},
		{"case 41: SMTP without a password mechanism", smtpTLS, "TLS\nS: 220 x\nC: EHLO\nS: 250-x\nS: 250 AUTH GSSAPI XOAUTH2", Unavailable, []string{"none auth-unavailable"}, "", true},

		{"IMAP PLAIN in one round trip", imapTLS, imapBoth + "C: m1 AUTHENTICATE PLAIN " + plain + "\nS: m1 OK [CAPABILITY IMAP4rev1] in\nC: m2 EXAMINE INBOX\nS: * 3 EXISTS\nS: m2 OK", Accepted, []string{"plain "}, "OK [CAPABILITY IMAP4rev1] in", true},
		{"IMAP PLAIN without SASL-IR", imapTLS, "TLS\nS: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN]\nC: m1 AUTHENTICATE PLAIN\nS: + go ahead\nC: " + plain + "\nS: m1 OK [CAPABILITY IMAP4rev1] in\nC: m2 EXAMINE\nS: m2 OK", Accepted, []string{"plain "}, "OK [CAPABILITY IMAP4rev1] in", true},
		{"IMAP LOGIN after BAD to AUTHENTICATE", imapTLS, imapBoth + "C: m1 AUTHENTICATE\nS: m1 BAD what\nC: m2 LOGIN \"anna@example.org\" {" + fmt.Sprint(len(secret)) + "}\nS: + go\nC: " + secret + "\nS: m2 OK [CAPABILITY IMAP4rev1] in\nC: m3 EXAMINE\nS: m3 OK", Accepted, []string{"plain auth-unavailable", "login "}, "OK [CAPABILITY IMAP4rev1] in", true},
		{"IMAP SASL LOGIN where the LOGIN command is disabled", imapTLS, "TLS\nS: * OK [CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=LOGIN]\nC: m1 AUTHENTICATE LOGIN\nS: + VXNlcm5hbWU6\nC: " + encoded(anna) + "\nS: + UGFzc3dvcmQ6\nC: " + encoded(secret) + "\nS: m1 OK [CAPABILITY IMAP4rev1] in\nC: m2 EXAMINE\nS: m2 OK", Accepted, []string{"login "}, "OK [CAPABILITY IMAP4rev1] in", true},
		{"case 77: IMAP NO is a rejection and ends it", imapTLS, imapBoth + "C: m1 AUTHENTICATE\nS: m1 NO [AUTHENTICATIONFAILED] Authentication failed.", Rejected, []string{"plain auth-rejected"}, "NO [AUTHENTICATIONFAILED] Authentication failed.", true},
		{"IMAP with the code of a rejection has not the mechanism at fault", imapTLS, imapBoth + "C: m1 AUTHENTICATE\nS: m1 NO [AUTHENTICATIONFAILED] mechanism or password wrong", Rejected, []string{"plain auth-rejected"}, "NO [AUTHENTICATIONFAILED] mechanism or password wrong", true},
		{"IMAP NO to an unknown mechanism", imapTLS, imapBoth + "C: m1 AUTHENTICATE\nS: m1 NO Unsupported authentication mechanism.\nC: m2 LOGIN\nS: + go\nC: \nS: m2 NO no", Rejected, []string{"plain auth-unavailable", "login auth-rejected"}, "NO no", true},
		{"IMAP UNAVAILABLE is temporary", imapTLS, imapBoth + "C: m1 AUTHENTICATE\nS: m1 NO [UNAVAILABLE] Temporary authentication failure.", Temporary, []string{"plain auth-temporary"}, "NO [UNAVAILABLE] Temporary authentication failure.", true},
		{"IMAP LIMIT is throttled", imapTLS, imapBoth + "C: m1 AUTHENTICATE\nS: m1 NO [LIMIT] slow down", Throttled, []string{"plain auth-temporary"}, "NO [LIMIT] slow down", true},
		{"case 86: a right password without a mailbox", imapTLS, imapBoth + "C: m1 AUTHENTICATE\nS: m1 BAD User is authenticated but not connected.", Unavailable, []string{"plain auth-unavailable"}, "BAD User is authenticated but not connected.", true},
		{"case 87: IMAP BYE and NO keep both texts", imapTLS, imapBoth + "C: m1 AUTHENTICATE\nS: * BYE leaving\nS: m1 NO sorry", Rejected, []string{"plain auth-rejected"}, "BYE leaving / NO sorry", false},
		{"case 87: IMAP BYE and no more is no rejection", imapTLS, imapBoth + "C: m1 AUTHENTICATE\nS: * BYE leaving\nCLOSE", Failed, []string{"plain closed"}, "BYE leaving", false},
		{"case 87: IMAP BYE for too many connections", imapTLS, imapBoth + "C: m1 AUTHENTICATE\nS: * BYE Too many connections\nCLOSE", Throttled, []string{"plain auth-temporary"}, "BYE Too many connections", false},
		{"case 40: IMAP with LOGINDISABLED under TLS", imapTLS, "TLS\nS: * OK [CAPABILITY IMAP4rev1 LOGINDISABLED]", Unavailable, []string{"none auth-unavailable"}, "", true},
		{"case 42: IMAP with OAuth only", imapTLS, "TLS\nS: * OK [CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=XOAUTH2 AUTH=OAUTHBEARER]", Unavailable, []string{"none auth-unavailable"}, "", true},

		{"POP3 PLAIN", pop3TLS, pop3Both + "C: AUTH PLAIN " + plain + "\nS: +OK in\nC: STAT\nS: +OK 2 100\nC: CAPA\nS: -ERR", Accepted, []string{"plain "}, "+OK in", true},
		{"POP3 USER and PASS after AUTH is unknown", pop3TLS, pop3Both + "C: AUTH PLAIN\nS: -ERR Unknown command.\nC: USER " + anna + "\nS: +OK\nC: PASS " + secret + "\nS: +OK in\nC: STAT\nS: +OK 2 100\nC: CAPA\nS: -ERR", Accepted, []string{"plain auth-unavailable", "user "}, "+OK in", true},
		{"case 77: POP3 -ERR is a rejection and ends it", pop3TLS, pop3Both + "C: AUTH PLAIN\nS: -ERR [AUTH] Authentication failed.", Rejected, []string{"plain auth-rejected"}, "-ERR [AUTH] Authentication failed.", true},
		{"POP3 SYS/TEMP is temporary", pop3TLS, pop3Both + "C: AUTH PLAIN\nS: -ERR [SYS/TEMP] down", Temporary, []string{"plain auth-temporary"}, "-ERR [SYS/TEMP] down", true},
		{"POP3 IN-USE is temporary", pop3TLS, pop3Both + "C: AUTH PLAIN\nS: -ERR [IN-USE] locked", Temporary, []string{"plain auth-temporary"}, "-ERR [IN-USE] locked", true},
		{"POP3 LOGIN-DELAY is throttled", pop3TLS, pop3Both + "C: AUTH PLAIN\nS: -ERR [LOGIN-DELAY] wait", Throttled, []string{"plain auth-temporary"}, "-ERR [LOGIN-DELAY] wait", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s, got, outcome := newWorld(t, test.script).signIn(test.at, Options{}, false)
			if outcome != test.outcome {
				t.Errorf("outcome %s, want %s", outcome, test.outcome)
			}
			var tried []string
			var last mail.Observation
			for _, id := range got.ids {
				if o := got.all[id]; o.Kind == mail.KindAuth {
					if id != "auth:"+test.at+"/"+o.Mechanism+"/"+anna || o.Username != anna {
						t.Errorf("ID %s for %s of %s", id, o.Mechanism, o.Username)
					}
					tried = append(tried, o.Mechanism+" "+string(class(o)))
					last = o
				}
			}
			if diff := cmp.Diff(test.tried, tried); diff != "" {
				t.Errorf("tries: %s", diff)
			}
			if last.AuthFacts != nil && last.Reply != test.reply {
				t.Errorf("reply %q, want %q", last.Reply, test.reply)
			}
			if s.Usable() != test.usable {
				t.Errorf("usable %t, want %t", s.Usable(), test.usable)
			}
		})
	}
}

func TestSecondUsernameOnTheSameConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t, imapBoth+"C: m1 AUTHENTICATE\nS: m1 NO no\nC: m2 AUTHENTICATE PLAIN "+encoded("\x00anna\x00"+secret)+"\nS: m2 OK [CAPABILITY IMAP4rev1] in\nC: m3 EXAMINE\nS: * 1 EXISTS\nS: m3 OK")
	s, got, outcome := w.signIn(imapTLS, Options{}, false)
	if outcome != Rejected {
		t.Fatalf("outcome %s", outcome)
	}
	outcome = s.SignIn(t.Context(), Credentials{Username: "anna", Secret: mail.NewSecret([]byte(secret))}, false)
	s.Mailbox(t.Context())
	if outcome != Accepted {
		t.Errorf("outcome %s", outcome)
	}
	got.get(t, "auth:"+imapTLS+"/plain/anna")
}

func TestWhatIsNotSentCostsNoTry(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		script string
		want   int
	}{
		"a server that has left":      {smtpBoth + "CLOSE", 0},
		"a server without a password": {"TLS\nS: 220 x\nC: EHLO\nS: 250-x\nS: 250 AUTH GSSAPI", 0},
		"a rejection":                 {smtpBoth + "C: AUTH\nS: 535 no", 1},
		"two unclear answers":         {smtpBoth + "C: AUTH\nS: 501 no\nC: AUTH\nS: 501 no", 2},
		"one unclear answer":          {"TLS\nS: 220 x\nC: EHLO\nS: 250-x\nS: 250 AUTH PLAIN\nC: AUTH\nS: 501 no", 1},
	} {
		s, got, _ := newWorld(t, test.script).signIn(smtpTLS, Options{}, false)
		if s.Tries() != test.want {
			t.Errorf("%s: it costs %d, want %d: %q", name, s.Tries(), test.want, got.ids)
		}
	}
}

func TestServerThatLeavesBetweenTwoTries(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, at, script string
		usable           bool
	}{
		{"it hangs up after the rejection", smtpTLS, smtpBoth + "C: AUTH\nS: 535 no\nCLOSE", false},
		{"it says goodbye after the rejection", smtpTLS, smtpBoth + "C: AUTH\nRAW 535 no\\r\\n421 bye\\r\\n\nHOLD", false},
		{"it says BYE after the rejection", imapTLS, imapBoth + "C: m1\nRAW m1 NO no\\r\\n* BYE bye\\r\\n\nHOLD", false},
		{"it has other news", imapTLS, imapBoth + "C: m1\nRAW m1 NO no\\r\\n* OK still here\\r\\n\nC: m2\nS: m2 NO no", true},
		{"it waits", smtpTLS, smtpBoth + "C: AUTH\nS: 535 no\nC: AUTH\nS: 535 no", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, test.script)
			s, _, outcome := w.signIn(test.at, Options{}, false)
			if outcome != Rejected {
				t.Fatalf("outcome %s", outcome)
			}
			w.mu.Lock()
			heard := len(w.heard)
			w.mu.Unlock()
			for range 2000 { // until the farewell has arrived
				if test.usable || !s.Usable() {
					break
				}
			}
			want := Rejected
			if !test.usable {
				want = Failed
			}
			outcome = s.SignIn(t.Context(), Credentials{Username: "anna", Secret: mail.NewSecret([]byte(secret))}, false)
			if outcome != want || s.Usable() != test.usable {
				t.Errorf("outcome %s, usable %t", outcome, s.Usable())
			}
			w.mu.Lock()
			defer w.mu.Unlock()
			if !test.usable && len(w.heard) != heard {
				t.Errorf("the server heard %q after it had left", w.heard[heard:])
			}
		})
	}
}

// Case 90: what is not encrypted with a verified certificate sees no secret, and the facts are there all the same.
func TestNoSecretWithoutVerifiedTLS(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, at, script string
		insecure         bool
	}{
		{"a bad certificate", imapTLS, "TLS expired\nS: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN]", false},
		{"no encryption", imapPlain, "S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN]", false},
		{"no encryption, also where a bad certificate would do", pop3Plain, "S: +OK\nC: CAPA\nS: -ERR", true},
		{"no encryption on SMTP", smtpPlain, "S: 220 x\nC: EHLO\nS: 250-x\nS: 250 AUTH PLAIN", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, test.script)
			s, got, outcome := w.signIn(test.at, Options{}, test.insecure)
			if outcome != Unavailable {
				t.Errorf("outcome %s", outcome)
			}
			if o := got.get(t, "auth:"+test.at+"/none/"+anna); class(o) != mail.PolicyRefused {
				t.Errorf("failure %+v", o.Failure)
			}
			s.Close(t.Context())
			w.mu.Lock()
			defer w.mu.Unlock()
			for _, line := range w.heard {
				if strings.Contains(line, "AUTH ") || strings.Contains(line, "USER") || strings.Contains(line, encoded(anna)) {
					t.Errorf("the server heard %q", line)
				}
			}
			if o := got.session(t, test.at); o.Failure != nil {
				t.Errorf("the session failed: %+v", o.Failure)
			}
		})
	}
}

func TestInsecureSignInNeedsTheWordOfTheUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "TLS expired\nS: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN]\nC: m1 AUTHENTICATE PLAIN "+plainMessage()+"\nS: m1 OK\nC: m2\nS: m2 OK")
	if _, _, outcome := w.signIn(imapTLS, Options{}, true); outcome != Accepted {
		t.Errorf("outcome %s", outcome)
	}
}

func TestLongPasswordOnPOP3WaitsForThePrompt(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 200)
	w := newWorld(t, pop3Both+"C: AUTH PLAIN\nS: +\nC: "+encoded("\x00anna\x00"+long)+"\nS: +OK\nC: STAT\nS: +OK 1 1")
	s, _ := w.open(pop3TLS, Options{})
	outcome := s.SignIn(t.Context(), Credentials{Username: "anna", Secret: mail.NewSecret([]byte(long))}, false)
	s.Mailbox(t.Context())
	if outcome != Accepted {
		t.Errorf("outcome %s", outcome)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !slices.Contains(w.heard, "AUTH PLAIN") {
		t.Errorf("the server heard %q", w.heard)
	}
}

func TestCredentialsThatNoCommandCanCarry(t *testing.T) {
	t.Parallel()
	w := newWorld(t, pop3Both)
	s, got := w.open(pop3TLS, Options{})
	outcome := s.SignIn(t.Context(), Credentials{Username: "anna", Secret: mail.NewSecret([]byte("a\r\nDELE 1"))}, false)
	if outcome != Unavailable {
		t.Errorf("outcome %s", outcome)
	}
	got.get(t, "auth:"+pop3TLS+"/none/anna")
}

// Case 89: a server that says back what it heard does not get the secret into any observation.
func TestSecretIsNeverObserved(t *testing.T) {
	t.Parallel()
	quoted, _ := json.Marshal(secret)
	echo := strings.Join([]string{secret, encoded(secret), plainMessage(), url.QueryEscape(secret), string(quoted)}, " ")
	for _, test := range []struct{ name, at, script string }{
		{"SMTP", smtpTLS, smtpBoth + "C: AUTH\nS: 535 you said " + echo},
		{"SMTP LOGIN", smtpTLS, smtpBoth + "C: AUTH\nS: 504 no " + echo + "\nC: AUTH LOGIN\nS: 334\nC: \nS: 334 " + echo + "\nC: \nS: 535 " + echo},
		{"IMAP", imapTLS, imapBoth + "C: m1\nS: * BYE " + echo + "\nS: m1 NO " + echo},
		{"IMAP LOGIN", imapTLS, "TLS\nS: * OK [CAPABILITY IMAP4]\nC: m1 LOGIN\nS: + " + echo + "\nC: \nS: m1 NO " + echo},
		{"POP3", pop3TLS, "TLS\nS: +OK\nC: CAPA\nS: -ERR\nC: USER\nS: +OK\nC: PASS\nS: -ERR " + echo},
		{"the mailbox", imapTLS, imapBoth + "C: m1\nS: m1 OK [CAPABILITY IMAP4rev1]\nC: m2\nS: m2 NO " + echo},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, test.script)
			s, got, _ := w.signIn(test.at, Options{Transcript: true}, false)
			s.Close(t.Context())
			all, err := json.Marshal(got.all)
			if err != nil {
				t.Fatal(err)
			}
			text := string(all) + fmt.Sprintf("%+v", got.all)
			for _, form := range []string{secret, encoded(secret), plainMessage(), url.QueryEscape(secret), string(quoted[1 : len(quoted)-1]), "s3cret"} {
				if strings.Contains(text, form) {
					t.Errorf("the secret is to be seen as %q in %s", form, text)
				}
			}
			if !strings.Contains(text, "[redacted]") {
				t.Error("nothing was redacted, so nothing was tested")
			}
		})
	}
}

func TestTranscriptHasTheWholeConversation(t *testing.T) {
	t.Parallel()
	w := newWorld(t, imapBoth+"C: m1 AUTHENTICATE\nS: m1 OK [CAPABILITY IMAP4rev1] in\nC: m2 EXAMINE\nS: * 7 EXISTS\nS: m2 OK\nC: m3 LOGOUT\nS: * BYE\nS: m3 OK")
	s, got, _ := w.signIn(imapTLS, Options{Transcript: true}, false)
	before := len(got.session(t, imapTLS).Transcript)
	s.Close(t.Context())
	told := len(got.ids)
	s.Close(t.Context()) // once more, and nothing comes of it
	if len(got.ids) != told {
		t.Error("a session is told again after its end")
	}
	lines := got.session(t, imapTLS).Transcript
	if before == 0 || len(lines) <= before {
		t.Errorf("%d lines after the opening, %d at the end", before, len(lines))
	}
	for _, want := range []string{"S: * OK", "C: [redacted]", "C: m2 EXAMINE INBOX", "C: m3 LOGOUT"} {
		if !slices.ContainsFunc(lines, func(line mail.Line) bool { return strings.Contains(line.String(), want) }) {
			t.Errorf("%q is not in %q", want, lines)
		}
	}
	s1, got1, _ := newWorld(t, imapBoth+"C: m1\nS: m1 NO [AUTHENTICATIONFAILED] sorry\nCLOSE").signIn(imapTLS, Options{Transcript: true}, false)
	s1.Close(t.Context())
	if said := fmt.Sprint(got1.session(t, imapTLS).Transcript); !strings.Contains(said, "sorry") {
		t.Errorf("the rejection is not in %q", said)
	}
	s2, got2, _ := newWorld(t, imapBoth+"C: m1\nS: m1 NO").signIn(imapTLS, Options{}, false)
	s2.Close(t.Context())
	if got2.session(t, imapTLS).Transcript != nil {
		t.Error("nobody asked for a transcript")
	}
}
