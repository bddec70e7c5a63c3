package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// Printer writes one run in one format. Event takes the events in the order of
// the stream, Close ends the output and is called once, also when the run was
// interrupted. An error is a failed write or an event that cannot be printed.
type Printer interface {
	Event(e mail.Event) error
	Close() error
}

// Options say how to print. The zero value is plain text for a file: no
// colour, 80 columns, ASCII marks.
type Options struct {
	Color      bool   // the writer takes ANSI colours
	Width      int    // columns of the terminal; 0 where there is none
	Unicode    bool   // the writer takes UTF-8; otherwise everything is written in ASCII
	Verbose    int    // text only: 1 shows all settings, notices, evidence and servers, 2 also every observation
	Quiet      bool   // text only: the verdict, what to type in, the clients and TLS surveys where they were asked for, nothing else
	Explain    bool   // text only: tell how it was found, question by question
	Transcript bool   // text only: print the conversations with the servers, where sessions hold them
	Command    string // text only: the command that runs, such as "check", for the hints at the end
}

// formats is the table of what can be printed, in the order of the help.
func formats() []format {
	return []format{
		{"text", newText},
		{"json", newJSON},
		{"jsonl", newJSONL},
	}
}

type format struct {
	name string
	open func(io.Writer, Options) Printer
}

// Formats gives the names that [New] knows.
func Formats() []string {
	var names []string
	for _, f := range formats() {
		names = append(names, f.name)
	}
	return names
}

// New gives the printer of a format. An unknown format is an error that lists the known ones.
func New(name string, w io.Writer, o Options) (Printer, error) {
	for _, f := range formats() {
		if f.name == name {
			return f.open(w, o), nil
		}
	}
	return nil, fmt.Errorf("unknown format %q; the formats are %s", name, strings.Join(Formats(), ", "))
}
