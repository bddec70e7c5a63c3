package probe

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

// popBox waits for a test message by POP3, which shows new messages only to a
// new session: it signs in again and again, as often as the server likes it.
type popBox struct {
	*Session
	pop3    *pop3
	journey *journey
	count   int       // messages, before ours was sent
	last    time.Time // when somebody signed in last
}

// openPOP3 notes how many messages there are before ours is sent, and leaves:
// some servers lock the mailbox during a session.
func (s *Session) openPOP3(ctx context.Context, p *pop3, j *journey) (box, error) {
	b := &popBox{Session: s, pop3: p, journey: j, last: time.Now()}
	if !p.legacy && !offers(s.offered, "TOP") {
		return nil, faultf(mail.ProtocolFault, "the server has no command TOP, and to look at messages in another way would mark them as read")
	}
	release := s.watch(ctx)
	n, _, err := p.stat()
	if release(); err != nil {
		return nil, err
	}
	b.count = n
	s.Close(ctx)
	return b, nil
}

func (b *popBox) await(ctx context.Context, until time.Time) (*located, error) {
	for pause := pauses(gently); ; {
		delay := b.journey.LoginDelay // RFC 2449 section 6.5
		wait := max(pause(), time.Until(b.last.Add(delay)))
		if delay > 0 && wait > time.Until(until) {
			return nil, faultf(mail.AuthTemporary, "the server wants %d seconds between two sign-ins, and the run had less time left", int(delay.Seconds()))
		}
		if !sleep(ctx, wait, until) {
			return nil, ctx.Err()
		}
		if err := b.reopen(ctx); err != nil {
			return nil, err
		}
		found, err := b.look(ctx)
		if found != nil || err != nil {
			return found, err
		}
		b.Close(ctx)
		if !time.Now().Before(until) {
			return nil, nil //nolint:nilnil // not found is no error
		}
	}
}

// reopen signs in on a new connection.
func (b *popBox) reopen(ctx context.Context) error {
	v, f := b.journey.enter(ctx)
	if f != nil {
		return faultf(f.Class, "%s", f.Detail)
	}
	b.Session, b.last = v.Session, time.Now()
	b.pop3, _ = v.speaker.(*pop3)
	return nil
}

// maxLooked bounds how many of the last messages are looked at where it is not known which are new.
const maxLooked = 20

// look looks at the header of the newest messages: the last, and the first too,
// since a few servers count from the newest.
func (b *popBox) look(ctx context.Context) (*located, error) {
	defer b.watch(ctx)()
	n, _, err := b.pop3.stat()
	if err != nil || n == 0 {
		return nil, err
	}
	newest := min(max(n-b.count, 1), maxLooked)
	for i := n; i > max(0, n-newest); i-- {
		if found, err := b.lookAt(i); found != nil || err != nil {
			return found, err
		}
	}
	if n > newest && n > b.count {
		return b.lookAt(1)
	}
	return nil, nil //nolint:nilnil // not found is no error
}

func (b *popBox) lookAt(number int) (*located, error) {
	header, err := b.pop3.top(number)
	if err != nil || !b.journey.message.carries(headerFields(header)) {
		return nil, err
	}
	return &located{folder: watched{name: "INBOX", title: "INBOX"}, uid: uint64(number), seen: time.Now()}, nil //nolint:gosec // it is positive
}

// top reads the header of a message (TOP, RFC 1939 section 7), bounded.
func (p *pop3) top(number int) (string, error) {
	ok, line, err := p.command(fmt.Sprintf("TOP %d 0", number))
	switch {
	case err != nil:
		return "", err
	case !ok:
		return "", faultf(mail.ProtocolFault, "the server does not show the headers of messages: %s", line)
	}
	var header strings.Builder
	for {
		line, err := p.lines.line()
		if err != nil || line == "." {
			return header.String(), err
		}
		if header.Len()+len(line) < maxHeader {
			header.WriteString(strings.TrimPrefix(line, ".") + "\r\n")
		}
	}
}

func (b *popBox) header(ctx context.Context, l *located) (string, error) {
	defer b.watch(ctx)()
	return b.pop3.top(int(l.uid)) //nolint:gosec // it was an int
}

// remove deletes the message. The server does so when it is left with QUIT (RFC 1939 section 6).
func (b *popBox) remove(ctx context.Context, l *located) removal {
	defer b.watch(ctx)()
	b.alive = false // whatever comes, the session is over
	ok, line, err := b.pop3.command(fmt.Sprintf("DELE %d", l.uid))
	if err == nil && ok {
		ok, line, err = b.pop3.command("QUIT")
	}
	switch {
	case err != nil:
		return removal{removed: mail.NotKnown, remains: "the connection ended before it could be deleted"}
	case !ok:
		return removal{removed: mail.No, remains: "in INBOX: " + b.clean(line)}
	default:
		return removal{removed: mail.Yes}
	}
}
