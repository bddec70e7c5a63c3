package probe

import (
	"context"
	"io"
	"net/netip"
	"strings"
	"time"

	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

// injectionTime bounds the further connection of the injection test.
const injectionTime = 10 * time.Second

// An injection is a harmless command that is sent in one piece with the one
// that begins TLS. A server that reads on in its buffer after the handshake
// takes it for something said under encryption, and would do so with the
// commands of somebody on the way (CVE-2011-0411, RFC 3207 section 6).
type injection struct {
	upgrade, injected, quit string
	// answer says which of the three a line answers; none for one that ends no answer.
	answer func(line string) answered
}

type answered int

const (
	none answered = iota
	toUpgrade
	toUpgradeNo // the upgrade is refused
	toInjected
	toQuit
)

func injectionFor(p mail.Protocol) injection {
	switch p {
	case mail.IMAP:
		return injection{"i1 STARTTLS", "i2 NOOP", "i3 LOGOUT", answerIMAP}
	case mail.POP3:
		return injection{"STLS", "NOOP", "QUIT", answerPOP3}
	default:
		return injection{"STARTTLS", "NOOP", "QUIT", answerSMTP}
	}
}

func answerIMAP(line string) answered {
	tag, rest, _ := strings.Cut(line, " ")
	status, _, _ := parseStatus(rest)
	switch {
	case tag == "i1" && status == "OK":
		return toUpgrade
	case tag == "i1":
		return toUpgradeNo
	case tag == "i2":
		return toInjected
	case tag == "i3":
		return toQuit
	}
	return none
}

// answerPOP3 goes by the state: before a sign-in NOOP is an error and QUIT is not (RFC 1939 section 4).
func answerPOP3(line string) answered {
	if strings.HasPrefix(strings.ToUpper(line), "+OK") {
		return toQuit
	}
	return toInjected
}

func answerSMTP(line string) answered {
	code, _, more, ok := parseSMTPLine(line)
	switch {
	case !ok || more || code == 421:
		return none
	case code == 221:
		return toQuit
	}
	return toInjected
}

// begun reads the answer to the upgrade, for protocols without tags by its success.
func (i injection) begun(line string) answered {
	switch a := i.answer(line); {
	case a == toUpgrade, a == toUpgradeNo, a == none:
		return a
	case strings.HasPrefix(line, "220"), strings.HasPrefix(strings.ToUpper(line), "+OK"):
		return toUpgrade
	}
	return toUpgradeNo
}

// testInjection makes one further connection and finds out what the server does
// with a command that was sent before the handshake. It gives nothing where the
// server did not let it come to that.
func (s *Session) testInjection(ctx context.Context, n *wire.Network, peer netip.Addr) mail.InjectionResult {
	ctx, stop := context.WithTimeout(ctx, injectionTime)
	defer stop()
	leave := s.beside(ctx)
	if leave == nil {
		return ""
	}
	defer leave()
	other := s.silent()
	defer other.Close(ctx)
	if other.connect(ctx, n, peer) != nil || other.prelude(ctx) != nil {
		return ""
	}
	defer other.watch(ctx)()
	return other.inject(ctx, injectionFor(s.endpoint.Protocol))
}

func (s *Session) inject(ctx context.Context, i injection) mail.InjectionResult {
	if _, err := io.WriteString(s.conn, i.upgrade+"\r\n"+i.injected+"\r\n"); err != nil {
		return ""
	}
	switch s.awaitAnswer(i.begun) {
	case toUpgrade:
	case toUpgradeNo:
		return mail.InjectionRejected
	default:
		return ""
	}
	if s.lines.pending() != "" {
		return "" // it was answered in plain text, which ends in nothing
	}
	if _, completed := s.conn.Handshake(ctx); !completed {
		return mail.InjectionRejected // the command was taken for a broken handshake
	}
	if _, err := io.WriteString(s.conn, i.quit+"\r\n"); err != nil {
		return ""
	}
	switch s.awaitAnswer(i.answer) {
	case toInjected:
		return mail.InjectionExecuted
	case toQuit:
		return mail.InjectionDiscarded
	}
	return ""
}

// awaitAnswer reads lines up to one that answers something.
func (s *Session) awaitAnswer(answer func(string) answered) answered {
	for range maxLines {
		line, err := s.lines.line()
		if err != nil {
			return none
		}
		if a := answer(line); a != none {
			return a
		}
	}
	return none
}
