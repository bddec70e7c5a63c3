package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/mailmedic/mailmedic/mail"
)

// jsonPrinter prints the one document of a run.
type jsonPrinter struct {
	w    io.Writer
	fold *Folder
}

func newJSON(w io.Writer, _ Options) Printer { return &jsonPrinter{w, NewFolder()} }

func (p *jsonPrinter) Event(e mail.Event) error { return p.fold.Add(e) }

func (p *jsonPrinter) Close() error { return writeJSON(p.w, p.fold.Report(), "  ") }

// jsonlPrinter prints every event at once, each on its line: a recording.
type jsonlPrinter struct{ w io.Writer }

func newJSONL(w io.Writer, _ Options) Printer { return jsonlPrinter{w} }

func (p jsonlPrinter) Event(e mail.Event) error {
	e, err := recorded(e) // what could not be read again is not written
	if err != nil {
		return err
	}
	return writeJSON(p.w, e, "")
}

func (p jsonlPrinter) Close() error { return nil }

// writeJSON writes v and a line end in one Write, so that a reader of a pipe sees whole lines.
func writeJSON(w io.Writer, v any, indent string) error {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	_, err := w.Write(escapeHidden(buf.Bytes()))
	return err
}

// escapeHidden escapes what a terminal would obey or not show. In JSON such
// characters stand in strings only, where \u means the same, so nothing is lost.
func escapeHidden(data []byte) []byte {
	if !bytes.ContainsFunc(data, func(r rune) bool { return r >= 0x7f && hidden(r) }) {
		return data
	}
	var out []byte
	for len(data) > 0 {
		r, n := utf8.DecodeRune(data)
		switch {
		case r < 0x7f || !hidden(r):
			out = append(out, data[:n]...)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		data = data[n:]
	}
	return out
}
