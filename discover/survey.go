package discover

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"sync"

	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

// survey is what the DNS says that decides about guesses: whether to guess at
// all, which services the domain rules out, and which host takes its mail.
// The questions are those of the sources and the one about the wildcard.
type survey struct {
	waiting sync.WaitGroup
	done    chan struct{} // closed when all answers arrived; the facts are read only then

	asked chan struct{} // closed when it was answered whether the domain exists, or nobody can tell

	mu       sync.Mutex // guards the facts while they arrive
	absent   bool       // the domain does not exist
	noMail   bool       // the domain does not exist or takes no mail
	wildcard bool       // every name exists, so that one that resolves means nothing
	why      string     // why there is no mail, or why a name means nothing
	ruledOut []service
	mxHost   string
}

// expect and arrived count the answers.
func (v *survey) expect(answers int) { v.waiting.Add(answers) }
func (v *survey) arrived()           { v.waiting.Done() }

// mx takes in who takes the domain's mail.
func (v *survey) mx(answer wire.Answer) {
	v.mu.Lock()
	defer v.mu.Unlock()
	failure := answer.Failure()
	switch {
	case nullMX(answer):
		v.noMail, v.why = true, "the domain says that it takes no mail (null MX)"
	case failure != nil && failure.Class == mail.DNSNXDomain && !withheld(answer.Observation):
		v.absent, v.noMail, v.why = true, true, "the domain does not exist"
	}
	v.mxHost = bestMX(answer)
}

// existenceKnown waits until it is known whether the domain exists. It reports
// false when ctx ended before.
func (v *survey) existenceKnown(ctx context.Context) bool {
	select {
	case <-v.asked:
		return true
	case <-ctx.Done():
		return false
	}
}

// missing reports whether the domain is known not to exist.
func (v *survey) missing() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.absent
}

// rulesOut takes in that the domain has no such service.
func (v *survey) rulesOut(svc service) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.ruledOut = append(v.ruledOut, svc)
}

// every takes in that every name exists, and why that is.
func (v *survey) every(why string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.wildcard = true
	if !v.noMail {
		v.why = why
	}
}

// open gives those of the ports that the domain does not rule out.
func (v *survey) open(ports []mail.StandardPort) []mail.StandardPort {
	return slices.DeleteFunc(slices.Clone(ports), func(p mail.StandardPort) bool {
		return slices.ContainsFunc(v.ruledOut, func(svc service) bool {
			return svc.protocol == p.Protocol && svc.security == p.Security
		})
	})
}

// surveyGuesses asks about the wildcard and resolves the usual names ahead, so
// that releasing guesses costs no round trip. Of the usual names nothing is
// emitted yet.
func (s *Search) surveyGuesses() {
	domain := s.target.Domain
	s.survey.expect(1)
	s.ask(Pending{mail.SourceGuess, "a:" + randomName(domain), mail.TrustGuess}, func(ctx context.Context) bool {
		defer s.survey.arrived()
		return s.surveyWildcard(ctx)
	})
	for _, usual := range usualNames() {
		s.watchers.Go(func() {
			s.guarded(s.ctx, func(ctx context.Context) bool {
				s.net.Addresses(ctx, usual.label+"."+domain) // the network remembers it
				return true
			})
		})
	}
	s.watchers.Go(func() {
		s.survey.waiting.Wait()
		close(s.survey.done)
	})
}

// surveyWildcard finds out whether a name exists only because every name does,
// and whether it is the domain that has a wildcard or the resolver that answers
// for names that nobody has. What it saw is emitted where there is something to
// say. It reports false when it was cut short.
func (s *Search) surveyWildcard(ctx context.Context) bool {
	domain := s.target.Domain
	addrs, answers := s.net.Addresses(ctx, randomName(domain))
	if len(addrs) == 0 {
		return !anyCut(answers)
	}
	invented, proof := s.net.Addresses(ctx, randomName("invalid")) // RFC 6761 section 6.4: nobody has it
	if anyCut(proof) {
		return false
	}
	why := "every name below " + domain + " exists (a wildcard), so that a name which resolves means nothing"
	if len(invented) > 0 {
		why = "the resolver invents addresses for names that do not exist, so that a name which resolves means nothing"
		noteAnswers(proof, "a name that cannot exist has an address: somebody rewrites the answers of the DNS")
	}
	noteAnswers(answers, why)
	s.survey.every(why)
	s.found(mail.SourceGuess, observationsOf(append(answers, proof...)), nil)
	return true
}

// anyCut reports whether an answer did not come before its question ended.
func anyCut(answers []wire.Answer) bool {
	return slices.ContainsFunc(answers, func(a wire.Answer) bool { return cut(a.Failure()) })
}

// noteAnswers adds a note to those answers that have records.
func noteAnswers(answers []wire.Answer, note string) {
	for i := range answers {
		if answers[i].Failure() == nil {
			answers[i].Observation.Notes = append(answers[i].Observation.Notes, note)
		}
	}
}

// surveyed waits until all is known that decides about guesses. It reports
// false when ctx ended before.
func (s *Search) surveyed(ctx context.Context) bool {
	select {
	case <-s.survey.done:
		return true
	case <-ctx.Done():
	}
	if s.ctx.Err() == nil {
		return false
	}
	<-s.survey.done // the run is over, and what is known of it must not depend on chance
	return true
}

// pointless says why no host of the domain can be guessed, "" where one can.
// It is asked once all is known that decides about guesses.
func (s *Search) pointless() string {
	if s.survey.noMail {
		return s.survey.why
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known.noServers() {
		return "the provider is known to have no servers for mail programs"
	}
	return ""
}

// randomName is a name that exists only if every name does (RFC 4592). It is
// made from the domain, so that the same question is asked every time.
func randomName(domain string) string {
	sum := sha256.Sum256([]byte("mailmedic " + domain))
	return "mailmedic-" + hex.EncodeToString(sum[:6]) + "." + domain
}
