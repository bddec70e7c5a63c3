package rules

import (
	"slices"
	"strings"
	"time"

	"github.com/mailmedic/mailmedic/mail"
)

const (
	// heldUp is how long a server may keep a message before it is worth a word.
	heldUp = 30 * time.Second
	// clockError is what servers' clocks may differ by. A stamp has whole seconds.
	clockError = 10 * time.Second
)

// tripTraceRules are about what stands in the header of a test message that came back.
func tripTraceRules() []rule {
	return []rule{
		{
			id: "roundtrip.unauthenticated", looksFor: "the domain's own mail fails SPF, DKIM or DMARC",
			severity: mail.Warning, owner: mail.OwnerAdmin, confidence: mail.Likely,
			references: []string{"RFC 7208", "RFC 6376", "RFC 9989", "RFC 8601"},
			words: words{
				title:  "{failed} {failed:fails|fail} for mail that {who} sends",
				detail: "The receiving side of the address itself says so[ ({server})]; other providers may refuse such mail or file it as junk.",
				fix:    "The administrator adds the sending server to the SPF record of {from}, and has it sign with DKIM for that domain.",
			},
			check: (*index).findUnauthenticated,
		},
		{
			id: "roundtrip.held-up", looksFor: "one server on the way keeps a message for long",
			severity: mail.Warning, owner: mail.OwnerProvider, confidence: mail.Likely,
			references: []string{"RFC 5321 section 4.4", "RFC 6647"},
			words: words{
				title:  "The test message took {seconds} s from {holder} to {next}",
				detail: "The rest of the way was quick. A full queue, a slow filter, or greylisting by the next server holds mail up like that.",
				fix:    "Look into the log of {holder} for this moment: it says what the message waited for.",
			},
			check: (*index).findHeldUp,
		},
		{
			id: "roundtrip.clock", looksFor: "the clock of a server on the way is wrong",
			severity: mail.Notice, owner: mail.OwnerProvider, confidence: mail.Likely,
			references: []string{"RFC 5321 section 4.4", "RFC 5905"},
			words: words{
				title:  "The clocks of {holder} and {next} differ by about {seconds} s",
				detail: "The stamps on the test message say that it was late or arrived before it was sent. Mail is sorted wrongly then, and signatures and sign-ins may fail.",
				fix:    "Have the servers' clocks set by NTP.",
			},
			variants: map[string]words{"here": {
				title: "The clocks of this computer and of {next} differ by about {seconds} s",
				fix:   "Have the clock of this computer set from the network (NTP); if it is right, the provider sets the server's.",
			}},
			check: (*index).findClocks,
		},
	}
}

func (x *index) findUnauthenticated() []hit {
	o, ok := x.arrival()
	if !ok || o.ArrivalFacts == nil {
		return nil
	}
	failed, domain := failedMethods(o.Authentication)
	if len(failed) == 0 {
		return nil
	}
	if domain == "" {
		domain = x.Target.Domain
	}
	return testHit(o, params{"failed": failed, "server": said(o.Authentication.Server), "from": said(mail.DisplayName(domain))})
}

// failedMethods gives what fails, by the names that people know, and for whose domain.
func failedMethods(a *mail.Authentication) (failed []string, domain string) {
	if a == nil {
		return nil, ""
	}
	passed := map[string]bool{}
	for _, r := range a.Results {
		passed[r.Method] = passed[r.Method] || r.Result == "pass"
	}
	for _, r := range a.Results {
		bad := slices.Contains([]string{"fail", "softfail", "hardfail", "permerror"}, r.Result)
		name := strings.ToUpper(r.Method)
		// One good signature is enough (RFC 6376 section 4.2).
		if !bad || passed[r.Method] || !slices.Contains([]string{"SPF", "DKIM", "DMARC"}, name) || slices.Contains(failed, name) {
			continue
		}
		failed = append(failed, name)
		if domain == "" {
			domain = r.Domain
		}
	}
	return failed, domain
}

// findHeldUp names the longest stay of the message that cannot be a difference of clocks.
func (x *index) findHeldUp() []hit {
	o, hops := x.hops()
	longest := 0
	for i := 1; i < len(hops); i++ {
		if d := hops[i].DelayMS; possible(o, d) && d > hops[longest].DelayMS*min(1, int64(longest)) {
			longest = i
		}
	}
	if longest == 0 || hops[longest].DelayMS < heldUp.Milliseconds() {
		return nil
	}
	return testHit(o, betweenHops(hops, longest))
}

// findClocks looks for stamps that cannot all be right.
func (x *index) findClocks() []hit {
	o, hops := x.hops()
	sent, _ := x.submission()
	for i, h := range hops {
		credible := possible(o, h.DelayMS)
		if i == 0 { // the server stamps while it takes the message
			credible = h.DelayMS <= sent.TookMS+clockError.Milliseconds()
		}
		if h.At.IsZero() || credible && h.DelayMS > -clockError.Milliseconds() {
			continue
		}
		hits := testHit(o, betweenHops(hops, i))
		if i == 0 {
			hits[0].variant, hits[0].owner = "here", mail.OwnerUser
		}
		return hits
	}
	return nil
}

// possible reports whether a delay fits into the time that the whole trip took.
func possible(o mail.Observation, delayMS int64) bool {
	return delayMS <= o.ArrivedMS+clockError.Milliseconds()
}

func (x *index) hops() (mail.Observation, []mail.Hop) {
	o, ok := x.arrival()
	if !ok || o.ArrivalFacts == nil {
		return o, nil
	}
	return o, o.Hops
}

func betweenHops(hops []mail.Hop, i int) params {
	name := func(h mail.Hop) said {
		if h.By == "" {
			return "an unnamed server"
		}
		return said(h.By)
	}
	p := params{"next": name(hops[i]), "seconds": int(max(hops[i].DelayMS, -hops[i].DelayMS) / 1000)}
	if i > 0 {
		p["holder"] = name(hops[i-1])
	}
	return p
}
