package check

import (
	"slices"
	"testing"

	"github.com/mailmedic/mailmedic/mail"
)

func at(text string) mail.Endpoint {
	e, err := mail.ParseEndpoint(text)
	if err != nil {
		panic(err)
	}
	return e
}

// outcomes of one try, as a story tells them.
const (
	accept = "accept"
	reject = "reject"
	broken = "broken"
	slow   = "throttled"
	doubt  = "doubt" // rejected, perhaps for the mechanism's sake
)

// TestTheBudgetOfAnAccount plays stories: which servers are ready, how each
// answers, and which tries follow in which order.
func TestTheBudgetOfAnAccount(t *testing.T) {
	t.Parallel()
	imaps, imap, pop, smtps := at("imaps://i.example:993"), at("imap+starttls://i.example:143"), at("pop3s://p.example:995"), at("smtps://s.example:465")
	both := []string{"anna@a.example", "anna"}
	for name, story := range map[string]struct {
		logins  []login
		answers map[try]string
		then    map[try]string // to the second of the same tries
		want    []try
		why     mail.Why
	}{
		"all accept the address": {
			logins:  []login{{imaps, both, false, true}, {imap, both, false, true}, {smtps, both, false, true}},
			answers: map[try]string{{imaps, "anna@a.example"}: accept, {imap, "anna@a.example"}: accept, {smtps, "anna@a.example"}: accept},
			want:    []try{{imaps, "anna@a.example"}, {smtps, "anna@a.example"}, {imap, "anna@a.example"}},
		},
		"the local part is what the server wants, and the others learn it": {
			logins:  []login{{imaps, both, false, true}, {smtps, both, false, true}},
			answers: map[try]string{{imaps, "anna@a.example"}: reject, {imaps, "anna"}: accept, {smtps, "anna"}: accept},
			want:    []try{{imaps, "anna@a.example"}, {imaps, "anna"}, {smtps, "anna"}},
		},
		"a wrong password costs two tries where no source names the form": {
			logins:  []login{{imaps, both, false, true}, {imap, both, false, true}, {smtps, both, false, true}},
			answers: map[try]string{{imaps, "anna@a.example"}: reject, {imaps, "anna"}: reject},
			want:    []try{{imaps, "anna@a.example"}, {imaps, "anna"}},
			why:     mail.WhyBudget,
		},
		"a wrong password is told by both roles where the form is known": {
			logins:  []login{{imaps, both[:1], true, true}, {imap, both[:1], true, true}, {pop, both[:1], true, true}, {smtps, both[:1], true, true}},
			answers: map[try]string{{imaps, "anna@a.example"}: reject, {smtps, "anna@a.example"}: reject},
			want:    []try{{imaps, "anna@a.example"}, {smtps, "anna@a.example"}},
			why:     mail.WhyBudget,
		},
		"a source names another user name for sending": {
			logins:  []login{{imaps, both[:1], true, true}, {smtps, []string{"out-anna"}, true, true}},
			answers: map[try]string{{imaps, "anna@a.example"}: accept, {smtps, "out-anna"}: accept},
			want:    []try{{imaps, "anna@a.example"}, {smtps, "out-anna"}},
		},
		"a server has no passwords for the mechanism that it offers": {
			logins:  []login{{imaps, both, false, true}, {smtps, both, false, true}},
			answers: map[try]string{{imaps, "anna@a.example"}: doubt, {smtps, "anna@a.example"}: accept},
			then:    map[try]string{{imaps, "anna@a.example"}: accept},
			want:    []try{{imaps, "anna@a.example"}, {imaps, "anna@a.example"}, {smtps, "anna@a.example"}},
		},
		"a doubtful rejection and a clear one use up the budget": {
			logins:  []login{{imaps, both, false, true}, {smtps, both, false, true}},
			answers: map[try]string{{imaps, "anna@a.example"}: doubt},
			then:    map[try]string{{imaps, "anna@a.example"}: reject},
			want:    []try{{imaps, "anna@a.example"}, {imaps, "anna@a.example"}},
			why:     mail.WhyBudget,
		},
		"a server that is out of order teaches nothing and costs nothing": {
			logins:  []login{{imaps, both, false, true}, {pop, both, false, true}},
			answers: map[try]string{{imaps, "anna@a.example"}: broken, {pop, "anna@a.example"}: accept},
			want:    []try{{imaps, "anna@a.example"}, {pop, "anna@a.example"}},
		},
		"a throttled account is left alone": {
			logins:  []login{{imaps, both, false, true}, {smtps, both, false, true}},
			answers: map[try]string{{imaps, "anna@a.example"}: slow},
			want:    []try{{imaps, "anna@a.example"}},
			why:     mail.WhyThrottled,
		},
		"a host that may not have the secret is passed over": {
			logins:  []login{{imaps, both, false, false}, {smtps, both, false, true}},
			answers: map[try]string{{smtps, "anna@a.example"}: accept},
			want:    []try{{smtps, "anna@a.example"}},
		},
		"sending is refused everywhere after reading was accepted": {
			logins: []login{{imaps, both[:1], true, true}, {smtps, both[:1], true, true}, {pop, both[:1], true, true}},
			answers: map[try]string{
				{imaps, "anna@a.example"}: accept, {smtps, "anna@a.example"}: reject, {pop, "anna@a.example"}: reject,
			},
			want: []try{{imaps, "anna@a.example"}, {smtps, "anna@a.example"}, {pop, "anna@a.example"}},
			why:  mail.WhyBudget,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount()
			var made []try
			for next, ok := a.next(story.logins); ok; next, ok = a.next(story.logins) {
				made = append(made, next)
				a.start(next)
				answer := story.answers[next]
				if again, second := story.then[next]; second && slices.Contains(made[:len(made)-1], next) {
					answer = again
				}
				settleTry(t, a, next, story.logins, answer)
			}
			if !slices.Equal(made, story.want) {
				t.Errorf("tries %v, want %v", made, story.want)
			}
			if a.exhausted() != story.why {
				t.Errorf("exhausted %q, want %q", a.exhausted(), story.why)
			}
		})
	}
}

func settleTry(t *testing.T, a *account, made try, logins []login, answer string) {
	t.Helper()
	switch answer {
	case accept:
		a.accepted(made)
	case reject, doubt:
		i := slices.IndexFunc(logins, func(l login) bool { return l.endpoint == made.endpoint })
		a.refused(made, logins[i], answer == doubt)
	case broken:
		a.failed(made)
	case slow:
		a.failed(made)
		a.throttled = true
	default:
		t.Fatalf("the story has no answer to %v", made)
	}
}

func TestTheFirstTryGoesAloneAndTheOthersNeverOverdrawTheBudget(t *testing.T) {
	t.Parallel()
	var logins []login
	for _, text := range []string{"imaps://a.example", "imaps://b.example", "pop3s://c.example", "smtps://d.example"} {
		logins = append(logins, login{at(text), []string{"anna"}, true, true})
	}
	a := newAccount()
	first, _ := a.next(logins)
	a.start(first)
	if second, ok := a.next(logins); ok {
		t.Fatalf("%v runs beside the first", second)
	}
	a.accepted(first)
	for range maxRejections {
		next, ok := a.next(logins)
		if !ok {
			t.Fatal("the others do not follow")
		}
		a.start(next)
	}
	if third, ok := a.next(logins); ok {
		t.Errorf("%v could be a rejection too many", third)
	}
}

// What may be said to tries that would go on after an answer that may have been
// a rejection depends on all that others cost, and not on who asks first.
func TestATryGoesOnOnlyWithinTheBudget(t *testing.T) {
	t.Parallel()
	one, two, three := try{at("imaps://a.example"), "anna"}, try{at("smtps://b.example"), "anna"}, try{at("pop3s://c.example"), "anna"}
	for name, test := range map[string]struct {
		before  func(*account)
		running []try
		asking  []try
		after   func(*account) // nil where they are answered at once
		want    []bool
	}{
		"the first one may":              {nil, []try{one}, []try{one}, nil, []bool{true}},
		"not after a rejection":          {func(a *account) { a.rejected = []try{one} }, []try{two}, []try{two}, nil, []bool{false}},
		"not after one that was vain":    {func(a *account) { a.vain = 1 }, []try{two}, []try{two}, nil, []bool{false}},
		"one that was vain costs naught": {func(a *account) { a.vain, a.learned = 1, "anna" }, []try{two}, []try{two}, nil, []bool{true}},
		"two at once have cost enough":   {func(a *account) { a.learned = "anna" }, []try{one, two}, []try{one, two}, nil, []bool{false, false}},
		"the other one is accepted":      {func(a *account) { a.learned = "anna" }, []try{one, two}, []try{one}, func(a *account) { a.accepted(two) }, []bool{true}},
		"the other one is rejected":      {func(a *account) { a.learned = "anna" }, []try{one, two}, []try{one}, func(a *account) { a.refused(two, login{}, false) }, []bool{false}},
		"the other one is held off": {func(a *account) { a.learned = "anna" }, []try{one, two}, []try{one}, func(a *account) {
			a.throttled = true
			a.failed(two)
		}, []bool{false}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount()
			if test.before != nil {
				test.before(a)
			}
			for _, made := range test.running {
				a.start(made)
			}
			answers := make([]chan bool, len(test.asking))
			for i, made := range test.asking {
				answers[i] = make(chan bool, 1)
				a.petition(petition{made, answers[i]})
			}
			if test.after != nil {
				if len(answers[0]) > 0 {
					t.Fatal("it did not wait for the other one")
				}
				if next, ok := a.next([]login{{three.endpoint, []string{"anna"}, true, true}}); ok {
					t.Errorf("%v begins while one waits", next)
				}
				test.after(a)
			}
			for i, answer := range answers {
				if got := <-answer; got != test.want[i] {
					t.Errorf("%v may go on: %t, want %t", test.asking[i], got, test.want[i])
				}
			}
			if next, ok := a.next([]login{{three.endpoint, []string{"anna"}, true, true}}); ok && slices.Contains(test.want, true) {
				t.Errorf("%v begins beside one that goes on", next)
			}
		})
	}
}

func TestUserFormsFollowTheSources(t *testing.T) {
	t.Parallel()
	target, err := mail.ParseTarget("anna@a.example")
	if err != nil {
		t.Fatal(err)
	}
	domain := mail.Target{Domain: "a.example"}
	claim := func(name string) mail.Claim { return mail.Claim{Username: name} }
	for name, c := range map[string]struct {
		chosen   string
		target   mail.Target
		claims   []mail.Claim
		want     []string
		explicit bool
	}{
		"the user's choice is the only one": {"bob", target, []mail.Claim{claim("anna")}, []string{"bob"}, true},
		"two sources, two forms":            {"", target, []mail.Claim{claim("anna"), claim("anna"), claim("anna@a.example"), claim("x")}, []string{"anna", "anna@a.example"}, true},
		"no source says":                    {"", target, []mail.Claim{claim("")}, []string{"anna@a.example", "anna"}, false},
		"a domain has no user":              {"", domain, nil, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			forms, explicit := userForms(c.chosen, c.target, c.claims)
			if !slices.Equal(forms, c.want) || explicit != c.explicit {
				t.Errorf("got %v, %v", forms, explicit)
			}
		})
	}
}
