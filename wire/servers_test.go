package wire

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
)

func TestTheResolverOption(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"192.0.2.53":                           "192.0.2.53:53",
		"192.0.2.53:5353":                      "192.0.2.53:5353",
		"2001:db8::53":                         "[2001:db8::53]:53",
		"[2001:db8::53]":                       "[2001:db8::53]:53",
		"[2001:db8::53]:5353":                  "[2001:db8::53]:5353",
		"::ffff:192.0.2.53":                    "192.0.2.53:53",
		"tls://192.0.2.53":                     "tls://192.0.2.53:853",
		"tls://[2001:db8::53]":                 "tls://[2001:db8::53]:853",
		"tls://2001:db8::53":                   "tls://[2001:db8::53]:853",
		"TLS://Dns.Example":                    "tls://dns.example:853",
		"tls://dns.example:8853":               "tls://dns.example:8853",
		"tls://192.0.2.53:853#DNS.example":     "tls://192.0.2.53:853#dns.example",
		"tls://192.0.2.53#dns.example":         "tls://192.0.2.53:853#dns.example",
		"https://dns.example/dns-query":        "https://dns.example/dns-query",
		"https://dns.example/dns-query{?dns}":  "https://dns.example/dns-query",
		"https://[2001:db8::53]:8443/dns":      "https://[2001:db8::53]:8443/dns",
		"system":                               "192.0.2.1:53",
		"":                                     "",
		"dns.example.com":                      "",
		"192.0.2.53:0":                         "",
		"192.0.2.53:99999":                     "",
		"192.0.2.999":                          "",
		" ":                                    "",
		"tls://":                               "",
		"tls://192.0.2.999":                    "",
		"tls://dns.example:0":                  "",
		"tls://dns.example:port":               "",
		"tls://dns example":                    "",
		"tls://dns.example/path":               "",
		"tls://dns.example#":                   "",
		"https://":                             "",
		"https://dns.example":                  "",
		"https://dns.example/":                 "",
		"https://user:word@dns.example/dns":    "",
		"http://dns.example/dns-query":         "",
		"quic://dns.example":                   "",
		"https://192.0.2.999/dns-query":        "",
		"https://dns.example:port/dns-query":   "",
		"tls://192.0.2.53:853#dns.example#two": "",
	} {
		n, err := New(Options{Resolvers: []string{given}, System: []string{"192.0.2.1"}})
		if want == "" {
			if !errors.Is(err, errResolver) || !strings.Contains(err.Error(), "write ") {
				t.Errorf("%q: the error does not say what to write: %v", given, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", given, err)
			continue
		}
		if got := n.resolver.upstreams[0].String(); got != want {
			t.Errorf("%q leads to %s, want %s", given, got, want)
		}
		n.Close()
	}
}

func TestTheSystemsResolversStandWhereNoneIsNamed(t *testing.T) {
	t.Parallel()
	n, err := New(Options{System: []string{"192.0.2.1", "192.0.2.2:5353"}})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	if got := n.resolver.upstreams; len(got) != 2 || got[1].String() != "192.0.2.2:5353" {
		t.Errorf("got %v", got)
	}
	if _, err := New(Options{System: []string{"tls://dns.example"}}); !errors.Is(err, errResolver) {
		t.Errorf("a system resolver that has to be found itself: %v", err)
	}
}

func TestAScopeAnswersForItsNames(t *testing.T) {
	t.Parallel()
	general, office, lab := &plainServer{}, &plainServer{}, &plainServer{}
	r := &resolver{upstreams: []upstream{general}, scopes: []scope{
		{"example.com.", []upstream{office}}, {"lab.example.com.", []upstream{lab}},
	}}
	for name, want := range map[string]upstream{
		"example.com.": office, "mail.example.com.": office, "a.lab.example.com.": lab,
		"notexample.com.": general, "example.net.": general,
	} {
		if got := r.responsible(name); len(got) != 1 || got[0] != want {
			t.Errorf("%s is asked elsewhere", name)
		}
	}
}

func parseResolvers(t *testing.T, texts ...string) []netip.AddrPort {
	t.Helper()
	var list []netip.AddrPort
	for _, text := range texts {
		server, err := parseServer(text)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, server)
	}
	return list
}
