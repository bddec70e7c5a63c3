package lab

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// mailbox answers the commands that need a sign-in.
func (c *imapSession) mailbox(tag, verb string, args []string) {
	account := c.person
	name := ""
	if len(args) > 0 {
		name = args[0]
	}
	if strings.EqualFold(name, "INBOX") {
		name = "INBOX"
	}
	switch {
	case verb == "NAMESPACE":
		c.send(`* NAMESPACE (("" "/")) NIL NIL`, tag+" OK Namespace completed.")
	case verb == "LIST" && strings.EqualFold(name, "(SPECIAL-USE)"):
		c.send(`* LIST (\HasNoChildren \Sent) "/" Sent`, `* LIST (\HasNoChildren \Drafts) "/" Drafts`,
			`* LIST (\HasNoChildren \Junk) "/" Junk`, `* LIST (\HasNoChildren \Trash) "/" Trash`, tag+" OK LIST completed.")
	case verb == "LIST" || verb == "LSUB":
		for _, folder := range []string{"INBOX", "Sent", "Drafts", "Junk", "Trash"} {
			c.send("* " + verb + ` (\HasNoChildren) "/" ` + folder)
		}
		c.send(tag + " OK " + verb + " completed.")
	case verb == "GETQUOTAROOT" && name == "INBOX":
		c.quota(tag, account)
	case verb == "STATUS":
		c.status(tag, name)
	case verb == "SELECT" || verb == "EXAMINE":
		c.choose(tag, verb, name)
	case c.selected == "":
		c.send(tag + " BAD Unknown command.")
	case verb == "CLOSE" || verb == "UNSELECT":
		c.selected = ""
		c.send(tag + " OK " + verb + " completed.")
	default:
		c.inFolder(tag, verb, args)
	}
}

// choose opens a folder.
func (c *imapSession) choose(tag, verb, name string) {
	c.selected, c.writable = "", verb == "SELECT"
	access := "[READ-WRITE]"
	if !c.writable {
		access = "[READ-ONLY]"
	}
	found := c.running.store.in(c.person.User, name, func(f *folder) {
		c.selected, c.known = name, f.count()
		c.send(`* FLAGS (\Answered \Flagged \Deleted \Seen \Draft)`,
			fmt.Sprintf("* %d EXISTS", c.known), "* 0 RECENT",
			"* OK [UIDVALIDITY 1] UIDs valid", fmt.Sprintf("* OK [UIDNEXT %d] Predicted next UID", f.next),
			tag+" OK "+access+" "+verb+" completed.")
	})
	if !found {
		c.send(tag + " NO [NONEXISTENT] Mailbox doesn't exist.")
	}
}

func (c *imapSession) status(tag, name string) {
	found := c.running.store.in(c.person.User, name, func(f *folder) {
		c.send(fmt.Sprintf("* STATUS %s (MESSAGES %d UIDNEXT %d UIDVALIDITY 1)", name, f.count(), f.next), tag+" OK Status completed.")
	})
	if !found {
		c.send(tag + " NO [NONEXISTENT] Mailbox doesn't exist.")
	}
}

// inFolder answers the commands that need a folder.
func (c *imapSession) inFolder(tag, verb string, args []string) {
	if verb == "UID" && len(args) > 1 {
		verb, args = "UID "+strings.ToUpper(args[0]), args[1:]
	}
	changes := slices.Contains([]string{"UID STORE", "UID EXPUNGE", "EXPUNGE", "UID MOVE"}, verb)
	if changes && !c.writable {
		c.send(tag + " NO [READ-ONLY] Mailbox is read-only.")
		return
	}
	answer := tag + " OK " + verb + " completed."
	c.running.store.in(c.person.User, c.selected, func(f *folder) {
		switch verb {
		case "UID FETCH":
			c.fetch(f, args)
		case "UID STORE":
			f.mark(uidOf(args[0]), strings.HasPrefix(args[1], "+"))
		case "UID SEARCH":
			c.send("* SEARCH" + f.marked())
		case "EXPUNGE":
			c.expunged(f.expunge())
		case "UID EXPUNGE":
			c.expunged(f.expunge(uidOf(args[0])))
		default:
			answer = tag + " BAD Unknown command."
		}
	})
	c.send(answer)
}

func uidOf(arg string) int {
	n, _ := strconv.Atoi(arg)
	return n
}

func (f *folder) mark(uid int, deleted bool) {
	for i := range f.messages {
		if f.messages[i].uid == uid {
			f.messages[i].deleted = deleted
		}
	}
}

// marked gives the UIDs of the messages with the flag \Deleted.
func (f *folder) marked() (list string) {
	for _, m := range f.messages {
		if m.deleted {
			list += " " + strconv.Itoa(m.uid)
		}
	}
	return list
}

func (c *imapSession) expunged(numbers []int) {
	for _, n := range numbers {
		c.send(fmt.Sprintf("* %d EXPUNGE", n))
	}
	c.known -= len(numbers)
}

// fetch answers UID FETCH for one UID or for all from one on, with the header
// or with some of its fields.
func (c *imapSession) fetch(f *folder, args []string) {
	from, open := strings.CutSuffix(args[0], ":*")
	first := uidOf(from)
	items := strings.Join(args[1:], " ")
	for n := 1; n <= f.count(); n++ {
		m := f.at(n)
		last := n == f.count() && (open || from == "*") // what * is, whatever stands before it (RFC 9051 section 9, seq-range)
		if m.uid != first && !(open && m.uid > first) && !last {
			continue
		}
		section, rest, wanted := strings.Cut(items[strings.IndexByte(items, '[')+1:], "]")
		if !wanted {
			c.send(fmt.Sprintf("* %d FETCH (UID %d)", n, m.uid))
			continue
		}
		text := headerOf(m.data, section)
		origin := ""
		if strings.HasPrefix(rest, "<") {
			origin = "<0>"
		}
		c.send(fmt.Sprintf("* %d FETCH (UID %d BODY[%s]%s {%d}\r\n%s)", n, m.uid, section, origin, len(text), text))
	}
}

// headerOf gives the header of a message, or the fields that a section names.
func headerOf(data, section string) string {
	header, _, _ := strings.Cut(data, "\r\n\r\n")
	header += "\r\n"
	_, names, some := strings.Cut(section, "HEADER.FIELDS (")
	if !some {
		return header + "\r\n"
	}
	wanted := strings.Fields(strings.ToUpper(strings.TrimSuffix(names, ")")))
	kept, keep := "", false
	for line := range strings.SplitAfterSeq(header, "\r\n") {
		if name, _, ok := strings.Cut(line, ":"); ok && line[0] != '\t' && line[0] != ' ' {
			keep = slices.Contains(wanted, strings.ToUpper(name))
		}
		if keep {
			kept += line
		}
	}
	return kept + "\r\n"
}

// announce tells what has come into the folder since the client was told last.
func (c *imapSession) announce() {
	c.running.store.in(c.person.User, c.selected, func(f *folder) {
		if n := f.count(); n > c.known {
			c.send(fmt.Sprintf("* %d EXISTS", n))
			c.known = n
		}
	})
}

// idle is RFC 2177. It reports whether the session goes on.
func (c *imapSession) idle(tag string) bool {
	c.send("+ idling")
	done := make(chan error, 1)
	if !c.running.spawn(func() {
		_, err := c.line()
		done <- err
	}) {
		return false
	}
	for {
		news := c.running.store.news()
		c.announce()
		select {
		case <-news:
		case err := <-done:
			c.send(tag + " OK IDLE completed.")
			return err == nil
		}
	}
}
