package probe

import (
	"testing"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

func TestTheTimeThatAGreetingTells(t *testing.T) {
	t.Parallel()
	for greeting, want := range map[string]string{
		"220 mail.example Microsoft ESMTP MAIL Service ready at Sun, 22 Nov 2026 12:00:05 +0000": "2026-11-22T12:00:05Z",
		"220 mail.example ESMTP Sendmail 8.17.1/8.17.1; Sun, 22 Nov 2026 13:00:05 +0100":         "2026-11-22T12:00:05Z",
		"220 mail.example ESMTP Exim 4.98 Sun, 22 Nov 2026 12:00:05 +0000":                       "2026-11-22T12:00:05Z",
		"220 mail.example at 2 Nov 2026 12:00 GMT":                                               "2026-11-02T12:00:00Z",
		"+OK POP3 ready <1896.1795348805@mail.example>":                                          "2026-11-22T12:00:05Z",
		"+OK POP3 ready <1896.1795348805123@mail.example>":                                       "2026-11-22T12:00:05Z",
		"+OK POP3 ready <1795348805.1795348806@mail.example>":                                    "",
		"+OK Dovecot ready. <2bb4.5.6562e7a5.Oy8=@mail.example>":                                 "",
		"+OK POP3 ready <1896.697170952@dbc.mtview.ca.us>":                                       "",
		"+OK POP3 ready <1896.1795348805>":                                                       "",
		"220 mail.example ESMTP Postfix":                                                         "",
		"220 mail.example at Sun, 99 Nov 2026 12:00:05 +0000":                                    "",
	} {
		got, told := clockIn(greeting)
		if text := got.UTC().Format(time.RFC3339); told != (want != "") || told && text != want {
			t.Errorf("%s: %v %s, want %s", greeting, told, text, want)
		}
	}
}

// The clock of a greeting is compared with the one that certificates are judged by.
func TestASessionTellsHowFarTheClockOfItsServerIsAhead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "S: 220 mail.example; Mon, 23 Nov 2026 12:00:00 +0000\nC: EHLO\nS: 250 x")
	_, got := w.open(mx, Options{})
	if o := got.session(t, mx); o.ClockMS == nil || *o.ClockMS != (24*time.Hour).Milliseconds() {
		t.Errorf("told is %+v", o)
	}
	w = newWorld(t, "S: 220 mail.example\nC: EHLO\nS: 250 x")
	_, got = w.open(mx, Options{})
	if o := got.session(t, mx); o.ClockMS != nil {
		t.Errorf("told is %d", *o.ClockMS)
	}
}

// A control host is asked for a connection, a handshake or a greeting, and is told nothing.
func TestAControlHostIsToldNothing(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, at, script string
		want             map[string]mail.Class
	}{
		{"implicit TLS", imapTLS, "TLS", map[string]mail.Class{"control:dial:" + imapTLS + "#" + host: "", "control:tls:" + imapTLS + "#" + host: ""}},
		{"a bad certificate", imapTLS, "TLS expired", map[string]mail.Class{"control:dial:" + imapTLS + "#" + host: "", "control:tls:" + imapTLS + "#" + host: mail.CertExpired}},
		{"a web server", imapTLS, "HELLO\nRAW HTTP/1.1 400 Bad Request\\r\\n\nCLOSE", map[string]mail.Class{"control:dial:" + imapTLS + "#" + host: "", "control:tls:" + imapTLS + "#" + host: mail.TLSNotSpoken}},
		{"a greeting", mx, "S: 220 mail.example", map[string]mail.Class{"control:dial:" + mx + "#" + host: "", "control:session:" + mx: ""}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, test.script)
			got := &seen{}
			Control(t.Context(), w.network(), endpoint(t, test.at), got.emit)
			for id, o := range got.all {
				if want, ok := test.want[id]; o.Kind != mail.KindDNS && (!ok || class(o) != want) || !o.Control {
					t.Errorf("%s: %s, control is %v", id, class(o), o.Control)
				}
			}
			if len(got.all) < len(test.want) {
				t.Errorf("seen is %q", got.ids)
			}
			if len(w.heard) > 0 {
				t.Errorf("the server heard %q", w.heard)
			}
		})
	}
}
