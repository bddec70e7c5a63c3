package wire

import (
	"context"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"

	"github.com/mailmedic/mailmedic/mail"
)

// told writes answers as "mx:example.com@192.0.2.54:53 dns-nxdomain, …".
func told(answers []Answer) string {
	var words []string
	for _, a := range answers {
		words = append(words, strings.TrimSpace(a.Observation.ID+" "+string(classIn(a.Failure()))))
	}
	return strings.Join(words, ", ")
}

func TestComparisons(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &world{servers: map[string]func(net.Conn){
			"udp4 192.0.2.53:53": mailZone.answerer(t).overPipe,
			"udp4 192.0.2.54:53": zone("example.com. MX 10 mx.example.net.").answerer(t).overPipe,
			"udp4 192.0.2.55:53": nil,
		}}
		n := w.network(t, Options{Resolvers: []string{resolverAddress, "192.0.2.54", "192.0.2.55"}, Compare: true})
		begin := time.Now()
		first := n.Lookup(t.Context(), "example.com", "MX")
		n.Lookup(t.Context(), "mx1.example.com", "A")
		if time.Since(begin) != 0 || first.Observation.ID != "mx:example.com" || first.Observation.Resolver != "192.0.2.53:53" {
			t.Errorf("after %v: %+v", time.Since(begin), first.Observation)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		others := n.Comparisons(ctx)
		if got, want := told(others), "a:mx1.example.com@192.0.2.54:53 dns-nxdomain, a:mx1.example.com@192.0.2.55:53 deadline, "+
			"mx:example.com@192.0.2.54:53, mx:example.com@192.0.2.55:53 deadline"; got != want {
			t.Errorf("got %s", got)
		}
		if time.Since(begin) != 2*time.Second {
			t.Errorf("it took %v", time.Since(begin))
		}
		second := others[2]
		if second.Question() != "mx:example.com" || second.Observation.Resolver != "192.0.2.54:53" || second.MX[0].Host != "mx.example.net" {
			t.Errorf("got %+v", second)
		}
		if first.Question() != "mx:example.com" {
			t.Errorf("the question of the first answer is %s", first.Question())
		}
	})
}

func TestNothingIsComparedUnlessItIsWanted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &world{servers: map[string]func(net.Conn){"udp4 192.0.2.53:53": mailZone.answerer(t).overPipe}}
		n := w.network(t, Options{Resolvers: []string{resolverAddress, "192.0.2.54"}})
		n.Lookup(t.Context(), "example.com", "MX")
		if got := n.Comparisons(t.Context()); len(got) != 0 || len(w.tries()) != 1 {
			t.Errorf("got %s after %v", told(got), w.tries())
		}
	})
}

func TestTheOneThatFailedIsComparedWithTheOneThatAnswered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &world{servers: map[string]func(net.Conn){
			"udp4 192.0.2.53:53": answerer(func(q *dns.Msg) *dns.Msg { return new(dns.Msg).SetRcode(q, dns.RcodeServerFailure) }).overPipe,
			"udp4 192.0.2.54:53": mailZone.answerer(t).overPipe,
		}}
		n := w.network(t, Options{Resolvers: []string{resolverAddress, "192.0.2.54"}, Compare: true})
		if a := n.Lookup(t.Context(), "example.com", "MX"); a.Observation.Resolver != "192.0.2.54:53" {
			t.Errorf("from %s: %v", a.Observation.Resolver, a.Failure())
		}
		if got := told(n.Comparisons(t.Context())); got != "mx:example.com@192.0.2.53:53 "+string(mail.DNSServFail) {
			t.Errorf("got %s", got)
		}
	})
}
