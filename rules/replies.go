package rules

import (
	"slices"
	"strings"
)

// A reply says what it means when a server's words hold all the fragments.
// Whole sentences are never matched: servers change and translate them.
type reply struct {
	fragments []string // lower case; all of them must be there
	means     string   // the id of a rule
}

// greetingReplies tells refusals in a greeting apart. What providers say of
// themselves was last looked at in 2026-11.
func greetingReplies() []reply {
	return []reply{
		{[]string{"block list"}, "server.address-blocked"},
		{[]string{"blocklist"}, "server.address-blocked"},
		{[]string{"blacklist"}, "server.address-blocked"},
		{[]string{"listed at"}, "server.address-blocked"},
		{[]string{"is listed"}, "server.address-blocked"},
		{[]string{"access", "has been rejected"}, "server.address-blocked"},
		{[]string{"spamhaus"}, "server.address-blocked"},
		{[]string{"blocked using"}, "server.address-blocked"},
		{[]string{"poor reputation"}, "server.address-blocked"},
		{[]string{"5.7.1", "access denied"}, "server.address-blocked"},
		{[]string{"too many"}, "server.too-many-connections"},
		{[]string{"all server ports are busy"}, "server.too-many-connections"},
		{[]string{"too much load"}, "server.too-many-connections"},
		{[]string{"connection limit"}, "server.too-many-connections"},
		{[]string{"maximum number of connections"}, "server.too-many-connections"},
		{[]string{"connection rate"}, "server.too-many-connections"},
		{[]string{"try again later"}, "server.too-many-connections"},
		{[]string{"throttl"}, "server.too-many-connections"},
		{[]string{"mail_max_userip_connections"}, "server.too-many-connections"},
	}
}

// signInReplies tells refused sign-ins apart, the particular before the
// general. What providers say of themselves was last looked at in 2026-11.
func signInReplies() []reply {
	return []reply{
		// Microsoft 365 and Exchange
		{[]string{"smtpclientauthentication is disabled"}, "auth.smtp-disabled"},
		{[]string{"smtp_auth_disabled"}, "auth.smtp-disabled"},
		{[]string{"basic authentication is disabled"}, "auth.oauth-only"},
		{[]string{"basic authentication is not supported"}, "auth.oauth-only"},
		{[]string{"5.7.139", "locked"}, "auth.locked-out"},
		{[]string{"did not meet the criteria"}, "auth.blocked-by-policy"},
		{[]string{"user is authenticated but not connected"}, "auth.imap-disabled"},
		{[]string{"suggested backoff time"}, "auth.throttled"},
		{[]string{"connection closed. 14"}, "auth.temporary"},

		// Google
		{[]string{"application-specific password"}, "auth.app-password"},
		{[]string{"invalidsecondfactor"}, "auth.app-password"},
		{[]string{"log in via your web browser"}, "auth.web-login"},
		{[]string{"log in with your web browser"}, "auth.web-login"},
		{[]string{"[webalert"}, "auth.web-login"},
		{[]string{"534", "5.7.14"}, "auth.web-login"},
		{[]string{"too many simultaneous connections"}, "auth.throttled"},
		{[]string{"too many login attempts"}, "auth.throttled"},
		{[]string{"imap access is not allowed"}, "auth.imap-disabled"},
		{[]string{"not enabled for imap"}, "auth.imap-disabled"},
		{[]string{"domain policy"}, "auth.imap-disabled"},
		{[]string{"servicedisabled"}, "auth.imap-disabled"},
		{[]string{"bandwidth"}, "auth.throttled"},

		// Yahoo, Apple, mail.ru, Tencent, NetEase, Yandex, Zoho
		{[]string{"app-specific password"}, "auth.app-password"},
		{[]string{"application password is required"}, "auth.app-password"},
		{[]string{"neobhodim parol prilozheniya"}, "auth.app-password"},
		{[]string{"app password"}, "auth.app-password"},
		{[]string{"authorization code"}, "auth.app-password"},
		{[]string{"授权码"}, "auth.app-password"},
		{[]string{"auth005"}, "auth.throttled"},
		{[]string{"rate limit"}, "auth.throttled"},
		{[]string{"unsafe login"}, "auth.client-unknown"},
		{[]string{"service is not open"}, "auth.imap-disabled"},
		{[]string{"access rights to this service"}, "auth.imap-disabled"},
		{[]string{"yet to enable imap"}, "auth.imap-disabled"},
		{[]string{"user has no permission"}, "auth.imap-disabled"},
		{[]string{"or imap is disabled"}, "auth.imap-disabled"},

		// Dovecot, Courier, Cyrus, Zimbra, Postfix, Exim
		{[]string{"imap access", "disabled"}, "auth.imap-disabled"},
		{[]string{"pop3 access", "disabled"}, "auth.imap-disabled"},
		{[]string{"imap access", "not enabled"}, "auth.imap-disabled"},
		{[]string{"pop3 access", "not enabled"}, "auth.imap-disabled"},
		{[]string{"imap is disabled for"}, "auth.imap-disabled"},
		{[]string{"[expired]"}, "auth.password-expired"},
		{[]string{"4.7.12"}, "auth.password-expired"},
		{[]string{"password expired"}, "auth.password-expired"},
		{[]string{"password has expired"}, "auth.password-expired"},
		{[]string{"[contactadmin]"}, "auth.account-disabled"},
		{[]string{"[authorizationfailed]"}, "auth.account-disabled"},
		{[]string{"account disabled"}, "auth.account-disabled"},
		{[]string{"account is disabled"}, "auth.account-disabled"},
		{[]string{"account suspended"}, "auth.account-disabled"},
		{[]string{"account has been suspended"}, "auth.account-disabled"},
		{[]string{"user disabled"}, "auth.account-disabled"},
		{[]string{"account locked"}, "auth.locked-out"},
		{[]string{"account is locked"}, "auth.locked-out"},
		{[]string{"temporarily locked"}, "auth.locked-out"},
		{[]string{"temporarily blocked"}, "auth.locked-out"},
		{[]string{"mail_max_userip_connections"}, "auth.throttled"},
		{[]string{"too many auth"}, "auth.throttled"},
		{[]string{"too many bad auth"}, "auth.throttled"},
		{[]string{"too many failed"}, "auth.throttled"},
		{[]string{"too many invalid"}, "auth.throttled"},
		{[]string{"too many open connections"}, "auth.throttled"},
		{[]string{"too many connections"}, "auth.throttled"},
		{[]string{"[limit]"}, "auth.throttled"},
		{[]string{"[login-delay"}, "auth.throttled"},
		{[]string{"[in-use]"}, "auth.throttled"},
		{[]string{"throttled"}, "auth.throttled"},
		{[]string{"[privacyrequired]"}, "auth.needs-tls"},
		{[]string{"cleartext authentication disallowed"}, "auth.needs-tls"},
		{[]string{"plaintext authentication disallowed"}, "auth.needs-tls"},
		{[]string{"must issue a starttls"}, "auth.needs-tls"},
		{[]string{"5.7.11"}, "auth.needs-tls"},
		{[]string{"encryption required"}, "auth.needs-tls"},
		{[]string{"only available under a layer"}, "auth.needs-tls"},
		{[]string{"encryption needed to use mechanism"}, "auth.needs-tls"},
		{[]string{"tls required to log in"}, "auth.needs-tls"},
		{[]string{"starttls required"}, "auth.needs-tls"},
		{[]string{"cleartext logins disabled"}, "auth.needs-tls"},
		{[]string{"[referral"}, "auth.moved"},
		{[]string{"login-referral"}, "auth.moved"},
		{[]string{"maintenance"}, "auth.temporary"},
		{[]string{"[unavailable]"}, "auth.temporary"},
		{[]string{"[sys/temp]"}, "auth.temporary"},
		{[]string{"temporary problem"}, "auth.temporary"},
		{[]string{"temporary authentication failure"}, "auth.temporary"},
		{[]string{"unable to authenticate at present"}, "auth.temporary"},
		{[]string{"server unavailable"}, "auth.temporary"},
		{[]string{"temporarily unavailable"}, "auth.temporary"},
	}
}

// meaning gives the rule that the words of a server stand for, "" where they are not known.
func meaning(words string, known []reply) string {
	words = strings.ToLower(words)
	for _, r := range known {
		if !slices.ContainsFunc(r.fragments, func(f string) bool { return !strings.Contains(words, f) }) {
			return r.means
		}
	}
	return ""
}

func greetingMeaning(words string) string { return meaning(words, greetingReplies()) }

func signInMeaning(words string) string { return meaning(words, signInReplies()) }

// NameMayBeWrong reports whether a server that refused a sign-in with these words
// may know the user by another name: it does not say what else the reason is.
func NameMayBeWrong(words string) bool { return signInMeaning(words) == "" && signInCode(words) == "" }

// mailboxReplies tells apart what a server says of a mailbox after a sign-in.
func mailboxReplies() []reply {
	return []reply{
		{[]string{"overquota"}, "mailbox.full"},
		{[]string{"over quota"}, "mailbox.full"},
		{[]string{"over its quota"}, "mailbox.full"},
		{[]string{"quota exceeded"}, "mailbox.full"},
		{[]string{"exceeded", "quota"}, "mailbox.full"},
		{[]string{"mailbox is full"}, "mailbox.full"},
		{[]string{"mailbox full"}, "mailbox.full"},
		{[]string{"session expired"}, "auth.temporary"}, // Google, after too much was fetched in a day
		{[]string{"maildrop", "lock"}, "auth.throttled"},
	}
}

func mailboxMeaning(words string) string { return meaning(words, mailboxReplies()) }
