package lab

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// store holds the messages that were delivered while the world runs. Those that
// an account has from the beginning are numbers in its inbox, without content.
type store struct {
	mu      sync.Mutex
	boxes   map[string]map[string]*folder // by user name and folder
	changed chan struct{}                 // closed and replaced whenever something is delivered
}

// folder is one mailbox of an account.
type folder struct {
	old      int // messages from the beginning; they have the UIDs from 1 on
	next     int // the next UID
	messages []stored
}

type stored struct {
	uid     int
	data    string // with CRLF
	deleted bool   // it has the flag \Deleted
}

func newStore(accounts []Account) *store {
	s := &store{boxes: map[string]map[string]*folder{}, changed: make(chan struct{})}
	for _, a := range accounts {
		s.boxes[a.User] = map[string]*folder{"INBOX": {old: a.Messages, next: a.Messages + 1}}
		for _, name := range []string{"Sent", "Drafts", "Junk", "Trash"} {
			s.boxes[a.User][name] = &folder{next: 1}
		}
	}
	return s
}

// deliver puts a message into a folder of the account that a recipient has, if anybody has it.
func (s *store) deliver(recipient, name, data string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	local, _, _ := strings.Cut(recipient, "@")
	for _, user := range []string{recipient, local} {
		if f := s.boxes[user][name]; f != nil {
			f.add(data)
			close(s.changed)
			s.changed = make(chan struct{})
			return
		}
	}
}

func (f *folder) add(data string) {
	f.messages = append(f.messages, stored{uid: f.next, data: data})
	f.next++
}

// in does something with a folder while nobody else does. It reports whether
// there is one. Whoever has no account has an empty inbox.
func (s *store) in(user, name string, do func(*folder)) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.boxes[user][name]
	if f == nil && name == "INBOX" {
		f = &folder{next: 1}
	}
	if f != nil {
		do(f)
	}
	return f != nil
}

// news gives the channel that is closed with the next delivery.
func (s *store) news() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

func (f *folder) count() int { return f.old + len(f.messages) }

// at gives a message by its number; one from the beginning has hardly anything in it.
func (f *folder) at(number int) stored {
	if number <= f.old {
		return stored{uid: number, data: "Subject: a message from before\r\n\r\n"}
	}
	return f.messages[number-f.old-1]
}

// expunge removes the messages that are marked, of these UIDs or of all where
// there are none, and gives the numbers that they had when their turn came.
func (f *folder) expunge(uids ...int) (numbers []int) {
	for i := 0; i < len(f.messages); {
		m := f.messages[i]
		if !m.deleted || len(uids) > 0 && !slices.Contains(uids, m.uid) {
			i++
			continue
		}
		numbers = append(numbers, f.old+i+1)
		f.messages = slices.Delete(f.messages, i, i+1)
	}
	return numbers
}

// delivery is what an SMTP server does with what it has taken.
type delivery struct {
	Folder string        `toml:"folder"` // default: INBOX
	Delay  time.Duration `toml:"delay"`
	Lost   bool          `toml:"lost"`
	Sent   bool          `toml:"sent"`   // the sender gets a copy into Sent
	Header []string      `toml:"header"` // lines above those of the message, the topmost first
}

// deliver does what becomes of a message, without the client waiting for it.
func (c *smtpSession) deliver(m Message) {
	r, d := c.running, c.Delivery
	if d.Sent {
		r.store.deliver(m.From, "Sent", crlf(string(m.Data)))
	}
	if d.Lost {
		return
	}
	data := c.stamp(m)
	arrive := func() {
		for _, to := range m.To {
			r.store.deliver(to, orElse(d.Folder, "INBOX"), data)
		}
	}
	if d.Delay <= 0 {
		arrive()
		return
	}
	r.spawn(func() {
		if r.wait(d.Delay) {
			arrive()
		}
	})
}

// stamp adds what the world wants and how the message came here (RFC 5321 section 4.4).
func (c *smtpSession) stamp(m Message) string {
	with := "ESMTP"
	if c.encrypted {
		with += "S"
	}
	if c.signedIn {
		with += "A"
	}
	now := c.running.options.Now().UTC().Format(time.RFC1123Z)
	received := fmt.Sprintf("Received: from client.example (client.example [%s])\n\tby %s with %s id LAB1\n\tfor <%s>; %s",
		client4.Addr(), c.endpoint.Host, with, strings.Join(m.To, ">, <"), now)
	above := strings.ReplaceAll(strings.Join(c.Delivery.Header, "\n"), "; NOW", "; "+now)
	return crlf(strings.TrimPrefix(above+"\n"+received+"\n", "\n") + string(m.Data))
}

func crlf(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "\r\n")
}
