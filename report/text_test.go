package report

import (
	"bytes"
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mailmedic/mailmedic/mail"
)

// looks are the ways in which the text is printed for the golden files.
func looks() map[string]Options {
	return map[string]Options{
		"80":    {Width: 80, Unicode: true, Command: "check", Transcript: true},
		"40":    {Width: 40, Unicode: true, Command: "check", Transcript: true},
		"120":   {Width: 120, Unicode: true, Command: "check", Transcript: true},
		"v":     {Width: 120, Unicode: true, Command: "check", Verbose: 1, Transcript: true},
		"vv":    {Width: 80, Unicode: true, Command: "check", Verbose: 2, Transcript: true},
		"v40":   {Width: 40, Unicode: true, Command: "check", Verbose: 1, Transcript: true},
		"file":  {},
		"quiet": {Width: 120, Unicode: true, Command: "check", Quiet: true, Transcript: true},
		"color": {Width: 120, Unicode: true, Command: "check", Color: true, Transcript: true},

		"found":       {Width: 120, Unicode: true, Command: "discover"},
		"found-v":     {Width: 80, Unicode: true, Command: "discover", Verbose: 1},
		"explained":   {Width: 80, Unicode: true, Command: "discover", Explain: true},
		"explained40": {Width: 40, Unicode: true, Command: "discover", Explain: true},
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	for look, names := range map[string][]string{
		"80":    streams(),
		"40":    streams(),
		"120":   {"works", "cannot-send"},
		"v":     {"works", "cannot-send", "domain-only", "test-message"},
		"v40":   {"domain-only"},
		"vv":    {"hostile", "wrong-password", "nothing-published"},
		"file":  {"works", "domain-only", "hostile"},
		"quiet": {"works", "cannot-send", "nothing-published"},
		"color": {"works", "cannot-send", "no-network", "discover"},

		"found":       {"discover", "discover-guesses"},
		"found-v":     {"discover"},
		"explained":   {"discover", "discover-guesses", "discover-hostile", "works"},
		"explained40": {"discover"},
	} {
		for _, name := range names {
			t.Run(name+" "+look, func(t *testing.T) {
				t.Parallel()
				golden(t, name+"."+look+".txt", printed(t, "text", looks()[look], streamEvents(t, name)))
			})
		}
	}
}

var colours = regexp.MustCompile("\x1b\\[[0-9;]*m")

func TestTextIsSafeAndFits(t *testing.T) {
	t.Parallel()
	for _, name := range streams() {
		for look, o := range looks() {
			t.Run(name+" "+look, func(t *testing.T) {
				t.Parallel()
				pasted := toPaste(mustFold(t, streamEvents(t, name)))
				text := colours.ReplaceAll(printed(t, "text", o, streamEvents(t, name)), nil)
				checkText(t, text)
				for _, line := range lines(text) {
					if tooWide(line, o.Width) && !slices.Contains(pasted, line) {
						t.Errorf("a line has %d columns: %s", columns(line), line)
					}
				}
				if bytes.Contains(text, []byte("\n\n\n")) || bytes.HasPrefix(text, []byte("\n")) || bytes.HasSuffix(text, []byte("\n\n")) {
					t.Errorf("empty lines where none belong:\n%s", text)
				}
			})
		}
	}
}

// toPaste gives the lines that are printed as they are, to be copied.
func toPaste(r mail.Report) []string {
	var list []string
	for _, p := range r.Publish {
		list = append(list, strings.Split(p.Content, "\n")...)
	}
	return list
}

// tooWide reports whether a line is too long whose last word could have stood on
// the next. The words of servers in a conversation stay as they are.
func tooWide(line string, width int) bool {
	if width == 0 {
		width = defaultColumns
	}
	words := strings.Fields(line)
	if columns(line) <= width || len(words) < 2 || words[1] == "S:" || words[1] == "C:" {
		return false
	}
	const deepest = 18 // columns of the deepest indentation
	return columns(words[len(words)-1]) <= width-deepest
}

func TestColourAddsNothingButColour(t *testing.T) {
	t.Parallel()
	for _, name := range streams() {
		o := looks()["color"]
		coloured := printed(t, "text", o, streamEvents(t, name))
		o.Color = false
		plain := printed(t, "text", o, streamEvents(t, name))
		if bytes.ContainsRune(plain, '\x1b') {
			t.Errorf("%s: colour although it is off", name)
		}
		if !colours.Match(coloured) {
			t.Errorf("%s: no colour although it is on", name)
		}
		if diff := cmp.Diff(lines(plain), lines(colours.ReplaceAll(coloured, nil))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestConversationsArePrintedOnlyWhenAskedFor(t *testing.T) {
	t.Parallel()
	for _, o := range []Options{{}, {Transcript: true}, {Transcript: true, Quiet: true}} {
		got := bytes.Contains(printed(t, "text", o, streamEvents(t, "wrong-password")), []byte("C: [redacted]"))
		if want := o.Transcript && !o.Quiet; got != want {
			t.Errorf("%+v: printed %v, want %v", o, got, want)
		}
	}
}

func TestAFileGetsASCII(t *testing.T) {
	t.Parallel()
	for _, name := range streams() {
		for _, r := range string(printed(t, "text", Options{Verbose: 2}, streamEvents(t, name))) {
			if r > '~' {
				t.Errorf("%s: %q is not ASCII", name, r)
			}
		}
	}
}

func TestAnUnknownFormatListsTheKnown(t *testing.T) {
	t.Parallel()
	_, err := New("yaml", os.Stdout, Options{})
	if want := `unknown format "yaml"; the formats are text, json, jsonl`; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestAFailedWriteIsAnError(t *testing.T) {
	t.Parallel()
	full := errors.New("disk full")
	for _, format := range Formats() {
		p, err := New(format, writerFunc(func([]byte) (int, error) { return 0, full }), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(p.Event(mail.Event{Progress: &mail.Progress{}}), p.Close()); !errors.Is(err, full) {
			t.Errorf("%s: error %v", format, err)
		}
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
