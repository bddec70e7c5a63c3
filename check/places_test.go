package check_test

import (
	"net/netip"
	"testing"

	"github.com/mailmedic/mailmedic/lab"
	"github.com/mailmedic/mailmedic/mail"
)

// TestSecondConnectionsToSilentPortsKeepToThePlacesOfAHost: every port waits for
// a ClientHello and is asked as if it did not. All places are taken by sessions
// that wait, so that one more is given to one of them at a time.
func TestSecondConnectionsToSilentPortsKeepToThePlacesOfAHost(t *testing.T) {
	t.Parallel()
	named := []string{
		"imap+starttls://imap.crowd.example:993", "smtp+starttls://imap.crowd.example:465",
		"pop3+starttls://imap.crowd.example:995", "imap+starttls://imap.crowd.example:1993",
	}
	r, c := inCrowd(t, func(int, uint16) bool { return false }, named...)
	for _, e := range named {
		if got := r.classOf(e); got != mail.PlaintextExpected {
			t.Errorf("%s: %q", e, got)
		}
	}
	if c.most != 5 || len(c.ports) != 8 {
		t.Errorf("%d connections at once, to %v", c.most, c.ports)
	}
}

// TestAGuessIsLookedIntoOnlyWhereNobodyPublishesAServer counts the connections
// to a guessed server whose handshakes break.
func TestAGuessIsLookedIntoOnlyWhereNobodyPublishesAServer(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		published string
		dials     int
	}{
		"a published server is refused": {"_imaps._tcp SRV 0 1 993 gone\ngone A 192.0.2.99\n", 1},
		"nobody publishes anything":     {"", 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, err := lab.Parse("guess", []byte("A guess\n-- zone --\n$ORIGIN guess.example.\n@ MX 10 mx\nmx A 192.0.2.25\nimap A 192.0.2.10\n"+want.published+
				"-- servers.toml --\n[demo]\naddress = \"guess.example\"\n[[server]]\nendpoints = [\"imaps://imap.guess.example:993\"]\nhandshake = \"reset\"\n"))
			if err != nil {
				t.Fatal(err)
			}
			r := play(t, w, lab.Options{}, nil)
			dials := 0
			for _, d := range r.journal.Dials {
				if d.To == netip.MustParseAddrPort("192.0.2.10:993") {
					dials++
				}
			}
			if dials != want.dials {
				t.Errorf("%d connections, want %d", dials, want.dials)
			}
		})
	}
}
