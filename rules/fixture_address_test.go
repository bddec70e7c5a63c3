package rules

import (
	"testing"

	"github.com/mailmedic/mailmedic/mail"
)

// further is what came of a further address of a server: its handshake, its
// session and the failures of both.
func (w *world) further(text, address string, handshake, session mail.Class, greeting string) *world {
	w.dialAt(text, address, "").observe(mail.Observation{
		ID: "tls:" + text + "#" + address, Kind: mail.KindTLS, Subject: text, Address: address, Failure: failure(handshake, "as it was there"),
		TLSFacts: &mail.TLSFacts{Version: "TLS 1.3", Certificates: []mail.Certificate{goodCertificate()}},
	})
	return w.observe(mail.Observation{
		ID: "session:" + text + "#" + address, Kind: mail.KindSession, Subject: text, Address: address, Failure: failure(session, "as it was there."),
		SessionFacts: &mail.SessionFacts{Greeting: greeting, Capabilities: mail.BothWays{AfterTLS: []string{"AUTH"}}},
	})
}

// changedAt changes what one kind of observation of an address shows.
func (w *world) changedAt(kind mail.Kind, address string, change func(*mail.Observation)) *world {
	for i, o := range w.Observations {
		if o.Kind == kind && o.Address == address {
			change(&w.Observations[i])
		}
	}
	return w
}

func addressFixtures() []fixture {
	const other, v6 = "192.0.2.9", "2001:db8::25"
	return []fixture{
		{
			"ipv6.unreachable", "the IPv6 address is silent", good().dialAt(imaps, v6, mail.Timeout),
			"imap.example.org also has an IPv6 address that does not answer (2001:db8::25)", mail.Warning,
		},
		{
			"ipv6.unreachable", "the IPv6 address refuses", good().dialAt(imaps, v6, mail.Refused),
			"imap.example.org also has an IPv6 address that refuses connections (2001:db8::25)", mail.Warning,
		},
		{"ipv6.unreachable", "there is no IPv6 here", good().dialAt(imaps, v6, mail.Unreachable), "", ""},
		{"ipv6.unreachable", "the run was over before it answered", good().dialAt(imaps, v6, mail.Deadline), "", ""},
		{
			"server.address-dead", "one of several IPv4 addresses is silent", good().dialAt(imaps, other, mail.Timeout),
			"imap.example.org has several addresses, and 192.0.2.9 does not answer", mail.Warning,
		},
		{
			"server.address-dead", "one of several IPv4 addresses refuses", good().dialAt(imaps, other, mail.Refused),
			"imap.example.org has several addresses, and 192.0.2.9 refuses connections", mail.Warning,
		},
		{"server.address-dead", "it is an IPv6 address", good().dialAt(imaps, v6, mail.Timeout), "", ""},
		{
			"server.address-certificate", "a further address has an old certificate", good().further(imaps, other, mail.CertExpired, "", "* OK"),
			"imap.example.org has a bad certificate on one of its addresses only (192.0.2.9)", mail.Warning,
		},
		{
			"server.address-certificate", "the further address has the good one",
			published().works(smtps).shows(mail.CertExpired, goodCertificate(), imaps).further(imaps, other, "", "", "* OK"),
			"imap.example.org has a bad certificate on one of its addresses only (192.0.2.1)", mail.Warning,
		},
		{
			"server.address-certificate", "every address has a bad one",
			published().works(smtps).shows(mail.CertExpired, goodCertificate(), imaps).further(imaps, other, mail.CertExpired, "", "* OK"), "", "",
		},
		{"server.address-certificate", "all addresses are alike", good().further(imaps, other, "", "", "* OK"), "", ""},
		{
			"server.address-other-certificate", "a further address has one that lasts longer",
			good().further(imaps, other, "", "", "* OK").changedAt(mail.KindTLS, other, func(o *mail.Observation) { o.Certificates[0].NotAfter = daysFromToday(80) }),
			"imap.example.org does not have the same certificate on all of its addresses (port 993)", mail.Notice,
		},
		{"server.address-other-certificate", "all addresses are alike", good().further(imaps, other, "", "", "* OK"), "", ""},
		{
			"server.address-other-certificate", "one is bad, which says it all",
			good().further(imaps, other, mail.CertExpired, "", "* OK").changedAt(mail.KindTLS, other, func(o *mail.Observation) { o.Certificates[0].NotAfter = daysFromToday(-2) }), "", "",
		},
		{
			"server.address-other-sign-in", "a further address takes no passwords",
			good().further(imaps, other, "", "", "* OK").changedAt(mail.KindSession, other, func(o *mail.Observation) { o.Mechanisms.AfterTLS = []string{"xoauth2"} }),
			"imap.example.org offers different ways to sign in on its addresses (port 993)", mail.Warning,
		},
		{
			"server.address-other-sign-in", "they stand in another order",
			good().further(imaps, other, "", "", "* OK").changedAt(mail.KindSession, other, func(o *mail.Observation) { o.Mechanisms.AfterTLS = []string{"login", "plain"} }), "", "",
		},
		{"server.address-other-sign-in", "a further address was not asked for them", good().further(imaps, other, "", "", "* OK"), "", ""},
		{
			"server.address-broken", "a further address turns away", good().further(imaps, other, "", mail.GreetingRejected, "* BYE out of order"),
			"imap.example.org does not work on one of its addresses (192.0.2.9)", mail.Warning,
		},
		{
			"server.address-broken", "it has had too many connections, ours",
			good().further(imaps, other, "", mail.GreetingRejected, "* BYE too many connections"), "", "",
		},
		{
			"server.many-addresses", "there are more than are asked", good().skipped(mail.WhyPolicy, imaps+"#"+other),
			"imap.example.org has more addresses than were asked", mail.Notice,
		},
		{"server.many-addresses", "the run ended before", good().skipped(mail.WhyGrace, imaps+"#"+other), "", ""},
	}
}

// seen marks every attempt to connect with where it was made from.
func (w *world) seen(from mail.DialFacts) *world {
	for i, o := range w.Observations {
		if o.Kind == mail.KindDial {
			w.Observations[i].DialFacts = &from
		}
	}
	return w
}

func vantageFixtures() []fixture {
	const proxy = "socks5://proxy.example:1080"
	return []fixture{
		{
			"net.proxy-failed", "it does not answer", published().dial(mail.Unreachable, imaps, smtps).seen(mail.DialFacts{Via: proxy, ViaFailed: true}),
			"The proxy socks5://proxy.example:1080 cannot be used", mail.Critical,
		},
		{"net.proxy-failed", "it connects", good().seen(mail.DialFacts{Via: proxy}), "", ""},
		{
			"net.proxy-failed", "only the server cannot be reached from there",
			published().dial(mail.Unreachable, imaps, smtps).seen(mail.DialFacts{Via: proxy}), "", "",
		},
		{
			"run.vantage", "there is a proxy", good().seen(mail.DialFacts{Via: proxy}),
			"The servers were asked through the proxy socks5://proxy.example:1080", mail.Notice,
		},
		{
			"run.vantage", "the source address is chosen", good().seen(mail.DialFacts{From: "192.0.2.5"}),
			"The servers were asked from the address 192.0.2.5", mail.Notice,
		},
		{"run.vantage", "nothing is chosen", good(), "", ""},
	}
}

func TestAProxyThatFailsLeavesTheVerdictOpen(t *testing.T) {
	t.Parallel()
	j := published().dial(mail.Unreachable, imaps, smtps).seen(mail.DialFacts{Via: "socks5://proxy.example:1080", ViaFailed: true}).judge()
	if j.Verdict.ExitCode != exitInconclusive || j.Verdict.Receive != mail.Unproven || len(j.Findings) != 1 {
		t.Errorf("verdict %+v, findings %v", j.Verdict, idsOf(j.Findings))
	}
}

func TestAFurtherAddressDoesNotSpeakForTheServer(t *testing.T) {
	t.Parallel()
	j := good().further(imaps, "192.0.2.0", mail.CertExpired, mail.Closed, "").judge() // sorts before the good one
	if _, found := j.finding("tls.certificate-expired"); found || j.Verdict.Receive != mail.Ready || j.Settings[0].Proof != mail.Handshake {
		t.Errorf("findings %v, verdict %+v, settings %+v", idsOf(j.Findings), j.Verdict, j.Settings)
	}
}
