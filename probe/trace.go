package probe

import (
	netmail "net/mail"
	"slices"
	"strings"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

// The bounds on what is read of the header of a message.
const (
	maxHeader   = 48 << 10 // bytes
	maxFields   = 400
	maxHops     = 30
	maxResults  = 20
	maxHopWords = 200 // bytes of one word of a stamp
)

// A field is one header field, unfolded (RFC 5322 section 2.2.3).
type field struct{ name, value string }

// headerFields splits a header; what is no field is passed over.
func headerFields(header string) []field {
	var fields []field
	for line := range strings.SplitSeq(strings.ReplaceAll(header, "\r\n", "\n"), "\n") {
		if line == "" {
			break
		}
		if folded := line[0] == ' ' || line[0] == '\t'; folded {
			if last := len(fields) - 1; last >= 0 {
				fields[last].value = strings.TrimSpace(fields[last].value + " " + strings.TrimSpace(line))
			}
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok || len(fields) == maxFields {
			continue
		}
		fields = append(fields, field{strings.TrimSpace(name), strings.TrimSpace(value)})
	}
	return fields
}

// carries reports whether a header is that of the test message. The marker says
// so, or the Message-ID where a server on the way has removed what it does not know.
func (m testMessage) carries(fields []field) bool {
	return slices.ContainsFunc(fields, func(f field) bool {
		return strings.EqualFold(f.name, markerField) && f.value == m.token ||
			strings.EqualFold(f.name, "Message-ID") && f.value == m.id()
	})
}

// hopsOf reads the stamps of the servers on the way (RFC 5321 section 4.4), the
// first server first; began is when the transmission began here.
func hopsOf(fields []field, began time.Time) []mail.Hop {
	var hops []mail.Hop
	for _, f := range fields {
		if strings.EqualFold(f.name, "Received") && len(hops) < maxHops {
			hops = append(hops, parseStamp(f.value))
		}
	}
	slices.Reverse(hops) // the newest stamp stands on top
	last := began.Truncate(time.Second)
	for i := range hops {
		if hops[i].At.IsZero() {
			continue
		}
		hops[i].DelayMS = hops[i].At.Sub(last).Milliseconds()
		last = hops[i].At
	}
	return hops
}

// parseStamp reads the value of one Received field. Servers add words of their
// own, mostly in comments.
func parseStamp(value string) mail.Hop {
	var h mail.Hop
	parts := clauses(value)
	last := len(parts) - 1
	if at, err := netmail.ParseDate(strings.TrimSpace(parts[last])); err == nil {
		h.At = at.UTC()
		parts = parts[:last]
	}
	words := strings.Fields(strings.Join(parts, " "))
	for i := 0; i+1 < len(words); i++ {
		var into *string
		switch strings.ToLower(words[i]) {
		case "from":
			into = &h.From
		case "by":
			into = &h.By
		case "with":
			into = &h.With
		}
		if into != nil && *into == "" {
			*into = clip(text(words[i+1]), maxHopWords)
		}
	}
	return h
}

// clauses splits a structured field at its semicolons, and leaves out comments
// (RFC 5322 section 3.2.2), which nest. A quoted string stays whole.
func clauses(value string) []string {
	var list []string
	var b strings.Builder
	depth, quoted := 0, false
	for i := 0; i < len(value); i++ {
		c := value[i]
		switch {
		case c == '\\' && (quoted || depth > 0):
			if i++; depth == 0 && i < len(value) {
				b.WriteByte(value[i])
			}
		case c == '(' && !quoted:
			depth++
			b.WriteByte(' ')
		case depth > 0:
			if c == ')' {
				depth--
			}
		case c == ';' && !quoted:
			list = append(list, b.String())
			b.Reset()
		default:
			quoted = quoted != (c == '"')
			b.WriteByte(c)
		}
	}
	return append(list, b.String())
}

// authenticationOf reads what the receiving side says about the sender: the
// topmost Authentication-Results, and those below it of the same server with no
// other's between (RFC 8601 sections 2.2 and 5). Anybody may have written what stands further down.
func authenticationOf(fields []field) *mail.Authentication {
	var found *mail.Authentication
	for _, f := range fields {
		if !strings.EqualFold(f.name, "Authentication-Results") {
			continue
		}
		a := parseResults(f.value)
		if found == nil {
			found = &a
			continue
		}
		if a.Server != found.Server {
			break
		}
		found.Results = append(found.Results, a.Results...)
	}
	if found != nil {
		found.Results = found.Results[:min(len(found.Results), maxResults)]
	}
	return found
}

// parseResults reads one field: the server, and a result for each method. Some
// servers leave out their name.
func parseResults(value string) mail.Authentication {
	a := mail.Authentication{Results: []mail.AuthResult{}}
	for i, part := range clauses(value) {
		words := strings.Fields(part)
		if len(words) == 0 {
			continue
		}
		method, result, ok := strings.Cut(words[0], "=")
		if !ok {
			if i == 0 {
				a.Server = clip(text(strings.ToLower(words[0])), maxHopWords)
			}
			continue
		}
		method, _, _ = strings.Cut(method, "/") // a version
		method, result = strings.ToLower(method), strings.ToLower(result)
		if registered(method) && registered(result) {
			a.Results = append(a.Results, mail.AuthResult{Method: method, Result: result, Domain: domainOf(words[1:])})
		}
	}
	return a
}

// registered reports whether a word looks like one of the registries of RFC 8601 section 6.
func registered(word string) bool {
	return word != "" && len(word) <= 30 && strings.Trim(word, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// domainOf finds for whose domain a result is (RFC 8601 section 2.3).
func domainOf(properties []string) string {
	for _, p := range properties {
		name, value, _ := strings.Cut(p, "=")
		switch strings.ToLower(name) {
		case "header.d", "header.from", "smtp.mailfrom", "smtp.helo", "header.i":
			return clip(text(strings.ToLower(strings.Trim(value[strings.LastIndexByte(value, '@')+1:], `"`))), maxHopWords)
		}
	}
	return ""
}
