package probe

import (
	"errors"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

// Bounds on what one reply may hold. RFC 5321 section 4.5.3.1.5 allows 512
// bytes a line, IMAP servers send capability lines of a few kilobytes.
const (
	maxLine  = 64 << 10 // bytes of one line
	maxReply = 64 << 10 // bytes of one reply, all its lines and literals together
	maxLines = 100      // lines of one reply

	minRead = 512  // bytes; with less room the buffer grows
	maxRead = 4096 // bytes that are read at once
)

// tooLarge reports a line or a reply over its bound.
func tooLarge() error {
	return faultf(mail.TooLarge, "the server's reply is longer than %d KiB or %d lines", maxReply>>10, maxLines)
}

// A lineReader reads lines from a server that may be slow, broken or hostile.
// Lines end with LF, since some servers forget the CR; a CR before it goes too,
// any other CR and every NUL stays in the line.
type lineReader struct {
	src  io.Reader
	buf  []byte // what was read and not yet returned
	scan int    // how much of buf is known to hold no LF

	bareLF bool // some line had no CR

	heard   atomic.Bool // whether anything came; another goroutine may ask
	heardAt time.Time   // when the first byte came
}

func newLineReader(src io.Reader) *lineReader { return &lineReader{src: src} }

// line returns the next line without its end. An unfinished line is no line:
// it stays in the buffer, where pending shows it.
func (r *lineReader) line() (string, error) {
	for {
		for r.scan < len(r.buf) && r.buf[r.scan] != '\n' {
			r.scan++
		}
		if r.scan > maxLine+1 { // the CR does not count
			return "", tooLarge()
		}
		if r.scan < len(r.buf) {
			return r.cut(), nil
		}
		if err := r.fill(); err != nil {
			return "", err
		}
	}
}

// cut takes the line that ends at scan out of the buffer.
func (r *lineReader) cut() string {
	text, hasCR := strings.CutSuffix(string(r.buf[:r.scan]), "\r")
	r.bareLF = r.bareLF || !hasCR
	r.buf, r.scan = r.buf[r.scan+1:], 0
	return text
}

// literal returns exactly n bytes (RFC 9051 section 4.3).
func (r *lineReader) literal(n int) (string, error) {
	if n < 0 || n > maxReply {
		return "", tooLarge()
	}
	for len(r.buf) < n {
		if err := r.fill(); err != nil {
			return "", err
		}
	}
	text := string(r.buf[:n])
	r.buf, r.scan = r.buf[n:], 0
	return text, nil
}

// opening waits for the first bytes of a conversation and gives them without taking them.
func (r *lineReader) opening() (string, error) {
	for len(r.buf) == 0 || len(r.buf) == 1 && binary(r.pending()) {
		if err := r.fill(); err != nil {
			return r.pending(), err
		}
	}
	return r.pending(), nil
}

// fill waits for more bytes. An end of file within a line is unexpected.
func (r *lineReader) fill() error {
	if cap(r.buf)-len(r.buf) < minRead {
		r.buf = slices.Grow(r.buf, maxRead)
	}
	n, err := r.src.Read(r.buf[len(r.buf):min(cap(r.buf), len(r.buf)+maxRead)])
	if n > 0 {
		if !r.heard.Swap(true) {
			r.heardAt = time.Now()
		}
		r.buf = r.buf[:len(r.buf)+n]
		return nil
	}
	switch {
	case err == nil:
		return io.ErrNoProgress
	case errors.Is(err, io.EOF) && len(r.buf) > 0:
		return io.ErrUnexpectedEOF
	}
	return err
}

// pending gives what was read and not yet returned.
func (r *lineReader) pending() string { return string(r.buf) }
