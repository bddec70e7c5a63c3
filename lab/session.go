package lab

import (
	"bufio"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"time"
)

// maxLine bounds a line that a client sends, in bytes; RFC 4954 section 4 asks for 12288 and more.
const maxLine = 16 << 10

// session is the server's side of one connection.
type session struct {
	*service
	running   *Running
	number    int // in the journal
	nth       int // of the connections to this endpoint, from 1
	config    *tls.Config
	raw       net.Conn
	conn      net.Conn // raw, or TLS over it
	in        *bufio.Reader
	met       bool // the client has spoken or left, so it knows that it was connected
	peeked    bool // a script has looked at the ClientHello, which stands in in
	encrypted bool
	person    Account // who signed in
	isReset   bool
}

func newSession(r *Running, s *service, config *tls.Config, conn net.Conn, nth int) *session {
	return &session{
		service: s, running: r, number: r.recorder.begin(s.endpoint), nth: nth, config: config,
		raw: conn, conn: conn, in: bufio.NewReaderSize(conn, maxLine),
	}
}

// send writes lines in one piece, each with its CRLF. It has no result: a
// client that has left shows at the next line that is read.
func (s *session) send(lines ...string) {
	_, _ = io.WriteString(s.conn, strings.Join(lines, "\r\n")+"\r\n")
}

// line reads one line, without its end, and notes it.
func (s *session) line() (string, error) {
	raw, err := s.in.ReadSlice('\n')
	if err != nil {
		return "", err
	}
	s.met = true
	line := strings.TrimSuffix(strings.TrimSuffix(string(raw), "\n"), "\r")
	s.note(line)
	return line, nil
}

func (s *session) note(line string) {
	s.running.recorder.record(func(j *Journal) {
		j.Sessions[s.number].Commands = append(j.Sessions[s.number].Commands, line)
	})
}

// greet sends the greeting, the usual one unless the world has another. It
// reports false when the session ends with it.
func (s *session) greet(usual, accepting string) bool {
	if !s.running.wait(s.GreetingDelay) {
		return false
	}
	greeting := strings.ReplaceAll(orElse(s.Greeting, usual), "{date}", s.running.now().UTC().Format(time.RFC1123Z))
	lines := strings.Split(strings.TrimRight(greeting, "\n"), "\n")
	s.send(lines...)
	switch s.Fault {
	case "close-after-greeting":
		return false
	case "silent-after-greeting":
		s.listenOnly()
		return false
	}
	return strings.HasPrefix(lines[0], accepting) || strings.HasPrefix(lines[0], "* PREAUTH")
}

// upgrade begins TLS. Whatever the client said before is forgotten (RFC 3207 section 4.2).
func (s *session) upgrade() error {
	switch s.Handshake {
	case "close", "reset":
		_, _ = s.in.Peek(1) // so that the client is in the handshake when it happens
		s.met = true
		if s.Handshake == "reset" {
			s.reset()
		}
		return io.ErrUnexpectedEOF
	case "silent":
		s.listenOnly()
		return io.ErrUnexpectedEOF
	}
	raw := s.raw
	if s.peeked {
		raw = peekedConn{raw, s.in}
	}
	conn := tls.Server(raw, s.config)
	err := conn.HandshakeContext(s.running.ctx)
	if s.met = true; err != nil {
		return err
	}
	s.conn, s.in, s.encrypted = conn, bufio.NewReaderSize(conn, maxLine), true
	s.running.recorder.record(func(j *Journal) { j.Sessions[s.number].Encrypted = true })
	return nil
}

// tlsWords are what a protocol answers to a command that begins TLS.
type tlsWords struct{ ready, refused, unknown, injected string }

// startTLS answers a command that begins TLS. It reports whether the session goes on.
func (s *session) startTLS(words tlsWords) bool {
	switch {
	case !s.startTLSWorks() || s.encrypted:
		s.send(words.unknown)
		return true
	case s.StartTLS == "refused":
		s.send(words.refused)
		return true
	case s.StartTLS == "injection":
		s.send(words.ready, words.injected)
	default:
		s.send(words.ready)
	}
	return s.upgrade() == nil
}

// orElse gives the world's words, and usual where it has none.
func orElse(words, usual string) string {
	if words == "" {
		return usual
	}
	return words
}

// errRejected says that the credentials were not believed.
var errRejected = errors.New("credentials rejected")

// signIn judges credentials and notes them.
func (s *session) signIn(mechanism, user, password string) bool {
	account, ok := s.account(user, password)
	return s.admit(mechanism, user, password, account, ok && s.takesPasswords(s.encrypted))
}

// admit notes a sign-in and lets account in where the client has proved to know
// its secret; shown is what the client gave away of that.
func (s *session) admit(mechanism, user, shown string, account Account, proved bool) bool {
	ok := proved && s.AuthReply == ""
	if ok {
		s.person = account
	}
	s.running.recorder.record(func(j *Journal) {
		j.Logins = append(j.Logins, Login{s.endpoint, strings.ToLower(mechanism), user, shown, s.encrypted, ok})
	})
	return ok
}

// offers reports whether a SASL mechanism may be used now.
func (s *session) offers(mechanism string) bool {
	return slices.Contains(s.mechanisms(s.encrypted), strings.ToUpper(mechanism))
}

// rejection gives the configured reply to a sign-in, or the usual one.
func (s *session) rejection(usual string) []string {
	return strings.Split(strings.TrimRight(orElse(s.AuthReply, usual), "\n"), "\n")
}

// softwareSuffix gives the name in the greeting, with a space in front.
func (s *session) softwareSuffix() string {
	if s.Software == "" {
		return ""
	}
	return " " + s.Software
}

// listenOnly reads what comes and says nothing.
func (s *session) listenOnly() { drain(s.conn) }

// reset ends the connection with a RST, once the client knows that it is connected.
func (s *session) reset() {
	if !s.met {
		select {
		case <-s.running.gate(ends{client: realAddress(s.raw.RemoteAddr()), server: realAddress(s.raw.LocalAddr())}):
		case <-s.running.ctx.Done():
		}
	}
	s.isReset = true
	reset(s.raw)
}

// hangUp ends the connection so that the client reads an end of file.
func (s *session) hangUp() {
	if s.isReset {
		return
	}
	if conn, ok := s.conn.(*tls.Conn); ok {
		_ = conn.CloseWrite() // close_notify; a client that has left does not mind
	}
	endOfFile(s.raw)
}
