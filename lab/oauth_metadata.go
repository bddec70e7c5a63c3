package lab

import (
	"net/http"
	"net/url"
	"strings"
)

// metadataPlace gives where the server describes itself, "" for nowhere.
func (i *issuer) metadataPlace() string {
	u, _ := url.Parse(i.Issuer) // validate has looked
	host, path := u.Scheme+"://"+u.Host, strings.TrimSuffix(u.EscapedPath(), "/")
	switch i.Metadata {
	case "none":
		return ""
	case "openid":
		return host + path + "/.well-known/openid-configuration"
	}
	return host + "/.well-known/oauth-authorization-server" + path // RFC 8414 section 3.1
}

// describe gives the metadata (RFC 8414 section 2).
func (i *issuer) describe(w http.ResponseWriter) {
	fields := map[string]any{
		"issuer": i.Issuer, "authorization_endpoint": i.endpoint("authorize"), "token_endpoint": i.endpoint("token"),
		"device_authorization_endpoint": i.endpoint("device"), "scopes_supported": i.Scopes,
		"response_types_supported": []string{"code"}, "code_challenge_methods_supported": []string{"S256"},
		"grant_types_supported":                          []string{"authorization_code", deviceGrant},
		"authorization_response_iss_parameter_supported": true,
	}
	switch i.Fault {
	case "no-device":
		delete(fields, "device_authorization_endpoint")
	case "wrong-issuer":
		fields["issuer"] = "https://somebody-else.example"
	case "cleartext":
		fields["token_endpoint"] = strings.Replace(i.endpoint("token"), "https://", "http://", 1)
	}
	answer(w, http.StatusOK, fields)
}
