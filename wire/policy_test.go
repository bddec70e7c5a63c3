package wire

import (
	"net/netip"
	"testing"
)

func TestPolicy(t *testing.T) {
	t.Parallel()
	const always, ifTold, never = "always", "if told", "never"
	for address, want := range map[string]string{
		"0.0.0.0": always, "0.1.2.3": always, "::": always, "255.255.255.255": always,
		"224.0.0.251": always, "ff02::1": always,
		"169.254.1.1": always, "169.254.169.254": always, "fe80::1": always, "fe80::1%eth0": always,
		"fd00:ec2::254": always, "fd20:ce::254": always, "100.100.100.200": always, "192.0.0.192": always, "168.63.129.16": always,
		"::ffff:169.254.169.254": always, "64:ff9b::a9fe:a9fe": always, "::ffff:0.0.0.0": always,
		"127.0.0.1": ifTold, "127.8.8.8": ifTold, "::1": ifTold, "::ffff:127.0.0.1": ifTold,
		"10.1.2.3": ifTold, "172.16.0.1": ifTold, "192.168.1.1": ifTold, "100.64.0.1": ifTold, "198.18.0.1": ifTold,
		"fd12::1": ifTold, "fec0::1": ifTold, "64:ff9b::a00:1": ifTold,
		"192.0.2.1": never, "172.32.0.1": never, "2001:db8::1": never, "64:ff9b::c000:201": never, "::ffff:192.0.2.1": never,
	} {
		addr := netip.MustParseAddr(address)
		lenient, strict := policy{}.refuses(addr) != "", policy{refusePrivate: true}.refuses(addr) != ""
		got := never
		if lenient {
			got = always
		} else if strict {
			got = ifTold
		}
		if got != want {
			t.Errorf("%s is refused %s, want %s", address, got, want)
		}
		if lenient && !strict {
			t.Errorf("%s: the strict policy allows what the lenient one refuses", address)
		}
		if (policy{anything: true, refusePrivate: true}).refuses(addr) != "" {
			t.Errorf("%s is refused to a proxy", address)
		}
	}
}
