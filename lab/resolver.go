package lab

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"

	"github.com/miekg/dns"
)

// A resolver is one recursive name server of a world. It knows the world's zone,
// but for the names that its own section has otherwise.
type resolver struct {
	Address netip.Addr `toml:"address"`
	access

	zone   *zone
	signed []string // names below have valid signatures
	faults []dnsFault
}

// readZone reads a section zone@ADDRESS.
func (s *sections) readZone(address, text string) error {
	addr, err := netip.ParseAddr(address)
	if err != nil {
		return fmt.Errorf("what stands behind @ is not the address of a resolver: %w", err)
	}
	s.zones[addr], err = parseZone(text, "")
	return err
}

// addResolvers puts the resolvers together, the system's first.
func (w *World) addResolvers(s sections) error {
	system := resolver{Address: w.dns.Resolver, access: w.dns.access}
	if !system.Address.IsValid() {
		system.Address = defaultResolver
	}
	for _, c := range append([]resolver{system}, s.config.Others...) {
		if !c.Address.IsValid() || slices.ContainsFunc(w.resolvers, func(o *resolver) bool { return o.Address == c.Address }) {
			return errors.New("every resolver needs an address of its own")
		}
		if err := c.check(w.zone); err != nil {
			return fmt.Errorf("resolver %s: %w", c.Address, err)
		}
		w.resolvers = append(w.resolvers, &c)
	}
	for _, r := range w.resolvers {
		r.zone, r.signed = w.zone.with(s.zones[r.Address]), w.dns.Secure
		delete(s.zones, r.Address)
		for _, f := range w.dns.Faults {
			if !f.Resolver.IsValid() || f.Resolver == r.Address {
				r.faults = append(r.faults, f)
			}
		}
	}
	for addr := range s.zones {
		return fmt.Errorf("zone@%s: there is no resolver of this address", addr)
	}
	return nil
}

// check looks over the ways to ask the resolver, and gives its hosts the
// addresses that they need to be found.
func (s *resolver) check(z *zone) error {
	if err := oneOf("certificate.kind", s.Certificate.Kind, certificateKinds); err != nil {
		return err
	}
	hosts := []string{s.TLS}
	if s.HTTPS != "" {
		u, err := url.Parse(s.HTTPS)
		if err != nil || u.Scheme != "https" || u.Host == "" || len(u.Path) < 2 {
			return fmt.Errorf("https = %q, want a URL such as https://dns.example/dns-query", s.HTTPS)
		}
		hosts = append(hosts, u.Host)
	}
	for _, host := range hosts {
		if _, exists := z.at(dns.Fqdn(host)); host == "" || exists || len(z.addresses(host)) > 0 {
			continue
		}
		qtype := "A"
		if s.Address.Is6() {
			qtype = "AAAA"
		}
		rr, err := dns.NewRR(fmt.Sprintf("%s %s %s", dns.Fqdn(host), qtype, s.Address))
		if err != nil {
			return fmt.Errorf("host %q: %w", host, err)
		}
		z.add(rr)
	}
	return nil
}

// openEncrypted opens the ports for DNS over TLS and over HTTPS.
func (r *Running) openEncrypted(s *resolver) error {
	if s.TLS != "" {
		config, err := r.resolverTLS(s, s.TLS)
		if err != nil {
			return err
		}
		at := netip.AddrPortFrom(s.Address, dotPort)
		if err := r.listen([]netip.AddrPort{at}, func(conn net.Conn, _ int) { r.answerStream(s, tls.Server(conn, config)) }); err != nil {
			return err
		}
	}
	if s.HTTPS == "" {
		return nil
	}
	at, _ := url.Parse(s.HTTPS) // was parsed before
	config, err := r.resolverTLS(s, at.Host)
	if err != nil {
		return err
	}
	l, err := r.listenTCP()
	if err != nil {
		return err
	}
	r.tcp[netip.AddrPortFrom(s.Address, schemePort("https"))] = realAddress(l.Addr())
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+at.Path, func(w http.ResponseWriter, req *http.Request) { r.answerHTTPS(s, w, req) })
	return r.serveHTTP(tls.NewListener(l, config), mux)
}

// resolverTLS makes a certificate for the host and the address of a resolver.
func (r *Running) resolverTLS(s *resolver, host string) (*tls.Config, error) {
	certificate, err := r.authority.certificate(s.Certificate, []string{host, s.Address.String()})
	return &tls.Config{Certificates: []tls.Certificate{certificate}, SessionTicketsDisabled: true}, err
}

// answerHTTPS answers a question that was posted (RFC 8484 section 4).
func (r *Running) answerHTTPS(s *resolver, w http.ResponseWriter, req *http.Request) {
	const media = "application/dns-message"
	body, err := io.ReadAll(io.LimitReader(req.Body, dns.MaxMsgSize))
	if err != nil || req.Header.Get("Content-Type") != media {
		http.Error(w, "want "+media, http.StatusUnsupportedMediaType)
		return
	}
	reply := r.answer(s, body, false)
	if reply == nil { // as a server that hears nothing from those behind it
		select {
		case <-req.Context().Done():
		case <-r.ctx.Done():
		}
		return
	}
	packed, err := reply.Pack()
	if err != nil {
		http.Error(w, "the answer does not fit", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", media)
	_, _ = w.Write(packed) // a client that has left needs no answer
}
