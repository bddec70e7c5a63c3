package rules

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// words are the texts of a rule. They are templates, so that another language
// can render the same facts:
//
//	{name}            the parameter; a list is joined with commas and "and"
//	{name:one|many}   one of two words, by the number or the length of the list
//	[text {name}]     left out as a whole where the parameter is empty
type words struct {
	title  string // one plain sentence that names the host and the fact, without a full stop
	detail string // what it means for who uses a mail program
	fix    string // what the owner does
}

// params are the named parameters of a template: string, said, []string, int or time.Time.
type params map[string]any

// said is text of a server: hostile, and so bounded when it is rendered.
type said string

// The bounds of what a finding quotes.
const (
	maxSaid = 300 // bytes of one text of a server
	maxList = 8   // names in one list
)

// render fills a template. What a parameter holds is never read as a template.
func render(template string, p params) string {
	var out strings.Builder
	for template != "" {
		start := strings.IndexAny(template, "{[")
		if start < 0 {
			break
		}
		out.WriteString(template[:start])
		end := strings.IndexByte(template[start:], closing(template[start])) + start
		if end < start {
			template = template[start:]
			break
		}
		inner := template[start+1 : end]
		if template[start] == '{' {
			out.WriteString(p.placeholder(inner))
		} else if p.complete(inner) {
			out.WriteString(render(inner, p))
		}
		template = template[end+1:]
	}
	out.WriteString(template)
	return out.String()
}

func closing(open byte) byte {
	if open == '{' {
		return '}'
	}
	return ']'
}

// placeholder renders what stands between braces.
func (p params) placeholder(inner string) string {
	name, forms, plural := strings.Cut(inner, ":")
	if !plural {
		return p.text(name)
	}
	one, many, _ := strings.Cut(forms, "|")
	if p.count(name) == 1 {
		return one
	}
	return many
}

// complete reports whether no parameter of a template is empty.
func (p params) complete(template string) bool {
	for _, name := range placeholders(template) {
		if p.text(name) == "" {
			return false
		}
	}
	return true
}

// placeholders gives the names of the parameters in a template.
func placeholders(template string) []string {
	var names []string
	for {
		_, rest, found := strings.Cut(template, "{")
		if !found {
			return names
		}
		inner, after, _ := strings.Cut(rest, "}")
		name, _, _ := strings.Cut(inner, ":")
		names = append(names, name)
		template = after
	}
}

func (p params) text(name string) string {
	switch value := p[name].(type) {
	case string:
		return value
	case said:
		return clip(strings.TrimSpace(string(value)), maxSaid)
	case []string:
		return joined(value)
	case int:
		return strconv.Itoa(value)
	case time.Time:
		return value.UTC().Format("2 Jan 2006")
	default:
		return ""
	}
}

func (p params) count(name string) int {
	switch value := p[name].(type) {
	case int:
		return value
	case []string:
		return len(value)
	default:
		return 1
	}
}

// joined writes a list as people do: "a", "a and b", "a, b and c".
func joined(list []string) string {
	var last string
	switch n := len(list); {
	case n == 0:
		return ""
	case n == 1:
		return clip(list[0], maxSaid)
	case n > maxList:
		last = strconv.Itoa(n-maxList) + " more"
		list = list[:maxList]
	default:
		last, list = clip(list[n-1], maxSaid), list[:n-1]
	}
	var out strings.Builder
	for i, item := range list {
		if i > 0 {
			out.WriteString(", ")
		}
		out.WriteString(clip(item, maxSaid))
	}
	return out.String() + " and " + last
}

// clip cuts text to at most limit bytes, between characters, and shows that it did.
func clip(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	end := limit - len("…")
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}
