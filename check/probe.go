package check

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/mailmedic/mailmedic/discover"
	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

// ProbeTimeout bounds a whole run of [Probe]. It is longer than that of [Run]:
// who asks a server by name wants its answer, however slow it is.
const ProbeTimeout = 60 * time.Second

// Probe asks the servers that a user names and emits the same stream as [Run].
// An endpoint without a port names a host alone: which of its ports are meant
// follows from its name, or is every standard port where Options.AllPorts says
// so. A port that nobody named and that does not answer breaks nothing, as long
// as another port of its host does.
//
// Nothing is discovered and nothing guessed, and the run ends when every server
// has had its say. With a sign-in the user name must be given, and the rules of
// the account are those of Run; the hosts are the user's own choice and may have
// the secret.
func Probe(ctx context.Context, named []mail.Endpoint, o Options, emit func(mail.Event)) mail.Closing {
	if o.Timeout == 0 && o.SendTest == nil {
		o.Timeout = ProbeTimeout
	}
	c := newConductor(ctx, begin("probe", probeTarget(named), o, emit))
	c.published = true // there is no source to wait for
	l := c.listing(named)
	why := c.loop(ctx, c.advanceProbe, c.finishedProbe)
	c.run.cancel()
	c.cutProbes(why)
	c.cutSurveys(why)
	c.strike(l)
	c.compareResolvers(ctx)
	return c.finish(ctx, discover.Result{})
}

func (c *conductor) advanceProbe() {
	if c.run.Err() != nil {
		return
	}
	c.grant()
	for _, candidate := range c.book.candidateList() {
		c.probe(candidate.Endpoint)
	}
	c.askFurther()
	c.askControls()
	c.signIn()
	if c.o.Survey {
		c.survey()
	}
}

func (c *conductor) finishedProbe() bool {
	return c.run.Err() != nil || !c.probing() && !c.asksFurther() && c.controls.pending == 0 && !c.surveying()
}

// probeTarget says what a run is about: what the user typed, and the domain
// that all hosts belong to, where there is one.
func probeTarget(named []mail.Endpoint) mail.Target {
	var input []string
	var target mail.Target
	for i, e := range named {
		input = append(input, nameOf(e))
		switch domain := wire.OrganisationalDomain(e.Host); {
		case i == 0:
			target.Domain = domain
		case domain != target.Domain:
			target.Domain = ""
		}
	}
	target.Input = strings.Join(input, " ")
	return target
}

// nameOf gives the text form of what a user named.
func nameOf(e mail.Endpoint) string {
	if e.Port == 0 {
		return e.Host
	}
	return e.String()
}

// A listing is what was made of the user's words: the endpoints of which only
// the host was named.
type listing map[mail.Endpoint]bool

// listing enters what is to be asked into the book, and tells what the user
// named word for word. The other ports are told once it is known that they are used.
func (c *conductor) listing(named []mail.Endpoint) listing {
	l := listing{}
	username := ""
	if c.o.SignIn != nil {
		username = c.o.SignIn.Username
	}
	enter := func(e mail.Endpoint) mail.Candidate {
		candidate := mail.Candidate{
			Endpoint: e, Role: e.Role(), Proof: mail.Published,
			Claims: []mail.Claim{{Source: mail.SourceUser, Trust: mail.TrustUser, Username: username}},
		}
		c.book.addCandidate(candidate)
		return candidate
	}
	for _, e := range named {
		if e.Port != 0 {
			candidate := enter(e)
			c.emit(mail.Event{Candidate: &candidate})
		}
	}
	for _, e := range named {
		if e.Port != 0 {
			continue
		}
		for _, std := range portsOf(e.Host, c.o.AllPorts) {
			each := mail.Endpoint{Protocol: std.Protocol, Security: std.Security, Host: e.Host, Port: std.Port}
			if !slices.Contains(named, each) {
				enter(each)
				l[each] = true
			}
		}
	}
	return l
}

// strike takes the ports out of the book that nobody named and that are not
// used, on hosts that answer on another one.
func (c *conductor) strike(l listing) {
	answers := map[string]bool{} // hosts
	for _, candidate := range c.book.candidateList() {
		if e := candidate.Endpoint; c.book.proof(e).Rank() >= mail.Reachable.Rank() {
			answers[e.Host] = true
		}
	}
	for e := range l {
		if answers[e.Host] && c.book.proof(e).Rank() < mail.Reachable.Rank() {
			c.book.removeCandidate(candidateKey{e.Role(), e})
		}
	}
}

// portsOf gives the ports to ask of a host that is named without one. A first
// label such as imap, pop3, smtp-auth or mx1 says what the host is for; of any
// other the ports are asked that mail programs should use, which are those of
// implicit TLS and the one for submission that is as common (RFC 8314 section 3.3).
func portsOf(host string, all bool) []mail.StandardPort {
	label := host[:len(host)-len(strings.TrimLeft(host, "abcdefghijklmnopqrstuvwxyz"))]
	return slices.DeleteFunc(mail.StandardPorts(), func(std mail.StandardPort) bool {
		switch {
		case all:
			return false
		case label == "imap":
			return std.Protocol != mail.IMAP
		case label == "pop":
			return std.Protocol != mail.POP3
		case label == "smtp":
			return std.Protocol != mail.SMTP || std.Port == 25
		case label == "mx":
			return std.Port != 25
		default:
			return std.Security != mail.TLS && std.Port != 587
		}
	})
}
