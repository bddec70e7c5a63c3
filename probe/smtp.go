package probe

import (
	"fmt"
	"net"
	"net/netip"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// smtp speaks RFC 5321 with STARTTLS (RFC 3207) and AUTH (RFC 4954).
type smtp struct {
	*dialogue
	name string // what to say after EHLO
}

// An smtpReply is one reply, RFC 5321 section 4.2.
type smtpReply struct {
	code  int
	lines []string // text after the code, one for each line
}

// String gives the reply on one line, with an enhanced status code (RFC 3463)
// that stands on every line said once.
func (r smtpReply) String() string {
	whole := fmt.Sprintf("%03d", r.code)
	enhanced := ""
	for i, line := range r.lines {
		first, _, _ := strings.Cut(line, " ")
		if i == 0 && strings.Count(first, ".") == 2 && strings.Trim(first, "0123456789.") == "" {
			enhanced = first + " "
		} else if i > 0 {
			line = strings.TrimPrefix(line, enhanced)
		}
		whole += " " + strings.TrimSpace(line)
	}
	return whole
}

// kind is the first digit: 2 done, 3 go on, 4 not now, 5 no.
func (r smtpReply) kind() int { return r.code / 100 }

// reply reads one reply. Where the lines of a reply disagree about the code, the last one counts.
func (s *smtp) reply() (smtpReply, error) {
	var r smtpReply
	size := 0
	for {
		line, err := s.lines.line()
		if err != nil {
			return r, err
		}
		if size += len(line); size > maxReply || len(r.lines) == maxLines {
			return r, tooLarge()
		}
		code, rest, more, ok := parseSMTPLine(line)
		if !ok {
			return r, foreign(mail.SMTP, line)
		}
		r.code = code
		r.lines = append(r.lines, rest)
		if !more {
			return r, nil
		}
	}
}

// parseSMTPLine splits a reply line; more is true for one that is not the last.
func parseSMTPLine(line string) (code int, rest string, more, ok bool) {
	if len(line) < 3 {
		return 0, "", false, false
	}
	for _, c := range []byte(line[:3]) {
		if c < '0' || c > '9' {
			return 0, "", false, false
		}
		code = code*10 + int(c-'0')
	}
	if code < 200 || code > 599 {
		return 0, "", false, false
	}
	if len(line) == 3 {
		return code, "", false, true
	}
	if line[3] != ' ' && line[3] != '-' {
		return 0, "", false, false
	}
	return code, line[4:], line[3] == '-', true
}

func (s *smtp) command(line string) (smtpReply, error) {
	if err := s.send(line); err != nil {
		return smtpReply{}, err
	}
	return s.reply()
}

func (s *smtp) greet() (string, error) {
	r, err := s.reply()
	if len(r.lines) == 0 || err != nil {
		return "", err
	}
	if r.kind() != 2 {
		return r.String(), faultf(mail.GreetingRejected, "the server greets with a refusal: %s", r)
	}
	return r.String(), nil
}

// capabilities says EHLO, and HELO where the server does not know it.
func (s *smtp) capabilities() ([]string, error) {
	r, err := s.command("EHLO " + s.name)
	if err != nil {
		return nil, err
	}
	if r.kind() == 2 {
		capabilities := []string{}
		for _, line := range r.lines[1:] { // the first line is the server's name
			capabilities = append(capabilities, keyword(line))
		}
		return capabilities, nil
	}
	if r.kind() == 5 {
		if r, err = s.command("HELO " + s.name); err != nil {
			return nil, err
		}
	}
	if r.kind() != 2 {
		return nil, faultf(mail.GreetingRejected, "the server refuses to talk: %s", r)
	}
	return []string{}, nil
}

func (s *smtp) offersTLS(capabilities []string) bool { return offers(capabilities, "STARTTLS") }

func (s *smtp) startTLS() error {
	r, err := s.command("STARTTLS")
	if err == nil && r.kind() != 2 {
		err = faultf(mail.StartTLSRefused, "STARTTLS is offered and refused: %s", r)
	}
	return err
}

// mechanisms reads AUTH and the older form AUTH=, which some servers send as well.
func (s *smtp) mechanisms(capabilities []string) []string {
	list := []string{}
	for _, c := range capabilities {
		if rest, ok := strings.CutPrefix(strings.ToUpper(c), "AUTH"); ok && rest != "" && (rest[0] == ' ' || rest[0] == '=') {
			list = appendNew(list, strings.Fields(rest[1:])...)
		}
	}
	return list
}

// maxCommandSMTP is how long a command may be, in bytes with its line end (RFC
// 5321 section 4.5.3.1.4). A first message that does not fit, such as most tokens,
// has to wait for the server's prompt (RFC 4954 section 4).
const maxCommandSMTP = 512

// signIn is AUTH, RFC 4954.
func (s *smtp) signIn(method string, _ Credentials, m mechanism) attempt {
	var last smtpReply
	sane, err := s.sasl("AUTH "+strings.ToUpper(method), m, maxCommandSMTP, func() (string, bool, error) {
		var err error
		last, err = s.reply()
		return words(last.lines), last.code == 334, err
	})
	return s.settle(sane, err, func() attempt { return judgeSMTP(last) })
}

func (s *smtp) quit() error {
	_, err := s.command("QUIT")
	return err
}

// addressLiteral names this machine to a server by its address, since it has
// no name that the server could verify (RFC 5321 section 4.1.3).
func addressLiteral(local net.Addr) string {
	ap, err := netip.ParseAddrPort(local.String())
	addr := ap.Addr().Unmap().WithZone("")
	switch {
	case err != nil: // not an internet address
		return "[127.0.0.1]"
	case addr.Is4():
		return "[" + addr.String() + "]"
	default:
		return "[IPv6:" + addr.String() + "]"
	}
}
