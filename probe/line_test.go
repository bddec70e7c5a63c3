package probe

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/mailmedic/mailmedic/mail"
)

func TestLineReader(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, input string
		lines       []string
		err         error
	}{
		{"CRLF ends a line", "a\r\nb\r\n", []string{"a", "b"}, io.EOF},
		{"LF alone ends a line", "a\nb\r\n", []string{"a", "b"}, io.EOF},
		{"CR alone ends nothing", "a\rb\r\n", []string{"a\rb"}, io.EOF},
		{"of two CRs one goes", "a\r\r\n", []string{"a\r"}, io.EOF},
		{"NULs stay", "a\x00b\r\n", []string{"a\x00b"}, io.EOF},
		{"empty lines count", "\r\n\r\n", []string{"", ""}, io.EOF},
		{"an unfinished line is no line", "a\r\nb", []string{"a"}, io.ErrUnexpectedEOF},
		{"nothing at all", "", nil, io.EOF},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for _, src := range []io.Reader{strings.NewReader(test.input), iotest.OneByteReader(strings.NewReader(test.input)), iotest.DataErrReader(strings.NewReader(test.input))} {
				r := newLineReader(src)
				for _, want := range test.lines {
					if got, err := r.line(); got != want || err != nil {
						t.Errorf("line %q, error %v, want %q", got, err, want)
					}
				}
				if got, err := r.line(); got != "" || !errors.Is(err, test.err) {
					t.Errorf("line %q, error %v, want %v", got, err, test.err)
				}
			}
		})
	}
}

func TestLineReaderIsBounded(t *testing.T) {
	t.Parallel()
	r := newLineReader(strings.NewReader(strings.Repeat("x", maxLine) + "\r\n"))
	if line, err := r.line(); len(line) != maxLine || err != nil {
		t.Errorf("the longest line: %d bytes, error %v", len(line), err)
	}
	r = newLineReader(strings.NewReader(strings.Repeat("x", 10*maxLine)))
	if _, err := r.line(); !isTooLarge(err) {
		t.Errorf("error %v", err)
	}
	if len(r.buf) > 2*maxLine {
		t.Errorf("%d bytes were read of a line without end", len(r.buf))
	}
	if _, err := newLineReader(strings.NewReader("x")).literal(maxReply + 1); !isTooLarge(err) {
		t.Errorf("error %v", err)
	}
}

func isTooLarge(err error) bool {
	f, ok := errors.AsType[*fault](err)
	return ok && f.class == mail.TooLarge
}

// FuzzLineReader holds that lines put together again are the input, however it arrives.
func FuzzLineReader(f *testing.F) {
	for _, seed := range []string{"220 hi\r\n", "a\nb\rc\r\n\x00", "\r\n\r\n.", strings.Repeat("x", 5000) + "\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, input string) {
		read := func(src io.Reader) (lines []string, rest string) {
			r := newLineReader(src)
			for {
				line, err := r.line()
				if err != nil {
					return lines, r.pending()
				}
				lines = append(lines, line)
			}
		}
		lines, rest := read(strings.NewReader(input))
		whole := strings.Join(append(lines, ""), "\n") + rest
		if len(input) <= maxLine && whole != strings.ReplaceAll(input, "\r\n", "\n") {
			t.Errorf("read %q as %q", input, whole)
		}
		slow, _ := read(iotest.HalfReader(strings.NewReader(input)))
		if len(input) <= maxLine && strings.Join(slow, "\n") != strings.Join(lines, "\n") {
			t.Errorf("in pieces %q, at once %q", slow, lines)
		}
	})
}

// FuzzReplies holds that no reply of a server makes a speaker panic, go past
// its bounds, or give a result that is not text.
func FuzzReplies(f *testing.F) {
	for _, seed := range []string{
		"220-a\r\n220 b\r\n250-x\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n220 go\r\n334 \r\n235 ok\r\n",
		"* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN]\r\nm1 OK\r\n* 5 EXISTS\r\nm2 OK\r\n* QUOTA \"\" (STORAGE 1 2)\r\nm3 OK\r\n",
		"* OK {5}\r\nab\r\nc {3}\r\nxyz\r\n+ \r\nm1 NO [LIMIT\r\n",
		"+OK <a@b>\r\n+OK\r\nSASL PLAIN\r\nUSER\r\n.\r\n+OK\r\n+ \r\n-ERR [AUTH]\r\n+OK 3 4\r\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, input string) {
		for _, p := range []mail.Protocol{mail.SMTP, mail.IMAP, mail.POP3} {
			d := &dialogue{out: io.Discard, lines: newLineReader(strings.NewReader(input)), mask: func(bool) {}}
			speaker := newSpeaker(mail.Endpoint{Protocol: p}, d, "[192.0.2.1]")
			greeting, err := speaker.greet()
			if len(greeting) > 2*maxReply {
				t.Errorf("a greeting of %d bytes", len(greeting))
			}
			if err != nil {
				continue
			}
			capabilities, err := speaker.capabilities()
			if err != nil {
				continue
			}
			mechanisms := speaker.mechanisms(capabilities)
			session := &Session{endpoint: mail.Endpoint{Protocol: p}, methods: methodsOf(p, mechanisms)}
			for _, method := range session.methods {
				if strings.HasSuffix(method, "-plus") { // these need a connection
					continue
				}
				c := Credentials{Username: "anna", Secret: mail.NewSecret([]byte("secret"))}
				m, err := session.mechanismFor(method, c)
				if err != nil {
					t.Fatal(err)
				}
				a := speaker.signIn(method, c, m)
				if m != nil {
					a = m.conclude(a)
				}
				if a.outcome == "" || (a.outcome == Failed) != (a.err != nil) && a.outcome != Mechanism {
					t.Errorf("attempt %+v", a)
				}
			}
			if box, ok := speaker.(interface {
				mailbox() (mail.MailboxFacts, error)
			}); ok {
				facts, _ := box.mailbox()
				if q := facts.Quota; facts.Messages < 0 || q != nil && (q.Used < 0 || q.Limit <= 0) {
					t.Errorf("facts %+v", facts)
				}
			}
		}
	})
}
