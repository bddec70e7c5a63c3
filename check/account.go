package check

import (
	"slices"

	"github.com/mailmedic/mailmedic/mail"
)

// maxRejections and maxForms keep an account from being locked: so many
// rejected tries in a run, so many forms of the user name at a server.
const (
	maxRejections = 2
	maxForms      = 2
)

// login is one server at which the account may sign in.
type login struct {
	endpoint mail.Endpoint
	forms    []string // user names to try, best first
	explicit bool     // a source or the user names the forms, so that what another server taught is no use
	ready    bool     // the session is open, may have the secret, and waits
}

// try is one sign-in to be made.
type try struct {
	endpoint mail.Endpoint
	username string
}

// account plans the sign-ins of one account. It decides and does nothing: what
// was learned at one server serves all of them, and the budget is shared.
type account struct {
	learned   string // the form of the user name that a server accepted
	rejected  []try
	vain      int // tries that gave the secret away and taught nothing
	made      map[try]bool
	spent     map[mail.Endpoint]bool // nothing more is tried there
	running   int
	asking    []petition   // running tries that would go on
	further   map[try]bool // running tries that were let go on
	throttled bool         // a server asked to stop
	plainly   bool         // a server offers mechanisms that it has no passwords for, so others are taken everywhere
}

func newAccount() *account {
	return &account{made: map[try]bool{}, spent: map[mail.Endpoint]bool{}, further: map[try]bool{}}
}

// exhausted says why no further try may be made, or "".
func (a *account) exhausted() mail.Why {
	switch {
	case a.throttled:
		return mail.WhyThrottled
	case len(a.rejected) >= maxRejections, a.learned == "" && len(a.rejected)+a.vain >= maxRejections:
		return mail.WhyBudget
	default:
		return ""
	}
}

// width is how many tries may run at once: the first goes alone, later ones in
// parallel, but never more than could all be rejected within the budget.
func (a *account) width() int {
	if a.learned == "" {
		return 1
	}
	return maxRejections - len(a.rejected)
}

// next gives the try to start now, if any. The logins stand best first.
func (a *account) next(logins []login) (try, bool) {
	if a.exhausted() != "" || len(a.asking) > 0 || a.running+len(a.further) >= a.width() {
		return try{}, false
	}
	for _, l := range a.untriedRoleFirst(a.afterRejection(logins)) {
		if !l.ready || a.spent[l.endpoint] {
			continue
		}
		for _, form := range a.formsFor(l) {
			if t := (try{l.endpoint, form}); !a.made[t] {
				return t, true
			}
		}
	}
	return try{}, false
}

// formsFor is the one form that was learned, unless a source names others for this server.
func (a *account) formsFor(l login) []string {
	if a.learned == "" || l.explicit {
		return l.forms
	}
	return []string{a.learned}
}

// afterRejection keeps what may follow a first try that was rejected: another
// form at the same server where there is one (RFC 6186 section 4), else a
// server of the other role, which may judge otherwise. A second server
// of the same kind would only reject the same words again.
func (a *account) afterRejection(logins []login) []login {
	if a.learned != "" || len(a.rejected) == 0 {
		return logins
	}
	refused := a.rejected[0].endpoint
	return slices.DeleteFunc(slices.Clone(logins), func(l login) bool {
		if !a.spent[refused] {
			return l.endpoint != refused
		}
		return roleOf(l.endpoint) == roleOf(refused)
	})
}

// untriedRoleFirst puts the servers of a role where nothing was tried yet in
// front: that both reading and sending work is the answer, more ways are not.
func (a *account) untriedRoleFirst(logins []login) []login {
	late := func(l login) int {
		if a.triedRole(roleOf(l.endpoint)) {
			return 1
		}
		return 0
	}
	return slices.SortedStableFunc(slices.Values(logins), func(x, y login) int { return late(x) - late(y) })
}

func (a *account) triedRole(role mail.Role) bool {
	for t := range a.made {
		if roleOf(t.endpoint) == role {
			return true
		}
	}
	return false
}

func (a *account) triedAt(e mail.Endpoint) bool {
	for t := range a.made {
		if t.endpoint == e {
			return true
		}
	}
	return false
}

func (a *account) start(t try) {
	a.made[t] = true
	a.running++
}

func (a *account) accepted(t try) {
	a.end(t)
	if i := slices.Index(a.rejected, t); i >= 0 { // it was the mechanism, not the password
		a.rejected, a.plainly = slices.Delete(a.rejected, i, i+1), true
	}
	if a.learned == "" {
		a.learned = t.username
	}
}

// refused counts a rejected try. The server is not asked again, unless it is
// worth another form, or the same one in another way where the rejection is doubtful.
func (a *account) refused(t try, l login, doubtful bool) {
	a.rejected = append(a.rejected, t)
	a.end(t)
	if doubtful && len(a.rejected) < maxRejections {
		delete(a.made, t)
		a.spent[t.endpoint] = false
		return
	}
	if a.learned == "" && len(a.rejected) < maxRejections && len(l.forms) > 1 {
		a.spent[t.endpoint] = false
	}
}

// spend counts tries beyond the one that a server was to be given.
func (a *account) spend(t try, tries int) {
	for range tries {
		a.rejected = append(a.rejected, t)
	}
}

// failed ends a try that told nothing about the credentials. The server may all
// the same have counted it as one with a wrong password.
func (a *account) failed(t try) {
	a.vain++
	a.end(t)
}

func (a *account) end(t try) {
	a.running--
	a.spent[t.endpoint] = true
	delete(a.further, t)
	a.decide()
}

// A petition is a running try whose first answer may have been a rejection, and
// which would go on in another way.
type petition struct {
	try    try
	answer chan<- bool // takes one without being waited for
}

// petition takes in that a try would go on.
func (a *account) petition(p petition) {
	a.asking = append(a.asking, p)
	a.decide()
}

// decide answers the tries that would go on, once no other is under way whose
// end could matter: each of them may have cost one already.
func (a *account) decide() {
	if len(a.asking) < a.running {
		return
	}
	cost := len(a.rejected) + len(a.asking)
	if a.learned == "" {
		cost += a.vain
	}
	for _, p := range a.asking {
		granted := cost < maxRejections && !a.throttled
		if granted {
			cost++
			a.further[p.try] = true
		}
		p.answer <- granted
	}
	a.asking = nil
}

// userForms gives the user names to try at a server: the user's own choice, else
// what the sources say, most trusted first, else the address and then its local
// part (RFC 6186 section 4).
func userForms(chosen string, target mail.Target, claims []mail.Claim) (forms []string, explicit bool) {
	if chosen != "" {
		return []string{chosen}, true
	}
	for _, claim := range claims {
		if name := claim.Username; name != "" && !slices.Contains(forms, name) && len(forms) < maxForms {
			forms = append(forms, name)
		}
	}
	if len(forms) > 0 || target.Address == "" {
		return forms, len(forms) > 0
	}
	return []string{target.Address, target.LocalPart()}, false
}
