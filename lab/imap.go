package lab

import (
	"errors"
	"fmt"
	"strings"
)

// serveIMAP speaks RFC 3501 with RFC 2971 (ID), RFC 4959 (SASL-IR), RFC 7888
// (LITERAL+), RFC 2342 (NAMESPACE), RFC 6154 (SPECIAL-USE), RFC 9208 (QUOTA),
// RFC 2177 (IDLE) and RFC 4315 (UIDPLUS).
func serveIMAP(s *session) {
	c := &imapSession{session: s}
	software := s.Software
	if software == "" {
		software = "IMAP4rev1"
	}
	greeting := "* OK [CAPABILITY " + c.capabilityList() + "] " + software + " ready."
	if !s.greet(greeting, "* OK") {
		return
	}
	c.signedIn = strings.HasPrefix(s.Greeting, "* PREAUTH")
	for {
		words, err := c.command()
		switch {
		case errors.Is(err, errSyntax):
			c.send("* BAD Error in IMAP command")
			continue
		case err != nil:
			return
		}
		if !c.do(words[0], strings.ToUpper(words[1]), words[2:]) {
			return
		}
	}
}

type imapSession struct {
	*session
	signedIn bool
	selected string // a folder, "" for none
	writable bool
	known    int // how many messages the client knows to be in it
}

func (c *imapSession) capabilityList() string {
	usual := []string{"IMAP4rev1", "SASL-IR", "ID", "LITERAL+", "NAMESPACE", "QUOTA", "SPECIAL-USE", "LIST-EXTENDED", "IDLE", "UIDPLUS"}
	if c.startTLSAdvertised() && !c.encrypted {
		usual = append(usual, "STARTTLS")
	}
	for _, mechanism := range c.mechanisms(c.encrypted) {
		usual = append(usual, "AUTH="+mechanism)
	}
	if !c.takesPasswords(c.encrypted) {
		usual = append(usual, "LOGINDISABLED")
	}
	return strings.Join(c.capabilities(c.encrypted, usual), " ")
}

// do answers one command and reports whether the session goes on.
func (c *imapSession) do(tag, verb string, args []string) bool {
	switch verb {
	case "CAPABILITY":
		c.send("* CAPABILITY "+c.capabilityList(), tag+" OK Capability completed.")
	case "NOOP":
		c.announce()
		c.send(tag + " OK NOOP completed.")
	case "ID":
		c.id(tag)
	case "LOGOUT":
		c.send("* BYE Logging out", tag+" OK Logout completed.")
		return false
	case "STARTTLS":
		return c.startTLS(tlsWords{
			ready:    tag + " OK Begin TLS negotiation now.",
			refused:  tag + " " + orElse(c.StartTLSReply, "NO TLS is not available."),
			unknown:  tag + " BAD Unknown command.",
			injected: "* OK injected",
		})
	case "LOGIN":
		return c.login(tag, args)
	case "AUTHENTICATE":
		return c.auth(tag, args)
	case "IDLE":
		if c.signedIn {
			return c.idle(tag)
		}
		c.send(tag + " BAD Error in IMAP command IDLE: not authenticated.")
	default:
		if !c.signedIn {
			c.send(tag + " BAD Error in IMAP command " + verb + ": not authenticated or unknown.")
			return true
		}
		c.mailbox(tag, verb, args)
	}
	return true
}

func (c *imapSession) id(tag string) {
	if c.Software == "" {
		c.send("* ID NIL", tag+" OK ID completed.")
		return
	}
	c.send(fmt.Sprintf(`* ID ("name" %q)`, c.Software), tag+" OK ID completed.")
}

func (c *imapSession) login(tag string, args []string) bool {
	switch {
	case c.signedIn || len(args) != 2:
		c.send(tag + " BAD Error in IMAP command LOGIN.")
		return true
	case !c.takesPasswords(c.encrypted):
		c.signIn("login", args[0], args[1]) // refused, and yet it was sent
		c.send(tag + " NO [PRIVACYREQUIRED] Plaintext authentication disallowed on non-secure (SSL/TLS) connections.")
		return true
	}
	return c.finish(tag, c.signIn("login", args[0], args[1]))
}

// finish answers a sign-in and reports whether the session goes on.
func (c *imapSession) finish(tag string, ok bool) bool {
	if ok {
		c.signedIn = true
		c.send(tag + " OK [CAPABILITY " + c.capabilityList() + "] Logged in")
		return true
	}
	if c.Fault == "close-at-auth" {
		return false
	}
	reply := c.rejection("NO [AUTHENTICATIONFAILED] Authentication failed.")
	reply[len(reply)-1] = tag + " " + reply[len(reply)-1] // lines before the last are untagged, as they stand
	c.send(reply...)
	return !strings.HasPrefix(reply[0], "* BYE")
}

func (c *imapSession) auth(tag string, args []string) bool {
	switch {
	case c.signedIn || len(args) == 0 || len(args) > 2:
		c.send(tag + " BAD Error in IMAP command AUTHENTICATE.")
		return true
	case !c.offers(args[0]):
		c.send(tag + " NO [CANNOT] Unsupported authentication mechanism.")
		return true
	}
	var initial *string
	if len(args) == 2 {
		initial = &args[1]
	}
	err := c.authenticate(args[0], initial, func(challenge string) { c.send("+ " + challenge) })
	switch {
	case err == nil || errors.Is(err, errRejected):
		return c.finish(tag, err == nil)
	case errors.Is(err, errCancelled):
		c.send(tag + " BAD Authentication aborted by client.")
	case errors.Is(err, errMalformed):
		c.send(tag + " BAD Invalid base64 data.")
	default:
		return false
	}
	return true
}

// quota answers GETQUOTAROOT; STORAGE counts units of 1024 bytes (RFC 9208 section 5.1).
func (c *imapSession) quota(tag string, account Account) {
	if account.QuotaLimit == 0 {
		c.send("* QUOTAROOT INBOX", tag+" OK Getquotaroot completed.")
		return
	}
	c.send(`* QUOTAROOT INBOX "User quota"`,
		fmt.Sprintf(`* QUOTA "User quota" (STORAGE %d %d)`, account.QuotaUsed/1024, account.QuotaLimit/1024),
		tag+" OK Getquotaroot completed.")
}
