package rules

import (
	"slices"
	"strings"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

// Facts are all that is known of one run.
type Facts struct {
	Target       mail.Target
	Now          time.Time      // by which certificates are judged
	SignIn       bool           // a secret or a certificate was given and signing in was wanted
	Token        bool           // the secret is an OAuth 2.0 access token, not a password
	Oddity       mail.Oddity    // what of the password may be why it is rejected
	Certificate  bool           // a certificate of the client was given
	Secretless   bool           // and nothing else
	Insecure     bool           // the certificate rule was lifted for this run
	Discovered   bool           // the rule about hosts that nobody vouches for was lifted
	Provider     *mail.Provider // what is built in about the provider, by domain or by MX; nil where it is not known
	Candidates   []mail.Candidate
	Observations []mail.Observation // where two have one ID, the later one counts
	NotChecked   []mail.NotChecked
	Interrupted  bool
	Unsent       string // why a test message that was asked for was not sent, "" where none was, or an observation says it
}

// An index is Facts made ready to be asked questions.
type index struct {
	Facts
	byID       map[string]mail.Observation
	ordered    []mail.Observation // each ID once, in the order of IDs, but for further
	further    []mail.Observation // what further resolvers say to questions that one has answered
	controlled []mail.Observation // what was seen of control hosts
	servers    []*server          // the endpoints of the candidates, in the order of Compare
	controls   []*server          // the control hosts that were asked, in the order of their names; nobody names them as servers
	usable     map[mail.Role]bool // whether a role has a setting that can be used
	state      map[mail.Role]mail.State
	rejected   *mail.Observation // the account's credentials were rejected, and accepted nowhere
	explained  map[*server]bool  // the servers that a finding about an error speaks of
	path       path              // what stands between this computer and the servers
	cutHere    bool              // a role is broken only because this network lets nobody through
}

func newIndex(f Facts) *index {
	x := &index{
		Facts: f, byID: map[string]mail.Observation{}, explained: map[*server]bool{},
		usable: map[mail.Role]bool{}, state: map[mail.Role]mail.State{},
	}
	x.Candidates = slices.SortedFunc(slices.Values(f.Candidates), Compare)
	for _, o := range f.Observations {
		x.byID[o.ID] = o
	}
	for _, o := range x.byID {
		switch {
		case o.Control:
			x.controlled = append(x.controlled, o)
		case isFurther(o):
			x.further = append(x.further, o)
		default:
			x.ordered = append(x.ordered, o)
		}
	}
	for _, list := range [][]mail.Observation{x.controlled, x.ordered, x.further} {
		slices.SortFunc(list, func(a, b mail.Observation) int { return strings.Compare(a.ID, b.ID) })
	}
	x.servers = serversOf(x.Candidates, x.ordered)
	x.controls = controlsOf(x.controlled)
	x.markUnroutable()
	x.rejected = x.rejectedAccount()
	x.findPath()
	return x
}

// ofKind gives the observations of a kind, in the order of their IDs.
func (x *index) ofKind(kind mail.Kind) []mail.Observation {
	var found []mail.Observation
	for _, o := range x.ordered {
		if o.Kind == kind {
			found = append(found, o)
		}
	}
	return found
}

// dns gives the answer to one question; qtype is in lower case.
func (x *index) dns(qtype, name string) (mail.Observation, bool) {
	o, ok := x.byID[qtype+":"+name]
	return o, ok && o.Kind == mail.KindDNS
}

// dnsClass gives the failure class of the answer to one question, "" for an
// answer with records and for a question that was not asked.
func (x *index) dnsClass(qtype, name string) mail.Class {
	o, _ := x.dns(qtype, name)
	return failureClass(o)
}

// serverAt gives the server of a candidate's endpoint.
func (x *index) serverAt(e mail.Endpoint) *server {
	return x.servers[slices.IndexFunc(x.servers, func(s *server) bool { return s.endpoint == e })]
}

// serversIn gives the servers that are named for a role.
func (x *index) serversIn(role mail.Role) []*server {
	var found []*server
	for _, s := range x.servers {
		if s.in(role) {
			found = append(found, s)
		}
	}
	return found
}

// serversWhere gives the servers that a rule about settings may blame, as far as match holds.
func (x *index) serversWhere(match func(*server) bool) []*server {
	var found []*server
	for _, s := range x.servers {
		if s.concerns() && !x.moot(s) && match(s) {
			found = append(found, s)
		}
	}
	return found
}

// asked reports whether the run was about a role. A run that only asks servers
// which the user named, without a look at the domain, is about their roles alone.
func (x *index) asked(role mail.Role) bool {
	return !x.namedOnly() || len(x.serversIn(role)) > 0
}

// namedOnly reports whether the user named all servers and no domain was looked at.
func (x *index) namedOnly() bool {
	if x.askedDomain() || len(x.Candidates) == 0 {
		return false
	}
	for _, c := range x.Candidates {
		if c.Trust() != mail.TrustUser {
			return false
		}
	}
	return true
}

// failureClass gives the class of the failure of o, and "" where nothing failed.
func failureClass(o mail.Observation) mail.Class {
	if o.Failure == nil {
		return ""
	}
	return o.Failure.Class
}
