package probe

import (
	"encoding/base64"
	"strings"
	"unicode/utf16"

	"github.com/mailmedic/mailmedic/mail"
)

// maxListed bounds what is kept of a server's lists.
const maxListed = 50

// The kinds of a token of an IMAP response.
type tokenKind int

const (
	atom tokenKind = iota
	str
	open
	closed
)

// tokens splits a response (RFC 9051 section 9) into atoms, strings and parentheses.
func tokens(line string) []imapToken {
	var list []imapToken
	for line = strings.TrimLeft(line, " "); line != ""; line = strings.TrimLeft(line, " ") {
		var t imapToken
		t, line = cutToken(line)
		list = append(list, t)
	}
	return list
}

type imapToken struct {
	kind tokenKind
	text string
}

func cutToken(line string) (t imapToken, rest string) {
	switch line[0] {
	case '(':
		return imapToken{kind: open}, line[1:]
	case ')':
		return imapToken{kind: closed}, line[1:]
	case '"':
		return cutQuoted(line[1:])
	case '{':
		return cutLiteral(line)
	}
	end := strings.IndexAny(line, ` ()"`)
	if end < 0 {
		end = len(line)
	}
	return imapToken{atom, line[:end]}, line[end:]
}

func cutQuoted(line string) (t imapToken, rest string) {
	var b strings.Builder
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case '"':
			return imapToken{str, b.String()}, line[i+1:]
		case '\\':
			if i++; i == len(line) {
				return imapToken{str, b.String()}, ""
			}
		}
		b.WriteByte(line[i])
	}
	return imapToken{str, b.String()}, ""
}

// cutLiteral takes a literal, which response has put behind its announcement.
func cutLiteral(line string) (t imapToken, rest string) {
	end := strings.IndexByte(line, '}')
	if end < 0 {
		return imapToken{atom, line}, ""
	}
	n, ok := literalSize(line[:end+1])
	if rest = line[end+1:]; !ok || n > len(rest) {
		return imapToken{str, rest}, ""
	}
	return imapToken{str, rest[:n]}, rest[n:]
}

// serverID reads name and version of ID ("name" "…" "version" "…"), "" for NIL.
func serverID(untagged []string) string {
	said := map[string]string{}
	for _, line := range untagged {
		list := tokens(line)
		if len(list) < 2 || !strings.EqualFold(list[0].text, "ID") || list[1].kind != open {
			continue
		}
		for i := 2; i+1 < len(list) && list[i].kind == str; i += 2 {
			if list[i+1].kind == str {
				said[strings.ToLower(list[i].text)] = list[i+1].text
			}
		}
	}
	return strings.TrimSpace(said["name"] + " " + said["version"])
}

// specialFolders reads LIST responses (RFC 9051 section 7.3.1) and keeps the
// folders with an attribute of RFC 6154.
func specialFolders(untagged []string) []mail.Folder {
	var folders []mail.Folder
	for _, line := range untagged {
		if l, ok := parseListed(line); ok && l.use != "" && len(folders) < maxListed {
			folders = append(folders, mail.Folder{Name: decodeName(l.name), Use: l.use})
		}
	}
	return folders
}

// A listed is one mailbox of a LIST response.
type listed struct {
	name      string // as it stands on the wire
	delimiter string // "" where there is no hierarchy
	use       string // of RFC 6154, "" for none
}

func parseListed(untagged string) (l listed, ok bool) {
	list := tokens(untagged)
	if len(list) < 2 || !strings.EqualFold(list[0].text, "LIST") || list[1].kind != open {
		return l, false
	}
	i := 2
	for ; i < len(list) && list[i].kind == atom; i++ {
		if u := specialUse(list[i].text); u != "" {
			l.use = u
		}
	}
	if i += 2; i >= len(list) { // over the parenthesis and the delimiter
		return l, false
	}
	if list[i-1].kind == str {
		l.delimiter = list[i-1].text
	}
	l.name = list[i].text
	return l, true
}

// specialUse gives the use that an attribute stands for.
func specialUse(attribute string) string {
	switch use := strings.ToLower(strings.TrimPrefix(attribute, `\`)); use {
	case "sent", "drafts", "junk", "trash", "archive", "all", "flagged":
		return use
	}
	return ""
}

// namespaces reads NAMESPACE (RFC 2342 section 5): three lists, each NIL or ((prefix delimiter) …).
func namespaces(untagged []string) []mail.Namespace {
	var found []mail.Namespace
	for _, line := range untagged {
		list := tokens(line)
		if len(list) == 0 || !strings.EqualFold(list[0].text, "NAMESPACE") {
			continue
		}
		kinds := []string{"personal", "others", "shared"}
		depth, kind := 0, 0
		for i := 1; i < len(list) && kind < len(kinds); i++ {
			switch list[i].kind {
			case open:
				depth++
				if depth == 2 && i+2 < len(list) && list[i+1].kind == str && len(found) < maxListed {
					n := mail.Namespace{Kind: kinds[kind], Prefix: decodeName(list[i+1].text)}
					if list[i+2].kind == str {
						n.Delimiter = text(list[i+2].text)
					}
					found = append(found, n)
				}
			case closed:
				depth--
			case atom, str:
			}
			if depth == 0 {
				kind++
			}
		}
	}
	return found
}

// decodeName reads the form of UTF-7 in which IMAP4rev1 writes names (RFC 3501
// section 5.1.3), and leaves what is none as it is.
func decodeName(name string) string {
	var b strings.Builder
	for rest := name; ; {
		plain, shifted, more := strings.Cut(rest, "&")
		b.WriteString(plain)
		if !more {
			return text(b.String())
		}
		digits, after, ended := strings.Cut(shifted, "-")
		word, ok := decodeShifted(digits)
		if !ended || !ok {
			return text(name)
		}
		b.WriteString(word)
		rest = after
	}
}

func decodeShifted(digits string) (string, bool) {
	if digits == "" {
		return "&", true
	}
	raw, err := base64.RawStdEncoding.DecodeString(strings.ReplaceAll(digits, ",", "/"))
	if err != nil || len(raw)%2 != 0 {
		return "", false
	}
	units := make([]uint16, len(raw)/2)
	for i := range units {
		units[i] = uint16(raw[2*i])<<8 | uint16(raw[2*i+1])
	}
	return string(utf16.Decode(units)), true
}
