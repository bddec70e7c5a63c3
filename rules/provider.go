package rules

import (
	"cmp"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// providerRules are about what is known of a provider.
func providerRules() []rule {
	return []rule{
		{
			id: "provider.no-servers", looksFor: "the provider has no servers for mail programs",
			severity: mail.Critical, owner: mail.OwnerUser, confidence: mail.Certain,
			references: []string{"RFC 9051", "RFC 6409 section 3"},
			words: words{
				title:  "{provider} has no servers for ordinary mail programs",
				detail: "Mail of {who} can be used only in the provider's own program, on the web, or through a bridge program of the provider on the same computer.",
				fix:    "Use the provider's own program or bridge.[ See {url}]",
			},
			headline: "{provider} has no servers for ordinary mail programs.",
			silences: []silence{{[]string{"discovery.*", "dns.no-mx"}, everywhere}},
			check:    (*index).findNoServers,
		},
		{
			id: "provider.must-enable", looksFor: "the provider wants IMAP or POP3 switched on first",
			severity: mail.Notice, owner: mail.OwnerUser, confidence: mail.Possible,
			references: []string{"RFC 5530 section 3"},
			words: words{
				title:  "{provider} lets mail programs in only after IMAP or POP3 was switched on in its settings",
				detail: "Until then it refuses the right password as if it were wrong.",
				fix:    "Sign in on the provider's web site and switch on the access for mail programs[: {url}].",
			},
			check: (*index).findMustEnable,
		},
	}
}

func (x *index) findNoServers() []hit {
	if x.Provider == nil || !x.Provider.NoServers || x.anyUsable() || x.namedOnly() {
		return nil
	}
	hits := x.domainHit()
	hits[0].params = params{"provider": x.providerName(), "url": x.Provider.Website}
	return hits
}

// providerName gives what a provider calls itself, or what there is instead:
// not every document has a name.
func (x *index) providerName() string {
	return cmp.Or(strings.TrimSpace(x.Provider.Name), strings.TrimSpace(x.Provider.ID), x.Target.DisplayDomain(), x.subject())
}

// findMustEnable speaks until somebody has signed in for receiving; a rejected
// password makes it worth a warning.
func (x *index) findMustEnable() []hit {
	if x.Provider == nil || !x.Provider.MustEnable || x.Provider.NoServers || x.state[mail.Incoming] == mail.Works || x.namedOnly() {
		return nil
	}
	hits := x.domainHit()
	hits[0].params = params{"provider": x.providerName(), "url": x.Provider.EnableURL}
	if x.rejected != nil {
		hits[0].severity = mail.Warning
	}
	return hits
}
