package probe

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// remove deletes the test message, and the copies that a server has filed as
// sent or keeps of all mail.
func (b *imapBox) remove(ctx context.Context, l *located) removal {
	defer b.watchFor(ctx, 2*attention)()
	var r removal
	r.removed, r.remains = b.erase(l)
	for i := range b.others {
		f := &b.others[i]
		if f.name == l.folder.name || f.use != "sent" && f.use != "all" {
			continue
		}
		if found, err := b.lookIntoOther(f); err == nil && found != nil {
			removed, _ := b.erase(found)
			r.copies = append(r.copies, mail.TestCopy{Folder: f.title, Removed: removed})
		}
	}
	return r
}

// erase deletes one message, whose marker was looked at, and makes sure that it is gone.
func (b *imapBox) erase(l *located) (removed mail.Fact, remains string) {
	why, err := b.expunge(l)
	switch {
	case err != nil:
		return mail.NotKnown, "the connection ended before it could be deleted"
	case why != "":
		return mail.No, "in " + l.folder.title + ": " + b.clean(why)
	default:
		return mail.Yes, ""
	}
}

// expunge says why a message could not be deleted, "" where it was.
func (b *imapBox) expunge(l *located) (why string, err error) {
	validity, _, err := b.open("SELECT", l.folder) // EXAMINE was read-only
	if isFault(err) {
		return err.Error(), nil
	}
	if err != nil {
		return "", err
	}
	if f := l.folder.renumbered(validity); f != l.folder {
		if l, err = b.find(f); err != nil || l == nil {
			return "the server has numbered its messages anew, and it was not found again", err
		}
	}
	if trash := b.gmailTrash(); trash != nil && l.folder.name != trash.name {
		return b.throwAway(l, trash)
	}
	mark, look := fmt.Sprintf(`UID STORE %d +FLAGS.SILENT (\Deleted)`, l.uid), fmt.Sprintf("UID FETCH %d (UID)", l.uid)
	if offers(b.imap.known, "UIDPLUS") || offers(b.imap.known, "IMAP4REV2") {
		answers, err := b.imap.batch(mark, fmt.Sprintf("UID EXPUNGE %d", l.uid), look) // RFC 4315 section 2.1
		return outcomeOf(answers, l), err
	}
	r, err := b.imap.command(mark)
	if err != nil || r.status != "OK" {
		return r.line, err
	}
	if r, err = b.expungeAlone(l); err != nil || r.status != "OK" {
		return r.line, err
	}
	r, err = b.imap.command(look)
	return outcomeOf([]imapReply{r}, l), err
}

// outcomeOf says why a message was not deleted, by the answers to the commands
// for that, of which the last asks for the message; "" where it is gone.
func outcomeOf(answers []imapReply, l *located) (why string) {
	for i, r := range answers {
		if i < len(answers)-1 && r.status != "OK" {
			return r.line
		}
		for _, line := range r.untagged {
			if f, ok := parseFetch(line); ok && f.uid == l.uid && i == len(answers)-1 {
				return "the server says that it is deleted, and still has it"
			}
		}
	}
	return ""
}

// expungeAlone deletes where the server can only delete all that is marked to
// be: only where nothing else is.
func (b *imapBox) expungeAlone(l *located) (imapReply, error) {
	r, err := b.imap.command("UID SEARCH DELETED")
	if err != nil {
		return r, err
	}
	if marked := searched(r.untagged); r.status == "OK" && slices.Equal(marked, []string{strconv.FormatUint(l.uid, 10)}) {
		return b.imap.command("EXPUNGE")
	}
	_, err = b.imap.command(fmt.Sprintf(`UID STORE %d -FLAGS.SILENT (\Deleted)`, l.uid))
	return imapReply{status: "NO", line: "other messages there wait to be deleted, and this server deletes all of them or none"}, err
}

// searched gives the numbers of a SEARCH response (RFC 3501 section 7.2.5).
func searched(untagged []string) []string {
	var numbers []string
	for _, line := range untagged {
		if fields := strings.Fields(line); len(fields) > 0 && strings.EqualFold(fields[0], "SEARCH") {
			numbers = append(numbers, fields[1:]...)
		}
	}
	return numbers
}

// gmailTrash gives the folder from which alone Gmail deletes. In any other one
// \Deleted takes a label off the message, and it stays.
func (b *imapBox) gmailTrash() *watched {
	if !offers(b.imap.known, "X-GM-EXT-1") || !offers(b.imap.known, "MOVE") {
		return nil
	}
	for i := range b.others {
		if b.others[i].use == "trash" {
			return &b.others[i]
		}
	}
	return nil
}

// throwAway moves a message into the folder for what is to be deleted, and
// deletes it there.
func (b *imapBox) throwAway(l *located, trash *watched) (why string, err error) {
	r, err := b.imap.command(fmt.Sprintf("UID MOVE %d %s", l.uid, quoted(trash.name)))
	if err != nil || r.status != "OK" {
		return r.line, err
	}
	found, err := b.lookIntoOther(trash)
	if err != nil {
		return "", err
	}
	if found == nil {
		return "it was moved to " + trash.title + " and not found there", nil
	}
	return b.expunge(found)
}
