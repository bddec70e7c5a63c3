package discover

import (
	"slices"
	"strings"
	"testing"

	"github.com/mailmedic/mailmedic/mail"
)

// caseTest is one of the numbered cases of what networks answer, with what
// discovery makes of it. What is left out is not looked at.
type caseTest struct {
	name, world string
	target      string // anna@example.org where it is left out
	options     Options
	guess       []mail.Role
	claims      []string              // all claims but those about MX hosts, as "endpoint source trust"; {} for none
	usernames   []string              // the user names of those claims, likewise
	failures    map[string]mail.Class // by observation; "ok" for none
	notes       map[string]string     // by observation, a part of one note
	services    []string              // as "type where source trust"
	notAsked    []string              // as "source subject"
	asked       []string              // parts of questions that must have reached the world
	silent      []string              // parts of questions that must not
	posted      []string              // parts of what must have been posted
}

func runCases(t *testing.T, tests []caseTest) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := run(t, tt.world)
			target := tt.target
			if target == "" {
				target = "anna@example.org"
			}
			tt.check(t, w, w.discover(target, tt.options, tt.guess...))
		})
	}
}

func (tt caseTest) check(t *testing.T, w *world, out *outcome) {
	t.Helper()
	if tt.claims != nil {
		claims := slices.DeleteFunc(out.claims(), func(s string) bool { return strings.Contains(s, " mx ") })
		if diff := diffOf(strings.Join(tt.claims, "\n"), strings.Join(claims, "\n")); diff != "" {
			t.Error(diff)
		}
	}
	if diff := diffOf(tt.usernames, out.usernames()); tt.usernames != nil && diff != "" {
		t.Error(diff)
	}
	for id, want := range tt.failures {
		if got := out.failure(id); got != want {
			t.Errorf("%s: failure %q, want %q", id, got, want)
		}
	}
	for id, part := range tt.notes {
		o, seen := out.observations[id]
		if !seen || !slices.ContainsFunc(o.Notes, func(note string) bool { return strings.Contains(note, part) }) {
			t.Errorf("%s (seen: %v): no note says %q: %q", id, seen, part, o.Notes)
		}
	}
	if diff := diffOf(tt.services, out.published()); tt.services != nil && diff != "" {
		t.Error(diff)
	}
	for _, want := range tt.notAsked {
		if !slices.ContainsFunc(out.NotAsked, func(n NotAsked) bool { return string(n.Source)+" "+n.Subject == want && n.Why != "" }) {
			t.Errorf("%q is not among what was not asked: %v", want, out.NotAsked)
		}
	}
	for _, part := range tt.asked {
		if !w.asked(part) {
			t.Errorf("%s was not asked", part)
		}
	}
	for _, part := range tt.silent {
		if w.asked(part) {
			t.Errorf("%s was asked", part)
		}
	}
	for _, part := range tt.posted {
		if posts := w.running.Journal().Posts; !slices.ContainsFunc(posts, func(s string) bool { return strings.Contains(s, part) }) {
			t.Errorf("%q was not posted: %q", part, posts)
		}
	}
}

// usernames gives the distinct user names of all claims, sorted.
func (out *outcome) usernames() []string {
	var list []string
	for id, c := range out.candidates {
		for _, claim := range c.Claims {
			if id.role != mail.MX {
				list = append(list, claim.Username)
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// published gives the services as "type where source trust".
func (out *outcome) published() []string {
	var list []string
	for _, s := range out.Services {
		where := s.URL
		if where == "" {
			where = mail.Endpoint{Host: s.Host, Port: s.Port}.HostPort() + "/" + string(s.Security)
		}
		list = append(list, strings.Join([]string{s.Type, where, string(s.Source), string(s.Trust)}, " "))
	}
	return list
}

// The ids and places of the domain's own documents.
const (
	ownDocument  = "https://autoconfig.example.org/mail/config-v1.1.xml?emailaddress=anna%40example.org"
	webDocument  = "https://example.org/.well-known/autoconfig/mail/config-v1.1.xml?emailaddress=anna%40example.org"
	httpDocument = "http://autoconfig.example.org/mail/config-v1.1.xml"
	ownPOX       = "post:https://autodiscover.example.org/autodiscover/autodiscover.xml"
	webPOX       = "post:https://example.org/autodiscover/autodiscover.xml"
	httpPOX      = "http://autodiscover.example.org/autodiscover/autodiscover.xml"
	paccPlace    = "https://ua-auto-config.example.org/.well-known/user-agent-configuration.json"
	ownIMAP      = "imaps://imap.example.org:993"
)

// autoconfigWorld is a world whose own autoconfig host has a document. rest
// begins with more of the zone, or with a section.
func autoconfigWorld(document, rest string) string {
	return "-- zone --\nautoconfig A 192.0.2.81\n" + rest + "-- web/autoconfig.example.org/mail/config-v1.1.xml --\n" + document + "\n"
}
