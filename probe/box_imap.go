package probe

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

// imapBox waits for a test message by IMAP. It looks into INBOX, and into the
// folder for junk; into others only when the time is over.
type imapBox struct {
	*Session
	imap     *imap
	message  testMessage
	inbox    watched
	others   []watched
	selected string // the folder, by its name on the wire
	looked   int    // how many messages INBOX had when it was looked into
	noIdle   bool
}

// openIMAP notes what is there before the message is sent.
func (s *Session) openIMAP(ctx context.Context, m *imap, message testMessage) (box, error) {
	defer s.watch(ctx)()
	b := &imapBox{Session: s, imap: m, message: message}
	if err := m.afterSignIn(); err != nil {
		return nil, err
	}
	return b, b.survey()
}

// survey notes the folders, and from where on their messages are new.
func (b *imapBox) survey() error {
	commands := []string{b.listing(), `EXAMINE "INBOX"`}
	if offers(b.imap.known, "ID") { // some providers open no mailbox to a program without a name
		commands = append([]string{introduction}, commands...)
	}
	answers, err := b.imap.batchOnly(func(untagged string) bool {
		l, ok := parseListed(untagged)
		return !ok || usualUse(l) != ""
	}, commands...)
	if err != nil {
		return err
	}
	last := len(answers) - 1
	b.noteOthers(answers[last-1].untagged)
	b.inbox = watched{name: "INBOX", title: "INBOX"}
	b.inbox.validity, b.inbox.next, err = b.opened(b.inbox, answers[last])
	if b.looked = b.imap.exists; err != nil {
		return err
	}
	return b.count()
}

// open selects a folder and gives what it says of its UIDs.
func (b *imapBox) open(verb string, f watched) (validity, next uint64, err error) {
	r, err := b.imap.command(verb + " " + quoted(f.name))
	if b.selected = ""; err != nil {
		return 0, 0, err
	}
	return b.opened(f, r)
}

// opened takes in the answer to the command that selects a folder.
func (b *imapBox) opened(f watched, r imapReply) (validity, next uint64, err error) {
	if r.status != "OK" {
		return 0, 0, faultf(mail.ProtocolFault, "the folder %s cannot be opened: %s", f.title, r.line)
	}
	b.selected = f.name
	validity, _ = codeNumber(r.untagged, "UIDVALIDITY")
	next, ok := codeNumber(r.untagged, "UIDNEXT")
	if !ok { // RFC 3501 section 6.3.1 lets a server leave it out
		next, err = b.afterLast()
	}
	return validity, next, err
}

// afterLast gives the UID after that of the last message.
func (b *imapBox) afterLast() (uint64, error) {
	r, err := b.imap.command("UID FETCH * (UID)")
	last := uint64(0)
	for _, line := range r.untagged {
		if f, ok := parseFetch(line); ok {
			last = max(last, f.uid)
		}
	}
	return last + 1, err
}

func (b *imapBox) await(ctx context.Context, until time.Time) (*located, error) {
	for pause := pauses(quickly); ; {
		if err := b.pause(ctx, pause(), until); err != nil {
			return nil, err
		}
		found, err := b.look(ctx, "junk")
		if found != nil || err != nil {
			return found, err
		}
		if !time.Now().Before(until) {
			return b.look(ctx, "junk", "archive", "all", "trash")
		}
	}
}

// pause waits for news of INBOX: by IDLE (RFC 2177) where the server has it.
func (b *imapBox) pause(ctx context.Context, d time.Duration, until time.Time) error {
	if b.news() {
		return nil
	}
	if b.noIdle || !offers(b.imap.known, "IDLE") && !offers(b.imap.known, "IMAP4REV2") {
		if !sleep(ctx, d, until) {
			return ctx.Err()
		}
		defer b.watch(ctx)()
		_, err := b.imap.command("NOOP")
		return err
	}
	tag := b.imap.tag()
	release := b.watch(ctx)
	r, err := b.beginIdle(tag)
	release()
	if err != nil {
		return err
	}
	if r.status != "+" {
		b.noIdle = true
		return b.pause(ctx, d, until)
	}
	if !b.news() {
		release = b.watchFor(ctx, min(d, time.Until(until)))
		err = b.listen()
		if release(); err != nil && !isPause(ctx, err) {
			return err
		}
	}
	defer b.watch(ctx)()
	if err = b.imap.send("DONE"); err == nil {
		_, err = b.imap.await(tag)
	}
	return err
}

func (b *imapBox) beginIdle(tag string) (imapReply, error) {
	if err := b.imap.send(tag + " IDLE"); err != nil {
		return imapReply{}, err
	}
	return b.imap.await(tag)
}

// listen reads what the server says of itself until it speaks of new messages.
func (b *imapBox) listen() error {
	for !b.news() {
		line, err := b.imap.lines.line()
		if err != nil {
			return err
		}
		var r imapReply
		if rest, ok := strings.CutPrefix(line, "* "); ok {
			b.imap.note(rest, &r)
		}
		if r.bye != "" {
			return faultf(mail.Closed, "the server ends the session: %s", r.bye)
		}
	}
	return nil
}

// news reports whether the server has told of another number of messages since they were looked at.
func (b *imapBox) news() bool { return b.imap.exists != b.looked }

// look looks for the message in INBOX and in the folders of these uses. INBOX is
// the one that is open afterwards, unless the message is elsewhere.
func (b *imapBox) look(ctx context.Context, uses ...string) (*located, error) {
	defer b.watch(ctx)()
	b.looked = b.imap.exists
	found, err := b.lookInto(b.inbox)
	for _, use := range uses {
		for i := range b.others {
			if found != nil || err != nil {
				return found, err
			}
			if b.others[i].use == use {
				found, err = b.lookIntoOther(&b.others[i])
			}
		}
	}
	if found == nil && err == nil && b.selected != b.inbox.name {
		_, _, err = b.open("EXAMINE", b.inbox)
	}
	return found, err
}

// lookIntoOther looks into a folder where something has come since the last look.
func (b *imapBox) lookIntoOther(f *watched) (*located, error) {
	r, err := b.imap.command(statusOf(*f))
	if err != nil {
		return nil, err
	}
	known, validity := f.known, f.validity
	switch {
	case !readStatus(f, r) || f.validity == validity && f.known == known:
		return nil, nil //nolint:nilnil // not found is no error
	case f.validity != validity:
		f.next = 0
	}
	return b.lookInto(*f)
}

// lookInto opens a folder, unless it is the one that is open, and looks for the message.
func (b *imapBox) lookInto(f watched) (*located, error) {
	if b.selected != f.name {
		validity, _, err := b.open("EXAMINE", f)
		if err != nil {
			return nil, err
		}
		f = f.renumbered(validity)
	}
	return b.find(f)
}

// find reads two header fields of the new messages in the open folder, or of the
// last ones where it is not known which are new. SEARCH would do, if only all
// servers searched for them.
func (b *imapBox) find(f watched) (*located, error) {
	which := fmt.Sprintf("UID FETCH %d:*", f.next)
	if f.next == 0 {
		which = fmt.Sprintf("FETCH %d:*", max(1, b.imap.exists-maxLooked+1))
	}
	tag := b.imap.tag()
	if err := b.imap.send(fmt.Sprintf("%s %s (UID BODY.PEEK[HEADER.FIELDS (%s Message-ID)])", tag, which, markerField)); err != nil {
		return nil, err
	}
	r, err := b.imap.awaitOnly(tag, func(untagged string) bool { return strings.Contains(untagged, b.message.token) })
	if err != nil {
		return nil, err
	}
	for _, line := range r.untagged {
		// What n:* means where n is beyond the last message is that message.
		if m, ok := parseFetch(line); ok && m.uid >= f.next && b.message.carries(headerFields(m.text)) {
			return &located{folder: f, uid: m.uid, seen: time.Now()}, nil
		}
	}
	if r.status == "BAD" && b.imap.exists > 0 { // some say so of an empty folder
		return nil, faultf(mail.ProtocolFault, "the server does not show the headers of messages: %s", r.line)
	}
	return nil, nil //nolint:nilnil // not found is no error
}

func (b *imapBox) header(ctx context.Context, l *located) (string, error) {
	defer b.watch(ctx)()
	r, err := b.imap.command(fmt.Sprintf("UID FETCH %d (UID BODY.PEEK[HEADER]<0.%d>)", l.uid, maxHeader))
	if err != nil {
		return "", err
	}
	for _, line := range r.untagged {
		if m, ok := parseFetch(line); ok && m.uid == l.uid && m.text != "" {
			return m.text, nil
		}
	}
	return "", faultf(mail.ProtocolFault, "the server does not give the header of the message: %s", r.line)
}

// A fetched is what was asked for of one message.
type fetched struct {
	uid  uint64
	text string
}

// parseFetch reads a FETCH response (RFC 9051 section 7.5.2) with a UID, and a section or none.
func parseFetch(untagged string) (f fetched, ok bool) {
	list := tokens(untagged)
	if len(list) < 3 || !strings.EqualFold(list[1].text, "FETCH") || list[2].kind != open {
		return f, false
	}
	for i := 3; i+1 < len(list); i++ {
		switch name, value := list[i], list[i+1]; {
		case name.kind != atom:
		case strings.EqualFold(name.text, "UID"):
			f.uid, _ = strconv.ParseUint(value.text, 10, 32)
		case strings.Contains(name.text, "]") && value.kind == str: // the end of the section's name, in which strings may stand
			f.text = value.text
		}
	}
	return f, f.uid > 0
}

// codeNumber reads the number of a response code such as [UIDNEXT 5].
func codeNumber(untagged []string, name string) (uint64, bool) {
	for _, line := range untagged {
		_, code, _ := parseStatus(line)
		if word, number, _ := strings.Cut(code, " "); strings.EqualFold(word, name) {
			n, err := strconv.ParseUint(number, 10, 32)
			return n, err == nil
		}
	}
	return 0, false
}
