package lab

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// script is a raw conversation of a server; package lab's comment has the steps.
type script []step

type step struct {
	verb, text string
	count      int // forever where it is below 0
	pause      time.Duration
	handshake  handshake
	branches   []branch
}

// branch is a part of a script that is played when its condition holds.
type branch struct {
	when  condition
	steps script
}

// scriptLines are the lines of a script that are still to be read.
type scriptLines struct {
	lines []string
	next  int
}

func parseScript(text string) (script, error) {
	lines := scriptLines{lines: strings.Split(text, "\n")}
	s, err := lines.parse()
	if err != nil {
		return nil, fmt.Errorf("line %d: %w", lines.next, err)
	}
	return s, nil
}

// step gives the next line that says something, in two parts. At the end they are empty.
func (l *scriptLines) step() (verb, text string) {
	for l.next < len(l.lines) {
		line := strings.TrimLeft(strings.TrimRight(l.lines[l.next], "\r"), " \t")
		l.next++
		if line != "" && line[0] != '#' {
			verb, text, _ = strings.Cut(line, " ")
			return verb, text
		}
	}
	return "", ""
}

func (l *scriptLines) parse() (s script, err error) {
	for verb, text := l.step(); verb != ""; verb, text = l.step() {
		one := step{verb: verb}
		if verb == "WHEN" {
			one.branches, err = l.branches(text)
		} else {
			one, err = parseStep(verb, text)
		}
		if err != nil {
			return nil, err
		}
		s = append(s, one)
	}
	return s, nil
}

// branches reads from behind a WHEN to the END.
func (l *scriptLines) branches(text string) ([]branch, error) {
	when, err := parseCondition(text)
	list := []branch{{when: when}}
	for err == nil {
		last := &list[len(list)-1]
		verb, text := l.step()
		switch verb {
		case "":
			return nil, errors.New("WHEN without END")
		case "END":
			return list, nil
		case "OTHERWISE":
			list = append(list, branch{})
		case "WHEN":
			when, err = parseCondition(text)
			list = append(list, branch{when: when})
		default:
			var one step
			one, err = parseStep(verb, text)
			last.steps = append(last.steps, one)
		}
	}
	return nil, err
}

func parseStep(verb, text string) (s step, err error) {
	s.verb, s.text = verb, text
	switch verb {
	case "S:", "S>":
		s.text, err = unescape(text)
	case "C:", "SILENT", "RESET", "CLOSE":
	case "TLS":
		s.handshake, err = parseHandshake(text)
	case "WAIT":
		s.pause, err = time.ParseDuration(text)
	case "DRIP":
		pause, text, _ := strings.Cut(text, " ")
		if s.pause, err = time.ParseDuration(pause); err == nil {
			s.text, err = unescape(text)
		}
	case "REPEAT":
		count, text, _ := strings.Cut(text, " ")
		if s.count, err = parseCount(count); err == nil && text == "" {
			err = errors.New("nothing to repeat")
		} else if err == nil {
			s.text, err = unescape(text)
		}
	case "RANDOM":
		s.count, err = parseCount(text)
	case "ALERT":
		s.text, err = alert(text)
	case "HELLO":
		s.text, err = serverHello(text)
	default:
		err = fmt.Errorf("unknown step %q", verb)
	}
	return s, err
}

// parseCount reads a number, or * for no end.
func parseCount(text string) (int, error) {
	if text == "*" {
		return -1, nil
	}
	n, err := strconv.ParseUint(text, 10, 31)
	return int(n), err
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
	s.playOn(c, &tag)
}

// playOn reports whether the conversation goes on.
func (s script) playOn(c *session, tag *string) bool {
	for _, step := range s {
		if !step.play(c, tag) {
			return false
		}
	}
	return true
}

// play does one step and reports whether the script goes on.
func (s step) play(c *session, tag *string) bool {
	text := strings.ReplaceAll(s.text, "{tag}", *tag)
	switch s.verb {
	case "S:":
		return c.write(text + "\r\n")
	case "S>", "ALERT", "HELLO":
		return c.write(text)
	case "REPEAT":
		return c.repeat(text, s.count)
	case "RANDOM":
		return c.noise(s.count)
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
		return c.shake(s.handshake)
	case "SILENT":
		c.listenOnly()
	case "RESET":
		c.reset()
		return false
	case "CLOSE":
		return false
	case "WHEN":
		for _, b := range s.branches {
			if b.when.holds(c, tag) {
				return b.steps.playOn(c, tag)
			}
		}
	}
	return true
}

// repeat sends a text so many times, for ever where count is below 0. Many go
// in one piece.
func (s *session) repeat(text string, count int) bool {
	const piece = 32 << 10
	at := max(1, piece/max(1, len(text)))
	many := strings.Repeat(text, at)
	for count < 0 || count >= at {
		if !s.write(many) {
			return false
		}
		count = max(-1, count-at)
	}
	return s.write(strings.Repeat(text, count))
}

// noise sends so many random bytes, the same ones at every run.
func (s *session) noise(count int) bool {
	source := rand.NewChaCha8([32]byte{})
	buffer := make([]byte, 32<<10)
	for count != 0 {
		_, _ = source.Read(buffer) // never fails
		if count > 0 {
			buffer = buffer[:min(count, len(buffer))]
			count -= len(buffer)
		}
		if !s.write(string(buffer)) {
			return false
		}
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
