package probe

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

// survey opens a session with the first script, and surveys its server with the others.
func (w *world) survey(ctx context.Context, at string) (*Session, mail.Observation) {
	w.t.Helper()
	n := w.network()
	s := Open(ctx, n, endpoint(w.t, at), Options{}, func(mail.Observation) {})
	s.Close(ctx)
	if !s.Surveyable() {
		w.t.Fatal("there is nothing to survey")
	}
	o, end := s.Survey(ctx, n)
	if (end == SurveyLate) != (o.Survey.Stopped == "the time was over") || (end == SurveyDone) != (o.Survey.Stopped == "") {
		w.t.Errorf("it ends %s: %+v", end, o.Survey)
	}
	return s, o
}

func TestASurveyOverRealConnections(t *testing.T) {
	t.Parallel()
	ecdsa12 := []string{
		"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
		"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
	}
	modern := map[string][]string{"TLS 1.3": {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"}, "TLS 1.2": ecdsa12}
	for _, tt := range []struct {
		name, at      string
		first, script string
		want          map[string][]string
		postQuantum   mail.Fact
		connections   int
	}{
		{"implicit TLS", imapTLS, "TLS\nS: * OK [CAPABILITY IMAP4rev1] hi", "TLS", modern, mail.Yes, 18},
		{"SMTP with STARTTLS", smtpStart, smtpOffer + "S: 220 go\nTLS\nC: EHLO\nS: 250 x", smtpOffer + "S: 220 go\nTLS", modern, mail.Yes, 18},
		{"IMAP with STARTTLS", imapStart, imapOffer + "S: m1 OK go\nTLS", imapOffer + "S: m1 OK go\nTLS", modern, mail.Yes, 18},
		{"POP3 with STLS", pop3Start, pop3Offer + "S: +OK\nTLS", pop3Offer + "S: +OK\nTLS", modern, mail.Yes, 18},
		{"TLS 1.0 alone", imapTLS, "TLS 1.0", "TLS 1.0", map[string][]string{"TLS 1.0": ecdsa12[3:]}, mail.No, 9},
		{"RC4 alone", imapTLS, "TLS rc4", "TLS rc4", map[string][]string{"TLS 1.2": {"TLS_ECDHE_ECDSA_WITH_RC4_128_SHA"}}, mail.No, 7},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, slices.Concat([]string{tt.first}, slices.Repeat([]string{tt.script}, 40))...)
			ladder := 0
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			s, o := w.survey(ctx, tt.at)
			if s.unshaken != nil {
				ladder = len(rungs(*s.unshaken))
			}
			found := map[string][]string{}
			for _, v := range o.Survey.Versions {
				if v.Offered == mail.Yes {
					found[v.Version] = v.Suites
				}
				if v.Offered == mail.NotKnown || !v.Complete {
					t.Errorf("%+v", v)
				}
			}
			for version, suites := range tt.want {
				if !slices.Equal(found[version], suites) {
					t.Errorf("%s: %q, want %q", version, found[version], suites)
				}
			}
			if len(found) != len(tt.want) || o.Survey.PostQuantum != tt.postQuantum || o.Survey.Stopped != "" || o.Failure != nil {
				t.Errorf("%+v, failure %+v", o.Survey, o.Failure)
			}
			if o.ID != "tls:"+tt.at+"#192.0.2.7/survey" || o.Attempt != "survey" || o.Version != "" || s.Usable() {
				t.Errorf("%+v", o)
			}
			if n := o.Survey.Connections; n != tt.connections || w.dials != 1+ladder+n {
				t.Errorf("%d connections are told, want %d, and %d made, %d by the ladder", n, tt.connections, w.dials, ladder)
			}
		})
	}
}

// Case 57: crypto/tls cannot play a server of SSL 3.0, which says the same whatever it is asked.
func TestAServerOfSSL3IsSurveyed(t *testing.T) {
	t.Parallel()
	hello := `HELLO` + "\n" + `RAW \x16\x03\x00\x00\x2a\x02\x00\x00\x26\x03\x00` + strings.Repeat(`\x01`, 32) + `\x00\x00\x05\x00` + "\nCLOSE"
	w := newWorld(t, slices.Repeat([]string{hello}, 8)...)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	_, o := w.survey(ctx, imapTLS)
	ssl := o.Survey.Versions[4]
	if ssl.Offered != mail.Yes || ssl.Complete || !slices.Equal(ssl.Suites, []string{"TLS_RSA_WITH_RC4_128_SHA"}) {
		t.Errorf("%+v", ssl)
	}
	for _, v := range o.Survey.Versions[:4] {
		if v.Offered != mail.No {
			t.Errorf("%+v", v)
		}
	}
}

func TestAServerThatTurnsConnectionsAwayIsLeftAlone(t *testing.T) {
	t.Parallel()
	authority() // outside of simulated time
	synctest.Test(t, func(t *testing.T) {
		busy := "S: 421 4.7.0 too many connections from you"
		ask := smtpOffer + "S: 220 go\nTLS"
		w := newWorld(t, ask+"\nC: EHLO\nS: 250 x", ask, ask, busy, ask, busy, ask)
		w.pipes = true
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		began := time.Now()
		_, o := w.survey(ctx, smtpStart)
		if w.dials != 6 || o.Survey.Connections != 5 {
			t.Errorf("%d connections were made, %d are told", w.dials, o.Survey.Connections)
		}
		if took := time.Since(began); took < surveyPause || took > surveyPause+5*time.Second {
			t.Errorf("it took %s", took)
		}
		if want := "the server turned further connections away: the server greets with a refusal: 421 4.7.0 too many connections from you"; o.Survey.Stopped != want {
			t.Errorf("stopped %q, want %q", o.Survey.Stopped, want)
		}
		if got := o.Survey.Versions; got[0].Offered != mail.Yes || got[1].Offered != mail.Yes || got[1].Complete || got[2].Offered == mail.Yes {
			t.Errorf("%+v", got)
		}
	})
}

// A server that takes a ClientHello and never answers costs a bounded time, and the rest is found all the same.
func TestASurveyEndsWithTheTimeOfTheRun(t *testing.T) {
	t.Parallel()
	authority() // outside of simulated time
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, slices.Concat([]string{"TLS\nS: * OK [CAPABILITY IMAP4rev1] hi", "TLS", "TLS"}, slices.Repeat([]string{"HOLD"}, 9))...)
		w.pipes = true
		const limit = 15 * time.Second
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		defer cancel()
		began := time.Now()
		_, o := w.survey(ctx, imapTLS)
		if took := time.Since(began); took >= limit || took < limit-time.Second {
			t.Errorf("it took %s", took)
		}
		if o.Survey.Stopped != "the time was over" || o.Survey.Versions[1].Offered != mail.Yes {
			t.Errorf("%+v", o.Survey)
		}
		for _, v := range o.Survey.Versions[2:] {
			if v.Offered != mail.NotKnown {
				t.Errorf("%+v", v)
			}
		}
	})
}

func TestWithoutTLSThereIsNothingToSurvey(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ at, script string }{
		"plain text":              {"imap://192.0.2.7:143", "S: * OK [CAPABILITY IMAP4rev1] hi"},
		"STARTTLS is not offered": {imapStart, "S: * OK [CAPABILITY IMAP4rev1] hi\nC: m1 CAPABILITY\nS: * CAPABILITY IMAP4rev1\nS: m1 OK"},
		"it is no TLS":            {imapTLS, "HELLO\nS: 220 hi"},
		"nobody is there":         {imapTLS, ""},
	} {
		scripts := []string{tt.script, "CLOSE"}
		if tt.script == "" {
			scripts = nil
		}
		s, _ := newWorld(t, scripts...).open(tt.at, Options{})
		if s.Surveyable() {
			t.Error(name)
		}
	}
}
