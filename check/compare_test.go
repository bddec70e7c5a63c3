package check_test

import (
	"strings"
	"testing"

	"github.com/mailmedic/mailmedic/check"
	"github.com/mailmedic/mailmedic/lab"
	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

const disagreeing = `Two domains about which two resolvers disagree
-- zone --
one.example. MX 10 mx.one.example.
two.example. MX 10 mx.two.example.
-- zone@192.0.2.54 --
one.example. MX 10 mx.else.example.
two.example. MX 10 mx.else.example.
-- servers.toml --
[[resolver]]
address = "192.0.2.54"
`

func TestRunsThatShareANetworkCompareTheirOwnQuestions(t *testing.T) {
	t.Parallel()
	w, err := lab.Parse("disagreeing", []byte(disagreeing))
	if err != nil {
		t.Fatal(err)
	}
	running, err := w.Start(t.Context(), lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer running.Close()
	o := running.Network()
	o.Resolvers, o.Compare = []string{wire.SystemResolver, "192.0.2.54"}, true
	network, err := wire.New(o)
	if err != nil {
		t.Fatal(err)
	}
	defer network.Close()
	for _, domain := range []string{"one.example", "two.example"} {
		target, err := mail.ParseTarget(domain)
		if err != nil {
			t.Fatal(err)
		}
		compared, differ := 0, 0
		check.Discover(t.Context(), target, check.Options{Network: network}, func(e mail.Event) {
			switch {
			case e.Observation != nil && strings.HasSuffix(e.Observation.ID, "@192.0.2.54:53"):
				compared++
				if other := map[string]string{"one.example": "two.example", "two.example": "one.example"}[domain]; wire.InDomain(e.Observation.Subject, other) {
					t.Errorf("%s is told %s", domain, e.Observation.ID)
				}
			case e.Finding != nil && e.Finding.ID == "dns.resolvers-differ":
				differ++
				if e.Finding.Subject != domain || len(e.Finding.Evidence) != 2 {
					t.Errorf("%s: %+v", domain, e.Finding)
				}
			}
		})
		if compared < 10 || differ != 1 {
			t.Errorf("%s: %d answers to compare, %d findings", domain, compared, differ)
		}
	}
}
