package rules

import (
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
		"NO TLS required to log in.":                                      "auth.needs-tls",
		"NO cleartext logins disabled":                                    "auth.needs-tls",
		"NO Too many open connections (12)":                               "auth.throttled",
		"432 4.7.12 A password transition is needed":                      "auth.password-expired",
		"535 5.7.13 User account disabled":                                "auth.account-disabled",
		"* BYE IMAP access disabled for this account.":                    "auth.imap-disabled",
		"-ERR POP3 access disabled":                                       "auth.imap-disabled",
		// Google
		"NO [ALERT] Application-specific password required: https://support.google.com/accounts/answer/185833 (Failure)": "auth.app-password",
		"534-5.7.9 Application-specific password required. 534 5.7.9 InvalidSecondFactor - gsmtp":                        "auth.app-password",
		"535-5.7.8 Username and Password not accepted. For more information, go to gsmtp":                                "",
		"NO [ALERT] Please log in via your web browser: https://support.google.com/mail/accounts/answer/78754 (Failure)": "auth.web-login",
		"NO [WEBALERT https://accounts.google.com/signin/continue] Web login required.":                                  "auth.web-login",
		"534-5.7.14 Please log in through your web browser and then try again.":                                          "auth.web-login",
		"NO [ALERT] Too many simultaneous connections. (Failure)":                                                        "auth.throttled",
		"454 4.7.0 Too many login attempts, please try again later.":                                                     "auth.throttled",
		// Microsoft
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
		"NO Incorrect username or password.":                                                              "",
	} {
		if got := signInMeaning(words); got != want {
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
	for _, known := range append(signInReplies(), greetingReplies()...) {
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
