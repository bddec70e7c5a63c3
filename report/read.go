package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/mailmedic/mailmedic/mail"
)

// MaxLine is how long a line of a recorded stream may be, in bytes.
const MaxLine = 8 << 20

// ErrStream is wrapped by every error of [Read] that says the input is not a
// recorded stream.
var ErrStream = errors.New("not a recorded run")

const howToRecord = "record one with: mailmedic check ADDRESS -o jsonl=run.jsonl"

// Read reads a recorded stream and gives every event to emit. What a later
// version added, a field or a kind of event, is passed over. A last line
// without its end is where a recording was cut off, and is left out; so is a
// missing verdict no error (see [Fold]).
//
// Its errors are those of r and of emit, and those that wrap [ErrStream], name
// the line and say what to do.
func Read(r io.Reader, emit func(mail.Event) error) error {
	in := reader{lines: bufio.NewReaderSize(r, 64<<10)}
	for {
		line, whole, err := in.next()
		if errors.Is(err, io.EOF) {
			return in.end()
		}
		if err != nil {
			return err
		}
		e, err := in.event(line)
		if err != nil && !whole && in.header && !json.Valid(line) {
			return nil // cut off in the middle of this line
		}
		if err != nil {
			return fmt.Errorf("%w: line %d: %w", ErrStream, in.number, err)
		}
		if e == (mail.Event{}) {
			continue
		}
		if err := emit(e); err != nil {
			return err
		}
	}
}

// reader knows where in the stream it is.
type reader struct {
	lines   *bufio.Reader
	number  int  // of the line that was read last, from 1
	header  bool // seen
	verdict bool // seen
}

// next gives the next line that is not empty; whole tells whether it had a line end.
func (in *reader) next() (line []byte, whole bool, err error) {
	for {
		in.number++
		line, whole, err = in.line()
		if err != nil {
			return nil, false, err
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			return line, whole, nil
		}
	}
}

func (in *reader) line() (line []byte, whole bool, err error) {
	for {
		part, err := in.lines.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > MaxLine:
			return nil, false, fmt.Errorf("%w: line %d is longer than %d MiB; no event is that long, %s", ErrStream, in.number, MaxLine>>20, howToRecord)
		case err == nil:
			return line, true, nil
		case err == io.EOF && len(line) > 0:
			return line, false, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, false, err
		}
	}
}

func (in *reader) end() error {
	if !in.header {
		return fmt.Errorf("%w: it is empty; %s", ErrStream, howToRecord)
	}
	return nil
}

// event reads one line. The zero event stands for one to pass over.
func (in *reader) event(line []byte) (mail.Event, error) {
	kind, err := eventKind(line)
	if !in.header {
		if err != nil || kind != "header" {
			return mail.Event{}, notAHeader(line)
		}
	} else if err != nil {
		return mail.Event{}, err
	}
	if in.verdict {
		return mail.Event{}, errors.New("something follows the verdict, which ends a run; give one recording at a time")
	}
	var e mail.Event
	switch kind {
	case "header", "progress", "candidate", "observation", "rule", "finding", "setting", "verdict":
		if e, err = decode(line); err != nil {
			return mail.Event{}, fmt.Errorf("%w; the file was changed or damaged, %s", err, howToRecord)
		}
	}
	return e, in.place(e)
}

// decode reads an event that can be written again: one that lacks its endpoint, say, cannot.
func decode(line []byte) (mail.Event, error) {
	var e mail.Event
	if err := json.Unmarshal(line, &e); err != nil {
		return mail.Event{}, err
	}
	return recorded(e)
}

// place holds the order: one header at the start, one verdict at the end.
func (in *reader) place(e mail.Event) error {
	switch {
	case e.Header != nil && in.header:
		return errors.New("a second header; give one recording at a time")
	case e.Header != nil && e.Header.Schema != mail.Schema:
		return fmt.Errorf("the recording has the schema %q, this mailmedic reads %q; use the version that made it or a newer one", e.Header.Schema, mail.Schema)
	case e.Header != nil:
		in.header = true
	case e.Verdict != nil:
		in.verdict = true
	}
	return nil
}

// eventKind gives the name of the one field that an event has.
func eventKind(line []byte) (string, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(line, &fields); err != nil {
		return "", fmt.Errorf("not a JSON object (%w); the file was changed or damaged, %s", err, howToRecord)
	}
	kind, n := "", 0
	for name, value := range fields {
		if string(value) != "null" {
			kind = name
			n++
		}
	}
	if n != 1 {
		return "", fmt.Errorf("an event has exactly one field, this has %d", n)
	}
	return kind, nil
}

// notAHeader says what a file is that does not begin with a header, as far as it shows.
func notAHeader(line []byte) error {
	switch {
	case bytes.HasPrefix(line, []byte("\xff\xfe")), bytes.HasPrefix(line, []byte("\xfe\xff")):
		return errors.New("the file is UTF-16, as PowerShell writes it with >; let mailmedic write it: -o jsonl=run.jsonl")
	case bytes.HasPrefix(line, []byte("\xef\xbb\xbf")):
		return errors.New("the file begins with a byte order mark; let mailmedic write it: -o jsonl=run.jsonl")
	case bytes.Equal(line, []byte("{")):
		return fmt.Errorf("this may be a finished report (json), a recording is jsonl; %s", howToRecord)
	}
	return fmt.Errorf("a recording begins with a header; %s", howToRecord)
}
