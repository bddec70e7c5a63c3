package mail

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Protocol is the application protocol of a mail server.
type Protocol string

// The protocols that mailmedic speaks.
const (
	IMAP Protocol = "imap" // RFC 9051, RFC 3501
	POP3 Protocol = "pop3" // RFC 1939
	SMTP Protocol = "smtp" // RFC 5321; submission is RFC 6409
)

// Role says what a server is used for.
type Role string

// The roles. An MX is a candidate that is probed, never a setting.
const (
	Incoming Role = "incoming" // a mail program fetches mail there
	Outgoing Role = "outgoing" // message submission, RFC 6409
	MX       Role = "mx"       // server to server on port 25, RFC 5321
)

// Security is how a connection becomes encrypted.
type Security string

// The three ways; RFC 8314 prefers them in this order.
const (
	TLS      Security = "tls"      // implicit TLS: the handshake is the first thing on the wire
	StartTLS Security = "starttls" // a command upgrades the connection, RFC 3207, RFC 2595
	None     Security = "none"     // no encryption
)

// Endpoint names one way to reach one server. The zero value is invalid.
//
// Its text form, in and out, is imaps://host:993 for implicit TLS,
// imap+starttls://host:143 for STARTTLS and imap://host:143 for no encryption,
// likewise for pop3 and smtp. IPv6 literals stand in brackets.
type Endpoint struct {
	Protocol Protocol
	Security Security
	Host     string // a name in A-labels, lower case, without a final dot; or an IP address
	Port     uint16
}

// String gives the text form of e.
func (e Endpoint) String() string {
	scheme := string(e.Protocol)
	switch e.Security {
	case TLS:
		scheme += "s"
	case StartTLS:
		scheme += "+starttls"
	case None:
	}
	return scheme + "://" + e.HostPort()
}

// HostPort gives host:port, with brackets around an IPv6 address.
func (e Endpoint) HostPort() string {
	host := e.Host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return host + ":" + strconv.Itoa(int(e.Port))
}

// Role gives the role that e plays unless a source says otherwise: an SMTP
// server on port 25 is an MX, any other is for submission.
func (e Endpoint) Role() Role {
	switch {
	case e.Protocol != SMTP:
		return Incoming
	case e.Port == 25:
		return MX
	default:
		return Outgoing
	}
}

// MarshalText implements encoding.TextMarshaler.
func (e Endpoint) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler. It takes the full form only.
func (e *Endpoint) UnmarshalText(text []byte) error {
	parsed, err := ParseEndpoint(string(text))
	if err == nil {
		*e = parsed
	}
	return err
}

// A StandardPort is a port that a mail service has by registration.
type StandardPort struct {
	Port     uint16
	Protocol Protocol
	Security Security
}

// StandardPorts returns the seven standard ports, the ones to prefer first:
// implicit TLS before STARTTLS (RFC 8314), IMAP before POP3.
func StandardPorts() []StandardPort {
	return []StandardPort{
		{993, IMAP, TLS},
		{143, IMAP, StartTLS},
		{995, POP3, TLS},
		{110, POP3, StartTLS},
		{465, SMTP, TLS},
		{587, SMTP, StartTLS},
		{25, SMTP, StartTLS},
	}
}

// DefaultPort gives the registered port of a protocol and security, and 0 where there is none.
func DefaultPort(p Protocol, s Security) uint16 {
	for _, std := range StandardPorts() {
		if std.Protocol == p && (std.Security == s || s == None && std.Security == StartTLS) {
			return std.Port
		}
	}
	return 0
}

// ErrEndpoint is wrapped by every error of [ParseEndpoint].
var ErrEndpoint = errors.New("not a server that mailmedic can ask")

// ParseEndpoint reads the text form of an endpoint, or host:port with a
// standard port, whose protocol and security follow from the port.
// An unknown scheme, a missing or unknown port and a malformed host are errors
// that wrap [ErrEndpoint] and say what to write instead.
func ParseEndpoint(s string) (Endpoint, error) {
	if namesUser(s) {
		return Endpoint{}, fmt.Errorf("%w: a user name and a password are no part of it; write imaps://imap.example.org", ErrEndpoint)
	}
	scheme, rest, hasScheme := strings.Cut(s, "://")
	if !hasScheme {
		scheme, rest = "", s
	}
	host, port, err := splitHostPort(strings.TrimSuffix(rest, "/"))
	if err != nil {
		return Endpoint{}, fmt.Errorf("%w: %q: %w", ErrEndpoint, s, err)
	}
	e := Endpoint{Host: host, Port: port}
	if !hasScheme {
		for _, std := range StandardPorts() {
			if std.Port == port {
				e.Protocol, e.Security = std.Protocol, std.Security
				return e, nil
			}
		}
		return Endpoint{}, fmt.Errorf("%w: %q: the port does not tell the protocol; write it in front, for example imaps://%s", ErrEndpoint, s, rest)
	}
	if e.Protocol, e.Security, err = parseScheme(scheme); err != nil {
		return Endpoint{}, fmt.Errorf("%w: %q: %w", ErrEndpoint, s, err)
	}
	if e.Port == 0 {
		e.Port = DefaultPort(e.Protocol, e.Security)
	}
	return e, nil
}

// namesUser reports whether a text has a user name or a password where a URL has
// them. It must not be said back then: a secret appears in no output.
func namesUser(s string) bool {
	_, rest, isURL := strings.Cut(s, "://")
	if !isURL {
		rest = s
	}
	at := strings.LastIndexByte(rest, '@')
	return at >= 0 && (isURL || strings.Contains(rest[:at], ":"))
}

// ParseServer reads what a person names a server with: what [ParseEndpoint]
// takes, or a host alone. Of the latter, Protocol, Security and Port are empty.
// Its errors wrap [ErrEndpoint] and say what to write instead.
func ParseServer(s string) (Endpoint, error) {
	if host, port, err := splitHostPort(s); err == nil && port == 0 {
		return Endpoint{Host: host}, nil
	}
	return ParseEndpoint(s)
}

func parseScheme(scheme string) (Protocol, Security, error) {
	for _, p := range []Protocol{IMAP, POP3, SMTP} {
		switch strings.ToLower(scheme) {
		case string(p):
			return p, None, nil
		case string(p) + "s":
			return p, TLS, nil
		case string(p) + "+starttls":
			return p, StartTLS, nil
		}
	}
	return "", "", fmt.Errorf("unknown scheme %q; use imaps, imap+starttls, imap, or the same with pop3 or smtp", scheme)
}

// splitHostPort splits host, host:port, [v6], [v6]:port and a bare IPv6 address. Port 0 means none given.
func splitHostPort(s string) (string, uint16, error) {
	if addr, err := netip.ParseAddr(s); err == nil {
		return addr.String(), 0, nil
	}
	host, portText := s, ""
	if i := strings.LastIndexByte(s, ':'); i >= 0 && !strings.HasSuffix(s, "]") {
		host, portText = s[:i], s[i+1:]
		if portText == "" {
			return "", 0, errors.New("a port is missing after the colon")
		}
	}
	var port uint16
	if portText != "" {
		n, err := strconv.ParseUint(portText, 10, 16)
		if err != nil || n == 0 {
			return "", 0, fmt.Errorf("%q is not a port from 1 to 65535", portText)
		}
		port = uint16(n)
	}
	if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		addr, err := netip.ParseAddr(host[1 : len(host)-1])
		if err != nil || !addr.Is6() {
			return "", 0, fmt.Errorf("%s is not an IPv6 address", host)
		}
		return addr.String(), port, nil
	}
	if addr, err := netip.ParseAddr(host); err == nil && addr.Is4() {
		return addr.String(), port, nil
	}
	name, err := ParseDomain(host)
	return name, port, err
}
