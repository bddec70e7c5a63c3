package rules

import (
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// mechanismFaultRules are about ways to sign in that fail where another one works.
func mechanismFaultRules() []rule {
	return []rule{
		{
			id: "auth.mechanism-useless", looksFor: "a server offers a mechanism that it has no passwords for",
			severity: mail.Warning, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 4954 section 4", "RFC 5802 section 2"},
			words: words{
				title:  "{host} offers {useless}, and accepts the password only by {right}",
				detail: "Its password store cannot check {useless}. Mail programs that are set to an encrypted password are told that the password is wrong.",
				fix:    "Take {useless} out of what the server offers. In the mail program choose \"{way}\"[ and, where it asks further, {further}], over SSL/TLS or STARTTLS.",
			},
			check: (*index).findUselessMechanism,
		},
		{
			id: "auth.mechanism-broken", looksFor: "a server offers a mechanism that does not work",
			severity: mail.Notice, owner: mail.OwnerProvider, confidence: mail.Likely,
			references: []string{"RFC 4954 section 4", "RFC 5802 section 5.1", "RFC 7677 section 4"},
			words: words{
				title:  "{host} offers {broken}, which does not work, and lets people in by {right}",
				detail: "Mail programs that are set to this way to sign in fail[ (\"{said}\")], although user name and password are right.",
				fix:    "Take {broken} out of what the server offers, or mend it: the log of the authentication service tells more. In the mail program choose \"{way}\"[ and, where it asks further, {further}], over SSL/TLS or STARTTLS.",
			},
			check: (*index).findBrokenMechanism,
		},
	}
}

// findUselessMechanism looks for one user name that one mechanism rejects and
// another accepts: the password is right.
func (x *index) findUselessMechanism() []hit {
	var hits []hit
	for _, s := range x.settings() {
		for _, accepted := range s.signIns {
			if accepted.AuthFacts == nil || !succeeded(accepted) {
				continue
			}
			for _, o := range s.signIns {
				if o.AuthFacts == nil || o.Username != accepted.Username || failureClass(o) != mail.AuthRejected || withCertificate(o) {
					continue
				}
				h := about([]*server{s})
				h.evidence = []string{o.ID, accepted.ID}
				h.params = insteadOf(o.Mechanism, accepted.Mechanism)
				h.params["useless"] = strings.ToUpper(o.Mechanism)
				hits = append(hits, h)
			}
		}
	}
	return hits
}

// insteadOf names the mechanism that works, and what mail programs call it.
// Where they call both the same, some let people choose further.
func insteadOf(wrong, right string) params {
	p := params{"right": strings.ToUpper(right), "way": mail.SignInWord(right)}
	if mail.SignInWord(wrong) == p["way"] {
		p["further"] = strings.ToUpper(right)
	}
	return p
}

// findBrokenMechanism looks for a mechanism that was faulted where another one
// was accepted. What it lacks with channel binding is told elsewhere, and that a
// password has no form in SCRAM is no fault of the server.
func (x *index) findBrokenMechanism() []hit {
	var hits []hit
	for _, s := range x.settings() {
		accepted := slices.IndexFunc(s.signIns, func(o mail.Observation) bool { return o.AuthFacts != nil && succeeded(o) })
		if accepted < 0 {
			continue
		}
		for _, o := range s.signIns {
			if o.AuthFacts == nil || failureClass(o) != mail.AuthUnavailable || o.Mechanism == "none" ||
				strings.Contains(o.Reply, "channel-binding") || strings.Contains(o.Reply, "SCRAM has no form for") {
				continue
			}
			h := about([]*server{s})
			h.evidence = []string{o.ID, s.signIns[accepted].ID}
			h.params = insteadOf(o.Mechanism, s.signIns[accepted].Mechanism)
			h.params["broken"], h.params["said"] = strings.ToUpper(o.Mechanism), said(o.Reply)
			hits = append(hits, h)
		}
	}
	return hits
}
