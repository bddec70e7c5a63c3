package wire

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// systemConfig is whom the operating system would ask and how patiently.
type systemConfig struct {
	servers  []netip.AddrPort
	named    bool // the configuration names them; else they are a last resort
	trustAD  bool // the configuration vouches for the AD bit of servers on this machine
	scopes   []systemScope
	attempts int           // how often each server is asked
	try      time.Duration // at most, before the next is asked; 0 for our own measure
}

// A systemScope is a domain for which the system asks other servers.
type systemScope struct {
	domain  string // absolute
	servers []netip.AddrPort
}

const (
	dnsPort = 53
	dotPort = 853 // RFC 7858 section 3.1
)

// SystemResolver in [Options].Resolvers stands for the resolvers of the system.
const SystemResolver = "system"

// errResolver is wrapped by the error of New.
var errResolver = errors.New("not a DNS resolver")

func notResolver(s, write string) error {
	return fmt.Errorf("%w: %q; write %s", errResolver, s, write)
}

// usualAttempts is how often a resolver that the user named is asked.
const usualAttempts = 3

// systemResolver makes the resolver that stands for the system's: the operating
// system's configuration, or the servers that take its place.
func systemResolver(o Options) (*resolver, error) {
	config := systemConfig{attempts: usualAttempts, trustAD: true}
	if len(o.System) == 0 {
		config = systemServers()
	}
	for _, s := range o.System {
		server, err := parseServer(s)
		if err != nil {
			return nil, err
		}
		config.servers = append(config.servers, server)
	}
	r := &resolver{upstreams: plainServers(config.servers, config.trustAD, o.Dial), attempts: config.attempts, try: config.try}
	for _, s := range config.scopes {
		r.scopes = append(r.scopes, scope{s.domain, plainServers(s.servers, config.trustAD, o.Dial)})
	}
	return r, nil
}

func plainServers(addrs []netip.AddrPort, trustAD bool, dial DialFunc) []upstream {
	var list []upstream
	for _, addr := range addrs {
		list = append(list, &plainServer{addr: addr, trustAD: trustAD, dial: dial})
	}
	return list
}

// newResolver makes the resolver that the options name. Encrypted upstreams are
// found by name and verified through the guide, which is made for the first of them.
func (n *Network) newResolver() (*resolver, error) {
	system, err := systemResolver(n.options)
	if err != nil || len(n.options.Resolvers) == 0 {
		return system, err
	}
	r := &resolver{attempts: usualAttempts}
	for _, s := range n.options.Resolvers {
		if s == SystemResolver {
			r.upstreams = append(r.upstreams, system.upstreams...)
			r.scopes = append(r.scopes, system.scopes...)
			continue
		}
		u, err := n.parseUpstream(s)
		if err != nil {
			return nil, err
		}
		r.upstreams = append(r.upstreams, u)
	}
	return r, nil
}

// parseUpstream reads one of the forms that Options.Resolvers lists.
func (n *Network) parseUpstream(s string) (upstream, error) {
	switch scheme, _, _ := strings.Cut(s, "://"); {
	case scheme == s:
		server, err := parseServer(s)
		return &plainServer{addr: server, trustAD: true, dial: n.options.Dial}, err
	case strings.EqualFold(scheme, "tls"):
		server, err := parseTLSServer(s)
		if err != nil {
			return nil, err
		}
		server.guide, err = n.guided()
		return server, err
	case strings.EqualFold(scheme, "https"):
		server, err := parseWebServer(s)
		if err != nil {
			return nil, err
		}
		server.guide, err = n.guided()
		return server, err
	default:
		return nil, notResolver(s, "an IP address, tls://HOST or https://HOST/dns-query")
	}
}

// parseServer reads an IP address with or without a port.
func parseServer(s string) (netip.AddrPort, error) {
	if server, err := netip.ParseAddrPort(s); err == nil && server.Port() != 0 {
		return netip.AddrPortFrom(server.Addr().Unmap(), server.Port()), nil
	}
	addr, err := netip.ParseAddr(unbracketed(s))
	if err != nil {
		return netip.AddrPort{}, notResolver(s, "its IP address, with a port where it is not 53: 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:5353; "+
			"or tls://HOST for DNS over TLS, https://HOST/dns-query for DNS over HTTPS, or system")
	}
	return netip.AddrPortFrom(addr.Unmap(), dnsPort), nil
}

func unbracketed(host string) string {
	if len(host) > 2 && host[0] == '[' && host[len(host)-1] == ']' {
		return host[1 : len(host)-1]
	}
	return host
}

// parseTLSServer reads tls://HOST[:PORT][#NAME].
func parseTLSServer(s string) (*tlsServer, error) {
	const write = "tls://dns.example, tls://192.0.2.53 or tls://192.0.2.53:853#dns.example, where the name behind # is what the certificate has to prove"
	_, rest, _ := strings.Cut(s, "://")
	address, name, named := strings.Cut(rest, "#")
	host, port := address, uint64(dotPort)
	if h, p, err := net.SplitHostPort(address); err == nil {
		host = h
		if port, err = strconv.ParseUint(p, 10, 16); err != nil || port == 0 {
			return nil, notResolver(s, write)
		}
	}
	host, ok := hostOrAddress(unbracketed(host))
	if !ok {
		return nil, notResolver(s, write)
	}
	server := &tlsServer{host: host, port: uint16(port), name: host}
	if named {
		if server.name, ok = hostOrAddress(name); !ok {
			return nil, notResolver(s, write)
		}
	}
	return server, nil
}

// parseWebServer reads https://HOST[:PORT]/PATH.
func parseWebServer(s string) (*webServer, error) {
	const write = "the URL that takes DNS questions, such as https://dns.example/dns-query"
	plain, _, _ := strings.Cut(s, "{") // the URI template of RFC 8484 section 4.1.1 is for GET
	u, err := url.Parse(plain)
	if err != nil || u.User != nil || u.Fragment != "" || u.Opaque != "" || len(u.Path) < 2 {
		return nil, notResolver(s, write)
	}
	if _, ok := hostOrAddress(u.Hostname()); !ok {
		return nil, notResolver(s, write)
	}
	return &webServer{url: u}, nil
}

// hostOrAddress gives the plain form of a host name or IP address.
func hostOrAddress(s string) (string, bool) {
	if addr, err := netip.ParseAddr(s); err == nil {
		return addr.Unmap().String(), true
	}
	s = plainName(s)
	valid := s != "" && len(s) <= 253 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-._") == "" &&
		!strings.Contains(s, "..") && s[0] != '.'
	if _, err := strconv.Atoi(s[strings.LastIndexByte(s, '.')+1:]); err == nil {
		return "", false // an IP address with a mistake
	}
	return s, valid
}
