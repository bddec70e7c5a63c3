package mail

import "strings"

// What mail programs call a password that the server gets to see, and one that
// it is only shown to be known.
const (
	NormalPassword    = "normal password"
	EncryptedPassword = "encrypted password"
)

// SignInWord gives the name that mail programs have for a mechanism (the IANA
// registry of SASL mechanisms, in lower case, and the POP3 commands "user" and
// "apop"), or the mechanism where they have none.
func SignInWord(mechanism string) string {
	switch {
	case mechanism == "plain", mechanism == "login", mechanism == "user":
		return NormalPassword
	case mechanism == "cram-md5", mechanism == "digest-md5", mechanism == "apop", strings.HasPrefix(mechanism, "scram-"):
		return EncryptedPassword
	case mechanism == "xoauth2", mechanism == "oauthbearer", mechanism == "oauth2":
		return "OAuth2"
	case mechanism == "gssapi":
		return "Kerberos"
	case mechanism == "ntlm":
		return "NTLM"
	case mechanism == "external":
		return "TLS certificate"
	}
	return mechanism
}
