package rules

import (
	"slices"

	"github.com/mailmedic/mailmedic/mail"
)

// shadowed reports whether a candidate stands behind the provider to which the
// MX record leads: only documents name it, it sits on the domain's web host,
// and the provider has servers for the role. Web hosting panels publish such
// documents for every web site, whoever has the mail, and their mail service
// answers like any other, only that the mailbox there is empty. Trust alone
// would put it first, since the document comes from the domain over https; so
// this counts before the trust, and after what was proved.
func (x *index) shadowed(c mail.Candidate) bool {
	byDocument := func(claim mail.Claim) bool {
		switch claim.Source {
		case mail.SourceAutoconfig, mail.SourceAutodiscover, mail.SourceTXT, mail.SourceGuess:
			return true
		case mail.SourcePACC, mail.SourceSRV, mail.SourceISPDB, mail.SourceProvider, mail.SourceMX, mail.SourceJMAP, mail.SourceUser:
		}
		return false
	}
	if c.Role == mail.MX || slices.ContainsFunc(c.Claims, func(claim mail.Claim) bool { return !byDocument(claim) }) {
		return false
	}
	return x.providerByMX(c.Role) && x.onWebHost(c.Endpoint.Host)
}

// providerByMX reports whether the MX record leads to a known provider that has
// servers for a role.
func (x *index) providerByMX(role mail.Role) bool {
	return slices.ContainsFunc(x.Candidates, func(c mail.Candidate) bool {
		return c.Role == role && slices.ContainsFunc(c.Claims, func(claim mail.Claim) bool {
			return claim.Source == mail.SourceProvider && slices.Contains(claim.Evidence, "mx:"+x.Target.Domain)
		})
	})
}

// onWebHost reports whether a host is the mail domain itself, or shares an
// address with it or with the host of its documents. A name in the domain whose
// address nobody asked for, in a run that asks no server, is taken for one: it
// is not the provider's in any case.
func (x *index) onWebHost(host string) bool {
	domain := x.Target.Domain
	if host == domain || x.sameMachine(host, domain) {
		return true
	}
	addresses := x.addressesOf(host)
	if len(addresses) == 0 && !x.triedAny() {
		return within(host, domain)
	}
	return slices.ContainsFunc(x.ofKind(mail.KindHTTP), func(o mail.Observation) bool {
		return o.Address != "" && within(hostOf(addressOf(o)), domain) && slices.Contains(addresses, o.Address)
	})
}

// onlyWebHost reports whether every server of the other side is shadowed.
func (x *index) onlyWebHost(d dispute) bool {
	for _, v := range d.others {
		for _, s := range v.statements {
			if slices.Contains(d.roles, s.candidate.Role) && !x.shadowed(s.candidate) {
				return false
			}
		}
	}
	return d.believed.source == mail.SourceProvider
}
