package lab

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// script is a raw conversation of a server. One step stands on each line:
//
//	S: text          send the text and CRLF
//	S> text          send the text alone
//	C: pattern       read a line; * at the pattern's end is any rest. A line
//	                 that does not fit ends the session
//	REPEAT n text    send the text n times
//	DRIP d text      send the text byte by byte, with a pause of d before each
//	WAIT d           let time pass
//	TLS              do a handshake
//	SILENT           read what comes and say nothing more
//	RESET            end with a RST; the end of the script is an end of file
//	# text           says something to the reader
//
// Texts may have \r \n \t \\ and \xNN; {tag} is the first word of the last line
// that was read, as IMAP needs it.
type script []step

type step struct {
	verb, text string
	count      int
	pause      time.Duration
}

func parseScript(text string) (script, error) {
	var s script
	for i, line := range strings.Split(text, "\n") {
		if line = strings.TrimRight(line, "\r"); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		step, err := parseStep(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		s = append(s, step)
	}
	return s, nil
}

func parseStep(line string) (s step, err error) {
	s.verb, s.text, _ = strings.Cut(line, " ")
	switch s.verb {
	case "S:", "S>":
		s.text, err = unescape(s.text)
	case "C:", "TLS", "SILENT", "RESET":
	case "WAIT":
		s.pause, err = time.ParseDuration(s.text)
	case "DRIP":
		pause, text, _ := strings.Cut(s.text, " ")
		if s.pause, err = time.ParseDuration(pause); err == nil {
			s.text, err = unescape(text)
		}
	case "REPEAT":
		count, text, _ := strings.Cut(s.text, " ")
		if s.count, err = strconv.Atoi(count); err == nil {
			s.text, err = unescape(text)
		}
	default:
		err = fmt.Errorf("unknown step %q", s.verb)
	}
	return s, err
}

// unescape reads \r \n \t \\ and \xNN.
func unescape(text string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			b.WriteByte(text[i])
			continue
		}
		c, size, err := escape(text[i:])
		if err != nil {
			return "", err
		}
		b.WriteByte(c)
		i += size - 1
	}
	return b.String(), nil
}

func escape(text string) (c byte, size int, err error) {
	if len(text) < 2 {
		return 0, 0, errors.New("a lone backslash at the end")
	}
	switch text[1] {
	case 'r':
		return '\r', 2, nil
	case 'n':
		return '\n', 2, nil
	case 't':
		return '\t', 2, nil
	case '\\':
		return '\\', 2, nil
	case 'x':
		if len(text) >= 4 {
			n, err := strconv.ParseUint(text[2:4], 16, 8)
			return byte(n), 4, err
		}
	}
	return 0, 0, fmt.Errorf("unknown escape %q", text[:2])
}

// play has the conversation.
func (s script) play(c *session) {
	tag := ""
	for _, step := range s {
		if !step.play(c, &tag) {
			return
		}
	}
}

// play does one step and reports whether the script goes on.
func (s step) play(c *session, tag *string) bool {
	text := strings.ReplaceAll(s.text, "{tag}", *tag)
	switch s.verb {
	case "S:":
		return c.write(text + "\r\n")
	case "S>":
		return c.write(text)
	case "REPEAT":
		for range s.count {
			if !c.write(text) {
				return false
			}
		}
	case "DRIP":
		for i := range len(text) {
			if !c.running.wait(s.pause) || !c.write(text[i:i+1]) {
				return false
			}
		}
	case "WAIT":
		return c.running.wait(s.pause)
	case "C:":
		line, err := c.line()
		*tag, _, _ = strings.Cut(line, " ")
		return err == nil && fits(line, s.text)
	case "TLS":
		return c.upgrade() == nil
	case "SILENT":
		c.listenOnly()
	case "RESET":
		c.reset()
		return false
	}
	return true
}

// fits compares without regard to case.
func fits(line, pattern string) bool {
	if start, ok := strings.CutSuffix(pattern, "*"); ok {
		return len(line) >= len(start) && strings.EqualFold(line[:len(start)], start)
	}
	return strings.EqualFold(line, pattern)
}

// write sends raw bytes and reports whether the client is still there.
func (s *session) write(text string) bool {
	_, err := s.conn.Write([]byte(text))
	return err == nil
}
