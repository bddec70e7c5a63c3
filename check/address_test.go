package check_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mailmedic/mailmedic/check"
	"github.com/mailmedic/mailmedic/lab"
	"github.com/mailmedic/mailmedic/mail"
)

func TestEveryAddressHasItsOwnTruth(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ world, finding, says string }{
		{"dead-ipv6", "ipv6.unreachable", "does not answer (2001:db8::10)"},
		{"case/address-refused", "ipv6.unreachable", "refuses connections (2001:db8::10)"},
		{"case/address-certificate", "server.address-certificate", "(192.0.2.11)"},
		{"case/address-differs", "server.address-other-certificate", "does not have the same certificate on all of its addresses (port 993)"},
		{"case/address-differs", "server.address-other-sign-in", "different ways to sign in on its addresses (port 993)"},
		{"case/address-many", "server.many-addresses", "more addresses than were asked"},
	} {
		t.Run(test.world+" "+test.finding, func(t *testing.T) {
			t.Parallel()
			r := play(t, world(t, test.world), lab.Options{}, func(o *check.Options) { o.SetGrace(20 * time.Second) })
			found := slices.ContainsFunc(r.events, func(e mail.Event) bool {
				return e.Finding != nil && e.Finding.ID == test.finding && strings.Contains(e.Finding.Title, test.says)
			})
			if !found {
				t.Errorf("findings %v lack %s: %s", r.findings(), test.finding, test.says)
			}
			if !r.closing.Complete {
				t.Errorf("not checked: %v", r.closing.NotChecked)
			}
		})
	}
}

func TestAFurtherAddressGetsNoPassword(t *testing.T) {
	t.Parallel()
	r := play(t, world(t, "case/address-certificate"), lab.Options{}, nil)
	tries := map[string]int{}
	for _, l := range r.journal.Logins {
		tries[l.Endpoint.String()]++
	}
	for e, n := range tries {
		if n > 1 {
			t.Errorf("%s saw the password %d times", e, n)
		}
	}
	if len(tries) == 0 {
		t.Error("nobody signed in")
	}
}

func TestAnAddressThatNeverEndsIsCutAfterTheGrace(t *testing.T) {
	t.Parallel()
	const text = `One of two machines takes connections and says nothing
-- zone --
$ORIGIN halfway.example.
@                  MX    10 mail
mail               A     192.0.2.10
mail               A     192.0.2.11
_imap._tcp         SRV   0 1 143 mail
_submissions._tcp  SRV   0 1 465 mail
-- servers.toml --
[demo]
address = "anna@halfway.example"

[[server]]
endpoints = ["imap+starttls://mail.halfway.example:143"]
addresses = ["192.0.2.10"]

[[server]]
endpoints = ["imap+starttls://mail.halfway.example:143"]
addresses = ["192.0.2.11"]
fault = "silent"

[[server]]
endpoints = ["smtps://mail.halfway.example:465", "smtp+starttls://mail.halfway.example:25"]
`
	w, err := lab.Parse("halfway", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	r := play(t, w, lab.Options{}, func(o *check.Options) { o.SetGrace(500 * time.Millisecond) })
	want := mail.NotChecked{Subject: "imap+starttls://mail.halfway.example:143#192.0.2.11", Why: mail.WhyGrace}
	if !slices.Contains(r.closing.NotChecked, want) {
		t.Errorf("not checked %v, want %v among it", r.closing.NotChecked, want)
	}
	if r.closing.Receive != mail.Ready || r.closing.TookMS > 4000 {
		t.Errorf("receiving is %s after %d ms", r.closing.Receive, r.closing.TookMS)
	}
}
