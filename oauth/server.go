package oauth

import (
	"fmt"
	"net/url"
	"slices"
)

// Server is an authorization server.
type Server struct {
	Issuer    string // its name, RFC 8414 section 2; empty where nobody says it
	Authorize string // URL of the authorization endpoint; empty where it has none
	Token     string // URL of the token endpoint
	Device    string // URL of the device authorization endpoint, RFC 8628; empty where it has none

	Scopes       []string // that its description lists; not all of them have to be about mail
	BasicOnly    bool     // a client's secret is taken in the Authorization header only
	NamesItself  bool     // its redirects name the issuer, RFC 9207
	LacksS256    bool     // it says how it verifies PKCE, and S256 is not among that
	LacksCode    bool     // it says what it answers with, and a code is not among that
	LacksDevices bool     // it says which grants it has, and that of devices is not among them
}

// CanBrowse says why the flow with a browser is not possible, "" if it may be.
func (s Server) CanBrowse() string {
	switch {
	case s.Authorize == "" || s.Token == "":
		return "no authorization endpoint is known"
	case s.LacksCode:
		return "it gives no authorization codes"
	case s.LacksS256:
		return "it cannot verify PKCE with S256 (RFC 7636), so that a code could be used by others"
	}
	return ""
}

// CanDevice says why the device flow is not possible, "" if it may be.
func (s Server) CanDevice() string {
	switch {
	case s.Device == "" || s.Token == "":
		return "no device authorization endpoint is known"
	case s.LacksDevices:
		return "it does not list the grant of RFC 8628"
	}
	return ""
}

// Hosts gives the distinct hosts that learn the client id, or that a person is
// sent to, in the order in which they are met.
func (s Server) Hosts() []string {
	var hosts []string
	for _, at := range []string{s.Authorize, s.Device, s.Token} {
		if u, err := url.Parse(at); err == nil && u.Hostname() != "" && !slices.Contains(hosts, u.Hostname()) {
			hosts = append(hosts, u.Hostname())
		}
	}
	return hosts
}

// CheckURL refuses what is no absolute https URL without user, query and
// fragment, which an issuer has to be (RFC 8414 section 2); an endpoint may have
// a query (RFC 6749 section 3.1).
func CheckURL(text string, mayQuery bool) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		return fmt.Errorf("%q is no web address", text)
	case u.Scheme != "https":
		return fmt.Errorf("%q is not https", text)
	case u.User != nil || u.Fragment != "" || (u.RawQuery != "" || u.ForceQuery) && !mayQuery:
		return fmt.Errorf("%q has parts that it may not have", text)
	}
	return nil
}
