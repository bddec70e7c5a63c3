package lab

import (
	"bufio"
	"errors"
	"io"
	"net/textproto"
	"strings"
)

// maxMessage is what SIZE says, in bytes.
const maxMessage = 50 << 20

// keptMessage bounds what the journal keeps of a message, in bytes.
const keptMessage = 1 << 20

// serveSMTP speaks RFC 5321 with RFC 3207 (STARTTLS) and RFC 4954 (AUTH).
func serveSMTP(s *session) {
	if !s.greet("220 "+s.endpoint.Host+" ESMTP"+s.softwareSuffix(), "220") {
		return
	}
	c := &smtpSession{session: s}
	for {
		line, err := s.line()
		if err != nil {
			return
		}
		verb, argument, _ := strings.Cut(line, " ")
		if !c.command(strings.ToUpper(verb), strings.TrimSpace(argument)) {
			return
		}
	}
}

type smtpSession struct {
	*session
	greeted, signedIn, hasSender bool
	from                         string
	to                           []string
}

// command answers one command and reports whether the session goes on.
func (c *smtpSession) command(verb, argument string) bool {
	switch verb {
	case "EHLO", "HELO":
		c.hello(verb, argument)
	case "STARTTLS":
		return c.begin()
	case "AUTH":
		return c.auth(argument)
	case "MAIL":
		c.mail(argument)
	case "RCPT":
		c.rcpt(argument)
	case "DATA":
		return c.data()
	case "RSET":
		c.forget()
		c.send("250 2.0.0 Ok")
	case "NOOP":
		c.send("250 2.0.0 Ok")
	case "QUIT":
		c.send("221 2.0.0 Bye")
		return false
	default:
		c.send("500 5.5.2 Error: command not recognized")
	}
	return true
}

// begin answers STARTTLS. What was said in the clear is forgotten (RFC 3207 section 4.2).
func (c *smtpSession) begin() bool {
	before := c.encrypted
	ok := c.startTLS(tlsWords{
		ready:    "220 2.0.0 Ready to start TLS",
		refused:  orElse(c.StartTLSReply, "454 4.7.0 TLS not available due to local problem"),
		unknown:  "502 5.5.1 Error: command not implemented",
		injected: "250 injected",
	})
	if c.encrypted && !before {
		c.greeted = false
		c.forget()
	}
	return ok
}

func (c *smtpSession) forget() { c.hasSender, c.from, c.to = false, "", nil }

func (c *smtpSession) hello(verb, argument string) {
	if argument == "" {
		c.send("501 Syntax: " + verb + " hostname")
		return
	}
	c.greeted = true
	c.forget()
	if verb == "HELO" {
		c.send("250 " + c.endpoint.Host)
		return
	}
	lines := append([]string{c.endpoint.Host}, c.capabilities(c.encrypted, c.extensions())...)
	for i := range lines {
		separator := "-"
		if i == len(lines)-1 {
			separator = " "
		}
		lines[i] = "250" + separator + lines[i]
	}
	c.send(lines...)
}

func (c *smtpSession) extensions() []string {
	list := []string{"PIPELINING", "SIZE 52428800", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"}
	if c.startTLSAdvertised() && !c.encrypted {
		list = append(list, "STARTTLS")
	}
	if mechanisms := c.mechanisms(c.encrypted); len(mechanisms) > 0 {
		list = append(list, "AUTH "+strings.Join(mechanisms, " "))
	}
	return list
}

func (c *smtpSession) auth(argument string) bool {
	mechanism, initial, hasInitial := strings.Cut(argument, " ")
	switch {
	case !c.greeted:
		c.send("503 5.5.1 Error: send HELO/EHLO first")
		return true
	case c.signedIn:
		c.send("503 5.5.1 Error: already authenticated")
		return true
	case len(c.mechanisms(c.encrypted)) == 0:
		c.refuseAuth()
		return true
	case !c.offers(mechanism):
		c.send("504 5.5.4 Unrecognized authentication type")
		return true
	}
	var response *string
	if hasInitial {
		response = &initial
	}
	err := c.authenticate(mechanism, response, func(challenge string) { c.send("334 " + challenge) })
	switch {
	case err == nil:
		c.signedIn = true
		c.send("235 2.7.0 Authentication successful")
	case errors.Is(err, errCancelled):
		c.send("501 5.7.0 Authentication aborted")
	case errors.Is(err, errMalformed):
		c.send("501 5.5.2 Invalid base64 data in response")
	case errors.Is(err, errRejected) && c.Fault == "close-at-auth":
		return false
	case errors.Is(err, errRejected):
		c.send(c.rejection("535 5.7.8 Error: authentication failed")...)
	default:
		return false
	}
	return true
}

// refuseAuth says why nobody can sign in here.
func (c *smtpSession) refuseAuth() {
	if c.startTLSWorks() && !c.encrypted {
		c.send("530 5.7.0 Must issue a STARTTLS command first") // RFC 3207 section 4
		return
	}
	c.send("503 5.5.1 Error: authentication not enabled")
}

func (c *smtpSession) mail(argument string) {
	address, ok := pathOf(argument, "FROM:")
	switch {
	case !c.greeted:
		c.send("503 5.5.1 Error: send HELO/EHLO first")
	case !ok:
		c.send("501 5.5.4 Syntax: MAIL FROM:<address>")
	case c.isSubmission() && !c.signedIn:
		c.send("530 5.7.0 Authentication required") // RFC 4954 section 6
	case c.MailReply != "":
		c.send(c.MailReply)
	default:
		c.forget()
		c.hasSender, c.from = true, address
		c.send("250 2.1.0 Ok")
	}
}

// isSubmission reports whether nobody may send without signing in (RFC 6409 section 4.3).
func (c *smtpSession) isSubmission() bool { return c.endpoint.Port != 25 }

func (c *smtpSession) rcpt(argument string) {
	address, ok := pathOf(argument, "TO:")
	switch {
	case !c.hasSender:
		c.send("503 5.5.1 Error: need MAIL command")
	case !ok || address == "":
		c.send("501 5.5.4 Syntax: RCPT TO:<address>")
	case !c.signedIn && !c.local(address):
		c.send("554 5.7.1 <" + address + ">: Relay access denied")
	case c.RcptReply != "":
		c.send(c.RcptReply)
	default:
		c.to = append(c.to, address)
		c.send("250 2.1.5 Ok")
	}
}

func (c *smtpSession) data() bool {
	if len(c.to) == 0 {
		c.send("503 5.5.1 Error: need RCPT command")
		return true
	}
	c.send("354 End data with <CR><LF>.<CR><LF>")
	body := textproto.NewReader(bufio.NewReader(io.LimitReader(c.in, maxMessage))).DotReader()
	kept, err := io.ReadAll(io.LimitReader(body, keptMessage))
	if err == nil {
		_, err = io.Copy(io.Discard, body)
	}
	if err != nil {
		return false
	}
	message := Message{c.endpoint, c.from, c.to, kept}
	c.forget()
	if c.DataReply != "" {
		c.send(c.DataReply)
		return true
	}
	c.running.recorder.record(func(j *Journal) { j.Messages = append(j.Messages, message) })
	c.send("250 2.0.0 Ok: queued")
	c.deliver(message)
	return true
}

// pathOf takes the address out of a MAIL or RCPT argument (RFC 5321 section 4.1.2).
func pathOf(argument, prefix string) (string, bool) {
	if len(argument) < len(prefix) || !strings.EqualFold(argument[:len(prefix)], prefix) {
		return "", false
	}
	rest, ok := strings.CutPrefix(strings.TrimSpace(argument[len(prefix):]), "<")
	address, _, closed := strings.Cut(rest, ">")
	return address, ok && closed
}
