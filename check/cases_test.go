package check_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/mailmedic/mailmedic/check"
	"github.com/mailmedic/mailmedic/lab"
	"github.com/mailmedic/mailmedic/mail"
)

// serverCases are the numbered cases of the catalogue of server behaviours that
// are about first words, offers, encryption, networks and signing in, by group.
func serverCases() map[string][]int {
	return map[string][]int{
		"greetings":  {1, 2, 3, 4, 6, 7, 8, 10, 11, 12, 13, 14, 16, 17, 18, 20, 21, 23, 24, 25, 26},
		"offers":     {28, 30, 32, 33, 34, 36, 37, 39, 40, 41, 42, 43, 44, 46, 47},
		"encryption": {48, 49, 51, 53, 54, 55, 57, 58, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 71, 72, 73, 74},
		"networks":   {92, 94, 95, 97, 99},
		"sign-ins":   {77, 78, 79, 82, 83, 85, 86, 87, 89, 90, 91},
	}
}

// TestEveryCaseOfAServerHasATest counts the cases that a test names, by group;
// go test -v prints the counts.
func TestEveryCaseOfAServerHasATest(t *testing.T) {
	t.Parallel()
	named := namedCases(t, "*_test.go", "../probe/*_test.go", "../wire/*_test.go", "../rules/*_test.go", "../testdata/script/*.txtar")
	for group, cases := range serverCases() {
		for _, number := range cases {
			if !named[strconv.Itoa(number)] {
				t.Errorf("%s: case %d has no test", group, number)
			}
		}
		t.Logf("%-10s %2d", group, len(cases))
	}
}

// namedCases gives the numbers that stand in the names of tests.
func namedCases(t *testing.T, patterns ...string) map[string]bool {
	t.Helper()
	name := regexp.MustCompile(`["# ]case (\d+): `)
	named := map[string]bool{}
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatal("the tests are not there", err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, match := range name.FindAllSubmatch(text, -1) {
				named[string(match[1])] = true
			}
		}
	}
	return named
}

// The numbers in the names are those of the catalogue of server behaviours.
func TestEveryCaseOfAGreetingHasItsFinding(t *testing.T) {
	t.Parallel()
	w := world(t, "case/greetings")
	w.Demo.Address = "greetings.example" // it is about no address
	holdAll(t, w, []serverCase{
		{"case 4: a multi-line greeting without end", "smtp+starttls://c4:587", mail.TooLarge, "server.protocol-fault", "sends more than any mail server has to say"},
		{"case 4: a line without end", "imap+starttls://c4:143", mail.TooLarge, "server.protocol-fault", "sends more than any mail server has to say"},
		{"case 6: random bytes for SMTP", "smtp+starttls://c6:587", mail.ProtocolFault, "server.protocol-fault", "bytes that are no text (d9877ece"},
		{"case 6: random bytes for IMAP", "imap+starttls://c6:143", mail.ProtocolFault, "server.protocol-fault", "is not a mail server"},
		{"case 6: random bytes for POP3", "pop3+starttls://c6:110", mail.ProtocolFault, "server.protocol-fault", "is not a mail server"},
		{"case 6: nothing but NUL", "smtp+starttls://c6nul:587", mail.ProtocolFault, "server.protocol-fault", "bytes that are no text (0000"},
		{"case 7: a banner for terminals", "smtps://c7:465", "", "", ""},
		{"case 8: UTF-8", "smtps://c8:465", "", "", ""},
		{"case 8: Latin-1", "imaps://c8:993", "", "", ""},
		{"case 8: GB18030", "pop3s://c8:995", "", "", ""},
		{"case 10: byte by byte", "smtp+starttls://c10:587", "", "", ""},
		{"case 10: lines that end with LF alone", "pop3s://c10lf:995", "", "server.bare-lf", "ends lines with LF alone"},
		{"case 11: too many connections", "smtps://c11:465", mail.GreetingRejected, "server.too-many-connections", "421 4.7.0 too many connections from your address"},
		{"case 12: busy once", "smtps://c12:465", "", "server.turned-away-once", "450 4.3.2 all server ports are busy"},
		{"case 13: a block notice", "smtp+starttls://c13:587", mail.GreetingRejected, "server.address-blocked", "https://block.example/lookup?ip=198.51.100.9"},
		{"case 14: 521", "smtps://c14:465", mail.GreetingRejected, "server.greeting-rejected", "does not accept mail"},
		{"case 14: 550", "smtps://c14b:465", mail.GreetingRejected, "server.greeting-rejected", "550 5.7.1 no service"},
		{"case 14: 556", "smtps://c14c:465", mail.GreetingRejected, "server.greeting-rejected", "556 5.1.10 no mail here"},
		{"case 16: a reset on connecting", "smtp+starttls://c16:587", mail.Reset, "server.reset", "cuts connections to port 587 off"},
		{"case 16: a reset after the greeting", "smtp+starttls://c16b:587", mail.Reset, "server.reset", "reset before anybody can sign in"},
		{"case 16: no way there", "smtp+starttls://c16c:587", mail.Unreachable, "server.unreachable", "unreachable"},
		{"case 17: BYE", "imaps://c17:993", mail.GreetingRejected, "server.greeting-rejected", "closed until Monday"},
		{"case 18: PREAUTH before TLS", "imap+starttls://c18:143", mail.ProtocolFault, "server.protocol-fault", "as signed in already"},
		{"case 20: no capabilities in the greeting", "imaps://c20:993", "", "", ""},
		{"case 21: capabilities in the greeting", "imap+starttls://c21:143", "", "", ""},
		{"case 23: NO", "imaps://c23:993", mail.ProtocolFault, "server.protocol-fault", "* NO not today"},
		{"case 23: BAD", "imaps://c23b:993", mail.ProtocolFault, "server.protocol-fault", "* BAD what"},
		{"case 23: EXISTS before anything else", "imaps://c23c:993", mail.ProtocolFault, "server.protocol-fault", "* 3 EXISTS"},
		{"case 24: a time stamp", "pop3s://c24:995", "", "", ""},
		{"case 25: down for the moment", "pop3s://c25:995", mail.GreetingRejected, "server.greeting-rejected", "away for the moment"},
		{"case 26: POP3 for IMAP", "imap+starttls://c26:143", mail.ProtocolFault, "server.other-protocol", "Asked in POP3, the port works"},
		{"case 26: IMAP for POP3", "pop3+starttls://c26:110", mail.ProtocolFault, "server.other-protocol", "Asked in IMAP, the port works"},
		{"case 26: SMTP under TLS for IMAP", "imaps://c26:993", mail.ProtocolFault, "server.other-protocol", "Asked in SMTP, the port works"},
		{"case 26: SSH", "smtp+starttls://c26b:587", mail.ProtocolFault, "server.other-protocol", "speaks SSH on port 587, not SMTP"},
		{"case 26: HTTP", "imap+starttls://c26b:143", mail.ProtocolFault, "server.other-protocol", "A web server answers on port 143"},
		{"case 26: FTP", "pop3+starttls://c26b:110", mail.ProtocolFault, "server.other-protocol", "speaks FTP on port 110, not POP3"},
		{"case 26: MySQL", "imap+starttls://c26c:143", mail.ProtocolFault, "server.other-protocol", "speaks MySQL on port 143, not IMAP"},
	}, nil, func(t *testing.T, c serverCase, r run) {
		if broken := r.closing.ExitCode == 1; broken != (c.class != "") {
			t.Errorf("exit code %d", r.closing.ExitCode)
		}
	})
}

// TestEveryCaseOfSomebodyInTheWayHasItsFinding plays worlds in which no server is to blame.
func TestEveryCaseOfSomebodyInTheWayHasItsFinding(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, world, finding string }{
		{"case 97: port 25 is closed to a control host, too", "port-25-blocked", "net.port-25-blocked"},
		{"case 98: a sign-in page answers for everybody", "captive-portal", "net.captive-portal"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := world(t, test.world)
			r := play(t, w, impatient(), func(o *check.Options) { o.Control = w.Control })
			if got := r.findings(); !slices.Equal(got, []string{test.finding}) {
				t.Errorf("findings %v", got)
			}
		})
	}
	t.Run("case 27: one name for servers of two owners", func(t *testing.T) {
		t.Parallel()
		proxied := func(host, address string) string {
			return "[[server]]\nendpoints = [\"smtp+starttls://" + host + ":587\"]\naddresses = [\"" + address + "\"]\ngreeting = \"220 gate.hotel.test ESMTP\"\nstarttls = \"absent\"\n"
		}
		w, err := lab.Parse("proxy", []byte("A proxy\n-- zone --\nsmtp.one.test. A 192.0.2.1\nsmtp.two.test. A 192.0.2.2\n-- servers.toml --\n"+
			proxied("smtp.one.test", "192.0.2.1")+proxied("smtp.two.test", "192.0.2.2")))
		if err != nil {
			t.Fatal(err)
		}
		r := probe(t, w, nil, "smtp+starttls://smtp.one.test:587", "smtp+starttls://smtp.two.test:587")
		r.wantFinding(t, "net.smtp-proxy", "gate.hotel.test")
	})
}

// classOf gives the class of what the last connection to an endpoint came to.
func (r run) classOf(endpoint string) (class mail.Class) {
	for _, e := range r.events {
		o := e.Observation
		if o == nil || o.Subject != endpoint || o.Kind != mail.KindSession && o.Kind != mail.KindDial {
			continue
		}
		class = ""
		if o.Failure != nil {
			class = o.Failure.Class
		}
	}
	return class
}

// wantFinding looks for one finding with words in it, beside which no other
// may be that matters but those named; with an empty id for none that matters.
func (r run) wantFinding(t *testing.T, id, words string, beside ...string) {
	t.Helper()
	found := id == ""
	for _, e := range r.events {
		f := e.Finding
		switch {
		case f == nil:
		case f.ID == id && strings.Contains(f.Title+"\n"+f.Detail, words):
			found = true
		case f.Severity.Rank() <= mail.Warning.Rank() && !slices.Contains(beside, f.ID):
			t.Errorf("finding %s beside it: %s", f.ID, f.Title)
		}
	}
	if !found {
		t.Errorf("no finding %s with %q among %q", id, words, r.findings())
	}
}

// networkWorld is a host whose way is the test's; zone and servers are added to it.
const networkWorld = `A host and the ways to it
-- zone --
$ORIGIN way.example.
mx A 192.0.2.25
%ZONE%
-- servers.toml --
[demo]
address = "way.example"
[[server]]
endpoints = ["smtp+starttls://mx.way.example:25"]
%SERVERS%
`

func TestEveryCaseOfANetworkHasItsFinding(t *testing.T) {
	t.Parallel()
	const (
		mx   = "@ MX 10 mx\n"
		both = mx + "mail A 192.0.2.10\nmail AAAA 2001:db8::10\n"
		srv  = "_imaps._tcp SRV 0 1 993 mail\n_submissions._tcp SRV 0 1 465 mail\n"
	)
	servers := func(address string) string {
		return "[[server]]\nendpoints = [\"imaps://mail.way.example:993\"]\naddresses = [\"" + address + "\"]\n" +
			"[[server]]\nendpoints = [\"smtps://mail.way.example:465\"]\naddresses = [\"" + address + "\"]\n"
	}
	works4, works6 := servers("192.0.2.10"), servers("2001:db8::10")
	fifty := ""
	for i := range 50 {
		fifty += fmt.Sprintf("@ MX %d mx%d\nmx%d A 192.0.2.25\n", i, i, i)
	}
	way := func(to, fault string) string {
		return "[[network]]\nto = [\"" + to + "\"]\nfault = \"" + fault + "\"\n"
	}
	dns := func(name, fault string) string { return "[[dns.fault]]\nname = \"" + name + "\"\n" + fault + "\n" }
	for _, test := range []struct {
		name, zone, servers string
		receive             mail.State
		finding, words      string
		notChecked          int
	}{
		{"case 92: IPv6 is a black hole", both + srv, works4 + way("2001:db8::10", "drop"), mail.Ready, "ipv6.unreachable", "2001:db8::10", 0},
		{"case 92: IPv6 is refused", both + srv, works4, mail.Ready, "ipv6.unreachable", "2001:db8::10", 0},
		{"case 92: IPv4 is a black hole", both + srv, works6 + way("192.0.2.10", "drop"), mail.Ready, "server.address-dead", "192.0.2.10", 0},
		{"case 92: IPv6 alone, and none here", mx + "mail AAAA 2001:db8::10\n" + srv, works6 + way("::/0", "unreachable"), mail.Unproven, "net.no-ipv6", "IPv6", 0},
		{"case 94: names that do not exist lead elsewhere", mx + "mail A 192.0.2.10\n" + srv, works4 + dns("*", `fault = "rewrite"`+"\naddress = \"203.0.113.9\""), mail.Ready, "dns.hijacked", "", 0},
		{"case 94: a wildcard", mx + "* A 192.0.2.99\n", "", mail.NoneSet, "dns.wildcard", "", 4},
		{"case 94: SERVFAIL", mx + "mail A 192.0.2.10\n" + srv, works4 + dns("*.way.example", `fault = "servfail"`) + dns("way.example", `fault = "servfail"`), mail.Unproven, "dns.servfail", "", 0},
		{"case 94: REFUSED", mx + "mail A 192.0.2.10\n" + srv, works4 + dns("*.way.example", `fault = "refused"`) + dns("way.example", `fault = "refused"`), mail.Unproven, "dns.servfail", "", 0},
		{"case 94: truncated over UDP", mx + "mail A 192.0.2.10\n" + srv, works4 + dns("*.way.example", `fault = "truncate"`), mail.Ready, "", "", 0},
		{"case 94: aliases in a circle", mx + "mail CNAME other\nother CNAME mail\n" + srv, "", mail.Broken, "dns.servfail", "", 0},
		{"case 95: null MX", "@ MX 0 .\n", "", mail.NoneSet, "dns.null-mx", "", 4},
		{"case 95: MX to an alias", "@ MX 10 alias\nalias CNAME mx\nmail A 192.0.2.10\n" + srv, works4, mail.Ready, "", "", 0},
		{"case 95: MX to an IP address", "@ MX 10 192.0.2.10.\nmail A 192.0.2.10\n" + srv, works4, mail.Ready, "dns.mx-target-missing", "192.0.2.10", 0},
		{"case 95: MX to localhost", "@ MX 10 localhost.\nmail A 192.0.2.10\n" + srv, works4, mail.Ready, "dns.mx-target-missing", "localhost", 0},
		{"case 95: no MX, an address", "@ A 192.0.2.10\nmail A 192.0.2.10\n" + srv, works4, mail.Ready, "dns.no-mx", "", 0},
		{"case 95: fifty MX", fifty + "mail A 192.0.2.10\n" + srv, works4, mail.Ready, "", "", 46},
		{"case 97: port 25 is blocked, and nothing else", "@ MX 10 mail\nmail A 192.0.2.10\n" + srv, works4 + "[[network]]\nports = [25]\nfault = \"drop\"\n", mail.Ready, "", "", 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w, err := lab.Parse("way", []byte(strings.NewReplacer("%ZONE%", test.zone, "%SERVERS%", test.servers).Replace(networkWorld)))
			if err != nil {
				t.Fatal(err)
			}
			var there lab.Options
			if strings.Contains(test.name, "black hole") {
				there = impatient() // it is seen at once that nothing comes back
			}
			r := play(t, w, there, unhurried)
			if r.closing.Receive != test.receive {
				t.Errorf("receive %s: %s", r.closing.Receive, r.closing.Summary)
			}
			r.wantFinding(t, test.finding, test.words, "discovery.nothing-published")
			if test.notChecked != len(r.closing.NotChecked) {
				t.Errorf("not checked: %+v", r.closing.NotChecked)
			}
		})
	}
}
