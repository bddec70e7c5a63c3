package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// foot puts what the answer rests on, what is not known, and how to see more.
func (v *view) foot() {
	v.blank()
	if totals := v.totals(); totals != "" {
		v.paragraph(2, v.ink.faint, totals)
	}
	v.compared()
	v.notChecked()
	v.hints()
}

// totals counts what was asked, and the notices that are not on the page.
func (v *view) totals() string {
	hosts, questions := v.asked()
	var parts []string
	if hosts > 0 {
		parts = append(parts, count(hosts, "server"))
	}
	if questions > 0 {
		parts = append(parts, count(questions, "question"))
	}
	var sentences []string
	if len(parts) > 0 {
		sentences = append(sentences, strings.Join(parts, " and ")+" asked"+took(v.r.TookMS)+".")
	}
	if n := len(v.r.Findings) - len(v.shownFindings()); n > 0 {
		sentences = append(sentences, "Also "+count(n, "notice")+", see -v.")
	}
	if !v.r.Complete && len(v.r.NotChecked) == 0 {
		sentences = append(sentences, "The run did not come to its end, so there may be more.")
	}
	return strings.Join(sentences, " ")
}

// asked counts the hosts that were dialled, and the questions and documents
// that could name settings. What further resolvers say to the same questions is
// no question of its own.
func (v *view) asked() (hosts, questions int) {
	names := map[string]bool{}
	for _, o := range v.r.Observations {
		if o.Control {
			continue
		}
		switch o.Kind {
		case mail.KindHTTP:
			questions++
		case mail.KindDNS:
			if o.DNSFacts != nil && !isHostLookup(o) && (o.Resolver == "" || !strings.HasSuffix(o.ID, "@"+o.Resolver)) {
				questions++
			}
		default:
			if e, err := mail.ParseEndpoint(o.Subject); err == nil {
				names[e.Host] = true
			}
		}
	}
	return len(names), questions
}

func took(ms int64) string {
	if ms <= 0 {
		return ""
	}
	return " in " + seconds(ms)
}

// maxListed is how many names stand in a list before the rest is only counted.
const maxListed = 3

// notChecked says what was not looked at, one line for each reason. The sources
// of settings that were left out stand in their own section, where there is one.
func (v *view) notChecked() {
	var reasons []string
	byReason := map[string][]string{}
	for _, n := range v.r.NotChecked {
		if n.Source != "" && v.looksAtSources() {
			continue
		}
		why := v.whyNotChecked(n)
		if !slices.Contains(reasons, why) {
			reasons = append(reasons, why)
		}
		byReason[why] = append(byReason[why], v.subjectWords(n.Subject))
	}
	for _, why := range reasons {
		v.paragraph(2, v.ink.faint, fmt.Sprintf("Not checked, because %s: %s.", why, v.list(byReason[why], ", ")))
	}
}

// hints names the flags that show more, only those that lead further from here.
func (v *view) hints() {
	var hints []string
	hint := func(when bool, text string) {
		if when {
			hints = append(hints, text)
		}
	}
	live := v.o.Command != "report" && v.o.Command != "" // the flags of a recorded run are set
	hint(v.o.Command == "discover" && len(v.r.Settings) > 0, "Test these: mailmedic check "+v.r.Target.DisplayAddress())
	hint(v.o.Command == "check" && v.signInOpen(), "Test the sign-in too: "+v.signInCommand())
	hint(v.o.Command == "check" && v.wantsToken(), "Get a token to sign in with: mailmedic login "+v.r.Target.DisplayAddress())
	hint(v.o.Command == "check" && v.awaitsConsent(), "Send the password there too: --trust-discovered")
	hint(live && v.discovers() && v.r.Target.Address == "" && len(v.r.Clients) == 0, "What mail programs find here: --clients")
	hint(!v.o.Explain && v.o.Command != "", "How was this found? --explain")
	hint(v.o.Verbose == 0, "More detail: -v")
	hint(live && v.failing() && !v.hasTranscript(), "What the servers said: --transcript")
	hint(v.r.Verdict.ExitCode != 0, "For the ticket: -o json=ticket.json")
	for _, line := range flow(hints, " · ", min(v.columns, proseColumns)-2) {
		v.paragraph(2, v.ink.faint, line)
	}
}

// signInOpen reports whether a sign-in with a password could be tested that was
// not asked for.
func (v *view) signInOpen() bool {
	takesPassword := slices.ContainsFunc(v.r.Settings, func(s mail.Setting) bool {
		return s.Proof == mail.Handshake && slices.ContainsFunc(signInWords(s.Auth), isPasswordWord)
	})
	ready := v.r.Verdict.Receive == mail.Ready || v.r.Verdict.Send == mail.Ready
	asked := v.observed(mail.KindAuth) || slices.ContainsFunc(v.r.NotChecked, func(n mail.NotChecked) bool {
		return n.Why == mail.WhyConsent || n.Why == mail.WhyBudget || n.Why == mail.WhyThrottled
	})
	return ready && takesPassword && !asked
}

// wantsToken reports whether an OAuth 2.0 token would lead further than what was tried.
func (v *view) wantsToken() bool {
	return slices.ContainsFunc(v.r.Findings, func(f mail.Finding) bool {
		return f.ID == "auth.oauth-only" || f.ID == "auth.token-rejected"
	})
}

// awaitsConsent reports whether there was a password that a server did not get,
// because nobody vouches for the server and nobody agreed.
func (v *view) awaitsConsent() bool {
	return slices.ContainsFunc(v.r.NotChecked, func(n mail.NotChecked) bool { return n.Why == mail.WhyConsent })
}

func (v *view) signInCommand() string {
	if v.r.Target.Address == "" {
		return "mailmedic check NAME@" + v.r.Target.DisplayDomain() + " --ask-password"
	}
	return "--ask-password"
}

func (v *view) observed(k mail.Kind) bool {
	return slices.ContainsFunc(v.r.Observations, func(o mail.Observation) bool { return o.Kind == k })
}

func (v *view) hasTranscript() bool {
	return slices.ContainsFunc(v.r.Observations, func(o mail.Observation) bool {
		return o.SessionFacts != nil && len(o.Transcript) > 0
	})
}

// failing reports whether something that matters went wrong at a server.
func (v *view) failing() bool {
	return v.observed(mail.KindSession) && slices.ContainsFunc(v.r.Findings, func(f mail.Finding) bool {
		return f.Severity.Rank() <= mail.Error.Rank()
	})
}

// flow puts as many texts on a line as fit.
func flow(texts []string, gap string, limit int) []string {
	var lines []string
	for _, text := range texts {
		if last := len(lines) - 1; last >= 0 && columns(lines[last]+gap+text) <= limit {
			lines[last] += gap + text
		} else {
			lines = append(lines, text)
		}
	}
	return lines
}
