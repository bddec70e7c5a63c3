package discover

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// poxRequest asks for the settings of an address, [MS-OXDSCLI] section 2.2.3.1.
// There is no place for a password in it.
func poxRequest(address string) []byte {
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="utf-8"?>` +
		`<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"><Request><EMailAddress>`)
	_ = xml.EscapeText(&b, []byte(address)) // a buffer takes everything
	b.WriteString(`</EMailAddress><AcceptableResponseSchema>` +
		`http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a` +
		`</AcceptableResponseSchema></Request></Autodiscover>`)
	return b.Bytes()
}

// The elements of an answer that are read; of a repeated one the first counts.
type (
	poxXML struct {
		Responses []struct {
			Errors []struct {
				Codes    []string `xml:"ErrorCode"`
				Messages []string `xml:"Message"`
			} `xml:"Error"`
			Accounts []poxAccountXML `xml:"Account"`
		} `xml:"Response"`
	}
	poxAccountXML struct {
		RedirectURLs  []string         `xml:"RedirectUrl"`
		RedirectAddrs []string         `xml:"RedirectAddr"`
		Protocols     []poxProtocolXML `xml:"Protocol"`
	}
	poxProtocolXML struct {
		TypeAttr   string   `xml:"Type,attr"`
		Types      []string `xml:"Type"`
		Servers    []string `xml:"Server"`
		Ports      []string `xml:"Port"`
		Logins     []string `xml:"LoginName"`
		Domains    []string `xml:"DomainRequired"`
		SPA        []string `xml:"SPA"`
		SSL        []string `xml:"SSL"`
		Encryption []string `xml:"Encryption"`
		AuthNeeded []string `xml:"AuthRequired"`
		EWS        []string `xml:"EwsUrl"`
	}
)

// poxAnswer is what Autodiscover says: settings, another place or address to
// ask, or an error. The user names are those of the address that it was asked
// about.
type poxAnswer struct {
	content
	redirectURL, redirectAddr string
	code, message             string
}

// parsePOX reads an answer, [MS-OXDSCLI] section 2.2.4. Unknown elements and
// protocols are ignored, and so is a server that lacks what it needs; the notes
// say so. On error the answer is nothing.
func parsePOX(body []byte) (poxAnswer, error) {
	decoder := newDecoder(body)
	root, err := rootElement(decoder)
	if err != nil || root.Name.Local != "Autodiscover" {
		return poxAnswer{}, errNotAutodiscover
	}
	var doc poxXML
	if err := decoder.DecodeElement(&doc, &root); err != nil {
		return poxAnswer{}, fmt.Errorf("an answer of Autodiscover with broken XML: %w", err)
	}
	var a poxAnswer
	for _, response := range doc.Responses {
		for _, e := range response.Errors {
			if a.code == "" {
				a.code, a.message = plainText(first(e.Codes)), plainText(first(e.Messages))
			}
		}
		for _, account := range response.Accounts {
			a.readAccount(account)
		}
	}
	return a, nil
}

func (a *poxAnswer) readAccount(x poxAccountXML) {
	if a.redirectURL == "" {
		a.redirectURL = plainText(first(x.RedirectURLs))
	}
	if a.redirectAddr == "" {
		a.redirectAddr = plainText(first(x.RedirectAddrs))
	}
	for _, p := range x.Protocols {
		a.readProtocol(p)
	}
}

// refusal says what an error means. 600 is the answer to a request that is not
// understood, which shows that the service is there.
func (a poxAnswer) refusal() string {
	text := "Autodiscover answered error " + quote(a.code)
	if a.message != "" {
		text += ": " + quote(a.message)
	}
	if a.code == "600" {
		text += "; the service exists and found fault with the request"
	}
	return text
}

// readProtocol takes one section of a server.
func (a *poxAnswer) readProtocol(x poxProtocolXML) {
	kind := first(x.Types)
	if kind == "" {
		kind = strings.TrimSpace(x.TypeAttr)
	}
	p := mail.Protocol(strings.ToLower(kind))
	switch p {
	case mail.IMAP, mail.POP3, mail.SMTP:
		if srv, ok := x.server(p, &a.notes); ok {
			a.addServer(srv)
		}
		return
	case "caldav", "carddav":
		if page := serviceURL(first(x.Servers)); page != "" {
			a.addService(mail.Service{Type: string(p), URL: page})
			return
		}
	}
	if page := serviceURL(first(x.EWS)); page != "" {
		a.addService(mail.Service{Type: "ews", URL: page})
	}
	a.notes.add("settings of type %s are for other programs", quote(kind))
}

// server gives the server if all that a client needs is there or has a default.
func (x poxProtocolXML) server(p mail.Protocol, n *notes) (server, bool) {
	which := string(p) + " server " + quote(first(x.Servers))
	host, err := parseHost(first(x.Servers))
	if err != nil {
		n.add("%s is passed over: that is not a host name", which)
		return server{}, false
	}
	port, err := x.port()
	if err != nil {
		n.add("%s is passed over: %s is not a port", which, quote(first(x.Ports)))
		return server{}, false
	}
	security, known := x.security(p, port, which, n)
	if !known {
		n.add("%s is passed over: the Encryption %s is unknown, and guessing could mean no encryption", which, quote(first(x.Encryption)))
		return server{}, false
	}
	if port == 0 {
		port = mail.DefaultPort(p, security)
		n.add("%s names no port; %d is the usual one", which, port)
	}
	if strings.EqualFold(first(x.Domains), "on") {
		n.add("%s wants the Windows domain in front of the user name", which)
	}
	return server{
		endpoint: mail.Endpoint{Protocol: p, Security: security, Host: host, Port: port},
		username: plainText(first(x.Logins)),
		auth:     x.auth(p),
	}, true
}

// port gives the port, and 0 where none is named.
func (x poxProtocolXML) port() (uint16, error) {
	text := first(x.Ports)
	if text == "" {
		return 0, nil
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err == nil && port == 0 {
		err = strconv.ErrRange
	}
	return uint16(port), err
}

// security reads how a connection becomes encrypted. Encryption has the last
// word (section 2.2.4.1.1.2.6.8 of [MS-OXDSCLI]), SSL decides where it is missing
// or says Auto, and is on where it is missing itself. SSL means implicit TLS on
// the ports of that, and STARTTLS on those where a connection begins in clear
// text.
func (x poxProtocolXML) security(p mail.Protocol, port uint16, which string, n *notes) (mail.Security, bool) {
	switch strings.ToLower(first(x.Encryption)) {
	case "none":
		return mail.None, true
	case "ssl":
		return mail.TLS, true
	case "tls":
		if port != 0 && byPort(p, port) == mail.TLS {
			n.add("%s: TLS means STARTTLS, but port %d is for implicit TLS, which is taken", which, port)
			return mail.TLS, true
		}
		return mail.StartTLS, true
	case "auto":
		return byPort(p, port), true
	case "":
	default:
		return "", false
	}
	if x.encrypted(which, n) {
		return byPort(p, port), true
	}
	return mail.None, true
}

// encrypted reads SSL. What is not clearly off is on.
func (x poxProtocolXML) encrypted(which string, n *notes) bool {
	text := strings.ToLower(first(x.SSL))
	switch {
	case text == "on" || len(x.SSL) == 0:
		return true
	case text == "off":
		return false
	case slices.Contains([]string{"no", "false", "0"}, text):
		n.add("%s: SSL is written %s and taken for off", which, quote(first(x.SSL)))
		return false
	}
	n.add("%s: SSL is written %s and taken for on", which, quote(first(x.SSL)))
	return true
}

// byPort gives how a connection to a port becomes encrypted, and implicit TLS
// where the port says nothing.
func byPort(p mail.Protocol, port uint16) mail.Security {
	for _, std := range mail.StandardPorts() {
		if std.Protocol == p && std.Port == port {
			return std.Security
		}
	}
	return mail.TLS
}

// auth gives the ways to sign in. SPA is on by default in the schema, which
// few who write an answer know: so it says nothing where it is missing.
func (x poxProtocolXML) auth(p mail.Protocol) []string {
	switch {
	case p == mail.SMTP && strings.EqualFold(first(x.AuthNeeded), "off"):
		return []string{"none"}
	case strings.EqualFold(first(x.SPA), "on"):
		return []string{"ntlm"}
	case strings.EqualFold(first(x.SPA), "off"):
		return []string{"plain"}
	}
	return nil
}
