package lab

import (
	"net/netip"
	"slices"
	"sync"

	"github.com/mailmedic/mailmedic/mail"
)

// Journal is what a running world saw, in the order of arrival. Everything in
// it is what a client sent.
type Journal struct {
	Questions []string // DNS, as type:name, for example mx:good.example
	Requests  []string // web, as URLs
	Posts     []string // web, what was sent: the URL, a space and the body
	Dials     []Dial
	Sessions  []Session
	Logins    []Login
	Messages  []Message
}

// Dial is an attempt to connect over TCP.
type Dial struct {
	To netip.AddrPort // virtual
}

// Session is one connection to a mail server.
type Session struct {
	Endpoint  mail.Endpoint
	Encrypted bool     // it was, in the end
	Commands  []string // the lines that the client sent, passwords included
}

// Login is an attempt to sign in: each entry means that somebody sent credentials.
type Login struct {
	Endpoint  mail.Endpoint
	Mechanism string // SASL name in lower case; "login" also for IMAP LOGIN, "user" for POP3 USER and PASS
	User      string
	Password  string // or token, as far as the client gave it away
	Encrypted bool
	Accepted  bool
}

// Message is a message that an SMTP server took.
type Message struct {
	Endpoint mail.Endpoint
	From     string
	To       []string
	Data     []byte
}

// recorder is a Journal that many connections write.
type recorder struct {
	mu      sync.Mutex
	journal Journal
}

func (r *recorder) record(note func(*Journal)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	note(&r.journal)
}

// begin opens the record of a session and gives its number.
func (r *recorder) begin(e mail.Endpoint) (session int) {
	r.record(func(j *Journal) {
		session = len(j.Sessions)
		j.Sessions = append(j.Sessions, Session{Endpoint: e})
	})
	return session
}

func (r *recorder) snapshot() Journal {
	r.mu.Lock()
	defer r.mu.Unlock()
	j := r.journal
	j.Questions, j.Requests, j.Dials = slices.Clone(j.Questions), slices.Clone(j.Requests), slices.Clone(j.Dials)
	j.Posts = slices.Clone(j.Posts)
	j.Logins, j.Messages, j.Sessions = slices.Clone(j.Logins), slices.Clone(j.Messages), slices.Clone(j.Sessions)
	for i := range j.Sessions {
		j.Sessions[i].Commands = slices.Clone(j.Sessions[i].Commands)
	}
	return j
}
