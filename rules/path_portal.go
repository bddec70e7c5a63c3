package rules

import (
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// portalRule comes before all others: what a portal answers says nothing of anybody else.
func portalRule() rule {
	return rule{
		id: "net.captive-portal", looksFor: "the sign-in page of a network answers in place of every server",
		severity: mail.Critical, owner: mail.OwnerUser, confidence: mail.Likely,
		references: []string{"RFC 8952 section 2.1", "RFC 6585 section 6"},
		words: words{
			title:  "This network wants a sign-in on its web page first, and lets no mail through until then",
			detail: "Something here answers in place of the servers[: {how}]. Nothing is known about the mail service itself.",
			fix:    "Open a web browser[ and go to {page}], sign in to the network, and run this again.",
		},
		headline: "Nothing could be tested: this network wants a sign-in on its web page first.",
		silences: []silence{{[]string{"*"}, everything}},
		check:    func(x *index) []hit { return x.path.portal },
	}
}

// lookForPortal looks for somebody who answers for everybody, in ways in which
// no two servers of different owners would. A server that can be used proves
// that there is none.
func (x *index) lookForPortal() []hit {
	if slices.ContainsFunc(x.servers, x.canUse) {
		return nil
	}
	h := hit{subject: x.subject(), servers: x.servers, confidence: mail.Certain}
	for _, sign := range []func() ([]string, string, bool){x.sameCertificate, x.sameAddress, x.webAnswers, x.ledAway} {
		evidence, how, sure := sign()
		if len(evidence) == 0 {
			continue
		}
		if len(h.evidence) == 0 {
			h.params = params{"how": how, "page": said(x.portalPage())}
			if !sure {
				h.confidence = mail.Likely
			}
		}
		h.evidence = append(h.evidence, evidence...)
	}
	if len(h.evidence) == 0 {
		return nil
	}
	return []hit{h}
}

// outsider reports whether o is about somebody who has nothing to do with the
// target: a control host or the directory of settings.
func outsider(o mail.Observation) bool { return o.Control || o.Source == mail.SourceISPDB }

// sameCertificate looks for one wrong certificate at an outsider and at a host of
// somebody else.
func (x *index) sameCertificate() (evidence []string, how string, sure bool) {
	var wrong []mail.Observation
	for _, o := range x.wholeView() {
		if o.TLSFacts != nil && o.Attempt == "" && len(o.Certificates) > 0 && failureClass(o) == mail.CertName {
			wrong = append(wrong, o)
		}
	}
	for _, a := range wrong {
		if !outsider(a) {
			continue
		}
		for _, b := range wrong {
			if siteOf(hostSeen(a)) != siteOf(hostSeen(b)) && sameCertificate(a.Certificates[0], b.Certificates[0]) {
				return []string{a.ID, b.ID}, mail.DisplayName(hostSeen(b)) + " and " + mail.DisplayName(hostSeen(a)) + " show the same wrong certificate", true
			}
		}
	}
	return nil, "", false
}

func sameCertificate(a, b mail.Certificate) bool {
	return a.Subject == b.Subject && a.Issuer == b.Issuer && slices.Equal(a.Names, b.Names) && a.NotAfter.Equal(b.NotAfter)
}

// sameAddress looks for an outsider's name that leads to the address of a server
// of somebody else. An outsider who answers as it should is the one that the name
// means: then the other name was pointed at its servers on purpose.
func (x *index) sameAddress() (evidence []string, how string, sure bool) {
	var names []mail.Observation
	for _, o := range x.wholeView() {
		if o.DNSFacts != nil && o.Type == "A" && len(o.Records) > 0 {
			names = append(names, o)
		}
	}
	for _, a := range names {
		if !outsider(a) || slices.ContainsFunc(x.controls, func(c *server) bool { return c.endpoint.Host == a.Name && c.answersWell() }) {
			continue
		}
		for _, b := range names {
			hosts := x.serversWithHost(b.Name)
			if len(hosts) > 0 && siteOf(a.Name) != siteOf(b.Name) && slices.Equal(a.Records, b.Records) {
				return []string{a.ID, b.ID}, mail.DisplayName(b.Name) + " and " + mail.DisplayName(a.Name) + " have one address, " + a.Records[0], true
			}
		}
	}
	return nil, "", false
}

func (x *index) serversWithHost(host string) []*server {
	return slices.DeleteFunc(slices.Clone(x.servers), func(s *server) bool { return s.endpoint.Host != host })
}

// webAnswers looks for mail ports at which web servers answer: at an outsider, at
// two servers of different owners, or while web requests are led elsewhere; and
// for a web server that says what it is.
func (x *index) webAnswers() (evidence []string, how string, sure bool) {
	for _, o := range x.ofKind(mail.KindHTTP) {
		if o.HTTPFacts != nil && o.Status == 511 {
			return []string{o.ID}, "a web server says so (status 511)", true
		}
	}
	controls := slices.DeleteFunc(slices.Clone(x.controls), func(s *server) bool { return !s.answersHTTP() })
	servers := slices.DeleteFunc(slices.Clone(x.servers), func(s *server) bool { return !s.answersHTTP() })
	both := slices.Concat(servers, controls)
	if len(servers) > 0 && (len(sitesOf(both)) > 1 || x.portalPage() != "") {
		return seen(both), "a web server stands at the mail ports of " + joined(hostsOf(both)), len(controls) > 0
	}
	return nil, "", false
}

// ledAway looks for web requests that are led out of the domain while everything
// else, outsiders included, is out of reach.
func (x *index) ledAway() (evidence []string, how string, sure bool) {
	page := x.portalPage()
	reached := slices.ContainsFunc(slices.Concat(x.servers, x.controls), (*server).connected)
	if page == "" || reached || len(x.dialed(stopped)) == 0 {
		return nil, "", false
	}
	outside := seen(x.controlsWhere(stopped))
	for _, o := range x.ofKind(mail.KindHTTP) {
		switch {
		case o.HTTPFacts == nil:
		case strings.HasPrefix(o.URL, "http://") && len(o.Redirects) > 0:
			evidence = append(evidence, o.ID)
		case strings.HasPrefix(o.URL, "https://") && o.Status > 0:
			return nil, "", false
		case o.Source == mail.SourceISPDB:
			outside = append(outside, o.ID)
		}
	}
	if len(outside) == 0 {
		return nil, "", false
	}
	return append(evidence, outside...), "web requests without encryption are led to " + page + ", and nothing else is let through", false
}

// answersWell reports whether a server proved itself, or greeted as one of its kind.
func (s *server) answersWell() bool {
	return s.verified() || s.session != nil && s.session.Failure == nil
}

// answersHTTP reports whether a web server answers at a mail port.
func (s *server) answersHTTP() bool {
	switch {
	case s.fault == nil || s.fault.observation.Failure == nil:
		return false
	case s.faultClass() == mail.TLSNotSpoken:
		return strings.Contains(s.fault.observation.Failure.Detail, `"HTTP/`)
	default:
		return s.failedAt(mail.KindSession, mail.ProtocolFault) && strings.HasPrefix(s.firstWords(), "HTTP/")
	}
}

// portalPage gives the page to which web requests without encryption are sent
// outside of the domain, "" where they are not.
func (x *index) portalPage() string {
	for _, o := range x.ofKind(mail.KindHTTP) {
		if o.HTTPFacts == nil || len(o.Redirects) == 0 || !strings.HasPrefix(o.URL, "http://") {
			continue
		}
		last := mail.Observation{Subject: o.Redirects[len(o.Redirects)-1]}
		if host := hostSeen(last); host != "" && siteOf(host) != siteOf(x.Target.Domain) {
			return "http://" + host + "/"
		}
	}
	return ""
}

// wholeView gives all that was seen, of control hosts too.
func (x *index) wholeView() []mail.Observation { return slices.Concat(x.ordered, x.controlled) }
