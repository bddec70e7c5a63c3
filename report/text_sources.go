package report

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/fatih/color"

	"github.com/mailmedic/mailmedic/mail"
)

// sourceOrder is the order in which sources stand on a page. Of the usual names
// only what hindered the look at them stands there, since a guess is no source.
func sourceOrder() []mail.Source {
	return []mail.Source{
		mail.SourceUser, mail.SourcePACC, mail.SourceAutoconfig, mail.SourceAutodiscover, mail.SourceSRV, mail.SourceTXT,
		mail.SourceJMAP, mail.SourceISPDB, mail.SourceProvider, mail.SourceMX, mail.SourceGuess,
	}
}

// sources puts what every source of settings said: one line for each thing that
// came of asking it.
func (v *view) sources() {
	if !v.looksAtSources() {
		return
	}
	v.heading("Where settings were looked for")
	why := "" // the last reason not to ask
	for _, source := range sourceOrder() {
		label := sourceLabel(source)
		for _, line := range v.sourceLines(source) {
			switch {
			case line.answer == notAsked && line.what == why:
				line.what = "for the same reason"
			case line.answer == notAsked:
				why = line.what
			}
			v.sourceLine(label, line)
			label = ""
		}
	}
}

// looksAtSources reports whether the page has room for the sources: they are
// the answer of discover and a detail of check.
func (v *view) looksAtSources() bool {
	return v.discovers() || v.o.Verbose > 0 && slices.ContainsFunc(v.r.Observations, question)
}

func (v *view) discovers() bool { return v.r.Command == "discover" }

// sourceLine is one thing that came of asking a source.
type sourceLine struct {
	answer answer
	what   string
}

func (v *view) sourceLine(label string, l sourceLine) {
	pen := v.answerPen(l.answer)
	if v.narrow() {
		if label != "" {
			v.paragraph(2, v.ink.none, label)
		}
		words := pen.Sprint(l.answer.words())
		if l.what != "" {
			words += ": "
		}
		v.prose("    "+words, 6, v.ink.none, l.what)
		return
	}
	lead := pad("  "+label, 19)
	if l.what == "" {
		v.line(lead, pen.Sprint(l.answer.words()))
		return
	}
	v.prose(pad(lead+pen.Sprint(l.answer.words()), 32), 32, v.ink.none, l.what)
}

func (v *view) answerPen(a answer) *color.Color {
	switch a {
	case found:
		return v.ink.green
	case trouble, unusable:
		return v.ink.yellow
	case nothing, absent, notAsked:
	}
	return v.ink.faint
}

// sourceLines gives what came of asking a source, and nothing where it was not
// meant to be asked. Not found is said only where nothing was.
func (v *view) sourceLines(source mail.Source) []sourceLine {
	reasons := map[answer][]reason{}
	asked := source == mail.SourceProvider // a table of our own: to look there is no question to anybody
	for _, o := range v.r.Observations {
		if o.Source == source && question(o) {
			asked = source != mail.SourceGuess
			a := v.answer(o)
			reasons[a] = append(reasons[a], v.reasonOf(o))
		}
	}
	for _, n := range v.r.NotChecked {
		if n.Source == source {
			reasons[notAsked] = append(reasons[notAsked], reason{v.placeWords(n.Subject), v.whyNotChecked(n)})
		}
	}
	var lines []sourceLine
	if what := v.foundBy(source); len(what) > 0 {
		lines = append(lines, sourceLine{found, v.list(what, ", ")})
	}
	for _, a := range []answer{unusable, trouble, absent, notAsked} {
		if len(reasons[a]) > 0 {
			lines = append(lines, sourceLine{a, v.list(v.reasons(reasons[a]), "; ")})
		}
	}
	if len(lines) == 0 && asked {
		lines = append(lines, sourceLine{nothing, ""})
	}
	return lines
}

// foundBy lists the servers and services that a source names.
func (v *view) foundBy(source mail.Source) []string {
	var list []string
	add := func(name string) {
		if !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	for _, c := range v.r.Candidates {
		if !slices.Contains(c.Sources(), source) || source == mail.SourceGuess {
			continue
		}
		if c.Role == mail.MX {
			add(v.hostName(c.Endpoint.Host))
		} else {
			add(v.hostName(c.Endpoint.Host) + " " + strconv.Itoa(int(c.Endpoint.Port)))
		}
	}
	for _, s := range v.r.Services {
		if s.Source == source {
			add(serviceWord(s.Type) + " at " + v.serviceAt(s))
		}
	}
	if p := v.r.Provider; source == mail.SourceProvider && len(list) == 0 && p != nil && p.NoServers {
		add(p.Name + ", which has no servers for mail programs")
	}
	return list
}

// reason is why a place gave nothing to use.
type reason struct{ place, words string }

// reasonOf says of a question that found nothing to use what came back.
func (v *view) reasonOf(o mail.Observation) reason {
	r := reason{v.placeWords(o.ID), "it names no server"}
	switch {
	case o.Failure != nil:
		r.words = cmp.Or(o.Failure.Detail, string(o.Failure.Class))
		// A question to the DNS that failed is told as "SRV name: what happened".
		if asked, rest, ok := strings.Cut(r.words, ": "); ok && isDNSQuestion(asked) {
			r.words = rest
		} else if strings.HasPrefix(r.words, r.place) {
			r.place = ""
		}
	case saysNone(o):
		r.words = "the domain says so"
	case len(o.Notes) > 0:
		r.words = strings.Join(o.Notes, ", ")
	}
	return r
}

// isDNSQuestion reports whether words are a record type and a name.
func isDNSQuestion(words string) bool {
	kind, name, ok := strings.Cut(words, " ")
	return ok && name != "" && !strings.Contains(name, " ") && slices.Contains([]string{"A", "AAAA", "MX", "SRV", "TXT", "CNAME"}, kind)
}

// reasons puts together the places that have the same to say.
func (v *view) reasons(list []reason) []string {
	var words, texts []string
	places := map[string][]string{}
	for _, r := range list {
		if !slices.Contains(words, r.words) {
			words = append(words, r.words)
		}
		if r.place != "" && !slices.Contains(places[r.words], r.place) {
			places[r.words] = append(places[r.words], r.place)
		}
	}
	for _, w := range words {
		texts = append(texts, join(": ", v.list(places[w], ", "), w))
	}
	return texts
}

// placeWords names the place of a question in short: of a web address the host,
// of a question to the DNS the name.
func (v *view) placeWords(subject string) string {
	if _, name, ok := cutDNS(subject); ok {
		return v.hostName(name)
	}
	u, err := url.Parse(strings.TrimPrefix(subject, "post:"))
	switch {
	case err != nil || u.Host == "":
		return subject
	case u.Scheme == "http":
		return "http://" + v.hostName(u.Host)
	default:
		return v.hostName(u.Host)
	}
}

// whyNotChecked gives the reason in the run's own words where it has some.
func (v *view) whyNotChecked(n mail.NotChecked) string {
	if n.Detail != "" {
		return n.Detail
	}
	return whyWords(n.Why, v.interrupted())
}

// list joins the first of many texts and counts the rest, unless all are wanted.
func (v *view) list(texts []string, separator string) string {
	if rest := len(texts) - maxListed; rest > 0 && v.o.Verbose == 0 {
		texts = append(texts[:maxListed:maxListed], fmt.Sprintf("%d more", rest))
	}
	return strings.Join(texts, separator)
}

// sourceLabel is the name of a source at the start of a line.
func sourceLabel(s mail.Source) string {
	switch s {
	case mail.SourcePACC, mail.SourceISPDB, mail.SourceJMAP:
		return strings.ToUpper(string(s))
	case mail.SourceAutoconfig:
		return "Autoconfig"
	case mail.SourceAutodiscover:
		return "Autodiscover"
	case mail.SourceSRV:
		return "SRV records"
	case mail.SourceTXT:
		return "TXT record"
	case mail.SourceMX:
		return "MX records"
	case mail.SourceProvider:
		return "Known provider"
	case mail.SourceUser:
		return "Your command"
	case mail.SourceGuess:
		return "Usual names"
	}
	return string(s)
}
