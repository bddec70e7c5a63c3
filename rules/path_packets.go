package rules

import (
	"slices"

	"github.com/mailmedic/mailmedic/mail"
)

func packetRule() rule {
	return rule{
		id: "net.packet-size", looksFor: "small packets come through and full ones do not",
		severity: mail.Error, weighed: true, owner: mail.OwnerNetwork, confidence: mail.Likely,
		references: []string{"RFC 2923 section 2.1", "RFC 4821 section 1", "RFC 8201 section 4"},
		words: words{
			title:  "Large packets do not come through from {hosts} ({ports:port|ports} {ports})",
			detail: "Connections are made and short answers come at once, but the certificate, which takes full packets, never arrives: mail programs hang and give up. A tunnel or router on the way loses packets of full size and does not say so (a wrong MTU).",
			fix:    "Run again without the VPN and from another network, such as a phone's hotspot. If it works there, set a smaller MTU here (for a test 1280) on the VPN, router or computer, and let ICMP through the firewall. If not, the provider has to look at its own way out.",
		},
		variants: map[string]words{"control": {
			title:  "Large packets do not come through to this computer: secure connections to mail servers hang",
			detail: "Connections to {all} are made and short answers come at once, but certificates, which take full packets, never arrive. These servers have nothing to do with one another, so the fault is here: a VPN, tunnel or router loses packets of full size and does not say so (a wrong MTU).",
			fix:    "Switch the VPN off for a test, or use another network, such as a phone's hotspot. To mend it, set a smaller MTU (for a test 1280) on the VPN, router or computer, and let ICMP through the firewall.",
		}, "elsewhere": {
			detail: "Connections are made and short answers come at once, but the certificate, which takes full packets, never arrives: mail programs hang and give up. From {controls} it does arrive, so something nearer to {hosts} loses packets of full size and does not say so (a wrong MTU).",
			fix:    "Run again from another network, such as a phone's hotspot. If it hangs there too, the provider has to let ICMP through its firewalls and check the MTU of its tunnels and load balancers. A smaller MTU here (for a test 1280) often helps until then.",
		}},
		silences: []silence{{[]string{"tls.handshake-failed", "tls.large-hello", "server.stalled", "run.incomplete"}, sameServers}},
		check:    func(x *index) []hit { return x.path.packets },
	}
}

func brokenTLSRule() rule {
	return rule{
		id: "net.tls-broken", looksFor: "something here ends every encrypted connection to mail servers",
		severity: mail.Error, weighed: true, owner: mail.OwnerNetwork, confidence: mail.Certain,
		references: []string{"RFC 8446 section 6", "RFC 8314 section 3"},
		words: words{
			title:  "Something here breaks every encrypted connection to mail servers, whoever runs them",
			detail: "Connections to {all} are made, and as soon as encryption begins they {end}. These servers have nothing to do with one another, so it is not their fault: a firewall, filter or security program stands in the way.",
			fix:    "Use another network, such as a phone's hotspot. Have who runs this one exempt mail from the inspection of TLS on {ports:port|ports} {ports}, and switch the mail scanning of a security program on this computer off for a test.",
		},
		headline: "Nothing could be tested: something here breaks every encrypted connection to mail servers.",
		silences: []silence{{[]string{"tls.*", "server.reset", "server.closed", "server.stalled", "run.incomplete"}, sameServers}},
		check:    func(x *index) []hit { return x.path.tls },
	}
}

// lookAtTLS looks for handshakes that end in one way with servers of different
// owners, control hosts among them, where none ends well and none could.
func (x *index) lookAtTLS() []hit {
	cut := func(s *server) bool {
		return s.failedAt(mail.KindTLS, mail.Closed, mail.Reset, mail.Timeout) && s.wayThatWorks() == "" && !s.losesLarge()
	}
	lost := slices.DeleteFunc(slices.Clone(x.servers), func(s *server) bool { return !s.concerns() || !cut(s) })
	controls := slices.DeleteFunc(slices.Clone(x.controls), func(s *server) bool { return !cut(s) })
	all := slices.Concat(lost, controls)
	lost = slices.DeleteFunc(lost, func(s *server) bool {
		return !slices.ContainsFunc(all, func(o *server) bool {
			return o.faultClass() == s.faultClass() && siteOf(o.endpoint.Host) != siteOf(s.endpoint.Host)
		})
	})
	works := func(s *server) bool { return isSubmissionOrBox(s) && s.encrypted() }
	if len(lost) == 0 || slices.ContainsFunc(slices.Concat(x.servers, x.controls), works) {
		return nil
	}
	h := about(lost)
	h.subject, h.evidence = x.subject(), distinct(seen(controls))
	h.params = params{"all": distinct(hostsOf(all)), "end": "are cut off"}
	if len(controls) == 0 {
		h.confidence = mail.Likely
	}
	if lost[0].faultClass() == mail.Timeout {
		h.params["end"] = "hang"
	}
	return []hit{h}
}

// losesLarge reports whether handshakes with s hang whenever the answer has to be
// large, while a small answer comes.
func (s *server) losesLarge() bool {
	small, hung := false, s.failedAt(mail.KindTLS, mail.Timeout) && !s.showsCertificate()
	for _, o := range s.ladder {
		switch {
		case o.Version != "":
			return false
		case o.Attempt == "small":
			small = answeredSmall(o)
		default:
			hung = hung && failureClass(o) == mail.Timeout
		}
	}
	return small && hung
}

// showsCertificate reports whether a certificate of s was seen, as of one that is
// slow and no more.
func (s *server) showsCertificate() bool {
	_, shown := s.certificate()
	return shown
}

// answeredSmall reports whether a hello that asks for a small answer got one: an
// alert, or the end of the connection.
func answeredSmall(o mail.Observation) bool {
	switch failureClass(o) {
	case mail.TLSAlert, mail.TLSVersion, mail.Closed, mail.Reset:
		return true
	default:
		return false
	}
}

// lookAtPackets looks for servers from which nothing large comes. Two of different
// owners, or a control host, prove that the fault is not theirs.
func (x *index) lookAtPackets() []hit {
	narrow := slices.DeleteFunc(slices.Clone(x.servers), func(s *server) bool { return !s.concerns() || !s.losesLarge() })
	if len(narrow) == 0 {
		return nil
	}
	controls := slices.DeleteFunc(slices.Clone(x.controls), func(s *server) bool { return !s.losesLarge() })
	reached := slices.DeleteFunc(slices.Clone(x.controls), func(s *server) bool { return !s.verified() })
	encrypted := slices.ContainsFunc(x.servers, (*server).encrypted)
	if all := slices.Concat(narrow, controls); len(sitesOf(all)) > 1 && len(reached) == 0 && !encrypted {
		h := about(narrow)
		h.subject, h.variant, h.confidence = x.subject(), "control", mail.Certain
		h.headline = "Nothing could be tested: large packets do not come through to this computer."
		h.evidence, h.params = distinct(append(seen(controls), laddersOf(all)...)), params{"all": distinct(hostsOf(all))}
		return []hit{h}
	}
	hits := grouped(narrow, byHost)
	for i, h := range hits {
		hits[i].evidence = distinct(laddersOf(h.servers))
		if len(reached) > 0 {
			hits[i].variant, hits[i].owner = "elsewhere", mail.OwnerProvider
			hits[i].params = params{"controls": distinct(hostsOf(reached))}
		}
	}
	return hits
}

// findLargeHello looks for servers that take a small ClientHello only, and whether
// that is so with a control host too.
func (x *index) findLargeHello() []hit {
	classical := func(s *server) bool { return s.lostHandshake() && s.wayThatWorks() == "classical" }
	hits := lost(classical, nil)(x)
	if controls := slices.DeleteFunc(slices.Clone(x.controls), func(s *server) bool { return !classical(s) }); len(controls) > 0 {
		for i, h := range hits {
			hits[i].variant, hits[i].confidence, hits[i].params = "control", mail.Certain, params{"controls": distinct(hostsOf(controls))}
			hits[i].evidence = distinct(append(seen(controls), h.evidence...))
		}
	}
	return hits
}

func laddersOf(servers []*server) []string {
	var list []string
	for _, s := range servers {
		list = append(list, ids(s.ladder)...)
	}
	return list
}
