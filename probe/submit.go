package probe

import (
	"context"
	"strconv"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

// scrutiny is how long a server may take to accept a message that it has whole:
// some look for spam and viruses meanwhile. RFC 5321 section 4.5.3.2.6 allows
// ten minutes, no person waits as long.
const scrutiny = time.Minute

// A handover is what came of giving a message to a submission server.
type handover struct {
	observation mail.Observation
	sent        time.Time // when the server took it over, or may have
	began       time.Time
}

// submit sends a test message after an accepted sign-in at a submission server.
// Where the connection ends after the last byte, it may have been taken all the
// same: then sent is set, and the observation has a failure.
func (s *Session) submit(ctx context.Context, m testMessage) handover {
	h := handover{began: time.Now()}
	client, ok := s.speaker.(*smtp)
	if !ok {
		return h
	}
	defer s.watchFor(ctx, scrutiny)()
	facts, refused, whole, err := client.submit(m, s.offered)
	if whole && refused == "" {
		h.sent = time.Now()
		if err == nil {
			facts.Test.At = h.sent
		}
	}
	h.observation = s.emitSend(ctx, testSuffix, h.began, facts, refused, err)
	return h
}

// submit gives the replies, what was refused, and whether all of the message was sent.
func (s *smtp) submit(m testMessage, offered []string) (facts mail.SendFacts, refused string, whole bool, err error) {
	if !ascii(m.address) && !offers(offered, "SMTPUTF8") {
		return facts, "", false, faultf(mail.ProtocolFault, "the server does not offer SMTPUTF8, so it cannot carry an address that is not ASCII")
	}
	from, to := "MAIL FROM:<"+m.address+">", "RCPT TO:<"+m.address+">"
	if offers(offered, "SIZE") {
		from += " SIZE=" + strconv.Itoa(m.size())
	}
	if !ascii(m.address) { // RFC 6531 section 3.4: such a message has 8-bit header fields
		if offers(offered, "8BITMIME") {
			from += " BODY=8BITMIME"
		}
		from += " SMTPUTF8"
	}
	if offers(offered, "PIPELINING") {
		if err := s.sendAhead(from, to); err != nil {
			return facts, "", false, err
		}
	}
	facts, refused, err = s.envelope(m.address, from, to)
	facts.Test = &mail.Submission{MessageID: m.id()}
	if err != nil || refused != "" {
		return facts, refused, false, err
	}
	r, err := s.command("DATA")
	if err != nil {
		return facts, "", false, err
	}
	if r.kind() != 3 {
		facts.Test.Reply = r.String()
		return facts, "the server takes no message: " + r.String(), false, nil
	}
	if err = m.send(s.out); err != nil {
		return facts, "", false, err
	}
	if r, err = s.reply(); err != nil {
		return facts, "", true, err
	}
	facts.Test.Reply = r.String()
	if r.kind() != 2 {
		refused = "the server refuses the message: " + r.String()
	}
	return facts, refused, true, nil
}
