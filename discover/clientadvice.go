package discover

import (
	"strconv"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// popXML is what an autoconfig document advises about POP3.
type popXML struct {
	Leave  []string `xml:"leaveMessagesOnServer"`
	Days   []string `xml:"daysToLeaveMessagesOnServer"`
	Delete []struct {
		Days string `xml:"days,attr"`
	} `xml:"deleteByAgeFromServer"`
	OnBiff []string `xml:"downloadOnBiff"`
}

// maxDays bounds for how many days messages may be left on a server; more is a
// slip of the keyboard.
const maxDays = 36500

// leaveOnServer reads what becomes of messages that POP3 has fetched.
func (x serverXML) leaveOnServer(which string, n *notes) *mail.LeaveOnServer {
	if len(x.POP3) == 0 || x.protocol() != mail.POP3 {
		return nil
	}
	pop := x.POP3[0]
	if strings.EqualFold(first(pop.OnBiff), "true") {
		n.add("%s: programs are told to fetch new messages at once", which)
	}
	advice := mail.LeaveOnServer{Leave: truth(first(pop.Leave))}
	days := first(pop.Days)
	if days == "" && len(pop.Delete) > 0 {
		days = pop.Delete[0].Days
	}
	if number, err := strconv.ParseUint(days, 10, 31); err == nil && number > 0 && number <= maxDays {
		advice.Days = int(number)
	} else if days != "" && days != "0" {
		n.add("%s: %s is not a number of days", which, quote(days))
	}
	if advice == (mail.LeaveOnServer{}) {
		return nil
	}
	return &advice
}

func truth(text string) mail.Fact {
	switch strings.ToLower(text) {
	case "true":
		return mail.Yes
	case "false":
		return mail.No
	}
	return mail.NotKnown
}

// oauthXML is where tokens come from.
type oauthXML struct {
	Issuer []string `xml:"issuer"`
	Scope  []string `xml:"scope"`
	Auth   []string `xml:"authURL"`
	Token  []string `xml:"tokenURL"`
}

// maxScopes bounds the scopes that are kept.
const maxScopes = 32

// readOAuth reads the first section about OAuth 2.0 that says anything.
func (c *content) readOAuth(list []oauthXML) {
	if len(list) > 1 {
		c.notes.add("more than one section oAuth2; the first counts")
	}
	if len(list) == 0 {
		return
	}
	x := list[0]
	oauth := mail.OAuth{Issuer: plainText(first(x.Issuer)), AuthURL: secureURL(first(x.Auth)), TokenURL: secureURL(first(x.Token))}
	for _, scope := range strings.Fields(first(x.Scope)) {
		if scope = plainText(scope); scope != "" && len(oauth.Scopes) < maxScopes {
			oauth.Scopes = append(oauth.Scopes, c.grantedScope(scope))
		}
	}
	if oauth.Issuer != "" || oauth.AuthURL != "" || oauth.TokenURL != "" || len(oauth.Scopes) > 0 {
		c.oauth = &oauth
	}
}

// grantedScope gives the scope that the authorization server really grants.
// Microsoft knows the resource of mail access by another host than the one that
// the ISPDB names, and answers invalid_scope to that.
func (c *content) grantedScope(scope string) string {
	const published, granted = "https://outlook.office365.com/", "https://outlook.office.com/"
	right, ok := strings.CutPrefix(scope, published)
	if !ok {
		return scope
	}
	c.notes.add("OAuth 2.0: the document says %s for the scopes, Microsoft grants them for %s", published, granted)
	return granted + right
}

// secureURL gives the address of an https page, and "" for what is none.
func secureURL(text string) string {
	if page := webURL(text); strings.HasPrefix(page, "https://") {
		return page
	}
	return ""
}
