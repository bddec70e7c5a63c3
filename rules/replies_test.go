package rules

import (
	"slices"
	"strings"
	"testing"
)

func TestServersWordsForARefusedSignIn(t *testing.T) {
	t.Parallel()
	for words, want := range map[string]string{
		// Dovecot
		"NO [AUTHENTICATIONFAILED] Authentication failed.":                                                      "",
		"NO [UNAVAILABLE] Temporary authentication failure. [imap1:2026-11-22 12:00:00]":                        "auth.temporary",
		"NO [PRIVACYREQUIRED] Cleartext authentication disallowed on non-secure (SSL/TLS) connections.":         "auth.needs-tls",
		"NO [EXPIRED] Password expired":                                                                         "auth.password-expired",
		"NO [CONTACTADMIN] ask somebody":                                                                        "auth.account-disabled",
		"NO [AUTHORIZATIONFAILED] not here":                                                                     "auth.account-disabled",
		"NO [LIMIT] Maximum number of connections":                                                              "auth.throttled",
		"NO [UNAVAILABLE] Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10)": "auth.throttled",
		"-ERR [IN-USE] Unable to lock maildrop":                                                                 "auth.throttled",
		"-ERR [SYS/TEMP] Temporary trouble":                                                                     "auth.temporary",
		"-ERR [LOGIN-DELAY] minimum time between sessions":                                                      "auth.throttled",
		// Postfix, Exim, Cyrus, Courier, Zimbra
		"535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6":            "",
		"454 4.7.0 Temporary authentication failure: Connection lost":     "auth.temporary",
		"450 4.7.1 Error: too many AUTH commands from unknown[192.0.2.1]": "auth.throttled",
		"535 Incorrect authentication data":                               "",
		"435 Unable to authenticate at present":                           "auth.temporary",
		"538 5.7.11 Encryption required for requested authentication":     "auth.needs-tls",
		"530 5.7.0 Must issue a STARTTLS command first":                   "auth.needs-tls",
		"NO Login only available under a layer":                           "auth.needs-tls",
		"-ERR [AUTH] authenticating: encryption needed to use mechanism":  "auth.needs-tls",
		"-ERR TLS required to log in.":                                    "auth.needs-tls",
		"NO STARTTLS required":                                            "auth.needs-tls",
		"BYE Temporary problem, please try again later":                   "auth.temporary",
		"NO TLS required to log in.":                                      "auth.needs-tls",
		"NO cleartext logins disabled":                                    "auth.needs-tls",
		"NO Too many open connections (12)":                               "auth.throttled",
		"432 4.7.12 A password transition is needed":                      "auth.password-expired",
		"535 5.7.13 User account disabled":                                "auth.account-disabled",
		"* BYE IMAP access disabled for this account.":                    "auth.imap-disabled",
		"-ERR POP3 access disabled":                                       "auth.imap-disabled",
		"-ERR [SYS/PERM] POP3 access is not enabled for this account":     "auth.imap-disabled",
		"NO [AUTHORIZATIONFAILED] IMAP access is disabled for anna":       "auth.imap-disabled",
		// Google
		"NO [ALERT] Application-specific password required: https://support.google.com/accounts/answer/185833 (Failure)": "auth.app-password",
		"534-5.7.9 Application-specific password required. 534 5.7.9 InvalidSecondFactor - gsmtp":                        "auth.app-password",
		"535-5.7.8 Username and Password not accepted. For more information, go to gsmtp":                                "",
		"NO [ALERT] Please log in via your web browser: https://support.google.com/mail/accounts/answer/78754 (Failure)": "auth.web-login",
		"NO [WEBALERT https://accounts.google.com/signin/continue] Web login required.":                                  "auth.web-login",
		"534-5.7.14 Please log in through your web browser and then try again.":                                          "auth.web-login",
		"NO [ALERT] Too many simultaneous connections. (Failure)":                                                        "auth.throttled",
		"454 4.7.0 Too many login attempts, please try again later.":                                                     "auth.throttled",
		"NO [ALERT] Your account is not enabled for IMAP use. (Failure)":                                                 "auth.imap-disabled",
		"NO [ALERT] Account exceeded command or bandwidth limits. (Failure)":                                             "auth.throttled",
		"NO [ALERT] IMAP access is disabled by your domain policy":                                                       "auth.imap-disabled",
		"NO [ALERT] This server is undergoing maintenance":                                                               "auth.temporary",
		"NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)":                                                        "",
		"NO [REFERRAL imap://anna@imap2.example.org/] Specified user is invalid":                                         "auth.moved",
		// Microsoft
		"BYE Connection closed. 14":                              "auth.temporary",
		"-ERR Logon failure: unknown user name or bad password.": "",
		"535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled": "auth.smtp-disabled",
		"535 5.7.139 Authentication unsuccessful, basic authentication is disabled.":                                                            "auth.oauth-only",
		"550 5.7.30 Basic authentication is not supported for Client Submission.":                                                               "auth.oauth-only",
		"535 5.7.139 Authentication unsuccessful, the user credentials were incorrect.":                                                         "",
		"535 5.7.139 Authentication unsuccessful, the request did not meet the criteria to be authenticated successfully.":                      "auth.blocked-by-policy",
		"535 5.7.139 Authentication unsuccessful, account is locked":                                                                            "auth.locked-out",
		"535 5.7.3 Authentication unsuccessful":                                                                                                 "",
		"NO AUTHENTICATE failed.":                                                                                                               "",
		"BAD User is authenticated but not connected.":                                                                                          "auth.imap-disabled",
		"BAD Request is throttled. Suggested Backoff Time: 299961 milliseconds":                                                                 "auth.throttled",
		"NO Server Unavailable. 15":                                                                                                             "auth.temporary",
		// others
		"535 5.7.0 (#AUTH005) Too many bad auth attempts":                                                 "auth.throttled",
		"NO [LIMIT] LOGIN Rate limit hit":                                                                 "auth.throttled",
		"535 5.7.0 NEOBHODIM parol prilozheniya https://help.mail.ru/ / Application password is REQUIRED": "auth.app-password",
		"535 Login Fail. Please enter your authorization code to login.":                                  "auth.app-password",
		"535 Error: 请使用授权码登录":                                                                             "auth.app-password",
		"NO Login fail. Account is abnormal, service is not open, password is incorrect":                  "auth.imap-disabled",
		"NO SELECT Unsafe Login. Please contact kefu@188.com for help":                                    "auth.client-unknown",
		"550 User has no permission":                                                                      "auth.imap-disabled",
		"NO You are yet to enable IMAP for your account.":                                                 "auth.imap-disabled",
		"535 5.7.8 Error: authentication failed: This user does not have access rights to this service":   "auth.imap-disabled",
		"NO authentication failed":                                                                        "",
		"NO [AUTHENTICATIONFAILED] LOGIN invalid credentials or IMAP is disabled sc=abc":                  "auth.imap-disabled",
		"535 Authentication credentials invalid":                                                          "",
		"-ERR Account is temporarily unavailable.":                                                        "auth.temporary",
		"NO Incorrect username or password.":                                                              "",
	} {
		if got := signInMeaning(words); got != want {
			t.Errorf("%q: got %q, want %q", words, got, want)
		}
	}
}

// What nobody has words for is told by its codes, and what has none by its class.
func TestCodesOfARefusedSignIn(t *testing.T) {
	t.Parallel()
	for words, want := range map[string]string{
		"432 4.7.12 nope":                "auth.password-expired",
		"432 nope":                       "auth.password-expired",
		"535 5.7.13 nope":                "auth.account-disabled",
		"538 5.7.11 nope":                "auth.needs-tls",
		"534 5.7.9 nope":                 "auth.blocked-by-policy",
		"534-5.7.9 nope 534 5.7.9 still": "auth.blocked-by-policy",
		"454 4.7.0 nope":                 "auth.temporary",
		"454 nope":                       "auth.temporary",
		"535 5.7.8 nope":                 "",
		"500 5.5.6 nope":                 "",
		"NO [NOPERM] nope":               "auth.account-disabled",
		"NO [SERVERBUG] nope":            "auth.temporary",
		"NO [INUSE] nope":                "auth.temporary",
		"-ERR [SYS/PERM] nope":           "auth.temporary",
		"NO nope":                        "",
		"":                               "",
		"4545 nope":                      "",
	} {
		if got := signInCode(words); got != want {
			t.Errorf("%q: got %q, want %q", words, got, want)
		}
	}
}

func TestServersWordsForARefusedEnvelope(t *testing.T) {
	t.Parallel()
	for words, want := range map[string][2]string{ // at MAIL, at RCPT
		"554 5.7.1 <bob@example.net>: Relay access denied":                             {"send.relay-denied", "send.relay-denied"},
		"550 relay not permitted":                                                      {"send.relay-denied", "send.relay-denied"},
		"550 5.7.64 TenantAttribution; Relay Access Denied":                            {"send.relay-denied", "send.relay-denied"},
		"550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain":            {"send.relay-denied", "send.relay-denied"},
		"553 Relaying disallowed as anna@example.org":                                  {"send.sender-refused", "send.sender-refused"},
		"553 5.7.1 <anna@example.org>: Sender address rejected: not owned by user bob": {"send.sender-refused", "send.sender-refused"},
		"550 5.7.60 SMTP; Client does not have permissions to send as this sender":     {"send.sender-refused", "send.sender-refused"},
		"501 mail from address must be same as authorization user":                     {"send.sender-refused", "send.sender-refused"},
		"553 5.7.1 Sender address rejected: not owned by auth user.":                   {"send.sender-refused", "send.sender-refused"},
		"552 5.3.4 Message size exceeds fixed limit":                                   {"send.too-large", "send.too-large"},
		"552 5.2.3 nope": {"send.too-large", "send.too-large"},
		"550 5.4.5 Daily user sending limit exceeded":                                                {"send.limit-reached", "send.limit-reached"},
		"550 5.1.8 Access denied, bad outbound sender":                                               {"send.limit-reached", "send.limit-reached"},
		"554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException":                   {"send.limit-reached", "send.limit-reached"},
		"432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded":                              {"send.limit-reached", "send.limit-reached"},
		"450 4.7.1 Error: too much mail from 192.0.2.1":                                              {"send.limit-reached", "send.limit-reached"},
		"421 4.7.0 too many messages":                                                                {"send.limit-reached", "send.limit-reached"},
		"550 Sender frequency limited":                                                               {"send.slowed", "send.slowed"},
		"451 4.3.0 nope":                                                                             {"send.server-fault", "send.server-fault"},
		"452 4.3.1 insufficient system storage":                                                      {"send.server-fault", "send.server-fault"},
		"451 4.6.0 Alias expansion error":                                                            {"send.server-fault", "send.server-fault"},
		"451 4.3.5 Server configuration error":                                                       {"send.server-fault", "send.server-fault"},
		"550 5.1.1 <anna@example.org>: Recipient address rejected: User unknown in local recipients": {"send.unknown-recipient", "send.unknown-recipient"},
		"550 5.1.10 RESOLVER.ADR.RecipientNotFound":                                                  {"send.unknown-recipient", "send.unknown-recipient"},
		"452 4.2.2 nope": {"send.mailbox-full", "send.mailbox-full"},
		"552 5.2.2 The email account is over quota":                      {"send.mailbox-full", "send.mailbox-full"},
		"450 4.2.0 Greylisted, see http://postgrey.example/":             {"send.delayed", "send.delayed"},
		"451 4.7.1 Greylisting in action, please come back later":        {"send.delayed", "send.delayed"},
		"530 5.7.57 Client was not authenticated to send anonymous mail": {"send.not-signed-in", "send.not-signed-in"},
		"530 5.7.0 nope": {"send.not-signed-in", "send.not-signed-in"},
		"550 5.7.1 nope": {"send.sender-refused", "send.relay-denied"},
		"450 nope":       {"send.delayed", "send.delayed"},
		"550 nope":       {"send.refused", "send.refused"},
		"nope":           {"send.refused", "send.refused"},
	} {
		if got := [2]string{sendMeaning(words, true), sendMeaning(words, false)}; got != want {
			t.Errorf("%q: got %q, want %q", words, got, want)
		}
	}
}

func TestServersWordsForARefusedConnection(t *testing.T) {
	t.Parallel()
	for words, want := range map[string]string{
		"421 4.7.0 mail.example.org Error: too many connections from 192.0.2.1":                                                "server.too-many-connections",
		"421 4.3.2 All server ports are busy":                                                                                  "server.too-many-connections",
		"421 Too much load; please try again later.":                                                                           "server.too-many-connections",
		"* BYE Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10)":                           "server.too-many-connections",
		"554-example.org (mxeue011) Nemesis ESMTP Service not available\n554-No SMTP service\n554 IP address is block listed.": "server.address-blocked",
		"550 5.7.1 Service unavailable; client [192.0.2.1] blocked using zen.spamhaus.org":                                     "server.address-blocked",
		"554 No SMTP service here":      "",
		"521 this host accepts no mail": "",
	} {
		if got := greetingMeaning(words); got != want {
			t.Errorf("%q: got %q, want %q", words, got, want)
		}
	}
}

func TestRepliesAreWellFormed(t *testing.T) {
	t.Parallel()
	for _, known := range slices.Concat(signInReplies(), greetingReplies(), sendReplies()) {
		if len(known.fragments) == 0 {
			t.Errorf("%s: a reply without a fragment means everything", known.means)
		}
		for _, f := range known.fragments {
			if f == "" || strings.ToLower(f) != f {
				t.Errorf("%s: the fragment %q can never be found", known.means, f)
			}
		}
		found := false
		for _, r := range ruleBook() {
			found = found || r.id == known.means
		}
		if !found {
			t.Errorf("%q means %s, which is no rule", known.fragments, known.means)
		}
	}
}
