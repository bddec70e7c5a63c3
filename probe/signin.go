package probe

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

// SignIn tries to sign in once with these credentials, with the strongest
// mechanism first. It goes on to the next one only where a server faults the
// mechanism; a rejection ends it, so that a call costs the account at most one
// rejected try. An answer from which it is not clear what is at fault may be a
// rejection too: after one, a single plain mechanism is tried, where [Session.AskBefore]
// gives leave. It sends nothing unless the session is usable and encrypted,
// and verified too unless insecure is set. Each try is an auth observation.
//
// After an outcome other than Accepted, Usable tells whether another user name
// can be tried on the same connection.
func (s *Session) SignIn(ctx context.Context, c Credentials, insecure bool) Outcome {
	s.tried, s.unclear, s.spent = false, 0, 0
	if s.secretOut = true; !s.options.Redact.Covers(c.Secret, c.Username) {
		s.redact = append(s.redact, mail.NewRedactor(c.Secret, c.Username))
	}
	switch {
	case !s.alive:
		return Failed
	case !s.Usable():
		s.refuse(c, mail.Closed, "the server ended the session before the sign-in")
		return Failed
	case !s.Encrypted() || !s.Verified() && !insecure:
		return s.refuse(c, mail.PolicyRefused, "no "+c.kind()+" is sent over a connection that is not encrypted with a verified certificate")
	case c.unsendable():
		return s.refuse(c, mail.AuthUnavailable, "the user name or the password has a line end or a NUL, which no mail program can send")
	case len(s.Ways(c)) == 0:
		return s.refuse(c, mail.AuthUnavailable, s.noMethod(c))
	}
	defer s.watchFor(ctx, patience)()
	outcome := s.tryAll(ctx, c)
	if outcome == Accepted {
		s.methods, s.signedIn = nil, true
	}
	return outcome
}

func (s *Session) tryAll(ctx context.Context, c Credentials) Outcome {
	outcome := Unavailable
	for _, method := range s.Ways(c) {
		if s.unclear > 0 && challenges(method) || s.otherwise && binds(method) {
			continue
		}
		a := s.try(ctx, method, c)
		if outcome = a.outcome; outcome == Rejected && challenges(method) {
			s.plainly = true
		}
		switch {
		case !s.alive:
			return outcome
		case outcome == Rejected && method == "external" && !c.Secret.IsZero():
			if !s.mayGoOn(ctx) { // the secret has not been judged
				return outcome
			}
			s.certless = true
		case outcome != Mechanism:
			return outcome
		case a.unclear:
			s.unclear++
		}
		s.otherwise = s.otherwise || binds(method) // all mechanisms of a server know the same types of channel binding
	}
	return outcome
}

// Tries is how many tries the last SignIn may have cost the account: none where
// nothing was sent, two where the first answer did not tell what was at fault,
// or a certificate was not known before the secret was tried.
func (s *Session) Tries() int {
	if !s.tried {
		return 0
	}
	return max(1, s.spent)
}

// AskBefore makes SignIn ask for leave before it makes a second try after an
// answer that may have been a rejection, so that what other sessions cost the
// account counts too. Without leave that answer is taken for a rejection. The
// function may wait, until ctx ends.
func (s *Session) AskBefore(leave func(ctx context.Context) bool) { s.leave = leave }

func (s *Session) mayGoOn(ctx context.Context) bool { return s.leave == nil || s.leave(ctx) }

// challenges reports whether a mechanism needs a password store of its own
// kind, which many servers offer it without.
func challenges(method string) bool {
	return strings.HasPrefix(method, "scram-") || method == "cram-md5" || method == "apop"
}

// Doubtful reports whether the last rejection may be for want of a password
// store that the mechanism can use, so that a plain one may be accepted. It is
// the next that SignIn would try.
func (s *Session) Doubtful() bool {
	return s.plainly && slices.ContainsFunc(s.methods, func(m string) bool { return takesPassword(m) && !challenges(m) })
}

// Rejected reports whether a mechanism that needs a password store of its own was rejected.
func (s *Session) Rejected() bool { return s.plainly }

// binds reports whether a mechanism binds the sign-in to the connection.
func binds(method string) bool { return strings.HasSuffix(method, "-plus") }

// BindsOtherwise reports whether the server faulted a mechanism that binds the
// sign-in to the connection: it knows another type of channel binding.
func (s *Session) BindsOtherwise() bool { return s.otherwise }

// WithoutBinding makes SignIn leave out such mechanisms, where another
// connection with the server has shown that.
func (s *Session) WithoutBinding() { s.otherwise = true }

// Plainly makes SignIn use plain mechanisms alone, as after a rejection that is
// doubtful on a connection that has ended.
func (s *Session) Plainly() { s.plainly = true }

// Uncertified reports whether the server refused the certificate and then
// accepted the secret: others will do the same.
func (s *Session) Uncertified() bool { return s.certless && s.signedIn }

// WithoutCertificate makes SignIn leave the certificate out where there is a way
// to sign in with the secret.
func (s *Session) WithoutCertificate() { s.certless = true }

// noMethod says why there is no way to sign in.
func (s *Session) noMethod(c Credentials) string {
	offered := s.facts.Mechanisms.AfterTLS
	switch {
	case s.only != "":
		return "the server no longer offers " + s.only + ", with which it has let this user in before"
	case len(offered) == 0:
		return "the server offers no sign-in here"
	case c.Secret.IsZero() && slices.Contains(offered, "external"):
		return "the server offers a sign-in by certificate, and did not ask for one in the handshake, or was not shown it"
	}
	return "the server offers no sign-in with a " + c.kind() + ", only " + strings.Join(offered, ", ")
}

// refuse records that no try was made, as one with the mechanism "none".
func (s *Session) refuse(c Credentials, class mail.Class, why string) Outcome {
	facts := mail.AuthFacts{Mechanism: "none", Username: c.Username}
	s.emitAuth(time.Now(), facts, &mail.Failure{Class: class, Detail: s.clean(why)})
	return Unavailable
}

// try makes one attempt and emits what came of it.
func (s *Session) try(ctx context.Context, method string, c Credentials) attempt {
	began := time.Now()
	a := s.attempt(method, c)
	s.alive = s.alive && a.err == nil && !a.over
	switch {
	case a.outcome == Failed && tooMany(a.reply):
		a.outcome = Throttled
	case a.unclear && (s.spent > 0 || !s.mayGoOn(ctx)):
		a.outcome = Rejected // two mechanisms cannot both be at fault, and one rejection too many locks the account
	}
	if s.tried && (a.outcome != Mechanism || a.unclear) {
		s.spent++
	}
	for _, derived := range a.derived {
		s.redact = append(s.redact, mail.NewRedactor(mail.NewSecret([]byte(derived)), c.Username))
	}
	facts := mail.AuthFacts{
		Mechanism: method, Username: s.nameFor(method, c),
		Reply: s.clean(a.reply), Challenge: s.clean(a.challenge), ServerProof: a.proof,
		ChannelBinding: a.binding, ChannelBound: a.bound,
	}
	failure := a.failure(facts.Reply, kindOf(method, c))
	if a.outcome == Failed {
		failure = s.failureOf(ctx, a.err)
	}
	s.emitAuth(began, facts, failure)
	return a
}

// nameFor gives whom a method signs in: with a certificate the one that it is
// for, unless another one was asked for.
func (s *Session) nameFor(method string, c Credentials) string {
	if method == "external" && c.ActAs == "" && s.options.ClientCertificate != nil {
		return s.options.ClientCertificate.Name()
	}
	return c.Username
}

// attempt has the exchange that a method is.
func (s *Session) attempt(method string, c Credentials) attempt {
	m, err := s.mechanismFor(method, c)
	if err != nil {
		return attempt{outcome: Mechanism, reply: err.Error()}
	}
	s.tried = true
	a := s.speaker.signIn(method, c, m)
	if m != nil {
		a = m.conclude(a)
	}
	return a
}

func (s *Session) emitAuth(began time.Time, facts mail.AuthFacts, failure *mail.Failure) {
	subject := s.endpoint.String()
	s.emit(mail.Observation{
		ID: "auth:" + subject + "/" + facts.Mechanism + "/" + facts.Username, Kind: mail.KindAuth, Subject: subject,
		Address: s.conn.Peer().String(), At: began, TookMS: time.Since(began).Milliseconds(), Failure: failure,
		AuthFacts: &facts,
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
		s.cleanMailbox(&facts)
		o.MailboxFacts = &facts
	} else {
		o.Failure = s.failureOf(ctx, err)
		s.alive = s.alive && isFault(err)
	}
	s.emit(o)
}

// cleanMailbox makes the server's own words in facts fit for an observation.
func (s *Session) cleanMailbox(facts *mail.MailboxFacts) {
	facts.ServerID, facts.FirstID = s.clean(facts.ServerID), s.clean(facts.FirstID)
	for i := range facts.Alerts {
		facts.Alerts[i] = s.clean(facts.Alerts[i])
	}
	for i := range facts.Folders {
		facts.Folders[i].Name = s.clean(facts.Folders[i].Name)
	}
	for i, n := range facts.Namespaces {
		facts.Namespaces[i].Prefix, facts.Namespaces[i].Delimiter = s.clean(n.Prefix), s.clean(n.Delimiter)
	}
}
