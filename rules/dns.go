package rules

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// unheardRecords is for a zone that fails at some records and answers the rest.
const unheardRecords = "Other questions about {domain} are answered, {records:this one is|these are} not, so nobody can say here which servers {records:it names|they name}. Mail programs that look there fail as well."

// dnsRules are about names: the domain's own and those of its servers.
func dnsRules() []rule {
	return []rule{
		{
			id: "dns.no-such-domain", looksFor: "the mail domain does not exist",
			severity: mail.Critical, owner: mail.OwnerUser, confidence: mail.Certain,
			references: []string{"RFC 8020 section 2", "RFC 2606"},
			words: words{
				title:  "{domain} does not exist",
				detail: "The DNS knows no such domain, so nobody can send mail to {who} or sign in there.",
				fix:    "Check the spelling of the address.[ Did you mean {meant}?] If it is right, ask the owner of the domain whether its registration has run out.",
			},
			headline: "{domain} does not exist.",
			silences: []silence{{[]string{"*"}, everywhere}},
			check:    (*index).findNoSuchDomain,
		},
		{
			id: "dns.servfail", looksFor: "the name servers of a domain give no usable answer",
			severity: mail.Critical, weighed: true, owner: mail.OwnerAdmin, confidence: mail.Likely,
			references: []string{"RFC 2308 section 7.1", "RFC 4035 section 5.5"},
			words: words{
				title:  "The DNS of {name} is broken: questions about it end in an error (SERVFAIL)",
				detail: "The name servers do not answer properly, or the domain's DNSSEC signatures are not valid.[ The resolver says: {reason}.] Mail programs cannot find the servers until this is mended.",
				fix:    "Have the host of the DNS zone check the name servers and, if the zone is signed, its DS record and whether the signatures have expired. To rule this network out, ask another resolver with --resolver.",
			},
			variants: map[string]words{"records": {
				title:  "Looking up the SRV {records:record|records} {records} ends in an error (SERVFAIL)",
				detail: unheardRecords,
			}},
			headline: "The settings for {who} could not be found: the DNS of {name} is broken.",
			silences: []silence{{[]string{"discovery.*", "dns.no-mx", "run.incomplete"}, sameServers}},
			check:    func(x *index) []hit { return x.findDNSFault(mail.DNSServFail) },
		},
		{
			id: "dns.timeout", looksFor: "questions about one domain are not answered while others are",
			severity: mail.Critical, weighed: true, owner: mail.OwnerAdmin, confidence: mail.Likely,
			references: []string{"RFC 1035 section 7"},
			words: words{
				title:  "The name servers of {name} do not answer",
				detail: "Other names could be looked up, this one could not in time. Mail programs cannot find the servers as long as this lasts.",
				fix:    "Have the host of the DNS zone check that all its name servers run and can be reached. To rule this network out, ask another resolver with --resolver.",
			},
			variants: map[string]words{"records": {
				title:  "Nobody answers the {records:question|questions} for the SRV {records:record|records} {records}",
				detail: unheardRecords,
			}},
			headline: "The settings for {who} could not be found: the name servers of {name} do not answer.",
			silences: []silence{{[]string{"discovery.*", "dns.no-mx", "run.incomplete"}, sameServers}},
			check:    func(x *index) []hit { return x.findDNSFault(mail.DNSTimeout) },
		},
		{
			id: "dns.null-mx", looksFor: "the domain declares that it takes no mail",
			severity: mail.Critical, owner: mail.OwnerAdmin, confidence: mail.Certain,
			references: []string{"RFC 7505 section 3"},
			words: words{
				title:  "{domain} says that it accepts no mail (null MX)",
				detail: "The MX record of the domain is \"0 .\", so every sender returns mail to {who} at once.",
				fix:    "If the domain is to have mail, replace the null MX record by one that names its mail server. If not, check the spelling of the address.",
			},
			headline: "{domain} says that it accepts no mail.",
			silences: []silence{{[]string{"discovery.nothing-published", "discovery.no-incoming", "discovery.no-outgoing", "dns.no-mx"}, everywhere}},
			check:    (*index).findNullMX,
		},
		{
			id: "dns.no-mx", looksFor: "the domain has no MX record",
			severity: mail.Warning, owner: mail.OwnerAdmin, confidence: mail.Certain,
			references: []string{"RFC 5321 section 5.1"},
			words: words{
				title:  "{domain} has no MX record",
				detail: "Senders then try the address of {domain} itself, which is seldom meant and which some refuse.",
				fix:    "Add an MX record that names the server which takes the domain's mail.",
			},
			variants: map[string]words{"no-address": {
				title:  "{domain} has no MX record and no address: it cannot receive mail",
				detail: "Senders find no server for the domain and return mail to {who}.",
			}},
			check: (*index).findNoMX,
		},
		{
			id: "dns.mx-target-missing", looksFor: "an MX record names a host without an address",
			severity: mail.Error, owner: mail.OwnerAdmin, confidence: mail.Certain,
			references: []string{"RFC 5321 section 5.1", "RFC 2181 section 10.3"},
			words: words{
				title:  "The MX record of {domain} names {name}, which has no address",
				detail: "Senders that choose this host cannot deliver; mail arrives late or comes back.",
				fix:    "Correct the name in the MX record, or give {name} an A or AAAA record.",
			},
			variants: map[string]words{
				"address": {
					title: "The MX record of {domain} names an IP address, {name}, where a host must stand",
					fix:   "Put the name of a host into the MX record, and give that name an A or AAAA record.",
				},
				"localhost": {
					title:  "The MX record of {domain} names {name}, which is every sender's own computer",
					detail: "Senders try to deliver to themselves; mail comes back.",
					fix:    "Put the name of the mail server into the MX record. A domain that takes no mail says so with the record MX 0 . alone.",
				},
			},
			silences: []silence{{[]string{"mx.unreachable"}, sameServers}},
			check:    (*index).findMXTargetMissing,
		},
		{
			id: "dns.srv-target-missing", looksFor: "an SRV record names a host without an address",
			severity: mail.Error, weighed: true, owner: mail.OwnerAdmin, confidence: mail.Certain,
			references: []string{"RFC 6186 section 3", "RFC 2782"},
			words: words{
				title:  "The SRV {records:record|records} of {domain} {records:names|name} {host}, which has no address",
				detail: "Mail programs that follow {records} look for a server that does not exist.",
				fix:    "Correct the host name in the SRV {records:record|records}, or give {host} an A or AAAA record.",
			},
			check: func(x *index) []hit { return x.findMissingHost(true) },
		},
		{
			id: "dns.host-not-found", looksFor: "a published server has no address",
			severity: mail.Error, weighed: true, owner: mail.OwnerAdmin, confidence: mail.Certain,
			references: []string{"RFC 8020 section 2", "RFC 2308 section 2"},
			words: words{
				title:  "The mail server {host} does not exist in the DNS",
				detail: "It is named as a server to {task} mail ({ports:port|ports} {ports}), but has no address. Mail programs say that the server was not found.",
				fix:    "Check the spelling of the host name, correct it where it is published, or give {host} an A or AAAA record.",
			},
			check: func(x *index) []hit { return x.findMissingHost(false) },
		},
	}
}

func (x *index) findNoSuchDomain() []hit {
	for _, o := range x.ofKind(mail.KindDNS) {
		if failureClass(o) == mail.DNSNXDomain && o.DNSFacts != nil && o.Name == x.Target.Domain {
			hits := x.domainHit(o.ID)
			hits[0].params = params{"meant": nearDomain(x.Target.Domain)}
			return hits
		}
	}
	return nil
}

// findDNSFault looks for a domain, or the hosts of servers, whose DNS fails.
func (x *index) findDNSFault(class mail.Class) []hit {
	if x.dnsClass("mx", x.Target.Domain) == class {
		hits := x.domainHit("mx:" + x.Target.Domain)
		o, _ := x.dns("mx", x.Target.Domain)
		hits[0].severity, hits[0].params = mail.Critical, params{"name": x.Target.DisplayDomain(), "reason": lameReason(o)}
		return hits
	}
	if failed := x.failedQuestions(class); len(failed) > 0 {
		return x.findFailedQuestions(failed)
	}
	return with(faults(mail.KindDial, class)(x), func(h hit) params {
		return params{"name": mail.DisplayName(h.servers[0].endpoint.Host)}
	})
}

// findFailedQuestions tells a zone that answers nothing from one that fails at
// some records only.
func (x *index) findFailedQuestions(failed []string) []hit {
	h, names := x.domainHit(failed...)[0], make([]string, len(failed))
	h.severity, h.params = mail.Critical, params{"name": x.Target.DisplayDomain()}
	if x.answersMX() {
		h.severity, h.variant = mail.Error, "records"
		for i, id := range failed {
			names[i] = strings.TrimPrefix(id, "srv:")
		}
		h.params["records"] = names
		h.headline = "The settings for {who} could not be found: {records:a question|questions} for SRV records of {domain} {records:is|are} not answered."
	}
	return []hit{h}
}

// answersMX reports whether the question for the domain's MX records was
// answered, be it that there are none.
func (x *index) answersMX() bool {
	o, asked := x.dns("mx", x.Target.Domain)
	return asked && slices.Contains([]mail.Class{"", mail.DNSNoData}, failureClass(o))
}

// failedQuestions gives the questions for SRV records that failed so, of roles
// about which nothing is known for that.
func (x *index) failedQuestions(class mail.Class) []string {
	var failed []string
	for _, role := range x.unheardRoles() {
		for _, id := range x.srvQuestions(role) {
			if failureClass(x.byID[id]) == class {
				failed = append(failed, id)
			}
		}
	}
	return failed
}

func (x *index) nullMX() bool {
	o, ok := x.dns("mx", x.Target.Domain)
	return ok && o.DNSFacts != nil && len(o.Records) == 1 && mxHost(o.Records[0]) == ""
}

// mxHost gives the host of an MX record in presentation format, "" for a null MX.
func mxHost(record string) string {
	_, host, _ := strings.Cut(strings.TrimSpace(record), " ")
	return strings.ToLower(strings.TrimSuffix(strings.TrimSpace(host), "."))
}

func (x *index) findNullMX() []hit {
	if !x.nullMX() {
		return nil
	}
	return x.domainHit("mx:" + x.Target.Domain)
}

func (x *index) findNoMX() []hit {
	if x.dnsClass("mx", x.Target.Domain) != mail.DNSNoData {
		return nil
	}
	hits := x.domainHit("mx:" + x.Target.Domain)
	if x.hasAddress(x.Target.Domain) == mail.No {
		hits[0].variant, hits[0].severity = "no-address", mail.Error
	}
	return hits
}

// hasAddress says whether a name has an A or AAAA record, as far as was asked.
func (x *index) hasAddress(name string) mail.Fact {
	lacking := 0
	for _, qtype := range []string{"a", "aaaa"} {
		o, asked := x.dns(qtype, name)
		switch failureClass(o) {
		case mail.DNSNXDomain:
			return mail.No
		case mail.DNSNoData:
			lacking++
		case "":
			if asked {
				return mail.Yes
			}
		}
	}
	if lacking == 2 {
		return mail.No
	}
	return mail.NotKnown
}

func (x *index) findMXTargetMissing() []hit {
	o, _ := x.dns("mx", x.Target.Domain)
	if o.DNSFacts == nil {
		return nil
	}
	var hits []hit
	for _, record := range o.Records {
		host := mxHost(record)
		at := slices.DeleteFunc(x.serversIn(mail.MX), func(s *server) bool { return s.endpoint.Host != host })
		missing := x.hasAddress(host) == mail.No
		for _, s := range at {
			missing = missing || s.failedAt(mail.KindDial, mail.DNSNXDomain, mail.DNSNoData)
		}
		variant := ""
		switch _, err := netip.ParseAddr(host); {
		case host == "":
			continue
		case err == nil:
			variant = "address"
		case host == "localhost":
			variant = "localhost"
		case !missing:
			continue
		}
		hits = append(hits, hit{subject: host, servers: at, evidence: []string{o.ID}, variant: variant, params: params{"name": mail.DisplayName(host)}})
	}
	return hits
}

// findMissingHost looks for hosts of settings that have no address; srv says
// whether those that an SRV record names are meant, or the others.
func (x *index) findMissingHost(srv bool) []hit {
	missing := x.serversWhere(func(s *server) bool {
		gone := s.failedAt(mail.KindDial, mail.DNSNXDomain, mail.DNSNoData) ||
			len(s.dials) == 0 && s.session == nil && x.hasAddress(s.endpoint.Host) == mail.No
		return gone && (len(s.srvRecords()) > 0) == srv
	})
	return with(grouped(missing, byHost), func(h hit) params {
		var records []string
		for _, s := range h.servers {
			records = append(records, s.srvRecords()...)
		}
		return params{"records": distinct(records)}
	})
}

// srvRecords gives the names of the SRV records that name s.
func (s *server) srvRecords() []string {
	var names []string
	for _, c := range s.candidates {
		for _, claim := range c.Claims {
			if claim.Source != mail.SourceSRV {
				continue
			}
			for _, id := range claim.Evidence {
				if name, ok := strings.CutPrefix(id, "srv:"); ok {
					names = append(names, name)
				}
			}
		}
	}
	return distinct(names)
}
