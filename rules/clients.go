package rules

import (
	"cmp"
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// SimulateClients says what each mail program would find for the domain and
// choose by itself, from what this run saw, and which records and documents are
// missing so that each finds the right settings. Places that the run did not
// ask are said to be "not asked here". Like [Judge] it is pure: the same facts
// give the same answer.
func SimulateClients(f Facts) ([]mail.Program, []mail.Publication) {
	x := newIndex(f)
	x.judgeRoles(x.choose())
	var list []mail.Program
	for _, p := range programs() {
		list = append(list, x.simulate(p))
	}
	return list, x.publications()
}

// microsoft365 is how the list of providers calls it.
const microsoft365 = "microsoft365"

// A search is one program on its way from place to place.
type search struct {
	program
	steps    []mail.ProgramStep
	taken    map[mail.Role]statement
	settled  map[group]bool // groups of which one place has said something
	overHTTP bool
	several  bool // a document names several servers for one task
	inferred bool // a place behind the MX host was taken
}

// simulate sends a program to its places until it has both servers.
func (x *index) simulate(p program) mail.Program {
	s := &search{program: p, taken: map[mail.Role]statement{}, settled: map[group]bool{}}
	for _, place := range p.places {
		for _, seen := range x.look(place, x.Target.Domain) {
			if len(s.taken) < 2 && !s.settled[seen.group] {
				s.visit(x, seen)
			}
		}
	}
	return s.result(x)
}

// visit reads what stands at one place, and takes what the program would take.
func (s *search) visit(x *index, seen sight) {
	step := mail.ProgramStep{Place: seen.place, Outcome: seen.outcome, Evidence: seen.evidence}
	usable, why := s.read(seen)
	if why != "" {
		step.Outcome += "; " + why
	}
	chosen := map[mail.Role]statement{}
	for _, role := range []mail.Role{mail.Incoming, mail.Outgoing} {
		if _, have := s.taken[role]; have {
			continue
		}
		if best, ok := s.pick(x, role, usable); ok {
			chosen[role] = best
		}
	}
	if lacking := s.lacking(chosen); s.whole && len(chosen) > 0 && lacking != "" {
		step.Outcome += "; passed over, since no server for " + lacking + " is there"
		chosen = nil
	}
	for role, c := range chosen {
		s.taken[role] = c
		s.several = s.several || s.ambiguous(role, usable)
	}
	if step.Taken = len(chosen) > 0; step.Taken {
		s.settled[seen.group] = seen.group != alone
		s.overHTTP = s.overHTTP || seen.overHTTP
		s.inferred = s.inferred || seen.kind == placeBehindMX
	}
	s.steps = append(s.steps, step)
}

// lacking names the task for which nothing was chosen, "" where both were.
func (s *search) lacking(chosen map[mail.Role]statement) string {
	_, incoming := chosen[mail.Incoming]
	_, outgoing := chosen[mail.Outgoing]
	switch {
	case !incoming:
		return "receiving"
	case !outgoing:
		return "sending"
	default:
		return ""
	}
}

// read gives the servers of a place that the program can use, and what it
// passes over. The rules for documents do not hold for DNS records and guesses.
func (s *search) read(seen sight) (usable []statement, why string) {
	usable = slices.DeleteFunc(slices.Clone(seen.found), func(st statement) bool {
		return !slices.Contains(s.protocol, st.candidate.Endpoint.Protocol)
	})
	if len(usable) == 0 || seen.kind != placePage && seen.kind != placeDirectory && seen.kind != placeBehindMX {
		return usable, ""
	}
	bare := func(st statement) bool { return st.candidate.Endpoint.Security == mail.None }
	nameless := func(st statement) bool { return st.claim.Username == "" && needsName(st.claim.Auth) }
	switch {
	case s.reading.xmlOnly && seen.media != "" && !isXML(seen.media):
		return nil, "passed over, since it is not served as XML"
	case s.reading.refusesPlain && slices.ContainsFunc(usable, bare):
		return nil, "passed over as a whole, since it names a server without encryption"
	}
	if s.reading.skipsPlain {
		usable = slices.DeleteFunc(usable, bare)
	}
	if s.reading.needsUsername && slices.ContainsFunc(usable, nameless) {
		return slices.DeleteFunc(usable, nameless), "servers without a user name are passed over"
	}
	return usable, ""
}

// needsName reports whether a way to sign in takes a user name.
func needsName(auth []string) bool {
	return !slices.Contains(auth, "none") && !slices.Contains(auth, "client-ip-address")
}

// pick gives the server that the program takes for a role. In what order they
// stand in a document is not known, so the best comes first.
func (s *search) pick(x *index, role mail.Role, usable []statement) (statement, bool) {
	of := slices.DeleteFunc(slices.Clone(usable), func(st statement) bool { return st.candidate.Role != role })
	slices.SortStableFunc(of, func(a, b statement) int {
		return cmp.Or(
			cmp.Compare(protocolRank(a.candidate), protocolRank(b.candidate)),
			compareEndpoints(a.candidate, b.candidate),
		)
	})
	if len(of) == 0 {
		return statement{}, false
	}
	if s.reading.tries {
		for _, st := range of {
			if !x.gone(x.serverAt(st.candidate.Endpoint)) {
				return st, true
			}
		}
	}
	return of[0], true
}

// ambiguous reports whether the order of servers in a document decides.
func (s *search) ambiguous(role mail.Role, usable []statement) bool {
	documented := func(st statement) bool {
		return st.candidate.Role == role && (st.claim.Source == mail.SourceAutoconfig || st.claim.Source == mail.SourceISPDB)
	}
	first := slices.IndexFunc(usable, documented)
	return first >= 0 && !s.reading.tries && slices.ContainsFunc(usable[first+1:], documented)
}

// result says what the program ends with.
func (s *search) result(x *index) mail.Program {
	p := mail.Program{Name: s.name, Steps: s.steps}
	for _, role := range []mail.Role{mail.Outgoing, mail.Incoming} {
		st, ok := s.taken[role]
		if !ok {
			continue
		}
		endpoint := st.candidate.Endpoint
		if role == mail.Incoming {
			p.Incoming = &endpoint
		} else {
			p.Outgoing = &endpoint
		}
		p.Source, p.Username = st.claim.Source, st.claim.Username
		if p.Username == "" && s.naming {
			p.Username = x.Target.Address
		}
	}
	p.Notes = append(s.surprises(x), s.notes...)
	return p
}

// surprises says what the user of the program would not expect.
func (s *search) surprises(x *index) []string {
	var notes []string
	note := func(when bool, text string) {
		if when {
			notes = append(notes, text)
		}
	}
	note(len(s.taken) == 0 && !s.blind(), s.nothing())
	note(s.exchange && x.autodiscoverLogin(), "The Autodiscover service of the domain wants a login, for which it may ask its user first.")
	note(len(s.taken) == 1, "It would find no server for "+s.lacking(s.taken)+"; its user has to type that in.")
	note(s.outlook && x.Provider != nil && x.Provider.ID == microsoft365, "Mailboxes at Microsoft 365 it sets up as Exchange accounts, without any of this.")
	note(s.overHTTP && !s.asks, "It takes these settings from an unencrypted http page without asking, although anybody on the way could have changed them.")
	note(s.overHTTP && s.asks, "The settings come from an unencrypted http page; it asks its user to confirm them.")
	note(s.inferred, "The settings are inferred from the MX record: the domain itself names no server.")
	note(s.several && !s.reading.last, "The document names several servers for one task; it takes the first one in the document, which may be another than shown.")
	note(s.several && s.reading.last, "The document names several servers for one task; it keeps the last one in the document, which may be another than shown.")
	for _, role := range []mail.Role{mail.Incoming, mail.Outgoing} {
		if st, ok := s.taken[role]; ok {
			notes = append(notes, x.serverSurprises(role, st)...)
		}
	}
	return notes
}

// blind reports whether the program looks only where mailmedic cannot.
func (s *search) blind() bool {
	return !slices.ContainsFunc(s.places, func(p place) bool { return p.kind != placeOwnList })
}

// nothing says that the program found nothing, as far as was asked here.
func (s *search) nothing() string {
	open := func(step mail.ProgramStep) bool {
		return slices.ContainsFunc([]string{"not asked here", "not tried here", "the DNS", "no answer"}, func(words string) bool {
			return strings.Contains(step.Outcome, words)
		})
	}
	last := s.steps[len(s.steps)-1]
	guesses := s.places[len(s.places)-1].kind == placeNames && open(last)
	switch others := slices.ContainsFunc(s.steps[:len(s.steps)-1], open); {
	case others:
		return "It would find nothing at the places that answered here; the others may have something."
	case guesses:
		return "It would find nothing published; whether servers answer under the usual names that it tries then, was not tried here."
	default:
		return "It would find nothing; its user has to type the servers in."
	}
}

// autodiscoverLogin reports whether an Autodiscover service of the domain wants a login.
func (x *index) autodiscoverLogin() bool {
	return slices.ContainsFunc(x.ownPages(), func(o mail.Observation) bool { return isAutodiscover(o) && o.Status == 401 })
}

// serverSurprises says what is wrong with a server that a program would take.
func (x *index) serverSurprises(role mail.Role, st statement) []string {
	e, at := st.candidate.Endpoint, x.serverAt(st.candidate.Endpoint)
	var notes []string
	if e.Security == mail.None {
		notes = append(notes, "It would connect to "+e.String()+" without encryption.")
	}
	if auth := st.claim.Auth; len(auth) > 0 && !slices.ContainsFunc(auth, func(m string) bool { return !takesToken(m) }) {
		notes = append(notes, "What it takes "+e.Host+" from lists OAuth 2.0 only, which mail programs can do only with providers that they know.")
	}
	switch {
	case x.gone(at), at.tested() && !x.canUse(at):
		notes = append(notes, "The server that it would use to "+taskOf([]mail.Role{role})+" mail, "+e.String()+", cannot be used.")
	case e.Protocol == mail.POP3:
		notes = append(notes, "It would fetch mail by POP3, which by default takes it away from the server.")
	}
	if host := x.preferredHost(role); host != "" && host != e.Host {
		notes = append(notes, "mailmedic would use "+mail.DisplayName(host)+" to "+taskOf([]mail.Role{role})+" mail instead of "+mail.DisplayName(e.Host)+".")
	}
	return notes
}

// asksFor gives the names of the programs that look at a place of a kind or with
// a URL, as they are written in the table.
func asksFor(match func(place) bool) []string {
	list := []string{}
	for _, p := range programs() {
		if slices.ContainsFunc(p.places, match) {
			list = append(list, p.name)
		}
	}
	return list
}

// isRecords matches SRV records of RFC 6186.
func isRecords(p place) bool { return p.kind == placeRecords }

// isPage matches a page by the template of its URL.
func isPage(templates ...string) func(place) bool {
	return func(p place) bool {
		return p.kind == placePage && slices.ContainsFunc(templates, func(t string) bool { return strings.EqualFold(t, p.at) })
	}
}
