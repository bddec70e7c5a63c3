package lab

import (
	"errors"
	"io"
	"strconv"
	"strings"
)

// errSyntax says that a command line cannot be read; the next one may.
var errSyntax = errors.New("syntax error")

// maxLiteral bounds a literal that a client may send, in bytes.
const maxLiteral = 64 << 10

// command reads one IMAP command (RFC 3501 section 9) as words: the tag, the
// verb and its arguments, quoted strings and literals without their dress, a
// parenthesised list as one word.
func (c *imapSession) command() ([]string, error) {
	line, err := c.line()
	if err != nil {
		return nil, err
	}
	var words []string
	for {
		parsed, literal, err := splitWords(line)
		words = append(words, parsed...)
		if err != nil {
			return nil, err
		}
		if literal == nil {
			break
		}
		text, err := c.literal(*literal)
		if err != nil {
			return nil, err
		}
		words = append(words, text)
		if line, err = c.line(); err != nil {
			return nil, err
		}
	}
	if len(words) < 2 {
		return nil, errSyntax
	}
	return words, nil
}

type literalSize struct {
	size    int
	waiting bool // for a continuation; {n+} does not wait (RFC 7888)
}

func (c *imapSession) literal(l literalSize) (string, error) {
	if l.size > maxLiteral {
		return "", errSyntax
	}
	if l.waiting {
		c.send("+ OK")
	}
	text := make([]byte, l.size)
	if _, err := io.ReadFull(c.in, text); err != nil {
		return "", err
	}
	c.note(string(text))
	return string(text), nil
}

// splitWords splits a line, and gives the literal that it ends with.
func splitWords(line string) (words []string, literal *literalSize, err error) {
	for line = strings.TrimLeft(line, " "); line != ""; line = strings.TrimLeft(line, " ") {
		var word string
		switch line[0] {
		case '"':
			word, line, err = cutQuoted(line)
		case '(':
			word, line, err = cutList(line)
		case '{':
			literal, err = parseLiteral(line)
			return words, literal, err
		default:
			word, line, _ = strings.Cut(line, " ")
		}
		if err != nil {
			return nil, nil, err
		}
		words = append(words, word)
	}
	return words, nil, nil
}

func cutQuoted(line string) (word, rest string, err error) {
	var b strings.Builder
	for i := 1; i < len(line); i++ {
		switch line[i] {
		case '"':
			return b.String(), line[i+1:], nil
		case '\\':
			if i++; i == len(line) {
				return "", "", errSyntax
			}
		}
		b.WriteByte(line[i])
	}
	return "", "", errSyntax
}

func cutList(line string) (word, rest string, err error) {
	depth, quoted := 0, false
	for i := range len(line) {
		switch {
		case line[i] == '"' && line[i-1] != '\\':
			quoted = !quoted
		case quoted:
		case line[i] == '(':
			depth++
		case line[i] == ')':
			if depth--; depth == 0 {
				return line[:i+1], line[i+1:], nil
			}
		}
	}
	return "", "", errSyntax
}

func parseLiteral(text string) (*literalSize, error) {
	digits, ok := strings.CutSuffix(strings.TrimPrefix(text, "{"), "}")
	digits, nonSync := strings.CutSuffix(digits, "+")
	size, err := strconv.ParseUint(digits, 10, 31)
	if !ok || err != nil {
		return nil, errSyntax
	}
	return &literalSize{int(size), !nonSync}, nil
}
