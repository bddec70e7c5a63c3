package probe

import (
	"context"
	"strings"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

// Rehearse says after an accepted sign-in at a submission server that a message
// from address to address is to come, and takes that back (MAIL, RCPT and RSET,
// RFC 5321 section 4.1.1): it shows whether the account may send as the address,
// and whether the server lets mail out, without a message. It emits a send
// observation, and nothing where the server has no way to carry the address.
func (s *Session) Rehearse(ctx context.Context, address string) {
	client, ok := s.speaker.(*smtp)
	utf8 := !ascii(address)
	if !ok || !s.signedIn || !s.alive || !sendable(address) || utf8 && !offers(s.offered, "SMTPUTF8") {
		return
	}
	defer s.watch(ctx)()
	began := time.Now()
	facts, refused, err := client.rehearse(address, utf8, offers(s.offered, "PIPELINING"))
	s.emitSend(ctx, "", began, facts, refused, err)
}

// emitSend tells what came of an envelope, and of a message where the ID has a suffix.
func (s *Session) emitSend(ctx context.Context, suffix string, began time.Time, facts mail.SendFacts, refused string, err error) mail.Observation {
	o := mail.Observation{
		ID: "send:" + s.endpoint.String() + suffix, Kind: mail.KindSend, Subject: s.endpoint.String(),
		Address: s.conn.Peer().String(), At: began, TookMS: time.Since(began).Milliseconds(),
	}
	switch { // a server may refuse and leave
	case refused != "":
		o.Failure = &mail.Failure{Class: mail.PolicyRefused, Detail: s.clean(refused)}
	case err != nil:
		o.Failure = s.failureOf(ctx, err)
	}
	s.alive = s.alive && (err == nil || isFault(err))
	if facts.MailReply != "" {
		facts.MailReply, facts.RcptReply = s.clean(facts.MailReply), s.clean(facts.RcptReply)
		if facts.Test != nil {
			facts.Test.Reply = s.clean(facts.Test.Reply)
		}
		o.SendFacts = &facts
	}
	s.emit(o)
	return o
}

// sendable reports whether an address fits between the angle brackets of a
// command as it stands (RFC 5321 section 4.1.2).
func sendable(address string) bool {
	return strings.Contains(address, "@") && !strings.ContainsAny(address, "<> \t\r\n\x00\"\\")
}

func ascii(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > '~' }) < 0
}

// rehearse gives the replies, and what was refused, "" for nothing.
func (s *smtp) rehearse(address string, utf8, pipelined bool) (facts mail.SendFacts, refused string, err error) {
	from := "MAIL FROM:<" + address + ">"
	if utf8 {
		from += " SMTPUTF8" // RFC 6531 section 3.4
	}
	to := "RCPT TO:<" + address + ">"
	if pipelined {
		if err := s.sendAhead(from, to, "RSET"); err != nil {
			return facts, "", err
		}
	}
	facts, refused, err = s.envelope(address, from, to)
	if err != nil || facts.RcptReply == "" {
		return facts, refused, err
	}
	_, err = s.command("RSET")
	return facts, refused, err
}

// envelope says MAIL, and RCPT where that is accepted.
func (s *smtp) envelope(address, from, to string) (facts mail.SendFacts, refused string, err error) {
	facts.Sender = address
	r, err := s.command(from)
	if err != nil {
		return facts, "", err
	}
	facts.MailReply = r.String()
	if r.kind() != 2 {
		return facts, "the server refuses the sender: " + r.String(), s.skipAhead()
	}
	if r, err = s.command(to); err != nil {
		return facts, "", err
	}
	facts.RcptReply = r.String()
	if r.kind() != 2 {
		refused = "the server refuses the recipient: " + r.String()
	}
	return facts, refused, nil
}

// skipAhead reads the replies to what was sent before its turn and matters no more.
func (s *smtp) skipAhead() error {
	for len(s.ahead) > 0 {
		s.ahead = s.ahead[1:]
		if _, err := s.reply(); err != nil {
			return err
		}
	}
	return nil
}
