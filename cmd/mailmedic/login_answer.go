package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/oauth"
	"github.com/mailmedic/mailmedic/report"
)

// loginAnswer is what was got: everything but the token.
type loginAnswer struct {
	Schema   string      `json:"schema"`
	Tool     mail.Tool   `json:"tool"`
	Account  string      `json:"account,omitempty"` // who the token is for, as far as the user said
	Server   loginServer `json:"server"`
	Flow     string      `json:"flow"`              // browser or device
	Expires  *time.Time  `json:"expires,omitempty"` // where the server says it
	Scopes   loginScopes `json:"scopes"`
	Kept     *place      `json:"kept"`
	Warnings []loginNote `json:"warnings"`
	Next     []string    `json:"next"` // the words of the command to run now
	shown    string
}

// loginServer is the authorization server that was asked.
type loginServer struct {
	Name   string      `json:"name"`
	Issuer string      `json:"issuer,omitempty"`
	Hosts  []string    `json:"hosts"`
	Source mail.Source `json:"source"` // who names it
	Trust  mail.Trust  `json:"trust"`
}

type loginScopes struct {
	Asked   []string `json:"asked"`
	Granted []string `json:"granted"`
}

// loginNote is a doubt about the token.
type loginNote struct {
	ID   string `json:"id"` // oauth.scope-missing, oauth.no-scope, oauth.short
	Text string `json:"text"`
}

const loginSchema = "mailmedic.login/1"

func newLoginAnswer(who signer, v *signInServer, g grant, kept *place) *loginAnswer {
	a := &loginAnswer{
		Schema: loginSchema, Tool: tool(), Account: who.account, shown: who.shown,
		Server: loginServer{v.Name, v.Issuer, v.Hosts(), v.Source, v.Trust},
		Flow:   g.flow, Scopes: loginScopes{notNil(g.asked), notNil(g.Scopes)},
		Kept: kept, Warnings: notNil(doubts(g)), Next: nextCommand(who, kept),
	}
	if !g.Expires.IsZero() {
		expires := g.Expires.UTC()
		a.Expires = &expires
	}
	return a
}

// doubts says why the token may not open the mailbox.
func doubts(g grant) []loginNote {
	var notes []loginNote
	if lacking := oauth.Lacking(g.asked, g.Scopes); len(lacking) > 0 {
		notes = append(notes, loginNote{"oauth.scope-missing", "It does not grant " + strings.Join(lacking, " ") +
			", so mail servers will refuse it. Sign in again and tick the box for mail; an administrator may have to allow it."})
	}
	if len(oauth.MailScopes(g.asked)) == 0 {
		notes = append(notes, loginNote{"oauth.no-scope", "Nothing about mail was asked for, since nobody says how this server calls it. " +
			"If mail servers refuse the token, name the scope with --scope."})
	}
	if left := time.Until(g.Expires); !g.Expires.IsZero() && left < time.Minute {
		notes = append(notes, loginNote{"oauth.short", "It expires within a minute; if the server meant longer, this computer's clock is wrong."})
	}
	return notes
}

// nextCommand gives the command that signs in with the token.
func nextCommand(who signer, kept *place) []string {
	target := who.account
	if who.target.Input != "" {
		target = who.target.Input
	}
	if !strings.Contains(target, "@") {
		target = "ADDRESS"
	}
	command := []string{"mailmedic", "check", target}
	if who.account != "" && who.account != target && who.account != who.target.Address {
		command = append(command, "--user", who.account)
	}
	return append(command, kept.use()...)
}

func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// tell prints what was got; where standard output has the token, beside it.
func (o *loginOptions) tell(s *streams, a *loginAnswer) error {
	out := s.out
	if o.keep.stdout {
		out = s.err
	}
	switch {
	case o.quiet:
		return nil
	case o.format == "json":
		encoder := json.NewEncoder(out)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(a)
	}
	_, err := io.WriteString(out, a.text(s.width()))
	return err
}

// text is the answer for a person.
func (a *loginAnswer) text(width int) string {
	var b strings.Builder
	whom := "."
	if a.shown != "" {
		whom = " for " + report.Clean(a.shown, false) + "."
	}
	fmt.Fprintf(&b, "%s gave a token%s\n\n", a.Server.Name, whom)
	if a.Expires != nil {
		fmt.Fprintf(&b, "  Good until   %s, for %s\n", a.Expires.Local().Format("15:04 on 2 Jan 2006"), inMinutes(time.Until(*a.Expires)))
	}
	for i, scope := range a.Scopes.Granted {
		label := ""
		if i == 0 {
			label = "Grants"
		}
		fmt.Fprintf(&b, "  %-10s   %s\n", label, report.Clean(scope, false))
	}
	fmt.Fprintf(&b, "  Kept in      %s\n", report.Clean(a.Kept.inWords(), false))
	for _, note := range a.Warnings {
		b.WriteString("\n  ! " + strings.Join(report.Wrap(report.Clean(note.Text, false), width-4, 0), "\n    ") + "\n")
	}
	if a.Kept.Kind != "stdout" {
		fmt.Fprintf(&b, "\nNext:  %s\n", shellLine(a.Next))
	}
	return b.String()
}

// shellLine writes a command so that it can be pasted.
func shellLine(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = report.Clean(word, false)
		plain := func(r rune) bool {
			return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:@%+=,", r)
		}
		if word == "" || strings.ContainsFunc(word, func(r rune) bool { return !plain(r) }) {
			quoted[i] = "'" + strings.ReplaceAll(quoted[i], "'", `'\''`) + "'"
		}
	}
	return strings.Join(quoted, " ")
}
