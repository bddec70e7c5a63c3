package probe

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

// slowly opens a session in simulated time, with a deadline for the whole.
func slowly(t *testing.T, at string, deadline time.Duration, check func(t *testing.T, w *world, got *seen, took time.Duration), scripts ...string) {
	t.Helper()
	authority() // outside of simulated time
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, scripts...)
		w.pipes = true
		ctx, cancel := context.WithTimeout(t.Context(), deadline)
		defer cancel()
		got := &seen{}
		began := time.Now()
		s := Open(ctx, w.network(), endpoint(t, at), Options{}, got.emit)
		took := time.Since(began)
		s.Close(ctx)
		check(t, w, got, took)
	})
}

func TestSlowGreetingIsNoFailure(t *testing.T) {
	t.Parallel()
	for _, pause := range []string{"6s", "15s", "20s"} {
		t.Run("case 2: a greeting after "+pause, func(t *testing.T) {
			t.Parallel()
			slowly(t, mx, time.Minute, func(t *testing.T, w *world, got *seen, _ time.Duration) {
				o := got.session(t, mx)
				want, _ := time.ParseDuration(pause)
				if o.Failure != nil || o.GreetingMS != want.Milliseconds() {
					t.Errorf("failure %+v, greeting after %d ms", o.Failure, o.GreetingMS)
				}
				if w.dials != 1 {
					t.Errorf("%d connections to a port 25", w.dials)
				}
			}, "PAUSE "+pause+"\n"+smtpOffer+"S: 220 go\nTLS\nC: EHLO\nS: 250 x")
		})
		t.Run("case 2: a greeting after "+pause+" on a port that may want TLS", func(t *testing.T) {
			t.Parallel()
			slowly(t, imapStart, time.Minute, func(t *testing.T, w *world, got *seen, _ time.Duration) {
				if o := got.session(t, imapStart); o.Failure != nil {
					t.Errorf("failure %+v", o.Failure)
				}
				if w.dials != 2 || len(got.all) != 3 {
					t.Errorf("%d connections, and told was %q", w.dials, got.ids)
				}
			}, "PAUSE "+pause+"\n"+imapOffer+"S: m1 OK go\nTLS\nC: m2\nS: * CAPABILITY IMAP4\nS: m2 OK", "HOLD")
		})
	}
}

// A handshake that hangs is begun so that the answer is small, and then so that it need not be.
func TestAHandshakeThatHangsIsTriedForASmallAnswer(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, at string
		scripts  []string
		want     []string
	}{
		{"large packets are lost", imapTLS, []string{"HELLO\nHOLD", alert(40), "HELLO\nHOLD", "HELLO\nHOLD"}, []string{"small tls-alert", "classical timeout", "tls-1.2 timeout"}},
		{"large packets are lost after STARTTLS", smtpStart, []string{
			smtpOffer + "S: 220 go\nHELLO\nHOLD", smtpOffer + "S: 220 go\n" + alert(40), smtpOffer + "S: 220 go\nHELLO\nHOLD", smtpOffer + "S: 220 go\nHELLO\nHOLD",
		}, []string{"small tls-alert", "classical timeout", "tls-1.2 timeout"}},
		{"only the hello of today is lost", imapTLS, []string{"HELLO\nHOLD", "HELLO\nCLOSE", "TLS"}, []string{"small closed", "classical TLS 1.3"}},
		{"only TLS 1.3 is lost", imapTLS, []string{"HELLO\nHOLD", alert(40), "HELLO\nHOLD", "TLS"}, []string{"small tls-alert", "classical timeout", "tls-1.2 TLS 1.2"}},
		{"nothing is answered", imapTLS, []string{"HELLO\nHOLD", "HELLO\nHOLD", "HELLO\nHOLD", "HELLO\nHOLD"}, []string{"small timeout", "classical timeout"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			slowly(t, test.at, 40*time.Second, func(t *testing.T, w *world, got *seen, took time.Duration) {
				if list := got.attempts(); !slices.Equal(list, test.want) {
					t.Errorf("attempts %q, want %q", list, test.want)
				}
				if took > 10*time.Second+ladderTime {
					t.Errorf("it took %s", took)
				}
			}, test.scripts...)
		})
	}
}

func TestSilentServer(t *testing.T) {
	t.Parallel()
	t.Run("case 1: silence either way ends before a program's patience does", func(t *testing.T) {
		t.Parallel()
		slowly(t, smtpStart, 30*time.Second, func(t *testing.T, w *world, got *seen, took time.Duration) {
			o := got.session(t, smtpStart)
			if class(o) != mail.GreetingTimeout || !strings.Contains(o.Failure.Detail, "no greeting came within 22s") {
				t.Errorf("failure %+v", o.Failure)
			}
			if took != patience || w.dials != 2 {
				t.Errorf("it took %s and %d connections", took, w.dials)
			}
			if len(got.all) != 2 { // dial and session
				t.Errorf("a suspicion without proof is told: %q", got.ids)
			}
		}, "HOLD", "HOLD")
	})
	for _, test := range []struct {
		name, at, other, script string
	}{
		{"SMTP", smtpStart, "smtps://192.0.2.7:587", "TLS\nS: 220 x\nC: EHLO\nS: 250 x"},
		{"IMAP", imapStart, "imaps://192.0.2.7:143", "TLS\nS: * OK [CAPABILITY IMAP4]"},
		{"POP3", pop3Plain, "pop3s://192.0.2.7:110", "TLS\nS: +OK\nC: CAPA\nS: -ERR"},
		{"a bad certificate", imapPlain, "imaps://192.0.2.7:143", "TLS expired\nS: * OK [CAPABILITY IMAP4]"},
	} {
		t.Run("case 48: TLS on a plain port, "+test.name, func(t *testing.T) {
			t.Parallel()
			slowly(t, test.at, time.Minute, func(t *testing.T, w *world, got *seen, took time.Duration) {
				o := got.session(t, test.at)
				if class(o) != mail.PlaintextExpected || !strings.Contains(o.Failure.Detail, "SSL/TLS is the right setting") {
					t.Errorf("failure %+v", o.Failure)
				}
				if other := got.session(t, test.other); other.Failure != nil || other.Capabilities.AfterTLS == nil {
					t.Errorf("the other mode: %+v", other)
				}
				if took != silence || w.dials != 2 {
					t.Errorf("it took %s and %d connections", took, w.dials)
				}
			}, "HOLD", test.script)
		})
	}
}

func TestEndlessServerEndsWhenItsTimeIsOver(t *testing.T) {
	t.Parallel()
	drip := strings.Repeat("RAW 2\nPAUSE 1s\n", 60)
	for _, test := range []struct {
		name, at, script string
		class            mail.Class
		detail           string
		due              time.Duration
	}{
		{"case 3: a byte a second without a line end", smtpStart, drip, mail.GreetingTimeout, "not finished after 22s: 2222222222222222222222", patience},
		{"case 3: an open multi-line greeting", smtpStart, "S: 220-hello\nHOLD", mail.GreetingTimeout, "not finished", patience},
		{"no answer to EHLO", smtpTLS, "TLS\nS: 220 x\nHOLD", mail.Timeout, "", attention},
		{"no answer to STARTTLS", imapStart, imapOffer + "HOLD", mail.Timeout, "", attention},
		{"no greeting under TLS", imapTLS, "TLS\nHOLD", mail.GreetingTimeout, "no greeting came within 22s", patience},
	} {
		for _, deadline := range []time.Duration{time.Minute, test.due + margin + time.Second, test.due + margin, test.due, 4 * time.Second} {
			t.Run(test.name+" in a run of "+deadline.String(), func(t *testing.T) {
				t.Parallel()
				slowly(t, test.at, deadline, func(t *testing.T, w *world, got *seen, took time.Duration) {
					want, detail, due := test.class, test.detail, test.due
					if deadline < test.due+margin { // the run ends before the server is due
						want, detail, due = mail.Deadline, "the run's time was over", deadline-margin
					}
					o := got.session(t, test.at)
					if class(o) != want || !strings.Contains(o.Failure.Detail, detail) {
						t.Errorf("failure %+v", o.Failure)
					}
					connections := 1
					if test.script == "TLS\nHOLD" { // it may wait for a web browser
						connections = 2
					}
					if took != due || w.dials != connections {
						t.Errorf("it took %s and %d connections", took, w.dials)
					}
				}, test.script)
			})
		}
	}
}

func TestAWebServerBehindAMailPortIsNamed(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, at, first, second, detail string
	}{
		{"HTTP/1.1 under TLS", imapTLS, "TLS\nHOLD", "TLS http/1.1", "does not speak IMAP: HTTP/1.1, which it chooses in the handshake"},
		{"HTTP/2 under TLS", smtpTLS, "TLS\nHOLD", "TLS h2", "does not speak SMTP: HTTP/2, which it chooses in the handshake"},
		{"HTTP on a port for STARTTLS", smtpStart, "HOLD", "HELLO\nRAW HTTP/1.1 400 Bad Request\\r\\nServer: web\\r\\n\\r\\n", "does not speak SMTP: HTTP/1.1 400 Bad Request"},
	} {
		t.Run("case 26: "+test.name, func(t *testing.T) {
			t.Parallel()
			slowly(t, test.at, time.Minute, func(t *testing.T, w *world, got *seen, took time.Duration) {
				o := got.session(t, test.at)
				if class(o) != mail.ProtocolFault || !strings.HasSuffix(o.Failure.Detail, test.detail) {
					t.Errorf("failure %+v", o.Failure)
				}
				if took != silence || w.dials != 2 {
					t.Errorf("it took %s and %d connections", took, w.dials)
				}
				for _, id := range got.ids {
					if strings.HasSuffix(id, "/web") {
						t.Errorf("the suspicion is told: %q", got.ids)
					}
				}
			}, test.first, test.second)
		})
	}
}

func TestHandshakeThatIsNeverAnswered(t *testing.T) {
	t.Parallel()
	for _, script := range []string{"HOLD", "C: \nPAUSE 60s", imapOffer + "S: m1 OK go\nHOLD"} {
		at := imapTLS
		if strings.HasPrefix(script, imapOffer) {
			at = imapStart
		}
		t.Run("case 54: "+script, func(t *testing.T) {
			t.Parallel()
			slowly(t, at, 40*time.Second, func(t *testing.T, _ *world, got *seen, took time.Duration) {
				if o := got.session(t, at); class(o) != mail.Timeout {
					t.Errorf("failure %+v", o.Failure)
				}
				if took > 20*time.Second {
					t.Errorf("it took %s", took)
				}
			}, script)
		})
	}
}

func TestHandshakeThatTheRunDoesNotWaitForBlamesNobody(t *testing.T) {
	t.Parallel()
	slowly(t, imapTLS, 4*time.Second, func(t *testing.T, _ *world, got *seen, took time.Duration) {
		if o := got.session(t, imapTLS); class(o) != mail.Deadline {
			t.Errorf("failure %+v", o.Failure)
		}
		if took != 4*time.Second-margin {
			t.Errorf("it took %s", took)
		}
	}, "HOLD")
}

func TestRunThatEndsEarlyBlamesNobody(t *testing.T) {
	t.Parallel()
	authority()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "HOLD")
		w.pipes = true
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		got := &seen{}
		s := Open(ctx, w.network(), endpoint(t, imapStart), Options{}, got.emit)
		if o := got.session(t, imapStart); class(o) != mail.Deadline {
			t.Errorf("failure %+v", o.Failure)
		}
		s.Close(ctx)
	})
}

func TestFarewellIsShort(t *testing.T) {
	t.Parallel()
	authority()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "TLS\nS: * OK [CAPABILITY IMAP4]\nC: m1 LOGOUT\nHOLD")
		w.pipes = true
		ctx, cancel := context.WithCancel(t.Context())
		s := Open(ctx, w.network(), endpoint(t, imapTLS), Options{}, func(mail.Observation) {})
		cancel()
		began := time.Now()
		s.Close(ctx)
		if took := time.Since(began); took > farewell {
			t.Errorf("it took %s to say goodbye", took)
		}
	})
}

func TestAPanicBesideASilentServerReachesWhoOpensTheSession(t *testing.T) {
	t.Parallel()
	authority()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "PAUSE 30s\nCLOSE")
		w.pipes = true
		n := w.network()
		o := Options{Beside: func(context.Context) func() { panic("on purpose") }}
		var s *Session
		crash := wire.Catch(func() { s = Open(t.Context(), n, endpoint(t, imapStart), o, func(mail.Observation) {}) })
		if crash == nil || crash.Value != "on purpose" || s != nil {
			t.Errorf("%v", crash)
		}
	})
}
