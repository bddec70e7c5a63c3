package lab

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// condition is what a branch of a script depends on. All its parts must hold.
type condition []test

// test is one part of a condition.
type test struct {
	not     bool
	subject string // connection, line, hello
	field   string // of the hello; "" for whether there is one
	pattern string
}

// parseCondition reads "not hello version 1.3 and connection 1" and the like. A
// pattern for a line is all the rest.
func parseCondition(text string) (c condition, err error) {
	for more := true; more && err == nil; {
		var t test
		text, t.not = strings.CutPrefix(text, "not ")
		one, rest, and := strings.Cut(text, " and ")
		if strings.HasPrefix(text, "line ") {
			one, rest, and = text, "", false
		}
		t.subject, t.pattern, _ = strings.Cut(one, " ")
		if t.subject == "hello" {
			t.field, t.pattern, _ = strings.Cut(t.pattern, " ")
		}
		c, text, more, err = append(c, t), rest, and, t.validate()
	}
	return c, err
}

func (t test) validate() error {
	switch t.subject {
	case "line":
		return nil
	case "connection":
		return validNumber(t.pattern)
	case "hello":
		if t.field == "" {
			return nil
		}
		if t.field == "share" || t.field == "size" {
			return validNumber(t.pattern)
		}
		if t.pattern == "" {
			return errors.New("the value is missing")
		}
		return oneOf("hello", t.field, helloFields)
	}
	return fmt.Errorf("unknown condition %q; there are connection, line and hello", t.subject)
}

// holds waits for what a condition asks about, and judges it.
func (c condition) holds(s *session, tag *string) bool {
	return !slices.ContainsFunc(c, func(t test) bool { return t.holds(s, tag) == t.not })
}

func (t test) holds(s *session, tag *string) bool {
	switch t.subject {
	case "connection":
		return fitsNumber(strconv.Itoa(s.nth), t.pattern)
	case "line":
		return s.nextFits(t, tag)
	}
	hello := s.readHello()
	if t.field == "" {
		return hello != nil
	}
	compare := fits
	if t.field == "share" || t.field == "size" {
		compare = fitsNumber
	}
	return slices.ContainsFunc(hello[t.field], func(value string) bool { return compare(value, t.pattern) })
}

// nextFits takes the next line if that is wanted.
func (s *session) nextFits(t test, tag *string) bool {
	ok := fits(s.peekLine(), t.pattern)
	if ok && !t.not {
		line, _ := s.line() // it is there
		*tag, _, _ = strings.Cut(line, " ")
	}
	return ok
}

// peekLine waits for the next line, and gives it without taking it.
func (s *session) peekLine() string {
	for n := 1; ; n++ {
		line, err := s.in.Peek(n)
		if s.met = true; err != nil || line[n-1] == '\n' {
			return strings.TrimRight(string(line), "\r\n")
		}
	}
}

// fitsNumber compares with 5, >5 or <5.
func fitsNumber(value, pattern string) bool {
	n, _ := strconv.Atoi(value)
	limit, _ := strconv.Atoi(strings.TrimLeft(pattern, "<>"))
	switch pattern[:1] {
	case "<":
		return n < limit
	case ">":
		return n > limit
	}
	return n == limit
}

func validNumber(pattern string) error {
	if _, err := strconv.Atoi(strings.TrimLeft(pattern, "<>")); err != nil {
		return fmt.Errorf("%q is no number, also with < or > in front", pattern)
	}
	return nil
}
