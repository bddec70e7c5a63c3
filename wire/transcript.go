package wire

import (
	"bytes"
	"slices"
	"sync"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

// The bounds on what a transcript keeps and shows. A line is kept longer than
// it is shown, so that a secret at the end of what is shown is still whole when
// it is looked for.
const (
	maxTranscript  = 128 << 10
	maxKeptLine    = 4096
	maxShownLine   = 1024
	perLineExpense = 64 // what a line costs beyond its text
)

// A Transcript records a conversation above TLS, bounded. It is safe for
// concurrent use.
type Transcript struct {
	mu      sync.Mutex
	began   time.Time
	lines   []*line
	open    map[mail.Side]*line // lines whose end has not come
	size    int
	masking bool
}

type line struct {
	after  time.Duration
	from   mail.Side
	text   []byte
	cut    bool // longer than what is kept
	masked bool // the rest is the client's secret
}

func newTranscript() *Transcript {
	return &Transcript{began: time.Now(), open: map[mail.Side]*line{}}
}

// Mask makes the transcript write "C: [redacted]" for what the client sends
// while it is on: the answers of a SASL exchange, which are secrets in codings
// that a Redactor need not know.
func (t *Transcript) Mask(on bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.masking = on
}

// record adds bytes of one side, which may hold many lines or a part of one.
func (t *Transcript) record(from mail.Side, data []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(data) > 0 {
		part, ends := data, false
		if i := bytes.IndexByte(data, '\n'); i >= 0 {
			part, ends = data[:i], true
			data = data[i+1:]
		} else {
			data = nil
		}
		l := t.line(from)
		if l == nil {
			return
		}
		t.append(l, part)
		if ends {
			delete(t.open, from)
		}
	}
}

// line gives the line that is being written, a new one at the beginning, nil
// when the transcript is full.
func (t *Transcript) line(from mail.Side) *line {
	if l := t.open[from]; l != nil {
		return l
	}
	if t.size >= maxTranscript {
		return nil
	}
	l := &line{after: time.Since(t.began), from: from}
	t.size += perLineExpense
	t.lines = append(t.lines, l)
	t.open[from] = l
	return l
}

func (t *Transcript) append(l *line, part []byte) {
	if l.from == mail.Client && t.masking {
		l.masked = true
	}
	if l.masked {
		return
	}
	if room := maxKeptLine - len(l.text); len(part) > room {
		part, l.cut = part[:room], true
	}
	l.text = append(l.text, part...)
	t.size += len(part)
}

// Lines gives the conversation with secrets removed and control characters escaped.
func (t *Transcript) Lines(redactors ...*mail.Redactor) []mail.Line {
	t.mu.Lock()
	defer t.mu.Unlock()
	shown := make([]mail.Line, 0, len(t.lines)+1)
	for _, l := range t.lines {
		shown = append(shown, mail.Line{AfterMS: l.after.Milliseconds(), From: l.from, Text: l.show(redactors)})
	}
	if t.size >= maxTranscript {
		last := shown[len(shown)-1].AfterMS
		shown = append(shown, mail.Line{AfterMS: last, From: mail.Aside, Text: "the rest is not kept"})
	}
	return shown
}

// show removes secrets from the line as it was sent: escaped or clipped, no
// redactor would find them.
func (l *line) show(redactors []*mail.Redactor) string {
	if l.cut && slices.ContainsFunc(redactors, func(r *mail.Redactor) bool { return !r.Empty() }) {
		return "[a line of more than 4096 bytes, not shown: a part of a secret could not be told from other text]"
	}
	text := string(bytes.TrimSuffix(l.text, []byte("\r")))
	for _, r := range redactors {
		text = r.Clean(text)
	}
	text = printable(text, maxShownLine)
	if l.masked {
		text += "[redacted]"
	}
	return text
}

// note adds a line about what happened beside the conversation.
func (t *Transcript) note(text string) { t.record(mail.Aside, []byte(text+"\n")) }
