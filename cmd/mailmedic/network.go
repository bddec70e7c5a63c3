package main

import (
	"net/url"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/mailmedic/mailmedic/check"
	"github.com/mailmedic/mailmedic/discover"
	"github.com/mailmedic/mailmedic/lab"
	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

// networkFlags are the flags that every command has that uses the network.
type networkFlags struct {
	resolvers        []string
	compare          bool
	caFile           string
	timeout          time.Duration
	only4, only6     bool
	ispdb            string
	noThirdParty     bool
	allowPrivate     bool
	noAllowPrivate   bool
	transcript       bool
	injectionTest    bool
	imap, pop3, smtp string
	control          []string

	vantage   vantageFlags
	pretended *lab.World // whose control hosts stand in for the usual ones; nil in the real world
}

func (f *networkFlags) register(cmd *cobra.Command, timeout time.Duration) {
	f.registerWorld(cmd, timeout, "time for the whole run")
	cmd.Flags().BoolVar(&f.compare, "compare-resolvers", false, "ask every --resolver and tell where their answers differ")
	cmd.Flags().BoolVar(&f.transcript, "transcript", false, "show the conversations with the servers, secrets removed")
}

// registerWorld adds the flags that say how the world is reached, and for how long.
func (f *networkFlags) registerWorld(cmd *cobra.Command, timeout time.Duration, whole string) {
	flags := cmd.Flags()
	flags.StringArrayVar(&f.resolvers, "resolver", nil, "DNS `resolver` to ask: IP[:PORT], tls://HOST[:PORT][#NAME], https://HOST/PATH or system;\nseveral are asked in turn (default: the system's)")
	flags.StringVar(&f.caFile, "ca-file", "", "PEM `file` of authorities to trust beside the system's")
	flags.DurationVar(&f.timeout, "timeout", timeout, whole)
	flags.BoolVarP(&f.only4, "ipv4", "4", false, "use IPv4 only")
	flags.BoolVarP(&f.only6, "ipv6", "6", false, "use IPv6 only")
	flags.StringVar(&f.ispdb, "ispdb", "", "base `URL` of an ISPDB (default: Thunderbird's)")
	flags.BoolVar(&f.noThirdParty, "no-third-party", false, "ask nobody but the domain's DNS, its servers and those that its records name:\nno ISPDB, no control host")
	flags.BoolVar(&f.allowPrivate, "allow-private", true, "connect to private and loopback addresses")
	flags.BoolVar(&f.noAllowPrivate, "no-allow-private", false, "refuse private and loopback addresses, after resolution")
	f.vantage.register(cmd)
	cmd.MarkFlagsMutuallyExclusive("ipv4", "ipv6")
	cmd.MarkFlagsMutuallyExclusive("allow-private", "no-allow-private")
}

// registerTests adds the flags for what is asked of a server only on request.
func (f *networkFlags) registerTests(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.injectionTest, "injection-test", false, "send servers with STARTTLS a harmless command before the handshake\n(CVE-2011-0411), over one further connection each")
}

// registerControl adds the flag for the hosts that servers are compared with.
func (f *networkFlags) registerControl(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.control, "control-host", nil, "mail server to compare with where all servers fail alike: `HOST`[:PORT] or an endpoint;\nseveral are asked (default: two large providers; see --no-third-party)")
	cmd.MarkFlagsMutuallyExclusive("no-third-party", "control-host")
}

// controls gives the control hosts, none where nobody else may be asked.
func (f *networkFlags) controls() ([]mail.Endpoint, error) {
	switch {
	case f.noThirdParty:
		return nil, nil
	case len(f.control) == 0 && f.pretended != nil:
		return f.pretended.Control, nil
	case len(f.control) == 0:
		return check.DefaultControl(), nil
	}
	var list []mail.Endpoint
	for _, host := range f.control {
		e, err := mail.ParseServer(host)
		if err != nil {
			return nil, usagef("--control-host: %w", err)
		}
		list = append(list, check.ControlOf(e)...)
	}
	return list, nil
}

// registerPins adds the flags that fix one server while the rest is discovered.
func (f *networkFlags) registerPins(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.imap, "imap", "", "use this IMAP server, `host[:port]`, and discover the rest")
	flags.StringVar(&f.pop3, "pop3", "", "use this POP3 server, `host[:port]`, and discover the rest")
	flags.StringVar(&f.smtp, "smtp", "", "use this submission server, `host[:port]`, and discover the rest")
}

// apply puts what the user said over the options of a Network.
func (f *networkFlags) apply(o wire.Options) (wire.Options, error) {
	if f.timeout <= 0 {
		return o, usagef("--timeout %s: it must be longer than nothing, for example 30s", f.timeout)
	}
	if f.compare && len(slices.Compact(slices.Sorted(slices.Values(f.resolvers)))) < 2 {
		return o, usagef("--compare-resolvers needs two resolvers or more; name them, for example --resolver system --resolver tls://dns.example")
	}
	if len(f.resolvers) > 0 {
		o.Resolvers, o.Compare = f.resolvers, f.compare
	}
	if f.caFile != "" {
		roots, err := wire.LoadRoots(f.caFile)
		if err != nil {
			return o, usagef("--ca-file: %w", err)
		}
		o.Roots = roots
	}
	o.OnlyIPv4, o.OnlyIPv6 = f.only4, f.only6
	o.RefusePrivate = f.noAllowPrivate || !f.allowPrivate
	o.UserAgent = "mailmedic/" + versionText()
	return o, nil
}

// discovery says where to look.
func (f *networkFlags) discovery() (discover.Options, error) {
	o := discover.Options{ISPDB: f.ispdb, NoThirdParty: f.noThirdParty}
	if f.ispdb != "" {
		u, err := url.Parse(f.ispdb)
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			return o, usagef("--ispdb %q is not a web address; write the base, for example https://autoconfig.example.org/v1.1/", f.ispdb)
		}
	}
	for _, pin := range []struct {
		flag, server string
		protocol     mail.Protocol
	}{{"--imap", f.imap, mail.IMAP}, {"--pop3", f.pop3, mail.POP3}, {"--smtp", f.smtp, mail.SMTP}} {
		if pin.server == "" {
			continue
		}
		e, err := mail.ParsePin(pin.protocol, pin.server)
		if err != nil {
			return o, usagef("%s: %w", pin.flag, err)
		}
		o.Pins = append(o.Pins, e)
	}
	return o, nil
}

// open opens the network that the flags describe, in a world.
func (f *networkFlags) open(s *streams, world wire.Options) (*wire.Network, error) {
	options, err := f.apply(world)
	if err == nil {
		options, err = f.vantage.apply(s, options)
	}
	if err != nil {
		return nil, err
	}
	network, err := wire.New(options)
	if err != nil {
		return nil, usageError{err}
	}
	return network, nil
}
