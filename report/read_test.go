package report

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/mailmedic/mailmedic/mail"
)

const (
	headerLine  = `{"header":{"schema":"mailmedic.report/1","tool":{"name":"mailmedic","version":"1"},"target":{"input":"a.example","address":"","domain":"a.example"},"started":"2026-11-22T09:30:00Z"}}` + "\n"
	verdictLine = `{"verdict":{"receive":"none","send":"none","summary":"x","exit_code":4,"took_ms":1,"complete":true,"not_checked":[]}}` + "\n"
)

func TestReadSaysWhatIsWrongAndWhatToDo(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, input, want string }{
		{"an empty file", "", "it is empty; record one with"},
		{"only empty lines", "\n \r\n\n", "it is empty"},
		{"another text", "hello\n", "line 1: a recording begins with a header"},
		{"another JSON object", `{"a":1}` + "\n", "line 1: a recording begins with a header"},
		{"an event without its header", verdictLine, "line 1: a recording begins with a header"},
		{"a finished report", "{\n  \"schema\": \"mailmedic.report/1\"\n}\n", "line 1: this may be a finished report (json)"},
		{"a file of PowerShell", "\xff\xfe{\x00\"\x00\n\x00", "UTF-16, as PowerShell writes it"},
		{"a byte order mark", "\xef\xbb\xbf" + headerLine, "byte order mark"},
		{"a later schema", strings.Replace(headerLine, "report/1", "report/2", 1), `has the schema "mailmedic.report/2", this mailmedic reads "mailmedic.report/1"`},
		{"a second header", headerLine + headerLine, "line 2: a second header; give one recording at a time"},
		{"something after the verdict", headerLine + verdictLine + headerLine, "line 3: something follows the verdict"},
		{"two fields in one event", headerLine + `{"progress":{"message":"a"},"finding":{"id":"b"}}` + "\n", "line 2: an event has exactly one field, this has 2"},
		{"no field in an event", headerLine + "{}\n", "line 2: an event has exactly one field, this has 0"},
		{"a field that is null", headerLine + `{"finding":null}` + "\n", "line 2: an event has exactly one field, this has 0"},
		{"a damaged line in the middle", headerLine + `{"progr` + "\n" + verdictLine, "line 2: not a JSON object"},
		{"a list", headerLine + "[]\n", "line 2: not a JSON object"},
		{"a value of another type", headerLine + `{"finding":{"id":7}}` + "\n", "line 2: json: cannot unmarshal number"},
		{"an endpoint that cannot be asked", headerLine + `{"candidate":{"endpoint":"gopher://a"}}` + "\n", "line 2: not a server that mailmedic can ask"},
		{"a setting without its server", headerLine + `{"setting":{"role":"incoming"}}` + "\n", `line 2: read event {"setting"`},
		{"a whole last line that is wrong", headerLine + `{"finding":{"id":7}}`, "line 2: json: cannot unmarshal number"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			err := Read(strings.NewReader(tc.input), func(mail.Event) error { return nil })
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want one with %q", err, tc.want)
			}
			if !errors.Is(err, ErrStream) {
				t.Errorf("%v does not wrap ErrStream", err)
			}
		})
	}
}

func TestReadTakesWhatIsMeant(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, input string
		events      int
	}{
		{"a header alone", headerLine, 1},
		{"a verdict at the end", headerLine + verdictLine, 2},
		{"no line end at the end", headerLine + strings.TrimSpace(verdictLine), 2},
		{"line ends of Windows and empty lines", "\r\n" + strings.ReplaceAll(headerLine+"\n"+verdictLine, "\n", "\r\n"), 2},
		{"a line cut off in the middle", headerLine + `{"progress":{"message":"a"}}` + "\n" + `{"observation":{"id":"mx:`, 2},
		{"a kind of event of a later version", headerLine + `{"weather":{"rain":true}}` + "\n" + verdictLine, 2},
		{"a field of a later version", headerLine + `{"progress":{"message":"a","percent":7}}` + "\n", 2},
		{"a field that is null beside the one", headerLine + `{"progress":{"message":"a"},"finding":null}` + "\n", 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := readAll(t, []byte(tc.input)); len(got) != tc.events {
				t.Errorf("%d events, want %d: %+v", len(got), tc.events, got)
			}
		})
	}
}

func TestReadBoundsALine(t *testing.T) {
	t.Parallel()
	endless := io.MultiReader(strings.NewReader(headerLine+`{"progress":{"message":"`), endlessReader('a'))
	err := Read(endless, func(mail.Event) error { return nil })
	if !errors.Is(err, ErrStream) || !strings.Contains(err.Error(), "line 2 is longer than 8 MiB") {
		t.Errorf("error %v", err)
	}
	fits := headerLine + `{"progress":{"message":"` + strings.Repeat("a", MaxLine/16) + `"}}` + "\n"
	if got := readAll(t, []byte(fits)); len(got) != 2 {
		t.Errorf("%d events of a long line", len(got))
	}
}

// endlessReader gives one byte for ever.
type endlessReader byte

func (r endlessReader) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(r)
	}
	return len(p), nil
}

func TestReadGivesTheErrorsOfOthersAsTheyAre(t *testing.T) {
	t.Parallel()
	mine := errors.New("mine")
	if err := Read(strings.NewReader(headerLine), func(mail.Event) error { return mine }); !errors.Is(err, mine) || errors.Is(err, ErrStream) {
		t.Errorf("of emit: %v", err)
	}
	broken := io.MultiReader(strings.NewReader(headerLine), iotest.ErrReader(mine))
	if err := Read(broken, func(mail.Event) error { return nil }); !errors.Is(err, mine) || errors.Is(err, ErrStream) {
		t.Errorf("of the reader: %v", err)
	}
}

// FuzzRead holds the law that what could be read can be printed in every
// format, and that reading what was written changes nothing.
func FuzzRead(f *testing.F) {
	f.Add([]byte(headerLine + verdictLine))
	f.Add([]byte(headerLine + `{"observation":{"id":"tls:x","kind":"tls","at":"2026-01-02T03:04:05+06:00","certificates":[{}]}}` + "\n"))
	f.Add([]byte(headerLine + `{"setting":{"endpoint":"imaps://[::1]:993","role":"incoming","preferred":true}}` + "\n"))
	f.Add([]byte(headerLine + `{"finding":{"title":"\u202e\ud800"}}` + "\n" + `{"head`))
	f.Add([]byte(headerLine + `{"observation":{"id":"x","at":"9999-12-31T23:59:59-01:00"}}` + "\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var events []mail.Event
		err := Read(strings.NewReader(string(data)), func(e mail.Event) error {
			events = append(events, e)
			return nil
		})
		if err != nil {
			return
		}
		want := printed(t, "json", Options{}, events)
		got := printed(t, "json", Options{}, readAll(t, printed(t, "jsonl", Options{}, events)))
		if string(want) != string(got) {
			t.Errorf("the replay differs:\n%s\n%s", want, got)
		}
		checkText(t, printed(t, "text", Options{Verbose: 2, Unicode: true, Width: 40}, events))
	})
}
