package discover

import (
	"encoding/xml"
	"slices"
	"strconv"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// serverXML is a section of a server in an autoconfig document.
type serverXML struct {
	XMLName      xml.Name
	Type         string   `xml:"type,attr"`
	URLs         []string `xml:"url"`
	Hosts        []string `xml:"hostname"`
	Ports        []string `xml:"port"`
	Sockets      []string `xml:"socketType"`
	Usernames    []string `xml:"username"`
	Auth         []string `xml:"authentication"`
	POP3         []popXML `xml:"pop3"`
	Restrictions []string `xml:"restriction"`
	Global       []string `xml:"useGlobalPreferredServer"`
	AddThis      []string `xml:"addThisServer"`
}

// sections are the sections of servers within one element. What has no type and
// is not named like a server is none, and takes no memory.
type sections []serverXML

// maxSections bounds how many sections of one kind are read.
const maxSections = 256

// UnmarshalXML takes one element, as often as the document has one.
func (s *sections) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	typed := slices.ContainsFunc(start.Attr, func(a xml.Attr) bool { return a.Name.Local == "type" })
	if len(*s) == maxSections || !typed && !strings.HasSuffix(start.Name.Local, "Server") {
		return d.Skip()
	}
	var x serverXML
	if err := d.DecodeElement(&x, &start); err != nil {
		return err
	}
	*s = append(*s, x)
	return nil
}

func (x serverXML) protocol() mail.Protocol {
	switch p := mail.Protocol(strings.ToLower(strings.TrimSpace(x.Type))); p {
	case mail.IMAP, mail.POP3, mail.SMTP:
		return p
	default: // ews, owa, graph, jmap … are for other programs
		return ""
	}
}

// server gives the server if all that a client needs is there and known.
func (x serverXML) server(t mail.Target, n *notes) (server, bool) {
	which := string(x.protocol()) + " server " + quote(first(x.Hosts))
	x.noteRepeats(which, n)
	host, err := parseHost(fillIn(first(x.Hosts), t))
	if err != nil {
		n.add("%s is passed over: that is not a host name", which)
		return server{}, false
	}
	port, err := strconv.ParseUint(first(x.Ports), 10, 16)
	if err != nil || port == 0 {
		n.add("%s is passed over: %s is not a port", which, quote(first(x.Ports)))
		return server{}, false
	}
	security, known := x.security(which, n)
	if !known {
		n.add("%s is passed over: the socketType %s is unknown, and guessing could mean no encryption", which, quote(first(x.Sockets)))
		return server{}, false
	}
	auth := saslNames(x.Auth, which, n)
	if len(auth) == 0 && len(x.Auth) > 0 {
		n.add("%s is passed over: it names no known way to sign in", which)
		return server{}, false
	}
	x.noteAdvice(which, n)
	return server{
		endpoint: mail.Endpoint{Protocol: x.protocol(), Security: security, Host: host, Port: uint16(port)},
		username: x.username(which, t, n),
		filled:   strings.Contains(first(x.Usernames), "%EMAIL"),
		auth:     auth,
		leave:    x.leaveOnServer(which, n),
	}, true
}

// noteRepeats says which elements stand there more often than they may.
func (x serverXML) noteRepeats(which string, n *notes) {
	for _, element := range []struct {
		name string
		list []string
	}{{"hostname", x.Hosts}, {"port", x.Ports}, {"socketType", x.Sockets}, {"username", x.Usernames}} {
		if len(element.list) > 1 {
			n.add("%s has more than one %s; the first counts here, in other programs the last", which, element.name)
		}
	}
}

// security reads a socketType. What is unknown is never taken for plain.
func (x serverXML) security(which string, n *notes) (mail.Security, bool) {
	text := first(x.Sockets)
	security, known := socketSecurity(text)
	if known && !slices.Contains([]string{"SSL", "STARTTLS", "plain"}, text) {
		n.add("%s: the socketType is written %s, which not every program understands", which, quote(text))
	}
	return security, known
}

func socketSecurity(socketType string) (mail.Security, bool) {
	switch strings.ToLower(socketType) {
	case "ssl", "tls", "ssl/tls":
		return mail.TLS, true
	case "starttls":
		return mail.StartTLS, true
	case "plain":
		return mail.None, true
	default:
		return "", false
	}
}

// username fills in the user name. What cannot be filled in stays readable.
func (x serverXML) username(which string, t mail.Target, n *notes) string {
	text := first(x.Usernames)
	name := fillIn(plainText(text), t)
	if text != "" && name == "" {
		n.add("%s: the user name cannot be one and is passed over", which)
	}
	if t.Address != "" && strings.Contains(text, "%") && strings.Contains(name, "%") && !strings.Contains(t.Address, "%") {
		n.add("%s: the user name %s has a placeholder that nobody knows", which, quote(text))
	}
	return name
}

// noteAdvice says what concerns mail programs and their users rather than servers.
func (x serverXML) noteAdvice(which string, n *notes) {
	for _, r := range x.Restrictions {
		if strings.EqualFold(strings.TrimSpace(r), "client-IP-address") {
			n.add("%s works only from the provider's own network", which)
			continue
		}
		n.add("%s has the restriction %s", which, quote(r))
	}
	if strings.EqualFold(first(x.Global), "true") {
		n.add("%s: programs are told to use their default outgoing server in its place", which)
	}
	if strings.EqualFold(first(x.AddThis), "false") {
		n.add("%s: programs are told not to add it", which)
	}
}

// service gives the service of a section that is reached by a URL or a host.
func (x serverXML) service(kind string, t mail.Target) (mail.Service, bool) {
	if page := serviceURL(fillIn(first(x.URLs), t)); page != "" {
		return mail.Service{Type: kind, URL: page}, true
	}
	host, err := parseHost(fillIn(first(x.Hosts), t))
	port, portErr := strconv.ParseUint(first(x.Ports), 10, 16)
	security, known := socketSecurity(first(x.Sockets))
	if err != nil || portErr != nil || port == 0 || !known {
		return mail.Service{}, false
	}
	return mail.Service{Type: kind, Host: host, Port: uint16(port), Security: security}, true
}

// saslNames translates a list of authentication elements; what is unknown is skipped.
func saslNames(list []string, which string, n *notes) []string {
	var names []string
	for _, text := range list {
		name := saslName(strings.TrimSpace(text))
		if name == "" {
			n.add("%s: the authentication %s is unknown and passed over", which, quote(text))
		} else if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func saslName(authentication string) string {
	switch strings.ToLower(authentication) {
	case "password-cleartext", "plain":
		return "plain"
	case "password-encrypted", "secure":
		return "cram-md5"
	case "oauth2", "oauth":
		return "oauth2"
	case "tls-client-cert":
		return "external"
	case "ntlm", "gssapi", "client-ip-address", "none":
		return strings.ToLower(authentication)
	default:
		return ""
	}
}
