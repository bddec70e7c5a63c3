package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/report"
)

// outputFlags are the flags that every command has that prints a report.
type outputFlags struct {
	format  string
	files   []string
	failOn  string
	color   string
	quiet   bool
	verbose int
	explain bool
}

func (f *outputFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	formats := strings.Join(report.Formats(), "|")
	flags.StringVarP(&f.format, "format", "f", "text", "print as "+formats)
	flags.StringArrayVarP(&f.files, "output", "o", nil, "also write `FORMAT=FILE` (may be repeated)")
	flags.StringVar(&f.failOn, "fail-on", "error", "exit with 1 from this severity on: critical|error|warning|never")
	flags.StringVar(&f.color, "color", "auto", "auto|always|never")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "print the answer alone: the verdict and what to type in")
	flags.CountVarP(&f.verbose, "verbose", "v", "print more; twice for all that was seen")
	flags.BoolVar(&f.explain, "explain", false, "tell how it was found: each question, what came back, what was believed")
}

// threshold is the severity of --fail-on, "" for never.
func (f *outputFlags) threshold() (mail.Severity, error) {
	switch s := mail.Severity(f.failOn); s {
	case mail.Critical, mail.Error, mail.Warning:
		return s, nil
	case "never":
		return "", nil
	default:
		return "", usagef("--fail-on %q is not one of critical, error, warning, never", f.failOn)
	}
}

// check refuses flags that no output can come of.
func (f *outputFlags) check(s *streams) error {
	if _, err := f.threshold(); err != nil {
		return err
	}
	if _, err := f.colored(s); err != nil {
		return err
	}
	if _, err := report.New(f.format, io.Discard, report.Options{}); err != nil {
		return usagef("--format: %w", err)
	}
	return nil
}

// printers are the printer of standard output and those of --output, all fed with the same stream.
type printers struct {
	all []output
}

type output struct {
	name    string
	printer report.Printer
	file    *pendingFile // nil for standard output
	err     error        // what went wrong first; nothing is written after it
}

// open prepares every output before anything is asked, so that a wrong name costs no run.
func (f *outputFlags) open(s *streams, command string, transcript bool) (*printers, error) {
	colored, err := f.colored(s)
	if err != nil {
		return nil, err
	}
	o := report.Options{
		Color: colored, Width: s.outWidth, Verbose: f.verbose, Quiet: f.quiet, Explain: f.explain,
		Transcript: transcript, Unicode: f.unicode(s), Command: command,
	}
	printer, err := report.New(f.format, s.out, o)
	if err != nil {
		return nil, usagef("--format: %w", err)
	}
	p := &printers{[]output{{name: "standard output", printer: printer}}}
	for _, arg := range f.files {
		if err := p.add(arg, o); err != nil {
			p.discard()
			return nil, err
		}
	}
	return p, nil
}

func (p *printers) add(arg string, o report.Options) error {
	format, name, ok := strings.Cut(arg, "=")
	if !ok || name == "" {
		return usagef("--output %q: write FORMAT=FILE, for example json=report.json", arg)
	}
	for _, other := range p.all {
		if other.file != nil && other.name == name {
			return usagef("--output: %s is named twice", name)
		}
	}
	file, err := createPending(name)
	if err != nil {
		return usagef("--output: %w", err)
	}
	o.Color, o.Width = false, 0
	printer, err := report.New(format, file, o)
	if err != nil {
		file.discard()
		return usagef("--output %q: %w", arg, err)
	}
	p.all = append(p.all, output{name: name, printer: printer, file: file})
	return nil
}

// emit feeds every printer. What cannot be written is told by close; the run goes on for the others.
func (p *printers) emit(e mail.Event) {
	for i := range p.all {
		if out := &p.all[i]; out.err == nil {
			out.err = out.printer.Event(e)
		}
	}
}

// close finishes every output. A pipe that was closed early is no error: its reader has had enough.
func (p *printers) close() error {
	var errs []error
	for _, out := range p.all {
		err := out.err
		if err == nil {
			err = out.printer.Close()
		}
		if out.file != nil {
			if err != nil {
				out.file.discard()
			} else {
				err = out.file.commit()
			}
		}
		if err != nil && !errors.Is(err, syscall.EPIPE) {
			errs = append(errs, fmt.Errorf("cannot write to %s: %w", out.name, err))
		}
	}
	return errors.Join(errs...)
}

func (p *printers) discard() {
	for _, out := range p.all {
		if out.file != nil {
			out.file.discard()
		}
	}
}

// colored decides once about colour: the flag, then the environment, then the terminal.
func (f *outputFlags) colored(s *streams) (bool, error) {
	switch f.color {
	case "always":
		return true, nil
	case "never":
		return false, nil
	case "auto":
	default:
		return false, usagef("--color %q is not one of auto, always, never", f.color)
	}
	switch force := s.env("CLICOLOR_FORCE"); {
	case s.env("NO_COLOR") != "":
		return false, nil
	case force != "" && force != "0":
		return true, nil
	default:
		return s.outWidth > 0 && s.env("TERM") != "dumb", nil
	}
}

// unicode reports whether marks outside ASCII can be shown: always in a file or pipe, by the locale on a terminal.
func (f *outputFlags) unicode(s *streams) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := s.env(name); value != "" {
			upper := strings.ToUpper(value)
			return strings.Contains(upper, "UTF-8") || strings.Contains(upper, "UTF8") || s.outWidth == 0
		}
	}
	return true
}
