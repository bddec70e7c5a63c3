package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// publicationTTL is the time to live of the proposed records, in seconds: short
// enough to mend a slip within the hour.
const publicationTTL = 3600

// publications gives what an administrator should add, so that every mail
// program finds the settings that this run holds for right: those that are
// proved, and where nothing was tested those that are published. What stands
// there already, and what could not be looked up, is left out.
func (x *index) publications() []mail.Publication {
	settings := x.worthPublishing()
	if len(settings) == 0 {
		return []mail.Publication{}
	}
	list := x.srvPublications(settings)
	list = append(list, x.autoconfigPublication(settings)...)
	list = append(list, x.autodiscoverPublication(settings)...)
	list = append(list, x.paccPublications(settings)...)
	if slices.ContainsFunc(settings, doubtful) {
		for i := range list {
			list[i].Why += "; the settings come from unencrypted http, so make sure first that these are your servers"
		}
	}
	return list
}

// doubtful reports whether nothing but http names a setting, and nothing proves it.
func doubtful(c choice) bool {
	return c.Trust == mail.TrustCleartext && c.Proof.Rank() < mail.Handshake.Rank()
}

// worthPublishing gives the settings to publish, best first: the ones that can
// be used, and where none of a role could be tested the ones that are published
// and not known to be wrong; one for each service, never without encryption.
func (x *index) worthPublishing() []choice {
	var list []choice
	taken := map[string]bool{}
	best := map[mail.Role]grade{}
	disputed := map[mail.Role][]string{
		mail.Incoming: x.disputedHosts(mail.Incoming), mail.Outgoing: x.disputedHosts(mail.Outgoing),
	}
	for _, c := range x.choose() {
		label := serviceLabel(c.Endpoint)
		if _, known := best[c.Role]; !known {
			best[c.Role] = c.grade // settings stand best first
		}
		wrong := c.grade == gradeWrong || c.grade != best[c.Role] || c.server.tested() && !x.canUse(c.server) && !temporary(c.server)
		other := slices.Contains(disputed[c.Role], c.Endpoint.Host)
		if label == "" || taken[label] || wrong || other || c.shadowed || x.gone(c.server) {
			continue
		}
		taken[label] = true
		list = append(list, c)
	}
	return list
}

// temporary reports whether what stops a server will pass or can be mended
// without another name or port, so that publishing it is right all the same.
func temporary(s *server) bool {
	switch s.faultClass() {
	case mail.CertExpired, mail.CertNotYetValid, mail.CertChain, mail.Timeout, mail.Unreachable, "":
		return true
	default:
		return false
	}
}

// srvPublications gives the SRV records that are missing (RFC 6186, RFC 8314
// section 5.1), and those that say that a service is not there.
func (x *index) srvPublications(settings []choice) []mail.Publication {
	var list []mail.Publication
	for _, label := range srvLabels() {
		name := label + "._tcp." + x.Target.Domain
		if class := x.dnsClass("srv", name); class != mail.DNSNXDomain && class != mail.DNSNoData {
			continue // it is there, or nobody knows
		}
		data, why := x.srvTarget(label, settings)
		if data == "" {
			continue
		}
		list = append(list, mail.Publication{
			Kind: "dns", Name: name + " SRV", Content: fmt.Sprintf("%s. %d IN SRV %s", name, publicationTTL, data),
			Why: why, For: asksFor(isRecords),
		})
	}
	return list
}

// srvTarget gives the data of the record with a label, and why to add it. IMAP
// comes before POP3 (RFC 6186 section 3.4), implicit TLS before STARTTLS. That a
// service is absent is said where a document of the domain leaves it out; but
// never of submission with STARTTLS, the only one that RFC 6186 knows.
func (x *index) srvTarget(label string, settings []choice) (data, why string) {
	priorities := map[string]int{"_imaps": 0, "_imap": 10, "_pop3s": 20, "_pop3": 30, "_submissions": 0, "_submission": 10}
	for _, c := range settings {
		if serviceLabel(c.Endpoint) == label {
			return fmt.Sprintf("%d 1 %d %s.", priorities[label], c.Endpoint.Port, c.Endpoint.Host),
				fmt.Sprintf("names the server for %s with %s", protocolName(c.Endpoint.Protocol), modeName(c.Endpoint.Security))
		}
	}
	protocol := protocolOfLabel(label)
	named := func(p mail.Protocol) bool {
		return slices.ContainsFunc(settings, func(c choice) bool { return c.Endpoint.Protocol == p })
	}
	overTLS := slices.ContainsFunc(settings, func(c choice) bool { return serviceLabel(c.Endpoint) == label+"s" })
	switch {
	case protocol == mail.SMTP || !x.leftOut(label):
		return "", ""
	case overTLS:
		return "0 0 0 .", "says that " + protocolName(protocol) + " is offered with SSL/TLS only, as the domain's document does; leave it out if STARTTLS is offered as well"
	case protocol == mail.POP3 && !named(mail.POP3) && named(mail.IMAP):
		return "0 0 0 .", "says that POP3 is not offered, as the domain's document does, so that no program tries; leave it out if it is"
	}
	return "", ""
}

// leftOut reports whether a document of the domain names the server to receive
// mail that mailmedic goes by, and nobody names the service with a label.
func (x *index) leftOut(label string) bool {
	host := x.preferredHost(mail.Incoming)
	documented := slices.ContainsFunc(x.ownVoices(), func(v *voice) bool {
		return v.id != "" && v.source != mail.SourceISPDB && slices.Contains(v.hosts(mail.Incoming), host)
	})
	return documented && !slices.ContainsFunc(x.settings(), func(s *server) bool { return serviceLabel(s.endpoint) == label })
}

func protocolOfLabel(label string) mail.Protocol {
	switch {
	case strings.HasPrefix(label, "_imap"):
		return mail.IMAP
	case strings.HasPrefix(label, "_pop3"):
		return mail.POP3
	default:
		return mail.SMTP
	}
}

// nothingAt reports whether a page was asked for and names no servers.
func (x *index) nothingAt(url string) bool {
	seen := x.pagesAt(strings.ReplaceAll(url, "{domain}", x.Target.Domain))
	served := func(o mail.Observation) bool {
		return len(x.statementsOf(o.ID)) > 0 || failureClass(o) == mail.Deadline
	}
	return len(seen) > 0 && !slices.ContainsFunc(seen, served)
}

// publishedName gives the user name in the placeholders of a document, and ""
// where it does not follow from the address.
func (x *index) publishedName(username string) string {
	address, local := x.Target.Address, x.Target.LocalPart()
	switch {
	case strings.Contains(username, "%EMAIL"):
		return username
	case username == "" || strings.EqualFold(username, address):
		return "%EMAILADDRESS%"
	case local != "" && strings.EqualFold(username, local):
		return "%EMAILLOCALPART%"
	case local != "" && strings.HasPrefix(username, local+"@"):
		return "%EMAILLOCALPART%" + strings.TrimPrefix(username, local)
	default:
		return ""
	}
}

// onePerProtocol keeps the best setting of each protocol: some programs take the
// first server of a kind in a document and some the last.
func onePerProtocol(settings []choice) []choice {
	seen := map[mail.Protocol]bool{}
	return slices.DeleteFunc(slices.Clone(settings), func(c choice) bool {
		again := seen[c.Endpoint.Protocol]
		seen[c.Endpoint.Protocol] = true
		return again
	})
}

// bothRoles reports whether settings say how to receive and how to send.
func bothRoles(settings []choice) bool {
	in := slices.ContainsFunc(settings, func(c choice) bool { return c.Role == mail.Incoming })
	out := slices.ContainsFunc(settings, func(c choice) bool { return c.Role == mail.Outgoing })
	return in && out
}
