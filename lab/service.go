package lab

import (
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// service is one endpoint of one server.
type service struct {
	serverConfig
	server   int // which of the world's servers it belongs to
	endpoint mail.Endpoint
	at       []netip.Addr
	world    *World
}

// tlsPossible reports whether clients can get an encrypted connection.
func (s *service) tlsPossible() bool {
	return s.endpoint.Security == mail.TLS || s.startTLSWorks()
}

// startTLSAdvertised reports whether the capabilities name STARTTLS.
func (s *service) startTLSAdvertised() bool {
	return s.endpoint.Security == mail.StartTLS && s.StartTLS != "absent" && s.StartTLS != "unadvertised"
}

// startTLSWorks reports whether the command STARTTLS is known, even if only to refuse it.
func (s *service) startTLSWorks() bool {
	return s.endpoint.Security == mail.StartTLS && s.StartTLS != "absent"
}

// mechanisms gives the SASL mechanisms that are offered now, in upper case. A
// server that can encrypt offers none before it does, and port 25 none at all.
func (s *service) mechanisms(encrypted bool) []string {
	list := s.Mechanisms
	if list == nil && s.endpoint.Role() != mail.MX {
		list = []string{"PLAIN", "LOGIN"}
	}
	if !encrypted {
		if s.MechanismsBeforeTLS != nil {
			list = s.MechanismsBeforeTLS
		} else if s.tlsPossible() {
			list = nil
		}
	}
	upper := make([]string, len(list))
	for i, mechanism := range list {
		upper[i] = strings.ToUpper(mechanism)
	}
	return upper
}

// takesPasswords reports whether a mechanism that sends the password is
// offered, and so also the protocol's own commands LOGIN, USER and PASS.
func (s *service) takesPasswords(encrypted bool) bool {
	return slices.ContainsFunc(s.mechanisms(encrypted), func(m string) bool { return m == "PLAIN" || m == "LOGIN" })
}

// capabilities gives the configured list, and usual where there is none.
func (s *service) capabilities(encrypted bool, usual []string) []string {
	configured := s.Capabilities
	if !encrypted && s.tlsPossible() {
		configured = s.CapabilitiesBeforeTLS
	}
	if configured != nil {
		return configured
	}
	return usual
}

// account finds who signs in with a user name and password.
func (s *service) account(user, password string) (Account, bool) {
	for _, a := range s.world.Accounts {
		if len(s.Accounts) > 0 && !slices.Contains(s.Accounts, a.User) {
			continue
		}
		if a.User == user && a.Password == password {
			return a, true
		}
	}
	return Account{}, false
}

// local reports whether a mail address is one that the server takes mail for.
func (s *service) local(address string) bool {
	_, domain, _ := strings.Cut(address, "@")
	if len(s.Domains) > 0 {
		return slices.Contains(s.Domains, strings.ToLower(domain))
	}
	for _, a := range s.world.Accounts {
		if _, own, ok := strings.Cut(a.User, "@"); ok && strings.EqualFold(own, domain) {
			return true
		}
	}
	return false
}

// openServices opens a port for every endpoint. The endpoints of one server
// share its certificate.
func (r *Running) openServices() error {
	configs := map[int]*tls.Config{}
	for _, s := range r.world.services {
		config, ok := configs[s.server]
		if !ok {
			var err error
			if config, err = r.serverTLS(s); err != nil {
				return err
			}
			configs[s.server] = config
		}
		at := make([]netip.AddrPort, len(s.at))
		for i, addr := range s.at {
			at[i] = netip.AddrPortFrom(addr, s.endpoint.Port)
		}
		serve := func(conn net.Conn, nth int) { r.serve(newSession(r, s, config, conn, nth)) }
		if err := r.listen(at, serve); err != nil {
			return err
		}
	}
	return nil
}

func (r *Running) serverTLS(s *service) (*tls.Config, error) {
	var names []string
	for _, e := range s.Endpoints {
		if !slices.Contains(names, e.Host) {
			names = append(names, e.Host)
		}
	}
	certificate, err := r.authority.certificate(s.Certificate, names)
	if err != nil {
		return nil, err
	}
	config := &tls.Config{
		Certificates:           []tls.Certificate{certificate},
		ClientAuth:             clientAuth(s.ClientCertificate),
		ClientCAs:              r.authority.roots(),
		MinVersion:             tls.VersionTLS12,
		SessionTicketsDisabled: true, // nobody comes back
	}
	if len(s.TLSVersions) > 0 {
		config.MinVersion, config.MaxVersion = versionNames[slices.Min(s.TLSVersions)], versionNames[slices.Max(s.TLSVersions)]
	}
	if s.Handshake == "alert" {
		config.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
			return nil, errors.New("refused, as the world wants it") // sends the alert internal_error
		}
	}
	return config, nil
}

// serve has one conversation with a client.
func (r *Running) serve(session *session) {
	s := session.service
	defer session.hangUp()
	switch s.Fault {
	case "reset":
		session.reset()
		return
	case "close":
		return
	case "silent":
		session.listenOnly()
		return
	}
	if s.endpoint.Security == mail.TLS && s.Script == "" && session.upgrade() != nil {
		return
	}
	if s.Script != "" {
		s.world.scripts[s.Script].play(session)
		return
	}
	switch s.endpoint.Protocol {
	case mail.IMAP:
		serveIMAP(session)
	case mail.POP3:
		servePOP3(session)
	case mail.SMTP:
		serveSMTP(session)
	}
}
