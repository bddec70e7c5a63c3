package probe

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

const reset = "HELLO\nRESET"

// alert is a server that ends the handshake with an alert.
func alert(number int) string {
	return fmt.Sprintf(`HELLO`+"\n"+`RAW \x15\x03\x03\x00\x02\x02\x%02x`+"\nCLOSE", number)
}

// attempts gives what came of each further handshake: its version, or the class of its failure.
func (s *seen) attempts() []string {
	var list []string
	for _, id := range s.ids {
		if o := s.all[id]; o.Kind == mail.KindTLS && o.Attempt != "" {
			result := o.Version
			if o.Version == "" {
				result = string(class(o))
			}
			list = append(list, o.Attempt+" "+result)
		}
	}
	return list
}

// Cases 55, 57, 58 and 60: what fails is tried in older ways, and the first that works is told.
func TestAFailedHandshakeIsTriedInOtherWays(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, at string
		scripts  []string
		class    mail.Class
		want     []string
	}{
		{"case 55: a large ClientHello is reset", imapTLS, []string{reset, "TLS"}, mail.Reset, []string{"classical TLS 1.3"}},
		{"case 55: TLS 1.3 is reset", imapTLS, []string{reset, reset, "TLS"}, mail.Reset, []string{"classical reset", "tls-1.2 TLS 1.2"}},
		{"case 55: closed without a word, and nothing works", imapTLS, []string{"HELLO\nCLOSE", "HELLO\nCLOSE", "HELLO\nCLOSE", "HELLO\nCLOSE"}, mail.Closed, []string{"classical closed", "tls-1.2 closed", "legacy closed"}},
		{"case 57: TLS 1.0 only, told by an alert", imapTLS, []string{"TLS 1.0", "TLS 1.0", "TLS 1.0"}, mail.TLSVersion, []string{"tls-1.2 tls-version", "legacy TLS 1.0"}},
		{
			"case 57: SSL 3.0 only, told by its choice", imapTLS,
			[]string{
				`HELLO` + "\n" + `RAW \x16\x03\x00\x00\x2a\x02\x00\x00\x26\x03\x00` + strings.Repeat(`\x01`, 32) + `\x00\x00\x05\x00` + "\nHOLD",
				`HELLO` + "\n" + `RAW \x16\x03\x00\x00\x2a\x02\x00\x00\x26\x03\x00` + strings.Repeat(`\x01`, 32) + `\x00\x00\x05\x00` + "\nHOLD",
			},
			mail.TLSVersion,
			[]string{"legacy SSL 3.0"},
		},
		{"case 58: RC4 only", imapTLS, []string{"TLS rc4", "TLS rc4", "TLS rc4", "TLS rc4"}, mail.TLSAlert, []string{"classical tls-alert", "tls-1.2 tls-alert", "legacy TLS 1.2"}},
		{"case 60: an internal error", imapTLS, []string{alert(80), "TLS"}, mail.TLSAlert, []string{"classical TLS 1.3"}},
		{
			"case 60: an internal error after the server has shown its certificate", imapTLS,
			[]string{"TLS keyless", "TLS keyless", "TLS keyless", "TLS keyless"},
			mail.TLSAlert,
			[]string{"classical TLS 1.3", "tls-1.2 tls-alert", "legacy TLS 1.3"},
		},
		{"case 60: the name is not known, which says it all", imapTLS, []string{alert(112)}, mail.TLSAlert, nil},
		{"with STARTTLS on SMTP", smtpStart, []string{smtpOffer + "S: 220 go\n" + reset, smtpOffer + "S: 220 go\nTLS"}, mail.Reset, []string{"classical TLS 1.3"}},
		{"with STARTTLS on IMAP", imapStart, []string{imapOffer + "S: m1 OK go\n" + reset, imapOffer + "S: m1 OK go\nTLS"}, mail.Reset, []string{"classical TLS 1.3"}},
		{"with STLS on POP3", pop3Start, []string{pop3Offer + "S: +OK\n" + reset, pop3Offer + "S: +OK\nTLS"}, mail.Reset, []string{"classical TLS 1.3"}},
		{"a server that has had enough is left alone", smtpStart, []string{smtpOffer + "S: 220 go\n" + reset, "S: 421 too many connections"}, mail.Reset, []string{"classical greeting-rejected"}},
		{"case 61: a bad certificate", imapTLS, []string{"TLS expired\nS: * OK [CAPABILITY IMAP4rev1] hi"}, "", nil},
		{"STARTTLS that is refused", smtpStart, []string{smtpOffer + "S: 454 not now"}, mail.StartTLSRefused, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, test.scripts...)
			s, got := w.open(test.at, Options{})
			if o := got.session(t, test.at); class(o) != test.class {
				t.Errorf("failure %+v, want %s", o.Failure, test.class)
			}
			if list := got.attempts(); !slices.Equal(list, test.want) {
				t.Errorf("attempts %q, want %q", list, test.want)
			}
			if w.dials != len(test.scripts) {
				t.Errorf("%d connections were made, want %d", w.dials, len(test.scripts))
			}
			if test.class != "" && (s.Usable() || s.Encrypted() || s.Ready()) {
				t.Error("a further handshake counts as one to sign in with")
			}
		})
	}
}

// A server that never answers a ClientHello costs a bounded time.
func TestTheLadderEndsWithTheTimeOfTheRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, reset, "HOLD", "HOLD", "HOLD")
	ctx, cancel := context.WithTimeout(t.Context(), margin+200*time.Millisecond)
	defer cancel()
	got := &seen{}
	began := time.Now()
	s := Open(ctx, w.network(), endpoint(t, imapTLS), Options{}, got.emit)
	s.Close(ctx)
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("it took %s", took)
	}
	if o := got.session(t, imapTLS); class(o) != mail.Reset || len(got.attempts()) != 0 {
		t.Errorf("failure %+v, attempts %q", o.Failure, got.attempts())
	}
}

// Whatever a server floods a handshake with, it is broken off before it costs memory or time.
func TestAFloodOfHandshakeRecordsEndsTheLadder(t *testing.T) {
	t.Parallel()
	for name, flood := range map[string]string{
		"parts of a ServerHello without end": `FLOOD \x16\x03\x03\x00\x05\x02\x00\x3f\xff\x00`,
		"a ServerHello of 16 MiB":            `FLOOD \x16\x03\x03\x40\x00\x02\xff\xff\xff`,
		"empty records":                      `FLOOD \x16\x03\x03\x00\x00`,
		"warnings":                           `FLOOD \x15\x03\x03\x00\x02\x01\x5a`,
	} {
		w := newWorld(t, reset, "HELLO\n"+flood, "HELLO\n"+flood, "HELLO\n"+flood)
		began := time.Now()
		_, got := w.open(imapTLS, Options{})
		if took := time.Since(began); took > 4*time.Second {
			t.Errorf("%s: it took %s", name, took)
		}
		if list := got.attempts(); len(list) != 3 || strings.Contains(list[2], "TLS 1") {
			t.Errorf("%s: attempts %q", name, list)
		}
	}
}

// Case 71: a certificate of the client may be asked for or demanded.
func TestAServerThatWantsAClientCertificate(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, script string
		class        mail.Class
		want         mail.CertificateRequest
	}{
		{"nobody asks", "TLS\nS: * OK [CAPABILITY IMAP4rev1] hi", "", ""},
		{"it asks", "TLS ask\nS: * OK [CAPABILITY IMAP4rev1] hi", "", mail.CertificateOptional},
		{"it demands, and says so after the handshake", "TLS demand", mail.TLSAlert, mail.CertificateRequired},
		{"it demands, and says so within the handshake", "TLS demand-1.2", mail.TLSAlert, mail.CertificateRequired},
		{"it asks and hangs up", "TLS ask\nCLOSE", mail.Closed, mail.CertificateRequired},
		{"it asks, greets and hangs up", "TLS ask\nS: * OK hi\nC: m1 CAP\nCLOSE", mail.Closed, mail.CertificateOptional},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, test.script)
			_, got := w.open(imapTLS, Options{})
			if o := got.session(t, imapTLS); class(o) != test.class {
				t.Errorf("failure %+v, want %q", o.Failure, test.class)
			}
			if o := got.get(t, "tls:"+imapTLS+"#192.0.2.7"); o.ClientCertificate != test.want {
				t.Errorf("asked for is %q, want %q", o.ClientCertificate, test.want)
			}
			if w.dials != 1 {
				t.Errorf("%d connections were made", w.dials)
			}
		})
	}
}
