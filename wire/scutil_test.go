package wire

import (
	"fmt"
	"strings"
	"testing"
)

const scutilOutput = `DNS configuration

resolver #1
  search domain[0] : home.example
  nameserver[0] : 192.0.2.1
  nameserver[1] : fe80::1%en0
  if_index : 6 (en0)
  flags    : Request A records
  reach    : 0x00020002 (Reachable,Directly Reachable Address)

resolver #2
  domain   : local
  options  : mdns
  nameserver[0] : 224.0.0.251
  timeout  : 5
  flags    : Request A records
  reach    : 0x00000000 (Not Reachable)
  order    : 300000

resolver #3
  domain   : Corp.example
  nameserver[0] : 10.8.0.1
  nameserver[1] : 10.8.0.2
  port     : 5353
  flags    : Supplemental, Request A records

resolver #4
  domain   : empty.example
  flags    : Request A records

DNS configuration (for scoped queries)

resolver #1
  nameserver[0] : 198.51.100.1
  if_index : 6 (en0)
  flags    : Scoped, Request A records
`

func TestScutil(t *testing.T) {
	t.Parallel()
	named := systemConfig{servers: parseResolvers(t, "192.0.2.9"), named: true, attempts: 2}
	fallback := systemConfig{servers: parseResolvers(t, "127.0.0.1"), attempts: 2}
	for _, c := range []struct {
		name            string
		given           systemConfig
		output          string
		servers, scopes string
	}{
		{"a VPN has resolvers for its domain", named, scutilOutput, "[192.0.2.9:53]", "corp.example.[10.8.0.1:5353 10.8.0.2:5353]"},
		{"resolv.conf names nobody", fallback, scutilOutput, "[192.0.2.1:53 [fe80::1%en0]:53]", "corp.example.[10.8.0.1:5353 10.8.0.2:5353]"},
		{"nothing is printed", named, "", "[192.0.2.9:53]", ""},
		{"something else is printed", fallback, "No DNS configuration available\n : \nresolver #\nnameserver[x] : y\n", "[127.0.0.1:53]", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := withScutil(c.given, strings.NewReader(c.output))
			var list []string
			for _, s := range got.scopes {
				list = append(list, fmt.Sprint(s.domain, s.servers))
			}
			if servers, scopes := fmt.Sprint(got.servers), strings.Join(list, " "); servers != c.servers || scopes != c.scopes {
				t.Errorf("servers %s, scopes %s", servers, scopes)
			}
		})
	}
}
