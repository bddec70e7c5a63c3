package report

import (
	"slices"
	"strconv"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// guesses puts the usual names that exist, apart from all settings: nobody
// publishes them and nobody tested them.
func (v *view) guesses() {
	if !v.discovers() {
		return
	}
	var hosts []string
	ports := map[string][]string{}
	for _, c := range v.r.Candidates {
		if !c.Guessed() {
			continue
		}
		host := v.hostName(c.Endpoint.Host)
		if !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
		ports[host] = append(ports[host], strconv.Itoa(int(c.Endpoint.Port)))
	}
	if len(hosts) == 0 {
		return
	}
	v.heading("Guesses: these names exist, nobody publishes them and nobody tested them")
	for _, host := range hosts {
		v.paragraph(2, v.ink.none, host+" "+strings.Join(ports[host], ", "))
	}
}

// services puts what is published beside mail access.
func (v *view) services() {
	if len(v.r.Services) == 0 || !v.discovers() && v.o.Verbose == 0 {
		return
	}
	v.heading("Also published, not tested")
	for _, s := range v.r.Services {
		v.labelled(2, 19, serviceWord(s.Type), v.serviceAt(s)+" · from "+sourceWords(s.Source))
	}
}

func serviceWord(kind string) string {
	switch kind {
	case "jmap":
		return "JMAP"
	case "managesieve":
		return "ManageSieve"
	case "caldav":
		return "CalDAV"
	case "carddav":
		return "CardDAV"
	}
	return kind
}

func (v *view) serviceAt(s mail.Service) string {
	if s.URL != "" {
		return s.URL
	}
	words := v.hostName(s.Host)
	if s.Port > 0 {
		words += " " + strconv.Itoa(int(s.Port))
	}
	if s.Security != "" {
		words += " (" + encryptionWords(s.Security) + ")"
	}
	return words
}

// provider puts what is known of the provider beyond its servers, and what the
// sources of the settings shown say of tokens and of mail that POP3 has fetched.
func (v *view) provider() {
	if !v.discovers() && v.o.Verbose == 0 {
		return
	}
	facts := slices.Concat(v.providerFacts(), v.oauthFacts(), v.leaveFacts())
	if len(facts) == 0 {
		return
	}
	title := "About the provider"
	if p := v.r.Provider; p != nil && p.Name != "" {
		title += ", " + p.Name
	}
	v.heading(title)
	for i, f := range facts {
		label := f.label
		if i > 0 && label == facts[i-1].label {
			label = ""
		}
		v.labelled(2, 19, label, f.text)
	}
}

type labelledFact struct{ label, text string }

func (v *view) providerFacts() []labelledFact {
	p := v.r.Provider
	if p == nil {
		return nil
	}
	var facts []labelledFact
	fact := func(when bool, label, text string) {
		if when {
			facts = append(facts, labelledFact{label, text})
		}
	}
	where := ""
	if p.EnableURL != "" {
		where = ": " + p.EnableURL
	}
	fact(p.NoServers, "Mail programs", "it has no IMAP, POP3 or submission server for anybody")
	fact(p.OAuthOnly, "Password", "none works; the mail program must know OAuth 2.0")
	fact(p.AppPassword && !p.OAuthOnly, "Password", "an app password is needed; the account's own is refused")
	fact(p.MustEnable, "Switch on", "IMAP or POP3 must be switched on first"+where)
	fact(!p.MustEnable && p.EnableURL != "", "Switch on", "see "+p.EnableURL)
	for _, url := range p.Docs {
		fact(true, "Help", url)
	}
	fact(len(p.Docs) == 0 && p.Website != "", "Help", p.Website)
	return facts
}

// oauthFacts says where tokens come from, each way once.
func (v *view) oauthFacts() []labelledFact {
	var facts []labelledFact
	for _, c := range v.r.Candidates {
		for _, claim := range c.Claims {
			if claim.OAuth == nil {
				continue
			}
			f := labelledFact{"OAuth 2.0", oauthWords(*claim.OAuth)}
			if f.text != "" && !slices.Contains(facts, f) {
				facts = append(facts, f)
			}
		}
	}
	return facts
}

func oauthWords(o mail.OAuth) string {
	part := func(label, text string) string {
		if text == "" {
			return ""
		}
		return label + " " + text
	}
	return join(" · ", part("issuer", o.Issuer), part("sign in at", o.AuthURL), part("tokens from", o.TokenURL), part("scopes", strings.Join(o.Scopes, " ")))
}

// leaveFacts says what sources advise about mail that POP3 has fetched.
func (v *view) leaveFacts() []labelledFact {
	var facts []labelledFact
	for _, c := range v.r.Candidates {
		for _, claim := range c.Claims {
			if claim.LeaveOnServer == nil {
				continue
			}
			f := labelledFact{"POP3", leaveWords(*claim.LeaveOnServer)}
			if f.text != "" && !slices.Contains(facts, f) {
				facts = append(facts, f)
			}
		}
	}
	return facts
}

func leaveWords(l mail.LeaveOnServer) string {
	switch {
	case l.Leave == mail.Yes && l.Days > 0:
		return "leave fetched messages on the server for " + count(l.Days, "day")
	case l.Leave == mail.Yes:
		return "leave fetched messages on the server"
	case l.Leave == mail.No:
		return "do not leave fetched messages on the server"
	}
	return ""
}
