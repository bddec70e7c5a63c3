package probe

import (
	"context"
	"strings"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

// SignIn tries to sign in once with these credentials, with the strongest
// mechanism first. It goes on to the next one only where a server faults the
// mechanism; a rejection ends it, so that a call costs the account at most one
// rejected try. It sends nothing unless the session is usable and encrypted,
// and verified too unless insecure is set. Each try is an auth observation.
//
// After an outcome other than Accepted, Usable tells whether another user name
// can be tried on the same connection.
func (s *Session) SignIn(ctx context.Context, c Credentials, insecure bool) Outcome {
	s.redact = append(s.redact, mail.NewRedactor(c.Secret, c.Username))
	switch {
	case !s.alive:
		return Failed
	case !s.Usable():
		s.refuse(c, mail.Closed, "the server ended the session before the sign-in")
		return Failed
	case !s.Encrypted() || !s.Verified() && !insecure:
		return s.refuse(c, mail.PolicyRefused, "no password is sent over a connection that is not encrypted with a verified certificate")
	case c.unsendable():
		return s.refuse(c, mail.AuthUnavailable, "the user name or the password has a line end or a NUL, which no mail program can send")
	case len(s.methods) == 0:
		return s.refuse(c, mail.AuthUnavailable, s.noMethod())
	}
	defer s.watchFor(ctx, patience)()
	outcome := Unavailable
	for _, method := range s.methods {
		outcome = s.try(ctx, method, c)
		if outcome != Mechanism || !s.alive {
			break
		}
	}
	if outcome == Accepted {
		s.methods, s.signedIn = nil, true
	}
	return outcome
}

// noMethod says why there is no way to sign in.
func (s *Session) noMethod() string {
	if offered := s.facts.Mechanisms.AfterTLS; len(offered) > 0 {
		return "the server offers no sign-in with a password, only " + strings.Join(offered, ", ")
	}
	return "the server offers no sign-in here"
}

// refuse records that no try was made, as one with the mechanism "none".
func (s *Session) refuse(c Credentials, class mail.Class, why string) Outcome {
	s.emitAuth(time.Now(), "none", c, "", &mail.Failure{Class: class, Detail: s.clean(why)})
	return Unavailable
}

// try makes one attempt and emits what came of it.
func (s *Session) try(ctx context.Context, method string, c Credentials) Outcome {
	began := time.Now()
	a := s.speaker.signIn(method, c)
	s.alive = a.err == nil && !a.over
	if a.outcome == Failed && tooMany(a.reply) {
		a.outcome = Throttled
	}
	reply := s.clean(a.reply)
	failure := a.failure(reply)
	if a.outcome == Failed {
		failure = s.failureOf(ctx, a.err)
	}
	s.emitAuth(began, method, c, reply, failure)
	return a.outcome
}

func (s *Session) emitAuth(began time.Time, method string, c Credentials, reply string, failure *mail.Failure) {
	subject := s.endpoint.String()
	s.emit(mail.Observation{
		ID: "auth:" + subject + "/" + method + "/" + c.Username, Kind: mail.KindAuth, Subject: subject,
		Address: s.conn.Peer().String(), At: began, TookMS: time.Since(began).Milliseconds(), Failure: failure,
		AuthFacts: &mail.AuthFacts{Mechanism: method, Username: c.Username, Reply: reply},
	})
}

// Mailbox looks at what the mailbox holds after an accepted sign-in, where the
// protocol has mailboxes, and emits a mailbox observation. Nothing is changed.
func (s *Session) Mailbox(ctx context.Context) {
	box, ok := s.speaker.(interface {
		mailbox() (mail.MailboxFacts, error)
	})
	if !ok || !s.signedIn || !s.alive {
		return
	}
	defer s.watch(ctx)()
	began := time.Now()
	facts, err := box.mailbox()
	o := mail.Observation{
		ID: "mailbox:" + s.endpoint.String(), Kind: mail.KindMailbox, Subject: s.endpoint.String(),
		Address: s.conn.Peer().String(), At: began, TookMS: time.Since(began).Milliseconds(),
	}
	if err == nil {
		o.MailboxFacts = &facts
	} else {
		o.Failure = s.failureOf(ctx, err)
		s.alive = s.alive && isFault(err)
	}
	s.emit(o)
}
