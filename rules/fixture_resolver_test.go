package rules

import (
	"strings"
	"testing"

	"github.com/mailmedic/mailmedic/mail"
)

// explained is an answer with extended errors.
func (w *world) explained(id string, class mail.Class, codes ...uint16) *world {
	w.dns(id, class)
	o := w.Observations[len(w.Observations)-1]
	o.ExtendedErrors = codes
	o.Bogus = len(codes) > 0 && codes[0] >= 6 && codes[0] <= 12
	return w
}

// bogus is a failure that goes away with checking disabled.
func (w *world) bogus(id string) *world {
	w.dns(id, mail.DNSServFail)
	w.Observations[len(w.Observations)-1].Bogus = true
	return w
}

// elsewhere is what a further resolver says.
func (w *world) elsewhere(id string, class mail.Class, records ...string) *world {
	const resolver = "tls://dns.example:853"
	w.dns(id, class, records...)
	o := w.Observations[len(w.Observations)-1]
	w.Observations = w.Observations[:len(w.Observations)-1]
	o.ID, o.Resolver = id+"@"+resolver, resolver
	return w.observe(o)
}

// both keeps what the first resolver says when elsewhere takes its place.
func (w *world) both(id string, class mail.Class, here []string, elsewhere mail.Class, there ...string) *world {
	return w.elsewhere(id, elsewhere, there...).dns(id, class, here...)
}

func resolverFixtures() []fixture {
	const random, impossible = "a:mailmedic-0123456789ab.example.org", "a:mailmedic-ba9876543210.invalid"
	host := "imap.example.org"
	two := []string{"192.0.2.1", "192.0.2.2"}
	return []fixture{
		{"dns.dnssec-bogus", "the resolver says why", nowhere().explained("mx:example.org", mail.DNSServFail, 7), "The DNSSEC signatures of example.org are not valid", mail.Critical},
		{"dns.dnssec-bogus", "it answers with checking disabled", nowhere().bogus("mx:example.org"), "The DNSSEC signatures of example.org are not valid", mail.Critical},
		{
			"dns.dnssec-bogus", "only the host of a server is broken",
			good().ispdb("imaps://mail.example.net:993").dialAt("imaps://mail.example.net:993", "", mail.DNSServFail).explained("a:mail.example.net", mail.DNSServFail, 9),
			"The DNSSEC signatures of mail.example.net are not valid", mail.Warning,
		},
		{"dns.dnssec-bogus", "the name servers are broken", nowhere().explained("mx:example.org", mail.DNSServFail, 22), "", ""},
		{"dns.servfail", "broken signatures explain it", nowhere().explained("mx:example.org", mail.DNSServFail, 7), "", ""},
		{"dns.servfail", "the name servers are broken and say so", nowhere().explained("mx:example.org", mail.DNSServFail, 22), "The DNS of example.org is broken: questions about it end in an error (SERVFAIL)", mail.Critical},

		{"dns.filtered", "the domain is blocked", nowhere().explained("mx:example.org", mail.DNSNXDomain, 15), "The DNS resolver of this network blocks example.org", mail.Critical},
		{"dns.no-such-domain", "a filter hides the domain", nowhere().explained("mx:example.org", mail.DNSNXDomain, 15), "", ""},
		{
			"dns.filtered", "the host of a server is blocked",
			published().works(smtps).dialAt(imaps, "", mail.DNSNXDomain).explained("a:"+host, mail.DNSNXDomain, 17),
			"The DNS resolver of this network blocks imap.example.org", mail.Critical,
		},
		{"dns.filtered", "a place that others are asked at is blocked", good().explained("a:autoconfig.thunderbird.net", mail.DNSNXDomain, 16), "The DNS resolver of this network blocks autoconfig.thunderbird.net", mail.Notice},
		{
			"dns.filtered", "an address that leads nowhere",
			published().works(smtps).dial(mail.PolicyRefused, imaps).answers("a:"+host, "0.0.0.0"),
			"imap.example.org leads to an address that filters use instead of the real one (0.0.0.0)", mail.Critical,
		},
		{
			"dns.filtered", "the page of a firewall",
			published().works(smtps).dial(mail.Timeout, imaps).answers("a:"+host, "208.91.112.55"),
			"imap.example.org leads to an address that filters use instead of the real one (208.91.112.55)", mail.Critical,
		},
		{"dns.filtered", "an old answer is no filter", good().explained("a:"+host, "", 3), "", ""},
		{"dns.filtered", "the text 0.0.0.0 is no address", good().answers("txt:example.org", "0.0.0.0"), "", ""},

		{"dns.hijacked", "a name that nobody can have leads somewhere", good().answers(impossible, "203.0.113.9"), "The DNS resolver of this network invents addresses for names that do not exist", mail.Warning},
		{"dns.hijacked", "it does not exist", good().dns(impossible, mail.DNSNXDomain), "", ""},
		{"dns.hijacked", "a wildcard below the domain", good().answers(random, "192.0.2.80").dns(impossible, mail.DNSNXDomain), "", ""},
		{"dns.wildcard", "nothing is published", nowhere().answers(random, "192.0.2.80").dns(impossible, mail.DNSNXDomain), "Every name below example.org exists (a wildcard), so that servers cannot be guessed", mail.Notice},
		{"dns.wildcard", "the resolver invents it", nowhere().answers(random, "203.0.113.9").answers(impossible, "203.0.113.9"), "", ""},
		{"dns.wildcard", "nobody needs guesses", good().answers(random, "192.0.2.80"), "", ""},

		{
			"dns.srv-unanswered", "nothing else is published", nowhere().dns("srv:_imaps._tcp.example.org", mail.DNSServFail).dns("srv:_imap._tcp.example.org", mail.DNSTimeout),
			"The DNS resolver of this network does not answer questions for SRV records", mail.Error,
		},
		{"discovery.nothing-published", "questions for SRV records are not answered", nowhere().dns("srv:_imaps._tcp.example.org", mail.DNSServFail).dns("srv:_imap._tcp.example.org", mail.DNSTimeout), "", ""},
		{
			"dns.srv-unanswered", "a document names the servers",
			nowhere().says(mail.SourceAutoconfig, mail.TrustAuthenticated, imaps, smtps).works(imaps, smtps).
				dns("srv:_imaps._tcp.example.org", mail.DNSServFail).dns("srv:_imap._tcp.example.org", mail.DNSServFail),
			"The DNS resolver of this network does not answer questions for SRV records", mail.Warning,
		},
		{"dns.srv-unanswered", "one question was lost", nowhere().dns("srv:_imaps._tcp.example.org", mail.DNSTimeout), "", ""},
		{"dns.srv-unanswered", "one is answered", nowhere().dns("srv:_imaps._tcp.example.org", mail.DNSServFail).dns("srv:_imap._tcp.example.org", mail.DNSServFail).dns("srv:_pop3._tcp.example.org", mail.DNSNXDomain), "", ""},
		{
			"dns.srv-unanswered", "the domain fails as a whole",
			nowhere().dns("mx:example.org", mail.DNSServFail).dns("srv:_imaps._tcp.example.org", mail.DNSServFail).dns("srv:_imap._tcp.example.org", mail.DNSServFail), "", "",
		},

		{"dns.resolvers-differ", "they say the same in another order", good().both("a:"+host, "", two, "", "192.0.2.2", "192.0.2.1"), "", ""},
		{"dns.resolvers-differ", "they write a name in another way", good().both("mx:example.org", "", []string{"10 MX.example.org."}, "", "10 mx.example.org."), "", ""},
		{"dns.resolvers-differ", "a text has capitals", good().both("txt:example.org", "", []string{`"A"`}, "", `"a"`), "The resolvers disagree about example.org (TXT)", mail.Warning},
		{"dns.resolvers-differ", "they send people to other addresses", good().both("a:"+host, "", two, "", "203.0.113.1"), "The resolvers give different addresses for imap.example.org", mail.Notice},
		{"dns.resolvers-differ", "one leads inside", good().both("a:"+host, "", []string{"10.0.0.1"}, "", "203.0.113.1"), "The resolvers disagree about imap.example.org (A)", mail.Warning},
		{"dns.resolvers-differ", "they know other mail servers", good().both("mx:example.org", "", []string{"10 mx.example.org."}, "", "10 mx.example.net."), "The resolvers disagree about example.org (MX)", mail.Warning},
		{"dns.resolvers-differ", "only the other one finds the domain", nowhere().both("mx:example.org", mail.DNSNXDomain, nil, "", "10 mx.example.org."), "The resolvers disagree about example.org (MX)", mail.Critical},
		{"dns.no-such-domain", "another resolver finds it", nowhere().both("mx:example.org", mail.DNSNXDomain, nil, "", "10 mx.example.org."), "", ""},
		{"dns.no-such-domain", "only another resolver denies it", good().both("mx:example.org", "", []string{"10 mx.example.org."}, mail.DNSNXDomain), "", ""},
		{
			"dns.resolvers-differ", "only the other one finds a server",
			published().works(smtps).dialAt(imaps, "", mail.DNSNXDomain).both("a:"+host, mail.DNSNXDomain, nil, "", "192.0.2.1"),
			"The resolvers disagree about imap.example.org (A)", mail.Critical,
		},
		{"dns.resolvers-differ", "two types of one name are one finding", good().both("a:"+host, "", two, mail.DNSServFail).both("aaaa:"+host, "", []string{"2001:db8::1"}, mail.DNSServFail), "The resolvers disagree about imap.example.org (A and AAAA)", mail.Warning},
		{"dns.resolvers-differ", "neither finds it", good().both("a:autoconfig.example.org", mail.DNSNXDomain, nil, mail.DNSNoData), "", ""},
		{"dns.resolvers-differ", "the other one did not answer", good().both("a:"+host, "", two, mail.DNSTimeout), "", ""},
		{"dns.resolver-silent", "it answers nothing", good().both("a:"+host, "", two, mail.DNSTimeout).both("aaaa:"+host, mail.DNSNoData, nil, mail.DNSTimeout), "The resolver tls://dns.example:853 does not answer", mail.Warning},
		{"dns.resolver-silent", "one answer came", good().both("a:"+host, "", two, mail.DNSTimeout).both("aaaa:"+host, mail.DNSNoData, nil, mail.DNSNoData), "", ""},
		{"dns.resolver-silent", "no other one answers either", good().both("a:"+host, mail.DNSTimeout, nil, mail.DNSTimeout), "", ""},
		{"dns.resolver-silent", "the run was over", good().both("a:"+host, "", two, mail.Deadline), "", ""},
		{"dns.resolvers-differ", "the other one was too slow", good().both("a:"+host, "", two, mail.Deadline), "", ""},
		{"net.no-dns", "the other one answers", nowhere().both("mx:example.org", mail.DNSTimeout, nil, "", "10 mx.example.org."), "This computer has no working DNS", mail.Critical},
	}
}

func TestAFindingAboutResolversNamesBothSides(t *testing.T) {
	t.Parallel()
	f, _ := nowhere().both("mx:example.org", mail.DNSNXDomain, nil, "", "10 mx.example.org.").judge().finding("dns.resolvers-differ")
	if want := `192.0.2.53:53 says "no such name", tls://dns.example:853 says "10 mx.example.org.". Programs believe the one that they ask.`; f.Detail != want {
		t.Errorf("got %q", f.Detail)
	}
	if len(f.Evidence) != 2 || f.Evidence[1] != "mx:example.org@tls://dns.example:853" {
		t.Errorf("evidence %v", f.Evidence)
	}
}

func TestALameZoneIsToldFromABrokenOne(t *testing.T) {
	t.Parallel()
	const words = " The resolver says: none of the zone's name servers answers it."
	lame, _ := nowhere().explained("mx:example.org", mail.DNSServFail, 22).judge().finding("dns.servfail")
	broken, _ := nowhere().dns("mx:example.org", mail.DNSServFail).judge().finding("dns.servfail")
	if !strings.Contains(lame.Detail, words) || strings.Contains(broken.Detail, "says") {
		t.Errorf("got %q and %q", lame.Detail, broken.Detail)
	}
}

func TestAComputerWithoutDNSIsToldWhatWasTried(t *testing.T) {
	t.Parallel()
	w := nowhere().dns("mx:example.org", mail.DNSTimeout)
	w.Observations[0].Failure.Detail = "MX example.org: no resolver answered (192.0.2.53:53: no answer; tls://dns.example:853: the certificate expired)"
	f, _ := w.judge().finding("net.no-dns")
	if !strings.HasSuffix(f.Detail, " What was tried: 192.0.2.53:53: no answer; tls://dns.example:853: the certificate expired.") {
		t.Errorf("got %q", f.Detail)
	}
}
