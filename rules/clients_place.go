package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// A sight is what a program finds at one place, as far as this run asked there.
type sight struct {
	place    string
	outcome  string
	found    []statement
	evidence []string
	kind     placeKind
	group    group
	media    string // the media type of a document
	overHTTP bool
}

// look gives what stands at a place of a domain.
func (x *index) look(p place, domain string) []sight {
	at := strings.ReplaceAll(p.at, "{domain}", domain)
	var s sight
	switch p.kind {
	case placePage:
		s = x.lookAtPage(at, x.pagesAt(at))
	case placeDirectory:
		s = x.lookAtPage("the ISPDB entry of "+mail.DisplayName(domain), x.listings(domain))
	case placeRecords:
		s = x.lookAtRecords()
	case placeService:
		s = x.lookAtService(at)
	case placeBehindMX:
		return x.lookBehindMX(p.each)
	case placeNames:
		s = x.lookAtNames(strings.Fields(at))
	case placeOwnList:
		s = sight{place: at, outcome: "not known here"}
	}
	s.group, s.kind = p.group, p.kind
	return []sight{s}
}

// pagesAt gives what was seen at a URL, whatever the query and the case of the path.
func (x *index) pagesAt(url string) []mail.Observation {
	return slices.DeleteFunc(x.ofKind(mail.KindHTTP), func(o mail.Observation) bool { return !strings.EqualFold(addressOf(o), url) })
}

// listings gives what was seen of the directory's entry for a domain. Any
// directory will do: a run may have been pointed to another one.
func (x *index) listings(domain string) []mail.Observation {
	return slices.DeleteFunc(x.ofKind(mail.KindHTTP), func(o mail.Observation) bool {
		listed := o.Source == mail.SourceISPDB || hostOf(addressOf(o)) == "autoconfig.thunderbird.net"
		return !listed || !strings.HasSuffix(addressOf(o), "/"+domain)
	})
}

// lookAtPage tells of the best of several requests for one page.
func (x *index) lookAtPage(name string, seen []mail.Observation) sight {
	s := sight{place: name, outcome: x.notAsked(name)}
	for _, o := range seen {
		found := x.statementsOf(o.ID)
		if len(s.evidence) > 0 && len(found) <= len(s.found) && (o.Failure != nil || len(found) > 0) {
			continue
		}
		s.found, s.evidence, s.outcome = found, []string{o.ID}, pageOutcome(o, found)
		s.overHTTP = strings.HasPrefix(addressOf(o), "http://") || strings.HasPrefix(lastAddress(o), "http://")
		if o.HTTPFacts != nil {
			s.media = o.MediaType
		}
	}
	return s
}

// notAsked says that a place was not asked, and why where that is known.
func (x *index) notAsked(subject string) string {
	for _, n := range x.NotChecked {
		place, _, _ := strings.Cut(n.Subject, "?")
		if strings.EqualFold(place, subject) && (n.Why == mail.WhyDeadline || n.Why == mail.WhyGrace) {
			return "not asked here: there was no time"
		}
	}
	return "not asked here"
}

// statementsOf gives what an observation claims for receiving and sending.
func (x *index) statementsOf(id string) []statement {
	var list []statement
	for _, c := range x.Candidates {
		for _, claim := range c.Claims {
			if c.Role != mail.MX && slices.Contains(claim.Evidence, id) {
				list = append(list, statement{c, claim})
			}
		}
	}
	return list
}

// pageOutcome says in a few words what came of a request for a page.
func pageOutcome(o mail.Observation, found []statement) string {
	status := 0
	if o.HTTPFacts != nil {
		status = o.Status
	}
	class := failureClass(o)
	switch {
	case len(found) > 0:
		return "found: " + serversIn(found)
	case status == 401:
		return "it wants a login"
	case class == mail.HTTPStatus && (status == 404 || status == 410 || status == 0):
		return "not found"
	case class == mail.HTTPStatus:
		return fmt.Sprintf("trouble: the web server answered %d", status)
	case class == "" && status >= 300 && status < 400:
		return "it sends on to another place"
	case class == "":
		return "found, without a server to use"
	}
	return classOutcome(class)
}

// classOutcome says in a few words what a failure means to who asked. That
// there is nothing, and that it could not be found out, are different things.
func classOutcome(class mail.Class) string {
	words := map[mail.Class]string{
		mail.DNSNXDomain: "not found: there is no such name", mail.DNSNoData: "not found: the name has no address",
		mail.HTTPBody: "not found: what is there is no settings document", mail.HTTPStatus: "not found",
		mail.CertName: "trouble: the certificate is for another name", mail.CertExpired: "trouble: the certificate has expired",
		mail.CertUntrusted: "trouble: the certificate is not trusted", mail.CertChain: "trouble: the certificate is not trusted",
		mail.CertNotYetValid: "trouble: the certificate is not valid yet",
		mail.Refused:         "trouble: no web server answers", mail.Timeout: "trouble: no answer came", mail.Unreachable: "trouble: no answer came",
		mail.DNSServFail: "trouble: the DNS is broken", mail.DNSTimeout: "trouble: the DNS does not answer",
		mail.PolicyRefused: "not asked here: it leads where mailmedic does not go", mail.Deadline: "not asked here: there was no time",
	}
	return cmp.Or(words[class], "trouble: "+string(class))
}

// serversIn names the servers of statements.
func serversIn(found []statement) string {
	var list []string
	for _, s := range found {
		list = appendNew(list, s.candidate.Endpoint.String())
	}
	return joined(list)
}

// lookAtRecords asks for the six SRV records.
func (x *index) lookAtRecords() sight {
	s := sight{place: "the SRV records of RFC 6186", outcome: "not asked here"}
	absent, trouble := false, mail.Class("")
	for _, label := range srvLabels() {
		name := label + "._tcp." + x.Target.Domain
		o, asked := x.dns("srv", name)
		if !asked {
			continue
		}
		s.evidence = append(s.evidence, o.ID)
		s.found = append(s.found, x.statementsOf(o.ID)...)
		absent = absent || x.srvAbsent(name)
		if class := failureClass(o); class != "" && class != mail.DNSNXDomain && class != mail.DNSNoData {
			trouble = class
		}
	}
	switch {
	case len(s.found) > 0:
		s.outcome = "found: " + serversIn(s.found)
	case trouble != "":
		s.outcome = classOutcome(trouble)
	case absent:
		s.outcome = "found: they say that there is no such service"
	case len(s.evidence) > 0:
		s.outcome = "not found"
	}
	return s
}

func srvLabels() []string {
	return []string{"_imaps", "_imap", "_pop3s", "_pop3", "_submissions", "_submission"}
}

// lookAtService follows the SRV record of Autodiscover to its place.
func (x *index) lookAtService(name string) sight {
	s := sight{place: "SRV " + name, outcome: "not asked here"}
	o, asked := x.dns("srv", name)
	if !asked {
		return s
	}
	s.evidence = []string{o.ID}
	if class := failureClass(o); class != "" {
		s.outcome = classOutcome(class)
		return s
	}
	s.outcome = "not found"
	for _, record := range x.srvRecordsAt(name) {
		fields := strings.Fields(record)
		if len(fields) != 4 || fields[3] == "." {
			continue
		}
		host := strings.ToLower(strings.TrimSuffix(fields[3], "."))
		if fields[2] != "443" {
			host += ":" + fields[2]
		}
		url := "https://" + host + "/autodiscover/autodiscover.xml"
		there := x.lookAtPage(url, x.pagesAt(url))
		there.place, there.evidence = s.place, append(s.evidence, there.evidence...)
		there.outcome = "it leads to " + mail.DisplayName(host) + "; " + there.outcome
		return there
	}
	return s
}

// lookBehindMX looks at places of the domains above the best MX host, the
// longer name first, as far as this run asked there.
func (x *index) lookBehindMX(each []place) []sight {
	o, asked := x.dns("mx", x.Target.Domain)
	host := bestMXHost(o)
	switch {
	case !asked:
		return []sight{{place: "the domain of the MX host", outcome: "not asked here", kind: placeBehindMX}}
	case host == "":
		return []sight{{place: "the domain of the MX host", outcome: noMXHost(o), evidence: []string{o.ID}, kind: placeBehindMX}}
	case within(host, x.Target.Domain):
		return []sight{{place: "the domain of the MX host " + mail.DisplayName(host), outcome: "nothing new: it is the domain itself", evidence: []string{o.ID}, kind: placeBehindMX}}
	}
	var list []sight
	for _, above, more := strings.Cut(host, "."); more && strings.Contains(above, "."); _, above, more = strings.Cut(above, ".") {
		for _, p := range each {
			for _, s := range x.look(p, above) {
				if len(s.evidence) > 0 {
					s.kind = placeBehindMX
					list = append(list, s)
				}
			}
		}
	}
	if len(list) == 0 {
		return []sight{{place: "the domain of the MX host " + mail.DisplayName(host), outcome: "not asked here", kind: placeBehindMX}}
	}
	return list
}

// noMXHost says why an answer holds no MX host.
func noMXHost(o mail.Observation) string {
	switch class := failureClass(o); class {
	case "", mail.DNSNoData, mail.DNSNXDomain:
		return "not found: there is no MX host"
	default:
		return classOutcome(class)
	}
}

// bestMXHost gives the most preferred MX host, ties broken by name.
func bestMXHost(o mail.Observation) string {
	if o.DNSFacts == nil || o.Failure != nil {
		return ""
	}
	best, lowest := "", 0
	for _, record := range o.Records {
		var preference int
		if _, err := fmt.Sscan(record, &preference); err != nil {
			continue
		}
		if host := mxHost(record); host != "" && (best == "" || preference < lowest || preference == lowest && host < best) {
			best, lowest = host, preference
		}
	}
	return best
}

// lookAtNames finds the guesses that were proved under names that a program tries.
func (x *index) lookAtNames(labels []string) sight {
	s := sight{place: "usual names such as " + labels[0] + "." + x.Target.DisplayDomain(), outcome: "not asked here"}
	known := false
	for _, c := range x.Candidates {
		label, rest, _ := strings.Cut(c.Endpoint.Host, ".")
		tries := c.Endpoint.Host == x.Target.Domain || rest == x.Target.Domain && slices.Contains(labels, label)
		if !tries || c.Role == mail.MX {
			continue
		}
		known = true
		if x.serverAt(c.Endpoint).proof().Rank() >= mail.Handshake.Rank() {
			s.found = append(s.found, statement{c, mail.Claim{Source: mail.SourceGuess, Trust: mail.TrustGuess}})
		}
	}
	switch {
	case x.dnsClass("mx", x.Target.Domain) == mail.DNSNXDomain:
		s.outcome = "not found: the domain does not exist"
	case len(s.found) > 0:
		s.outcome = "found by trying: " + serversIn(s.found)
	case known && x.triedAny():
		s.outcome = "not found: no server answers there as it should"
	case known:
		s.outcome = "some exist; not tried here"
	}
	return s
}
