package wire

import (
	"errors"
	"strings"
	"testing"
)

func TestTheResolverOption(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"192.0.2.53":              "192.0.2.53:53",
		"192.0.2.53:5353":         "192.0.2.53:5353",
		"2001:db8::53":            "[2001:db8::53]:53",
		"[2001:db8::53]":          "[2001:db8::53]:53",
		"[2001:db8::53]:5353":     "[2001:db8::53]:5353",
		"::ffff:192.0.2.53":       "192.0.2.53:53",
		"dns.example.com":         "",
		"192.0.2.53:0":            "",
		"192.0.2.53:99999":        "",
		"tls://192.0.2.53":        "",
		"https://dns.example/dns": "",
		" ":                       "",
	} {
		n, err := New(Options{Resolver: given})
		if want == "" {
			if !errors.Is(err, errResolver) || !strings.Contains(err.Error(), "192.0.2.53:5353") {
				t.Errorf("%q: the error does not say what to write: %v", given, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", given, err)
			continue
		}
		if got := n.resolver.servers[0].String(); got != want {
			t.Errorf("%q leads to %s, want %s", given, got, want)
		}
		n.Close()
	}
}
