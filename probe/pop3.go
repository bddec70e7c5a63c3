package probe

import (
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// pop3 speaks RFC 1939 with CAPA (RFC 2449), STLS (RFC 2595) and AUTH (RFC 5034).
type pop3 struct {
	*dialogue
	stamp      string // of the greeting, for APOP, RFC 1939 section 7; "" where it had none
	legacy     bool   // the server does not know CAPA
	pipelining bool   // commands may be sent before the last one is answered
}

// status reads the first line of a reply: +OK or -ERR, and the text after it.
func (p *pop3) status() (ok bool, line string, err error) {
	line, err = p.lines.line()
	if err != nil {
		return false, "", err
	}
	word, _, _ := strings.Cut(line, " ")
	switch strings.ToUpper(word) {
	case "+OK":
		return true, line, nil
	case "-ERR":
		return false, line, nil
	}
	return false, line, foreign(mail.POP3, line)
}

func (p *pop3) command(command string) (ok bool, line string, err error) {
	if err := p.send(command); err != nil {
		return false, "", err
	}
	return p.status()
}

func (p *pop3) greet() (string, error) {
	ok, line, err := p.status()
	if err != nil {
		return "", err
	}
	if !ok {
		return line, faultf(mail.GreetingRejected, "the server greets with a refusal: %s", line)
	}
	_, stamp, _ := strings.Cut(line, "<")
	inside, _, closed := strings.Cut(stamp, ">")
	if closed && strings.Contains(inside, "@") {
		p.stamp = "<" + inside + ">"
	}
	return line, nil
}

func (p *pop3) capabilities() ([]string, error) {
	ok, _, err := p.command("CAPA")
	if err != nil {
		return nil, err
	}
	capabilities := []string{}
	if p.legacy = !ok; p.legacy {
		return capabilities, nil
	}
	size := 0
	for {
		line, err := p.lines.line()
		if err != nil || line == "." {
			p.pipelining = offers(capabilities, "PIPELINING")
			return capabilities, err
		}
		if size += len(line); size > maxReply || len(capabilities) == maxLines {
			return capabilities, tooLarge()
		}
		capabilities = append(capabilities, keyword(strings.TrimPrefix(line, ".")))
	}
}

// offersTLS also holds for a server without CAPA: it cannot say so, and trying costs one command.
func (p *pop3) offersTLS(capabilities []string) bool {
	return p.legacy || offers(capabilities, "STLS")
}

func (p *pop3) startTLS() error {
	ok, line, err := p.command("STLS")
	switch {
	case err != nil || ok:
		return err
	case p.legacy:
		return faultf(mail.StartTLSNotOffered, "the server knows neither CAPA nor STLS: %s", line)
	default:
		return faultf(mail.StartTLSRefused, "STLS is offered and refused: %s", line)
	}
}

// mechanisms adds "user" for USER and PASS, which a server without CAPA is taken to know, and "apop".
func (p *pop3) mechanisms(capabilities []string) []string {
	list := []string{}
	if names, ok := parameters(capabilities, "SASL"); ok {
		list = appendNew(list, names...)
	}
	if p.legacy || offers(capabilities, "USER") {
		list = appendNew(list, "user")
	}
	if p.stamp != "" {
		list = appendNew(list, "apop")
	}
	return list
}

// maxCommandPOP3 is how long a command may be, in bytes (RFC 2449 section 4, RFC 5034 section 4).
const maxCommandPOP3 = 255

// signIn is AUTH (RFC 5034), or USER and PASS or APOP (RFC 1939 section 7).
func (p *pop3) signIn(method string, c Credentials, m mechanism) attempt {
	switch method {
	case "user":
		return p.user(c)
	case "apop":
		return p.digest(c)
	}
	var ok bool
	var last string
	sane, err := p.sasl("AUTH "+strings.ToUpper(method), m, maxCommandPOP3, func() (string, bool, error) {
		line, err := p.lines.line()
		if challenge, more := strings.CutPrefix(line, "+ "); err == nil && (more || line == "+") {
			return challenge, true, nil
		}
		last, ok = line, strings.HasPrefix(strings.ToUpper(line), "+OK")
		return "", false, err
	})
	return p.settle(sane, err, func() attempt { return judgePOP3(ok, last) })
}

// user is USER and PASS.
func (p *pop3) user(c Credentials) attempt {
	ok, line, err := p.command("USER " + c.Username)
	if err == nil && ok {
		if err = p.sendSecret("PASS " + c.Secret.Reveal()); err == nil {
			ok, line, err = p.status()
		}
	}
	if err != nil {
		return attempt{outcome: Failed, err: err}
	}
	return judgePOP3(ok, line)
}

// digest is APOP.
func (p *pop3) digest(c Credentials) attempt {
	digest := apopDigest(p.stamp, c)
	err := p.sendSecret("APOP " + c.Username + " " + digest)
	a := attempt{outcome: Failed, err: err}
	if err == nil {
		var ok bool
		var line string
		if ok, line, a.err = p.status(); a.err == nil {
			a = judgePOP3(ok, line)
		}
	}
	a.derived = []string{digest}
	return a
}

func (p *pop3) quit() error {
	_, _, err := p.command("QUIT")
	return err
}
