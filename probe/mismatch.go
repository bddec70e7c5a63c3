package probe

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

const (
	// silence is how long a server may say nothing before a second connection
	// asks whether it waits for TLS or for a web browser. Most greetings come
	// within it, and it is shorter than any person's patience.
	silence = 3 * time.Second
	// proofTime bounds the second connection.
	proofTime = 10 * time.Second
)

// foreign is the fault of a first line that is not of protocol p. It names who answered if that can be told.
func foreign(p mail.Protocol, line string) error {
	switch who := speaks(line); {
	case who == "TLS":
		return faultf(mail.PlaintextExpected, "the server speaks TLS from the first byte on, so SSL/TLS and not STARTTLS is the right setting for this port")
	case who != "" && who != protocolName(p):
		f := faultf(mail.ProtocolFault, "the server speaks %s and not %s: %s", who, protocolName(p), printable(line))
		f.speaks = map[string]mail.Protocol{"IMAP": mail.IMAP, "POP3": mail.POP3, "SMTP": mail.SMTP}[who]
		return f
	}
	return faultf(mail.ProtocolFault, "this is not an answer of %s: %s", protocolName(p), printable(line))
}

// speaks guesses the protocol from the first bytes that a server sends, and gives "" where they tell nothing.
func speaks(first string) string {
	switch {
	case len(first) >= 2 && (first[0] == 0x15 || first[0] == 0x16) && first[1] == 0x03:
		return "TLS"
	case strings.HasPrefix(first, "SSH-"):
		return "SSH"
	case strings.HasPrefix(first, "HTTP/"):
		return "HTTP"
	case strings.HasPrefix(first, "+OK"), strings.HasPrefix(first, "-ERR"):
		return "POP3"
	case strings.HasPrefix(first, "* "):
		return "IMAP"
	case strings.HasPrefix(first, "220") && strings.Contains(strings.ToUpper(first), "FTP"):
		return "FTP"
	}
	if len(first) >= 4 && first[0] != 0 && first[1:4] == "\x00\x00\x00" { // the length and the number of a short packet
		return "MySQL"
	}
	if _, _, _, ok := parseSMTPLine(first); ok {
		return "SMTP"
	}
	return ""
}

func protocolName(p mail.Protocol) string { return strings.ToUpper(string(p)) }

// printable quotes what a server sent: text on one line, bytes that are no text in hexadecimal.
func printable(s string) string {
	line := strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\r' || r == '\n' }), " ")
	if strings.ContainsFunc(line, unicode.IsControl) {
		return "bytes " + hex.EncodeToString([]byte(s[:min(len(s), 32)]))
	}
	return line
}

// binary reports whether s begins with a byte that no mail server begins with.
func binary(s string) bool {
	return s != "" && (s[0] < ' ' && s[0] != '\t' && s[0] != '\r' && s[0] != '\n' || s[0] >= 0x7f)
}

// A suspicion is a second connection to the same port in the other mode. What
// it sees is kept back until it proves something.
type suspicion struct {
	seen  []mail.Observation
	stop  context.CancelFunc
	done  chan struct{}
	crash *wire.Crash
}

// suspect looks over a second connection at what a port is for that stays
// silent, and calls found with the fault as soon as that is proved. The caller must call end.
func (s *Session) suspect(ctx context.Context, n *wire.Network, found context.CancelCauseFunc) *suspicion {
	ctx, stop := context.WithTimeout(ctx, silence+proofTime)
	p := &suspicion{stop: stop, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		p.crash = wire.Catch(func() { p.look(ctx, n, s, found) })
	}()
	return p
}

func (p *suspicion) look(ctx context.Context, n *wire.Network, s *Session, found context.CancelCauseFunc) {
	wait := time.NewTimer(silence)
	defer wait.Stop()
	select {
	case <-ctx.Done():
		return
	case <-wait.C:
	}
	if s.lines.heard.Load() {
		return
	}
	leave := s.beside(ctx)
	if leave == nil {
		return
	}
	defer leave()
	if s.endpoint.Security == mail.TLS {
		s.suspectWeb(ctx, n, found)
	} else {
		p.suspectTLS(ctx, n, s, found)
	}
}

// beside waits for leave to make a connection beside the one that is open.
func (s *Session) beside(ctx context.Context) (leave func()) {
	if s.options.Beside == nil {
		return func() {}
	}
	return s.options.Beside(ctx)
}

// suspectTLS finds out whether a port waits for a ClientHello, or answers one as a web server does.
func (p *suspicion) suspectTLS(ctx context.Context, n *wire.Network, s *Session, found context.CancelCauseFunc) {
	second := newSession(otherMode(s.endpoint), s.options, func(o mail.Observation) {
		p.seen = append(p.seen, o)
		switch {
		case o.Kind != mail.KindTLS:
		case tlsWasSpoken(o.Failure):
			found(faultf(mail.PlaintextExpected, "the server says nothing and waits for a TLS handshake, so SSL/TLS is the right setting for this port"))
		case o.Failure.Class == mail.TLSNotSpoken:
			if _, answer, _ := strings.Cut(o.Failure.Detail, `with "`); speaks(answer) == "HTTP" {
				status, _, _ := strings.Cut(answer, `\r`)
				found(webServer(s.endpoint.Protocol, strings.TrimRight(status, `"`)))
			}
		}
	})
	second.open(ctx, n, secondConnection)
	second.Close(ctx)
}

// suspectWeb finds out whether a port that encrypts and then stays silent waits
// for a web browser: offered HTTP by ALPN, a web server takes it (RFC 7301 section 3.2).
func (s *Session) suspectWeb(ctx context.Context, n *wire.Network, found context.CancelCauseFunc) {
	second := s.silent()
	defer second.Close(ctx)
	if second.connect(ctx, n, s.conn.Peer()) != nil {
		return
	}
	switch second.conn.Try(ctx, wire.HelloWeb).ALPN {
	case "h2":
		found(webServer(s.endpoint.Protocol, "HTTP/2, which it chooses in the handshake"))
	case "http/1.1":
		found(webServer(s.endpoint.Protocol, "HTTP/1.1, which it chooses in the handshake"))
	}
}

func webServer(p mail.Protocol, said string) *fault {
	return faultf(mail.ProtocolFault, "the server waits for a web browser and does not speak %s: %s", protocolName(p), said)
}

// end waits for the second connection, and breaks it off where nobody wants what it still may see.
func (p *suspicion) end(wanted bool) []mail.Observation {
	if !wanted {
		p.stop()
	}
	<-p.done
	p.stop()
	p.crash.Raise()
	return p.seen
}

// otherMode gives the same port with implicit TLS instead of plain text, and the reverse.
func otherMode(e mail.Endpoint) mail.Endpoint {
	if e.Security == mail.TLS {
		e.Security = mail.StartTLS
	} else {
		e.Security = mail.TLS
	}
	return e
}

// tlsWasSpoken reports whether what came of a handshake shows a TLS server, be it one that refuses.
func tlsWasSpoken(f *mail.Failure) bool {
	return f == nil || f.Class.Certificate() || f.Class == mail.TLSAlert || f.Class == mail.TLSVersion
}

// explainPlain looks over a second connection at what a port says that answered
// a ClientHello in plain text, and gives the failure that tells it.
func (s *Session) explainPlain(ctx context.Context, n *wire.Network, failure *mail.Failure) *mail.Failure {
	if strings.Contains(failure.Detail, `"HTTP/`) {
		return failure // a web server, which says nothing until it is asked
	}
	ctx, stop := context.WithTimeout(ctx, proofTime)
	defer stop()
	_ = s.conn.Close() // one connection at a time
	var seen []mail.Observation
	second := newSession(otherMode(s.endpoint), s.options, func(o mail.Observation) { seen = append(seen, o) })
	second.open(ctx, n, secondConnection)
	second.Close(ctx)
	if second.facts.Greeting == "" {
		if second.failure != nil && second.failure.Class == mail.ProtocolFault {
			return &mail.Failure{Class: failure.Class, Detail: "the server does not answer with TLS; " + second.failure.Detail}
		}
		return failure
	}
	for _, o := range seen {
		s.emit(o)
	}
	advice := "so STARTTLS and not SSL/TLS is the right setting for this port"
	switch f := second.failure; {
	case f == nil:
	case f.Class == mail.StartTLSNotOffered:
		advice = "and offers no encryption on this port at all"
	default:
		advice = "and not SSL/TLS; with STARTTLS: " + f.Detail
	}
	return &mail.Failure{
		Class:  failure.Class,
		Detail: fmt.Sprintf("the server answers in plain text (%s), %s", clip(second.facts.Greeting, 100), advice),
	}
}

// proveProtocol makes sure over a second connection that a port speaks another
// protocol of mail than the one it was asked in, and that it can be used so.
// What it sees has an endpoint of its own, and is told only where it proves that.
func (s *Session) proveProtocol(ctx context.Context, n *wire.Network, err error) {
	settled, ok := errors.AsType[*fault](err)
	if !ok || settled.speaks == "" {
		return
	}
	_ = s.conn.Close() // one connection at a time
	ctx, stop := context.WithTimeout(ctx, proofTime)
	defer stop()
	other := s.endpoint
	other.Protocol = settled.speaks
	var seen []mail.Observation
	second := newSession(other, s.options, func(o mail.Observation) { seen = append(seen, o) })
	second.open(ctx, n, secondConnection)
	second.Close(ctx)
	if second.facts.Greeting == "" || second.failure != nil && second.failure.Class == mail.ProtocolFault {
		return
	}
	for _, o := range seen {
		s.emit(o)
	}
}
