package probe

import (
	"maps"
	"math"
	"testing"

	"github.com/mailmedic/mailmedic/mail"
)

func TestLimitsAreReadWhateverTheyLookLike(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name         string
		protocol     mail.Protocol
		capabilities []string
		want         map[string]int64
	}{
		{"case 33: a size", mail.SMTP, []string{"PIPELINING", "SIZE 10240000"}, map[string]int64{"size": 10240000}},
		{"case 33: zero is no fixed limit", mail.SMTP, []string{"SIZE 0"}, map[string]int64{"size": 0}},
		{"case 33: nor is none", mail.SMTP, []string{"SIZE"}, map[string]int64{"size": 0}},
		{"case 33: beyond all numbers", mail.SMTP, []string{"SIZE 99999999999999999999"}, map[string]int64{"size": math.MaxInt64}},
		{"case 33: not said", mail.SMTP, []string{"PIPELINING"}, nil},
		{"a size that is none", mail.SMTP, []string{"SIZE -1", "SIZE=5"}, nil},
		{"limits of a transaction", mail.SMTP, []string{"LIMITS RCPTMAX=20 MAILMAX=5 RCPTDOMAINMAX=1 XYZ=7 MAILMAX"}, map[string]int64{"rcptmax": 20, "mailmax": 5, "rcptdomainmax": 1}},
		{"case 44: POP3 that deletes", mail.POP3, []string{"EXPIRE 0", "LOGIN-DELAY 300 USER"}, map[string]int64{"expire": 0, "login-delay": 300}},
		{"case 44: POP3 that keeps for ever", mail.POP3, []string{"EXPIRE NEVER"}, nil},
		{"IMAP", mail.IMAP, []string{"IMAP4REV1", "APPENDLIMIT=35651584", "APPENDLIMIT"}, map[string]int64{"size": 35651584}},
		{"another protocol's words", mail.IMAP, []string{"SIZE 5", "EXPIRE 0"}, nil},
		{"an empty line", mail.SMTP, []string{"", " "}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := limitsOf(test.protocol, test.capabilities); !maps.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestLimitsOfTheEncryptedSessionCount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "S: 220 x\nC: EHLO\nS: 250-x\nS: 250-SIZE 5\nS: 250 STARTTLS\nC: STARTTLS\nS: 220 go\nTLS\nC: EHLO\nS: 250-x\nS: 250 SIZE 7")
	_, got := w.open(smtpStart, Options{})
	if o := got.session(t, smtpStart); o.Limits["size"] != 7 || o.BareLF {
		t.Errorf("%+v", o.SessionFacts)
	}
}

func TestLinesThatEndWithLFAloneAreNoted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "TLS\n"+`RAW * OK [CAPABILITY IMAP4rev1] hi\n`)
	_, got := w.open(imapTLS, Options{})
	if o := got.session(t, imapTLS); o.Failure != nil || !o.BareLF {
		t.Errorf("failure %+v, %+v", o.Failure, o.SessionFacts)
	}
}
