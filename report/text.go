package report

import (
	"io"

	"github.com/mailmedic/mailmedic/mail"
)

type textPrinter struct{ w io.Writer }

func newText(w io.Writer, o Options) Printer    { return &textPrinter{w} }
func (p *textPrinter) Event(e mail.Event) error { return nil }
func (p *textPrinter) Close() error             { return nil }
