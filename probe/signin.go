package probe

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

// SignIn tries to sign in once with these credentials, with the strongest
// mechanism first. It goes on to the next one only where a server faults the
// mechanism; a rejection ends it, so that a call costs the account at most one
// rejected try. It sends nothing unless the session is usable and encrypted,
// and verified too unless insecure is set. Each try is an auth observation, and
// an accepted one is followed by a mailbox observation, for which nothing is changed.
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
	defer s.watch(ctx)()
	outcome := Unavailable
	for _, method := range s.methods {
		outcome = s.try(ctx, method, c)
		if outcome != Mechanism || !s.alive {
			break
		}
	}
	if outcome == Accepted {
		s.methods = nil
		s.openMailbox(ctx)
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
	failure := a.outcome.failure(reply)
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

// openMailbox looks at what the mailbox holds, where the protocol has mailboxes.
func (s *Session) openMailbox(ctx context.Context) {
	box, ok := s.speaker.(interface {
		mailbox() (mail.MailboxFacts, error)
	})
	if !ok {
		return
	}
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

// signIn is AUTH, RFC 4954.
func (s *smtp) signIn(method string, c Credentials) attempt {
	var last smtpReply
	sane, err := s.sasl("AUTH "+strings.ToUpper(method), scriptOf(method, c, true), func() (string, bool, error) {
		var err error
		last, err = s.reply()
		return words(last.lines), last.code == 334, err
	})
	return s.settle(sane, err, func() attempt { return judgeSMTP(last) })
}

// signIn is AUTHENTICATE (RFC 9051 section 6.2.2), with the first message in the
// command where the server knows SASL-IR (RFC 4959), or the LOGIN command.
func (m *imap) signIn(method string, c Credentials) attempt {
	if method == "login" && !offers(m.known, "LOGINDISABLED") {
		return m.login(c)
	}
	var last imapReply
	tag := m.tag()
	command := tag + " AUTHENTICATE " + strings.ToUpper(method)
	sane, err := m.sasl(command, scriptOf(method, c, offers(m.known, "SASL-IR")), func() (string, bool, error) {
		var err error
		last, err = m.await(tag)
		return last.text, last.status == "+", err
	})
	a := m.settle(sane, err, func() attempt { return judgeIMAP(last) })
	if a.outcome == Failed {
		a.reply = last.bye
	}
	return a
}

// maxInitialPOP3 is what an AUTH PLAIN command of 255 bytes has room for (RFC 5034 section 4).
const maxInitialPOP3 = 255 - len("AUTH PLAIN \r\n")

// signIn is AUTH (RFC 5034), or USER and PASS (RFC 1939 section 7).
func (p *pop3) signIn(method string, c Credentials) attempt {
	if method == "user" {
		return p.user(c)
	}
	var ok bool
	var last string
	plan := scriptOf(method, c, true)
	plan.initial = plan.initial && len(plan.answers[0]) <= maxInitialPOP3
	sane, err := p.sasl("AUTH "+strings.ToUpper(method), plan, func() (string, bool, error) {
		line, err := p.lines.line()
		if challenge, more := strings.CutPrefix(line, "+ "); err == nil && (more || line == "+") {
			return challenge, true, nil
		}
		last, ok = line, strings.HasPrefix(strings.ToUpper(line), "+OK")
		return "", false, err
	})
	return p.settle(sane, err, func() attempt { return judgePOP3(ok, last) })
}

// settle makes an attempt of what a SASL exchange came to.
func (d *dialogue) settle(sane bool, err error, judge func() attempt) attempt {
	switch {
	case !sane:
		return attempt{outcome: Mechanism, reply: "the server asks for more than the mechanism has", err: err}
	case err != nil:
		return attempt{outcome: Failed, err: err}
	default:
		return judge()
	}
}

func (p *pop3) user(c Credentials) attempt {
	ok, line, err := p.command("USER " + c.Username)
	if err == nil && ok {
		if err = p.sendSecret("PASS " + c.Secret.Reveal()); err == nil {
			ok, line, err = p.status()
		}
	}
	if err != nil {
		return attempt{outcome: Failed, err: err}
	}
	return judgePOP3(ok, line)
}

// login is the LOGIN command. What a quoted string cannot carry goes as a literal (RFC 9051 section 4.3).
func (m *imap) login(c Credentials) attempt {
	tag := m.tag()
	parts := []string{tag + " LOGIN"}
	for _, s := range []string{c.Username, c.Secret.Reveal()} {
		if quoted, ok := quote(s); ok {
			parts[len(parts)-1] += " " + quoted
		} else {
			parts[len(parts)-1] += " " + announce(s)
			parts = append(parts, s)
		}
	}
	var r imapReply
	for _, part := range parts {
		err := m.sendSecret(part)
		if err == nil {
			r, err = m.await(tag)
		}
		if err != nil {
			return attempt{outcome: Failed, reply: r.bye, err: err}
		}
		if r.status != "+" {
			return judgeIMAP(r)
		}
	}
	return attempt{outcome: Failed, err: faultf(mail.ProtocolFault, "the server waits for more after LOGIN: %s", r.line)}
}

// quote makes a quoted string of text that one can carry.
func quote(s string) (string, bool) {
	for _, b := range []byte(s) {
		if b < ' ' || b > '~' {
			return "", false
		}
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`, true
}

// announce gives the announcement of a literal that the server must ask for.
func announce(s string) string { return "{" + strconv.Itoa(len(s)) + "}" }
