package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// publishedRules are about what a domain says of its mail service, and how.
func publishedRules() []rule {
	return slices.Concat(settingRules(), []rule{digestRule()}, publishedServerRules(), webRules())
}

// settingRules are about the settings of the domain as a whole.
func settingRules() []rule {
	return []rule{
		{
			id: "discovery.nothing-published", looksFor: "nobody publishes settings, and no usual server answers",
			severity: mail.Error, owner: mail.OwnerAdmin, confidence: mail.Certain,
			references: []string{"RFC 6186 section 3", "RFC 8314 section 5.1"},
			words: words{
				title:  "No settings for {domain} are published, and none could be guessed",
				detail: "Neither the domain's DNS and web servers nor the public directories name a mail server for it, and the usual names lead to none that works. Mail programs cannot set themselves up.",
				fix:    "Check the spelling of the address.[ Did you mean {meant}?] If it is right, ask the provider for the names of its servers; the administrator publishes them with SRV records or an autoconfig document.",
			},
			variants: nothingVariants(),
			headline: "No mail server of {domain} could be found.",
			silences: []silence{{[]string{"discovery.no-incoming", "discovery.no-outgoing"}, everywhere}},
			check:    (*index).findNothing,
		},
		{
			id: "discovery.no-incoming", looksFor: "no server for receiving is known",
			severity: mail.Error, owner: mail.OwnerAdmin, confidence: mail.Certain,
			references: []string{"RFC 6186 section 3"},
			words: words{
				title:  "No server for receiving mail of {domain} is known",
				detail: "Nobody publishes one, and the usual names lead to none that works. Mail programs cannot be set up without asking.",
				fix:    "Ask the provider for its IMAP server; the administrator publishes it with an SRV record _imaps._tcp.{domain}.",
			},
			variants: untestedNames(),
			check:    func(x *index) []hit { return x.findLacking(mail.Incoming) },
		},
		{
			id: "discovery.no-outgoing", looksFor: "no server for sending is known",
			severity: mail.Error, owner: mail.OwnerAdmin, confidence: mail.Certain,
			references: []string{"RFC 6186 section 3", "RFC 8314 section 5.1"},
			words: words{
				title:  "No server for sending mail of {domain} is known",
				detail: "Nobody publishes one, and the usual names lead to none that works. Mail programs cannot be set up without asking.",
				fix:    "Ask the provider for its submission server; the administrator publishes it with an SRV record _submissions._tcp.{domain}.",
			},
			variants: untestedNames(),
			check:    func(x *index) []hit { return x.findLacking(mail.Outgoing) },
		},
		{
			id: "discovery.guess-only", looksFor: "servers work but nobody publishes them",
			severity: mail.Warning, owner: mail.OwnerAdmin, confidence: mail.Certain,
			references: []string{"RFC 6186 section 3", "RFC 8314 section 5.1"},
			words: words{
				title:  "The servers of {domain} were found by guessing; nobody publishes them",
				detail: "They work, but most mail programs will not find {hosts} and ask their users instead.",
				fix:    "Publish in the DNS: {records}",
			},
			check: (*index).findGuessOnly,
		},
		{
			id: "discovery.cleartext-only", looksFor: "settings are published only over unencrypted http",
			severity: mail.Warning, owner: mail.OwnerAdmin, confidence: mail.Certain,
			references: []string{"RFC 9110 section 4.2.1", "RFC 8314 section 5"},
			words: words{
				title:  "The settings of {domain} are published only over unencrypted http",
				detail: "Anybody on the way could change them and name a server that collects passwords, so careful mail programs do not use them.",
				fix:    "Serve the same document over https with a valid certificate, or publish SRV records.",
			},
			check: func(x *index) []hit { return x.findOnly(mail.TrustCleartext) },
		},
		{
			id: "discovery.document-broken", looksFor: "a document with settings cannot be read",
			severity: mail.Warning, owner: mail.OwnerAdmin, confidence: mail.Certain,
			references: []string{"RFC 7303 section 9.1"},
			words: words{
				title:  "The settings document at {url} cannot be read",
				detail: "It is served as XML and is none, or lacks what a settings document needs. Mail programs that ask there get nothing.",
				fix:    "Correct the document; an XML checker shows the place.",
			},
			check: (*index).findBrokenDocuments,
		},
		{
			id: "discovery.redirected", looksFor: "settings are known only through others than the domain",
			severity: mail.Notice, owner: mail.OwnerAdmin, confidence: mail.Certain,
			references: []string{"RFC 6186 section 6"},
			words: words{
				title:  "The settings of {domain} are not vouched for by the domain itself",
				detail: "They come from plain DNS or from the documents of other domains and lead to {hosts}. That is usual with hosted mail, but a mail program should ask before it sends a password there.",
				fix:    "Publish an autoconfig document on the domain's own https server, or sign the zone with DNSSEC.",
			},
			silences: []silence{{[]string{"discovery.srv-outside"}, everything}},
			check:    func(x *index) []hit { return x.findOnly(mail.TrustRedirected) },
		},
	}
}

// nothingVariants are the words for runs that ask no server, for those in which
// a web host gave no usable answer, and for addresses that name their host.
func nothingVariants() map[string]words {
	const troubled = "Mail programs look for settings at {troubled} too, but there {troubled:is|are} no usable {troubled:answer|answers}, so that settings may stand there all the same. Nobody else names a mail server for {domain}"
	const mend = "Mend {troubled} if settings are to be found there; -v and --explain tell what was wrong.[ If the address is mistyped: did you mean {meant}?] The administrator can also publish the servers with SRV records; else ask the provider for their names."
	return map[string]words{"untested": {
		title:  "No settings for {domain} are published; there are only servers with usual names",
		detail: "Neither the domain's DNS and web servers nor the public directories name a mail server for it. Hosts with usual names exist, but nobody says that they serve its mail, and none was asked. Mail programs cannot set themselves up.",
	}, "troubled": {
		title:  "No usable settings for {domain} were found, and none could be guessed",
		detail: troubled + ", and the usual names lead to none that works.",
		fix:    mend,
	}, "troubled untested": {
		title:  "No usable settings for {domain} were found; there are only servers with usual names",
		detail: troubled + ". Hosts with usual names exist, but nobody says that they serve its mail, and none was asked.",
		fix:    mend,
	}, "literal": {
		title:  "No mail server was found at {domain}",
		detail: "The address names its host by an IP address, for which nobody publishes settings, so nobody was asked. None of the usual ports of the host leads to a mail server that works.",
		fix:    "Check the IP address, or name the servers with --imap and --smtp.",
	}, "literal untested": {
		title:  "Nobody publishes settings for an IP address such as {domain}",
		detail: "The address names its host itself, so nobody was asked for settings, and the host was not asked either.",
		fix:    "Try the usual ports of the host with mailmedic check, or name the servers with --imap and --smtp.",
	}}
}

// published gives the servers that somebody publishes for receiving or sending.
func (x *index) published() []*server {
	return slices.DeleteFunc(x.settings(), func(s *server) bool {
		return !slices.ContainsFunc(s.candidates, func(c mail.Candidate) bool { return c.Role != mail.MX && !c.Guessed() })
	})
}

func (x *index) findNothing() []hit {
	if len(x.settings()) > 0 || x.namedOnly() || len(x.unheardRoles()) > 0 || x.declinesAll(mail.Incoming) && x.declinesAll(mail.Outgoing) {
		return nil
	}
	hits := x.domainHit()
	troubled := x.troubled()
	hits[0].params = params{"meant": nearDomain(x.Target.Domain), "troubled": troubled}
	hits[0].variant, hits[0].headline = x.nothingWords(len(troubled) > 0)
	if strings.HasPrefix(hits[0].variant, "literal") {
		hits[0].owner = mail.OwnerUser
	}
	return hits
}

// nothingWords gives the variant and the headline for a run that found nothing.
func (x *index) nothingWords(troubled bool) (variant, headline string) {
	_, literal := x.Target.Literal()
	untested := !x.triedAny() && x.guesses()
	switch {
	case literal && untested:
		return "literal untested", "Nobody publishes settings for an IP address; no server was asked."
	case literal:
		return "literal", ""
	case troubled && untested:
		return "troubled untested", "No usable settings for {domain} were found; servers with usual names exist, but none was asked."
	case troubled:
		return "troubled", ""
	case untested:
		return "untested", "Nobody publishes settings for {domain}; servers with usual names exist, but none was asked."
	default:
		return "", ""
	}
}

// untestedNames are the words for a run that asks no server: the usual names lead somewhere or not.
func untestedNames() map[string]words {
	return map[string]words{"untested": {detail: "Nobody publishes one. Mail programs cannot be set up without asking."}}
}

func (x *index) findLacking(role mail.Role) []hit {
	if x.state[role] != mail.NoneSet || !x.asked(role) || x.declinesAll(role) {
		return nil
	}
	hits := x.domainHit()
	if !x.triedAny() {
		hits[0].variant = "untested"
	}
	return hits
}

// findGuessOnly lists the records that would publish what was found.
func (x *index) findGuessOnly() []hit {
	working := slices.DeleteFunc(x.settings(), func(s *server) bool { return s.proof().Rank() < mail.Handshake.Rank() })
	if _, literal := x.Target.Literal(); literal || len(working) == 0 || len(x.published()) > 0 {
		return nil
	}
	var records, services []string
	for _, s := range working {
		if service := serviceLabel(s.endpoint); service != "" && !slices.Contains(services, service) {
			services = append(services, service)
			records = append(records, fmt.Sprintf("%s._tcp.%s SRV 0 1 %d %s", service, x.Target.Domain, s.endpoint.Port, s.endpoint.Host))
		}
	}
	h := about(working)
	h.subject, h.params = x.subject(), params{"records": records}
	return []hit{h}
}

// serviceLabel gives the label of the SRV record for an endpoint (RFC 6186, RFC 8314 section 5.1).
func serviceLabel(e mail.Endpoint) string {
	labels := map[mail.Protocol]string{mail.IMAP: "_imap", mail.POP3: "_pop3", mail.SMTP: "_submission"}
	switch e.Security {
	case mail.TLS:
		return labels[e.Protocol] + "s"
	case mail.StartTLS:
		return labels[e.Protocol]
	case mail.None:
	}
	return ""
}

// findBrokenDocuments leaves out web pages, which a web server may give for any name.
func (x *index) findBrokenDocuments() []hit {
	var hits []hit
	for _, o := range x.ofKind(mail.KindHTTP) {
		if failureClass(o) == mail.HTTPBody && o.HTTPFacts != nil && isXML(o.MediaType) {
			hits = append(hits, hit{subject: o.URL, evidence: []string{o.ID}, params: params{"url": said(o.URL)}})
		}
	}
	return hits
}

func isXML(mediaType string) bool {
	mediaType, _, _ = strings.Cut(strings.ToLower(mediaType), ";")
	mediaType = strings.TrimSpace(mediaType)
	return mediaType == "text/xml" || mediaType == "application/xml"
}

// findOnly looks for domains all of whose published settings are trusted no
// further than so far.
func (x *index) findOnly(trust mail.Trust) []hit {
	published := x.published()
	for _, s := range published {
		for _, c := range s.candidates {
			if c.Role != mail.MX && !c.Guessed() && c.Trust() != trust {
				return nil
			}
		}
	}
	if len(published) == 0 {
		return nil
	}
	h := about(published)
	h.subject = x.subject()
	return []hit{h}
}
