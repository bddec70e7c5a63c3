package probe

import (
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// Outcome is what came of an attempt to sign in.
type Outcome string

// The outcomes.
const (
	Accepted    Outcome = "accepted"
	Rejected    Outcome = "rejected"    // the server refused the credentials; another try counts against the account
	Mechanism   Outcome = "mechanism"   // the way to sign in is at fault, the credentials were not judged
	Temporary   Outcome = "temporary"   // the server cannot check credentials now
	Unavailable Outcome = "unavailable" // there is no way to sign in with a password here, or none that is allowed
	Throttled   Outcome = "throttled"   // too many tries or connections, or a locked account; any further try makes it worse
	Failed      Outcome = "failed"      // the connection died before the server had judged
	Impostor    Outcome = "impostor"    // the server did not prove that it knows the password (SCRAM); it must not see it
	Intercepted Outcome = "intercepted" // the server sees another TLS session (SCRAM with channel binding); whoever is between must not see it
)

// An attempt is one try with one mechanism.
type attempt struct {
	outcome Outcome
	reply   string // the server's last words
	refused bool   // the server says in its protocol's own code that it refused the credentials
	over    bool   // the server ends the session with it
	unclear bool   // the mechanism is at fault by the code alone: it may be the credentials
	err     error  // what the connection gave, for Failed

	binding   string    // what was to tie the exchange to the TLS session
	bound     mail.Fact // whether the server sees the same one
	challenge string    // what the server said of a refused token before its last words
	proof     mail.Fact // whether the server proved that it knows the password
	derived   []string  // what was sent that tells of the secret without holding it, the longest first
}

// judgeSMTP reads the final reply to AUTH: RFC 4954 section 6, and what servers make of it.
func judgeSMTP(r smtpReply) attempt {
	a := attempt{reply: r.String(), refused: r.code == 535, over: r.code == 421}
	switch {
	case r.kind() == 2:
		a.outcome = Accepted
	case tooMany(a.reply) || lockedOut(a.reply):
		a.outcome = Throttled
	case brokeExchange(a.reply):
		a.outcome = Mechanism
	case r.kind() == 4:
		a.outcome = Temporary
	case r.code != 504 && faultsCredentials(a.reply):
		a.outcome = Rejected
	case r.code >= 500 && r.code <= 504, r.code == 530, r.code == 538:
		a.outcome, a.unclear = Mechanism, r.code < 504 && !faultsMechanism(a.reply)
	default:
		a.outcome = Rejected
	}
	return a
}

// judgeIMAP reads the tagged response to AUTHENTICATE or LOGIN by its response
// code (RFC 9051 section 7.1, RFC 5530) and, where there is none, by its text.
func judgeIMAP(r imapReply) attempt {
	a := attempt{reply: r.line, over: r.bye != ""}
	if r.bye != "" {
		a.reply = r.bye + " / " + r.line
	}
	code, _, _ := strings.Cut(strings.ToUpper(r.code), " ")
	a.refused = code == "AUTHENTICATIONFAILED" || code == "AUTHORIZATIONFAILED" || code == "EXPIRED"
	switch {
	case r.status == "OK":
		a.outcome = Accepted
	case code == "LIMIT" || tooMany(a.reply) || lockedOut(a.reply):
		a.outcome = Throttled
	case code == "UNAVAILABLE" || code == "INUSE" || code == "SERVERBUG":
		a.outcome = Temporary
	case strings.Contains(strings.ToLower(r.text), "authenticated but not connected"):
		a.outcome = Unavailable // Exchange: the password is right, the mailbox is closed to IMAP
	case brokeExchange(r.text):
		a.outcome = Mechanism
	case a.refused || faultsCredentials(r.text):
		a.outcome = Rejected
	case r.status == "BAD" || code == "PRIVACYREQUIRED" || code == "CANNOT" || faultsMechanism(r.text):
		a.outcome, a.unclear = Mechanism, r.status == "BAD" && !faultsMechanism(r.text)
	default:
		a.outcome = Rejected
	}
	return a
}

// judgePOP3 reads the reply to AUTH, USER or PASS by its response code (RFC 2449
// section 8, RFC 3206) and, where there is none, by its text.
func judgePOP3(ok bool, line string) attempt {
	a := attempt{reply: line}
	_, rest, _ := strings.Cut(line, " ")
	_, code, _ := parseStatus("- " + rest)
	code = strings.ToUpper(code)
	a.refused = code == "AUTH"
	switch {
	case ok:
		a.outcome = Accepted
	case code == "LOGIN-DELAY" || tooMany(line) || lockedOut(line):
		a.outcome = Throttled
	case code == "SYS/TEMP" || code == "IN-USE" || containsAny(line, "another session", "mailbox locked", "maildrop locked", "temporary problem"):
		a.outcome = Temporary
	case brokeExchange(rest):
		a.outcome = Mechanism
	case a.refused || faultsCredentials(rest):
		a.outcome = Rejected
	case faultsMechanism(rest):
		a.outcome = Mechanism
	default:
		a.outcome = Rejected
	}
	return a
}

// tooMany recognises a limit by the words that servers have for it.
func tooMany(reply string) bool {
	return containsAny(reply, "too many", "rate limit", "throttl", "too fast", "too often",
		"maximum number of connections", "maximum login attempts", "attempts exceeded")
}

// faultsCredentials recognises a rejection by its words or its enhanced status
// code (RFC 4954 section 6), whatever the basic code: some servers answer a wrong
// password as if the command were wrong, and each such answer counts against the
// account. Words that speak of the mechanism alone are none, such as those for
// one that is not known or for base64 that cannot be read.
func faultsCredentials(text string) bool {
	switch {
	case containsAny(text, "base64", "base 64", "unrecognized authentication", "unrecognised authentication", "unknown authentication",
		"unsupported", "not supported", "not implemented", "unknown mechanism", "unknown command"):
		return false
	case containsAny(text, "5.7.8", "password", "credential", "invalid user", "unknown user", "no such user", "login failed", "login failure", "logon failure",
		"login incorrect", "not authenticated"):
		return true
	}
	return containsAny(text, "auth") && containsAny(text, "fail", "invalid login", "rejected", "denied", "incorrect")
}

// brokeExchange recognises the words of the Cyrus SASL library, in Cyrus and in
// Postfix, for an exchange that it could not follow: with SCRAM and a channel
// binding of another type than its own, for one. The password was not looked at,
// whatever code stands before the words.
func brokeExchange(reply string) bool { return containsAny(reply, "bad protocol / cancel") }

// lockedOut recognises an account that is locked, switched off or held back. Whatever is tried next, at
// whichever server, keeps it locked for longer.
func lockedOut(reply string) bool {
	return containsAny(reply, "account is locked", "account locked", "account has been locked", "temporarily locked",
		"user locked", "locked out", "temporarily blocked", "account is blocked", "account blocked", "suspended",
		"account disabled", "account is disabled", "account has been disabled", "user disabled", "user is disabled",
		"web browser", "webalert", "5.7.14")
}

// faultsMechanism recognises the words by which a server says that it does not
// know a command or a mechanism, where the protocol has no code for that.
func faultsMechanism(text string) bool {
	return containsAny(text, "mechanism", "base64", "unsupported", "not supported", "unknown command", "invalid command", "unrecognized command",
		"unrecognised command", "command not", "not implemented", "unknown auth", "syntax error")
}

func containsAny(text string, fragments ...string) bool {
	text = strings.ToLower(text)
	for _, f := range fragments {
		if strings.Contains(text, f) {
			return true
		}
	}
	return false
}

// failure says what came of an attempt, with the server's words. The reply must
// be clean. It is nil for one that was accepted or never judged.
func (a attempt) failure(reply, kind string) *mail.Failure {
	var class mail.Class
	var meaning string
	switch a.outcome {
	case Rejected:
		class, meaning = mail.AuthRejected, "the server refuses the "+kind
		if kind == ofPassword {
			meaning = "the server refuses the user name or the password"
		}
	case Mechanism:
		class, meaning = mail.AuthUnavailable, "the server does not accept this way to sign in"
	case Unavailable:
		class, meaning = mail.AuthUnavailable, "there is no way to sign in"
	case Temporary:
		class, meaning = mail.AuthTemporary, "the server cannot check the "+kind+" now"
	case Throttled:
		class, meaning = mail.AuthTemporary, "the server lets nobody sign in for now"
		if a.refused {
			class = mail.AuthRejected
		}
	case Impostor:
		class, meaning = mail.ProtocolFault, "the server does not prove that it knows the password"
	case Intercepted:
		class, meaning = mail.ProtocolFault, "the server sees another TLS session than this one"
	case Accepted, Failed:
		return nil
	}
	return &mail.Failure{Class: class, Detail: meaning + ": " + reply}
}
