package probe

import (
	"slices"
	"strconv"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// imap speaks RFC 9051 and RFC 3501.
type imap struct {
	*dialogue
	wantTLS bool     // an upgrade is to follow, so a greeting's capabilities without STARTTLS are not the last word
	greeted []string // the capabilities of the greeting, until they are taken
	known   []string // the capabilities that were heard last
	tags    int
	exists  int      // the number of messages in the open mailbox, as told last
	renewed bool     // they have been heard since the last sign-in began
	alerts  []string // what the server wants its user told, since the last sign-in began
}

// An imapReply is what came up to a tagged response or a continuation.
type imapReply struct {
	status   string // OK, NO, BAD, or + for a continuation
	code     string // the response code without brackets, RFC 9051 section 7.1
	text     string // what stands after status and code; of a continuation all
	line     string // the status and all after it, as the server wrote it
	bye      string // the text of an untagged BYE
	untagged []string
}

// response reads one response with the literals in it.
func (m *imap) response() (string, error) {
	var whole strings.Builder
	for {
		line, err := m.lines.line()
		if err != nil {
			return "", err
		}
		whole.WriteString(line)
		n, ok := literalSize(line)
		if whole.Len() > maxReply || ok && n > maxReply-whole.Len() {
			return "", tooLarge()
		}
		if !ok {
			return whole.String(), nil
		}
		data, err := m.lines.literal(n)
		if err != nil {
			return "", err
		}
		whole.WriteString(data)
	}
}

// literalSize reads the {n} at the end of a line that announces a literal. A
// number out of all bounds is given as one over every bound.
func literalSize(line string) (int, bool) {
	open := strings.LastIndexByte(line, '{')
	if open < 0 || !strings.HasSuffix(line, "}") {
		return 0, false
	}
	digits := strings.TrimSuffix(line[open+1:len(line)-1], "+")
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(digits)
	if err != nil || n > maxReply {
		return maxReply + 1, true
	}
	return n, true
}

// await reads to the response with this tag, or to a continuation request.
func (m *imap) await(tag string) (imapReply, error) { return m.awaitOnly(tag, nil) }

// awaitOnly is await where the untagged responses may be many, and those alone
// are kept that are wanted; nil wants all.
func (m *imap) awaitOnly(tag string, wanted func(untagged string) bool) (imapReply, error) {
	var r imapReply
	for size := 0; ; {
		line, err := m.response()
		if err != nil {
			if r.bye != "" {
				err = faultf(mail.Closed, "the server ends the session: %s", r.bye)
			}
			return r, err
		}
		first, rest, _ := strings.Cut(line, " ")
		keep := first != "*" || wanted == nil || wanted(rest)
		if keep {
			size += len(line)
		}
		if size > maxReply || len(r.untagged) == maxLines {
			return r, tooLarge()
		}
		switch {
		case first == "*":
			if keep {
				r.untagged = append(r.untagged, rest)
			}
			m.note(rest, &r)
		case first == "+":
			r.status, r.text, r.line = "+", rest, line
			return r, nil
		case first == tag:
			r.status, r.code, r.text = parseStatus(rest)
			r.line = rest
			m.noteCode(r.code, r.text)
			return r, nil
		default:
			return r, faultf(mail.ProtocolFault, "the server answers another command than the one it was given: %s", line)
		}
	}
}

// note takes from an untagged response what is of lasting interest.
func (m *imap) note(rest string, r *imapReply) {
	switch word, more, _ := strings.Cut(rest, " "); strings.ToUpper(word) {
	case "CAPABILITY":
		m.known, m.renewed = strings.Fields(strings.ToUpper(more)), true
	case "BYE":
		r.bye = rest
	case "OK", "NO", "BAD":
		_, code, text := parseStatus(rest)
		m.noteCode(code, text)
	default:
		if n, ok := existing(rest); ok {
			m.exists = n
		}
	}
}

// maxAlerts bounds how many alerts are kept.
const maxAlerts = 5

// noteCode takes what is of lasting interest from a response code and the text behind it.
func (m *imap) noteCode(code, text string) {
	fields := strings.Fields(strings.ToUpper(code))
	switch {
	case len(fields) == 0:
	case fields[0] == "CAPABILITY":
		m.known, m.renewed = fields[1:], true
	case fields[0] == "ALERT":
		m.alert(text)
	case fields[0] == "OVERQUOTA": // RFC 5530 section 3
		m.alert("[OVERQUOTA] " + text)
	}
}

func (m *imap) alert(text string) {
	if len(m.alerts) < maxAlerts && !slices.Contains(m.alerts, text) {
		m.alerts = append(m.alerts, text)
	}
}

// parseStatus splits "OK [CODE args] text".
func parseStatus(s string) (status, code, text string) {
	status, rest, _ := strings.Cut(s, " ")
	if strings.HasPrefix(rest, "[") {
		if end := strings.IndexByte(rest, ']'); end > 0 {
			code, rest = rest[1:end], strings.TrimPrefix(rest[end+1:], " ")
		}
	}
	return strings.ToUpper(status), code, rest
}

// tag gives the next command's tag.
func (m *imap) tag() string {
	m.tags++
	return "m" + strconv.Itoa(m.tags)
}

// command sends a command and waits for its end; it is for commands that need no continuation.
func (m *imap) command(command string) (imapReply, error) {
	tag := m.tag()
	if err := m.send(tag + " " + command); err != nil {
		return imapReply{}, err
	}
	r, err := m.await(tag)
	if err == nil && r.status == "+" {
		err = faultf(mail.ProtocolFault, "the server waits for more after %s: %s", command, r.line)
	}
	return r, err
}

func (m *imap) greet() (string, error) {
	line, err := m.response()
	if err != nil {
		return "", err
	}
	rest, ok := strings.CutPrefix(line, "* ")
	if !ok {
		return "", foreign(mail.IMAP, line)
	}
	status, code, text := parseStatus(rest)
	switch status {
	case "OK":
		m.noteCode(code, text)
		m.greeted = m.known
		return line, nil
	case "BYE":
		return line, faultf(mail.GreetingRejected, "the server greets with a refusal: %s", rest)
	case "PREAUTH":
		return line, faultf(mail.ProtocolFault, "the server takes everybody as signed in already, so neither STARTTLS nor a sign-in is possible: %s", rest)
	}
	return line, faultf(mail.ProtocolFault, "this is not a greeting of IMAP: %s", line)
}

// capabilities takes those of the greeting if it had any, and asks otherwise.
func (m *imap) capabilities() ([]string, error) {
	greeted := m.greeted
	m.greeted, m.known = nil, nil
	if greeted != nil && (!m.wantTLS || m.offersTLS(greeted)) {
		m.known = greeted
		return greeted, nil
	}
	r, err := m.command("CAPABILITY")
	if err == nil && (r.status != "OK" || m.known == nil) {
		err = faultf(mail.ProtocolFault, "the server does not say what it can do: %s", r.line)
	}
	return m.known, err
}

func (m *imap) offersTLS(capabilities []string) bool { return offers(capabilities, "STARTTLS") }

func (m *imap) startTLS() error {
	r, err := m.command("STARTTLS")
	if err == nil && r.status != "OK" {
		err = faultf(mail.StartTLSRefused, "STARTTLS is offered and refused: %s", r.line)
	}
	return err
}

// mechanisms adds "login" for the LOGIN command, which every server has that
// does not say LOGINDISABLED (RFC 9051 section 6.2.3).
func (m *imap) mechanisms(capabilities []string) []string {
	list := []string{}
	for _, c := range capabilities {
		if name, ok := strings.CutPrefix(c, "AUTH="); ok {
			list = appendNew(list, name)
		}
	}
	if !offers(capabilities, "LOGINDISABLED") {
		list = appendNew(list, "login")
	}
	return list
}

func (m *imap) quit() error {
	_, err := m.command("LOGOUT")
	return err
}
