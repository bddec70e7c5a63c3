package providers

import (
	"errors"
	"fmt"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// parse reads the form of providers.txt, which explains itself at its top. On
// a fault it gives the line, and the rows before it.
func parse(text string) ([]*Provider, error) {
	return readRows(text, func(id string) *Provider { return &Provider{Provider: mail.Provider{ID: id}} }, (*Provider).set)
}

// readRows reads a table: rows that begin with an id, and the keys below it.
func readRows[row any](text string, begin func(id string) *row, set func(r *row, key, value string) error) ([]*row, error) {
	var rows []*row
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimRight(line, " \r\n")
		switch {
		case line == "" || line[0] == '#':
		case line[0] != '\t':
			rows = append(rows, begin(line))
		case len(rows) == 0:
			return nil, fmt.Errorf("provider table, line %d: no id stands before it", number)
		default:
			key, value, _ := strings.Cut(line[1:], " ")
			if value = strings.TrimSpace(value); value == "" {
				return rows[:len(rows)-1], fmt.Errorf("provider table, line %d: %s has no value", number, key)
			}
			if err := set(rows[len(rows)-1], key, value); err != nil {
				return rows[:len(rows)-1], fmt.Errorf("provider table, line %d: %w", number, err)
			}
		}
	}
	return rows, nil
}

// set takes one line of a row in.
func (p *Provider) set(key, value string) error {
	switch key {
	case "name":
		p.Name = value
	case "domains":
		p.Domains = append(p.Domains, strings.Fields(value)...)
	case "mx":
		p.MX = append(p.MX, strings.Fields(value)...)
	case "server":
		return p.addServer(strings.Fields(value))
	case "oauth":
		p.OAuth = value
	case "rule":
		return p.setRule(value)
	case "enable":
		p.EnableURL = value
	case "website":
		p.Website = value
	case "docs":
		p.Docs = append(p.Docs, value)
	case "source":
		p.Sources = strings.Fields(value)
	case "checked":
		p.Checked = value
	default:
		return fmt.Errorf("unknown key %q", key)
	}
	return nil
}

func (p *Provider) setRule(rule string) error {
	switch rule {
	case "gateway":
		p.Gateway = true
	case "no-servers":
		p.NoServers = true
	case "app-password":
		p.AppPassword = true
	case "oauth-only":
		p.OAuthOnly = true
	case "must-enable":
		p.MustEnable = true
	default:
		return fmt.Errorf("unknown rule %q", rule)
	}
	return nil
}

func (p *Provider) addServer(fields []string) error {
	if len(fields) < 3 {
		return errors.New("a server needs an endpoint, a user name or -, and a way to sign in")
	}
	s := Server{At: fields[0], User: fields[1], Auth: fields[2:]}
	if s.User == "-" {
		s.User = ""
	}
	p.Servers = append(p.Servers, s)
	return nil
}
