package report

import (
	"bytes"
	"strings"

	"github.com/fatih/color"

	"github.com/mailmedic/mailmedic/mail"
)

const (
	defaultColumns = 80
	proseColumns   = 100  // longer lines are hard to read on any screen
	narrowColumns  = 60   // below this, labels and tables give way to stacked lines
	maxText        = 2000 // characters of one text; what a server sends may be longer than anybody reads
)

// page is text on its way to a terminal or a file. Everything that is put on it
// goes through clean, so no caller can forget to.
type page struct {
	buf     bytes.Buffer
	columns int
	ascii   bool
	respell *strings.Replacer // names in U-labels, where the page takes ASCII only
	ink     ink
}

func newPage(o Options, t mail.Target) *page {
	columns := o.Width
	if columns <= 0 {
		columns = defaultColumns
	}
	respell := strings.NewReplacer()
	if u := t.DisplayDomain(); u != "" && u != t.Domain {
		respell = strings.NewReplacer(u, t.Domain)
	}
	return &page{columns: columns, ascii: !o.Unicode, respell: respell, ink: newInk(o.Color)}
}

// ink is the colours of one page; with colours off each writes text as it is.
// They are decided by the options and never by the process's own output.
type ink struct {
	none, bold, faint, red, yellow, green, cyan *color.Color
}

func newInk(on bool) ink {
	pen := func(attributes ...color.Attribute) *color.Color {
		c := color.New(attributes...)
		if on && len(attributes) > 0 {
			c.EnableColor()
		} else {
			c.DisableColor()
		}
		return c
	}
	return ink{
		none: pen(), bold: pen(color.Bold), faint: pen(color.Faint),
		red: pen(color.FgRed), yellow: pen(color.FgYellow), green: pen(color.FgGreen), cyan: pen(color.FgCyan),
	}
}

// blank puts an empty line, never two and never at the top.
func (p *page) blank() {
	if p.buf.Len() > 0 && !bytes.HasSuffix(p.buf.Bytes(), []byte("\n\n")) {
		p.buf.WriteByte('\n')
	}
}

// line puts the parts on one line, without a space at its end.
func (p *page) line(parts ...string) {
	p.buf.WriteString(strings.TrimRight(strings.Join(parts, ""), " "))
	p.buf.WriteByte('\n')
}

// prose puts text wrapped: lead stands before its first line, and the lines
// below it are indented to indent columns.
func (p *page) prose(lead string, indent int, pen *color.Color, text string) {
	room := min(p.columns, proseColumns) - indent
	for _, line := range Wrap(p.text(text), room, columns(lead)-indent) {
		p.line(lead, pen.Sprint(line))
		lead = pad("", indent)
	}
}

// paragraph puts wrapped text, all of it indented alike.
func (p *page) paragraph(indent int, pen *color.Color, text string) {
	p.prose(pad("", indent), indent, pen, text)
}

// labelled puts "Label   text" with the text at a column of its own. On a narrow
// page the text follows its label closely.
func (p *page) labelled(indent, column int, label, text string) {
	switch lead := pad("", indent) + p.ink.faint.Sprint(p.text(label)); {
	case text == "":
	case p.narrow() && label == "":
		p.paragraph(indent+2, p.ink.none, text)
	case p.narrow():
		p.prose(lead+p.ink.faint.Sprint(":")+" ", indent+2, p.ink.none, text)
	default:
		p.prose(pad(lead, column), column, p.ink.none, text)
	}
}

func (p *page) narrow() bool { return p.columns < narrowColumns }

// text makes s safe to print and bounds it.
func (p *page) text(s string) string {
	if p.ascii {
		s = p.respell.Replace(s)
	}
	s = Clean(s, p.ascii)
	if len(s) <= maxText {
		return s
	}
	n := 0
	for i := range s {
		if n++; n > maxText {
			return s[:i] + p.text(" … (cut)")
		}
	}
	return s
}
