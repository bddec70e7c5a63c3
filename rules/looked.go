package rules

import (
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// lookedSummary is for a run that only looks up what is published. What the
// user named is no publication, and what nobody could answer is not known.
func (x *index) lookedSummary() string {
	receive, send := x.publishes(mail.Incoming), x.publishes(mail.Outgoing)
	pins := x.pins()
	places, _ := x.unheardFrom()
	places = slices.DeleteFunc(places, func(place string) bool { return strings.HasPrefix(place, "A ") }) // usual names publish nothing
	p := x.params(hit{params: params{"places": places, "pins": len(pins)}})
	known := len(x.unheardRoles()) == 0
	switch {
	case receive && send:
		return render("The settings of {domain} are published; no server was asked.", p)
	case !receive && !send && len(pins) > 0:
		return render(x.pinnedOnly(), p)
	case !receive && !send:
		return render("What {domain} publishes could not be found out[: no answer from {places}].", p)
	case len(pins) > 0:
		return render("Settings to "+mainTask(receive)+" mail of {domain} are published; {pins:one server is|other servers are} named by you. No server was asked.", p)
	case receive && known:
		return render("Settings to receive mail of {domain} are published, but none to send it; no server was asked.", p)
	case receive:
		return render("Settings to receive mail of {domain} are published; whether any to send it are could not be found out. No server was asked.", p)
	case known:
		return render("Settings to send mail of {domain} are published, but none to receive it; no server was asked.", p)
	default:
		return render("Settings to send mail of {domain} are published; whether any to receive it are could not be found out. No server was asked.", p)
	}
}

// pinnedOnly says that all that is known was named by the user.
func (x *index) pinnedOnly() string {
	const named = "The {pins:server is|servers are} named by you; "
	if x.searched() && len(x.unheard(mail.Incoming)) == 0 && len(x.unheard(mail.Outgoing)) == 0 {
		return named + "nobody publishes any for {domain}, and none was asked."
	}
	return named + "whether {domain} publishes any could not be found out, and none was asked."
}

func mainTask(receive bool) string {
	if receive {
		return "receive"
	}
	return "send"
}

// publishes reports whether somebody other than the user names a server for a role.
func (x *index) publishes(role mail.Role) bool {
	return slices.ContainsFunc(x.Candidates, func(c mail.Candidate) bool {
		return c.Role == role && !c.Guessed() && slices.ContainsFunc(c.Claims, func(claim mail.Claim) bool {
			return claim.Trust != mail.TrustUser && claim.Trust != mail.TrustGuess
		})
	})
}

// pins gives the servers that the user named, and nobody else.
func (x *index) pins() []*server {
	return slices.DeleteFunc(slices.Clone(x.servers), func(s *server) bool {
		return !slices.ContainsFunc(s.candidates, func(c mail.Candidate) bool {
			return c.Role != mail.MX && !slices.ContainsFunc(c.Claims, func(claim mail.Claim) bool { return claim.Trust != mail.TrustUser })
		})
	})
}

// guesses reports whether there are servers that have nothing but a usual name.
func (x *index) guesses() bool {
	return slices.ContainsFunc(x.Candidates, func(c mail.Candidate) bool { return c.Role != mail.MX && c.Guessed() })
}
