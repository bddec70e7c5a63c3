//go:build integration

package integration

import (
	"slices"
	"strings"
	"testing"
)

// arrived gives what became of the test message, and when it was not sent or did not come fails.
func arrived(t *testing.T, r *report, folder string) observation {
	t.Helper()
	for _, role := range []string{"incoming", "outgoing"} {
		if s := r.preferred(t, role); s.Proof != "round-trip" {
			t.Errorf("%s is proved as %s", s.Endpoint, s.Proof)
		}
	}
	i := slices.IndexFunc(r.Observations, func(o observation) bool { return o.Arrived })
	if i < 0 {
		t.Fatalf("no test message arrived: %v", r.findingIDs())
	}
	o := r.Observations[i]
	if o.Folder != folder || !o.Removed {
		t.Errorf("it is in %q, removed %t", o.Folder, o.Removed)
	}
	return o
}

// A mailbox with a message in it, before and after.
func TestATestMessageComesBackAndNothingElseIsTouched(t *testing.T) {
	t.Parallel()
	const user = "kurt@good.test"
	host := the.hosts["good"]
	inbox := setting{Host: "imap.good.test", Port: 993, Security: "tls"}
	said := swaks(t, host.Address, "587", user, password, append(verified(), "--header", "Subject: not mailmedic's")...)
	if !strings.Contains(said, "250 2.0.0 Ok: queued") {
		t.Fatalf("swaks could not send:\n%s", said)
	}
	fetchMessage(t, setting{Host: inbox.Host, Port: inbox.Port, Security: inbox.Security, Username: user}, `"not mailmedic's"`)
	state := func() string {
		c := dialIMAP(t, host.Address, inbox)
		c.command(t, `LOGIN "%s" {%d+}`+"\r\n%s", user, len(password), password)
		status := c.command(t, "STATUS Junk (MESSAGES UIDNEXT UNSEEN RECENT)")
		c.command(t, "EXAMINE INBOX")
		messages := c.command(t, "FETCH 1:* (UID FLAGS RFC822.SIZE)")
		c.command(t, "LOGOUT")
		return withoutTags(status + messages)
	}
	before := state()
	if !strings.Contains(before, "* 1 FETCH (UID 1 FLAGS (") {
		t.Fatalf("the message is not there:\n%s", before)
	}
	r := check(t, user, password, "--send-test", "-f", "json").report(t)
	wantVerdict(t, r, 0, "works", "works")
	o := arrived(t, r, "INBOX")
	if len(o.Hops) < 2 {
		t.Errorf("the hops are %+v", o.Hops)
	}
	if after := state(); after != before {
		t.Errorf("the mailbox was\n%s\nand is\n%s", before, after)
	}
	t.Logf("it came back after %d ms", o.ArrivedMS)
}

// withoutTags leaves the lines of an IMAP server that are the same for the same state.
func withoutTags(replies string) string {
	return strings.Join(slices.DeleteFunc(strings.Split(replies, "\r\n"), func(line string) bool { return !strings.HasPrefix(line, "* ") }), "\n")
}

func TestATestMessageThatIsFiledAsJunk(t *testing.T) {
	t.Parallel()
	r := check(t, "julia@good.test", password, "--send-test", "-f", "json").report(t)
	if o := arrived(t, r, "Junk"); !o.Junk {
		t.Error("it is not said to be junk")
	}
	wantFinding(t, r, "roundtrip.in-junk", "good.test")
}

func TestATestMessageThatIsDeliveredAtTheSecondTry(t *testing.T) {
	t.Parallel()
	late := countConnections(t, lateAddress+":24", "127.0.10.1:24")
	late.shy.Store(true)
	r := check(t, "grete@good.test", password, "--send-test", "-f", "json").report(t)
	wantVerdict(t, r, 0, "works", "works")
	o := arrived(t, r, "INBOX")
	if made := late.made(); made < 2 {
		t.Errorf("it was delivered at try %d", made)
	}
	log, err := the.hosts["good"].log("postfix")
	if err != nil || len(linesWith(log, "to=<grete@good.test>", "status=deferred", "421 4.7.1 Greylisted")) == 0 {
		t.Errorf("nothing was put off: %v", err)
	}
	t.Logf("it came back after %d ms", o.ArrivedMS)
}

func TestATestMessageFromEximToCourier(t *testing.T) {
	t.Parallel()
	r := check(t, "bert@exim.test", hardPassword, "--send-test", "-f", "json").report(t)
	wantVerdict(t, r, 0, "works", "works")
	o := arrived(t, r, "INBOX")
	t.Logf("it came back after %d ms", o.ArrivedMS)
}

func TestATestMessageFromEximToCyrus(t *testing.T) {
	t.Parallel()
	r := check(t, "bert@cyrus.test", hardPassword, "--smtp", "smtp.exim.test:587", "--send-test", "-f", "json").report(t)
	wantVerdict(t, r, 0, "works", "works")
	o := arrived(t, r, "INBOX")
	t.Logf("it came back after %d ms", o.ArrivedMS)
}

// A message to a mailbox that is known to be full would only come back as a bounce.
func TestNoTestMessageGoesToAFullMailbox(t *testing.T) {
	t.Parallel()
	r := check(t, "olga@good.test", password, "--send-test", "-f", "json").report(t)
	wantFinding(t, r, "roundtrip.not-sent", "")
	wantFinding(t, r, "mailbox.full", "")
}

// POP3 shows what has come only to who signs in again.
func TestATestMessageIsFetchedByPOP3(t *testing.T) {
	t.Parallel()
	args := append([]string{"probe", "pop3s://pop.good.test", "smtps://smtp.good.test", "--user", "anna@good.test"}, networked()...)
	r := mailmedic(t, append(args, "--password-file", passwordFile(t, password), "--send-test", "-f", "json")...).report(t)
	arrived(t, r, "INBOX")
}
