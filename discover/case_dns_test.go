package discover

import (
	"strings"
	"testing"

	"github.com/mailmedic/mailmedic/mail"
)

func TestCasesOfTheDNS(t *testing.T) {
	t.Parallel()
	both := []mail.Role{mail.Incoming, mail.Outgoing}
	runCases(t, []caseTest{
		{
			name:  "case 60: all targets are kept, in the order of RFC 2782",
			world: "-- zone --\n_imaps._tcp SRV 20 0 993 c\n_imaps._tcp SRV 10 1 993 b\n_imaps._tcp SRV 10 9 993 a\n",
			claims: []string{
				"imaps://a.example.org:993 srv dns", "imaps://b.example.org:993 srv dns", "imaps://c.example.org:993 srv dns",
			},
		},
		{
			name:     "case 62: a service that is not offered is not guessed either",
			world:    "-- zone --\nimap A 192.0.2.2\n_imap._tcp SRV 0 0 0 .\n_imaps._tcp SRV 0 0 993 imap\n",
			guess:    both,
			claims:   []string{ownIMAP + " srv dns"},
			notes:    map[string]string{"srv:_imap._tcp.example.org": "says that it has no _imap"},
			notAsked: []string{"guess imap+starttls://imap.example.org:143"},
		},
		{
			name:   "case 63: implicit TLS alone is an answer for submission",
			world:  "-- zone --\n_submissions._tcp SRV 0 0 465 smtp\n",
			claims: []string{"smtps://smtp.example.org:465 srv dns"},
		},
		{
			name:   "case 65: a port that does not fit is tried as published, and noted",
			world:  "-- zone --\n_imaps._tcp SRV 0 0 143 imap\n",
			claims: []string{"imaps://imap.example.org:143 srv dns"},
			notes:  map[string]string{"srv:_imaps._tcp.example.org": "port 143 of imap.example.org is unusual for _imaps"},
		},
		{
			name:   "case 66: a target that is an alias is a target",
			world:  "-- zone --\n_imaps._tcp SRV 0 0 993 imap\nimap CNAME box\nbox A 192.0.2.2\n",
			claims: []string{ownIMAP + " srv dns"},
		},
		{
			name:   "case 67: a target elsewhere needs the user's consent",
			world:  "-- zone --\n_imaps._tcp SRV 0 0 993 imap.hoster.example.\n",
			claims: []string{"imaps://imap.hoster.example:993 srv redirected"},
			notes:  map[string]string{"srv:_imaps._tcp.example.org": "a program has to ask its user"},
		},
		{
			name:     "case 70: one question without an answer costs only itself",
			world:    "-- zone --\n_imaps._tcp SRV 0 0 993 imap\n-- servers.toml --\n[[dns.fault]]\nname = \"_pop3s._tcp.example.org\"\nfault = \"servfail\"\n",
			claims:   []string{ownIMAP + " srv dns"},
			failures: map[string]mail.Class{"srv:_pop3s._tcp.example.org": mail.DNSServFail},
			notes:    map[string]string{"srv:_pop3s._tcp.example.org": "whether there is a record is not known"},
		},
		{
			name:  "case 71: submission is filled in from another source",
			world: "-- zone --\n_imaps._tcp SRV 0 0 993 imap\nsmtp A 192.0.2.4\n",
			guess: []mail.Role{mail.Outgoing},
			claims: []string{
				ownIMAP + " srv dns", "smtp+starttls://smtp.example.org:587 guess guess", "smtps://smtp.example.org:465 guess guess",
			},
		},
		{
			name:     "case 72: a domain without mail is not guessed at",
			world:    "-- zone --\n@ MX 0 .\nimap A 192.0.2.2\n",
			guess:    both,
			claims:   []string{},
			notes:    map[string]string{"mx:example.org": "takes no mail"},
			notAsked: []string{"guess imap.example.org"},
		},
		{
			name:   "case 73: without MX the usual names are still guessed",
			world:  "-- zone --\n@ A 192.0.2.1\nimap A 192.0.2.2\n",
			guess:  []mail.Role{mail.Incoming},
			claims: []string{"imap+starttls://imap.example.org:143 guess guess", ownIMAP + " guess guess"},
		},
		{
			name:     "case 74: a domain that does not exist",
			world:    "-- zone --\n@ TXT x\n",
			target:   "anna@gmial.example",
			guess:    both,
			claims:   []string{},
			failures: map[string]mail.Class{"mx:gmial.example": mail.DNSNXDomain},
			notAsked: []string{"guess imap.gmial.example"},
		},
		{
			name:   "case 77: nothing above a public suffix is asked",
			world:  "-- zone --\n@ MX 10 com.pl.\n",
			silent: []string{"autoconfig.com.pl", "autoconfig.pl", "/com.pl", "/pl"},
		},
		{
			name:   "case 78: an MX host of the domain itself leads to nothing that was not asked",
			world:  "-- zone --\n@ MX 10 mx\nmx A 192.0.2.1\n",
			silent: []string{"autoconfig.mx.example.org"},
		},
		{
			name:     "case 79: Microsoft 365 is known by its MX host",
			world:    "-- zone --\n@ MX 10 example-org.mail.protection.outlook.com.\nmail A 192.0.2.3\n",
			guess:    []mail.Role{mail.Incoming},
			notAsked: []string{"guess example-org.mail.protection.outlook.com"},
		},
		{
			name:     "case 80: Google Workspace is known by its MX host",
			world:    "-- zone --\n@ MX 1 smtp.google.com.\n",
			guess:    both,
			notAsked: []string{"guess smtp.google.com"},
		},
		{
			name:     "case 81: a filter in front is not taken for the mail server",
			world:    "-- zone --\n@ MX 10 mxa-1.gslb.pphosted.com.\n$ORIGIN pphosted.com.\nmxa-1.gslb A 192.0.2.1\n",
			guess:    both,
			claims:   []string{},
			notes:    map[string]string{"mx:example.org": "filter or forwarder in front of the mailbox"},
			notAsked: []string{"mx mxa-1.gslb.pphosted.com", "guess mxa-1.gslb.pphosted.com"},
			silent:   []string{"autoconfig.pphosted.com"},
		},
		{
			name:  "case 83: only the whole name counts",
			world: "-- zone --\n@ TXT x\n$ORIGIN live.example.org.\nimap A 192.0.2.2\n", target: "anna@live.example.org",
			claims: []string{},
		},
		{
			name:     "case 85: a bogus answer is no absence",
			world:    "-- zone --\n_imaps._tcp SRV 0 0 993 imap\n-- servers.toml --\n[[dns.fault]]\nname = \"_imaps._tcp.example.org\"\nfault = \"bogus\"\nede = 6\n",
			claims:   []string{},
			failures: map[string]mail.Class{"srv:_imaps._tcp.example.org": mail.DNSServFail},
			notes:    map[string]string{"srv:_imaps._tcp.example.org": "fails DNSSEC validation"},
		},
		{
			name:     "case 85: a blocked answer says nothing of the domain",
			world:    "-- zone --\n@ MX 10 mx\nimap A 192.0.2.2\n-- servers.toml --\n[[dns.fault]]\nname = \"example.org\"\ntype = \"MX\"\nfault = \"nxdomain\"\nede = 15\n",
			guess:    []mail.Role{mail.Incoming},
			claims:   []string{"imap+starttls://imap.example.org:143 guess guess", ownIMAP + " guess guess"},
			notes:    map[string]string{"mx:example.org": "by a policy of its own"},
			failures: map[string]mail.Class{"mx:example.org": mail.DNSNXDomain},
		},
		{
			name:     "case 86: a resolver that answers no SRV question is said to",
			world:    "-- zone --\nautoconfig A 192.0.2.81\n-- servers.toml --\n[[dns.fault]]\nname = \"*\"\ntype = \"SRV\"\nfault = \"refused\"\n-- web/autoconfig.example.org/mail/config-v1.1.xml --\n" + imapDocument("imap.example.org"),
			claims:   []string{ownIMAP + " autoconfig authenticated"},
			failures: map[string]mail.Class{"srv:_imaps._tcp.example.org": mail.DNSServFail},
			notes:    map[string]string{"srv:_imaps._tcp.example.org": "not known"},
		},
		{
			name:   "case 87: upper case and a final dot change nothing, and no search domain is added",
			world:  "-- zone --\n_imaps._tcp SRV 0 0 993 IMAP.Example.ORG.\n",
			target: "anna@EXAMPLE.Org.",
			claims: []string{ownIMAP + " srv dns"},
			asked:  []string{"srv:_imaps._tcp.example.org"},
			silent: []string{"example.org.example.org"},
		},
		{
			name: "case 90: mailconf names a document within the domain",
			world: "-- zone --\n@ TXT \"mailconf=https://conf.example.org/c.xml\"\n@ TXT \"v=spf1 -all\"\nconf A 192.0.2.82\n-- web/conf.example.org/c.xml --\n" +
				imapDocument("imap.example.org"),
			claims: []string{ownIMAP + " txt dns"},
			silent: []string{"c.xml?"},
		},
		{
			name: "mailconf with placeholders is asked about the postmaster",
			world: "-- zone --\n@ TXT \"mailconf=https://conf.example.org/%EMAILDOMAIN%/c.xml?u=%EMAILADDRESS%\"\nconf A 192.0.2.82\n-- web/conf.example.org/example.org/c.xml --\n" +
				strings.ReplaceAll(imapDocument("imap.example.org"), "%EMAILADDRESS%", "postmaster"),
			usernames: []string{"anna"}, asked: []string{"https://conf.example.org/example.org/c.xml?u=postmaster@example.org"},
		},
		{
			name: "case 90: mailconf leads elsewhere and is trusted less",
			world: "-- zone --\n@ TXT \"mailconf=https://conf.hoster.example/c.xml\"\nconf.hoster.example. A 192.0.2.82\n-- web/conf.hoster.example/c.xml --\n" +
				imapDocument("imap.hoster.example"),
			claims: []string{"imaps://imap.hoster.example:993 txt redirected"},
		},
		{
			name: "case 90: mailconf over http, to an IP address or with a user name is not followed",
			world: "-- zone --\n@ TXT \"mailconf=http://conf.example.org/c.xml\"\n@ TXT \"mailconf=https://192.0.2.82/c.xml\"\n@ TXT \"mailconf=https://me@conf.example.org/c.xml\"\nconf A 192.0.2.82\n-- web/conf.example.org/c.xml --\n" +
				imapDocument("imap.example.org"),
			claims: []string{},
			notes:  map[string]string{"txt:example.org": "it is not https"},
			silent: []string{"c.xml"},
		},
		{
			name:     "a wildcard is told from a name",
			world:    "-- zone --\n* A 192.0.2.9\n",
			guess:    both,
			claims:   []string{},
			notes:    map[string]string{"a:" + randomName("example.org"): "a wildcard"},
			notAsked: []string{"guess imap.example.org"},
		},
		{
			name:     "a resolver that invents addresses is told from a wildcard",
			world:    "-- zone --\n@ TXT x\n-- servers.toml --\n[[dns.fault]]\nname = \"*\"\nfault = \"rewrite\"\naddress = \"203.0.113.9\"\n",
			guess:    both,
			claims:   []string{},
			notes:    map[string]string{"a:" + randomName("example.org"): "the resolver invents addresses", "a:" + randomName("invalid"): "somebody rewrites"},
			notAsked: []string{"guess imap.example.org"},
		},
	})
}

func TestCase68ATargetWithTheDomainsCertificateStaysATarget(t *testing.T) {
	t.Parallel()
	// Which name a certificate has to hold is found out by the handshake; here
	// the target and the domain that it is for both have to arrive there.
	out := run(t, "-- zone --\n_imaps._tcp SRV 0 0 993 email\nemail A 192.0.2.2\n").discover("anna@example.org", Options{})
	claim := out.claim(t, "imaps://email.example.org:993", mail.SourceSRV)
	if strings.Join(claim.Evidence, " ") != "srv:_imaps._tcp.example.org" {
		t.Errorf("the claim rests on %v", claim.Evidence)
	}
}

func TestCase82AWebHostsDocumentAndTheProviderByMXAreBothKept(t *testing.T) {
	t.Parallel()
	out := run(t, autoconfigWorld(strings.ReplaceAll(inDocument(goodIMAP), "imap.example.org", "mail.example.org"),
		"@ MX 0 example-org.mail.protection.outlook.com.\n")).discover("anna@example.org", Options{})
	claims := out.claims()
	for _, want := range []string{"imaps://mail.example.org:993 autoconfig authenticated", "imaps://outlook.office365.com:993 provider vouched"} {
		if !contains(claims, want) {
			t.Errorf("%s is missing in %v", want, claims)
		}
	}
	if out.Provider == nil || out.Provider.ID != "microsoft365" {
		t.Errorf("the provider is %+v", out.Provider)
	}
}

func TestCasesOfPACC(t *testing.T) {
	t.Parallel()
	world := func(document string, records ...string) string {
		text := "-- zone --\nua-auto-config A 192.0.2.83\n"
		for _, r := range records {
			text += "_ua-auto-config TXT " + r + "\n"
		}
		return text + "-- web/ua-auto-config.example.org/.well-known/user-agent-configuration.json --\n" + document + "\n"
	}
	good := digestRecord(paccGood + "\n")
	authenticated := []string{
		ownIMAP + " pacc authenticated", "pop3s://pop.example.org:995 pacc authenticated", "smtps://smtp.example.org:465 pacc authenticated",
	}
	runCases(t, []caseTest{
		{
			name: "case 88: a document whose digest the DNS holds", world: world(paccGood, `"`+good+`"`),
			claims: authenticated, usernames: []string{"anna@example.org"},
			services: []string{
				"caldav https://dav.example.org/cal pacc authenticated", "carddav https://dav.example.org/card pacc authenticated",
				"jmap https://jmap.example.org/session pacc authenticated", "managesieve sieve.example.org:4190/starttls pacc authenticated",
			},
			failures: map[string]mail.Class{paccPlace: "ok", "txt:_ua-auto-config.example.org": "ok"},
		},
		{
			name:   "case 88: of several digests any may match, unknown tags and split records are fine",
			world:  world(paccGood, `"`+digestRecord("older")+`"`, `"x=1; `+good[:30]+`" "`+good[30:]+`; y=2"`),
			claims: authenticated,
		},
		{
			name: "case 88: a document that does not match is ignored and reported", world: world(paccGood, `"`+digestRecord("another")+`"`),
			claims: []string{}, services: nil, failures: map[string]mail.Class{paccPlace: mail.HTTPBody},
		},
		{
			name: "without a digest the document is a hint that programs ignore", world: world(paccGood),
			claims: []string{ownIMAP + " pacc dns", "pop3s://pop.example.org:995 pacc dns", "smtps://smtp.example.org:465 pacc dns"},
			notes:  map[string]string{paccPlace: "programs that keep to the draft ignore it"},
		},
		{
			name: "a record of another algorithm vouches for nothing", world: world(paccGood, `"v=UAAC1; a=sha3; d=AAAA"`),
			notes: map[string]string{paccPlace: "ignore it", "txt:_ua-auto-config.example.org": `the algorithm "sha3" is unknown`},
		},
		{
			name: "a web page is no PACC document", world: world("<!DOCTYPE html>", `"`+digestRecord("<!DOCTYPE html>\n")+`"`),
			claims: []string{}, failures: map[string]mail.Class{paccPlace: mail.HTTPBody},
		},
	})
}

func TestServicesBesideMailAreCarried(t *testing.T) {
	t.Parallel()
	runCases(t, []caseTest{
		{
			name:   "by SRV records",
			world:  "-- zone --\n_jmap._tcp SRV 0 1 8443 jmap\n_jmap._tcp SRV 5 1 443 jmap.hoster.example.\n_sieve._tcp SRV 0 0 4190 sieve\n",
			claims: []string{},
			services: []string{
				"jmap https://jmap.example.org:8443/.well-known/jmap srv dns", "jmap https://jmap.hoster.example/.well-known/jmap srv redirected",
				"managesieve sieve.example.org:4190/starttls srv dns",
			},
		},
		{
			name:     "a service that is not offered",
			world:    "-- zone --\n_jmap._tcp SRV 0 0 0 .\n",
			services: nil,
			notes:    map[string]string{"srv:_jmap._tcp.example.org": "no such service"},
		},
		{
			name:     "by the well-known place, which wants a sign-in",
			world:    "-- zone --\n@ A 192.0.2.80\n-- servers.toml --\n[[web]]\nhost = \"example.org\"\n[[page]]\nurl = \"https://example.org/.well-known/jmap\"\nstatus = 401\n",
			services: []string{"jmap https://example.org/.well-known/jmap jmap authenticated"},
			notes:    map[string]string{"https://example.org/.well-known/jmap": "nothing was sent"},
		},
		{
			name: "by the well-known place, which redirects elsewhere",
			world: "-- zone --\n@ A 192.0.2.80\napi.hoster.example. A 192.0.2.84\n-- servers.toml --\n[[page]]\nurl = \"https://example.org/.well-known/jmap\"\nstatus = 302\nlocation = \"https://api.hoster.example/session\"\n" +
				"-- web/api.hoster.example/session --\n{\"capabilities\": {}, \"apiUrl\": \"https://api.hoster.example/\"}\n",
			services: []string{"jmap https://api.hoster.example/session jmap redirected"},
		},
		{
			name:     "a web page at the well-known place",
			world:    "-- zone --\n@ A 192.0.2.80\n-- web/example.org/.well-known/jmap --\n<!DOCTYPE html>\n",
			failures: map[string]mail.Class{"https://example.org/.well-known/jmap": mail.HTTPBody},
		},
		{
			name: "by an autoconfig document, and the better trust counts",
			world: autoconfigWorld(strings.Replace(inDocument(goodIMAP), "</clientConfig>", `<calendar type="caldav"><url>https://dav.example.org/%EMAILADDRESS%</url></calendar>`+
				`<setupServer type="managesieve"><hostname>sieve.example.org</hostname><port>4190</port><socketType>STARTTLS</socketType></setupServer></clientConfig>`, 1),
				"_sieve._tcp SRV 0 0 4190 sieve\n"),
			services: []string{
				"caldav https://dav.example.org/anna@example.org autoconfig authenticated", "managesieve sieve.example.org:4190/starttls autoconfig authenticated",
			},
		},
	})
}
