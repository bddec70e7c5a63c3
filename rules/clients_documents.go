package rules

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// The elements of an autoconfig document (draft-ietf-mailmaint-autoconfig).
type (
	configFile struct {
		XMLName  xml.Name       `xml:"clientConfig"`
		Version  string         `xml:"version,attr"`
		Provider configProvider `xml:"emailProvider"`
	}
	configProvider struct {
		ID       string         `xml:"id,attr"`
		Domain   string         `xml:"domain"`
		Name     string         `xml:"displayName"`
		Short    string         `xml:"displayShortName"`
		Incoming []configServer `xml:"incomingServer"`
		Outgoing []configServer `xml:"outgoingServer"`
	}
	configServer struct {
		Type     mail.Protocol `xml:"type,attr"`
		Host     string        `xml:"hostname"`
		Port     uint16        `xml:"port"`
		Socket   string        `xml:"socketType"`
		Auth     []string      `xml:"authentication"`
		Username string        `xml:"username"`
	}
)

// autoconfigPublication gives the domain's autoconfig document, where no https
// place has one that names servers.
func (x *index) autoconfigPublication(settings []choice) []mail.Publication {
	if !bothRoles(settings) || !x.nothingAt(autoconfigHTTPS) || !x.nothingAt(wellKnownHTTPS) {
		return nil
	}
	file := configFile{Version: "1.1", Provider: configProvider{
		ID: x.Target.Domain, Domain: x.Target.Domain, Name: x.Target.DisplayDomain(), Short: x.Target.DisplayDomain(),
	}}
	for _, c := range onePerProtocol(settings) {
		username := x.publishedName(c.Username)
		if username == "" {
			return nil // it holds for one account only
		}
		server := configServer{c.Endpoint.Protocol, c.Endpoint.Host, c.Endpoint.Port, "SSL", configAuth(c.Auth), username}
		if c.Endpoint.Security == mail.StartTLS {
			server.Socket = "STARTTLS"
		}
		if c.Role == mail.Incoming {
			file.Provider.Incoming = append(file.Provider.Incoming, server)
		} else {
			file.Provider.Outgoing = append(file.Provider.Outgoing, server)
		}
	}
	return []mail.Publication{{
		Kind: "document", Name: strings.ReplaceAll(autoconfigHTTPS, "{domain}", x.Target.Domain), Content: encodeXML(file),
		Why: "tells most mail programs the servers; serve it as text/xml, with a certificate for autoconfig." + x.Target.Domain + " and without a login",
		For: asksFor(isPage(autoconfigHTTPS)),
	}}
}

// configAuth gives the words of an autoconfig document for ways to sign in,
// each once. Over TLS every server that takes passwords is told so.
func configAuth(auth []string) []string {
	var list []string
	for _, mechanism := range auth {
		switch {
		case takesToken(mechanism):
			list = appendNew(list, "OAuth2")
		case takesPassword(mechanism):
			list = appendNew(list, "password-cleartext")
		}
	}
	if len(list) == 0 {
		return []string{"password-cleartext"}
	}
	return list
}

// encodeXML writes a document. What is encoded are texts and numbers, so that it cannot fail.
func encodeXML(document any) string {
	text, err := xml.MarshalIndent(document, "", "  ")
	if err != nil {
		return ""
	}
	return xml.Header + string(text) + "\n"
}

// The elements of an Autodiscover answer, [MS-OXDSCLI] section 2.2.4.1.
type (
	poxFile struct {
		XMLName  xml.Name    `xml:"http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006 Autodiscover"`
		Response poxResponse `xml:"http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a Response"`
	}
	poxResponse struct {
		Type      string        `xml:"Account>AccountType"`
		Action    string        `xml:"Account>Action"`
		Protocols []poxProtocol `xml:"Account>Protocol"`
	}
	poxProtocol struct {
		Type       string `xml:"Type"`
		Server     string `xml:"Server"`
		Port       uint16 `xml:"Port"`
		Domain     string `xml:"DomainRequired"`
		SPA        string `xml:"SPA"`
		SSL        string `xml:"SSL"`
		Encryption string `xml:"Encryption"`
		Auth       string `xml:"AuthRequired"`
	}
)

// microsoftAutodiscover is where every domain at Microsoft 365 is to lead to.
const microsoftAutodiscover = "autodiscover.outlook.com"

// aliased reports whether the DNS shows a name as an alias of a host.
func (x *index) aliased(name, host string) bool {
	return slices.ContainsFunc([]string{"a", "aaaa"}, func(qtype string) bool {
		o, ok := x.dns(qtype, name)
		return ok && o.DNSFacts != nil && slices.ContainsFunc(o.Aliases, func(alias string) bool {
			return strings.EqualFold(strings.TrimSuffix(alias, "."), host)
		})
	})
}

// autodiscoverPublication gives an Autodiscover answer, or the alias for
// mailboxes at Microsoft 365, where nothing of the kind is there.
func (x *index) autodiscoverPublication(settings []choice) []mail.Publication {
	domain := x.Target.Domain
	srv := "_autodiscover._tcp." + domain
	if class := x.dnsClass("srv", srv); class != mail.DNSNXDomain && class != mail.DNSNoData {
		return nil
	}
	if !bothRoles(settings) || !x.nothingAt(discoverRoot) || !x.nothingAt(discoverHost) || x.sendsOn(discoverHost) || x.sendsOn(discoverRoot) {
		return nil
	}
	outlook := asksFor(func(p place) bool { return p.kind == placeService })
	if x.Provider != nil && x.Provider.ID == microsoft365 {
		if x.aliased("autodiscover."+domain, microsoftAutodiscover) {
			return nil // what it leads to does not answer from here, and no record mends that
		}
		return []mail.Publication{{
			Kind: "dns", Name: "autodiscover." + domain + " CNAME",
			Content: fmt.Sprintf("autodiscover.%s. %d IN CNAME %s.", domain, publicationTTL, microsoftAutodiscover),
			Why:     "leads to the mailboxes at Microsoft 365, as Microsoft asks of every domain there", For: outlook,
		}}
	}
	file := poxFile{Response: poxResponse{Type: "email", Action: "settings"}}
	for _, c := range onePerProtocol(settings) {
		p := poxProtocol{protocolName(c.Endpoint.Protocol), c.Endpoint.Host, c.Endpoint.Port, "off", "off", "on", "SSL", "on"}
		if c.Endpoint.Security == mail.StartTLS {
			p.Encryption = "TLS"
		}
		if x.publishedName(c.Username) != "%EMAILADDRESS%" {
			return nil // a fixed answer cannot tell the user name, and programs take the address
		}
		file.Response.Protocols = append(file.Response.Protocols, p)
	}
	return []mail.Publication{{
		Kind: "document", Name: strings.ReplaceAll(discoverHost, "{domain}", domain), Content: encodeXML(file),
		Why: "tells Outlook the servers; the web server has to give it as the answer to POST too, as text/xml", For: outlook,
	}}
}

// sendsOn reports whether a place answers by sending elsewhere, or wants a
// login: then a service is there, even though it names no server here.
func (x *index) sendsOn(url string) bool {
	return slices.ContainsFunc(x.pagesAt(strings.ReplaceAll(url, "{domain}", x.Target.Domain)), func(o mail.Observation) bool {
		return o.HTTPFacts != nil && (o.Status == 401 || o.Status >= 300 && o.Status < 400)
	})
}

// paccServer is how a PACC document names a server: the port follows from the protocol.
type paccServer struct {
	Host string `json:"host"`
}

// paccFile is a configuration document of draft-ietf-mailmaint-pacc. The server
// for sending is called smtp up to its version 02 and submit since 03.
type paccFile struct {
	Protocols struct {
		IMAP   *paccServer `json:"imap,omitempty"`
		POP3   *paccServer `json:"pop3,omitempty"`
		SMTP   *paccServer `json:"smtp,omitempty"`
		Submit *paccServer `json:"submit,omitempty"`
	} `json:"protocols"`
	Authentication struct {
		Password bool `json:"password"`
	} `json:"authentication"`
	Info struct {
		Provider struct {
			Name string `json:"name"`
		} `json:"provider"`
	} `json:"info"`
}

// paccPublications gives a PACC document with the record that vouches for it,
// where all servers are as the draft has them: TLS on the usual ports, and the
// address as user name.
func (x *index) paccPublications(settings []choice) []mail.Publication {
	domain := x.Target.Domain
	url := "https://ua-auto-config." + domain + "/.well-known/user-agent-configuration.json"
	file, ok := x.paccFile(settings)
	if !ok || !x.nothingAt(url) {
		return nil
	}
	text, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return nil
	}
	text = append(text, '\n')
	digest := sha256.Sum256(text)
	readers := []string{"Evolution"} // from its source; see the table of programs
	return []mail.Publication{{
		Kind: "document", Name: url, Content: string(text), For: readers,
		Why: "tells the servers to programs that know the PACC draft, which few do yet; serve it as application/json",
	}, {
		Kind: "dns", Name: "_ua-auto-config." + domain + " TXT", For: readers,
		Content: fmt.Sprintf("_ua-auto-config.%s. %d IN TXT \"v=UAAC1; a=sha256; d=%s\"", domain, publicationTTL, base64.StdEncoding.EncodeToString(digest[:])),
		Why:     "vouches for that document, byte for byte and with the line end at its end; make it anew whenever the document changes",
	}}
}

func (x *index) paccFile(settings []choice) (paccFile, bool) {
	var file paccFile
	file.Info.Provider.Name = x.Target.DisplayDomain()
	for _, c := range settings {
		if c.Endpoint.Security != mail.TLS || c.Endpoint.Port != mail.DefaultPort(c.Endpoint.Protocol, mail.TLS) {
			continue
		}
		if x.publishedName(c.Username) != "%EMAILADDRESS%" {
			return paccFile{}, false
		}
		server := &paccServer{c.Endpoint.Host}
		switch c.Endpoint.Protocol {
		case mail.IMAP:
			file.Protocols.IMAP = server
		case mail.POP3:
			file.Protocols.POP3 = server
		case mail.SMTP:
			file.Protocols.SMTP, file.Protocols.Submit = server, server
		}
		file.Authentication.Password = file.Authentication.Password || len(c.Auth) == 0 || slices.ContainsFunc(c.Auth, takesPassword)
	}
	incoming := file.Protocols.IMAP != nil || file.Protocols.POP3 != nil
	return file, incoming && file.Protocols.Submit != nil && file.Authentication.Password
}
