package rules

import (
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// A rule is one piece of knowledge: what it looks for, how bad that is, who
// mends it, the words for it, and what else it explains.
type rule struct {
	id         string
	looksFor   string // what the rule is about, without names
	severity   mail.Severity
	weighed    bool // by what the broken servers are needed for; severity is then the usual outcome
	owner      mail.Owner
	confidence mail.Confidence
	references []string
	words
	variants    map[string]words // other words for the same finding; a field left empty takes the rule's own
	headline    string           // the summary of a run in which nothing works for this reason; a template
	reservation string           // what the summary of a run must not leave out in which the role works; a template
	silences    []silence
	check       func(*index) []hit
}

// A silence names findings that are consequences and not news.
type silence struct {
	of    []string // rule ids; "tls.*" for an area, "*" for all
	reach reach
}

// A reach says which findings of a silenced rule are meant.
type reach int

const (
	everything  reach = iota // all
	everywhere               // all, except about servers that the user named
	sameServers              // those about no other servers than the cause itself
	sameHosts                // those about no other hosts than the cause's servers have
)

// A hit is one place where a rule found something.
type hit struct {
	subject    string
	servers    []*server // the servers it breaks
	params     params
	evidence   []string
	because    []string
	variant    string          // of the rule's words
	severity   mail.Severity   // where it differs from the rule's
	owner      mail.Owner      // likewise
	confidence mail.Confidence // likewise
	headline   string          // likewise
}

// ruleBook gives all rules, causes before what they silence.
func ruleBook() []rule {
	return slices.Concat(
		[]rule{proxyRule(), portalRule()},
		networkRules(),
		[]rule{clockRule(), packetRule(), brokenTLSRule(), smtpProxyRule()},
		resolverRules(),
		dnsRules(),
		familyRules(),
		declaredRules(),
		unheardRules(),
		providerRules(),
		identityRules(),
		clientCertificateRules(),
		inspectionRules(),
		serverRules(),
		addressRules(),
		addressDifferRules(),
		[]rule{turnedAwayRule()},
		greetingRules(),
		modeRules(),
		[]rule{certificateFaultRule()},
		certificateRules(),
		certificateFactRules(),
		tlsRules(),
		surveyRules(),
		startTLSRules(),
		signInRules(),
		mechanismRules(),
		sessionRules(),
		mailboxRules(),
		sendRules(),
		sendTrustRules(),
		roundTripRules(),
		conflictRules(),
		[]rule{localPartRule()},
		publishedRules(),
		mxRules(),
		safetyRules(),
		runRules(),
		[]rule{vantageRule()},
	)
}

// declaration gives the rule as printers see it.
func (r rule) declaration() mail.Rule {
	return mail.Rule{ID: r.id, Title: r.looksFor, Severity: r.severity, Owner: r.owner, References: slices.Clone(r.references)}
}

// wordsOf gives the texts for a hit.
func (r rule) wordsOf(h hit) words {
	w := r.words
	v := r.variants[h.variant]
	for _, text := range []struct{ to, from *string }{{&w.title, &v.title}, {&w.detail, &v.detail}, {&w.fix, &v.fix}} {
		if *text.from != "" {
			*text.to = *text.from
		}
	}
	return w
}

// means reports whether the silence is about a rule.
func (s silence) means(id string) bool {
	return slices.ContainsFunc(s.of, func(pattern string) bool {
		prefix, wild := strings.CutSuffix(pattern, "*")
		return pattern == id || wild && strings.HasPrefix(id, prefix)
	})
}

// covers reports whether a consequence lies within the reach of a cause.
func (s silence) covers(cause, consequence hit) bool {
	switch s.reach {
	case everything:
		return true
	case everywhere:
		return !slices.ContainsFunc(consequence.servers, (*server).named)
	case sameServers, sameHosts:
	}
	if len(consequence.servers) == 0 {
		return cause.subject == consequence.subject
	}
	for _, c := range consequence.servers {
		same := func(s2 *server) bool { return s2 == c || s.reach == sameHosts && s2.endpoint.Host == c.endpoint.Host }
		if !slices.ContainsFunc(cause.servers, same) {
			return false
		}
	}
	return true
}
