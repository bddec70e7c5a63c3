package discover

import (
	"net/url"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

// standInUser is whom a server is asked about that must not learn the user's
// address, or where none is known. Every domain that has mail has this mailbox
// (RFC 5321 section 4.5.1), and it says nothing about the user.
const standInUser = "postmaster"

func standIn(domain string) string { return standInUser + "@" + domain }

// accountName turns the user name that a server gave for one address into the
// user's own. What cannot be turned is dropped and said so.
func accountName(name, asked string, t mail.Target, n *notes) string {
	switch {
	case name == "" || strings.Contains(name, "%") || strings.EqualFold(asked, t.Address):
		return name
	case strings.EqualFold(name, asked):
		return fillIn("%EMAILADDRESS%", t)
	case strings.EqualFold(name, localPart(asked)):
		return fillIn("%EMAILLOCALPART%", t)
	}
	n.add("for %s the user name is %s; the user's own may follow another rule", asked, quote(name))
	return ""
}

// strayedWith reports whether the last place of a fetch was told an address
// that the first one was not.
func strayedWith(fetched wire.Fetched, address string) bool {
	if fetched.FinalURL == nil || len(fetched.Observation.Redirects) == 0 {
		return false
	}
	text, err := url.QueryUnescape(fetched.FinalURL.String())
	return err == nil && strings.Contains(text, address)
}

func localPart(address string) string {
	return address[:max(0, strings.LastIndexByte(address, '@'))]
}
