package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/fatih/color"

	"github.com/mailmedic/mailmedic/mail"
)

// settingRow is one line of the table of what to type in.
type settingRow struct {
	cells   []string // role, protocol, host, port, encryption, user name
	outcome outcome
	notes   []string // where it comes from, on lines of its own
}

// settingLabels name the cells where they stand one below the other.
func settingLabels() []string {
	return []string{"", "", "Server", "Port", "Encryption", "User name"}
}

// settings puts what to type into a mail program: the best of each role, or all
// of them. How wide the page is decides the form of the table.
func (v *view) settings() {
	var rows []settingRow
	for _, role := range []mail.Role{mail.Incoming, mail.Outgoing} {
		rows = append(rows, v.roleRows(role)...)
	}
	if len(rows) == 0 {
		return
	}
	v.blank()
	if form, ok := v.tableForm(rows); ok {
		v.table(rows, form)
	} else {
		v.stack(rows)
	}
	v.others()
}

// tableForm is how a table fits a page.
type tableForm struct {
	widths []int // of the cells
	gap    int   // columns between them
	below  bool  // the outcome stands on a line of its own
}

// tableForm finds the most generous form that fits, if any does.
func (v *view) tableForm(rows []settingRow) (tableForm, bool) {
	form := tableForm{widths: cellWidths(rows)}
	cells := 2 + sum(form.widths)
	last := len(form.widths) - 1
	if cells+3*(last+1)+slices.Max(outcomeWidths(rows)) <= v.columns {
		form.gap = 3
		return form, true
	}
	form.below = true
	for form.gap = 3; form.gap >= 2; form.gap-- {
		if cells+form.gap*last <= v.columns {
			return form, true
		}
	}
	return tableForm{}, false
}

// roleRows gives the rows of a role, the preferred setting first.
func (v *view) roleRows(role mail.Role) []settingRow {
	shown := v.ofRole(role)
	if v.o.Verbose == 0 && len(shown) > 1 {
		shown = shown[:1]
	}
	var rows []settingRow
	for i, s := range shown {
		row := v.settingRow(s)
		if i > 0 {
			row.cells[0] = "  or"
		}
		rows = append(rows, row)
	}
	return rows
}

func (v *view) ofRole(role mail.Role) []mail.Setting {
	var list []mail.Setting
	for _, s := range v.r.Settings {
		switch {
		case s.Role == role && s.Preferred:
			list = slices.Insert(list, 0, s)
		case s.Role == role:
			list = append(list, s)
		}
	}
	return list
}

func (v *view) settingRow(s mail.Setting) settingRow {
	e := s.Endpoint
	username, ascii := v.shownUsername(s.Username, v.r.Target)
	row := settingRow{
		cells: []string{
			roleWord(s.Role), protocolWord(e.Protocol), v.hostName(e.Host), strconv.Itoa(int(e.Port)),
			securityWords(e.Security), username,
		},
		outcome: v.outcome(s),
	}
	for i, cell := range row.cells {
		row.cells[i] = v.text(cell)
	}
	row.outcome.words = v.text(row.outcome.words)
	if v.hostName(e.Host) != e.Host {
		row.notes = append(row.notes, "in ASCII: "+e.Host)
	}
	if ascii != "" {
		row.notes = append(row.notes, "user name with the domain in ASCII: "+ascii)
	}
	if ways := signInWords(s.Auth); len(ways) > 0 && (v.o.Verbose > 0 || !slices.Contains(ways, mail.NormalPassword)) {
		row.notes = append(row.notes, "sign-in by "+strings.Join(ways, ", "))
	}
	if v.o.Verbose > 0 && !v.o.Quiet {
		row.notes = append(row.notes, provenance(s))
	}
	return row
}

// provenance says who claims a setting and how far that is to be trusted.
func provenance(s mail.Setting) string {
	var sources []string
	for _, source := range s.Sources {
		sources = append(sources, sourceWords(source))
	}
	return fmt.Sprintf("from %s · %s", strings.Join(sources, ", "), trustWords(s.Trust))
}

// table puts each row on one line, and what else is to be said of it below.
func (v *view) table(rows []settingRow, form tableForm) {
	indent := 2 + form.widths[0] + form.gap
	for _, row := range rows {
		line := "  " + pad(v.ink.bold.Sprint(row.cells[0]), form.widths[0]+form.gap)
		for i, cell := range row.cells[1:] {
			line += pad(cell, form.widths[i+1]+form.gap)
		}
		if form.below {
			v.line(line)
			v.paragraph(indent, v.pen(row.outcome.tone), row.outcome.words)
		} else {
			v.line(line, v.pen(row.outcome.tone).Sprint(row.outcome.words))
		}
		for _, note := range row.notes {
			v.paragraph(indent, v.ink.faint, note)
		}
	}
}

// stack puts the cells of a row one below the other, for a narrow page.
func (v *view) stack(rows []settingRow) {
	labels := settingLabels()
	for i, row := range rows {
		if i > 0 {
			v.blank()
		}
		v.line("  ", v.ink.bold.Sprint(strings.TrimSpace(row.cells[0])), " ", row.cells[1])
		for j, cell := range row.cells[2:] {
			v.prose("    "+v.ink.faint.Sprint(pad(labels[j+2], 12)), 16, v.ink.none, cell)
		}
		v.prose("    "+v.ink.faint.Sprint(pad("Result", 12)), 16, v.pen(row.outcome.tone), row.outcome.words)
		for _, note := range row.notes {
			v.paragraph(4, v.ink.faint, note)
		}
	}
}

// others says how many settings there are beside the ones shown: such as can be
// used, or after a run that tests nothing all that are published.
func (v *view) others() {
	if v.o.Verbose > 0 || v.o.Quiet {
		return
	}
	receive, send := v.more(mail.Incoming), v.more(mail.Outgoing)
	var parts []string
	if receive > 0 {
		parts = append(parts, fmt.Sprintf("%d more to receive", receive))
	}
	if send > 0 {
		parts = append(parts, fmt.Sprintf("%d more to send", send))
	}
	verb := "work too"
	switch {
	case v.discovers() && receive+send == 1:
		verb = "is published"
	case v.discovers():
		verb = "are published"
	case receive+send == 1:
		verb = "works too"
	}
	if len(parts) > 0 {
		v.blank()
		v.paragraph(2, v.ink.faint, fmt.Sprintf("%s %s; -v shows all.", strings.Join(parts, " and "), verb))
	}
}

// more counts the settings of a role beside the one shown that can be used, if
// that one can, and all of them where none was tested.
func (v *view) more(role mail.Role) int {
	if v.discovers() {
		return max(0, len(v.ofRole(role))-1)
	}
	n := 0
	for i, s := range v.ofRole(role) {
		usable := v.outcome(s).tone == good
		switch {
		case i == 0 && !usable:
			return 0
		case i > 0 && usable:
			n++
		}
	}
	return n
}

func (v *view) pen(t tone) *color.Color {
	switch t {
	case good:
		return v.ink.green
	case bad:
		return v.ink.red
	case open:
		return v.ink.yellow
	}
	return v.ink.none
}

func cellWidths(rows []settingRow) []int {
	widths := make([]int, len(settingLabels()))
	for _, row := range rows {
		for i, cell := range row.cells {
			widths[i] = max(widths[i], columns(cell))
		}
	}
	return widths
}

func outcomeWidths(rows []settingRow) []int {
	var widths []int
	for _, row := range rows {
		widths = append(widths, columns(row.outcome.words))
	}
	return widths
}

func sum(list []int) int {
	total := 0
	for _, n := range list {
		total += n
	}
	return total
}
