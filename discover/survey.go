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

	mu       sync.Mutex // guards the facts while they arrive
	noMail   bool       // the domain does not exist or takes no mail
	wildcard bool       // every name exists, so that one that resolves means nothing
	random   []mail.Observation
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
	v.noMail = nullMX(answer) || failure != nil && failure.Class == mail.DNSNXDomain
	v.mxHost = bestMX(answer)
}

// rulesOut takes in that the domain has no such service.
func (v *survey) rulesOut(svc service) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.ruledOut = append(v.ruledOut, svc)
}

// every takes in whether a random name exists.
func (v *survey) every(exists bool, answers []wire.Answer) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.wildcard, v.random = exists, observationsOf(answers)
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
// that releasing guesses costs no round trip. Nothing of it is emitted yet.
func (s *Search) surveyGuesses() {
	domain := s.target.Domain
	s.survey.expect(1)
	s.watchers.Go(func() {
		defer s.survey.arrived()
		addrs, answers := s.net.Addresses(s.ctx, randomName(domain))
		s.survey.every(len(addrs) > 0, answers)
	})
	for _, usual := range usualNames() {
		s.watchers.Go(func() { s.net.Addresses(s.ctx, usual.label+"."+domain) }) // the network remembers it
	}
	s.watchers.Go(func() {
		s.survey.waiting.Wait()
		close(s.survey.done)
	})
}

// surveyed waits until all is known that decides about guesses. It reports
// false when ctx ended before.
func (s *Search) surveyed(ctx context.Context) bool {
	select {
	case <-s.survey.done:
		return true
	case <-ctx.Done():
		return false
	}
}

// noServers reports whether the provider is known to serve no mail program.
func (s *Search) noServers() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.known.noServers()
}

// randomName is a name that exists only if every name does (RFC 4592). It is
// made from the domain, so that the same question is asked every time.
func randomName(domain string) string {
	sum := sha256.Sum256([]byte("mailmedic " + domain))
	return "mailmedic-" + hex.EncodeToString(sum[:6]) + "." + domain
}
