package lab

import (
	"crypto/md5" //nolint:gosec // APOP is made of it
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// servePOP3 speaks RFC 1939 with RFC 2449 (CAPA), RFC 2595 (STLS) and RFC 5034 (AUTH).
func servePOP3(s *session) {
	greeting := "+OK" + s.softwareSuffix() + " ready."
	if s.APOP {
		greeting += " " + s.stamp()
	}
	if !s.greet(greeting, "+OK") {
		return
	}
	c := &pop3Session{session: s}
	for {
		line, err := s.line()
		if err != nil {
			return
		}
		verb, argument, _ := strings.Cut(line, " ")
		if !c.command(strings.ToUpper(verb), argument) {
			return
		}
	}
}

type pop3Session struct {
	*session
	user     string
	signedIn bool
	messages []stored // as they were at the sign-in
	deleted  []int    // UIDs
}

// command answers one command and reports whether the session goes on.
func (c *pop3Session) command(verb, argument string) bool {
	switch verb {
	case "CAPA":
		c.capa()
	case "STLS":
		c.user = ""
		return c.startTLS(tlsWords{
			ready:    "+OK Begin TLS negotiation now.",
			refused:  orElse(c.StartTLSReply, "-ERR [SYS/TEMP] TLS not available."),
			unknown:  "-ERR Unknown command.",
			injected: "+OK injected",
		})
	case "USER", "PASS":
		return c.login(verb, argument)
	case "APOP":
		return c.apop(argument)
	case "AUTH":
		return c.auth(argument)
	case "QUIT":
		c.update()
		c.send("+OK Logging out.")
		return false
	case "NOOP", "STAT", "UIDL", "LIST", "TOP", "DELE":
		c.transaction(verb, argument)
	default:
		c.send("-ERR Unknown command.")
	}
	return true
}

func (c *pop3Session) capa() {
	usual := []string{"TOP", "UIDL", "RESP-CODES", "PIPELINING", "AUTH-RESP-CODE"}
	if c.startTLSAdvertised() && !c.encrypted {
		usual = append(usual, "STLS")
	}
	if c.takesPasswords(c.encrypted) {
		usual = append(usual, "USER")
	}
	if mechanisms := c.mechanisms(c.encrypted); len(mechanisms) > 0 {
		usual = append(usual, "SASL "+strings.Join(mechanisms, " "))
	}
	if c.Software != "" {
		usual = append(usual, "IMPLEMENTATION "+c.Software)
	}
	lines := append([]string{"+OK"}, c.capabilities(c.encrypted, usual)...)
	c.send(append(lines, ".")...)
}

func (c *pop3Session) login(verb, argument string) bool {
	switch {
	case c.signedIn:
		c.send("-ERR Already signed in.")
	case !c.takesPasswords(c.encrypted):
		if verb == "PASS" {
			c.signIn("user", c.user, argument) // refused, and yet it was sent
		}
		c.send("-ERR [AUTH] Plaintext authentication disallowed on non-secure (SSL/TLS) connections.")
	case verb == "USER":
		c.user = argument
		c.send("+OK")
	case c.user == "":
		c.send("-ERR No username given.")
	default:
		return c.finish(c.signIn("user", c.user, argument))
	}
	return true
}

// apop is RFC 1939 section 7.
func (c *pop3Session) apop(argument string) bool {
	user, digest, _ := strings.Cut(argument, " ")
	if c.signedIn || !c.APOP {
		c.send("-ERR Unknown command.")
		return true
	}
	account, known := c.accountOf(user)
	sum := md5.Sum([]byte(c.stamp() + account.Password)) //nolint:gosec // the protocol says so
	proved := known && account.Password != "" && digest == hex.EncodeToString(sum[:])
	return c.finish(c.admit("apop", user, "", account, proved))
}

// finish answers a sign-in and reports whether the session goes on.
func (c *pop3Session) finish(ok bool) bool {
	if ok {
		c.signedIn = true
		c.running.store.in(c.person.User, "INBOX", func(f *folder) {
			for n := 1; n <= f.count(); n++ {
				c.messages = append(c.messages, f.at(n))
			}
		})
		c.send("+OK Logged in.")
		return true
	}
	if c.Fault == "close-at-auth" {
		return false
	}
	c.send(c.rejection("-ERR [AUTH] Authentication failed.")...)
	return true
}

func (c *pop3Session) auth(argument string) bool {
	mechanism, initial, hasInitial := strings.Cut(argument, " ")
	if c.signedIn || !c.offers(mechanism) {
		c.send("-ERR Unsupported authentication mechanism.")
		return true
	}
	var response *string
	if hasInitial {
		response = &initial
	}
	err := c.authenticate(mechanism, response, func(challenge string) { c.send("+ " + challenge) })
	switch {
	case err == nil || errors.Is(err, errRejected):
		return c.finish(err == nil)
	case errors.Is(err, errCancelled):
		c.send("-ERR Authentication aborted by client.")
	case errors.Is(err, errMalformed):
		c.send("-ERR Invalid base64 data.")
	default:
		return false
	}
	return true
}

// messageSize is the size of each message in an inbox, in bytes.
const messageSize = 2048

// transaction answers the commands that need a sign-in.
func (c *pop3Session) transaction(verb, argument string) {
	if !c.signedIn {
		c.send("-ERR Unknown command.")
		return
	}
	switch count := len(c.messages); verb {
	case "NOOP":
		c.send("+OK")
	case "STAT":
		c.send(fmt.Sprintf("+OK %d %d", count, count*messageSize))
	case "TOP", "DELE":
		c.message(verb, argument)
	default:
		c.listing(verb, argument, count)
	}
}

// message answers what is about one message.
func (c *pop3Session) message(verb, argument string) {
	number, _, _ := strings.Cut(argument, " ")
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > len(c.messages) {
		c.send("-ERR There's no such message.")
		return
	}
	m := c.messages[n-1]
	if verb == "DELE" {
		c.deleted = append(c.deleted, m.uid)
		c.send("+OK Marked to be deleted.")
		return
	}
	c.send("+OK", strings.TrimSuffix(headerOf(m.data, ""), "\r\n"), ".") // no line begins with a dot
}

// update deletes what is marked, at the end of a session (RFC 1939 section 6).
func (c *pop3Session) update() {
	if len(c.deleted) == 0 {
		return
	}
	c.running.store.in(c.person.User, "INBOX", func(f *folder) {
		for _, uid := range c.deleted {
			f.mark(uid, true)
		}
		f.expunge(c.deleted...)
	})
}

func (c *pop3Session) listing(verb, argument string, count int) {
	entry := func(n int) string {
		if verb == "UIDL" {
			return fmt.Sprintf("%d %08x", n, c.messages[n-1].uid)
		}
		return fmt.Sprintf("%d %d", n, messageSize)
	}
	if argument != "" {
		n, err := strconv.Atoi(argument)
		if err != nil || n < 1 || n > count {
			c.send("-ERR There's no such message.")
			return
		}
		c.send("+OK " + entry(n))
		return
	}
	lines := []string{"+OK"}
	for n := 1; n <= count; n++ {
		lines = append(lines, entry(n))
	}
	c.send(append(lines, ".")...)
}
