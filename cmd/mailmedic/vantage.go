package main

import (
	"net/netip"

	"github.com/spf13/cobra"

	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

// proxyPassword is the environment variable with the password of the proxy's user.
const proxyPassword = "MAILMEDIC_PROXY_PASSWORD"

// vantageFlags say from where servers are seen.
type vantageFlags struct {
	proxy, source string
}

func (f *vantageFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.proxy, "proxy", "", "make every TCP connection through a SOCKS proxy, socks5://[USER@]HOST:PORT `URL`; its password\nis read from "+proxyPassword+"; names are looked up here, and plain DNS is asked directly")
	flags.StringVar(&f.source, "source", "", "make TCP connections from this `address` of this computer; its family is then the only one")
}

// apply puts what the user said over the options of a Network.
func (f *vantageFlags) apply(s *streams, o wire.Options) (wire.Options, error) {
	if f.proxy == "" && f.source == "" {
		return o, nil
	}
	if o.Dial != nil {
		return o, usagef("--proxy and --source go with the real network, and this command has a world of its own")
	}
	if f.proxy != "" {
		p, err := wire.ParseSOCKS(f.proxy)
		if err != nil {
			return o, usagef("--proxy: %w (a password goes into %s)", err, proxyPassword)
		}
		if p.Username != "" {
			p.Password = mail.NewSecret([]byte(s.env(proxyPassword)))
		}
		o.SOCKS = p
	}
	if f.source == "" {
		return o, nil
	}
	addr, err := netip.ParseAddr(f.source)
	addr = addr.Unmap()
	switch {
	case err != nil:
		return o, usagef("--source %q is not an IP address; write one that this computer has", f.source)
	case addr.Is4() && o.OnlyIPv6 || addr.Is6() && o.OnlyIPv4:
		return o, usagef("--source %s is of the family that -4 or -6 leaves out", addr)
	}
	o.Source = addr
	return o, nil
}
