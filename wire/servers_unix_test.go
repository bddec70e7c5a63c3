//go:build !windows

package wire

import (
	"strings"
	"testing"
	"time"
)

func TestTheWordOfALocalResolverCountsWhereTheSystemTrustsIt(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"nameserver 127.0.0.53\noptions edns0 trust-ad\n":           true,
		"nameserver 127.0.0.11\noptions ndots:0\n":                  false,
		"nameserver 127.0.0.1\n# options trust-ad\n":                false,
		"nameserver 127.0.0.1\noptions rotate\noptions\ttrust-ad\n": true,
		"nameserver 192.0.2.53\noptions trust-ad\n":                 false, // somebody on the way can set the bit
		"options trust-ad\n":                                        false, // nobody is named
		"":                                                          false,
	} {
		c := parseResolvConf(strings.NewReader(text))
		for _, u := range plainServers(c.servers, c.trustAD, nil) {
			if u.private() != want {
				t.Errorf("%q: %v", text, !want)
			}
		}
	}
}

func TestTheWordOfALocalResolverCountsWhereItIsNamed(t *testing.T) {
	t.Parallel()
	n, err := New(Options{Resolvers: []string{"127.0.0.1:5353"}})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	if !n.resolver.upstreams[0].private() {
		t.Error("it does not")
	}
}

func TestResolvConf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		servers    string
		attempts   int
		try        time.Duration
	}{
		{"the usual", "search corp.example\nnameserver 192.0.2.53\n", "192.0.2.53:53", 2, 5 * time.Second},
		{"options", "nameserver 192.0.2.53\nnameserver 2001:db8::53\noptions timeout:1 attempts:3 edns0\n", "192.0.2.53:53 [2001:db8::53]:53", 3, time.Second},
		{"more than libc takes", "nameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 192.0.2.3\nnameserver 192.0.2.4\n", "192.0.2.1:53 192.0.2.2:53 192.0.2.3:53", 2, 5 * time.Second},
		{"a link-local server", "nameserver fe80::1%eth0\n", "[fe80::1%eth0]:53", 2, 5 * time.Second},
		{"none", "# empty\n", "127.0.0.1:53", 2, 0},
		{"nonsense", "nameserver dns.example\n\x00\x01", "127.0.0.1:53", 2, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := parseResolvConf(strings.NewReader(c.text))
			var servers []string
			for _, s := range got.servers {
				servers = append(servers, s.String())
			}
			if strings.Join(servers, " ") != c.servers || got.attempts != c.attempts || got.try != c.try {
				t.Errorf("got %v", got)
			}
		})
	}
}
