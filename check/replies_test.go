package check_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mailmedic/mailmedic/check"
	"github.com/mailmedic/mailmedic/lab"
	"github.com/mailmedic/mailmedic/mail"
)

// A said is what a server of a known make says to somebody who signs in or
// sends, and the finding that follows from it.
type said struct {
	number int // of the case
	who    string
	at     string // imap, pop3, smtp: to the sign-in; MAIL, RCPT: to the envelope
	words  string
	means  string
}

// Numbers 64 to 104 are about signing in, 105 to 114 about the mailbox, 115 to
// 129 about sending. Those that are no server's words are shown elsewhere.
func saidByServers() []said {
	return []said{
		{64, "Dovecot", "imap", "NO [AUTHENTICATIONFAILED] Authentication failed.", "auth.rejected"},
		{64, "Dovecot", "pop3", "-ERR [AUTH] Authentication failed.", "auth.rejected"},
		{65, "Dovecot", "imap", "NO [UNAVAILABLE] Temporary authentication failure. [imap1:2026-11-22 12:00:00]", "auth.temporary"},
		{65, "Dovecot submission", "smtp", "454 4.7.0 Temporary authentication failure.", "auth.temporary"},
		{66, "Dovecot", "imap", "NO [PRIVACYREQUIRED] Cleartext authentication disallowed on non-secure (SSL/TLS) connections.", "auth.needs-tls"},
		{66, "RFC 4954", "smtp", "538 5.7.11 Encryption required for requested authentication mechanism", "auth.needs-tls"},
		{66, "Postfix", "smtp", "504 5.5.4 Encryption required for requested authentication mechanism", "auth.needs-tls"},
		{66, "any", "smtp", "530 5.7.0 Must issue a STARTTLS command first", "auth.needs-tls"},
		{66, "Cyrus", "imap", "NO Login only available under a layer", "auth.needs-tls"},
		{66, "Courier", "imap", "NO TLS required to log in.", "auth.needs-tls"},
		{66, "Zimbra", "imap", "NO cleartext logins disabled", "auth.needs-tls"},
		{67, "Dovecot", "imap", "NO [EXPIRED] Password expired", "auth.password-expired"},
		{67, "RFC 4954", "smtp", "432 4.7.12 A password transition is needed", "auth.password-expired"},
		{68, "Dovecot", "imap", "NO [CONTACTADMIN] Ask your administrator", "auth.account-disabled"},
		{68, "RFC 5248", "smtp", "535 5.7.13 User account disabled", "auth.account-disabled"},
		{68, "Dovecot", "imap", "NO [AUTHORIZATIONFAILED] Not for this service", "auth.account-disabled"},
		{69, "Dovecot", "imap", "NO [LIMIT] Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10)", "auth.throttled"},
		{69, "Dovecot", "imap", "NO [UNAVAILABLE] Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10)", "auth.throttled"},
		{70, "Postfix", "smtp", "535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6", "auth.rejected"},
		{70, "Postfix", "smtp", "454 4.7.0 Temporary authentication failure: Connection lost to authentication server", "auth.temporary"},
		{71, "Postfix", "smtp", "450 4.7.1 Error: too many AUTH commands from unknown[192.0.2.1]", "auth.throttled"},
		{72, "Exim", "smtp", "535 Incorrect authentication data", "auth.rejected"},
		{72, "Exim", "smtp", "435 Unable to authenticate at present", "auth.temporary"},
		{73, "Cyrus", "imap", "NO Login failed: authentication failure", "auth.rejected"},
		{73, "Cyrus", "imap", "NO Too many open connections (12)", "auth.throttled"},
		{73, "Cyrus", "pop3", "-ERR [LOGIN-DELAY] Logins must be at least 300 seconds apart", "auth.throttled"},
		{73, "Cyrus", "pop3", "-ERR [IN-USE] Unable to lock maildrop: Mailbox is locked by POP server", "auth.throttled"},
		{75, "Gmail", "imap", "NO [ALERT] Application-specific password required: https://support.google.com/accounts/answer/185833 (Failure)", "auth.app-password"},
		{75, "Gmail", "smtp", "534-5.7.9 Application-specific password required.\n534 5.7.9  https://support.google.com/mail/?p=InvalidSecondFactor - gsmtp", "auth.app-password"},
		{76, "Gmail", "imap", "NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)", "auth.rejected"},
		{76, "Gmail", "smtp", "535-5.7.8 Username and Password not accepted. For more information, go to\n535 5.7.8  https://support.google.com/mail/?p=BadCredentials - gsmtp", "auth.rejected"},
		{77, "Gmail", "imap", "NO [ALERT] Please log in via your web browser: https://support.google.com/mail/accounts/answer/78754 (Failure)", "auth.web-login"},
		{77, "Gmail", "imap", "NO [WEBALERT https://accounts.google.com/signin/continue] Web login required.", "auth.web-login"},
		{77, "Gmail", "smtp", "534-5.7.14 Please log in through your web browser and then try again.\n534 5.7.14 Learn more - gsmtp", "auth.web-login"},
		{78, "Gmail", "imap", "NO [ALERT] Too many simultaneous connections. (Failure)", "auth.throttled"},
		{79, "Gmail", "smtp", "454 4.7.0 Too many login attempts, please try again later.", "auth.throttled"},
		{81, "Gmail", "imap", "NO [ALERT] IMAP access is not allowed by your domain policy", "auth.imap-disabled"},
		{82, "Microsoft", "smtp", "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled for more information.", "auth.smtp-disabled"},
		{82, "Microsoft", "smtp", "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox. Visit https://aka.ms/smtp_auth_disabled for more information.", "auth.smtp-disabled"},
		{83, "Microsoft", "smtp", "535 5.7.139 Authentication unsuccessful, basic authentication is disabled.", "auth.oauth-only"},
		{83, "Microsoft", "smtp", "550 5.7.30 Basic authentication is not supported for Client Submission.", "auth.oauth-only"},
		{84, "Microsoft", "smtp", "535 5.7.139 Authentication unsuccessful, the user credentials were incorrect.", "auth.rejected"},
		{84, "Microsoft", "smtp", "535 5.7.139 Authentication unsuccessful, the request did not meet the criteria to be authenticated successfully. Contact your administrator.", "auth.blocked-by-policy"},
		{84, "Microsoft", "smtp", "535 5.7.139 Authentication unsuccessful, the account is locked. Contact your administrator.", "auth.locked-out"},
		{84, "Microsoft", "smtp", "535 5.7.3 Authentication unsuccessful", "auth.rejected"},
		{85, "Microsoft", "MAIL", "530 5.7.57 Client was not authenticated to send anonymous mail", "send.not-signed-in"},
		{86, "Microsoft", "imap", "NO AUTHENTICATE failed.", "auth.rejected"},
		{86, "Microsoft", "imap", "NO LOGIN failed.", "auth.rejected"},
		{86, "Microsoft", "pop3", "-ERR Logon failure: unknown user name or bad password.", "auth.rejected"},
		{87, "Microsoft", "imap", "BAD User is authenticated but not connected.", "auth.imap-disabled"},
		{88, "Microsoft", "imap", "BAD Request is throttled. Suggested Backoff Time: 299961 milliseconds", "auth.throttled"},
		{88, "Microsoft", "imap", "NO Server Unavailable. 15", "auth.temporary"},
		{91, "Yahoo", "smtp", "535 5.7.0 (#AUTH005) Too many bad auth attempts.", "auth.throttled"},
		{91, "Yahoo", "imap", "NO [AUTHENTICATIONFAILED] LOGIN Invalid credentials", "auth.rejected"},
		{91, "Yahoo", "imap", "NO [LIMIT] LOGIN Rate limit hit", "auth.throttled"},
		{92, "iCloud", "imap", "NO [AUTHENTICATIONFAILED] Authentication Failed", "auth.rejected"},
		{92, "iCloud", "smtp", "535 5.7.8 Error: authentication failed: authentication failure", "auth.rejected"},
		{93, "GMX", "imap", "NO authentication failed", "auth.rejected"},
		{93, "GMX", "pop3", "-ERR authentication failed", "auth.rejected"},
		{93, "GMX", "smtp", "535 Authentication credentials invalid", "auth.rejected"},
		{94, "QQ", "smtp", "535 Login Fail. Please enter your authorization code to login. More information in https://service.mail.example/", "auth.app-password"},
		{94, "QQ", "smtp", "535 Error: 请使用授权码登录", "auth.app-password"},
		{94, "QQ", "imap", "NO Login fail. Account is abnormal, service is not open, password is incorrect, login frequency limited", "auth.imap-disabled"},
		{95, "163", "imap", "NO LOGIN Unsafe Login. Please contact kefu@188.com for help", "auth.client-unknown"},
		{95, "163", "smtp", "535 Error: authentication failed", "auth.rejected"},
		{95, "163", "smtp", "550 User has no permission", "auth.imap-disabled"},
		{96, "Zoho", "imap", "NO [AUTHENTICATIONFAILED] Invalid credentials(Failure)", "auth.rejected"},
		{96, "Zoho", "imap", "NO You are yet to enable IMAP for your account. Please contact your administrator (Failure)", "auth.imap-disabled"},
		{97, "Yandex", "imap", "NO [AUTHENTICATIONFAILED] LOGIN invalid credentials or IMAP is disabled sc=abc", "auth.imap-disabled"},
		{97, "Yandex", "smtp", "535 5.7.8 Error: authentication failed: This user does not have access rights to this service", "auth.imap-disabled"},
		{98, "mail.ru", "smtp", "535 5.7.0 NEOBHODIM parol prilozheniya https://help.mail.ru/ / Application password is REQUIRED", "auth.app-password"},
		{99, "Fastmail", "imap", "NO Incorrect username or password.", "auth.rejected"},
		{103, "any", "smtp", "504 5.5.4 Unrecognized authentication type", "auth.no-mechanism"},
		{104, "any", "imap", "NO [REFERRAL imap://anna@imap2.words.example/] Specified user is invalid here", "auth.moved"},

		{105, "any", "RCPT", "452 4.2.2 Mailbox is full", "send.mailbox-full"},
		{105, "any", "RCPT", "552 5.2.2 The email account that you tried to reach is over quota", "send.mailbox-full"},
		{109, "any", "imap", "NO Account is temporarily unavailable.", "auth.temporary"},
		{109, "any", "imap", "NO [INUSE] Mailbox in use", "auth.temporary"},
		{110, "Gmail", "imap", "NO [ALERT] Account exceeded command or bandwidth limits. (Failure)", "auth.throttled"},
		{112, "any", "RCPT", "550 5.1.1 <anna@words.example>: Recipient address rejected: User unknown", "send.unknown-recipient"},
		{113, "Postgrey", "RCPT", "450 4.2.0 Greylisted, see http://postgrey.example/", "send.delayed"},
		{113, "any", "RCPT", "451 4.7.1 Greylisting in action, please come back later", "send.delayed"},

		{115, "Postfix", "RCPT", "554 5.7.1 <anna@words.example>: Relay access denied", "send.relay-denied"},
		{115, "Exim", "RCPT", "550 relay not permitted", "send.relay-denied"},
		{115, "Exchange", "RCPT", "550 5.7.64 TenantAttribution; Relay Access Denied", "send.relay-denied"},
		{115, "Exchange", "RCPT", "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain", "send.relay-denied"},
		{115, "Zoho", "MAIL", "553 Relaying disallowed as anna@words.example", "send.sender-refused"},
		{116, "Postfix", "MAIL", "553 5.7.1 <anna@words.example>: Sender address rejected: not owned by user anna", "send.sender-refused"},
		{116, "Exchange", "MAIL", "550 5.7.60 SMTP; Client does not have permissions to send as this sender", "send.sender-refused"},
		{116, "QQ", "MAIL", "501 mail from address must be same as authorization user", "send.sender-refused"},
		{116, "Yandex", "MAIL", "553 5.7.1 Sender address rejected: not owned by auth user.", "send.sender-refused"},
		{117, "any", "MAIL", "552 5.3.4 Message size exceeds fixed limit", "send.too-large"},
		{117, "Exchange", "MAIL", "552 5.2.3 Message too big", "send.too-large"},
		{118, "Gmail", "RCPT", "550 5.4.5 Daily user sending limit exceeded", "send.limit-reached"},
		{118, "Microsoft", "MAIL", "550 5.1.8 Access denied, bad outbound sender", "send.limit-reached"},
		{118, "Microsoft", "MAIL", "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException", "send.limit-reached"},
		{118, "Microsoft", "MAIL", "432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded", "send.limit-reached"},
		{118, "Postfix", "MAIL", "450 4.7.1 Error: too much mail from 192.0.2.1", "send.limit-reached"},
		{118, "any", "MAIL", "421 4.7.0 too many messages in this session", "send.limit-reached"},
		{119, "Gmail", "RCPT", "550 5.7.26 This mail has been blocked because the sender is unauthenticated.", "send.unauthenticated"},
		{119, "Microsoft", "RCPT", "550 5.7.509 Access denied, sending domain words.example does not pass DMARC verification", "send.unauthenticated"},
		{119, "Microsoft", "RCPT", "550 5.7.515 Access denied, sending domain does not meet the required authentication level", "send.unauthenticated"},
		{119, "Gmail", "RCPT", "550 5.7.25 The IP address sending this message does not have a PTR record", "send.no-reverse-name"},
		{120, "Yahoo", "MAIL", "421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume or user complaints", "send.slowed"},
		{120, "Gmail", "RCPT", "421 4.7.28 Our system has detected an unusual rate of mail", "send.slowed"},
		{120, "QQ", "MAIL", "550 Sender frequency limited", "send.slowed"},
		{121, "any", "RCPT", "550 5.7.1 Service unavailable; client [192.0.2.1] blocked using zen.spamhaus.org", "send.address-blocked"},
		{121, "Yahoo", "MAIL", "553 5.7.1 [BL21] Connections will not be accepted from 192.0.2.1", "send.address-blocked"},
		{121, "Microsoft", "MAIL", "550 5.7.606 Access denied, banned sending IP [192.0.2.1]", "send.address-blocked"},
		{121, "Microsoft", "MAIL", "550 5.7.511 Access denied, banned sender", "send.address-blocked"},
		{121, "iCloud", "MAIL", "550 5.7.0 [CS01] Message rejected due to local policy", "send.address-blocked"},
		{121, "iCloud", "MAIL", "554 5.7.0 [HM08] Message rejected due to local policy", "send.address-blocked"},
		{122, "Postfix", "RCPT", "450 4.7.1 Client host rejected: cannot find your hostname, [192.0.2.1]", "send.no-reverse-name"},
		{122, "any", "RCPT", "554 rDNS lookup failed", "send.no-reverse-name"},
		{123, "any", "RCPT", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found", "send.unknown-recipient"},
		{123, "Microsoft", "RCPT", "550 5.4.1 Recipient address rejected: Access denied", "send.unknown-recipient"},
		{124, "any", "MAIL", "451 4.3.0 Temporary lookup failure", "send.server-fault"},
		{124, "any", "MAIL", "452 4.3.1 insufficient system storage", "send.server-fault"},
		{124, "Postfix", "MAIL", "451 4.3.5 Server configuration error", "send.server-fault"},
		{126, "Exchange", "MAIL", "550 5.6.11 SMTPSEND.BareLinefeedsAreIllegal", "send.bare-newline"},
		{126, "Postfix", "MAIL", "550 5.5.2 Error: bare newline received", "send.bare-newline"},
		{127, "any", "MAIL", "553 5.6.7 Must declare SMTPUTF8 to send to this address", "send.needs-smtputf8"},

		// What nobody has words for: the enhanced code, then the code.
		{0, "unknown words", "smtp", "535 5.7.13 nope", "auth.account-disabled"},
		{0, "unknown words", "smtp", "454 nope", "auth.temporary"},
		{0, "unknown words", "smtp", "535 nope", "auth.rejected"},
		{0, "unknown words", "imap", "NO [NOPERM] nope", "auth.account-disabled"},
		{0, "unknown words", "MAIL", "552 5.2.2 nope", "send.mailbox-full"},
		{0, "unknown words", "MAIL", "450 nope", "send.delayed"},
		{0, "unknown words", "RCPT", "550 nope", "send.refused"},
	}
}

// Each reply is said by a server, over a socket, to somebody with the right password.
func TestEveryReplyHasAFindingWithAnOwnerAndAFix(t *testing.T) {
	t.Parallel()
	for _, s := range saidByServers() {
		t.Run(fmt.Sprintf("case %d, %s at %s, %s", s.number, s.who, s.at, s.means), func(t *testing.T) {
			t.Parallel()
			endpoint, reply := map[string]string{"imap": "imaps://mail.words.example:993", "pop3": "pop3s://mail.words.example:995"}[s.at], "auth_reply"
			switch s.at {
			case "MAIL":
				reply = "mail_reply"
			case "RCPT":
				reply = "rcpt_reply"
			}
			if endpoint == "" {
				endpoint = "smtps://mail.words.example:465"
			}
			w, err := lab.Parse("words", fmt.Appendf(nil, wordsWorld, endpoint, reply, s.words))
			if err != nil {
				t.Fatal(err)
			}
			r := probe(t, w, func(o *check.Options) {
				o.SignIn = &check.SignIn{Username: "anna@words.example", Secret: mail.NewSecret([]byte("correct horse"))}
			}, endpoint)
			for _, e := range r.events {
				if f := e.Finding; f != nil && f.ID == s.means {
					checkReply(t, s, *f)
					return
				}
			}
			t.Errorf("findings %v", r.findings())
		})
	}
}

// checkReply holds a finding to the server's own words.
func checkReply(t *testing.T, s said, f mail.Finding) {
	t.Helper()
	first, _, _ := strings.Cut(s.words, "\n")
	last := first[strings.LastIndexByte(first, ' ')+1:]
	if f.Owner == "" || f.Fix == "" || !strings.Contains(f.Detail, last) {
		t.Errorf("owner %q, fix %q, detail %q", f.Owner, f.Fix, f.Detail)
	}
}

const wordsWorld = `A server and what it says
-- zone --
$ORIGIN words.example.
@     MX 10 mail
mail  A  192.0.2.10
-- servers.toml --
[demo]
address = "anna@words.example"
[[account]]
user = "anna@words.example"
password = "correct horse"
[[server]]
endpoints = ["%s"]
mechanisms = ["PLAIN", "LOGIN"]
%s = '''
%s'''
`

// The numbers without a server's words, and where they are shown.
func TestNoReplyIsForgotten(t *testing.T) {
	t.Parallel()
	elsewhere := map[int]string{
		74: "the world user-name", 80: "package probe, the challenge of a refused token", 89: "the rules of known providers",
		90: "package probe, the mechanisms that are tried after PLAIN is faulted", 100: "the rules of known providers",
		101: "rule auth.odd-password", 102: "package oauth", 106: "rule pop3.deletes-mail", 107: "rules pop3.no-uidl and pop3.unstable-ids",
		108: "rule pop3.deletes-mail", 111: "rule conflict.mx-provider", 114: "the round trip of a message",
		125: "the round trip of a message", 128: "nothing is wrong at the server", 129: "the versions of TLS",
	}
	for number := 64; number <= 129; number++ {
		known := slices.ContainsFunc(saidByServers(), func(s said) bool { return s.number == number })
		if known == (elsewhere[number] != "") {
			t.Errorf("case %d: among the replies is %v, shown elsewhere: %q", number, known, elsewhere[number])
		}
	}
}
