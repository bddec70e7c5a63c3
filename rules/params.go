package rules

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// params gives the parameters that every template can use, and those of the hit:
//
//	{who}       the address, or the domain where there is none
//	{domain}    the mail domain
//	{host}      the host of the first server; {hosts} all of them
//	{ports}     the ports of the servers
//	{protocols} IMAP, POP3, SMTP
//	{mode}      how the first server is set: SSL/TLS, STARTTLS, no encryption
//	{task}      receive, send, or both
func (x *index) params(h hit) params {
	p := params{"who": x.Target.DisplayAddress(), "domain": x.Target.DisplayDomain(), "task": x.task(h.servers)}
	if len(h.servers) > 0 {
		first := h.servers[0]
		p["host"] = mail.DisplayName(first.endpoint.Host)
		p["hosts"] = hostsOf(h.servers)
		p["ports"] = portsOf(h.servers)
		p["protocols"] = protocolsOf(h.servers)
		p["mode"] = modeName(first.endpoint.Security)
	}
	maps.Copy(p, h.params)
	return p
}

// task says what the servers are for.
func (x *index) task(servers []*server) string {
	receive := slices.ContainsFunc(servers, func(s *server) bool { return s.in(mail.Incoming) })
	send := slices.ContainsFunc(servers, func(s *server) bool { return s.in(mail.Outgoing) })
	switch {
	case receive && send:
		return "receive and send"
	case receive:
		return "receive"
	case send:
		return "send"
	default:
		return "exchange"
	}
}

func hostsOf(servers []*server) []string {
	return each(servers, func(s *server) string { return mail.DisplayName(s.endpoint.Host) })
}

func portsOf(servers []*server) []string {
	ports := each(servers, func(s *server) string { return strconv.Itoa(int(s.endpoint.Port)) })
	slices.SortFunc(ports, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
	return ports
}

func protocolsOf(servers []*server) []string {
	return each(servers, func(s *server) string { return protocolName(s.endpoint.Protocol) })
}

// each gives the distinct values of a property, in the order of the servers.
func each(servers []*server, property func(*server) string) []string {
	var values []string
	for _, s := range servers {
		if v := property(s); !slices.Contains(values, v) {
			values = append(values, v)
		}
	}
	return values
}

func protocolName(p mail.Protocol) string {
	switch p {
	case mail.IMAP:
		return "IMAP"
	case mail.POP3:
		return "POP3"
	case mail.SMTP:
		return "SMTP"
	}
	return string(p)
}

// modeName gives the words that mail programs use for a security.
func modeName(s mail.Security) string {
	switch s {
	case mail.TLS:
		return "SSL/TLS"
	case mail.StartTLS:
		return "STARTTLS"
	case mail.None:
		return "no encryption"
	}
	return string(s)
}
