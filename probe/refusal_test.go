package probe

import "testing"

// TestWordsOfARejectionCountWhateverTheCode holds what the budget of an account
// rests on: a reply that speaks of a wrong password is a rejection.
func TestWordsOfARejectionCountWhateverTheCode(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		at, reply string
		want      Outcome
	}{
		{smtpTLS, "501 5.7.0 Authentication failed", Rejected},
		{smtpTLS, "500 5.7.8 no", Rejected},
		{smtpTLS, "501 5.7.8 Error: authentication rejected", Rejected},
		{smtpTLS, "503 Invalid username or password", Rejected},
		{smtpTLS, "502 login failed", Rejected},
		{smtpTLS, "530 5.7.0 Authentication failed", Rejected},
		{smtpTLS, "501 5.5.2 cannot decode base64 in the password", Mechanism},
		{smtpTLS, "504 5.7.4 Unrecognized authentication type", Mechanism},
		{smtpTLS, "504 5.5.4 password mechanism", Mechanism},
		{smtpTLS, "502 5.5.1 AUTH not supported, authentication failed", Mechanism},
		{smtpTLS, "500 5.5.1 unknown command", Mechanism},
		{smtpTLS, "503 5.5.1 bad sequence", Mechanism},
		{smtpTLS, "535 5.7.8 Error: authentication failed: bad protocol / cancel", Mechanism},
		{smtpTLS, "454 4.7.0 Temporary authentication failure", Temporary},
		{imapTLS, "BAD Login failed: invalid user name or password", Rejected},
		{imapTLS, "BAD invalid credentials", Rejected},
		{imapTLS, "NO Authentication mechanism: login failure", Rejected},
		{imapTLS, "BAD unsupported mechanism", Mechanism},
		{imapTLS, "NO Unsupported authentication mechanism, authentication failed", Mechanism},
		{imapTLS, "BAD malformed base64", Mechanism},
		{imapTLS, "BAD what", Mechanism},
		{imapTLS, "NO bad protocol / cancel", Mechanism},
		{imapTLS, "NO authentication failure", Rejected},
		{imapTLS, "NO [UNAVAILABLE] Temporary authentication failure", Temporary},
		{pop3TLS, "-ERR Authentication mechanism: wrong password", Rejected},
		{pop3TLS, "-ERR authentication failed, bad mechanism or no such user", Rejected},
		{pop3TLS, "-ERR unsupported mechanism", Mechanism},
		{pop3TLS, "-ERR unknown command", Mechanism},
		{pop3TLS, "-ERR [AUTH] authenticating: bad protocol / cancel", Mechanism},
		{pop3TLS, "-ERR [AUTH] authenticating: authentication failure", Rejected},
		{pop3TLS, "-ERR Temporary problem, please try again later", Temporary},
		{pop3TLS, "-ERR [SYS/TEMP] Temporary authentication failure", Temporary},
	} {
		t.Run(test.reply, func(t *testing.T) {
			t.Parallel()
			script := map[string]string{
				smtpTLS: "TLS\nS: 220 x\nC: EHLO\nS: 250-x\nS: 250 AUTH PLAIN\nC: AUTH PLAIN\nS: ",
				imapTLS: imapBoth + "C: m1 AUTHENTICATE\nS: m1 ",
				pop3TLS: "TLS\nS: +OK\nC: CAPA\nS: +OK\nS: SASL PLAIN\nS: .\nC: AUTH PLAIN\nS: ",
			}[test.at] + test.reply
			if test.want == Mechanism && test.at == imapTLS { // the command LOGIN is the next one
				script += "\nC: m2 LOGIN\nS: m2 BAD unsupported mechanism"
			}
			if _, _, got := newWorld(t, script).signIn(test.at, Options{}, false); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}
