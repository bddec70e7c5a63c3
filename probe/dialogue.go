package probe

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// A speaker knows one protocol. Its errors are a [fault] where the server said
// something that settles the matter, and else what the connection gave.
type speaker interface {
	// greet waits for the greeting and returns it whole, also when it is a refusal.
	greet() (string, error)
	// capabilities gives what the server offers now, in the server's order.
	capabilities() ([]string, error)
	// offersTLS says whether the upgrade may be asked for.
	offersTLS(capabilities []string) bool
	// startTLS asks for the upgrade; nil means that the handshake is next.
	startTLS() error
	// mechanisms gives every way to sign in that is offered.
	mechanisms(capabilities []string) []string
	// signIn tries one of them, once; m is nil for a method that is no SASL exchange.
	signIn(method string, c Credentials, m mechanism) attempt
	// quit takes leave.
	quit() error
}

// A dialogue is what the three protocols share: lines out, lines in, one
// command outstanding at a time.
type dialogue struct {
	out   io.Writer
	lines *lineReader
	mask  func(on bool) // hides what is sent from the transcript
	ahead []string      // lines that were sent before their turn
}

func (d *dialogue) send(line string) error {
	if len(d.ahead) > 0 && d.ahead[0] == line {
		d.ahead = d.ahead[1:]
		return nil
	}
	_, err := io.WriteString(d.out, line+"\r\n")
	return err
}

// sendAhead sends lines in one go, as PIPELINING allows (RFC 2920, RFC 2449
// section 6.6): when their turn to be sent comes, they have been.
func (d *dialogue) sendAhead(lines ...string) error {
	_, err := io.WriteString(d.out, strings.Join(lines, "\r\n")+"\r\n")
	d.ahead = lines
	return err
}

// sendSecret sends a line that stays out of the transcript.
func (d *dialogue) sendSecret(line string) error {
	d.mask(true)
	defer d.mask(false)
	return d.send(line)
}

// A fault is a failure whose class is clear from what the server said.
type fault struct {
	class  mail.Class
	detail string
	speaks mail.Protocol // what the server speaks instead, where that is a protocol of mail
}

func (f *fault) Error() string { return f.detail }

func isFault(err error) bool {
	_, ok := errors.AsType[*fault](err)
	return ok
}

func faultf(class mail.Class, format string, args ...any) *fault {
	return &fault{class: class, detail: fmt.Sprintf(format, args...)}
}

// words makes one line of a server's reply of several.
func words(lines []string) string { return strings.Join(lines, " ") }

// keyword upper-cases the first word of a capability and leaves its parameters.
func keyword(capability string) string {
	name, rest, more := strings.Cut(strings.TrimSpace(capability), " ")
	if more {
		return strings.ToUpper(name) + " " + strings.TrimSpace(rest)
	}
	return strings.ToUpper(name)
}

// parameters gives the parameters of the first capability called name.
func parameters(capabilities []string, name string) ([]string, bool) {
	for _, c := range capabilities {
		if fields := strings.Fields(c); len(fields) > 0 && strings.EqualFold(fields[0], name) {
			return fields[1:], true
		}
	}
	return nil, false
}

func offers(capabilities []string, name string) bool {
	_, ok := parameters(capabilities, name)
	return ok
}

// appendNew appends the names that list does not hold yet, in lower case.
func appendNew(list []string, names ...string) []string {
	for _, name := range names {
		name = strings.ToLower(name)
		known := name == ""
		for _, have := range list {
			known = known || have == name
		}
		if !known {
			list = append(list, name)
		}
	}
	return list
}
