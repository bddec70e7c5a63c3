package oauth

import (
	"slices"
	"strings"
	"testing"
)

func TestWhichScopesAreAboutMail(t *testing.T) {
	t.Parallel()
	list := strings.Fields("openid email profile https://mail.google.com/ https://www.googleapis.com/auth/userinfo.email offline_access " +
		"https://outlook.office.com/POP.AccessAsUser.All mail-w mail:imap_full mail.imap https://www.fastmail.com/dev/protocol-pop " +
		"urn:ietf:params:oauth:scope:mail urn:ietf:params:oauth:scope:contacts https://email.comcast.net/ https://outlook.office.com/SMTP.Send")
	want := strings.Fields("https://mail.google.com/ https://outlook.office.com/POP.AccessAsUser.All mail-w mail:imap_full mail.imap " +
		"https://www.fastmail.com/dev/protocol-pop urn:ietf:params:oauth:scope:mail https://email.comcast.net/ https://outlook.office.com/SMTP.Send")
	if got := MailScopes(list); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if got := WithoutRefresh([]string{"mail", "offline_access"}); !slices.Equal(got, []string{"mail"}) {
		t.Errorf("got %q", got)
	}
}

func TestWhichMailScopesWereNotGranted(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ asked, granted, lacking string }{
		"all":                        {"https://mail.google.com/ openid", "openid https://mail.google.com/", ""},
		"without the final slash":    {"https://mail.google.com/", "https://mail.google.com", ""},
		"the box was not ticked":     {"https://mail.google.com/", "openid", "https://mail.google.com/"},
		"another host of Microsoft":  {"https://outlook.office.com/IMAP.AccessAsUser.All", "https://outlook.office365.com/imap.accessasuser.all", ""},
		"without the host":           {"https://outlook.office.com/SMTP.Send", "SMTP.Send", ""},
		"receiving and not sending":  {"mail:imap_full mail:smtp", "mail:imap_full", "mail:smtp"},
		"hosts alone are no scope":   {"https://mail.google.com/", "https://mail.example.com/", "https://mail.google.com/"},
		"nothing about mail was due": {"openid", "", ""},
	} {
		if got := Lacking(strings.Fields(c.asked), strings.Fields(c.granted)); strings.Join(got, " ") != c.lacking {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestARefusalHasAdviceByItsWordsThenByItsCode(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		refusal Refusal
		title   string
		actor   string
	}{
		"declined":                     {Refusal{Code: "access_denied"}, "declined", actorUser},
		"an administrator has to":      {Refusal{Code: "invalid_grant", Description: "AADSTS65001: The user or administrator has not consented"}, "has not agreed", actorAdmin},
		"a public client with secret":  {Refusal{Code: "invalid_client", Description: "AADSTS7000218: The request body must contain client_assertion or client_secret"}, "as one with a secret", actorOwner},
		"the clock":                    {Refusal{Code: "invalid_grant", Description: "Bad Request"}, "any more", actorUser},
		"the redirect":                 {Refusal{Code: "invalid_request", Description: "redirect_uri does not match"}, "redirect", actorOwner},
		"the client":                   {Refusal{Code: "invalid_client"}, "client id", actorUser},
		"this client is not let":       {Refusal{Code: "unauthorized_client"}, "may not be used", actorOwner},
		"the code ran out":             {Refusal{Code: "expired_token"}, "in time", actorUser},
		"consent":                      {Refusal{Code: "consent_required"}, "has not agreed", actorAdmin},
		"a word that nobody knows":     {Refusal{Code: "out_of_cheese", Status: 400}, "gives no token", actorThem},
		"a fault without words":        {Refusal{Status: 502}, "fault of its own", actorThem},
		"upper case, as some write it": {Refusal{Code: "ACCESS_DENIED"}, "declined", actorUser},
	} {
		if got := c.refusal.Advice(); !strings.Contains(got.Title, c.title) || got.Actor != c.actor || got.Fix == "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
